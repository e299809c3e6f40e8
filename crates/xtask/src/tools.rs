//! The pinned tools of `tools.txt`, in a virtual environment of their own below the target folder.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::{programs, project};

/// What is to be installed.
const REQUIREMENTS: &str = include_str!("../tools.txt");

/// The tools, installed.
pub(crate) struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// Makes the environment, or takes the one that is there if it was made from the same list at the same place.
    pub(crate) fn ready() -> Result<Self> {
        let folder = project::target_dir()?.join("tools");
        fs::create_dir_all(&folder)?;
        // Two commands at once must not build the same environment; the lock ends with the file.
        let lock = File::create(folder.join("lock"))?;
        lock.lock().context("cannot lock the tools folder")?;

        let venv = folder.join("venv");
        let bin = venv.join("bin");
        let stamp = venv.join("made-from.txt");
        // Scripts in it name its path: moved, it is broken.
        let made_from = format!("{}\n{REQUIREMENTS}", venv.display());
        let current = fs::read_to_string(&stamp).is_ok_and(|text| text == made_from);
        if !(current && bin.join("python").exists()) {
            println!("installing the tools of crates/xtask/tools.txt");
            let python = programs::find_python()
                .map_err(|package| anyhow!("python3 with venv is missing: sudo apt-get install {package}"))?;
            project::succeed(Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv))?;
            let mut pip = Command::new(bin.join("python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            project::succeed(pip.arg(project::root().join("crates/xtask/tools.txt")))?;
            fs::write(&stamp, made_from)?;
        }
        Ok(Self { bin })
    }

    /// The path of one tool.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}
