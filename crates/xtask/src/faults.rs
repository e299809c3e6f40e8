//! `cargo xtask faults`: the long forms of the fault tests, which take minutes.

use anyhow::{Result, bail};

use crate::tally::Tally;
use crate::test;

/// The faults there are: the modules of `tests/tests/faults`.
const FAULTS: &[&str] = &[
    "causes",
    "exhausted",
    "failed_over",
    "frozen",
    "given_up",
    "pooler",
    "read_only",
    "refused",
    "restarted",
    "standby",
    "vanished",
];

/// Options of `cargo xtask faults`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only these faults: causes, exhausted, `failed_over`, frozen, `given_up`, pooler, `read_only`, refused, restarted,
    /// standby, vanished.
    names: Vec<String>,
}

/// Runs the long forms and counts them.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    if let Some(unknown) = args.names.iter().find(|name| !FAULTS.contains(&name.as_str())) {
        bail!("there is no fault {unknown}; there are {}", FAULTS.join(", "));
    }
    let all = FAULTS.iter().map(|name| (*name).to_owned()).collect();
    let names: Vec<String> = if args.names.is_empty() { all } else { args.names.clone() };
    let tests = test::Selection {
        filter: names.iter().map(|name| format!("{name}::")).collect(),
        binary: Some("faults".to_owned()),
        // One after the other: what they measure is not what the others do to the machine.
        threads: Some(1),
        variable: Some(("ROSTER_TEST_FAULTS", "long")),
    };
    test::run_selected(&tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_named() {
        let folder = crate::project::root().join("tests/tests/faults");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = files
            .filter_map(|file| file.to_str()?.strip_suffix(".rs").map(str::to_owned))
            .filter(|name| !["main", "scene"].contains(&name.as_str()))
            .collect();
        names.sort();
        assert_eq!(names, FAULTS);
    }
}
