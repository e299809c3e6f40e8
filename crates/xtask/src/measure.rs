//! `cargo xtask measure`: how much there is to read, and how much of it is tests.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::project::root;
use crate::tidy::repo::{File, Repo};

/// Prints the lines of code and of tests, the test binaries, and the files that a fuzzer made.
pub(crate) fn run() -> Result<()> {
    print!("{}", Measures::of(&Repo::read(&root())?));
    Ok(())
}

/// What is counted. Lines are those of Rust, of Python and of `testdata/`, blank ones and comments included.
#[derive(Debug, PartialEq, Eq)]
struct Measures {
    code: usize,
    /// Whole test files, their harness, their data, and what `#[cfg(test)]` guards elsewhere.
    tests: usize,
    /// The binaries of `tests/tests`.
    binaries: usize,
    /// Files below `corpus/` and `regressions/` of the fuzzer.
    fuzzed: usize,
}

impl Measures {
    fn of(repo: &Repo) -> Self {
        let mut measures = Self { code: 0, tests: 0, binaries: 0, fuzzed: 0 };
        let mut binaries = BTreeSet::new();
        for file in repo.files() {
            if is_fuzzed(&file.path) {
                measures.fuzzed += 1;
            }
            if is_counted(file) {
                let lines = file.text.lines().count();
                let tests = if is_test(file) { lines } else { guarded(file) };
                measures.tests += tests;
                measures.code += lines - tests;
            }
            binaries.extend(binary(&file.path));
        }
        measures.binaries = binaries.len();
        measures
    }
}

impl std::fmt::Display for Measures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, tests, binaries, fuzzed } = self;
        writeln!(out, "lines of code               {code:>7}")?;
        // Hundredths, without a float.
        let share = tests * 100 / (*code).max(1);
        writeln!(
            out,
            "lines of tests              {tests:>7}   {}.{:02} for a line of code",
            share / 100,
            share % 100
        )?;
        writeln!(out, "binaries of tests/          {binaries:>7}")?;
        writeln!(out, "files that a fuzzer made    {fuzzed:>7}")
    }
}

fn is_counted(file: &File) -> bool {
    file.has_extension("rs")
        || file.has_extension("py")
        || file.path.split('/').any(|part| part == "testdata")
}

fn is_test(file: &File) -> bool {
    let harness = ["crates/roster-testkit/", "crates/roster-model/", "crates/roster-stories/"];
    file.is_test()
        || harness.iter().any(|folder| file.path.starts_with(folder))
        || file.path.split('/').any(|part| part == "testdata")
}

/// How many lines of a file with code stand below `#[cfg(test)]`.
fn guarded(file: &File) -> usize {
    if !file.has_extension("rs") {
        return 0;
    }
    let mut lines = 0;
    for item in file.tokens().chunk_by(|one, other| one.in_test == other.in_test) {
        if let (true, Some(first), Some(last)) = (item[0].in_test, item.first(), item.last()) {
            lines += last.line - first.line + 1;
        }
    }
    lines
}

fn is_fuzzed(path: &str) -> bool {
    let rest = path.strip_prefix("crates/roster-fuzz/");
    rest.is_some_and(|rest| rest.starts_with("corpus/") || rest.starts_with("regressions/"))
}

/// The binary of `tests/tests` that a file belongs to, if any.
fn binary(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("tests/tests/")?;
    rest.strip_suffix("/main.rs").or_else(|| rest.strip_suffix(".rs")).filter(|name| !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_counted_where_it_belongs() {
        let repo = Repo::planted(&[
            ("crates/a/src/lib.rs", "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n"),
            ("crates/a/src/b/tests.rs", "fn c() {}\n"),
            ("crates/roster-testkit/src/lib.rs", "fn d() {}\nfn e() {}\n"),
            ("tests/tests/one.rs", "fn f() {}\n"),
            ("tests/tests/two/main.rs", "mod part;\n"),
            ("tests/tests/two/part.rs", "fn g() {}\n"),
            ("crates/roster-fuzz/corpus/token/0a", "x\ny\n"),
            ("crates/a/testdata/policy.toml", "a = 1\n"),
            ("README.md", "Roster\n"),
        ]);
        let expected = Measures { code: 3, tests: 10, binaries: 2, fuzzed: 1 };
        assert_eq!(Measures::of(&repo), expected);
    }
}
