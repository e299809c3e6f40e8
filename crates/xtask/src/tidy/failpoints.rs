//! What breaks the service on purpose is in no release build.

use super::Repo;
use super::edges::package_name;

const FEATURE: &str = "failpoints";

/// Where the feature is on by default or named by what makes a release.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for (file, manifest) in repo.manifests() {
        let features = manifest.get("features").and_then(toml::Value::as_table);
        let default = features.and_then(|features| features.get("default")?.as_array());
        if default.is_some_and(|default| !default.is_empty()) {
            found.push(file.at(1, &format!("{} must have no default features", package_name(&manifest))));
        }
    }
    for file in repo.files().filter(|file| makes_releases(&file.path)) {
        for (index, line) in file.text.lines().enumerate() {
            if line.contains(FEATURE) || line.contains("--all-features") {
                found.push(file.at(index + 1, "a release must not have failpoints"));
            }
        }
    }
    // In a manifest the feature is declared, or passed on by one that is itself not on; it is never asked for.
    for file in repo.files().filter(|file| file.path.ends_with("Cargo.toml")) {
        for (index, line) in file.text.lines().enumerate() {
            let asked = line.split_once("features = [").is_some_and(|(_, list)| list.contains(FEATURE));
            if asked {
                found.push(
                    file.at(index + 1, "failpoints are asked for on the command line of the tests only"),
                );
            }
        }
    }
    found
}

fn makes_releases(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("deploy/") || path.starts_with(".github/") || name.contains("Dockerfile")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: usize) {
        assert_eq!(violations(&Repo::planted(&[(path, text)])).len(), expected, "{path}: {text}");
    }

    #[test]
    fn failpoints_in_a_release_are_caught() {
        let manifest = "[package]\nname = \"a\"\n[features]\n";
        check("crates/a/Cargo.toml", &format!("{manifest}failpoints = [\"b/failpoints\"]"), 0);
        check("crates/a/Cargo.toml", &format!("{manifest}default = []"), 0);
        check("crates/a/Cargo.toml", &format!("{manifest}default = [\"failpoints\"]"), 1);
        check(
            "crates/a/Cargo.toml",
            "[dependencies]\nb = { workspace = true, features = [\"failpoints\"] }",
            1,
        );
        check("deploy/Dockerfile", "RUN cargo build --release --features failpoints", 1);
        check("Dockerfile", "RUN cargo build --release --all-features", 1);
    }
}
