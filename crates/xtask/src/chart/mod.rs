//! `cargo xtask chart`: the Helm chart, rendered with the values of its `ci` folder and looked at.
//!
//! Each rendering is checked by helm, by the schemas of Kubernetes, by the facts that it must not lose ([`facts`]), and
//! by the service itself, which reads the configuration as a pod would find it ([`pods`]).

mod facts;
pub(crate) mod pods;
mod refusals;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::project::{self, succeed};
use crate::tools::Tools;
use crate::{helm, project::root};

/// Where the chart is.
const CHART: &str = "deploy/helm/roster";
/// Reads, checks and translates manifests.
const MANIFESTS: &str = include_str!("manifests.py");

/// What looking at the chart needs.
struct Chart {
    helm: PathBuf,
    tools: Tools,
}

/// Checks the chart with all values of its `ci` folder.
pub(crate) fn check() -> Result<()> {
    let tools = Tools::ready()?;
    let chart = Chart { helm: helm::ready(&tools)?, tools };
    let service = service()?;
    let values = values()?;
    for values in &values {
        let name = values.file_name().unwrap_or_default().display().to_string();
        succeed(chart.helm("lint").args(["--strict", "--quiet", CHART, "--values"]).arg(values))?;
        let manifests = chart.manifests(values, &[])?;
        let mut wrong = facts::wrong(&manifests);
        let other = chart.manifests(values, &["log.filter=warn"])?;
        wrong.extend(facts::unmoved(&manifests, &other));
        ensure!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        if let Some(service) = &service {
            pods::read_by(service, &chart.tools, &manifests).with_context(|| name.clone())?;
        }
    }
    refusals::check(&chart)?;
    match service {
        Some(_) => println!("{} renderings, each read by the service", values.len()),
        None => println!("{} renderings; none was read by the service, which is not built", values.len()),
    }
    Ok(())
}

impl Chart {
    fn helm(&self, command: &str) -> Command {
        let mut helm = Command::new(&self.helm);
        helm.current_dir(root()).arg(command);
        helm
    }

    /// What helm makes of the values and of single settings over them, or what it says instead.
    fn template(&self, values: &Path, settings: &[&str]) -> Result<Result<String, String>> {
        let mut helm = self.helm("template");
        helm.args(["sample", CHART, "--namespace", "sample", "--values"]).arg(values);
        helm.args(settings.iter().flat_map(|setting| ["--set", setting]));
        let output = helm.stdin(Stdio::null()).output().context("cannot run helm")?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) })
    }

    /// The manifests, all of which Kubernetes takes.
    fn manifests(&self, values: &Path, settings: &[&str]) -> Result<Vec<Value>> {
        let text = match self.template(values, settings)? {
            Ok(text) => text,
            Err(error) => bail!("helm template {}: {error}", values.display()),
        };
        let mut python = Command::new(self.tools.path("python"));
        python.args(["-c", MANIFESTS]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().context("cannot run python")?;
        let mut stdin = child.stdin.take().context("python has an input")?;
        // It reads all of its input before it writes anything, so that neither side waits for the other.
        stdin.write_all(text.as_bytes())?;
        drop(stdin);
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "{}: Kubernetes does not take it, see above", values.display());
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The files of values, in the order of their names.
fn values() -> Result<Vec<PathBuf>> {
    let folder = root().join(CHART).join("ci");
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    ensure!(!files.is_empty(), "{} has no values", folder.display());
    Ok(files)
}

/// The service, if it is built: `cargo xtask test` builds it.
pub(crate) fn service() -> Result<Option<PathBuf>> {
    let service = project::target_dir()?.join("debug/roster");
    Ok(service.exists().then_some(service))
}
