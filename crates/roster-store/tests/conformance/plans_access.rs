//! The plans of what has to do with grants and seats.

use roster_domain::policy::KindName;
use roster_domain::{Change, MemberState, NewMember, PersonKey, Policy, TeamId, Timestamp};
use roster_store::{
    Addition, Joining, LinkInvite, Locked, MemberChange, MemberQuery, Purge, Removal, Restoration, Store,
    Transfer,
};

use crate::asks::{Asks, Invites};
use crate::plans::{Watch, digest_of_a_live_link, page};
use crate::scene::{
    access, access_changed, ask, club, context, crew, fresh, guild, new_invitation, newcomer, resource, role,
    set, user,
};

/// Rules with everything, for a team whose policy has that name.
pub(crate) fn everything() -> [Policy; 1] {
    [Policy { name: club().name, ..guild() }]
}

pub(crate) async fn run(watch: &Watch, store: &Store, team: TeamId) {
    lists(watch, store, team).await;
    joining(watch, store, team).await;
    seats(watch, store, team).await;
    endings(watch, store, team).await;
    grants(watch, store, team).await;
    additions(watch, store, team).await;
}

async fn lists(watch: &Watch, store: &Store, team: TeamId) {
    let brand = |id: &str| Some((KindName::parse("brand").unwrap(), resource(id)));
    let list = async |what: &str, index: &str, query: MemberQuery| {
        watch.by(what, index, async || store.members(team, &query).await.unwrap()).await.len()
    };
    let away = MemberQuery { state: MemberState::Suspended, ..page(None) };
    assert_eq!(list("suspended members", "members_joined", away.clone()).await, 51);
    let after = MemberQuery { after: page(Some(15_000)).after, ..away };
    assert_eq!(list("more suspended members", "members_joined", after).await, 50);
    assert_eq!(list("grants of a page", "grants_pkey", page(None)).await, 51);
    for (id, found) in [("b7", 10), ("b1999", 10), ("nothing", 0)] {
        let query = MemberQuery { resource: brand(id), ..page(None) };
        assert_eq!(list("members of a resource", "grants_resource", query.clone()).await, found, "{id}");
        let query = MemberQuery { role: Some(role("guest")), ..query };
        let half = list("members of a role and a resource", "grants_resource", query).await;
        assert!(half <= found, "{id}");
    }

    for (now, found) in [(1_000_000, 40), (i64::MAX, 0)] {
        let now = Timestamp::from_micros(now);
        let pending = async || store.pending_invitations(team, &club(), now, 51).await.unwrap();
        assert_eq!(watch.cheap("pending invitations", pending).await.len(), found);
    }
    let occupied = async || store.occupancy(team, &everything()[0]).await.unwrap();
    let occupancy = watch.cheap("occupancy", occupied).await;
    assert_eq!((occupancy.active, occupancy.suspended, occupancy.pending), (19_800, 200, 40));
}

async fn joining(watch: &Watch, store: &Store, team: TeamId) {
    let digest = digest_of_a_live_link(store, team).await;
    let (place, _) = store.find_link(digest).await.unwrap().unwrap();
    let join = async || {
        let (user, policies) = (&user("user-30000"), &everything());
        let question = Joining { invite: LinkInvite { link: place.link, digest }, user };
        let Locked { mut tx, facts, .. } =
            fresh(store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap());
        let Some(found) = facts else { panic!("no such link") };
        let access = access(&[("brand", "b3", "viewer"), ("shelf", "*", "reader")], &["brand"]);
        let new = NewMember { access, ..newcomer(found.person().unwrap(), "guest") };
        tx.apply(&context(found.person().unwrap()), team, &[Change::MemberJoined(new)]).await.unwrap();
        tx.flush().await.unwrap();
        tx.undo().await.unwrap();
        found.facts.joining.occupancy
    };
    assert_eq!(watch.cheap("joining where seats count", join).await.active, 19_800);
}

async fn seats(watch: &Watch, store: &Store, team: TeamId) {
    let (actor, target, policies) = (&user("user-1"), &user("user-15057"), &everything());
    let restore = async || {
        let question = Restoration(MemberChange { actor, target });
        let Locked { mut tx, facts, .. } =
            fresh(store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap());
        let person = PersonKey(15_057);
        tx.apply(&context(person), team, &[Change::MemberRestored { person, role: role("guest") }])
            .await
            .unwrap();
        tx.undo().await.unwrap();
        facts.member.target.unwrap().state
    };
    assert_eq!(watch.cheap("restoring a member", restore).await, MemberState::Suspended);

    let rules = &[Policy { name: club().name, ..crew() }];
    let facts = async || ask(store, team, rules, Transfer { actor: Some(actor), target }).await;
    assert_eq!(
        watch.by("facts of a transfer", "members_role", facts).await.facts.holder.unwrap().role,
        role("owner")
    );
}

async fn endings(watch: &Watch, store: &Store, team: TeamId) {
    // It made the last link and the last code, and has an invitation beside its membership.
    let (actor, target, policies) = (&user("user-1"), &user("user-6000"), &everything());
    let remove = async || {
        let question = Removal { change: MemberChange { actor, target }, adopt_invites: true };
        let Locked { mut tx, facts, .. } =
            fresh(store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap());
        let maker = facts.member.actor.as_ref().unwrap().person;
        let target = facts.member.target.as_ref().unwrap();
        let (access, role) = (facts.member.target_access.clone(), target.role.clone());
        let changes = [
            Change::MemberRemoved { person: target.person, state: target.state, role, access },
            Change::InvitationCancelled { invitation: facts.invitations[0].id },
            Change::InviteLinkAdopted { link: facts.links[0].id, maker },
            Change::TeamCodeAdopted { code: facts.codes[0].id, maker },
        ];
        tx.apply(&context(maker), team, &changes).await.unwrap();
        tx.undo().await.unwrap();
        (
            facts.invitations.len(),
            facts.links.len(),
            facts.codes.len(),
            facts.member.target_access.grants.len(),
        )
    };
    assert_eq!(watch.cheap("removing a member", remove).await, (1, 1, 1, 2));

    let invite = async || {
        let Locked { mut tx, .. } = locked(store, team).await;
        let expires_at = Timestamp::from_micros(9_000_000_000_000_000);
        let access = access(&[("brand", "b3", "viewer")], &[]);
        let new = roster_domain::NewInvitation {
            access,
            ..new_invitation(PersonKey(1), "new@example.org", expires_at)
        };
        let invitation = new.id;
        let changes = [
            Change::InvitationCreated(new),
            Change::InvitationDeclined { invitation, person: PersonKey(30_000) },
        ];
        tx.apply(&context(PersonKey(1)), team, &changes).await.unwrap();
        tx.undo().await.unwrap();
    };
    watch.cheap("inviting", invite).await;
}

async fn locked(store: &Store, team: TeamId) -> Locked<()> {
    crate::scene::lock(store, team).await
}

async fn grants(watch: &Watch, store: &Store, team: TeamId) {
    let (kind, resource) = (KindName::parse("brand").unwrap(), resource("b7"));
    let purge = async || {
        let question = Purge { actor: &user("user-1"), kind: &kind, resource: &resource };
        let Locked { mut tx, facts, .. } =
            fresh(store.lock_and_load(team, None, &set(&[]), |_| true, question).await.unwrap());
        let members = facts.members;
        let purged = Change::ResourcePurged { kind: kind.clone(), resource: resource.clone(), members };
        tx.apply(&context(PersonKey(1)), team, &[purged]).await.unwrap();
        tx.undo().await.unwrap();
        (facts.members, facts.offers)
    };
    assert_eq!(watch.by("purging a resource", "grants_resource", purge).await, (10, 12));
    let set = async || {
        let Locked { mut tx, .. } = locked(store, team).await;
        let after = access(&[("brand", "b3", "viewer")], &["shelf"]);
        let changed = access_changed(PersonKey(15_000), &access(&[], &[]), &after);
        tx.apply(&context(PersonKey(1)), team, &[changed]).await.unwrap();
        tx.undo().await.unwrap();
    };
    watch.cheap("setting what a member is granted", set).await;
}

async fn additions(watch: &Watch, store: &Store, team: TeamId) {
    let users: Vec<_> = (19_950..20_050).map(|n| user(&format!("user-{n}"))).collect();
    let policies = &everything();
    let facts = async || ask(store, team, policies, Addition { users: &users }).await;
    let adding = watch.cheap("facts of an addition", facts).await;
    assert_eq!((adding.people.len(), adding.facts.members.len()), (100, 51));
}
