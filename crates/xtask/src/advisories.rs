//! `cargo xtask advisories`: known weaknesses of the dependencies.
//!
//! Not a part of `check`: it asks a database on the network, and what it answers changes without a change here. A
//! schedule runs it, see SECURITY.md.

use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{cargo, root, succeed};
use crate::tools::Tools;

/// Fails for every advisory, withdrawn release and unmaintained crate that deny.toml does not name.
pub(crate) fn run() -> Result<()> {
    succeed(&mut cargo("fetch"))?;
    let mut deny = Command::new(Tools::ready()?.path("cargo-deny"));
    succeed(deny.current_dir(root()).args(["check", "advisories"]))
        .context("either an advisory stands, or the database cannot be reached: see above")
}
