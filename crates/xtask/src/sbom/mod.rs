//! `cargo xtask sbom`: what a release binary is made of, as `CycloneDX` has it.
//!
//! Everything that is compiled into the service for one target, and everything that is run to build it; nothing that
//! only tests, this program or another target need. The same tree of files gives the same bytes: there is no time and no
//! random number in it.
//!
//! cargo-cyclonedx was looked at (0.5.9): it lists what any package of the workspace could switch on, which is 56 packages
//! too many, names folders of the machine, and no two of its lists are alike.

mod document;
mod tree;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::project::{self, cargo, root, succeed};
use crate::tools::Tools;

pub(crate) use tree::Package;

/// What the binary is built from.
const SERVICE: &str = "roster-server";

/// Reads the file `$1` as the schema's own strict validator does.
const VALIDATE: &str = "
import pathlib, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(pathlib.Path(sys.argv[1]).read_text())
sys.exit(error and f'{sys.argv[1]}: {error}')
";

/// Options of `cargo xtask sbom`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The target that the binary is built for; that of this machine if absent.
    #[arg(long)]
    target: Option<String>,
    /// The file to write; below the target folder if absent.
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Writes the list, sees that it is valid, whole and the same each time, and says where it is.
pub(crate) fn run(args: &Args) -> Result<()> {
    let target = args.target.clone().map_or_else(host, Ok)?;
    let output = match &args.output {
        // Relative to where the command was given, not to the root.
        Some(output) => env::current_dir()?.join(output),
        None => project::target_dir()?.join(format!("sbom/roster-{target}.cdx.json")),
    };
    let text = made(&target)?;
    ensure!(text == made(&target)?, "two runs do not give the same list");
    fs::create_dir_all(output.parent().context("a file has a folder")?)?;
    fs::write(&output, &text)?;
    validate(&output)?;

    let listed = names(&serde_json::from_str(&text)?);
    let compiled = compiled(&target)?;
    let missing: Vec<&Package> = compiled.difference(&listed).collect();
    ensure!(missing.is_empty(), "compiled into the service and not listed: {missing:?}");
    println!("{}: {} packages, {} of them in the binary", output.display(), listed.len(), compiled.len());
    Ok(())
}

/// The packages that are linked into the service: no procedural macros, and nothing that only builds.
pub(crate) fn compiled(target: &str) -> Result<BTreeSet<Package>> {
    let edges = ["--edges", "normal,no-proc-macro"];
    Ok(tree::read(&tree::text(SERVICE, target, &edges)?)?.into_keys().collect())
}

/// The target of this machine.
pub(crate) fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(root()).output().context("cannot run rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it builds for")?.to_owned())
}

fn made(target: &str) -> Result<String> {
    let edges = tree::read(&tree::text(SERVICE, target, &["--edges", "normal,build"])?)?;
    let output = cargo("metadata")
        .args(["--format-version=1", "--filter-platform", target])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata failed");
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let facts = document::Facts {
        metadata: serde_json::from_slice(&output.stdout)?,
        lock: lock.parse().context("Cargo.lock")?,
        compiled: compiled(target)?,
    };
    document::write(&edges, &facts, (SERVICE, target))
}

fn names(document: &Value) -> BTreeSet<Package> {
    let components = document["components"].as_array().into_iter().flatten();
    components
        .chain([&document["metadata"]["component"]])
        .filter_map(|one| Some(Package::new(one["name"].as_str()?, one["version"].as_str()?)))
        .collect()
}

fn validate(file: &std::path::Path) -> Result<()> {
    let Ok(()) = succeed(Command::new(Tools::ready()?.path("python")).args(["-c", VALIDATE]).arg(file))
    else {
        bail!("{} is not as CycloneDX has it, see above", file.display());
    };
    Ok(())
}
