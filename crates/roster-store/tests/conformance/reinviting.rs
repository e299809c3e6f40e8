//! An address is invited again, and an invitation is sent again.

use roster_domain::decide::{
    InvitationRequest, ResendRequest, cancel_invitation, create_invitation, resend_invitation,
};
use roster_domain::facts::InvitationState;
use roster_domain::{
    Change, Delivery, Holder, InvitationId, NewInvitation, Refusal, Revision, SecretRecord, TeamId, Timestamp,
};
use roster_store::{
    InvitationChange, Inviter, Inviting, Joining, Locked, MailInvite, Store, StoredInvitation,
};
use uuid::Uuid;

use crate::asks::Invites;
use crate::database::{Database, on_both};
use crate::making::{by_mail, resent, secret};
use crate::scene::{
    HOUR, after, ask, change, context, email, finish, fresh, guild, invite, person, role, set, team, user,
};

const ADDRESS: &str = "eve@example.org";

/// Invites as the service does.
async fn invite_again(store: &Store, team: TeamId) -> Result<InvitationId, Refusal> {
    let (address, role) = (email(ADDRESS), role("guest"));
    let question = Inviting { actor: &user("ada"), emails: std::slice::from_ref(&address), pending_cap: 0 };
    let loaded = store.lock_and_load(team, None, &set(&[guild()]), |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let request = InvitationRequest {
        email: &address,
        role: &role,
        grants: &[],
        delivery: Delivery::Token,
        grant_cap: 0,
        pending_cap: 1,
    };
    let id = Uuid::now_v7();
    let new = (InvitationId::from_uuid(id), secret(id));
    let changes = create_invitation(&guild(), &facts.of(&address), &request, new, tx.now())?;
    let ada = facts.actor.unwrap().person;
    tx.apply(&context(ada), team, &changes).await.unwrap();
    finish(tx, b"").await;
    Ok(InvitationId::from_uuid(id))
}

async fn stored(store: &Store, team: TeamId, id: InvitationId) -> StoredInvitation {
    store.invitation(team, &guild(), id).await.unwrap().unwrap()
}

/// Where the secret leads to: whether to the team, and whether to that invitation.
async fn leads(db: &Database, team: TeamId, id: InvitationId, secret: &SecretRecord) -> (bool, bool) {
    let invite = MailInvite::Token(secret.digest);
    let found = db.store.team_of(&invite).await.unwrap();
    let joiner = ask(&db.store, team, &[guild()], Joining { invite, user: &user("eve") }).await;
    (found == Some(team), joiner.is_some_and(|joiner| joiner.facts.invitation.id == id))
}

#[tokio::test]
async fn an_address_whose_invitation_is_over() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let (ada, eve) = (person(store, "ada").await, person(store, "eve").await);
        let past = after(store.now().await.unwrap(), -HOUR);
        let first = invite(store, team, ada, (ADDRESS, past)).await.id;

        // It ran out unnoticed, and is marked in the commit that makes the next.
        let second = invite_again(store, team).await.unwrap();
        assert_eq!(stored(store, team, first).await.invitation.state, InvitationState::Expired);
        assert_eq!(stored(store, team, first).await.invitation.version, 3);
        assert_eq!(stored(store, team, second).await.invitation.revision, 3);
        assert_eq!(invite_again(store, team).await, Err(Refusal::InvitationPending { invitation: second }));

        change(store, team, eve, &[Change::InvitationDeclined { invitation: second, person: eve }]).await;
        let third = invite_again(store, team).await.unwrap();
        change(store, team, ada, &[Change::InvitationCancelled { invitation: third }]).await;
        let fourth = invite_again(store, team).await.unwrap();
        let mut found = Vec::new();
        for id in [first, second, third, fourth] {
            let stored = stored(store, team, id).await;
            found.push((stored.invitation.state, stored.answered_by_user_id));
        }
        let expected = [
            (InvitationState::Expired, None),
            (InvitationState::Declined, Some("eve".to_owned())),
            (InvitationState::Cancelled, None),
            (InvitationState::Pending, None),
        ];
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_has_another_secret() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let first = invite(store, team, ada, (ADDRESS, soon)).await;
        let beside = invite(store, team, ada, ("zed@example.org", soon)).await;
        assert_eq!(leads(db, team, first.id, &first.secret).await, (true, true));
        let resend = async |id, expected: Option<Revision>| {
            let (actor, policies) = (&user("ada"), &[guild()]);
            let question = InvitationChange { actor, invitation: id };
            let loaded = store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap();
            let Locked { mut tx, facts: (facts, found_one), .. } = fresh(loaded);
            let found = facts.invitation.as_ref().unwrap();
            let fresh_one = SecretRecord { generation: found.generation + 1, ..secret(Uuid::now_v7()) };
            let request = ResendRequest { expected, delivery: by_mail(None), pending_cap: 9 };
            let changes = resend_invitation(&guild(), &facts, &request, fresh_one.clone(), tx.now())?;
            let revision = tx.apply(&context(ada), team, &changes).await.unwrap();
            let holder = Holder { membership: facts.actor.unwrap(), access: facts.actor_access };
            let inviter = Inviter { user_id: "ada".into(), holder };
            let shown = found_one.unwrap().after(&changes, inviter, revision);
            finish(tx, b"").await;
            assert_eq!(stored(store, team, id).await, shown, "as it was computed");
            Ok::<_, Refusal>(shown)
        };
        let shown = resend(first.id, Some(2)).await.unwrap();
        let again = shown.secret;
        assert_eq!((again.generation, shown.invitation.generation), (4, 4));
        assert_eq!((shown.invitation.version, shown.invitation.revision), (4, 4));
        assert!(shown.invitation.expires_at > soon);
        assert_eq!(leads(db, team, first.id, &first.secret).await, (false, false));
        assert_eq!(leads(db, team, first.id, &again).await, (true, true));
        assert_eq!(leads(db, team, beside.id, &beside.secret).await, (true, true), "another's");
        assert_eq!(leads(db, team, beside.id, &again).await, (true, false), "to another of the team");
        assert_eq!(stored(store, team, beside.id).await.invitation.version, 3);
        // Whoever has read it before that is told.
        assert!(resend(first.id, Some(2)).await.is_err());
        assert_eq!(resend(first.id, Some(4)).await.unwrap().secret.generation, 5);
        let id = first.id;
        let (actor, policies) = (&user("ada"), &[guild()]);
        let (facts, _) = ask(store, team, policies, InvitationChange { actor, invitation: id }).await;
        assert!(cancel_invitation(&guild(), &facts, Some(4), soon).is_err());
        let cancelled = cancel_invitation(&guild(), &facts, Some(5), soon).unwrap();
        assert_eq!(cancelled, [Change::InvitationCancelled { invitation: id }]);
        // One that ran out, and that nobody has marked, ends before it is sent again.
        change(store, team, ada, &[Change::InvitationCancelled { invitation: beside.id }]).await;
        let late = invite(store, team, ada, ("late@example.org", after(soon, -2 * HOUR))).await;
        assert_eq!(resend(late.id, None).await.unwrap().invitation.state, InvitationState::Pending);
    })
    .await;
}

/// Its version is what a caller compares.
#[tokio::test]
async fn every_change_of_an_invitation_moves_its_version() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let (ada, eve) = (person(store, "ada").await, person(store, "eve").await);
        let soon = after(store.now().await.unwrap(), HOUR);
        let ends: [fn(InvitationId, roster_domain::PersonKey) -> Change; 4] = [
            |invitation, person| Change::InvitationAccepted { invitation, person },
            |invitation, person| Change::InvitationDeclined { invitation, person },
            |invitation, _| Change::InvitationCancelled { invitation },
            |invitation, _| Change::InvitationExpired { invitation },
        ];
        let beside = invite(store, team, ada, ("zed@example.org", soon)).await;
        for end in ends {
            let NewInvitation { id, .. } = invite(store, team, ada, (ADDRESS, soon)).await;
            let mut versions = vec![stored(store, team, id).await.invitation.version];
            for change_of_it in [resent(id, (eve, soon), 4, Delivery::Token).0, end(id, eve)] {
                let revision = change(store, team, ada, &[change_of_it]).await;
                let version = stored(store, team, id).await.invitation.version;
                assert_eq!(version, revision);
                versions.push(version);
            }
            assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
            // What ended is sent again as one that is pending.
            if end(id, eve) == (Change::InvitationExpired { invitation: id }) {
                let again = resent(id, (ada, Timestamp::from_micros(i64::MAX)), 5, Delivery::Token).0;
                let revision = change(store, team, ada, &[again]).await;
                let found = stored(store, team, id).await.invitation;
                assert_eq!((found.state, found.version), (InvitationState::Pending, revision));
            }
        }
        assert_eq!(stored(store, team, beside.id).await.invitation.version, 2, "of another");
    })
    .await;
}
