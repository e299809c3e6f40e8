//! Private servers for one run of the tests: on 127.0.0.1, on a free port, with their data in a folder that goes
//! away with them.

pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod roster;

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::programs;

/// How long a server may take to answer after its start.
const START: Duration = Duration::from_mins(1);
/// How long a server may take to end before it is killed.
const STOP: Duration = Duration::from_secs(10);
/// How often a state is looked at.
const POLL: Duration = Duration::from_millis(50);

/// A server that runs; dropped, it is stopped and its folder removed.
pub(crate) struct Server {
    /// How clients reach it.
    pub(crate) url: String,
    child: Child,
    stop: Signal,
    /// Removed after the server has ended, for fields are dropped after [`Server::drop`] has run.
    _folder: TempDir,
}

impl Server {
    /// Starts the command, with its output in a log in `folder`, and waits until it answers.
    fn start(
        mut command: Command,
        url: String,
        stop: Signal,
        folder: TempDir,
        answers: impl Fn() -> bool,
    ) -> Result<Self> {
        let log = folder.path().join("server.log");
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let program = command.get_program().to_owned();
        let child = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;

        let mut server = Self { url, child, stop, _folder: folder };
        let deadline = Instant::now() + START;
        while !answers() {
            let ended = server.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let said = fs::read_to_string(&log).unwrap_or_default();
                bail!("{} does not answer at {}; it said:\n{said}", program.display(), server.url);
            }
            thread::sleep(POLL);
        }
        Ok(server)
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        let _ = kill_process(Pid::from_child(&self.child), self.stop);
        let deadline = Instant::now() + STOP;
        while !self.has_ended() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        // Both fail only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder for one server, short enough a path for a Unix socket in it.
fn folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("roster-test-").tempdir()
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A command that ends with `signal` when we die without a chance to stop it, where the system can arrange that.
///
/// `setpriv` becomes the program, so that the child's id is the server's.
fn tied_to_us(program: &std::path::Path, signal: &str, user: Option<&str>) -> Result<Command> {
    let Some(setpriv) = programs::on_path("setpriv") else {
        if user.is_some() {
            bail!("setpriv (util-linux) is needed to run Postgres as another user than root");
        }
        return Ok(Command::new(program));
    };
    let mut command = Command::new(setpriv);
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.args(["--pdeathsig", signal, "--"]).arg(program);
    Ok(command)
}
