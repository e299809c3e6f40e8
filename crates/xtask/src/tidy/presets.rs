//! No rule of a product is code: no preset's name is a string in what a crate is made of.

use std::path::Path;

use super::Repo;

/// The presets, as files.
const FOLDER: &str = "crates/roster-domain/presets/";

/// Where a preset is named outside its own file and tests.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let names: Vec<&str> = repo
        .files()
        .filter(|file| file.path.starts_with(FOLDER) && file.has_extension("toml"))
        .filter_map(|file| Path::new(&file.path).file_stem()?.to_str())
        .collect();
    if names.is_empty() {
        return vec![format!("{FOLDER} holds no preset, so that this rule holds nothing")];
    }
    let mut found = vec![];
    for file in repo.sources().filter(|file| !file.is_test()) {
        for token in file.tokens().iter().filter(|token| !token.in_test) {
            if let Some(name) = token.string().filter(|text| names.contains(text)) {
                found.push(file.at(token.line, &format!("the preset {name} is named by code")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: usize) {
        let preset = ("crates/roster-domain/presets/guild.toml", "name = \"guild\"");
        let found = violations(&Repo::planted(&[preset, ("crates/roster-server/src/lib.rs", code)]));
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn a_preset_by_name_is_caught() {
        check("fn f() -> bool { policy == \"guild\" }", 1);
        check("/// As in `\"guild\"`.\nfn f() { \"guilds\" }", 0);
        check("#[cfg(test)] mod tests { fn f() { \"guild\" } }", 0);
    }

    #[test]
    fn no_presets_at_all_are_caught() {
        assert_eq!(violations(&Repo::planted(&[])).len(), 1);
    }
}
