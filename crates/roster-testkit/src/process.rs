//! Processes that a test starts: their output is kept, and they end with the test.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::wait::within;

/// A running process. It is killed when dropped.
pub struct Process {
    child: Child,
    stdout: Stream,
    /// Absent where it goes elsewhere.
    stderr: Option<Stream>,
}

/// What a process has written to one of its streams so far.
struct Stream {
    text: watch::Receiver<String>,
    reader: JoinHandle<()>,
}

impl Process {
    /// Starts a command.
    #[must_use]
    pub fn start(command: Command) -> Self {
        Self::start_logging_to(command, Stdio::piped())
    }

    /// Starts a command whose standard error goes there.
    #[must_use]
    pub(crate) fn start_logging_to(mut command: Command, log: Stdio) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?} does not start: {e}"));
        let stdout = Stream::read(child.stdout.take().expect("stdout is piped"));
        let stderr = child.stderr.take().map(Stream::read);
        Self { child, stdout, stderr }
    }

    /// Waits for a line on standard output that contains the text, and returns the line.
    pub async fn line(&mut self, text: &str) -> String {
        let find = |all: &str| all.lines().find(|line| line.contains(text)).map(str::to_owned);
        let seen =
            within(&format!("the line {text:?}"), self.stdout.text.wait_for(|all| find(all).is_some()))
                .await
                .ok()
                .and_then(|all| find(&all));
        if let Some(line) = seen {
            return line;
        }
        let status = self.ended().await;
        panic!("the process ended with {status} before it wrote {text:?}:\n{}", self.output());
    }

    /// The system's number for it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("the process runs"), signal).expect("the process can be signalled");
    }

    /// Waits for the process to end by itself, and for the last of its output.
    pub async fn ended(&mut self) -> ExitStatus {
        let status =
            within("the end of the process", self.child.wait()).await.expect("the process can be waited for");
        self.stdout.finish().await;
        if let Some(stderr) = &mut self.stderr {
            stderr.finish().await;
        }
        status
    }

    /// Sends a signal that ends the process, and waits until it has ended, 5 seconds at most: for values that are
    /// dropped, and cannot wait otherwise.
    pub(crate) fn end(&mut self, signal: Signal) {
        self.signal(signal);
        let begin = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begin.elapsed() < Duration::from_secs(5) {
            std::thread::yield_now();
        }
    }

    /// Ends the process as SIGKILL does: without any farewell.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the process can be killed");
    }

    /// What it wrote to standard output.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text.borrow().clone()
    }

    /// What it wrote to standard error; nothing if that went to a file.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.as_ref().map(|stderr| stderr.text.borrow().clone()).unwrap_or_default()
    }

    /// Everything it wrote.
    #[must_use]
    pub fn output(&self) -> String {
        self.stdout() + &self.stderr()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.start_kill().is_ok() {
            while matches!(self.child.try_wait(), Ok(None)) {
                std::thread::yield_now();
            }
        }
    }
}

impl Stream {
    fn read(source: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (sender, text) = watch::channel(String::new());
        let reader = tokio::spawn(async move {
            let mut lines = BufReader::new(source).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|all| {
                    all.push_str(&line);
                    all.push('\n');
                });
            }
        });
        Self { text, reader }
    }

    async fn finish(&mut self) {
        if !self.reader.is_finished() {
            within("the end of the process's output", &mut self.reader)
                .await
                .expect("the reader does not panic");
        }
    }
}
