//! The policies that a deployment runs: the presets and files of its own, narrowed to those that are enabled.
//!
//! What is wrong with them stops the start and is told with file, line and key. Nothing is skipped: a service that
//! left a policy out would refuse a whole product's teams.

pub mod orphans;

use std::io;
use std::path::{Path, PathBuf};

use roster_domain::policy::{Policy, PolicyError, PolicyName, Problem, parse, presets};
use toml::de::DeTable;

use crate::authn::Policies;
use crate::config::Config;

/// Why the policies cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be read.
    #[error("policies_dir {}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of it cannot be read.
    #[error("policies_dir: {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Files are wrong: everything that is wrong with any of them, a line each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<PolicyError>),
    /// A calling service is bound to what is no policy.
    #[error("callers.{caller}.policies: there is no policy {}; there are: {}", .unknown.join(", "), .known.join(", "))]
    Unbound {
        /// The calling service.
        caller: String,
        /// The names.
        unknown: Vec<String>,
        /// The names of the policies that are served.
        known: Vec<String>,
    },
    /// Names of `enabled_policies` are no policy's.
    #[error("enabled_policies: there is no policy {}; there are: {}", .unknown.join(", "), .known.join(", "))]
    Unknown {
        /// The names.
        unknown: Vec<String>,
        /// The names that could be enabled.
        known: Vec<String>,
    },
}

/// The policies to serve, in the order of their names.
pub fn load(config: &Config) -> Result<Vec<Policy>, Error> {
    let mut policies = presets();
    if let Some(folder) = &config.policies_dir {
        add_own(folder, &mut policies)?;
    }
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    match &config.enabled_policies {
        Some(enabled) => narrowed(policies, enabled),
        None => Ok(policies),
    }
}

/// Refuses a configuration that binds a calling service to a policy that is not served: a typing error there would
/// make its teams vanish.
pub fn require_bound(config: &Config, policies: &[Policy]) -> Result<(), Error> {
    let served = |name: &PolicyName| policies.iter().any(|policy| policy.name == *name);
    for caller in config.authn.callers() {
        let Policies::Only(names) = &caller.policies else { continue };
        let unknown: Vec<String> =
            names.iter().filter(|name| !served(name)).map(ToString::to_string).collect();
        if !unknown.is_empty() {
            let known = policies.iter().map(|policy| policy.name.to_string()).collect();
            return Err(Error::Unbound { caller: caller.name.as_str().to_owned(), unknown, known });
        }
    }
    Ok(())
}

/// Adds the policies of a folder, in the order of the files' names.
fn add_own(folder: &Path, policies: &mut Vec<Policy>) -> Result<(), Error> {
    // Whose name is taken already, for the message about a second policy of that name.
    let mut owners: Vec<String> = policies.iter().map(|_| "a preset".to_owned()).collect();
    let mut wrong = vec![];
    for path in files(folder)? {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|source| Error::File { path, source })?;
        let policy = match parse(&file, &text) {
            Ok(policy) => policy,
            Err(error) => {
                wrong.push(error);
                continue;
            }
        };
        if let Some(taken) = policies.iter().position(|other| other.name == policy.name) {
            wrong.push(name_taken(file, &text, &policy, &owners[taken]));
        } else {
            policies.push(policy);
            owners.push(file);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Wrong(wrong)) }
}

/// The policy files of a folder. Hidden ones are not ours: Kubernetes mounts a `ConfigMap` through links such as
/// `..data`, editors leave copies.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Folder { path: folder.to_owned(), source };
    let mut files = vec![];
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn name_taken(file: String, text: &str, policy: &Policy, owner: &str) -> PolicyError {
    let name = &policy.name;
    let message =
        format!("expected a name that no other policy has, found {:?}, which {owner} has", name.as_str());
    PolicyError {
        file,
        problems: vec![Problem { line: line_of_name(text), key: "name".to_owned(), message }],
    }
}

/// The line of the key `name` in a policy file that was read before.
fn line_of_name(text: &str) -> usize {
    let document = DeTable::parse(text).ok();
    let offset = document.and_then(|document| Some(document.get_ref().get_key_value("name")?.0.span().start));
    1 + text.bytes().take(offset.unwrap_or(0)).filter(|byte| *byte == b'\n').count()
}

/// Only those of the policies that are enabled.
fn narrowed(policies: Vec<Policy>, enabled: &[String]) -> Result<Vec<Policy>, Error> {
    let is = |policy: &Policy, name: &String| policy.name.as_str() == name;
    let unknown: Vec<String> = enabled
        .iter()
        .filter(|name| !policies.iter().any(|policy| is(policy, name)))
        .map(|name| format!("{name:?}"))
        .collect();
    if !unknown.is_empty() {
        let known = policies.iter().map(|policy| policy.name.to_string()).collect();
        return Err(Error::Unknown { unknown, known });
    }
    Ok(policies.into_iter().filter(|policy| enabled.iter().any(|name| is(policy, name))).collect())
}

#[cfg(test)]
mod tests;
