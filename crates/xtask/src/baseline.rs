//! `cargo xtask baseline`: what the contract promises from now on.

use std::process::Command;

use anyhow::Result;

use crate::project;
use crate::tools::Tools;

/// The committed image of the contract that `cargo xtask check` compares with.
pub(crate) const IMAGE: &str = "proto/baseline.binpb";

/// Rewrites the image from the contract as it stands.
///
/// Until the first release a breaking change is allowed and is a line of CHANGELOG.md, written with this. Afterwards
/// the image changes at a release only.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::ready()?;
    let mut buf = Command::new(tools.path("buf"));
    // Comments and positions are no part of the promise, and would change the file with every one of them.
    buf.current_dir(project::root()).args(["build", "--exclude-source-info", "--output", IMAGE]);
    project::succeed(&mut buf)?;
    println!("{IMAGE} now holds the contract as it stands");
    Ok(())
}
