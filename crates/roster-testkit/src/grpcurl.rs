//! grpcurl, as a person would call it.

use std::net::SocketAddr;

use tokio::process::Command;

use crate::process::Process;
use crate::setting::setting;

/// What grpcurl said.
#[derive(Debug)]
pub struct Grpcurl {
    /// Whether the call succeeded.
    pub success: bool,
    /// Its answer.
    pub stdout: String,
    /// Its complaint.
    pub stderr: String,
}

/// Calls grpcurl in plain text, with these arguments before the address and those after it.
pub async fn grpcurl(before: &[&str], address: SocketAddr, after: &[&str]) -> Grpcurl {
    let mut command = Command::new(setting("ROSTER_TEST_GRPCURL"));
    command.arg("-plaintext").args(before).arg(address.to_string()).args(after);
    let mut process = Process::start(command);
    let success = process.ended().await.success();
    Grpcurl { success, stdout: process.stdout(), stderr: process.stderr() }
}
