//! From a mail's token, or an invitation's id, to what accepting and declining need.

use roster_domain::decide::{Answerer, Presented, accept_invitation, decline_invitation};
use roster_domain::facts::InvitationState;
use roster_domain::{Change, Delivery, InvitationId, NewInvitation, PolicyName, Refusal, TeamId};
use roster_store::{JoinMethod, Joining, Loaded, Locked, MailInvite};
use uuid::Uuid;

use crate::asks::{Asks, Invites, Onlooker, Preview};
use crate::database::{Database, on_both};
use crate::making::resent;
use crate::scene::{
    HOUR, access, access_changed, after, ask, change, context, email, finish, fresh, guild, invite, member,
    new_invitation, person, policy_name, removed, set, shown, team, user,
};

const ADDRESS: &str = "eve@example.org";

/// Whether the question about the invitation has an answer.
async fn found(db: &Database, team: TeamId, invitation: InvitationId, digest: Option<[u8; 32]>) -> bool {
    let invite = digest.map_or(MailInvite::Id(invitation), MailInvite::Token);
    let question = Joining { invite, user: &user("eve") };
    ask(&db.store, team, &[guild()], question).await.is_some()
}

#[tokio::test]
async fn an_invitation_is_found_by_its_id_and_by_the_digest_that_it_has_now() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let new = invite(store, team, ada, (ADDRESS, soon)).await;
        let (old, id) = (new.secret.digest, new.id);
        assert_eq!(store.team_of(&MailInvite::Token(old)).await.unwrap(), Some(team));
        assert_eq!(store.team_of(&MailInvite::Id(id)).await.unwrap(), Some(team));
        for (digest, expected) in [(None, true), (Some(old), true), (Some([9; 32]), false)] {
            assert_eq!(found(db, team, id, digest).await, expected, "{digest:?}");
            assert!(!found(db, other, id, digest).await, "in another team");
        }
        let (again, secret) = resent(id, (ada, soon), 4, Delivery::Token);
        change(store, team, ada, &[again]).await;
        for (digest, expected) in [(None, true), (Some(old), false), (Some(secret.digest), true)] {
            assert_eq!(found(db, team, id, digest).await, expected, "{digest:?}");
        }
        assert_eq!(store.team_of(&MailInvite::Token(old)).await.unwrap(), None);
        // One that is over is found all the same: whoever comes is told what became of it.
        change(store, team, ada, &[Change::InvitationCancelled { invitation: id }]).await;
        assert!(found(db, team, id, Some(secret.digest)).await);
        assert_eq!(store.team_of(&MailInvite::Token(secret.digest)).await.unwrap(), Some(team));
        let unknown = InvitationId::from_uuid(Uuid::now_v7());
        assert!(!found(db, team, unknown, None).await);
        assert_eq!(store.team_of(&MailInvite::Id(unknown)).await.unwrap(), None);
        assert_eq!(db.texts("SELECT user_id FROM people").await, ["ada"], "a question made somebody known");
    })
    .await;
}

/// Accepts as the service does, by the token if there is one.
async fn accept(
    db: &Database,
    team: TeamId,
    name: &str,
    new: &NewInvitation,
    by: Presented,
) -> Result<usize, Refusal> {
    let invite = match by {
        Presented::ByToken => MailInvite::Token(new.secret.digest),
        Presented::ById => MailInvite::Id(new.id),
    };
    let question = Joining { invite, user: &user(name) };
    let loaded = db.store.lock_by_invite(invite, None, &set(&[guild()]), |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let (entering, address) = (facts.unwrap(), email(&format!("{name}@example.org")));
    let answerer = Answerer { person: entering.person().unwrap(), email: Some(&address), presented: by };
    let changes = accept_invitation(&guild(), &entering.facts, answerer, tx.now())?;
    tx.apply(&context(entering.person().unwrap()), team, &changes).await.unwrap();
    finish(tx, b"").await;
    Ok(changes.len())
}

#[tokio::test]
async fn accepting_from_the_token_to_the_team() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let given = access(&[("brand", "acme", "viewer")], &["shelf"]);
        let new = NewInvitation { access: given.clone(), ..new_invitation(ada, ADDRESS, soon) };
        change(store, team, ada, &[Change::InvitationCreated(new.clone())]).await;

        assert_eq!(accept(db, team, "zed", &new, Presented::ById).await, Err(Refusal::EmailMismatch));
        assert_eq!(accept(db, team, "eve", &new, Presented::ByToken).await, Ok(2));
        let eve = shown(store, team, "eve").await;
        assert_eq!((eve.access, eve.join_method), (given, JoinMethod::Invitation));
        assert_eq!(eve.email.as_deref(), Some(ADDRESS));
        let stored = store.invitation(team, &guild(), new.id).await.unwrap().unwrap();
        assert_eq!(
            (stored.invitation.state, stored.answered_at),
            (InvitationState::Accepted, Some(eve.joined_at))
        );
        assert_eq!(stored.answered_by_user_id.as_deref(), Some("eve"));
        assert_eq!(accept(db, team, "eve", &new, Presented::ById).await, Ok(0), "once more");

        // Whoever was removed since needs a newer one, and one that is sent again is newer.
        let later = invite(store, team, ada, (ADDRESS, soon)).await;
        change(store, team, ada, &[removed(eve.person, "guest")]).await;
        assert_eq!(accept(db, team, "eve", &later, Presented::ById).await, Err(Refusal::Removed));
        let (again, secret) = resent(later.id, (ada, soon), 4, Delivery::Token);
        change(store, team, ada, &[again]).await;
        let later = NewInvitation { secret, ..later };
        assert_eq!(accept(db, team, "eve", &later, Presented::ByToken).await, Ok(2));
    })
    .await;
}

#[tokio::test]
async fn the_makers_grants_count() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let bob = member(store, team, "bob", "owner").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let new = invite(store, team, bob, (ADDRESS, soon)).await;
        let load = async || {
            let question = Joining { invite: MailInvite::Id(new.id), user: &user("eve") };
            ask(store, team, &[guild()], question).await.unwrap().facts
        };
        let maker = load().await.joining.maker.unwrap();
        assert_eq!((maker.membership.person, maker.access), (bob, access(&[], &[])));
        let narrowed = access(&[("brand", "acme", "viewer")], &["brand"]);
        change(store, team, ada, &[access_changed(bob, &access(&[], &[]), &narrowed)]).await;
        assert_eq!(load().await.joining.maker.unwrap().access, narrowed);
        let stored = store.invitation(team, &guild(), new.id).await.unwrap().unwrap();
        assert_eq!(stored.maker.unwrap().access, narrowed);
        change(store, team, ada, &[removed(bob, "owner")]).await;
        assert_eq!(load().await.joining.maker, None);
    })
    .await;
}

#[tokio::test]
async fn a_decline_from_the_id() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let new = invite(store, team, ada, (ADDRESS, after(store.now().await.unwrap(), HOUR))).await;
        let question = Joining { invite: MailInvite::Id(new.id), user: &user("eve") };
        let Locked { mut tx, facts, .. } =
            fresh(store.lock_and_load(team, None, &set(&[guild()]), |_| true, question).await.unwrap());
        let (entering, address) = (facts.unwrap(), email("EVE@example.org"));
        let answerer = Answerer {
            person: entering.person().unwrap(),
            email: Some(&address),
            presented: Presented::ById,
        };
        let changes = decline_invitation(&guild(), &entering.facts, answerer, tx.now()).unwrap();
        tx.apply(&context(entering.person().unwrap()), team, &changes).await.unwrap();
        finish(tx, b"").await;
        let stored = store.invitation(team, &guild(), new.id).await.unwrap().unwrap();
        assert_eq!(stored.invitation.state, InvitationState::Declined);
        assert_eq!(stored.answered_by_user_id.as_deref(), Some("eve"));
        assert_eq!(store.member(team, &user("eve")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_preview_shows_what_accepting_would_find_and_changes_nothing() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let new = invite(store, team, ada, (ADDRESS, soon)).await;
        let digest = new.secret.digest;
        let before = db.row_counts().await;
        let look = async |place, digest, name: &str, policy: &str| {
            let visible = |seen: &PolicyName| *seen == policy_name(policy);
            let onlooker = Onlooker { user: &user(name), policies: &set(&[guild()]), visible };
            store.preview_invitation(place, digest, onlooker).await.unwrap()
        };
        let place = team;
        let Preview { team: seen, facts, maker_user_id, now } =
            look(place, digest, "eve", "guild").await.unwrap();
        assert_eq!((seen.id, facts.invitation.id, maker_user_id.as_deref()), (team, new.id, Some("ada")));
        assert!(now < soon);
        assert_eq!((facts.joining.membership, facts.joining.occupancy.pending), (None, 1));
        assert_eq!(facts.joining.maker.unwrap().membership.person, ada);
        let facts = look(place, digest, "ada", "guild").await.unwrap().facts;
        assert_eq!(facts.joining.membership.unwrap().person, ada);
        assert_eq!(db.row_counts().await, before, "a look made a person known");
        assert!(look(place, digest, "eve", "choir").await.is_none());
        assert!(look(place, [9; 32], "eve", "guild").await.is_none());
        assert!(look(other, digest, "eve", "guild").await.is_none());
        change(store, team, ada, &[Change::TeamDeleted]).await;
        assert!(look(place, digest, "eve", "guild").await.is_none());
        let question = Joining { invite: MailInvite::Id(new.id), user: &user("eve") };
        let loaded = store.lock_and_load(team, None, &set(&[guild()]), |_| true, question).await.unwrap();
        assert!(matches!(loaded, Loaded::Absent));
    })
    .await;
}
