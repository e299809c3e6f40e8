//! A Redis of a test's own, for tests that empty, stop or freeze it.

use std::net::TcpListener;

use redis::aio::MultiplexedConnection;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::Process;
use crate::setting::setting;
use crate::wait::within;

/// A private Redis, ended when dropped.
pub struct RedisServer {
    port: u16,
    process: Process,
    _directory: TempDir,
}

impl RedisServer {
    /// Starts a Redis that keeps nothing on disk.
    pub async fn start() -> Self {
        let port = free_port();
        let directory = TempDir::new().expect("a temporary directory can be made");
        let mut command = Command::new(setting("ROSTER_TEST_REDIS_SERVER"));
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string()])
            .arg("--dir")
            .arg(directory.path());
        let mut process = Process::start(command);
        process.line("Ready to accept connections").await;
        Self { port, process, _directory: directory }
    }

    /// Where to connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A connection to look and to meddle with.
    pub async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("the URL is one of Redis");
        within("a connection to Redis", client.get_multiplexed_async_connection())
            .await
            .expect("Redis answers")
    }

    /// Ends it at once; connections to it are refused from then on.
    pub async fn stop(&mut self) {
        self.process.kill().await;
    }

    /// Stops it from answering while its connections stay open.
    pub fn freeze(&self) {
        self.process.signal(Signal::STOP);
    }
}

/// A port that nothing listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    listener.local_addr().expect("a listener has an address").port()
}
