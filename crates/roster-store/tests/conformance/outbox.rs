//! The outbox: what is queued, and what a mail says by the time it is taken.

use std::time::Duration;

use roster_domain::{Access, Change, Delivery, InvitationId, NewInvitation, SecretRecord, TeamId};
use roster_store::{ClaimedMail, DeliveryState, MailOutcome, Store};

use crate::asks::Invites;
use crate::database::{Database, Kind, digits, on_both};
use crate::making::{by_mail, mailed, resent};
use crate::scene::{
    HOUR, access, after, change, context, guild, lock, member, new_invitation, person, removed, team,
};

pub(crate) const LEASE: Duration = Duration::from_mins(5);

/// An invitation whose secret is mailed.
pub(crate) async fn mail(store: &Store, team: TeamId, address: &str) -> NewInvitation {
    let ada = person(store, "ada").await;
    let soon = after(store.now().await.unwrap(), HOUR);
    let new = mailed(new_invitation(ada, address, soon), None);
    change(store, team, ada, &[Change::InvitationCreated(new.clone())]).await;
    new
}

/// How its mail fares.
pub(crate) async fn state(store: &Store, team: TeamId, id: InvitationId) -> Option<DeliveryState> {
    let stored = store.invitation(team, &guild(), id).await.unwrap().unwrap();
    stored.delivery.map(|delivered| delivered.state)
}

/// The one mail that is due.
async fn claim_one(store: &Store) -> ClaimedMail {
    let mut claimed = store.claim_mails(9, LEASE).await.unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

async fn rows(db: &Database) -> Vec<String> {
    db.texts("SELECT generation || ' ' || state || ' ' || locale FROM mails ORDER BY created_at").await
}

#[tokio::test]
async fn a_mail_is_queued_in_the_commit_that_makes_its_secret() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let new = mailed(new_invitation(ada, "eve@example.org", soon), Some("pt-BR"));
        let created = [Change::InvitationCreated(new.clone())];
        let mut locked = lock(store, team).await;
        locked.tx.apply(&context(ada), team, &created).await.unwrap();
        locked.tx.flush().await.unwrap();
        locked.tx.undo().await.unwrap();
        assert_eq!(rows(db).await, [""; 0], "of an invitation that was never made");

        change(store, team, ada, &created).await;
        let told = new_invitation(ada, "zed@example.org", soon);
        change(store, team, ada, &[Change::InvitationCreated(told.clone())]).await;
        assert_eq!(rows(db).await, ["3 1 pt-br"]);
        assert_eq!(state(store, team, new.id).await, Some(DeliveryState::Queued));
        assert_eq!(state(store, team, told.id).await, None, "its token was given to the caller");

        // Sent again by mail, and then the other way.
        let (again, _) = resent(told.id, (ada, soon), 4, by_mail(None));
        change(store, team, ada, &[again]).await;
        assert_eq!(rows(db).await, ["3 1 pt-br", "4 1 "]);
        let (again, _) = resent(new.id, (ada, soon), 4, Delivery::Token);
        change(store, team, ada, &[again]).await;
        assert_eq!(rows(db).await, ["4 1 "]);
        assert_eq!(state(store, team, new.id).await, None);
    })
    .await;
}

#[tokio::test]
async fn it_says_what_holds_when_it_is_taken() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let bob = member(store, team, "bob", "owner").await;
        let soon = after(store.now().await.unwrap(), HOUR);
        let access = access(&[("brand", "acme", "viewer"), ("shelf", "*", "reader")], &["brand"]);
        let new = NewInvitation { access, ..new_invitation(bob, "Eve@example.org", soon) };
        let new = mailed(new, Some("DE"));
        change(store, team, bob, &[Change::InvitationCreated(new.clone())]).await;
        let display_name = roster_domain::DisplayName::parse("Go").unwrap();
        let old = roster_domain::DisplayName::parse("Chess").unwrap();
        let renamed = Change::TeamRenamed { old, new: display_name.clone() };
        change(store, team, ada, &[renamed]).await;

        let claimed = claim_one(store).await;
        assert_eq!((claimed.invitation, claimed.generation, claimed.attempt), (new.id, 3, 1));
        assert_eq!(claimed.locale.unwrap().as_str(), "de");
        let letter = claimed.letter.unwrap();
        assert_eq!((letter.team, letter.team_name, letter.policy), (team, display_name, guild().name));
        assert_eq!((letter.secret, letter.invitation.id), (new.secret, new.id));
        assert_eq!(
            (letter.invitation.email.as_typed(), letter.invitation.access),
            ("Eve@example.org", new.access)
        );
        let maker = letter.maker.unwrap();
        assert_eq!((maker.membership.person, maker.access), (bob, Access::default()));
        assert!(letter.now < soon);

        // Its maker has left: whoever sends it may think better of it.
        change(store, team, ada, &[removed(bob, "owner")]).await;
        let later = db.later(LEASE).await;
        let claimed = claim_one(&later).await;
        assert_eq!((claimed.attempt, claimed.letter.unwrap().maker), (2, None));
    })
    .await;
}

#[tokio::test]
async fn it_says_nothing_once_its_invitation_is_over() {
    on_both(async |db| {
        let store = &db.store;
        let ada = person(store, "ada").await;
        let ends: [fn(InvitationId) -> Change; 5] = [
            |invitation| Change::InvitationCancelled { invitation },
            |invitation| Change::InvitationAccepted { invitation, person: roster_domain::PersonKey(1) },
            |invitation| Change::InvitationDeclined { invitation, person: roster_domain::PersonKey(1) },
            |invitation| Change::InvitationExpired { invitation },
            |_| Change::TeamDeleted,
        ];
        for end in ends {
            let team = team(store, &guild(), "ada").await;
            let id = mail(store, team, "eve@example.org").await.id;
            change(store, team, ada, &[end(id)]).await;
            let claimed = claim_one(store).await;
            assert_eq!((claimed.invitation, claimed.letter.is_some()), (id, false), "{:?}", end(id));
            store.settle_mail(&claimed, MailOutcome::Skipped).await.unwrap();
            assert_eq!(state(store, team, id).await, Some(DeliveryState::Skipped));
        }
        // One that ran out unnoticed.
        let team = team(store, &guild(), "ada").await;
        mail(store, team, "eve@example.org").await;
        let later = db.later(Duration::from_mins(59)).await;
        assert!(claim_one(&later).await.letter.is_some());
        let expired = db.later(Duration::from_hours(2)).await;
        assert!(claim_one(&expired).await.letter.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_not_sent() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let new = mail(store, team, "eve@example.org").await;
        let stale = claim_one(store).await;
        let (again, secret) = resent(new.id, (ada, new.expires_at), 4, by_mail(Some("en")));
        change(store, team, ada, &[again]).await;
        assert_eq!(rows(db).await, ["4 1 en"], "the mail of a dead secret");
        // Whoever still sends the one before has nothing to say about the new one.
        store.settle_mail(&stale, MailOutcome::Sent).await.unwrap();
        assert_eq!(state(store, team, new.id).await, Some(DeliveryState::Queued));
        let claimed = claim_one(store).await;
        assert_eq!((claimed.generation, claimed.attempt), (4, 1));
        assert_eq!(claimed.letter.unwrap().secret, secret);
        // One that is sent again between the taking and the reading.
        db.execute("UPDATE mails SET generation = 3, due_at = 0").await;
        assert!(claim_one(store).await.letter.is_none(), "it brings a dead secret");
    })
    .await;
}

/// The table can be shown to whoever looks after mails.
#[tokio::test]
async fn it_holds_neither_address_nor_secret() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let new = mail(store, team, "Canary@Example.org").await;
        let claimed = claim_one(store).await;
        store.settle_mail(&claimed, MailOutcome::Sent).await.unwrap();
        let everything = match db.kind {
            Kind::Postgres => "SELECT mails::text FROM mails".to_owned(),
            Kind::Sqlite => {
                let columns =
                    db.texts("SELECT 'quote(' || name || ')' FROM pragma_table_info('mails')").await;
                format!("SELECT {} FROM mails", columns.join(" || ' ' || "))
            }
        };
        let told = db.texts(&everything).await.concat().to_lowercase();
        let id = match db.kind {
            Kind::Postgres => new.id.uuid().to_string(),
            Kind::Sqlite => new.id.uuid().simple().to_string(),
        };
        assert!(told.contains(&id), "{told}");
        let SecretRecord { digest, salt, .. } = new.secret;
        for secret in ["canary", "example.org", &digits(&digest[16..]), &digits(&salt)] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    })
    .await;
}
