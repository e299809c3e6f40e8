//! A page of tables in Markdown, with a legend of every refusal in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use roster_domain::{Change, Refusal};

const CONTRACT: &str = include_str!("../../../../proto/roster/v1/error_reason.proto");

/// What a decision answers, as a reader of the page sees it.
pub(crate) enum Cell {
    /// It happens.
    Yes,
    /// It is answered as done, and nothing happens.
    NoChange,
    /// It is refused.
    No(Refusal),
    /// It is answered, with a reservation.
    Only(&'static str),
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

    /// A table, padded so that it can be read as it stands.
    pub(crate) fn table(&mut self, corner: &str, columns: &[String], rows: Vec<(String, Vec<Cell>)>) {
        let mut lines = vec![[&[corner.to_owned()], columns].concat()];
        for (label, cells) in rows {
            assert_eq!(cells.len(), columns.len(), "the row of {label}");
            let words = cells.into_iter().map(|cell| self.word(cell));
            lines.push(std::iter::once(label).chain(words).collect());
        }
        self.lines(&lines);
    }

    /// The page, with the legend of the refusals that stand in it.
    pub(crate) fn into_text(mut self) -> String {
        self.heading(2, "What the refusals say");
        self.paragraph(
            "The name stands in the error as `ERROR_REASON_…` and never changes; the text is for people and may.",
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
            Cell::Only(reservation) => reservation.to_owned(),
            Cell::Never => "–".to_owned(),
            Cell::No(refusal) => {
                let name = name(&refusal);
                self.refusals.entry(name).or_default().insert(refusal.to_string());
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

/// The refusal's name in the contract.
fn name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TeamNotAccessible => "TEAM_NOT_ACCESSIBLE",
        Refusal::ActorSuspended => "ACTOR_SUSPENDED",
        Refusal::RoleLacksPermission { .. } => "ROLE_LACKS_PERMISSION",
        Refusal::RoleNotAssignable { .. } => "ROLE_NOT_ASSIGNABLE",
        Refusal::RoleNotManageable { .. } => "ROLE_NOT_MANAGEABLE",
        Refusal::RoleUnknown { .. } => "ROLE_UNKNOWN",
        Refusal::MemberNotFound => "MEMBER_NOT_FOUND",
        Refusal::InviteLinkNotFound => "INVITE_LINK_NOT_FOUND",
        Refusal::LastHolder { .. } => "LAST_HOLDER",
        Refusal::SoleRole { .. } => "SOLE_ROLE",
        Refusal::OwnRole => "OWN_ROLE",
        Refusal::OwnRemoval => "OWN_REMOVAL",
        Refusal::Suspended => "SUSPENDED",
        Refusal::Removed => "REMOVED",
        Refusal::Expired => "EXPIRED",
        Refusal::Revoked => "REVOKED",
        Refusal::MakerGone => "MAKER_GONE",
        Refusal::MethodNotInPolicy { .. } => "METHOD_NOT_IN_POLICY",
        Refusal::CapReached { .. } => "CAP_REACHED",
        Refusal::EtagMismatch => "ETAG_MISMATCH",
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
