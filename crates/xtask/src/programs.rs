//! The programs that tests need from the system: Postgres, pgbouncer, Redis, and Python for the tools.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::project;

/// Where the system's programs are.
pub(crate) struct Programs {
    /// The folder of `postgres`, `initdb`, `pg_basebackup` and `pg_isready`.
    pub(crate) postgres: PathBuf,
    pub(crate) pgbouncer: PathBuf,
    pub(crate) redis_server: PathBuf,
}

impl Programs {
    /// `pgbench`, which lies with Postgres' server programs or on PATH.
    pub(crate) fn pgbench(&self) -> Result<PathBuf> {
        let beside = Some(self.postgres.join("pgbench")).filter(|path| path.is_file());
        let Some(found) = beside.or_else(|| on_path("pgbench")) else {
            bail!("pgbench is missing; Debian's package postgresql has it");
        };
        Ok(found)
    }

    /// Finds the programs. What is missing is installed where that is ours to do (root, or CI, with apt); elsewhere
    /// the error is the one command that mends it.
    pub(crate) fn find_or_install() -> Result<Self> {
        let missing = match Self::find() {
            Ok(programs) => return Ok(programs),
            Err(missing) => missing,
        };
        let packages = missing.join(" ");
        let apt = on_path("apt-get").is_some();
        if !(apt && (is_root() || project::in_ci())) {
            bail!("some programs are missing; this installs them:\n\n    {}\n", advice(&missing, apt));
        }

        println!("installing with apt-get: {packages}");
        project::succeed(apt_get().arg("update"))?;
        project::succeed(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&missing))?;
        Self::find().or_else(|missing| bail!("still missing after the installation: {}", missing.join(" ")))
    }

    /// The programs, or Debian's names of the packages that are missing.
    fn find() -> Result<Self, Vec<&'static str>> {
        let (postgres, redis_server, python) = (find_postgres(), on_path("redis-server"), find_python());
        // An administrator's program for Debian: no ordinary user has its folder on PATH.
        let debian = PathBuf::from("/usr/sbin/pgbouncer");
        let pgbouncer = on_path("pgbouncer").or_else(|| debian.is_file().then_some(debian));
        let mut missing = vec![];
        missing.extend(postgres.is_none().then_some("postgresql"));
        missing.extend(pgbouncer.is_none().then_some("pgbouncer"));
        missing.extend(redis_server.is_none().then_some("redis-server"));
        missing.extend(python.err());
        match (postgres, pgbouncer, redis_server) {
            (Some(postgres), Some(pgbouncer), Some(redis_server)) if missing.is_empty() => {
                Ok(Self { postgres, pgbouncer, redis_server })
            }
            _ => Err(missing),
        }
    }
}

/// A Python that can make virtual environments, or the package that brings one.
pub(crate) fn find_python() -> Result<PathBuf, &'static str> {
    // Debian's python3 lacks ensurepip until python3-venv is there. What apt brings lies in /usr/bin, which need not
    // be the first python3 of PATH.
    let candidates = on_path("python3").into_iter().chain([PathBuf::from("/usr/bin/python3")]);
    let makes_venvs = |python: &PathBuf| {
        let mut command = Command::new(python);
        command.args(["-c", "import ensurepip, venv"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    candidates.into_iter().find(makes_venvs).ok_or("python3-venv")
}

/// Whether we run as root, which Postgres refuses to.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The first executable of that name on PATH.
pub(crate) fn on_path(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let name = name.as_ref();
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The folder of Postgres' server programs: that of PATH's `initdb`, or the newest that Debian keeps beside PATH.
fn find_postgres() -> Option<PathBuf> {
    // A link on PATH may stand alone; the programs lie together where it points to.
    let from_path = on_path("initdb").and_then(|path| path.canonicalize().ok()?.parent().map(Path::to_owned));
    let mut installed: Vec<(u32, PathBuf)> = Path::new("/usr/lib/postgresql")
        .read_dir()
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .collect();
    installed.sort();
    let complete = |folder: &PathBuf| {
        ["postgres", "initdb", "pg_basebackup", "pg_isready"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    from_path.into_iter().chain(installed.into_iter().rev().map(|(_, folder)| folder)).find(complete)
}

/// `apt-get` without questions, through `sudo` where we are not root.
fn apt_get() -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The one command that installs what is missing.
fn advice(missing: &[&str], apt: bool) -> String {
    if apt {
        return format!("sudo apt-get update && sudo apt-get install --yes {}", missing.join(" "));
    }
    let brew: Vec<&str> = missing
        .iter()
        .map(|package| match *package {
            "redis-server" => "redis",
            "python3-venv" => "python3",
            other => other,
        })
        .collect();
    format!("brew install {}", brew.join(" "))
}
