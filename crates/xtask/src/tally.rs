//! How many passed and how many failed: the closing line of a command.

use std::fmt;
use std::ops::AddAssign;
use std::process::ExitCode;

/// Passed and failed tests or checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tally {
    /// Counts one more outcome.
    pub(crate) fn count(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Prints the closing line and says how the command ends. Nothing at all is a failure: a run that tests nothing
    /// proves nothing.
    pub(crate) fn close(mut self) -> ExitCode {
        if self == Self::default() {
            eprintln!("nothing ran");
            self.failed = 1;
        }
        println!("{self}");
        ExitCode::from(u8::from(self.failed > 0))
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}
