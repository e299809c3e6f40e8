//! A page of tables in Markdown, with a legend of every refusal in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use roster_domain::{Change, Refusal};

use super::golden_refusals::name;

const CONTRACT: &str = include_str!("../../../../../proto/roster/v1/error_reason.proto");

/// What a decision answers, as a reader of the page sees it.
pub(crate) enum Cell {
    /// It happens.
    Yes,
    /// It is answered as done, and nothing happens.
    NoChange,
    /// It is refused.
    No(Refusal),
    /// It is answered with this.
    Says(String),
    /// It cannot come to this.
    Never,
}

impl From<Result<Vec<Change>, Refusal>> for Cell {
    fn from(outcome: Result<Vec<Change>, Refusal>) -> Self {
        match outcome {
            Ok(changes) if changes.is_empty() => Self::NoChange,
            Ok(_) => Self::Yes,
            Err(refusal) => Self::No(refusal),
        }
    }
}

impl From<Result<(), Refusal>> for Cell {
    fn from(outcome: Result<(), Refusal>) -> Self {
        outcome.map_or_else(Self::No, |()| Self::Yes)
    }
}

impl From<String> for Cell {
    fn from(words: String) -> Self {
        Self::Says(words)
    }
}

/// A column of a table: its title, and what stands in it for a row's situation.
pub(crate) struct Column<'a, Row> {
    title: String,
    cell: Box<dyn Fn(&Row) -> Cell + 'a>,
}

/// A column whose cells that function fills.
pub(crate) fn column<'a, Row, C: Into<Cell>>(
    title: impl Into<String>,
    cell: impl Fn(&Row) -> C + 'a,
) -> Column<'a, Row> {
    Column { title: title.into(), cell: Box::new(move |row| cell(row).into()) }
}

/// Who tries what a policy lacks, if members do.
pub(crate) const MEMBER: &str = "a member of whatever role";

/// A page in the making.
#[derive(Default)]
pub(crate) struct Page {
    text: String,
    refusals: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Page {
    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        self.paragraph(&format!("{} {text}", "#".repeat(level)));
    }

    /// Text of one paragraph, broken into lines.
    pub(crate) fn paragraph(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let mut width = 0;
        for word in text.split_whitespace() {
            if width > 0 && width + word.chars().count() >= 110 {
                self.text.push('\n');
                width = 0;
            } else if width > 0 {
                self.text.push(' ');
                width += 1;
            }
            self.text.push_str(word);
            width += word.chars().count();
        }
        self.text.push('\n');
    }

    /// A table, padded so that it can be read as it stands. Each row has a label and a situation.
    pub(crate) fn table<Row>(
        &mut self,
        corner: &str,
        columns: &[Column<'_, Row>],
        rows: impl IntoIterator<Item = (String, Row)>,
    ) {
        let titles = columns.iter().map(|column| column.title.clone());
        let mut lines = vec![std::iter::once(corner.to_owned()).chain(titles).collect()];
        for (label, row) in rows {
            let words = columns.iter().map(|column| self.word((column.cell)(&row)));
            let words: Vec<_> = words.collect();
            lines.push(std::iter::once(label).chain(words).collect());
        }
        self.lines(&lines);
    }

    /// One line that stands in place of the tables of a method that the policy lacks. Each of the attempts must be
    /// answered so.
    pub(crate) fn absent(
        &mut self,
        what: &str,
        who: &str,
        attempts: impl IntoIterator<Item = Result<Vec<Change>, Refusal>>,
    ) {
        for attempt in attempts {
            let lacks = matches!(attempt, Err(Refusal::MethodNotInPolicy { .. }));
            assert!(lacks, "this policy has no {what}, and yet: {attempt:?}");
            self.word(attempt.into());
        }
        self.paragraph(&format!(
            "This policy has no {what}: {who} that tries is answered METHOD_NOT_IN_POLICY."
        ));
    }

    /// The page, with the legend of the refusals that stand in it.
    pub(crate) fn into_text(mut self) -> String {
        self.heading(2, "What the refusals say");
        self.paragraph(
            "The name stands in the error as `ERROR_REASON_…` and never changes; the text is for people and may. Where \
             texts differ in the names of roles or permissions only, one stands for all.",
        );
        let mut lines = vec![["refusal", "gRPC code", "text"].map(str::to_owned).to_vec()];
        for (name, texts) in std::mem::take(&mut self.refusals) {
            for text in texts {
                lines.push(vec![name.to_owned(), code(name).to_owned(), text]);
            }
        }
        self.lines(&lines);
        self.text
    }

    fn word(&mut self, cell: Cell) -> String {
        match cell {
            Cell::Yes => "yes".to_owned(),
            Cell::NoChange => "no change".to_owned(),
            Cell::Says(words) => words,
            Cell::Never => "–".to_owned(),
            Cell::No(refusal) => {
                let name = name(&refusal);
                let texts = self.refusals.entry(name).or_default();
                let names_only = matches!(
                    refusal,
                    Refusal::RoleLacksPermission { .. }
                        | Refusal::RoleNotAssignable { .. }
                        | Refusal::RoleNotManageable { .. }
                );
                if texts.is_empty() || !names_only {
                    texts.insert(refusal.to_string());
                }
                name.to_owned()
            }
        }
    }

    fn lines(&mut self, lines: &[Vec<String>]) {
        self.text.push('\n');
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let widths: Vec<_> = (0..lines[0].len()).filter_map(width).collect();
        for (number, line) in lines.iter().enumerate() {
            for (word, width) in line.iter().zip(&widths) {
                let _ = write!(self.text, "| {word:width$} ");
            }
            self.text.push_str("|\n");
            if number == 0 {
                for width in &widths {
                    let _ = write!(self.text, "| {} ", "-".repeat(*width));
                }
                self.text.push_str("|\n");
            }
        }
    }
}

/// The gRPC code that the contract gives to a name: the first word of the comment before it.
fn code(name: &str) -> &'static str {
    let (before, _) = CONTRACT
        .split_once(&format!("  ERROR_REASON_{name} ="))
        .unwrap_or_else(|| panic!("the contract has no {name}"));
    let comment = before.rsplit(";\n").next().unwrap_or_default();
    let words = comment.trim_start().trim_start_matches("// ");
    words.split_once('.').unwrap_or_default().0
}
