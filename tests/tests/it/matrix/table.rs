//! The table.

use std::fmt::Write as _;
use std::path::Path;

use crate::matrix::Outcomes;
use crate::matrix::people::EVERYBODY;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/matrix.md");

const TEXT: &str = "\
# Who may call what

Every method of the contract, called by everybody about one team. Methods that change something are asked only whether
they would be done, where they can be. `ok` is granted; anything else is the reason of the refusal. A row's first columns
are persons through a service of the team's product that may act for them.

";

/// The table as it is kept.
pub(crate) fn render(outcomes: &Outcomes) -> String {
    let mut text = TEXT.to_owned();
    let headings: Vec<_> = EVERYBODY.iter().map(|who| who.heading).collect();
    let line = |first: &str, cells: &[&str]| format!("| {first} | {} |\n", cells.join(" | "));
    text += &line("method", &headings);
    text += &line("---", &vec!["---"; headings.len()]);
    for (method, row) in outcomes {
        let name = method.strip_prefix("roster.v1.").unwrap_or(method);
        let cells: Vec<_> = row.iter().map(String::as_str).collect();
        // A string takes every text.
        let _ = write!(text, "{}", line(name, &cells));
    }
    text
}

/// Compares with the table that was read and found right. `UPDATE_GOLDEN=1` writes the new one, to be read.
pub(crate) fn assert_golden(found: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, found).expect("the table can be written");
        return;
    }
    let golden = std::fs::read_to_string(Path::new(GOLDEN)).unwrap_or_default();
    for (line, kept) in found.lines().zip(golden.lines()) {
        assert_eq!(
            line, kept,
            "the table differs; UPDATE_GOLDEN=1 writes it anew, and then read what changed"
        );
    }
    assert_eq!(
        found, golden,
        "the table differs; UPDATE_GOLDEN=1 writes it anew, and then read what changed"
    );
}
