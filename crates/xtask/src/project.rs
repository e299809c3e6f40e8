//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The root of the work tree.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Cargo, run at the root.
///
/// In CI a lock file that does not fit the manifests is an error rather than something to mend in passing.
pub(crate) fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).arg(subcommand);
    if in_ci() && subcommand != "fmt" {
        command.arg("--locked");
    }
    command
}

/// Where cargo builds, as it says itself: it may be set by the environment or a configuration file.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let output = cargo("metadata")
        .args(["--no-deps", "--format-version=1"])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata failed");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
    Ok(target.into())
}

/// The program of a cargo subcommand at that release, which is installed unless it is there.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<PathBuf> {
    let folder = target_dir()?.join("tools").join(format!("{name}-{version}"));
    if !folder.join("bin").join(name).exists() {
        println!("installing {name} {version}");
        let mut install = cargo("install");
        install.args([name, "--version", version, "--root"]).arg(&folder);
        if !in_ci() {
            install.arg("--locked");
        }
        succeed(&mut install)?;
    }
    Ok(folder.join("bin").join(name))
}

/// Whether this is a run of continuous integration.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// Keeps a developer's own settings of the service from a command.
pub(crate) fn forget_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROSTER_") {
            command.env_remove(name);
        }
    }
}

/// Runs a command to its end with our own output; anything but success is an error.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_owned();
    let status = command
        .stdin(std::process::Stdio::null())
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(status.success(), "{} ended with {status}", program.display());
    Ok(())
}
