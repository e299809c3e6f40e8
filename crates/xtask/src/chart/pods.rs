//! A pod's files, laid out as Kubernetes would, for the service to read its configuration from.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::facts::{containers, list, of_kind, pod, text};
use crate::project::succeed;
use crate::tools::Tools;

/// Makes what lies in Secrets.
const SAMPLES: &str = include_str!("samples.py");

/// Where all files of a pod are.
const HOME: &str = "/etc/roster";

/// Lets the service read the configuration of each container, with the container's variables and files and no others.
pub(super) fn read_by(service: &Path, tools: &Tools, manifests: &[Value]) -> Result<()> {
    let samples = samples(tools)?;
    for manifest in manifests {
        let Some(pod) = pod(manifest) else { continue };
        for container in containers(pod) {
            let disk = TempDir::new()?;
            mount(container, pod, manifests, samples.path(), disk.path())?;
            let variables = list(&container["env"]).map(|one| (text(one, "/name"), text(one, "/value")));
            check(service, variables, disk.path()).with_context(|| text(container, "/name").to_owned())?;
        }
    }
    Ok(())
}

/// What lies in Secrets, made up.
pub(crate) fn samples(tools: &Tools) -> Result<TempDir> {
    let samples = TempDir::new()?;
    succeed(Command::new(tools.path("python")).args(["-c", SAMPLES]).arg(samples.path()))?;
    Ok(samples)
}

/// Lets the service check the configuration that these variables give it, with the container's files below `disk`.
pub(crate) fn check<'a>(
    service: &Path,
    variables: impl Iterator<Item = (&'a str, &'a str)>,
    disk: &Path,
) -> Result<()> {
    let mut command = Command::new(service);
    command.args(["config", "check"]).current_dir(disk).env_clear();
    command.envs(variables.map(|(name, value)| (name, moved(value, disk))));
    let output = command.stdin(Stdio::null()).output().context("cannot run the service")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}, as it was last built, does not take it: {said}", service.display());
    Ok(())
}

/// Puts the files of a container's volumes below `disk`.
fn mount(container: &Value, pod: &Value, manifests: &[Value], samples: &Path, disk: &Path) -> Result<()> {
    for mount in list(&container["volumeMounts"]) {
        let name = text(mount, "/name");
        let volume = list(&pod["volumes"]).find(|volume| text(volume, "/name") == name);
        let volume = volume.with_context(|| format!("there is no volume {name}"))?;
        let folder = disk.join(text(mount, "/mountPath").trim_start_matches('/'));
        fs::create_dir_all(&folder)?;
        for (file, content) in files(volume, manifests, samples)? {
            fs::write(folder.join(file), moved(&content, disk))?;
        }
    }
    Ok(())
}

/// The files of a volume, and what is in them.
fn files(volume: &Value, manifests: &[Value], samples: &Path) -> Result<Vec<(String, String)>> {
    let own = text(volume, "/configMap/name");
    if let Some(map) =
        of_kind(manifests, "ConfigMap").into_iter().find(|map| text(map, "/metadata/name") == own)
    {
        let data = map["data"].as_object().into_iter().flatten();
        return Ok(data.map(|(file, content)| (file.clone(), text(content, "").to_owned())).collect());
    }
    let projected = list(&volume["projected"]["sources"]).flat_map(|source| list(&source["secret"]["items"]));
    let of_others = list(&volume["configMap"]["items"]);
    let mut names: Vec<&str> = projected.chain(of_others).map(|item| text(item, "/path")).collect();
    if volume.get("secret").is_some() {
        // What every Secret of the type kubernetes.io/tls holds.
        names.extend(["tls.crt", "tls.key"]);
    }
    ensure!(!names.is_empty(), "volume {}: there is no file in it", volume["name"]);
    let read = |name: &&str| {
        // All authorities are the same one.
        let sample = if name.ends_with("ca.crt") { "ca.crt" } else { name };
        let content =
            fs::read_to_string(samples.join(sample)).with_context(|| format!("no sample of {name}"))?;
        Ok(((*name).to_owned(), content))
    };
    names.iter().map(read).collect()
}

/// A text that names files of the pod, as it is where these lie below `disk`.
pub(crate) fn moved(text: &str, disk: &Path) -> String {
    text.replace(HOME, &format!("{}{HOME}", disk.display()))
}
