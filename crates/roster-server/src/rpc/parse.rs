//! Fields of requests as domain types. All that is wrong with a request is reported together.

mod ways_in;

use std::collections::BTreeSet;
use std::str::FromStr;

use roster_domain::policy::{KindName, Policy, RoleName, TierName};
use roster_domain::text::InvalidText;
use roster_domain::{
    AccessRequest, EmailAddress, ExternalId, Grant, GrantTarget, LinkId, ResourceId, Revision, TeamId,
    Timestamp, UserId,
};
use roster_proto::v1 as pb;
use uuid::Uuid;

use super::error::{Error, Violation};
use crate::app::App;
use crate::authn::Call;

/// The longest token that is looked at, in characters.
const MAX_TOKEN_CHARS: usize = 256;

/// How many addresses a person may be said to have.
const MAX_ADDRESSES: usize = 50;

/// The fields of one request, and what is wrong with them so far.
///
/// Each method yields a value only if its field is right. A handler takes all of its fields and goes on only if every
/// one yielded; else it answers with [`Fields::refuse`].
#[derive(Default)]
pub(super) struct Fields {
    violations: Vec<Violation>,
}

impl Fields {
    /// The error that names every field that was wrong.
    pub(super) fn refuse(self) -> Error {
        Error::Invalid(self.violations)
    }

    pub(super) fn violation<T>(
        &mut self,
        field: impl Into<String>,
        description: impl Into<String>,
    ) -> Option<T> {
        self.violations.push(Violation::new(field, description));
        None
    }

    pub(super) fn text<T>(&mut self, field: &str, parsed: Result<T, InvalidText>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(InvalidText(expected)) => self.violation(field, expected),
        }
    }

    pub(super) fn team_id(&mut self, text: &str) -> Option<TeamId> {
        self.id("team_id", text, "must be a team's id: team_ and 26 characters")
    }

    pub(super) fn link_id(&mut self, text: &str) -> Option<LinkId> {
        self.id("link_id", text, "must be an invite link's id: link_ and 26 characters")
    }

    pub(super) fn user_id(&mut self, field: &str, text: &str) -> Option<UserId> {
        self.text(field, UserId::parse(text))
    }

    /// A person of whom only the past is looked at, by its user id or by the pseudonym that took its place.
    pub(super) fn anybody(&mut self, field: &str, text: &str) -> Option<UserId> {
        self.text(field, UserId::parse_or_pseudonym(text))
    }

    /// A person's addresses, no two of them alike.
    pub(super) fn emails(&mut self, field: &str, texts: &[String]) -> Option<Vec<EmailAddress>> {
        if texts.len() > MAX_ADDRESSES {
            return self.violation(field, "must name at most 50 addresses");
        }
        let mut keys = BTreeSet::new();
        let parsed: Vec<Option<EmailAddress>> = texts
            .iter()
            .enumerate()
            .map(|(place, text)| {
                let path = format!("{field}[{place}]");
                let email = self.text(&path, EmailAddress::parse(text))?;
                if keys.insert(email.key().to_owned()) {
                    Some(email)
                } else {
                    self.violation(path, "must not be the same as another address")
                }
            })
            .collect();
        parsed.into_iter().collect()
    }

    pub(super) fn role(&mut self, field: &str, text: &str) -> Option<RoleName> {
        match RoleName::parse(text) {
            Some(role) => Some(role),
            None => self
                .violation(field, "must be the name of a role: GetPolicy lists those of the team's policy"),
        }
    }

    /// A policy that the service runs for this caller.
    pub(super) fn policy<'a>(&mut self, app: &'a App, call: &'a Call, name: &str) -> Option<&'a Policy> {
        let expected = "must be a policy that the service runs: ListPolicies lists them";
        app.policy_for(call, name).or_else(|| self.violation("policy", expected))
    }

    pub(super) fn kind(&mut self, field: impl Into<String>, text: &str) -> Option<KindName> {
        let expected = "must be the name of a kind of resource: GetPolicy lists those of the team's policy";
        KindName::parse(text).or_else(|| self.violation(field, expected))
    }

    pub(super) fn tier(&mut self, field: &str, text: &str) -> Option<TierName> {
        let expected = "must be the name of a tier: GetPolicy lists those of the policy";
        TierName::parse(text).or_else(|| self.violation(field, expected))
    }

    /// An optional key of the product's: none where it is empty.
    pub(super) fn external_id(&mut self, field: &str, text: &str) -> Option<Option<ExternalId>> {
        if text.is_empty() { Some(None) } else { self.text(field, ExternalId::parse(text)).map(Some) }
    }

    /// An optional address: none where it is empty.
    pub(super) fn email(&mut self, field: &str, text: &str) -> Option<Option<EmailAddress>> {
        if text.is_empty() { Some(None) } else { self.text(field, EmailAddress::parse(text)).map(Some) }
    }

    /// Grants, no two of them for one target.
    pub(super) fn grants(&mut self, field: &str, grants: &[pb::Grant]) -> Option<Vec<Grant>> {
        let mut targets = BTreeSet::new();
        let parsed: Vec<Option<Grant>> = grants
            .iter()
            .enumerate()
            .map(|(place, grant)| {
                let path = format!("{field}[{place}]");
                let grant = self.grant(&path, grant)?;
                if targets.insert((grant.kind.clone(), grant.target.clone())) {
                    Some(grant)
                } else {
                    self.violation(path, "must not be for the same resource as another grant")
                }
            })
            .collect();
        parsed.into_iter().collect()
    }

    fn grant(&mut self, path: &str, grant: &pb::Grant) -> Option<Grant> {
        let kind = self.kind(format!("{path}.kind"), &grant.kind);
        let target = match &grant.target {
            Some(pb::grant::Target::ResourceId(id)) => {
                self.text(&format!("{path}.resource_id"), ResourceId::parse(id)).map(GrantTarget::One)
            }
            Some(pb::grant::Target::AllResources(true)) => Some(GrantTarget::All),
            Some(pb::grant::Target::AllResources(false)) => {
                self.violation(format!("{path}.all_resources"), "must be true, or the grant left out")
            }
            None => self.violation(path, "must name a resource_id, or all_resources"),
        };
        let expected = "must be the name of a role of the kind: GetPolicy lists them";
        let role = RoleName::parse(&grant.role).or_else(|| self.violation(format!("{path}.role"), expected));
        Some(Grant { kind: kind?, target: target?, role: role? })
    }

    /// What a member's access is to become.
    pub(super) fn access(&mut self, field: &str, change: &pb::AccessChange) -> Option<AccessRequest> {
        let grants = self.grants(&format!("{field}.grants"), &change.grants);
        let unrestrict: Vec<Option<KindName>> = change
            .unrestrict_kinds
            .iter()
            .enumerate()
            .map(|(place, kind)| {
                let path = format!("{field}.unrestrict_kinds[{place}]");
                if change.grants.iter().any(|grant| grant.kind == *kind) && !kind.is_empty() {
                    return self
                        .violation(path, "must not be a kind that grants name: naming resources restricts");
                }
                self.kind(path, kind)
            })
            .collect();
        let unrestrict = unrestrict.into_iter().collect::<Option<Vec<_>>>();
        Some(AccessRequest { grants: grants?, unrestrict: unrestrict? })
    }

    /// A filter by role: none where it is empty.
    pub(super) fn role_filter(&mut self, field: &str, text: &str) -> Option<Option<RoleName>> {
        if text.is_empty() { Some(None) } else { self.role(field, text).map(Some) }
    }

    pub(super) fn request_id(&mut self, text: &str) -> Option<Option<Uuid>> {
        if text.is_empty() {
            return Some(None);
        }
        // The one form that RFC 9562 prints: the same id written in another way would make another body of a retry.
        match Uuid::from_str(text) {
            Ok(id) if id.to_string() == text && !id.is_nil() => Some(Some(id)),
            _ => self.violation(
                "request_id",
                "must be a UUID in lower case such as 0190d9f0-5c3e-7a52-9f0a-2b7c4f1d8e6a",
            ),
        }
    }

    /// A token that may be one: what it leads to, if to anything, is not its shape.
    pub(super) fn token<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        if text.is_empty() || text.chars().count() > MAX_TOKEN_CHARS {
            return self.violation("token", "must be an invite's token of at most 256 characters");
        }
        Some(text)
    }

    /// The version that an etag stands for: none where it is empty.
    pub(super) fn etag(&mut self, text: &str) -> Option<Option<Revision>> {
        if text.is_empty() {
            return Some(None);
        }
        match text.strip_prefix('v').and_then(|version| version.parse::<Revision>().ok()) {
            Some(version) if etag(version) == text => Some(Some(version)),
            _ => self.violation("etag", "must be an etag that the service gave, unchanged"),
        }
    }

    pub(super) fn page_size(&mut self, size: i32) -> Option<u64> {
        match u64::try_from(size) {
            Ok(0) => Some(50),
            Ok(size) => Some(size.min(200)),
            Err(_) => self.violation("page_size", "must not be negative"),
        }
    }

    /// A point in time: none where it is absent.
    pub(super) fn time(
        &mut self,
        field: &str,
        time: Option<prost_types::Timestamp>,
    ) -> Option<Option<Timestamp>> {
        let Some(time) = time else { return Some(None) };
        let nanos = u32::try_from(time.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
        // The years 1 to 9999, as the type's documentation has it.
        let in_range = (-62_135_596_800..=253_402_300_799).contains(&time.seconds);
        match nanos {
            Some(nanos) if in_range => {
                Some(Some(Timestamp::from_micros(time.seconds * 1_000_000 + i64::from(nanos / 1_000))))
            }
            _ => self
                .violation(field, "must be a time of the years 1 to 9999 with 0 to 999,999,999 nanoseconds"),
        }
    }

    fn id<T: FromStr>(&mut self, field: &str, text: &str, expected: &str) -> Option<T> {
        match text.parse() {
            Ok(id) => Some(id),
            Err(_) => self.violation(field, expected),
        }
    }
}

/// The etag of a version.
pub(super) fn etag(version: Revision) -> String {
    format!("v{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a field yields; nothing exactly where it is reported as wrong.
    fn parsed<T>(parse: impl FnOnce(&mut Fields) -> Option<T>) -> Option<T> {
        let mut fields = Fields::default();
        let parsed = parse(&mut fields);
        assert_eq!(fields.violations.is_empty(), parsed.is_some());
        parsed
    }

    #[test]
    fn page_sizes() {
        assert_eq!(parsed(|fields| fields.page_size(0)), Some(50));
        assert_eq!(parsed(|fields| fields.page_size(1)), Some(1));
        assert_eq!(parsed(|fields| fields.page_size(200)), Some(200));
        assert_eq!(parsed(|fields| fields.page_size(i32::MAX)), Some(200));
        assert_eq!(parsed(|fields| fields.page_size(-1)), None);
    }

    #[test]
    fn etags() {
        assert_eq!(parsed(|fields| fields.etag("")), Some(None));
        assert_eq!(parsed(|fields| fields.etag(&etag(7))), Some(Some(7)));
        for wrong in ["7", "v", "v07", "v+7", "v7 ", "v99999999999999999999"] {
            assert_eq!(parsed(|fields| fields.etag(wrong)), None);
        }
    }

    #[test]
    fn request_ids() {
        let id = "0190d9f0-5c3e-7a52-9f0a-2b7c4f1d8e6a";
        assert_eq!(parsed(|fields| fields.request_id("")), Some(None));
        assert_eq!(parsed(|fields| fields.request_id(id)), Some(Some(id.parse().unwrap())));
        for wrong in [
            "x",
            "00000000-0000-0000-0000-000000000000",
            "0190D9F0-5C3E-7A52-9F0A-2B7C4F1D8E6A",
            "0190d9f05c3e7a529f0a2b7c4f1d8e6a",
        ] {
            assert_eq!(parsed(|fields| fields.request_id(wrong)), None);
        }
    }

    #[test]
    fn times() {
        let time = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
        assert_eq!(parsed(|fields| fields.time("start_time", None)), Some(None));
        assert_eq!(
            parsed(|fields| fields.time("start_time", time(1, 1_999))),
            Some(Some(Timestamp::from_micros(1_000_001)))
        );
        assert_eq!(
            parsed(|fields| fields.time("start_time", time(-1, 0))),
            Some(Some(Timestamp::from_micros(-1_000_000)))
        );
        assert_eq!(parsed(|fields| fields.time("start_time", time(0, -1))), None);
        assert_eq!(parsed(|fields| fields.time("start_time", time(0, 1_000_000_000))), None);
        assert_eq!(parsed(|fields| fields.time("start_time", time(i64::MAX, 0))), None);
    }
}
