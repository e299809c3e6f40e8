//! Tests run, all of them, and wait for what they wait for rather than for a while.

use super::Repo;
use super::tokens::find;

/// Tests that are switched off.
pub(crate) fn ignored(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for file in repo.rust() {
        for (line, _) in find(file.tokens(), &["#", "[", "ignore"]) {
            found.push(file.at(line, "a test that is ignored proves nothing: mend it or remove it"));
        }
    }
    found
}

/// Tests that sleep.
pub(crate) fn sleeping(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for file in repo.rust() {
        for function in ["sleep", "sleep_until", "sleep_ms"] {
            for (line, in_test) in find(file.tokens(), &[function, "("]) {
                if in_test || file.is_test() {
                    found.push(file.at(line, "wait for the event itself, with a bound, not for a while"));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_switched_off_is_caught() {
        let repo = Repo::planted(&[("tests/tests/teams.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}")]);
        assert_eq!(ignored(&repo).len(), 1);
        assert_eq!(
            ignored(&Repo::planted(&[("tests/tests/teams.rs", "// #[ignore]\nfn ignore() {}")])).len(),
            0
        );
    }

    #[test]
    fn a_test_that_sleeps_is_caught() {
        let code = "async fn f() { tokio::time::sleep(SECOND).await }";
        assert_eq!(sleeping(&Repo::planted(&[("tests/src/lib.rs", code)])).len(), 1);
        assert_eq!(sleeping(&Repo::planted(&[("crates/a/src/worker.rs", code)])).len(), 0);
        let code = format!("#[cfg(test)] mod tests {{ {code} }}");
        assert_eq!(sleeping(&Repo::planted(&[("crates/a/src/worker.rs", &code)])).len(), 1);
    }
}
