//! The list of dependencies inside of the binary, compared with the one beside it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::sbom::{self, Package};
use crate::tools::Tools;

/// Takes it out of the binary.
const READ: &str = include_str!("embedded.py");

/// Fails unless the binary names every package that is compiled into it. It may name more: it is made from what the
/// whole workspace could switch on.
pub(super) fn check(binary: &Path) -> Result<()> {
    let mut python = Command::new(Tools::ready()?.path("python"));
    python.args(["-c", READ]).arg(binary).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = python.output().context("cannot run python")?;
    ensure!(output.status.success(), "the binary does not say what it is made of");
    let embedded = packages(&serde_json::from_slice(&output.stdout)?);
    let compiled = sbom::compiled(&sbom::host()?)?;
    let missing: Vec<&Package> = compiled.difference(&embedded).collect();
    ensure!(missing.is_empty(), "compiled into the binary, which does not name it: {missing:?}");
    println!(
        "the binary names {} packages, all {} that are compiled into it",
        embedded.len(),
        compiled.len()
    );
    Ok(())
}

fn packages(list: &Value) -> BTreeSet<Package> {
    let packages = list["packages"].as_array().into_iter().flatten();
    packages.filter_map(|one| Some(Package::new(one["name"].as_str()?, one["version"].as_str()?))).collect()
}
