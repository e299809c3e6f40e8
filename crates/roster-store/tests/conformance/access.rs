//! What members are granted, and that it ends with their memberships.

use roster_domain::{Access, Change, GrantTarget, MemberState, NewMember, PersonKey, TeamId};
use roster_store::{AccessRecord, GrantRecord, MemberChange, Payload};

use crate::asks::Asks;
use crate::database::{Database, on_both};
use crate::scene::{
    access, access_changed, ask, change, club, context, finish, guild, joined, last_event, left, lock,
    member, newcomer, person, role, role_changed, shown, suspended, team, user,
};

const EVERYTHING: [(&str, &str, &str); 3] =
    [("brand", "*", "viewer"), ("brand", "acme", "editor"), ("shelf", "a,b", "reader")];

/// A member with everything that can be granted, and restricted in both kinds.
async fn granted(db: &Database, team: TeamId, name: &str) -> PersonKey {
    let who = person(&db.store, name).await;
    let access = access(&EVERYTHING, &["brand", "shelf"]);
    change(&db.store, team, who, &[Change::MemberJoined(NewMember { access, ..newcomer(who, "steward") })])
        .await;
    who
}

async fn grants(db: &Database) -> i64 {
    db.number("SELECT count(*) FROM grants").await
}

fn record(access: &Access) -> AccessRecord {
    let grants = access.grants.iter().map(|grant| GrantRecord {
        kind: grant.kind.to_string(),
        resource: match &grant.target {
            GrantTarget::All => None,
            GrantTarget::One(resource) => Some(resource.as_str().to_owned()),
        },
        role: grant.role.to_string(),
    });
    let restricted = access.restricted.iter().map(ToString::to_string).collect();
    AccessRecord { grants: grants.collect(), restricted }
}

#[tokio::test]
async fn a_member_joins_with_what_it_is_granted() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let bob = person(&db.store, "bob").await;
        let given = access(&EVERYTHING, &["brand", "shelf"]);
        let new = NewMember { access: given.clone(), ..newcomer(bob, "steward") };
        let mut locked = lock(&db.store, team).await;
        locked.tx.apply(&context(bob), team, &[Change::MemberJoined(new)]).await.unwrap();
        finish(locked.tx, b"").await;
        assert_eq!(shown(&db.store, team, "bob").await.access, given);
        assert_eq!(shown(&db.store, team, "ada").await.access, Access::default());
        assert_eq!(grants(db).await, 3);
        let Payload::MemberJoined { access, .. } = last_event(db, team).await.payload else {
            panic!("another event")
        };
        assert_eq!(access, record(&given));
    })
    .await;
}

#[tokio::test]
async fn what_is_granted_is_replaced_as_a_whole() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let bob = granted(db, team, "bob").await;
        let cleo = granted(db, team, "cleo").await;
        let mut before = access(&EVERYTHING, &["brand", "shelf"]);
        let beside = shown(&db.store, team, "cleo").await;
        for (revision, after) in [
            access(&[("brand", "acme", "viewer"), ("shelf", "*", "reader")], &["shelf"]),
            access(&[], &["shelf"]),
            access(&[("brand", "b", "viewer")], &[]),
            Access::default(),
        ]
        .into_iter()
        .enumerate()
        {
            let changed = access_changed(bob, &before, &after);
            let revision = i64::try_from(revision).unwrap() + 4;
            assert_eq!(change(&db.store, team, ada, &[changed]).await, revision);
            let member = shown(&db.store, team, "bob").await;
            assert_eq!((&member.access, member.version), (&after, revision));
            assert_eq!(member.role, role("steward"));
            let event = last_event(db, team).await;
            assert_eq!((event.actor.as_deref(), event.target.as_deref()), (Some("ada"), Some("bob")));
            let (before_record, after_record) = (record(&before), record(&after));
            let told = Payload::MemberAccessChanged { before: before_record, after: after_record };
            assert_eq!(event.payload, told);
            before = after;
        }
        assert_eq!(shown(&db.store, team, "cleo").await, beside, "of another member");
        assert_eq!(beside.person, cleo);
    })
    .await;
}

#[tokio::test]
async fn what_is_granted_ends_with_the_membership_and_does_not_come_back() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let other = crate::scene::team(&db.store, &guild(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let bob = granted(db, team, "bob").await;
        granted(db, other, "bob").await;
        let given = access(&EVERYTHING, &["brand", "shelf"]);
        let role_name = role("steward");
        let state = MemberState::Active;
        for end in [
            Change::MemberRemoved { person: bob, state, role: role_name.clone(), access: given.clone() },
            Change::MemberLeft { person: bob, role: role_name, access: given.clone() },
        ] {
            assert_eq!(grants(db).await, 6);
            change(&db.store, team, ada, std::slice::from_ref(&end)).await;
            assert_eq!(grants(db).await, 3, "{end:?}");
            match last_event(db, team).await.payload {
                Payload::MemberRemoved { access, suspended, .. } => {
                    assert_eq!((access, suspended), (record(&given), false));
                }
                Payload::MemberLeft { access, .. } => assert_eq!(access, record(&given)),
                other => panic!("{other:?}"),
            }
            change(&db.store, team, bob, &[joined(bob, "steward")]).await;
            assert_eq!(shown(&db.store, team, "bob").await.access, Access::default(), "{end:?}");
            // As it was, for the other end.
            change(&db.store, team, bob, &[left(bob, "steward")]).await;
            granted(db, team, "bob").await;
        }
        assert_eq!(shown(&db.store, other, "bob").await.access, given, "in another team");
    })
    .await;
}

#[tokio::test]
async fn what_is_granted_stays_through_suspension_and_a_change_of_role() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let bob = granted(db, team, "bob").await;
        let given = shown(&db.store, team, "bob").await.access;
        change(&db.store, team, bob, &[role_changed(bob, "steward", "guest"), suspended(bob, "guest")]).await;
        assert_eq!(shown(&db.store, team, "bob").await.access, given);
        change(&db.store, team, bob, &[Change::MemberRestored { person: bob, role: role("guest") }]).await;
        assert_eq!(shown(&db.store, team, "bob").await.access, given);
    })
    .await;
}

/// The last line of defence: without its membership a grant cannot be, and there is one for each kind and resource.
#[tokio::test]
async fn a_grant_without_a_membership_cannot_be() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        granted(db, team, "bob").await;
        let id = db.uuid(team.uuid());
        let give = |person: &str, resource: &str| {
            format!(
                "INSERT INTO grants SELECT {id}, id, 'brand', '{resource}', 'viewer' FROM people
                 WHERE user_id = '{person}'"
            )
        };
        person(&db.store, "stranger").await;
        for (sql, allowed) in [
            (give("bob", "new"), true),
            (give("bob", "acme"), false),
            (give("bob", ""), false),
            (give("stranger", "acme"), false),
            ("DELETE FROM members".to_owned(), false),
        ] {
            let done = db.try_execute(&sql).await;
            assert_eq!(done.is_ok(), allowed, "{sql}: {done:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn facts_of_a_change_tell_what_both_were_granted() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let bob = granted(db, team, "bob").await;
        member(&db.store, team, "cleo", "guest").await;
        let given = access(&EVERYTHING, &["brand", "shelf"]);
        let facts_of = async |actor: &str, target: &str| {
            let question = MemberChange { actor: &user(actor), target: &user(target) };
            ask(&db.store, team, &[guild()], question).await
        };
        let facts = facts_of("bob", "cleo").await;
        assert_eq!((&facts.actor_access, facts.target_access), (&given, Access::default()));
        assert_eq!(facts.actor.unwrap().person, bob);
        let facts = facts_of("bob", "bob").await;
        assert_eq!((facts.actor_access, facts.target_access), (given.clone(), given.clone()));
        let facts = facts_of("cleo", "bob").await;
        assert_eq!((facts.actor_access, facts.target_access), (Access::default(), given.clone()));
        let facts = facts_of("stranger", "nobody").await;
        assert_eq!((facts.actor_access, facts.target_access), (Access::default(), Access::default()));

        // Under rules that are not known they count, for they might; under rules without kinds they do not.
        let (actor, target) = (&user("cleo"), &user("bob"));
        let facts = ask(&db.store, team, &[club()], MemberChange { actor, target }).await;
        assert_eq!(facts.target_access, given);
        db.execute("UPDATE teams SET policy = 'club'").await;
        let facts = ask(&db.store, team, &[club()], MemberChange { actor, target }).await;
        assert_eq!(facts.target_access, Access::default());
    })
    .await;
}

#[tokio::test]
async fn a_holder_comes_with_what_they_were_granted() {
    on_both(async |db| {
        let team = team(&db.store, &guild(), "ada").await;
        let bob = granted(db, team, "bob").await;
        let found = db.store.holder(team, &user("bob")).await.unwrap().unwrap();
        assert_eq!((found.membership.person, found.membership.role), (bob, role("steward")));
        assert_eq!(found.access, shown(&db.store, team, "bob").await.access);
        assert_eq!(db.store.holder(team, &user("stranger")).await.unwrap(), None);
    })
    .await;
}
