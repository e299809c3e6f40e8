//! What refusals say to people: what would have to hold, in one line, and nothing that is secret.

use std::collections::BTreeSet;

use roster_domain::decide::Dependence;
use roster_domain::facts::InvitationState;
use roster_domain::policy::{KindName, PolicyName, TierName};
use roster_domain::refusal::Cap;
use roster_domain::{InvitationId, Refusal, RoleName, TeamId};

use crate::support::golden_refusals;

const CONTRACT: &str = include_str!("../../../../proto/roster/v1/error_reason.proto");
const SOURCE: &str = include_str!("../../src/refusal.rs");

/// A line of a terminal, and a little.
const LONGEST: usize = 150;

#[test]
fn every_refusal_is_looked_at_here() {
    let listed = |all: Vec<String>| all.iter().map(|debug| word(debug).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(listed(every().iter().map(|one| format!("{one:?}")).collect()), variants("Refusal"));
    assert_eq!(listed(CAPS.iter().map(|one| format!("{one:?}")).collect()), variants("Cap"));
}

#[test]
fn every_refusal_has_a_reason_in_the_contract() {
    for refusal in every() {
        let name = golden_refusals::name(&refusal);
        assert!(CONTRACT.contains(&format!("  ERROR_REASON_{name} = ")), "{name}");
    }
}

#[test]
fn every_text_is_one_short_line() {
    for refusal in every() {
        let text = refusal.to_string();
        assert!(text.chars().count() <= LONGEST, "{} characters: {text}", text.chars().count());
        assert!(text.starts_with(|first: char| first.is_ascii_lowercase()), "{text}");
        assert!(text.ends_with(|last: char| last.is_ascii_alphanumeric()), "{text}");
        assert!(!text.contains("  ") && !text.contains(char::is_control), "{text}");
    }
}

/// After a colon stands what to do about it, or what would have to hold.
#[test]
fn every_text_says_what_would_have_to_hold() {
    for refusal in every() {
        let text = refusal.to_string();
        // A decision never answers that something is still pending.
        let alone = matches!(refusal, Refusal::NotPending { state: InvitationState::Pending });
        let advice = text.split_once(": ").map(|(_, advice)| advice);
        assert!(alone || advice.is_some_and(|advice| !advice.is_empty()), "{text}");
    }
}

#[test]
fn no_two_refusals_say_the_same() {
    let texts: BTreeSet<_> = every().iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), every().len());
}

/// A refusal holds no address and no secret; and the ids that it holds are for programs.
#[test]
fn no_text_says_more_than_names_and_numbers() {
    for refusal in every() {
        let text = refusal.to_string();
        for id in [team().to_string(), invitation().to_string()] {
            assert!(!text.contains(&id), "{text}");
        }
        assert!(!text.contains(['@', '/', '\\', '"', '{', '}']), "{text}");
    }
}

/// Whoever reads it need not guess which role, kind or tier is meant.
#[test]
fn every_text_names_what_it_is_about() {
    for refusal in every() {
        let (debug, text) = (format!("{refusal:?}"), refusal.to_string());
        for name in
            ["first-role", "second-role", "some-kind", "low", "high", "some-policy", "some-tier", "a.b", "42"]
        {
            let is_meant = debug.contains(&format!("\"{name}\"")) || debug.contains(&format!(": {name} "));
            assert!(!is_meant || text.contains(name), "{name} in {text}");
        }
    }
}

const CAPS: [Cap; 6] = [
    Cap::LiveLinksPerTeam,
    Cap::LiveCodesPerTeam,
    Cap::PendingInvitationsPerTeam,
    Cap::GrantsPerMember,
    Cap::TeamsPerUserAndDay,
    Cap::TeamsPerErasure,
];

fn every() -> Vec<Refusal> {
    let role = || name(RoleName::parse, "first-role");
    let other = || name(RoleName::parse, "second-role");
    let kind = || name(KindName::parse, "some-kind");
    let (low, high) = (|| name(RoleName::parse, "low"), || name(RoleName::parse, "high"));
    let policy = || name(PolicyName::parse, "some-policy");
    let mut every = vec![
        Refusal::TeamNotAccessible,
        Refusal::ActorSuspended,
        Refusal::RoleLacksPermission { role: role(), permission: "a.b" },
        Refusal::RoleNotAssignable { actor_role: role(), role: other() },
        Refusal::RoleNotManageable { actor_role: role(), target_role: other() },
        Refusal::BeyondOwnAccess { kind: kind() },
        Refusal::NotTheHolder { role: role() },
        Refusal::EmailMismatch,
        Refusal::RoleUnknown { policy: policy(), role: role() },
        Refusal::KindUnknown { policy: policy(), kind: kind() },
        Refusal::KindRoleUnknown { kind: kind(), role: low() },
        Refusal::TierUnknown { policy: policy(), tier: name(TierName::parse, "some-tier") },
        Refusal::GrantsNotAllowed { role: role(), kind: kind() },
        Refusal::GrantRoleNotAllowed { role: role(), kind: kind(), granted: high(), bound: low() },
        Refusal::MemberNotFound,
        Refusal::InviteLinkNotFound,
        Refusal::TeamCodeNotFound,
        Refusal::InvitationNotFound,
        Refusal::AlreadyMember,
        Refusal::InvitationPending { invitation: invitation() },
        Refusal::ExternalIdTaken { team: team() },
        Refusal::LastHolder { role: role() },
        Refusal::SoleRole { role: role() },
        Refusal::NotTransferable { role: role() },
        Refusal::OwnRole,
        Refusal::OwnAccess,
        Refusal::OwnRemoval,
        Refusal::OwnSuspension,
        Refusal::LeavingNotAllowed,
        Refusal::PersonalTeam,
        Refusal::Suspended,
        Refusal::Removed,
        Refusal::Expired,
        Refusal::Revoked,
        Refusal::Exhausted,
        Refusal::StillActive,
        Refusal::EmailNotVerified,
        Refusal::MakerGone,
        Refusal::NoSeat { limit: 42 },
        Refusal::JoinTimeAhead,
        Refusal::LifetimeNotOffered,
        Refusal::ErasureBlocked { teams: vec![(team(), Dependence::PersonalTeam)] },
        Refusal::PolicyNotServed { policies: vec![policy()] },
        Refusal::EtagMismatch,
    ];
    let states = [
        InvitationState::Pending,
        InvitationState::Accepted,
        InvitationState::Declined,
        InvitationState::Cancelled,
        InvitationState::Expired,
    ];
    every.extend(states.map(|state| Refusal::NotPending { state }));
    every.extend(CAPS.map(|cap| Refusal::CapReached { cap, limit: 42 }));
    let methods = [
        "personal_team",
        "suspension",
        "invitations",
        "invite_links",
        "team_codes",
        "tiers",
        "sole",
        "kinds",
    ];
    every.extend(methods.map(|method| Refusal::MethodNotInPolicy { method }));
    every
}

fn name<T>(parse: fn(&str) -> Option<T>, text: &str) -> T {
    parse(text).expect("a well-shaped name")
}

/// The variants that the source gives to an enum.
fn variants(of: &str) -> BTreeSet<String> {
    let (_, body) = SOURCE.split_once(&format!("pub enum {of} {{\n")).expect("an enum");
    let (body, _) = body.split_once("\n}\n").expect("its end");
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let lines = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    lines.map(|line| word(line).to_owned()).collect()
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

fn team() -> TeamId {
    TeamId::from_uuid(uuid::Uuid::from_u128(1))
}

fn invitation() -> InvitationId {
    InvitationId::from_uuid(uuid::Uuid::from_u128(2))
}
