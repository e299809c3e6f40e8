//! Invitations that have ended lose their address without their teams' locks: anybody can have made any number of them.

use std::fmt::Write as _;

use roster_domain::{Change, Delivery, NewInvitation, TeamId};
use roster_store::{ErrorKind, Locked};
use uuid::Uuid;

use crate::database::{Database, on_both, on_postgres};
use crate::erasure::{MOST, erase, erasure, pseudonym};
use crate::making::{by_mail, resent};
use crate::scene::{
    HOUR, after, change, club, context, finish, invite, joined_as, lock, person, team, write,
};

/// More than one erasure changes, as the service has it.
const MANY: usize = 1_001;

/// Writes so many teams with an invitation each, all like that one, and ended in each of the ways.
async fn copies(db: &Database, (of_team, one): (TeamId, &NewInvitation), many: usize) {
    let (of_team, of_one) = (db.uuid(of_team.uuid()), db.uuid(one.id.uuid()));
    let mut sql = String::from("BEGIN;");
    for n in 0..many {
        let (id, state) = (Uuid::now_v7(), 2 + n % 4);
        let digest = db.bytes(&[*id.as_bytes(), *id.as_bytes()].concat());
        let id = db.uuid(id);
        write!(
            sql,
            "INSERT INTO teams (id, policy, display_name, caller, creator, revision, version, created_at)
             SELECT {id}, policy, display_name, caller, creator, 2, 2, created_at FROM teams WHERE id = {of_team};
             INSERT INTO invitations (id, team_id, email, email_key, role, restricted, state, maker, revision, version,
                                      digest, salt, generation, key_id, created_at, expires_at)
             SELECT {id}, {id}, email, email_key, role, restricted, {state}, maker, 2, 2,
                    {digest}, salt, generation, key_id, created_at, expires_at
             FROM invitations WHERE id = {of_one};"
        )
        .unwrap();
    }
    db.execute(&(sql + "COMMIT;")).await;
}

#[tokio::test]
async fn what_has_ended_is_forgotten_however_much_it_is() {
    on_both(async |db| {
        let store = &db.store;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let later = after(store.now().await.unwrap(), HOUR);
        let (own, other) = (team(store, &club(), "ada").await, team(store, &club(), "ada").await);
        change(store, own, ada, &[joined_as(bob, "guest", "bob@one.example")]).await;
        let one = invite(store, other, ada, ("bob@one.example", later)).await;
        copies(db, (other, &one), MANY).await;

        let erasure = erasure(store, "bob", &[]).await;
        let locked: Vec<TeamId> = erasure.teams.iter().map(|one| one.team.id).collect();
        assert_eq!(locked, [own, other], "of {MOST} at most: it is in one, and invited to the other");
        assert_eq!(erase(erasure).await, MANY as u64 + 1);
        let told = "SELECT count(*) FROM invitations WHERE email <> '' OR email_key <> '' OR state = 1";
        assert_eq!(db.number(told).await, 0);
    })
    .await;
}

/// `SQLite` has one writer: there nothing happens meanwhile.
#[tokio::test]
async fn what_is_sent_again_meanwhile_stays_whole_or_is_not_sent() {
    on_postgres(async |db| {
        let store = &db.store;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let now = store.now().await.unwrap();
        let (past, later) = (after(now, -HOUR), after(now, HOUR));
        let own = team(store, &club(), "ada").await;
        change(store, own, ada, &[joined_as(bob, "guest", "bob@one.example")]).await;
        let mut ended = Vec::new();
        for _ in 0..2 {
            let other = team(store, &club(), "ada").await;
            let invitation = invite(store, other, ada, ("bob@one.example", past)).await.id;
            change(store, other, ada, &[Change::InvitationExpired { invitation }]).await;
            ended.push((other, invitation));
        }
        let [(first, sent_before), (second, sent_after)] = ended[..] else { panic!() };
        let replica = db.another_store().await;

        // One that is being sent again is waited for, and keeps its address and its mail.
        let mut erasure = erasure(store, "bob", &[]).await;
        let Locked { mut tx, .. } = lock(&replica, first).await;
        let (again, _) = resent(sent_before, (ada, later), 4, by_mail(None));
        write(&mut tx, &context(ada), first, &[again]).await.unwrap();
        let scrubbing = tokio::spawn(async move { (erasure.scrub(pseudonym()).await.unwrap(), erasure.tx) });
        db.until_waiting(1).await;
        finish(tx, b"").await;
        let (scrubbed, erasing) = scrubbing.await.unwrap();
        assert_eq!(scrubbed, 1);

        // One whose address is being erased waits, and is not sent.
        let sending = tokio::spawn(async move {
            let Locked { mut tx, .. } = lock(&replica, second).await;
            let (again, _) = resent(sent_after, (ada, later), 4, Delivery::Token);
            write(&mut tx, &context(ada), second, &[again]).await.map_err(|error| error.kind())
        });
        db.until_waiting(1).await;
        finish(erasing, b"").await;
        assert_eq!(
            sending.await.unwrap(),
            Err(ErrorKind::LockTimeout),
            "to be tried again, and refused then"
        );
        let invitations = "SELECT email || ' ' || email_key || ' ' || state FROM invitations ORDER BY state";
        assert_eq!(db.texts(invitations).await, ["bob@one.example bob@one.example 1", "  5"]);
        assert_eq!(db.number("SELECT count(*) FROM mails").await, 1);
    })
    .await;
}
