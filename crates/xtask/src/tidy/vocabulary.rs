//! Libraries that only some crates may name, in their manifests and in their code.

use super::Repo;
use super::edges::dependencies;

/// Where SeaORM is named outside the store.
pub(crate) fn store_only(repo: &Repo) -> Vec<String> {
    named_outside(repo, &["sea-orm", "sea-orm-migration", "sqlx"], &["crates/roster-store/"])
}

/// Where tonic is named by a crate that has nothing to do with serving.
pub(crate) fn serving_only(repo: &Repo) -> Vec<String> {
    let libraries = [
        "tonic",
        "tonic-health",
        "tonic-prost",
        "tonic-prost-build",
        "tonic-reflection",
        "tonic-types",
        "tonic-web",
    ];
    let serving = [
        "crates/roster-bench/",
        "crates/roster-fuzz/",
        "crates/roster-proto/",
        "crates/roster-server/",
        "crates/roster-testkit/",
        "crates/xtask/",
        "examples/",
        "tests/",
    ];
    named_outside(repo, &libraries, &serving)
}

fn named_outside(repo: &Repo, libraries: &[&str], homes: &[&str]) -> Vec<String> {
    let at_home = |path: &str| homes.iter().any(|home| path.starts_with(home));
    let mut found = vec![];
    for (file, manifest) in repo.manifests().filter(|(file, _)| !at_home(&file.path)) {
        for dependency in dependencies(&manifest) {
            if libraries.contains(&dependency.as_str()) {
                found.push(file.at(1, &format!("{dependency} is not for this crate")));
            }
        }
    }
    for file in repo.rust().filter(|file| !at_home(&file.path)) {
        for token in file.tokens() {
            if libraries.iter().any(|library| library.replace('-', "_") == token.text) {
                found.push(file.at(token.line, &format!("{} is not for this crate", token.text)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_outside_its_home_is_caught() {
        let code = "use sea_orm::Value; // and tonic";
        assert_eq!(store_only(&Repo::planted(&[("crates/roster-server/src/lib.rs", code)])).len(), 1);
        assert_eq!(store_only(&Repo::planted(&[("crates/roster-store/src/lib.rs", code)])).len(), 0);
        let code = "fn f() -> tonic::Status {}";
        assert_eq!(serving_only(&Repo::planted(&[("crates/roster-store/src/lib.rs", code)])).len(), 1);
        assert_eq!(serving_only(&Repo::planted(&[("tests/src/lib.rs", code)])).len(), 0);
    }

    #[test]
    fn a_dependency_outside_its_home_is_caught() {
        let manifest = "[package]\nname = \"a\"\n[dev-dependencies]\nsea-orm = \"2\"\ntonic = \"0.14\"";
        let repo = Repo::planted(&[("crates/roster-domain/Cargo.toml", manifest)]);
        assert_eq!((store_only(&repo).len(), serving_only(&repo).len()), (1, 1));
    }
}
