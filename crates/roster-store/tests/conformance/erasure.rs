//! What is held about a person is found, locked and forgotten, whatever else happens at the same time.

use std::sync::Arc;

use roster_domain::facts::ErasureFacts;
use roster_domain::{Change, EmailAddress, Pseudonym, TeamId, UserId};
use roster_store::{Creation, Erasure, ErasureQuestion, Loaded, Locked, Result, Store, TouchedTeam};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::{on_both, on_postgres};
use crate::making::mailed;
use crate::scene::{
    HOUR, access, after, begin, change, club, context, email, finish, fresh, guild, invite, joined,
    joined_as, lock, member, new_invitation, person, removed, request, role, service, set, suspended, team,
    user, write,
};

/// How many teams an erasure may change in these cases.
pub(crate) const MOST: usize = 4;

async fn try_begin(store: &Store, name: &str, emails: &[EmailAddress]) -> Result<Loaded<Option<Erasure>>> {
    let policies = [club(), guild()];
    let user = &user(name);
    let question = ErasureQuestion { user, emails, successors: &[], most_teams: MOST };
    store.lock_erasure(None, &set(&policies), question).await
}

pub(crate) async fn erasure(store: &Store, name: &str, emails: &[EmailAddress]) -> Erasure {
    fresh(try_begin(store, name, emails).await.unwrap()).expect("few enough teams")
}

pub(crate) fn pseudonym() -> Pseudonym {
    Pseudonym::from_uuid(Uuid::now_v7())
}

/// The teams that are found, in the order in which the case made them.
fn found(erasure: &Erasure, teams: &[TeamId]) -> Vec<bool> {
    assert!(erasure.teams.is_sorted_by_key(|one| one.team.id.uuid()), "locked in their order");
    teams.iter().map(|id| erasure.teams.iter().any(|one| one.team.id == *id)).collect()
}

/// Ends what a person has in all teams that are found, and forgets it.
pub(crate) async fn erase(mut erasure: Erasure) -> u64 {
    let by = service();
    for TouchedTeam { team, facts, .. } in erasure.teams.clone() {
        let mut changes: Vec<Change> = Vec::new();
        if let Some(holder) = &facts.member {
            changes.push(Change::MemberRemoved {
                person: holder.membership.person,
                state: holder.membership.state,
                role: holder.membership.role.clone(),
                access: holder.access.clone(),
            });
        }
        changes
            .extend(facts.invitations.iter().map(|one| Change::InvitationCancelled { invitation: one.id }));
        erasure.apply(&by, &team, &changes).await.unwrap();
    }
    let scrubbed = erasure.scrub(pseudonym()).await.unwrap();
    finish(erasure.tx, b"").await;
    scrubbed
}

#[tokio::test]
async fn every_team_that_has_to_change_is_found() {
    on_both(async |db| {
        let store = &db.store;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let later = after(store.now().await.unwrap(), HOUR);
        let mut teams = Vec::new();
        for _ in 0..5 {
            teams.push(team(store, &club(), "ada").await);
        }
        let [member_of, invited, answered, deleted, other] = teams[..] else { panic!() };
        change(store, member_of, ada, &[joined_as(bob, "guest", "Bob@one.example")]).await;
        invite(store, invited, ada, ("bob@one.example", later)).await;
        let declined = invite(store, answered, ada, ("bob@two.example", later)).await;
        let decline = Change::InvitationDeclined { invitation: declined.id, person: bob };
        change(store, answered, bob, &[decline]).await;
        change(store, deleted, ada, &[joined(bob, "guest"), Change::TeamDeleted]).await;
        invite(store, other, ada, ("bob@three.example", later)).await;

        // What has been answered needs no lock.
        let few = erasure(store, "bob", &[]).await;
        assert_eq!(found(&few, &teams), [true, true, false, false, false]);
        few.tx.undo().await.unwrap();
        let more = erasure(store, "bob", &[email("BOB@three.example")]).await;
        assert_eq!(found(&more, &teams), [true, true, false, false, true]);
        assert_eq!(more.person, Some(bob));
        more.tx.undo().await.unwrap();
        let nobody = erasure(store, "nobody", &[email("bob@three.example")]).await;
        assert_eq!((nobody.person, found(&nobody, &teams)), (None, vec![false, false, false, false, true]));
        nobody.tx.undo().await.unwrap();

        for _ in 0..2 {
            let one_more = team(store, &club(), "ada").await;
            change(store, one_more, ada, &[joined(bob, "guest")]).await;
        }
        let many = try_begin(store, "bob", &[email("bob@three.example")]).await.unwrap();
        assert!(matches!(many, Loaded::Fresh(None)), "one more than the most");
    })
    .await;
}

#[tokio::test]
async fn facts_are_those_of_each_team() {
    on_both(async |db| {
        let store = &db.store;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let now = store.now().await.unwrap();
        let first = team(store, &club(), "ada").await;
        let second = team(store, &guild(), "ada").await;
        let granted = access(&[("brand", "acme", "viewer")], &[]);
        change(store, first, ada, &[joined_as(bob, "owner", "bob@one.example")]).await;
        member(store, first, "cleo", "guest").await;
        let eve = member(store, first, "eve", "guest").await;
        change(store, first, ada, &[suspended(eve, "guest")]).await;
        let mut newcomer = joined(bob, "guest");
        if let Change::MemberJoined(new) = &mut newcomer {
            new.access = granted.clone();
        }
        change(store, second, ada, &[newcomer]).await;
        let pending = invite(store, second, ada, ("bob@one.example", after(now, HOUR))).await;
        invite(store, second, ada, ("somebody@one.example", after(now, HOUR))).await;

        let policies = [club(), guild()];
        let named: [(TeamId, UserId); 2] = [(first, user("cleo")), (second, user("nobody"))];
        let bob_id = user("bob");
        let question = ErasureQuestion { user: &bob_id, emails: &[], successors: &named, most_teams: MOST };
        let erasure = fresh(store.lock_erasure(None, &set(&policies), question).await.unwrap()).unwrap();
        let facts = |id: TeamId| -> ErasureFacts {
            erasure.teams.iter().find(|one| one.team.id == id).map(|one| one.facts.clone()).unwrap()
        };
        let one = facts(first);
        assert_eq!(one.member.as_ref().unwrap().membership.role, role("owner"));
        assert_eq!((one.holders_of_role, one.members, one.invitations.len()), (2, 4, 0));
        assert_eq!(one.successor.unwrap().membership.role, role("guest"));
        let two = facts(second);
        assert_eq!(two.member.as_ref().unwrap().access, granted);
        assert_eq!((two.holders_of_role, two.members), (1, 2));
        assert_eq!(two.invitations.iter().map(|one| one.id).collect::<Vec<_>>(), [pending.id]);
        assert!(two.successor.is_none());
        erasure.tx.undo().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_told_who_the_person_was_is_forgotten() {
    on_both(async |db| {
        let store = &db.store;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let later = after(store.now().await.unwrap(), HOUR);
        let team_of = team(store, &club(), "ada").await;
        let deleted = team(store, &club(), "ada").await;
        change(store, team_of, ada, &[joined_as(bob, "guest", "bob@one.example")]).await;
        change(store, deleted, ada, &[joined_as(bob, "guest", "bob@two.example")]).await;
        let mail = mailed(new_invitation(ada, "BOB@two.example", later), None);
        change(store, deleted, ada, &[Change::InvitationCreated(mail)]).await;
        change(store, deleted, ada, &[Change::TeamDeleted]).await;
        invite(store, team_of, ada, ("bob@two.example", later)).await;
        invite(store, team_of, ada, ("cleo@one.example", later)).await;
        let answered = invite(store, team_of, ada, ("boss@one.example", later)).await;
        let accept = Change::InvitationAccepted { invitation: answered.id, person: bob };
        change(store, team_of, bob, &[accept]).await;
        assert_eq!(db.number("SELECT count(*) FROM mails").await, 1);
        let log = "SELECT type || ' ' || revision || ' ' || position || ' ' || CAST(payload AS TEXT) FROM events ORDER BY seq";
        let before = db.texts(log).await;

        assert_eq!(erase(erasure(store, "bob", &[]).await).await, 3);
        let after = db.texts(log).await;
        assert_eq!(after[..before.len()], before[..], "the log has only grown");
        assert_eq!(db.texts("SELECT email FROM invitations WHERE email <> ''").await, ["cleo@one.example"]);
        assert_eq!(db.number("SELECT count(*) FROM invitations WHERE email_key = ''").await, 3);
        assert_eq!(db.number("SELECT count(*) FROM invitations WHERE email_key = '' AND state = 1").await, 0);
        assert_eq!(db.number("SELECT count(*) FROM mails").await, 0);
        assert_eq!(db.number("SELECT count(*) FROM members WHERE email IS NOT NULL").await, 0);
        assert_eq!(db.number("SELECT count(*) FROM members WHERE email_key IS NOT NULL").await, 0);
        let people = db.texts("SELECT user_id FROM people ORDER BY id").await;
        assert_eq!(people[0], "ada");
        assert!(people[1].parse::<Pseudonym>().is_ok(), "{people:?}");
        assert_ne!(person(store, "bob").await, bob, "somebody new");
    })
    .await;
}

/// Whoever is about to write the person's key is waited for, and what it wrote is found.
#[tokio::test]
async fn a_team_that_the_person_joins_meanwhile_is_found() {
    on_both(async |db| {
        let bob = person(&db.store, "bob").await;
        let first = team(&db.store, &club(), "ada").await;
        change(&db.store, first, bob, &[joined(bob, "guest")]).await;
        let second = team(&db.store, &club(), "ada").await;
        let Locked { mut tx, .. } = lock(&db.store, second).await;
        write(&mut tx, &context(bob), second, &[joined(bob, "guest")]).await.unwrap();
        // On another replica, which shares nothing but the database.
        let other = db.another_store().await;
        let erasing = tokio::spawn(async move {
            let erasure = erasure(&other, "bob", &[]).await;
            let found = found(&erasure, &[first, second]);
            erase(erasure).await;
            found
        });
        db.until_waiting(1).await;
        finish(tx, b"").await;
        assert_eq!(erasing.await.unwrap(), [true, true]);
        assert_eq!(db.number("SELECT count(*) FROM members").await, 2, "the founders alone");
    })
    .await;
}

/// A join that waits for an erasure is that of somebody new.
#[tokio::test]
async fn whoever_waits_for_an_erasure_is_somebody_new() {
    on_both(async |db| {
        let bob = person(&db.store, "bob").await;
        let first = team(&db.store, &club(), "ada").await;
        change(&db.store, first, bob, &[joined(bob, "guest")]).await;
        let erasure = erasure(&db.store, "bob", &[]).await;
        let other: Arc<Store> = db.another_store().await;
        let waiting = tokio::spawn(async move {
            let Creation { tx, facts } = fresh(begin(&other, "bob", None).await.unwrap());
            finish(tx, b"").await;
            facts.creator
        });
        db.until_waiting(1).await;
        erase(erasure).await;
        assert_ne!(waiting.await.unwrap(), bob);
        assert_eq!(db.number("SELECT count(*) FROM people").await, 3);
    })
    .await;
}

/// The same for many people at once.
#[tokio::test]
async fn whoever_is_added_beside_an_erasure_is_somebody_new() {
    on_both(async |db| {
        let bob = person(&db.store, "bob").await;
        let old = team(&db.store, &club(), "ada").await;
        change(&db.store, old, bob, &[joined(bob, "guest")]).await;
        let team = team(&db.store, &club(), "ada").await;
        let erasure = erasure(&db.store, "bob", &[]).await;
        let other = db.another_store().await;
        let waiting = tokio::spawn(async move {
            let users = [user("zoe"), user("bob"), user("ada")];
            let policies = [club()];
            let question = roster_store::Addition { users: &users };
            let Locked { tx, facts, .. } =
                fresh(other.lock_and_load(team, None, &set(&policies), |_| true, question).await.unwrap());
            finish(tx, b"").await;
            facts.people
        });
        db.until_waiting(1).await;
        erase(erasure).await;
        let people = waiting.await.unwrap();
        assert_eq!(people.len(), 3);
        assert_ne!(people[1], bob);
    })
    .await;
}

#[tokio::test]
async fn an_erasure_that_waits_for_another_finds_nobody() {
    on_both(async |db| {
        let bob = person(&db.store, "bob").await;
        let team = team(&db.store, &club(), "ada").await;
        change(&db.store, team, bob, &[joined(bob, "guest")]).await;
        let first = erasure(&db.store, "bob", &[]).await;
        let other = db.another_store().await;
        let second = tokio::spawn(async move {
            let erasure = erasure(&other, "bob", &[]).await;
            let nobody = (erasure.person, erasure.teams.len());
            erasure.tx.undo().await.unwrap();
            nobody
        });
        db.until_waiting(1).await;
        erase(first).await;
        assert_eq!(second.await.unwrap(), (None, 0));
    })
    .await;
}

#[tokio::test]
async fn an_erasure_is_answered_once() {
    on_both(async |db| {
        let store = &db.store;
        person(store, "bob").await;
        let user = user("bob");
        let claimed = async || {
            let question = ErasureQuestion { user: &user, emails: &[], successors: &[], most_teams: MOST };
            store.lock_erasure(Some(request(1, 1)), &set(&[]), question).await.unwrap()
        };
        let Loaded::Fresh(Some(mut erasure)) = claimed().await else { panic!("it is the first") };
        erasure.scrub(pseudonym()).await.unwrap();
        finish(erasure.tx, b"done").await;
        let Loaded::Replay(answer) = claimed().await else { panic!("it was answered") };
        assert_eq!(answer.answer, b"done");
    })
    .await;
}

#[tokio::test]
async fn only_locked_teams_change() {
    on_both(async |db| {
        let bob = person(&db.store, "bob").await;
        let known = team(&db.store, &club(), "ada").await;
        change(&db.store, known, bob, &[joined(bob, "guest")]).await;
        let other = team(&db.store, &club(), "ada").await;
        let (stranger, _) = db.store.team(other, |_| true).await.unwrap().unwrap();
        let mut erasure = erasure(&db.store, "bob", &[]).await;
        let outcome = erasure.apply(&service(), &stranger, &[removed(bob, "guest")]).await;
        assert!(outcome.is_err());
        erasure.tx.undo().await.unwrap();
    })
    .await;
}

/// Its team is not locked, so that it is not this erasure's to end, and must not be left half of one. `SQLite` has one
/// writer: there nothing happens meanwhile.
#[tokio::test]
async fn an_invitation_that_is_made_meanwhile_stays_whole() {
    on_postgres(async |db| {
        let store = &db.store;
        let (ada, bob) = (person(store, "ada").await, person(store, "bob").await);
        let later = after(store.now().await.unwrap(), HOUR);
        let known = team(store, &club(), "ada").await;
        change(store, known, ada, &[joined_as(bob, "guest", "bob@one.example")]).await;
        let other = team(store, &club(), "ada").await;
        let erasure = erasure(store, "bob", &[]).await;
        let replica = db.another_store().await;
        invite(&replica, other, ada, ("bob@one.example", later)).await;
        assert_eq!(erase(erasure).await, 0);
        let invitations = "SELECT email || ' ' || email_key || ' ' || state FROM invitations";
        assert_eq!(db.texts(invitations).await, ["bob@one.example bob@one.example 1"]);
    })
    .await;
}
