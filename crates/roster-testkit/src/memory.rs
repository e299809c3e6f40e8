//! How much memory a service takes, as the system counts it.

use std::fs;

use crate::server::Server;

/// Kibibytes of a process that are in memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub now: u64,
    /// The most since [`Server::forget_peak`].
    pub peak: u64,
}

impl Server {
    /// What it takes now, and took at most.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let path = format!("/proc/{}/status", self.process_id());
        let status = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number =
                line.and_then(|rest| rest.trim().strip_suffix(" kB")).and_then(|text| text.parse().ok());
            number.unwrap_or_else(|| panic!("{name} in {status}"))
        };
        Memory { now: of("VmRSS:"), peak: of("VmHWM:") }
    }

    /// Begins a new peak: the next one is measured from now on.
    pub fn forget_peak(&self) {
        let path = format!("/proc/{}/clear_refs", self.process_id());
        fs::write(&path, "5").unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}
