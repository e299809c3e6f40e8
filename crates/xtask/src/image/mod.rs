//! `cargo xtask image`: the container image, built from a release binary without a registry, run, and looked at.
//!
//! It builds the last stage of `deploy/Dockerfile`, with the folder of the binary in the place of the stage that
//! compiles, and leaves nothing behind: to keep an image, build it with the container engine of your choice.

mod container;
mod embedded;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::programs;
use crate::project::{self, root, succeed};
use container::Image;

/// Options of `cargo xtask image`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A binary that `deploy/build.sh` made; without it one is built, which takes minutes.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Builds it, looks at it, and runs it.
pub(crate) fn run(args: &Args) -> Result<()> {
    let buildah = programs::on_path("buildah").context("buildah is missing: sudo apt-get install buildah")?;
    ensure!(programs::is_root(), "an image is built and entered as root: sudo cargo xtask image");

    // Stands for the root of the stage that compiles.
    let stage = project::target_dir()?.join("image");
    let out = stage.join("out");
    match &args.binary {
        Some(binary) => lay_out(binary, &out)?,
        None => succeed(Command::new(root().join("deploy/build.sh")).arg(&out).current_dir(root()))?,
    }
    embedded::check(&out.join("bin/roster"))?;

    let store = TempDir::new_in(&stage)?;
    let image = Image::build(buildah, store.path(), &stage)?;
    image.holds_nothing_else()?;
    image.says_what_it_is()?;
    image.runs_commands()?;
    image.serves()?;
    println!("the image is built, and runs as nobody in particular, with nothing beside it");
    Ok(())
}

/// What `deploy/build.sh` leaves, around a binary that it made before.
fn lay_out(binary: &Path, out: &Path) -> Result<()> {
    let data = out.join("owned/data");
    fs::create_dir_all(out.join("bin"))?;
    fs::create_dir_all(&data)?;
    fs::set_permissions(data, fs::Permissions::from_mode(0o700))?;
    let target = out.join("bin/roster");
    // It may be the very file; one that runs elsewhere is not written over.
    if binary.canonicalize()? != target {
        let draft = out.join("bin/.new");
        fs::copy(binary, &draft).with_context(|| binary.display().to_string())?;
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o555))?;
        fs::rename(draft, target)?;
    }
    Ok(())
}
