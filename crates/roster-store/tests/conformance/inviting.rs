//! What inviting, sending again and taking back are decided by.

use roster_domain::facts::{InvitationFacts, InvitationState, InvitingFacts};
use roster_domain::{Change, InvitationId, MemberState, NewInvitation, NewMember, Policy, TeamId};
use roster_store::{InvitationChange, Inviting, Store};
use uuid::Uuid;

use crate::asks::Invites;
use crate::database::on_both;
use crate::scene::{
    HOUR, access, after, ask, change, choir, club, email, guild, invite, joined_as, member, new_invitation,
    newcomer, person, removed, role, role_changed, suspended, team, user,
};

async fn inviting(store: &Store, team: TeamId, actor: &str, addresses: &[&str]) -> InvitingFacts {
    let emails: Vec<_> = addresses.iter().map(|address| email(address)).collect();
    ask(store, team, &[choir(), guild()], Inviting { actor: &user(actor), emails: &emails, pending_cap: 0 })
        .await
}

async fn changing(store: &Store, team: TeamId, invitation: InvitationId) -> InvitationFacts {
    ask(store, team, &[guild()], InvitationChange { actor: &user("ada"), invitation }).await.0
}

#[tokio::test]
async fn of_several_addresses() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let cleo = person(store, "cleo").await;
        let joins =
            [joined_as(bob, "guest", "B.Ob@Example.org"), joined_as(cleo, "guest", "cleo@example.org")];
        change(store, team, ada, &joins).await;
        change(store, team, ada, &[suspended(cleo, "guest")]).await;
        change(store, other, ada, &[joined_as(bob, "guest", "bob@example.org")]).await;
        let now = store.now().await.unwrap();
        let (soon, past) = (after(now, HOUR), after(now, -HOUR));
        let given = access(&[("brand", "acme", "viewer")], &["shelf"]);
        let live = NewInvitation { access: given.clone(), ..new_invitation(ada, "Live@example.org", soon) };
        change(store, team, ada, &[Change::InvitationCreated(live.clone())]).await;
        let overdue = invite(store, team, ada, ("overdue@example.org", past)).await;
        let ended = invite(store, team, ada, ("ended@example.org", soon)).await;
        change(store, team, ada, &[Change::InvitationDeclined { invitation: ended.id, person: bob }]).await;
        invite(store, team, ada, ("unasked@example.org", soon)).await;
        invite(store, other, ada, ("elsewhere@example.org", soon)).await;

        let asked = [
            "LIVE@example.org",
            "overdue@EXAMPLE.org",
            "ended@example.org",
            "elsewhere@example.org",
            "b.ob@example.org",
            "Cleo@example.org",
            "bob@example.org",
            "live@example.org",
        ];
        let facts = inviting(store, team, "ada", &asked).await;
        let mut pending: Vec<_> = facts.pending.iter().map(|one| (one.id, one.state)).collect();
        pending.sort_unstable_by_key(|(id, _)| id.uuid());
        let stored = InvitationState::Pending;
        assert_eq!(pending, [(live.id, stored), (overdue.id, stored)], "as stored, ids in the order of time");
        let found = facts.of(&email("live@Example.org")).pending.unwrap();
        assert_eq!((found.access, found.email.as_typed()), (given, "Live@example.org"));
        let members: Vec<_> = facts.member_addresses.iter().map(String::as_str).collect();
        assert_eq!(members, ["b.ob@example.org", "cleo@example.org"]);
        let occupancy = facts.occupancy;
        assert_eq!((occupancy.active, occupancy.suspended, occupancy.pending), (2, 1, 2));
        assert_eq!((facts.live_invitations, facts.actor.unwrap().person), (2, ada));

        let facts = inviting(store, team, "stranger", &[]).await;
        assert_eq!((facts.actor, facts.pending.len(), facts.member_addresses.len()), (None, 0, 0));
        assert_eq!(facts.live_invitations, 2);
    })
    .await;
}

#[tokio::test]
async fn what_was_granted_to_the_actor_is_known_where_it_counts() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let bob = person(store, "bob").await;
        let given = access(&[("brand", "acme", "editor")], &["shelf"]);
        let joins = NewMember { access: given.clone(), ..newcomer(bob, "steward") };
        change(store, team, bob, &[Change::MemberJoined(joins)]).await;
        assert_eq!(inviting(store, team, "bob", &["a@example.org"]).await.actor_access, given);
        let without = Policy { kinds: Vec::new(), ..guild() };
        let question = Inviting { actor: &user("bob"), emails: &[], pending_cap: 0 };
        assert_eq!(ask(store, team, &[without], question).await.actor_access, access(&[], &[]));
    })
    .await;
}

#[tokio::test]
async fn an_invitation_counts_as_long_as_its_maker_could_make_it() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let mut makers = Vec::new();
        for name in ["demoted", "gone", "away", "stays"] {
            let maker = member(store, team, name, "owner").await;
            invite(store, team, maker, (&format!("{name}@example.org"), soon)).await;
            makers.push(maker);
        }
        let live = async || inviting(store, team, "ada", &[]).await.live_invitations;
        assert_eq!(live().await, 4);
        change(store, team, ada, &[role_changed(makers[0], "owner", "steward")]).await;
        assert_eq!(live().await, 3);
        change(store, team, ada, &[removed(makers[1], "owner")]).await;
        // Somewhere else it still may.
        change(store, other, ada, &[crate::scene::joined(makers[1], "owner")]).await;
        assert_eq!(live().await, 2);
        change(store, team, ada, &[suspended(makers[2], "owner")]).await;
        assert_eq!(live().await, 1);
        assert_eq!(inviting(store, team, "ada", &[]).await.occupancy.pending, 4, "they hold their seats");
        change(store, team, ada, &[Change::MemberRestored { person: makers[2], role: role("owner") }]).await;
        assert_eq!(live().await, 2);

        // All that are pending count where there is room for what is asked for beside them.
        let asked = ["a@example.org", "b@example.org"].map(email);
        for (pending_cap, counted) in [(6, 4), (5, 2)] {
            let question = Inviting { actor: &user("ada"), emails: &asked, pending_cap };
            let facts = ask(store, team, &[guild()], question).await;
            assert_eq!((facts.live_invitations, facts.occupancy.pending), (counted, 4), "{pending_cap}");
        }

        // Without rules for invitations nobody could make one.
        let without = Policy { invitations: None, ..guild() };
        for policies in [&[without][..], &[club()], &[]] {
            let question = Inviting { actor: &user("ada"), emails: &[], pending_cap: 0 };
            assert_eq!(ask(store, team, policies, question).await.live_invitations, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn of_one_that_is_acted_upon() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let now = store.now().await.unwrap();
        let given = access(&[("shelf", "*", "reader")], &[]);
        let first = new_invitation(ada, "eve@example.org", after(now, -HOUR));
        let first = NewInvitation { access: given.clone(), ..first };
        change(store, team, ada, &[Change::InvitationCreated(first.clone())]).await;
        invite(store, team, ada, ("beside@example.org", after(now, HOUR))).await;

        let facts = changing(store, team, first.id).await;
        assert_eq!(facts.invitation, facts.pending, "it is the one that is pending");
        let found = facts.invitation.unwrap();
        assert_eq!((found.id, found.access, found.version, found.generation), (first.id, given, 2, 3));
        assert!(!facts.is_member);
        assert_eq!(
            (facts.actor.unwrap().person, facts.live_invitations, facts.occupancy.pending),
            (ada, 1, 1)
        );

        // Once it is over another may be pending.
        change(store, team, ada, &[Change::InvitationExpired { invitation: first.id }]).await;
        let facts = changing(store, team, first.id).await;
        assert_eq!((facts.invitation.unwrap().state, facts.pending), (InvitationState::Expired, None));
        let second = invite(store, team, ada, ("EVE@example.org", after(now, HOUR))).await;
        let facts = changing(store, team, first.id).await;
        assert_eq!((facts.invitation.unwrap().id, facts.pending.unwrap().id), (first.id, second.id));
        assert_eq!(facts.live_invitations, 2);
        let facts = changing(store, team, second.id).await;
        assert_eq!((facts.live_invitations, facts.occupancy.pending), (1, 2), "it is not in its own way");

        // Somebody joined with the address, another way.
        let eve = person(store, "eve").await;
        change(store, team, eve, &[joined_as(eve, "guest", "Eve@example.org")]).await;
        assert!(changing(store, team, first.id).await.is_member);
        assert!(!changing(store, other, first.id).await.is_member);

        let unknown = InvitationId::from_uuid(Uuid::now_v7());
        for (team, id) in [(other, second.id), (team, unknown)] {
            let facts = changing(store, team, id).await;
            assert_eq!((facts.invitation, facts.pending), (None, None));
            assert_eq!(facts.actor.unwrap().state, MemberState::Active);
        }
        assert_eq!(store.invitation(other, &guild(), second.id).await.unwrap(), None);
        let found = store.invitations_by_id(team, &guild(), &[second.id, unknown]).await.unwrap();
        assert_eq!(found.iter().map(|one| one.invitation.id).collect::<Vec<_>>(), [second.id]);
        assert_eq!(store.invitations_by_id(other, &guild(), &[second.id]).await.unwrap(), []);
        assert_eq!(store.invitations_by_id(team, &guild(), &[]).await.unwrap(), []);
    })
    .await;
}
