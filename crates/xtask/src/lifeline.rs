//! Nothing that we start outlives us: not after success, failure or a panic, nor after Ctrl-C or SIGTERM.
//!
//! What must end is owned in one place. Dropping the [`Lifeline`] ends it; a thread that waits for signals does the
//! same and then exits. (Only SIGKILL gives no chance to; there Linux's parent-death signal ends the servers.)

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::servers::Server;

/// How long a command and what it started may take to end on SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// Holds what must end when we do.
pub(crate) struct Lifeline(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    /// The process group of the command that runs.
    group: Option<Pid>,
    servers: Vec<Server>,
}

impl Lifeline {
    /// Begins to wait for signals.
    pub(crate) fn new() -> Result<Self> {
        let held = Arc::new(Mutex::new(Held::default()));
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        thread::spawn({
            let held = Arc::clone(&held);
            move || {
                if let Some(signal) = signals.forever().next() {
                    // Kept to the end, so that the main thread cannot go on meanwhile and report a result.
                    let mut held = lock(&held);
                    held.end();
                    process::exit(128 + signal);
                }
            }
        });
        Ok(Self(held))
    }

    /// Starts a server and keeps it. A signal that arrives meanwhile waits until it is known.
    pub(crate) fn hold(&self, start: impl FnOnce() -> Result<Server>) -> Result<String> {
        let mut held = lock(&self.0);
        let server = start()?;
        let url = server.url.clone();
        held.servers.push(server);
        Ok(url)
    }

    /// Starts a command in a process group of its own, so that all that it starts in turn can be ended with it.
    pub(crate) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let mut held = lock(&self.0);
        let child = command.process_group(0).stdin(Stdio::null()).spawn()?;
        held.group = Some(Pid::from_child(&child));
        Ok(child)
    }

    /// Stops the servers that it holds.
    pub(crate) fn stop_servers(&self) {
        lock(&self.0).servers.clear();
    }

    /// Ends the command that runs, and all that it started.
    pub(crate) fn cut_short(&self) {
        if let Some(group) = lock(&self.0).group {
            // An error says that it has ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Waits for such a command, and ends what it left running.
    pub(crate) fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
        let status = child.wait()?;
        if let Some(group) = lock(&self.0).group.take() {
            // An error says that the group is empty, which is the usual case.
            let _ = kill_process_group(group, Signal::KILL);
        }
        Ok(status)
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        lock(&self.0).end();
    }
}

impl Held {
    fn end(&mut self) {
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::TERM);
            thread::sleep(GRACE);
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.servers.clear();
    }
}

/// A panic elsewhere is no reason to leave servers behind.
fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
