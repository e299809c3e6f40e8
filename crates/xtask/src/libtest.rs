//! Reads what binaries of tests print and adds up their results.

use crate::tally::Tally;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Reading {
    tally: Tally,
    /// A test binary has begun and no result of it has been seen yet.
    awaits_result: bool,
    /// Parts of names that no test had yet.
    unseen: Vec<String>,
}

impl Reading {
    /// Begins, where each of these parts is to be in the name of some test.
    pub(crate) fn of(parts: &[String]) -> Self {
        Self { unseen: parts.to_vec(), ..Self::default() }
    }

    /// Takes one line of output.
    pub(crate) fn line(&mut self, line: &str) {
        if line.starts_with("     Running ") || line.starts_with("   Doc-tests ") {
            self.binary_ended();
            self.awaits_result = true;
        } else if let Some(result) = result(line) {
            self.tally += result;
            self.awaits_result = false;
        } else if let Some(test) = line.strip_prefix("test ") {
            self.unseen.retain(|part| !test.contains(part));
        }
    }

    /// The sum, given whether every command succeeded.
    pub(crate) fn finish(mut self, succeeded: bool) -> Tally {
        self.binary_ended();
        for part in &self.unseen {
            println!("no test has {part} in its name");
            self.tally.failed += 1;
        }
        if !succeeded && self.tally.failed == 0 {
            // It did not compile, or died in a way that left no line.
            self.tally.failed = 1;
        }
        self.tally
    }

    /// A binary that ends without a result has crashed: that is one failure, whatever it had printed.
    fn binary_ended(&mut self) {
        if self.awaits_result {
            self.tally.failed += 1;
            self.awaits_result = false;
        }
    }
}

/// The numbers of libtest's own line, `test result: ok. 12 passed; 0 failed; …`.
fn result(line: &str) -> Option<Tally> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = numbers.split("; ");
    let passed = parts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = parts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str =
        "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
    const BAD: &str =
        "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";

    #[track_caller]
    fn check(lines: &[&str], exit: i32, passed: usize, failed: usize) {
        let mut reading = Reading::default();
        for line in lines {
            reading.line(line);
        }
        assert_eq!(reading.finish(exit == 0), Tally { passed, failed });
    }

    #[test]
    fn results_are_added_up() {
        check(&["     Running unittests src/lib.rs (a)", OK, "   Doc-tests roster", OK], 0, 6, 0);
        check(&["     Running tests/a.rs (a)", OK, "     Running tests/b.rs (b)", BAD], 101, 4, 2);
    }

    #[test]
    fn a_binary_without_a_result_is_a_failure() {
        check(
            &["     Running tests/a.rs (a)", "test x ... ok", "     Running tests/b.rs (b)", OK],
            101,
            3,
            1,
        );
        check(&["     Running tests/a.rs (a)", OK, "     Running tests/b.rs (b)"], 101, 3, 1);
        // Even if it ended as a success.
        check(&["     Running tests/a.rs (a)"], 0, 0, 1);
    }

    #[test]
    fn a_name_that_no_test_has_is_a_failure() {
        let mut reading = Reading::of(&["roles".to_owned(), "rolls".to_owned()]);
        for line in ["     Running tests/a.rs (a)", "test roles::boss ... ok", OK] {
            reading.line(line);
        }
        assert_eq!(reading.finish(true), Tally { passed: 3, failed: 1 });
    }

    #[test]
    fn a_command_that_fails_before_any_test_is_a_failure() {
        check(&["error: could not compile"], 101, 0, 1);
    }
}
