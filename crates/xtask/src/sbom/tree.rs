//! The packages of a build, and which needs which, as cargo resolves them for one package and one target.
//!
//! Taken from `cargo tree` rather than from `cargo metadata`, whose features are those of the whole workspace: what only
//! a test switches on would seem to be in the binary.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use crate::project::cargo;

/// A package at a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Package {
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self { name: name.to_owned(), version: version.to_owned() }
    }
}

/// Each package and what it needs.
pub(super) type Edges = BTreeMap<Package, BTreeSet<Package>>;

/// The tree below a package as cargo prints it, each line with its depth.
pub(super) fn text(package: &str, target: &str, options: &[&str]) -> Result<String> {
    let mut tree = cargo("tree");
    tree.args([
        "--package",
        package,
        "--target",
        target,
        "--prefix",
        "depth",
        "--format",
        " {p}",
        "--charset",
    ]);
    tree.arg("ascii").args(options).stderr(std::process::Stdio::inherit());
    let output = tree.output().context("cargo tree")?;
    ensure!(output.status.success(), "cargo tree failed");
    Ok(String::from_utf8(output.stdout)?)
}

/// Reads such a tree. What was printed before is printed without what it needs, and known already.
pub(super) fn read(text: &str) -> Result<Edges> {
    let mut edges = Edges::new();
    let mut path: Vec<Package> = vec![];
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (depth, package) = parse(line).with_context(|| format!("cargo tree prints {line:?}"))?;
        ensure!(depth <= path.len(), "cargo tree skips a level at {line:?}");
        path.truncate(depth);
        if let Some(parent) = path.last() {
            edges.entry(parent.clone()).or_default().insert(package.clone());
        }
        edges.entry(package.clone()).or_default();
        path.push(package);
    }
    Ok(edges)
}

/// `3 name v1.2.3 (proc-macro) (*)`
fn parse(line: &str) -> Option<(usize, Package)> {
    let mut words = line.split_whitespace();
    let depth = words.next()?.parse().ok()?;
    let name = words.next()?;
    Some((depth, Package::new(name, words.next()?.strip_prefix('v')?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_with_what_it_leaves_out() {
        let text = "0 a v1.0.0 (/a)\n1 b v2.0.0\n2 c v3.0.0+x (proc-macro)\n1 c v3.0.0+x (proc-macro) (*)\n1 b v2.1.0\n";
        let package = Package::new;
        let edges = read(text).unwrap();
        let of = |name, version| edges[&package(name, version)].iter().cloned().collect::<Vec<_>>();
        assert_eq!(of("a", "1.0.0"), [package("b", "2.0.0"), package("b", "2.1.0"), package("c", "3.0.0+x")]);
        assert_eq!(of("b", "2.0.0"), [package("c", "3.0.0+x")]);
        assert_eq!((of("b", "2.1.0").len(), edges.len()), (0, 4));
        assert!(read("1 a v1.0.0").is_err() && read("no tree").is_err());
    }
}
