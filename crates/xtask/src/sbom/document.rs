//! The list as `CycloneDX` 1.6 has it.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::tree::{Edges, Package};

/// What is known of packages beside who needs whom.
pub(super) struct Facts {
    /// The answer of `cargo metadata`.
    pub(super) metadata: Value,
    /// `Cargo.lock`.
    pub(super) lock: toml::Table,
    /// What is linked into the binary. The rest is run to build it.
    pub(super) compiled: BTreeSet<Package>,
}

/// The document's text. `of` is the package that the binary is built from, and the target.
pub(super) fn write(edges: &Edges, facts: &Facts, (service, target): (&str, &str)) -> Result<String> {
    let (main, _) =
        edges.iter().find(|(package, _)| package.name == service).context("the tree has no root")?;
    let mut root = component(main, facts)?;
    root["type"] = json!("application");
    root["properties"] = json!([{ "name": "cargo:target", "value": target }]);
    let components = edges.keys().filter(|package| *package != main).map(|package| component(package, facts));
    let dependencies = edges.iter().map(|(package, needs)| {
        json!({ "ref": reference(package), "dependsOn": needs.iter().map(reference).collect::<Vec<_>>() })
    });
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": root },
        "components": components.collect::<Result<Vec<_>>>()?,
        "dependencies": dependencies.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn component(package: &Package, facts: &Facts) -> Result<Value> {
    let Package { name, version } = package;
    let is = |one: &&Value| one["name"] == json!(name) && one["version"] == json!(version);
    let known = facts.metadata["packages"].as_array().into_iter().flatten().find(is);
    let known = known.with_context(|| format!("cargo metadata does not know {name} {version}"))?;
    let license = known["license"].as_str().with_context(|| format!("{name} {version} names no licence"))?;
    let scope = if facts.compiled.contains(package) { "required" } else { "excluded" };
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(package),
        "name": name,
        "version": version,
        "scope": scope,
        // Old manifests separate choices by a slash, which is no expression.
        "licenses": [{ "expression": license.replace('/', " OR ").replace("  OR  ", " OR ") }],
    });
    // Only what comes from the registry has a name there: one of ours could be somebody else's.
    if known["source"].is_string() {
        let hash = checksum(&facts.lock, package)
            .with_context(|| format!("Cargo.lock has no checksum of {name} {version}"))?;
        component["purl"] = json!(format!("pkg:cargo/{name}@{}", version.replace('+', "%2B")));
        component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
    }
    Ok(component)
}

fn reference(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}

fn checksum<'a>(lock: &'a toml::Table, package: &Package) -> Option<&'a str> {
    let text = |one: &'a toml::Value, key| one.get(key).and_then(toml::Value::as_str);
    let mut packages = lock.get("package")?.as_array()?.iter();
    let found = packages.find(|one| {
        text(one, "name") == Some(&package.name) && text(one, "version") == Some(&package.version)
    });
    text(found?, "checksum")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let metadata = json!({ "packages": [
            { "name": "ours", "version": "0.1.0", "license": "Apache-2.0", "source": null },
            { "name": "theirs", "version": "1.0.0+x", "license": "MIT/Apache-2.0", "source": "registry" },
        ]});
        let lock =
            "[[package]]\nname = \"theirs\"\nversion = \"1.0.0+x\"\nchecksum = \"ab\"\n".parse().unwrap();
        Facts { metadata, lock, compiled: BTreeSet::from([Package::new("ours", "0.1.0")]) }
    }

    #[test]
    fn a_package_says_where_it_comes_from_and_whether_it_is_in_the_binary() {
        let theirs = component(&Package::new("theirs", "1.0.0+x"), &facts()).unwrap();
        assert_eq!(theirs["purl"], "pkg:cargo/theirs@1.0.0%2Bx");
        assert_eq!(theirs["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!((&theirs["hashes"][0]["content"], &theirs["scope"]), (&json!("ab"), &json!("excluded")));
        let ours = component(&Package::new("ours", "0.1.0"), &facts()).unwrap();
        assert_eq!((ours.get("purl"), &ours["scope"]), (None, &json!("required")));
    }

    #[test]
    fn what_is_not_known_is_not_passed_over() {
        assert!(component(&Package::new("nobodys", "1.0.0"), &facts()).is_err());
        let mut facts = facts();
        facts.lock.clear();
        assert!(component(&Package::new("theirs", "1.0.0+x"), &facts).is_err());
    }
}
