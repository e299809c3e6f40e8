//! What no sequence of actions by anybody can bring about, whatever the policy says; and for every rule a planted
//! fault that it catches, as proof that it can.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use roster_domain::policy::{Policy, parse, presets};
use roster_domain::{Refusal, Timestamp};

use crate::acts::{Act, CAP, Outcome, Who};
use crate::admission::counted;
use crate::admission::is_narrowed;
use crate::batch::invite_all;
use crate::faults::Sabotage;
use crate::outcomes::{NARROWED, OFTEN, SELDOM, UNCHANGED};
use crate::policies::arbitrary_policy;
use crate::rules::{RULES, Rule};
use crate::scene::decide;
use crate::settle::settle;
use crate::steps::{invite, steps};
use crate::team::{Team, World};
use crate::walk::walk;

const FILES: [(&str, &str); 3] = [
    ("kept.toml", include_str!("../../roster-domain/tests/policies/kept.toml")),
    ("sample.toml", include_str!("../../roster-domain/tests/policies/sample.toml")),
    ("code-host.toml", include_str!("../../../deploy/policies/code-host.toml")),
];

/// 1 March 2026, 12:00 UTC.
const START: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);

/// The presets, the policies that tests have as files, and generated ones.
fn any_policy() -> impl Strategy<Value = Policy> {
    let files = FILES.map(|(file, text)| parse(file, text).unwrap_or_else(|error| panic!("{error}")));
    let written: Vec<_> = presets().into_iter().chain(files).collect();
    let walked = parse("walked.toml", include_str!("../../roster-domain/tests/policies/walked.toml"));
    let walked = walked.unwrap_or_else(|error| panic!("{error}"));
    prop_oneof![2 => Just(walked), 2 => prop::sample::select(written), 3 => arbitrary_policy()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn every_rule_holds_after_every_act(policy in any_policy(), (personal, steps) in steps()) {
        let mut team = Team::founded(&policy, START, personal);
        walk(&mut team, &steps, &RULES, None, |_, _, _| {}).map_err(TestCaseError::fail)?;
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
        (Sabotage::FormerHolderKeepsTheRole, Rule::SoleRoles),
        (Sabotage::TargetSuspensionUnseen, Rule::SoleRoles),
        (Sabotage::EveryRoleAssignsAll, Rule::NobodyGains),
        (Sabotage::EveryRoleAssignsAll, Rule::Authority),
        (Sabotage::EveryRoleManagesAll, Rule::Authority),
        (Sabotage::EveryRoleIsPermittedAll, Rule::Authority),
        (Sabotage::ActorsGrantsOverstated, Rule::NobodyGains),
        (Sabotage::TargetsGrantsOverstated, Rule::NobodyGains),
        (Sabotage::TargetsGrantsOverstated, Rule::TrueChanges),
        (Sabotage::OwnRoleFree, Rule::Authority),
        (Sabotage::LeavingFree, Rule::Authority),
        (Sabotage::EtagUnread, Rule::Authority),
        (Sabotage::PersonalTeamUnseen, Rule::PersonalTeam),
        (Sabotage::PersonalTeamUnseen, Rule::Authority),
        (Sabotage::SuspensionUnseen, Rule::NoStanding),
        (Sabotage::SuspensionUnseen, Rule::Authority),
        (Sabotage::RestoreLosesGrants, Rule::SuspensionKeeps),
        (Sabotage::MembershipUnseen, Rule::OneMembership),
        (Sabotage::MembershipUnseen, Rule::NobodyGains),
        (Sabotage::MembershipUnseen, Rule::NoStanding),
        (Sabotage::MembershipUnseen, Rule::Quiet),
        (Sabotage::StateMistaken, Rule::TrueChanges),
        (Sabotage::SeatsUncounted, Rule::Seats),
        (Sabotage::SeatsUncounted, Rule::Admission),
        (Sabotage::SuspendedUncounted, Rule::Seats),
        (Sabotage::PendingUncounted, Rule::Seats),
        (Sabotage::InvitationsUncounted, Rule::Cap),
        (Sabotage::RevocationUnseen, Rule::Admission),
        (Sabotage::RevocationUnseen, Rule::Quiet),
        (Sabotage::ExpiryUnseen, Rule::Admission),
        (Sabotage::ExpiryUnseen, Rule::Endings),
        (Sabotage::ExpiryLateByAMicrosecond, Rule::Admission),
        (Sabotage::TombstoneUnseen, Rule::Admission),
        (Sabotage::TombstoneUnseen, Rule::Removed),
        (Sabotage::LoweringForgotten, Rule::Lowered),
        (Sabotage::LoweringOfRolesAlone, Rule::Lowered),
        (Sabotage::EveryChangeLowers, Rule::Lowered),
        (Sabotage::TombstoneForEver, Rule::Admission),
        (Sabotage::MakerTakenForTheFounder, Rule::Admission),
        (Sabotage::MakerTakenForTheFounder, Rule::NobodyGains),
        (Sabotage::MakersReachOverstated, Rule::Admission),
        (Sabotage::MakersReachOverstated, Rule::NobodyGains),
        (Sabotage::AddressUnchecked, Rule::Admission),
        (Sabotage::PendingUnseen, Rule::Endings),
        (Sabotage::EndsUnseen, Rule::Endings),
        (Sabotage::LinksUncounted, Rule::Cap),
        (Sabotage::CodesUncounted, Rule::Cap),
        (Sabotage::UsesUnseen, Rule::Uses),
        (Sabotage::UsesUncounted, Rule::Uses),
        (Sabotage::EveryRedemptionCounts, Rule::Uses),
        (Sabotage::EveryRedemptionCounts, Rule::Quiet),
        (Sabotage::RestrictionsUnseen, Rule::Restrictions),
        (Sabotage::PurgeLiftsRestrictions, Rule::Restrictions),
        (Sabotage::PurgeLiftsRestrictions, Rule::Purge),
        (Sabotage::LockedRolesForgotten, Rule::Locked),
        (Sabotage::RefusalsCalledNoChange, Rule::AskedFor),
        (Sabotage::RefusalsBumpTheRevision, Rule::Quiet),
    ];
    for rule in RULES {
        assert!(faults.iter().any(|(_, by)| *by == rule), "nothing shows that {rule:?} can fail");
    }
    for (fault, rule) in faults {
        let found = runner(3_000).run(&(any_policy(), steps()), |(policy, (personal, steps))| {
            let mut team = Team::founded(&policy, START, personal);
            walk(&mut team, &steps, &[rule], Some(fault), |_, _, _| {}).map_err(TestCaseError::fail)
        });
        match found {
            Err(TestError::Fail(why, _)) if why.message().starts_with(&format!("{rule:?}: ")) => {}
            Err(other) => panic!("{fault:?} led to another end than {rule:?}: {other}"),
            Ok(()) => panic!("{fault:?} was not found by {rule:?}"),
        }
    }
}

/// Rows of one commit are answered as if each were a call of its own, and together take no more than there is.
#[test]
fn a_batch_is_decided_like_its_rows() {
    let met = RefCell::new(BTreeSet::<String>::new());
    let rows = prop::collection::vec(invite(), 1..9);
    let drawn = (any_policy(), steps(), 0..3_usize, rows, prop::bool::ANY);
    let held = runner(600).run(&drawn, |(policy, (personal, steps), who, rows, late)| {
        let mut team = Team::founded(&policy, START, personal);
        walk(&mut team, &steps, &[], None, |_, _, _| {}).map_err(TestCaseError::fail)?;
        if team.facts.is_none() {
            return Ok(());
        }
        team.happen(&World::Wait(if late { 40 * 86_400_000_000 } else { 0 })).map_err(TestCaseError::fail)?;
        let actor = if who == 0 { Who::Member(1).person(&team) } else { Who::Founder.person(&team) };
        let settled = |row: &Act| match settle(&team, Who::Founder, false, row) {
            (_, settled @ Act::Invite { .. }) => settled,
            _ => row.clone(),
        };
        let rows: Vec<_> = rows.iter().map(settled).collect();
        let mut after = team.clone();
        for (row, outcome) in rows.iter().zip(invite_all(&team, actor, &rows)) {
            prop_assert_eq!(&outcome, &decide(&after, None, actor, row), "{:?} of {:?}", row, rows);
            after.apply(outcome.as_deref().unwrap_or_default()).map_err(TestCaseError::fail)?;
            met.borrow_mut().insert(kind(&team, row, &outcome));
        }
        prop_assert!(after.live_invitations(None) <= CAP.max(team.live_invitations(None)));
        if let (Some((_, before, _)), Some((_, held, limit))) = (counted(&team), counted(&after)) {
            prop_assert!(held <= limit.max(before), "{held} of {limit} seats, {before} before");
        }
        let open = after.invitations.iter().filter(|one| after.is_pending(one));
        let addresses: Vec<_> = open.map(|one| one.email.key()).collect();
        prop_assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), addresses.len());
        Ok(())
    });
    held.unwrap();
    let met = met.into_inner();
    for end in [
        "InvitationCreated",
        "InvitationExpired",
        "InvitationPending",
        "AlreadyMember",
        "CapReached",
        "NoSeat",
    ] {
        assert!(met.contains(&format!("Invite: {end}")), "no row met {end}, but {met:?}");
    }
}

/// What an outcome is called in the list below.
fn kind(team: &Team<'_>, act: &Act, outcome: &Outcome) -> String {
    let word = |debug: String| debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    let narrowed = is_narrowed(team, act);
    let act = word(format!("{act:?}"));
    match outcome.as_deref() {
        Ok([]) => format!("{act}: {UNCHANGED}"),
        Ok([change, ..]) => format!("{act}: {}", word(format!("{change:?}"))),
        Err(Refusal::MakerGone) if narrowed => format!("{act}: {NARROWED}"),
        Err(refusal) => format!("{act}: {}", word(format!("{refusal:?}"))),
    }
}

/// A walk that met nothing but refusals would hold every rule.
#[test]
fn walks_reach_every_outcome() {
    let met = RefCell::new(BTreeMap::<String, u32>::new());
    runner(1_200)
        .run(&(any_policy(), steps()), |(policy, (personal, steps))| {
            let mut team = Team::founded(&policy, START, personal);
            let count = |team: &Team<'_>, act: &Act, outcome: &Outcome| {
                *met.borrow_mut().entry(kind(team, act, outcome)).or_default() += 1;
            };
            walk(&mut team, &steps, &[], None, count).map_err(TestCaseError::fail)
        })
        .unwrap();
    let met = met.into_inner();
    let named = |list: &[(&str, &str)]| -> BTreeSet<String> {
        let all = list.iter().flat_map(|(act, ends)| ends.split(' ').map(move |end| format!("{act}: {end}")));
        all.collect()
    };
    let (often, seldom) = (named(OFTEN), named(SELDOM));
    for outcome in &often {
        assert!(met.contains_key(outcome), "no walk met {outcome:?}, but {met:#?}");
    }
    for outcome in met.keys() {
        let expected = often.contains(outcome) || seldom.contains(outcome);
        assert!(expected, "{outcome:?} was not expected of that act");
    }
}
