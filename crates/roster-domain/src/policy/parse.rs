//! Reads a policy file, whole, or says everything that is wrong with it.
//!
//! Each part of the file has a module that reads it ([`super::roles`], [`super::joining`], [`super::plan`],
//! [`super::kinds`]). What no part can know alone is checked in [`super::check`], and only over parts that were read
//! without problems, so that one mistake is reported once.

use std::fmt;

use toml::de::{DeTable, DeValue};

use super::reader::{Report, Table, line_of, text};
use super::{Policy, PolicyName, SelfRule, check, joining, kinds, plan, roles};

/// More than a hundred times what a policy needs. The bound keeps hostile files cheap.
const LARGEST: usize = 64 * 1024;

/// Everything that is wrong with a policy file. Its text has one line for each problem, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// The file, as it was named to [`parse`].
    pub file: String,
    /// The problems, never none.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The path of the value, such as `roles[1].assigns[0]`; empty where the file is not TOML.
    pub key: String,
    /// What was expected and what was found, or the reason of the refusal.
    pub message: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, Problem { line, key, message }) in self.problems.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            let colon = if key.is_empty() { "" } else { ": " };
            write!(f, "{separator}{}:{line}: {key}{colon}{message}", self.file)?;
        }
        Ok(())
    }
}

/// Reads the text of a policy file. The name of the file is for the messages only.
pub fn parse(file_name: &str, text: &str) -> Result<Policy, PolicyError> {
    read_file(text).map_err(|problems| PolicyError { file: file_name.to_owned(), problems })
}

fn read_file(text: &str) -> Result<Policy, Vec<Problem>> {
    if text.len() > LARGEST {
        let message = format!("expected a policy file of at most {LARGEST} bytes, found {}", text.len());
        return Err(vec![Problem { line: 1, key: String::new(), message }]);
    }
    let document = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        vec![Problem { line, key: String::new(), message: format!("not TOML: {}", error.message()) }]
    })?;
    let mut report = Report::new(text, document.get_ref());
    let policy = read_document(document.get_ref(), &mut report);
    match policy {
        Some(policy) if report.is_empty() => Ok(policy),
        _ => Err(report.into_problems()),
    }
}

const KEYS: [&str; 15] = [
    "name",
    "title",
    "description",
    "self_role",
    "self_leave",
    "personal_team",
    "suspension",
    "roles",
    "invitations",
    "invite_links",
    "team_codes",
    "tiers",
    "seats",
    "kinds",
    "meters",
];

/// Reads every part, also after problems. An answer is a policy to use only if there was none.
fn read_document(document: &DeTable<'_>, report: &mut Report<'_>) -> Option<Policy> {
    let root = Table::root(document, &KEYS, report);
    let name = root.required("name", NAME, report, text(PolicyName::parse));
    let title = root.required("title", TITLE, report, self::title);
    let description =
        root.optional("description", DESCRIPTION, report, self::description).unwrap_or_default();
    let self_role = self_rule(&root, "self_role", report);
    let self_leave = self_rule(&root, "self_leave", report);
    let personal_team = root.flag("personal_team", false, report);
    let suspension = root.flag("suspension", false, report);

    let roles = roles::read(&root, report);
    let invitations = joining::invitations(&root, report);
    let invite_links = joining::invite_links(&root, &roles, report);
    let team_codes = joining::team_codes(&root, report);
    let tiers = plan::tiers(&root, report);
    let seats = plan::seats(&root, tiers.as_ref(), report);
    let meters = plan::meters(&root, tiers.as_ref(), report);
    let kinds = kinds::read(&root, &roles, report);

    let policy = Policy {
        name: name?,
        title: title?,
        description,
        roles,
        self_role,
        self_leave,
        personal_team,
        suspension,
        invitations,
        invite_links,
        team_codes,
        tiers,
        seats,
        kinds,
        meters,
    };
    if report.is_empty() {
        check::whole(&policy, report);
    }
    Some(policy)
}

pub(super) const NAME: &str =
    "a name of 1 to 40 lower-case letters, digits, hyphens and underscores, beginning with a letter";
pub(super) const TITLE: &str = "a title of 1 to 80 characters on one line";
const DESCRIPTION: &str = "a description of at most 1000 characters";

/// A title for people. Control characters are refused, since titles are printed on terminals.
pub(super) fn title(value: &DeValue<'_>) -> Option<String> {
    let title = value.as_str()?.trim();
    let fits = (1..=80).contains(&title.chars().count()) && !title.chars().any(char::is_control);
    fits.then(|| title.to_owned())
}

/// The title of something below the policy: its own, or its name as people would write it.
pub(super) fn title_or_name(table: &Table<'_>, name: &str, report: &mut Report<'_>) -> String {
    table.optional("title", TITLE, report, title).unwrap_or_else(|| {
        let spaced = name.replace(['-', '_'], " ");
        let mut letters = spaced.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    })
}

fn description(value: &DeValue<'_>) -> Option<String> {
    let description = value.as_str()?.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = description.chars().count() <= 1000 && !description.chars().any(char::is_control);
    fits.then_some(description)
}

/// Absent is `never`, the narrower of the two.
fn self_rule(root: &Table<'_>, key: &str, report: &mut Report<'_>) -> SelfRule {
    let rule = |word: &str| match word {
        "never" => Some(SelfRule::Never),
        "unless_last" => Some(SelfRule::UnlessLast),
        _ => None,
    };
    root.optional(key, "\"never\" or \"unless_last\"", report, text(rule)).unwrap_or(SelfRule::Never)
}
