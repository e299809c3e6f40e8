//! What the fuzzer has kept: every input that once reached something new, or broke something.

use std::fs;
use std::path::Path;

/// Gives a target every input that is kept for it, in the folders `corpus` and `regressions`.
fn replay(name: &str, target: fn(&[u8])) {
    let mut count = 0;
    for kept in ["corpus", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kept).join(name);
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            let bytes = fs::read(&path).expect("an input");
            // The test's output tells which one it was.
            println!("{}", path.display());
            target(&bytes);
            count += 1;
        }
    }
    assert!(count > 0, "nothing is kept for {name}");
}

#[test]
fn addresses() {
    replay("address", roster_fuzz::address);
}

#[test]
fn page_tokens() {
    replay("page_token", roster_fuzz::page_token);
}

#[test]
fn policies() {
    replay("policy", roster_fuzz::policy);
}

#[test]
fn requests() {
    replay("request", roster_fuzz::request);
}

#[test]
fn tokens() {
    replay("token", roster_fuzz::token);
}
