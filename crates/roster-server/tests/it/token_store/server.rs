//! Redis servers of the tests' own, and what it takes to ask them.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;

/// A Redis of one test. Whatever becomes of the test, it is killed, also while it is frozen.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    options: &'static [&'static str],
}

impl Server {
    pub(crate) async fn start(options: &'static [&'static str]) -> Self {
        let port = free_port();
        let server = Self { process: Self::spawn(port, options), port, options };
        eventually("redis listens", async || std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok())
            .await;
        server
    }

    fn spawn(port: u16, options: &[&str]) -> Child {
        Command::new(required("ROSTER_TEST_REDIS_SERVER"))
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .args(options)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts")
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn stop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("redis-server stops");
    }

    pub(crate) fn start_again(&mut self) {
        self.process = Self::spawn(self.port, self.options);
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.process.id())]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{signal}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be stopped already.
        drop(self.process.kill().and_then(|()| self.process.wait()));
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

pub(crate) fn required(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} must be set: see the top of this file"))
}

pub(crate) async fn raw(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).expect("a Redis URL");
    eventually("redis takes connections", async || client.get_multiplexed_async_connection().await.ok()).await
}

pub(crate) async fn ask<T: redis::FromRedisValue>(redis: &mut MultiplexedConnection, command: &[&str]) -> T {
    let mut cmd = redis::Cmd::new();
    for word in command {
        cmd.arg(word);
    }
    cmd.query_async(redis).await.expect("redis answers")
}

/// Tries until there is an answer, at most 3,000 times and about 15 seconds.
pub(crate) async fn eventually<T>(what: &str, attempt: impl AsyncFn() -> Option<T>) -> T {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..3_000 {
        ticks.tick().await;
        if let Some(answer) = attempt().await {
            return answer;
        }
    }
    panic!("it never came true that {what}");
}
