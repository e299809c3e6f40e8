//! A private Redis.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;

use super::{Server, folder, free_port, tied_to_us};

/// Starts a Redis that keeps nothing on disk.
pub(crate) fn start(redis_server: &Path) -> Result<Server> {
    let folder = folder()?;
    let port = free_port()?;
    let mut redis = tied_to_us(redis_server, "TERM", None)?;
    redis.current_dir(folder.path());
    redis.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    let url = format!("redis://127.0.0.1:{port}");
    Server::start(redis, url, Signal::TERM, folder, || answers(port).unwrap_or(false))
}

/// Whether a Redis there answers a ping.
fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}
