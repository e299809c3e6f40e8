//! `deploy/compose.yaml`: what can be said of it without an engine that runs it.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::chart::{self, pods};
use crate::project::root;
use crate::tools::Tools;

/// Its folder.
const FOLDER: &str = "deploy";

/// Reads it and writes it as JSON.
const READ: &str = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";

/// Every port is published on the loopback address alone, every file that is mounted is there, and the service takes
/// its configuration.
pub(crate) fn check() -> Result<()> {
    let tools = Tools::ready()?;
    let file = fs::File::open(root().join(FOLDER).join("compose.yaml")).context("compose.yaml")?;
    let mut python = Command::new(tools.path("python"));
    let output = python.args(["-c", READ]).stdin(file).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "compose.yaml is no YAML");
    let compose: Value = serde_json::from_slice(&output.stdout)?;
    let services = compose["services"].as_object().context("compose.yaml has services")?;

    let samples = pods::samples(&tools)?;
    for (name, about) in services {
        for port in items(&about["ports"]) {
            let port = port.as_str().unwrap_or_default();
            ensure!(port.starts_with("127.0.0.1:"), "{name}: {port:?} must begin with 127.0.0.1:");
        }
        let disk = TempDir::new()?;
        for mount in items(&about["volumes"]).filter(|mount| mount["type"] == "bind") {
            let (Some(source), Some(target)) = (mount["source"].as_str(), mount["target"].as_str()) else {
                anyhow::bail!("{name}: a mount has a source and a target");
            };
            let source = root().join(FOLDER).join(source);
            // What a user makes first is not in the repository.
            let sample = samples.path().join(source.file_name().unwrap_or_default());
            let text = fs::read_to_string(&source)
                .or_else(|_| fs::read_to_string(sample))
                .with_context(|| source.display().to_string())?;
            let target = disk.path().join(target.trim_start_matches('/'));
            fs::create_dir_all(target.parent().context("a file has a folder")?)?;
            fs::write(target, pods::moved(&text, disk.path()))?;
        }
        let (true, Some(service)) = (about.get("build").is_some(), chart::service()?) else { continue };
        let variables = about["environment"].as_object().into_iter().flatten();
        let variables = variables
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
            // What is left to whoever starts it is empty.
            .map(|(name, value)| (name, if value.starts_with("${") { "" } else { value }));
        pods::check(&service, variables, disk.path()).with_context(|| name.clone())?;
    }
    Ok(())
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
