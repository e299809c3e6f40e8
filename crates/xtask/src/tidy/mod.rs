//! The project's own rules about its files. Each holds a statement of ARCHITECTURE.md or of CONTRIBUTING.md.
//!
//! A rule is a function from the repository to what breaks it. It has a test that plants a violation: a rule that
//! cannot fail holds nothing.
//!
//! What clippy or cargo-deny can say is in a `clippy.toml` or in deny.toml instead: that the rules are pure, that statuses are
//! built in one file, and which crates may name SeaORM and tonic.

mod documents;
mod edges;
mod failpoints;
mod places;
mod presets;
pub(crate) mod repo;
mod size;
mod tests_only;
mod tokens;
mod writes;

use anyhow::{Result, bail};

pub(crate) use repo::Repo;

/// One rule.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// What breaks the rule, as `path:line: what is wrong`; empty if it holds.
    violations: fn(&Repo) -> Vec<String>,
}

/// All of them.
pub(crate) const RULES: &[Rule] = &[
    Rule { name: "crates depend as ARCHITECTURE.md draws it", violations: edges::violations },
    Rule { name: "rows are written in apply", violations: writes::violations },
    Rule { name: "no preset is named by code", violations: presets::violations },
    Rule { name: "no test is ignored", violations: tests_only::ignored },
    Rule { name: "no test sleeps", violations: tests_only::sleeping },
    Rule { name: "no release has failpoints", violations: failpoints::violations },
    Rule { name: "files are small", violations: size::violations },
    Rule { name: "documents name what exists", violations: documents::paths },
    Rule { name: "links of documents resolve", violations: documents::links },
    Rule { name: "no file names a machine or a registry", violations: places::violations },
];

impl Rule {
    /// An error that lists what breaks the rule, if anything does.
    pub(crate) fn hold(&self, repo: &Repo) -> Result<()> {
        let violations = (self.violations)(repo);
        if !violations.is_empty() {
            bail!("{}", violations.join("\n"));
        }
        Ok(())
    }
}
