//! The arrows between the crates are those of ARCHITECTURE.md.

use super::Repo;

/// Each package of ours and those of ours that it may name.
const EDGES: &[(&str, &[&str])] = &[
    // Black box too: it drives whatever build it is given.
    ("roster-bench", &["roster-proto", "roster-testkit"]),
    ("roster-domain", &[]),
    // A client to copy: it has what every client has.
    ("roster-example", &["roster-proto"]),
    // It holds what must be true of each of them.
    ("roster-fuzz", &["roster-server", "roster-store", "roster-domain", "roster-model", "roster-proto"]),
    // For tests: it acts by the rules themselves.
    ("roster-model", &["roster-domain", "roster-stories"]),
    ("roster-proto", &[]),
    ("roster-store", &["roster-domain", "roster-model"]),
    ("roster-server", &["roster-store", "roster-domain", "roster-proto"]),
    // What the manuals say, in words: it knows no crate.
    ("roster-stories", &[]),
    // Black box: it sees the binary and the contract, no crate's inside.
    ("roster-testkit", &["roster-proto"]),
    ("roster-tests", &["roster-proto", "roster-stories", "roster-testkit"]),
    ("xtask", &[]),
];

/// Dependencies, of any sort, that are not drawn.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for (file, manifest) in repo.manifests() {
        let name = package_name(&manifest);
        let Some((_, allowed)) = EDGES.iter().find(|(package, _)| *package == name) else {
            found.push(file.at(
                1,
                &format!("{name} has no place in ARCHITECTURE.md and crates/xtask/src/tidy/edges.rs"),
            ));
            continue;
        };
        for dependency in dependencies(&manifest) {
            let ours = EDGES.iter().any(|(package, _)| *package == dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                found.push(file.at(1, &format!("{name} must not depend on {dependency}")));
            }
        }
    }
    found
}

/// The name of the package that a manifest describes.
pub(crate) fn package_name(manifest: &toml::Table) -> &str {
    manifest
        .get("package")
        .and_then(|package| package.get("name")?.as_str())
        .unwrap_or("a package without a name")
}

/// The names of everything that a manifest depends on, for building and testing too, on any platform.
pub(crate) fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let platforms = platforms.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table);
    let mut names = vec![];
    for holder in platforms.chain([manifest]) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = holder.get(kind).and_then(toml::Value::as_table);
            for (name, how) in dependencies.into_iter().flatten() {
                // `package` tells what it is behind a name of our choice.
                names.push(how.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, expected: usize) {
        let found = violations(&Repo::planted(&[("crates/x/Cargo.toml", manifest)]));
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_caught() {
        check("[package]\nname = \"roster-server\"\n[dependencies]\nroster-store.workspace = true", 0);
        check("[package]\nname = \"roster-domain\"\n[dependencies]\nroster-store.workspace = true", 1);
        check("[package]\nname = \"roster-tests\"\n[dev-dependencies]\nroster-server = { path = \"x\" }", 1);
        check("[package]\nname = \"roster-proto\"\n[dependencies]\nx = { package = \"roster-domain\" }", 1);
        check(
            "[package]\nname = \"roster-store\"\n[target.'cfg(unix)'.dependencies]\nroster-proto = \"1\"",
            1,
        );
    }

    #[test]
    fn a_crate_without_a_place_is_caught() {
        check("[package]\nname = \"roster-utils\"", 1);
    }
}
