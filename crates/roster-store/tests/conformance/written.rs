//! What a commit writes is the same whichever way it is written: at once or one statement after the other, on either
//! database; and it is what the changes say, one by one.

use std::sync::Arc;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use roster_domain::facts::InvitationState;
use roster_domain::{Access, Grant, GrantTarget, MemberState, PolicySet, TeamId};
use roster_model::{Commit, PEOPLE, Team, commits, walk};
use roster_store::{Loaded, Locked, Store};
use uuid::Uuid;

use crate::database::Database;
use crate::dump::{clear, dump};
use crate::scene::{begin, context, fresh};

/// How many walks are taken: the same ones every time.
const WALKS: usize = 120;

#[tokio::test]
async fn a_commit_leaves_the_same_rows_however_it_is_written() {
    let [at_once, in_turn] = [Database::postgres().await, Database::postgres().await];
    let sqlite = Database::sqlite().await;
    for db in [&at_once, &in_turn, &sqlite] {
        db.store.migrate_up().await.unwrap();
    }
    let one_by_one = Arc::new(in_turn.store_that_writes_in_turn().await);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut written = 0;
    for n in 0..WALKS {
        let (policy, walk) = walk().new_tree(&mut runner).unwrap().current();
        let (commits, after) = commits(&policy, &walk);
        written += commits.len();
        let team = TeamId::from_uuid(Uuid::from_u128(n as u128));
        let mut rows = Vec::new();
        for (db, store) in [(&at_once, &at_once.store), (&in_turn, &one_by_one), (&sqlite, &sqlite.store)] {
            clear(db).await;
            for person in 0..PEOPLE {
                db.execute(&format!(
                    "INSERT INTO people (id, user_id, created_at) VALUES ({person}, 'p{person}', 0)"
                ))
                .await;
            }
            carry_out(store, team, &commits).await;
            rows.push(dump(db).await);
        }
        let story = || format!("{:#?}", commits.iter().map(|(_, changes)| changes).collect::<Vec<_>>());
        assert_eq!(rows[0], rows[1], "at once and in turn on Postgres: {}", story());
        assert_eq!(rows[0], rows[2], "on Postgres and on SQLite: {}", story());
        assert_eq!(stored(&at_once).await, expected(&after), "as the changes say: {}", story());
    }
    assert!(written > 10 * WALKS, "only {written} commits");
}

async fn carry_out(store: &Store, team: TeamId, commits: &[Commit]) {
    for (n, (actor, changes)) in commits.iter().enumerate() {
        let mut tx = if n == 0 {
            fresh(begin(store, "p0", None).await.unwrap()).tx
        } else {
            let loaded = store.lock_and_load(team, None, &PolicySet::default(), |_| true, ()).await.unwrap();
            let Loaded::Fresh(Locked { tx, .. }) = loaded else { panic!("no team before {changes:?}") };
            tx
        };
        let applied = tx.apply(&context(*actor), team, changes).await;
        applied.unwrap_or_else(|error| panic!("{error}: {changes:#?}"));
        let _ = tx.finish(b"").await.unwrap_or_else(|error| panic!("{error}: {changes:#?}"));
    }
}

/// What the changes make of the team, carried out one by one in memory.
fn expected(team: &Team<'_>) -> Vec<String> {
    let mut rows = vec![format!("team {}", team.revision)];
    for member in &team.members {
        let place = &member.place;
        let email = place.email.as_ref().map_or("-", |email| email.as_typed());
        let (person, state) = (place.person.0, state(place.state));
        let restricted = restricted(&member.access);
        rows.push(format!("member {person} {} {state} {email} {restricted} {}", place.role, place.version));
        rows.extend(member.access.grants.iter().map(|one| format!("grant {person} {}", grant(one))));
    }
    for ((role, of), count) in team.counts.iter().filter(|(_, count)| **count != 0) {
        rows.push(format!("count {role} {} {count}", state(*of)));
    }
    rows.extend(team.removals.iter().map(|(person, at)| format!("removal {} {at}", person.0)));
    // The invites of a deleted team end, which the team in memory leaves out.
    for one in team.invitations.iter().filter(|_| team.facts.is_some()) {
        let state = match one.state {
            InvitationState::Pending => 1,
            InvitationState::Accepted => 2,
            InvitationState::Declined => 3,
            InvitationState::Cancelled => 4,
            InvitationState::Expired => 5,
        };
        let by = one.answered_by.map_or("-".to_owned(), |person| person.0.to_string());
        let id = one.id.uuid().simple();
        rows.push(format!(
            "invitation {id} {state} {by} {} {} {} {}",
            one.maker.0, one.revision, one.version, one.generation
        ));
        rows.extend(one.access.grants.iter().map(|one| format!("offer {id} {}", grant(one))));
    }
    for link in team.links.iter().filter(|_| team.facts.is_some()) {
        let id = link.id.uuid().simple();
        rows.push(format!("link {id} {} {} {}", link.maker.0, link.revoked_at.is_some(), link.uses));
    }
    for code in team.codes.iter().filter(|_| team.facts.is_some()) {
        let id = code.id.uuid().simple();
        rows.push(format!("code {id} {} {} {}", code.maker.0, code.revoked_at.is_some(), code.uses));
        rows.extend(code.access.grants.iter().map(|one| format!("offer {id} {}", grant(one))));
    }
    rows.sort();
    rows
}

/// The same out of the tables.
async fn stored(db: &Database) -> Vec<String> {
    let id = |column: &str| format!("replace({column}::text, '-', '')");
    let there = "FROM teams JOIN";
    let of_team = "ON team_id = teams.id AND deleted_at IS NULL";
    let mut rows = Vec::new();
    for sql in [
        "SELECT 'team ' || revision FROM teams".to_owned(),
        "SELECT 'member ' || person || ' ' || role || ' ' || state || ' ' || coalesce(email, '-') || ' ' || restricted
           || ' ' || version FROM members"
            .to_owned(),
        "SELECT 'grant ' || person || ' ' || kind || ' ' || resource || ' ' || role FROM grants".to_owned(),
        "SELECT 'count ' || role || ' ' || state || ' ' || count FROM member_counts WHERE count <> 0".to_owned(),
        "SELECT 'removal ' || person || ' ' || revision FROM removals".to_owned(),
        format!(
            "SELECT 'invitation ' || {} || ' ' || state || ' ' || coalesce(answered_by::text, '-') || ' ' || maker
               || ' ' || i.revision || ' ' || i.version || ' ' || generation {there} invitations i {of_team}",
            id("i.id")
        ),
        format!(
            "SELECT 'link ' || {} || ' ' || maker || ' ' || (revoked_at IS NOT NULL) || ' ' || uses
               {there} invite_links i {of_team}",
            id("i.id")
        ),
        format!(
            "SELECT 'code ' || {} || ' ' || maker || ' ' || (revoked_at IS NOT NULL) || ' ' || uses
               {there} team_codes i {of_team}",
            id("i.id")
        ),
        format!(
            "SELECT 'offer ' || {} || ' ' || kind || ' ' || resource || ' ' || role {there} offered_grants {of_team}",
            id("offer_id")
        ),
    ] {
        rows.extend(db.texts(&sql).await);
    }
    rows.sort();
    rows
}

fn state(state: MemberState) -> u8 {
    match state {
        MemberState::Active => 1,
        MemberState::Suspended => 2,
    }
}

fn grant(grant: &Grant) -> String {
    let resource = match &grant.target {
        GrantTarget::All => "",
        GrantTarget::One(id) => id.as_str(),
    };
    format!("{} {resource} {}", grant.kind, grant.role)
}

fn restricted(access: &Access) -> String {
    access.restricted.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
