//! Processor time of processes, from the system's own count.

use std::fs;
use std::time::Duration;

/// A tick of `/proc/PID/stat` on Linux, whatever the kernel's own is.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of a process since it began. Zero for one that is gone.
pub(crate) fn used_by(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    TICK * ticks(&stat).unwrap_or_default()
}

/// The sum of `utime` and `stime`. The process' name may hold spaces and ends with the last parenthesis.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_user_and_system_time() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 0 0 0 120 30 0 0 20 0 4 0 99 1 1";
        assert_eq!(ticks(stat), Some(150));
        assert_eq!(ticks("gone"), None);
    }
}
