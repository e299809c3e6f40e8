//! Programs that refuse to run as root.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use rustix::process::geteuid;
use tempfile::TempDir;
use tokio::process::Command;

/// The user whom Debian's packages of Postgres make.
const USER: &str = "postgres";

/// A command that runs as an ordinary user. The process is the program's own, so that signals reach it.
pub(crate) fn unprivileged(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--init-groups", "--"]).arg(program);
    command
}

/// A folder that such a program may write to, with a path that is short enough for a Unix socket.
pub(crate) async fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("roster-test-").tempdir().expect("a folder can be made");
    give(folder.path(), 0o700).await;
    folder
}

/// Makes a file or a folder such a program's own, with these permissions.
pub(crate) async fn give(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("an owner sets permissions");
    if geteuid().is_root() {
        let (user, group) = (id("-u").await, id("-g").await);
        chown(path, Some(user), Some(group)).expect("root gives files away");
    }
}

/// The user's numeric id (`-u`) or that of the group (`-g`).
async fn id(which: &str) -> u32 {
    let output = Command::new("id").args([which, USER]).output().await.expect("id runs");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("there is no user {USER}"))
}
