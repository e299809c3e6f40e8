//! Steps that a walk may take, drawn so that few of them are refused for want of somebody or something to act upon.

use proptest::prelude::*;
use roster_domain::PersonKey;

use super::acts::{
    ADDRESSES, Act, Added, Answer, Asked, Etag, Named, PEOPLE, RESOURCES, Shows, Step, UNKNOWN, Who,
};
use super::team::{Ending, FOUNDER, World};

/// Whether the team is to be a personal one, and the steps.
pub(crate) type Walk = (bool, Vec<Step>);

/// Steps that a walk may take.
pub(crate) fn steps() -> impl Strategy<Value = Walk> {
    let acts = prop_oneof![
        8 => (member(), on_members()),
        2 => (member(), on_the_team()),
        4 => (member(), on_invitations()),
        5 => (member(), on_links_and_codes()),
        10 => (outsider(), joining()),
    ];
    let step = prop_oneof![
        8 => (acts, prop::bool::weighted(0.1))
            .prop_map(|((who, act), stubborn)| vec![Step::Act { who, stubborn, act }]),
        1 => world().prop_map(|world| vec![Step::World(world)]),
        1 => narrowing(),
    ];
    // A team of one would refuse most acts for want of anybody to act or be acted upon.
    let at_first = |act| Step::Act { who: Who::Founder, stubborn: false, act };
    let larger = prop::option::of(place().prop_map(move |tier| at_first(Act::SetTier(tier))));
    let added = added(0).prop_map(move |one| at_first(Act::AddMembers(vec![one])));
    let begun = (larger, prop::collection::vec(added, 0..6));
    let begun = begun.prop_map(|(larger, added)| larger.into_iter().chain(added).collect::<Vec<_>>());
    let steps = (begun, prop::collection::vec(step, 1..50))
        .prop_map(|(begun, steps)| [begun, steps.concat()].concat());
    (prop::bool::weighted(0.3), steps.boxed())
}

/// Whoever created the team more often than others: it can do most.
fn member() -> BoxedStrategy<Who> {
    prop_oneof![
        4 => Just(Who::Founder),
        8 => (0..6_usize).prop_map(Who::Member),
        1 => (0..6_usize).prop_map(Who::Outsider),
    ]
    .boxed()
}

fn outsider() -> BoxedStrategy<Who> {
    prop_oneof![1 => (0..6_usize).prop_map(Who::Member), 6 => (0..6_usize).prop_map(Who::Outsider)].boxed()
}

fn on_members() -> BoxedStrategy<Act> {
    let change = (somebody(), place(), prop::option::weighted(0.3, asked()), etag());
    let remove = (somebody(), any::<bool>(), etag());
    prop_oneof![
        8 => change.prop_map(|(target, role, access, etag)| Act::ChangeRole { target, role, access, etag }),
        5 => (somebody(), asked(), etag())
            .prop_map(|(target, access, etag)| Act::SetAccess { target, access, etag }),
        3 => (somebody(), etag()).prop_map(|(target, etag)| Act::Suspend { target, etag }),
        4 => (somebody(), etag()).prop_map(|(target, etag)| Act::Restore { target, etag }),
        3 => remove.prop_map(|(target, adopt, etag)| Act::Remove { target, adopt, etag }),
        1 => Just(Act::Leave),
        3 => prop::collection::vec(added(2), 1..4).prop_map(Act::AddMembers),
        2 => (somebody(), prop::bool::weighted(0.3))
            .prop_map(|(target, service)| Act::Transfer { target, service }),
    ]
    .boxed()
}

fn on_the_team() -> BoxedStrategy<Act> {
    prop_oneof![
        6 => place().prop_map(Act::SetTier),
        4 => (kind(), 0..RESOURCES).prop_map(|(kind, resource)| Act::Purge { kind, resource }),
        2 => (0..2_u8, etag()).prop_map(|(name, etag)| Act::Rename { name, etag }),
        1 => etag().prop_map(|etag| Act::Delete { etag }),
    ]
    .boxed()
}

fn on_invitations() -> BoxedStrategy<Act> {
    prop_oneof![
        6 => invite(),
        3 => (0..3_usize, etag()).prop_map(|(back, etag)| Act::Resend(back, etag)),
        1 => (0..3_usize, etag()).prop_map(|(back, etag)| Act::Cancel(back, etag)),
    ]
    .boxed()
}

/// Somebody invites an address.
pub(crate) fn invite() -> BoxedStrategy<Act> {
    (0..ADDRESSES.len(), place(), named())
        .prop_map(|(address, role, grants)| Act::Invite { address, role, grants })
        .boxed()
}

fn joining() -> BoxedStrategy<Act> {
    let shows = prop_oneof![2 => Just(Shows::Own), 5 => Just(Shows::Invited), 1 => Just(Shows::Nothing)];
    let answer = (0..3_usize, shows, any::<bool>()).prop_map(|(back, shows, by_token)| Answer {
        back,
        shows,
        by_token,
    });
    prop_oneof![
        4 => (0..3_usize).prop_map(Act::Redeem),
        4 => (0..3_usize).prop_map(Act::RedeemCode),
        5 => answer.clone().prop_map(Act::Accept),
        1 => answer.prop_map(Act::Decline),
    ]
    .boxed()
}

/// Somebody makes a way in, is granted something else, and then an outsider comes by it: left to chance alone, hardly any
/// way in would ever give more than its maker reaches.
fn narrowing() -> BoxedStrategy<Vec<Step>> {
    let answer = Answer { back: 0, shows: Shows::Invited, by_token: true };
    let code = place().prop_map(|role| Act::CreateCode { role, grants: vec![], life: 0, max_uses: None });
    let ways = prop_oneof![
        Just((Act::CreateLink, Act::Redeem(0))),
        code.prop_map(|code| (code, Act::RedeemCode(0))),
        invite().prop_map(move |invite| (invite, Act::Accept(answer))),
    ];
    let step = |who, act| Step::Act { who, stubborn: false, act };
    ((0..6_usize).prop_map(Who::Member), ways, somebody(), asked(), (0..6_usize).prop_map(Who::Outsider))
        .prop_map(move |(maker, (make, come), target, access, comer)| {
            let narrow = Act::SetAccess { target, access, etag: Etag::Current };
            vec![step(maker, make), step(Who::Founder, narrow), step(comer, come)]
        })
        .boxed()
}

fn on_links_and_codes() -> BoxedStrategy<Act> {
    let most = prop_oneof![1 => Just(None), 2 => (1..4_i64).prop_map(Some)];
    let code = (place(), named(), place(), most);
    let back = || 0..3_usize;
    prop_oneof![
        4 => Just(Act::CreateLink),
        1 => back().prop_map(Act::RevokeLink),
        5 => code.prop_map(|(role, grants, life, max_uses)| Act::CreateCode { role, grants, life, max_uses }),
        1 => back().prop_map(Act::RevokeCode),
        1 => back().prop_map(Act::DeleteCode),
    ]
    .boxed()
}

fn world() -> BoxedStrategy<World> {
    let hours = (1..30_i64).prop_map(|hours| World::Wait(hours * 3_600_000_000));
    let ending = prop_oneof![
        1 => (0..2_usize).prop_map(Ending::Link),
        1 => (0..2_usize).prop_map(Ending::Code),
        2 => (0..2_usize).prop_map(Ending::Invitation),
    ];
    prop_oneof![
        2 => hours,
        1 => Just(World::Wait(1)),
        4 => (ending, 0..2_i64).prop_map(|(of, before)| World::WaitForEnd { of, before }),
        2 => (person(), 0..ADDRESSES.len()).prop_map(|(who, at)| World::Mail(who, ADDRESSES[at].clone())),
    ]
    .boxed()
}

fn added(most_grants: usize) -> BoxedStrategy<Added> {
    let ahead = prop_oneof![6 => Just(None), 1 => Just(Some(-3_600)), 1 => Just(Some(60))];
    let grants = prop::collection::vec(one_named(), 0..=most_grants);
    (person(), place(), grants, ahead)
        .prop_map(|(person, role, grants, ahead)| Added { person, role, grants, ahead })
        .boxed()
}

fn asked() -> BoxedStrategy<Asked> {
    let unrestrict = prop_oneof![3 => Just(vec![]), 1 => kind().prop_map(|kind| vec![kind])];
    (named(), unrestrict).prop_map(|(grants, unrestrict)| Asked { grants, unrestrict }).boxed()
}

/// Few grants, and now and then more than the cap allows.
fn named() -> BoxedStrategy<Vec<Named>> {
    let many = prop::collection::vec(one_named(), 3..7);
    prop_oneof![4 => Just(vec![]), 12 => prop::collection::vec(one_named(), 1..3), 1 => many].boxed()
}

fn one_named() -> BoxedStrategy<Named> {
    (kind(), prop::option::weighted(0.8, 0..RESOURCES), place())
        .prop_map(|(kind, resource, role)| Named { kind, resource, role })
        .boxed()
}

/// A place in the policy, now and then one that it lacks.
fn place() -> impl Strategy<Value = usize> {
    0..=UNKNOWN
}

fn kind() -> impl Strategy<Value = usize> {
    prop_oneof![15 => 0..2_usize, 1 => Just(UNKNOWN)]
}

fn etag() -> impl Strategy<Value = Etag> {
    prop_oneof![5 => Just(Etag::None), 2 => Just(Etag::Current), 1 => Just(Etag::Stale)]
}

/// Whoever created the team more often than others: it must not be lost.
fn somebody() -> impl Strategy<Value = PersonKey> {
    prop_oneof![1 => Just(FOUNDER), 4 => person()]
}

fn person() -> impl Strategy<Value = PersonKey> {
    (0..PEOPLE).prop_map(PersonKey)
}
