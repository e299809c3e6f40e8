//! A private Postgres.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::{Server, folder, free_port, tied_to_us};
use crate::programs;

/// Who runs Postgres in root's place; Debian's package makes this user.
const USER: &str = "postgres";

/// What of a commit survives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// A killed Postgres, so commits stay synchronous, but not the machine's end: for tests.
    Process,
    /// The machine's end: what users have, and so for what is measured.
    Machine,
}

/// Makes a cluster and starts it. `bin` is the folder of the server's programs.
///
/// Anyone on this machine may connect as the superuser `postgres` while it runs.
pub(crate) fn start(bin: &Path, durability: Durability) -> Result<Server> {
    let folder = folder()?;
    let home = folder.path();
    let user = programs::is_root().then_some(USER);
    if let Some(user) = user {
        let (uid, gid) = (id("-u", user)?, id("-g", user)?);
        chown(home, Some(uid), Some(gid)).with_context(|| format!("cannot give {} away", home.display()))?;
    }

    let data = home.join("data");
    let mut initdb = tied_to_us(&bin.join("initdb"), "KILL", user)?;
    initdb.current_dir(home).arg("--pgdata").arg(&data);
    initdb.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
    // Databases in the field sort by a language. One that sorts by bytes would hide a missing COLLATE "C".
    initdb.args(["--locale-provider=icu", "--icu-locale=en-US"]);
    let output = initdb.stdin(Stdio::null()).output().context("cannot run initdb")?;
    ensure!(output.status.success(), "initdb failed:\n{}", String::from_utf8_lossy(&output.stderr));

    let port = free_port()?.to_string();
    let mut postgres = tied_to_us(&bin.join("postgres"), "INT", user)?;
    postgres.current_dir(home).env("LC_ALL", "C").arg("-D").arg(&data).args(["-p", &port]);
    postgres.arg("-k").arg(home);
    for setting in ["listen_addresses=127.0.0.1", "max_connections=300", "timezone=UTC", "log_timezone=UTC"] {
        postgres.args(["-c", setting]);
    }
    if durability == Durability::Process {
        postgres.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }

    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let ready = bin.join("pg_isready");
    let answers = || {
        let mut command = Command::new(&ready);
        command.args(["--quiet", "--host=127.0.0.1", "--port", &port, "--username=postgres"]);
        command.status().is_ok_and(|status| status.success())
    };
    // SIGINT is Postgres' fast shutdown: it waits for no client.
    Server::start(postgres, url, Signal::INT, folder, answers)
}

/// A user's numeric id (`-u`) or that of its group (`-g`).
fn id(which: &str, user: &str) -> Result<u32> {
    let output = Command::new("id").args([which, user]).output().context("cannot run id")?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().with_context(|| format!("there is no user {user} to run Postgres as"))
}
