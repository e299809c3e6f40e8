//! A private Roster, embedded and in dev mode, and a wire to it that loses answers.

use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;

use anyhow::Result;
use rustix::process::Signal;

use super::{Server, folder, free_port, tied_to_us};
use crate::project;

/// Starts that build of the service on new data; the URL is its address.
pub(crate) fn start(service: &Path) -> Result<Server> {
    let folder = folder()?;
    let port = free_port()?;
    let address = format!("127.0.0.1:{port}");
    let mut roster = tied_to_us(service, "TERM", None)?;
    // A developer's own settings are not meant.
    project::forget_settings(&mut roster);
    roster.current_dir(folder.path()).arg("serve");
    roster.env("ROSTER_LISTEN", &address).env("ROSTER_DATA_DIR", folder.path());
    Server::start(roster, address, Signal::TERM, folder, || answers(port))
}

/// Starts a wire to the service at `address` that loses the first answer to every request.
pub(crate) fn start_lossy(python: &Path, address: &str) -> Result<Server> {
    let folder = folder()?;
    let port = free_port()?;
    let near = format!("127.0.0.1:{port}");
    let mut wire = tied_to_us(python, "TERM", None)?;
    wire.arg("-B").arg(project::root().join("tests/python/lossy_peer.py")).args([address, "--listen", &near]);
    Server::start(wire, near, Signal::TERM, folder, || answers(port))
}

fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}
