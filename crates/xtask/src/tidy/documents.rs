//! Documents name only what exists.

use std::path::{Component, Path};

use super::Repo;
use super::repo::File;

/// The documents whose paths in backticks must exist.
const MAPS: [&str; 2] = ["ARCHITECTURE.md", "SECURITY.md"];

/// Paths that these documents give in backticks and that do not exist.
pub(crate) fn paths(repo: &Repo) -> Vec<String> {
    MAPS.iter().flat_map(|name| paths_of(repo, name)).collect()
}

fn paths_of(repo: &Repo, name: &str) -> Vec<String> {
    let Some(file) = repo.file(name) else { return vec![format!("{name} is missing")] };
    let mut found = vec![];
    for (number, line) in prose(&file.text) {
        for path in line.split('`').skip(1).step_by(2).filter(|span| is_path(span)) {
            if !repo.exists(path.trim_end_matches('/')) {
                found.push(file.at(number, &format!("`{path}` does not exist")));
            }
        }
    }
    found
}

/// Relative links of the documents that lead nowhere.
pub(crate) fn links(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for file in repo.files().filter(|file| is_ours(file)) {
        for (number, line) in prose(&file.text) {
            for target in targets(line) {
                let path = target.split('#').next().unwrap_or(target);
                let elsewhere = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
                if !elsewhere && !resolve(&file.path, path).is_some_and(|path| repo.exists(&path)) {
                    found.push(file.at(number, &format!("the link to {target} leads nowhere")));
                }
            }
        }
    }
    found
}

fn is_ours(file: &File) -> bool {
    let folder = ["docs/", "deploy/", "examples/", "crates/", "proto/", "tests/"]
        .iter()
        .any(|folder| file.path.starts_with(folder));
    file.has_extension("md") && (folder || !file.path.contains('/'))
}

/// The lines outside blocks of code, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        (!in_code && !fence).then_some((index + 1, line))
    })
}

/// Whether words in backticks look like a path of the repository: no command, no placeholder, nothing absolute.
fn is_path(span: &str) -> bool {
    let last = Path::new(span).extension().and_then(|extension| extension.to_str());
    let shape = span.contains('/') || matches!(last, Some("md" | "rs" | "toml"));
    shape && !span.starts_with('/') && !span.contains("//") && !span.contains([' ', '<', '*', '{', '…'])
}

/// What the links of a line point to: `[text](target)` and `[name]: target`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let reference =
        line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target.trim());
    inline.chain(reference)
}

/// A link of the document at `from`, relative to the root; nothing if it leaves the repository.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in Path::new(link).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_gone_is_caught() {
        let check = |text: &str| {
            paths_of(&Repo::planted(&[("a.md", text), ("crates/a/src/lib.rs", "")]), "a.md").len()
        };
        assert_eq!(check("`crates/a/`, `crates/a/src/lib.rs`, `cargo xtask`, `rpc/<verb>.rs`, `a::b`"), 0);
        assert_eq!(check("`crates/b/`\n```\n`not/looked/at`\n```\n`gone.toml`"), 2);
        assert_eq!(paths(&Repo::planted(&[])).len(), MAPS.len());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_caught() {
        let check =
            |text: &str| links(&Repo::planted(&[("docs/a.md", text), ("docs/b.md", ""), ("c.md", "")])).len();
        assert_eq!(check("[b](b.md#part), [c](../c.md) and [web](https://example.com), [here](#x)"), 0);
        assert_eq!(check("[c](c.md)\n[d]: d.md\n[out](../../c.md)"), 3);
    }
}
