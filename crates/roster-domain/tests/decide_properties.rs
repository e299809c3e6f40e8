//! What no sequence of actions by anybody can bring about, whatever the policy says; and for every rule a planted
//! fault that it catches, as proof that it can.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use roster_domain::Timestamp;
use roster_domain::policy::{Policy, parse, presets};

#[path = "support/policies.rs"]
mod policies;
#[path = "support/team.rs"]
mod team;
#[path = "support/team_acts.rs"]
mod team_acts;
#[path = "support/team_rules.rs"]
mod team_rules;
#[path = "support/team_walk.rs"]
mod team_walk;

use policies::arbitrary_policy;
use team::Team;
use team_acts::{Act, Outcome, Sabotage, steps};
use team_rules::Rule;
use team_walk::{RULES, walk};

const FILES: [(&str, &str); 7] = [
    ("kept.toml", include_str!("support/kept.toml")),
    ("sample.toml", include_str!("policies/sample.toml")),
    ("account.toml", include_str!("policies/account.toml")),
    ("brand.toml", include_str!("policies/brand.toml")),
    ("code-host.toml", include_str!("policies/code-host.toml")),
    ("studio.toml", include_str!("policies/studio.toml")),
    ("workspace.toml", include_str!("policies/workspace.toml")),
];

/// 1 March 2026, 12:00 UTC.
const START: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);

/// The presets, the policies that tests have as files, and generated ones.
fn any_policy() -> impl Strategy<Value = Policy> {
    let files = FILES.map(|(file, text)| parse(file, text).unwrap_or_else(|error| panic!("{error}")));
    let written: Vec<_> = presets().into_iter().chain(files).collect();
    let linked: Vec<_> = written.iter().filter(|policy| policy.invite_links.is_some()).cloned().collect();
    prop_oneof![prop::sample::select(linked), prop::sample::select(written), arbitrary_policy(),]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_rule_holds_after_every_act(policy in any_policy(), steps in steps()) {
        let mut team = Team::founded(&policy, START);
        walk(&mut team, &steps, &RULES, None, |_, _| {}).map_err(TestCaseError::fail)?;
    }
}

/// Walks at random, but the same way every time.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn every_rule_catches_a_fault() {
    let faults = [
        (Sabotage::OneHolderTooMany, Rule::KeptRoles),
        (Sabotage::SoleRolesForgotten, Rule::SoleRoles),
        (Sabotage::SoleRolesForgotten, Rule::Authority),
        (Sabotage::EveryRoleAssignsAll, Rule::NobodyGains),
        (Sabotage::EveryRoleAssignsAll, Rule::Authority),
        (Sabotage::EveryRoleManagesAll, Rule::Authority),
        (Sabotage::EveryRoleIsPermittedAll, Rule::Authority),
        (Sabotage::OwnRoleFree, Rule::Authority),
        (Sabotage::EtagUnread, Rule::Authority),
        (Sabotage::SuspensionUnseen, Rule::NoStanding),
        (Sabotage::SuspensionUnseen, Rule::Authority),
        (Sabotage::MembershipUnseen, Rule::OneMembership),
        (Sabotage::MembershipUnseen, Rule::NobodyGains),
        (Sabotage::MembershipUnseen, Rule::NoStanding),
        (Sabotage::MembershipUnseen, Rule::Quiet),
        (Sabotage::StateMistaken, Rule::TrueChanges),
        (Sabotage::RevocationUnseen, Rule::Admission),
        (Sabotage::RevocationUnseen, Rule::Quiet),
        (Sabotage::ExpiryUnseen, Rule::Admission),
        (Sabotage::ExpiryLateByAMicrosecond, Rule::Admission),
        (Sabotage::TombstoneUnseen, Rule::Admission),
        (Sabotage::TombstoneForEver, Rule::Admission),
        (Sabotage::MakerTakenForTheFounder, Rule::Admission),
        (Sabotage::MakerTakenForTheFounder, Rule::NobodyGains),
        (Sabotage::LinksUncounted, Rule::Cap),
        (Sabotage::EveryRedemptionCounts, Rule::Uses),
        (Sabotage::EveryRedemptionCounts, Rule::Quiet),
        (Sabotage::RefusalsBumpTheRevision, Rule::Quiet),
    ];
    for rule in RULES {
        assert!(faults.iter().any(|(_, by)| *by == rule), "nothing shows that {rule:?} can fail");
    }
    for (fault, rule) in faults {
        let found = runner(3_000).run(&(any_policy(), steps()), |(policy, steps)| {
            let mut team = Team::founded(&policy, START);
            walk(&mut team, &steps, &[rule], Some(fault), |_, _| {}).map_err(TestCaseError::fail)
        });
        match found {
            Err(TestError::Fail(why, _)) if why.message().starts_with(&format!("{rule:?}: ")) => {}
            Err(other) => panic!("{fault:?} led to another end than {rule:?}: {other}"),
            Ok(()) => panic!("{fault:?} was not found by {rule:?}"),
        }
    }
}

const NO_CHANGE: &str = "no change";

/// What an outcome is called in the list below.
fn kind(act: &Act, outcome: &Outcome) -> String {
    let word = |debug: String| debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    let act = word(format!("{act:?}"));
    match outcome.as_deref() {
        Ok([]) => format!("{act}: {NO_CHANGE}"),
        Ok([change, ..]) => format!("{act}: {}", word(format!("{change:?}"))),
        Err(refusal) => format!("{act}: {}", word(format!("{refusal:?}"))),
    }
}

/// A walk that met nothing but refusals would hold every rule.
#[test]
fn walks_reach_every_outcome() {
    let met = RefCell::new(BTreeMap::<String, u32>::new());
    runner(1_000)
        .run(&(any_policy(), steps()), |(policy, steps)| {
            let mut team = Team::founded(&policy, START);
            let count = |act: &Act, outcome: &Outcome| {
                *met.borrow_mut().entry(kind(act, outcome)).or_default() += 1;
            };
            walk(&mut team, &steps, &[], None, count).map_err(TestCaseError::fail)
        })
        .unwrap();
    let met = met.into_inner();
    let expected: BTreeSet<String> =
        OUTCOMES.iter().flat_map(|(act, ends)| ends.iter().map(move |end| format!("{act}: {end}"))).collect();
    for outcome in &expected {
        assert!(met.contains_key(outcome), "no walk met {outcome:?}, but {met:#?}");
    }
    for outcome in met.keys() {
        assert!(expected.contains(outcome), "{outcome:?} was not expected of that act");
    }
}

/// All that can come of each act.
const OUTCOMES: [(&str, &[&str]); 5] = [
    (
        "CreateLink",
        &[
            "TeamNotAccessible",
            "ActorSuspended",
            "MethodNotInPolicy",
            "RoleLacksPermission",
            "RoleNotAssignable",
            "CapReached",
            "InviteLinkCreated",
        ],
    ),
    (
        "RevokeLink",
        &[
            "TeamNotAccessible",
            "ActorSuspended",
            "RoleLacksPermission",
            "InviteLinkNotFound",
            "InviteLinkRevoked",
            NO_CHANGE,
        ],
    ),
    (
        "ChangeRole",
        &[
            "TeamNotAccessible",
            "ActorSuspended",
            "RoleLacksPermission",
            "RoleUnknown",
            "MemberNotFound",
            "EtagMismatch",
            "OwnRole",
            "SoleRole",
            "RoleNotManageable",
            "RoleNotAssignable",
            "LastHolder",
            "MemberRoleChanged",
            NO_CHANGE,
        ],
    ),
    (
        "Remove",
        &[
            "TeamNotAccessible",
            "ActorSuspended",
            "RoleLacksPermission",
            "MemberNotFound",
            "EtagMismatch",
            "OwnRemoval",
            "SoleRole",
            "RoleNotManageable",
            "LastHolder",
            "MemberRemoved",
        ],
    ),
    (
        "Redeem",
        &[
            "InviteLinkNotFound",
            "Suspended",
            "Removed",
            "Revoked",
            "Expired",
            "MakerGone",
            "MemberJoined",
            NO_CHANGE,
        ],
    ),
];
