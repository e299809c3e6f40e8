//! Reads the ways to join a team. A policy has those whose table its file has.

use super::reader::{Report, Table, text, whole};
use super::roles::{known_role, one_of_roles};
use super::{InvitationRules, InviteLinkRules, Lifetime, Role, RoleName, TeamCodeRules};
use std::fmt;
use toml::de::DeValue;

const LIFETIME: &str =
    "an ISO 8601 duration above zero and of at most ten years, such as \"P7D\", \"PT72H\" or \"P1M\"";
const PREFIX: &str = "at most 16 capital letters, digits and hyphens";
const LENGTH: &str = "a whole number from 6 to 32";

/// Reads `[invitations]`. An absent `address_locked` is true: only the invited address may accept.
pub(super) fn invitations(root: &Table<'_>, report: &mut Report<'_>) -> Option<InvitationRules> {
    let table = root.get("invitations")?.table("a table", &["lifetime", "address_locked"], report)?;
    let lifetime = table.required("lifetime", LIFETIME, report, text(Lifetime::parse));
    let address_locked = table.flag("address_locked", true, report);
    Some(InvitationRules { lifetime: lifetime?, address_locked })
}

/// Reads `[invite_links]`.
pub(super) fn invite_links(
    root: &Table<'_>,
    roles: &[Role],
    report: &mut Report<'_>,
) -> Option<InviteLinkRules> {
    let table = root.get("invite_links")?.table("a table", &["lifetime", "role"], report)?;
    let known: Vec<RoleName> = roles.iter().map(|role| role.name.clone()).collect();
    let lifetime = table.required("lifetime", LIFETIME, report, text(Lifetime::parse));
    let role = table.required("role", &one_of_roles(&known), report, known_role(&known));
    Some(InviteLinkRules { lifetime: lifetime?, role: role? })
}

/// Reads `[team_codes]`.
pub(super) fn team_codes(root: &Table<'_>, report: &mut Report<'_>) -> Option<TeamCodeRules> {
    let table = root.get("team_codes")?.table("a table", &["prefix", "length", "lifetimes"], report)?;
    let prefix = table.required("prefix", PREFIX, report, text(prefix));
    let length = table.required("length", LENGTH, report, length);
    let before = report.len();
    let expected = format!("\"never\" or {LIFETIME}");
    let lives = table.list("lifetimes", &expected, report, text(life));
    if lives.is_empty() && report.len() == before {
        report.add(&table.path_of("lifetimes"), "expected at least one life, or nobody could make a code");
    }
    let lifetimes = lives.into_iter().map(|Life(life)| life).collect();
    Some(TeamCodeRules { prefix: prefix?, length: length?, lifetimes })
}

/// A life on offer; none is one without end.
#[derive(PartialEq)]
struct Life(Option<Lifetime>);

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(lifetime) => write!(f, "{lifetime}"),
            None => f.write_str("never"),
        }
    }
}

fn life(text: &str) -> Option<Life> {
    if text == "never" { Some(Life(None)) } else { Lifetime::parse(text).map(|life| Life(Some(life))) }
}

fn prefix(text: &str) -> Option<String> {
    let shaped = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    (text.len() <= 16 && text.bytes().all(shaped)).then(|| text.to_owned())
}

fn length(value: &DeValue<'_>) -> Option<u8> {
    u8::try_from(whole(value)?).ok().filter(|length| (6..=32).contains(length))
}
