//! `roster-domain` does no I/O, reads no clock or random source and is not async.
//!
//! Its clippy.toml bans the functions that do; this bans what has no function to name, and the crates that bring more.

use super::Repo;
use super::edges::{dependencies, package_name};
use super::tokens::find;

const CRATES: &[&str] =
    &["async-trait", "fastrand", "futures", "getrandom", "rand", "rand_core", "reqwest", "time", "tokio"];

const WORDS: &[&str] = &["async", "await", "File", "Instant", "SystemTime", "TcpStream", "UdpSocket"];

/// Modules of `std` that reach the world. (`std::net` is not among them: parsing an address does not.)
const MODULES: &[&str] = &["env", "fs", "io", "os", "process", "thread"];

/// Where the domain does what it must not. Its tests may.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for (file, manifest) in repo.manifests().filter(|(_, manifest)| package_name(manifest) == "roster-domain")
    {
        for dependency in dependencies(&manifest).iter().filter(|name| CRATES.contains(&name.as_str())) {
            found.push(file.at(1, &format!("the domain must not depend on {dependency}")));
        }
    }
    for file in
        repo.sources().filter(|file| file.path.starts_with("crates/roster-domain/") && !file.is_test())
    {
        for token in
            file.tokens().iter().filter(|token| !token.in_test && WORDS.contains(&token.text.as_str()))
        {
            found.push(file.at(token.line, &format!("the domain must not use {}", token.text)));
        }
        for module in MODULES {
            // As a path, and first or later in `use std::{…}`, which rustfmt writes on its own for each module.
            let path = find(file.tokens(), &["std", ":", ":", module]);
            for (line, _) in path.into_iter().filter(|(_, in_test)| !in_test) {
                found.push(file.at(line, &format!("the domain must not use std::{module}")));
            }
        }
        for line in grouped_modules(file.tokens()) {
            found.push(file.at(line, "the domain must not use this module of std"));
        }
    }
    found
}

/// The lines of `use std::{…}` that name such a module in the braces.
fn grouped_modules(tokens: &[super::tokens::Token]) -> Vec<usize> {
    let start = ["std", ":", ":", "{"];
    let mut lines = vec![];
    for (index, window) in tokens.windows(start.len()).enumerate() {
        if window[0].in_test || !window.iter().zip(start).all(|(token, wanted)| token.text == wanted) {
            continue;
        }
        let group = tokens[index + start.len()..].iter().take_while(|token| token.text != ";");
        lines.extend(group.filter(|token| MODULES.contains(&token.text.as_str())).map(|token| token.line));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: usize) {
        let found = violations(&Repo::planted(&[("crates/roster-domain/src/decide/join.rs", code)]));
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn the_world_is_caught() {
        check("use std::fmt;\nfn f(now: jiff::Timestamp) {}", 0);
        check("fn f() { std::fs::read(\"x\"); }", 1);
        check("use std::{fmt, thread};", 1);
        check("async fn f() {}", 1);
        check("fn f() { let t = std::time::Instant::now(); }", 1);
        check("#[cfg(test)] mod tests { use std::fs; }", 0);
    }

    #[test]
    fn a_crate_that_reaches_the_world_is_caught() {
        let manifest = "[package]\nname = \"roster-domain\"\n[dependencies]\ntokio = \"1\"";
        assert_eq!(violations(&Repo::planted(&[("crates/roster-domain/Cargo.toml", manifest)])).len(), 1);
    }
}
