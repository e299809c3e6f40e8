//! A resource is gone, and every grant of it ends.

use std::collections::BTreeMap;

use roster_domain::policy::KindName;
use roster_domain::{Access, Change, NewInvitation, NewMember, NewTeamCode, PersonKey, TeamId};
use roster_store::{Payload, Purge};

use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, access, after, ask, change, code, email, guild, last_event, new_code, new_invitation, newcomer,
    person, resource, shown, team, user,
};

const PURGED: (&str, &str, &str) = ("brand", "acme", "editor");

/// What stays: another resource of the kind, all of the kind, the same id in another kind, a longer id.
const KEPT: [(&str, &str, &str); 4] = [
    ("brand", "acme2", "editor"),
    ("brand", "*", "viewer"),
    ("shelf", "acme", "reader"),
    ("brand", "ACME", "viewer"),
];

fn kind(name: &str) -> KindName {
    KindName::parse(name).unwrap()
}

/// Members, an invitation and codes with and without the resource.
async fn fill(db: &Database, team: TeamId, prefix: &str) -> PersonKey {
    let store = &db.store;
    let ada = person(store, "ada").await;
    let both: Vec<_> = [PURGED].into_iter().chain(KEPT).collect();
    for (name, grants) in [("only", &[PURGED][..]), ("both", &both), ("kept", &KEPT), ("none", &[])] {
        let who = person(store, name).await;
        let access = access(grants, &["brand"]);
        change(store, team, ada, &[Change::MemberJoined(NewMember { access, ..newcomer(who, "steward") })])
            .await;
    }
    let expires_at = after(store.now().await.unwrap(), HOUR);
    for (address, grants) in
        [("only@example.org", &[PURGED][..]), ("both@example.org", &both), ("kept@example.org", &KEPT)]
    {
        let access = access(grants, &["brand"]);
        let new = NewInvitation { access, ..new_invitation(ada, address, expires_at) };
        change(store, team, ada, &[Change::InvitationCreated(new)]).await;
    }
    for (text, grants) in [("BOTH", &both[..]), ("KEPT", &KEPT)] {
        let access = access(grants, &["brand"]);
        code(store, team, NewTeamCode { access, ..new_code(ada, &format!("{prefix}{text}")) }).await;
    }
    ada
}

/// Everything about grants, team by team.
async fn rows(db: &Database, team: TeamId) -> Vec<String> {
    let id = db.uuid(team.uuid());
    let mut rows = Vec::new();
    for sql in [
        "SELECT person || kind || resource || role FROM grants WHERE team_id = {} ORDER BY person, kind, resource",
        "SELECT kind || resource || role FROM offered_grants WHERE team_id = {} ORDER BY offer_id, kind, resource",
        "SELECT person || restricted || version FROM members WHERE team_id = {} ORDER BY person",
        "SELECT email || restricted || version FROM invitations WHERE team_id = {} ORDER BY email",
        "SELECT code || restricted FROM team_codes WHERE team_id = {} ORDER BY code",
    ] {
        rows.extend(db.texts(&sql.replace("{}", &id)).await);
    }
    rows
}

#[tokio::test]
async fn of_members_invitations_and_codes_and_of_nothing_else() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = fill(db, team, "GD-").await;
        fill(db, other, "GX-").await;
        let elsewhere = rows(db, other).await;
        let (kind, resource) = (kind("brand"), resource("acme"));
        let facts =
            ask(store, team, &[], Purge { actor: &user("ada"), kind: &kind, resource: &resource }).await;
        assert_eq!((facts.members, facts.offers, facts.actor.unwrap().person), (2, 3, ada));

        let before: BTreeMap<_, _> = versions(db, team).await;
        let purged = Change::ResourcePurged { kind: kind.clone(), resource: resource.clone(), members: 2 };
        let revision = change(store, team, ada, &[purged]).await;
        let kept = access(&KEPT, &["brand"]);
        for (name, expected) in [
            ("only", access(&[], &["brand"])),
            ("both", kept.clone()),
            ("kept", kept),
            ("none", access(&[], &["brand"])),
        ] {
            let found = sorted(shown(store, team, name).await.access);
            assert_eq!(found, sorted(expected), "{name}");
        }
        for (who, version) in versions(db, team).await {
            let touched = ["only", "both", "only@example.org", "both@example.org"].contains(&who.as_str());
            assert_eq!(version, if touched { revision } else { before[&who] }, "{who}");
        }
        let left = "SELECT count(*) FROM offered_grants WHERE resource = 'acme' AND kind = 'brand'";
        assert_eq!(db.number(left).await, 3, "those of the other team");
        assert_eq!(rows(db, other).await, elsewhere, "another team was touched");

        let event = last_event(db, team).await;
        assert_eq!((event.actor.as_deref(), event.target), (Some("ada"), None));
        let (kind_name, resource_id) = ("brand".into(), "acme".into());
        assert_eq!(
            event.payload,
            Payload::ResourcePurged { kind: kind_name, resource: resource_id, members: 2 }
        );
        let facts =
            ask(store, team, &[], Purge { actor: &user("eve"), kind: &kind, resource: &resource }).await;
        assert_eq!((facts.members, facts.offers, facts.actor), (0, 0, None));
    })
    .await;
}

fn sorted(mut access: Access) -> Access {
    access.grants.sort();
    access
}

/// The versions of members by their user ids and of invitations by their addresses.
async fn versions(db: &Database, team: TeamId) -> BTreeMap<String, i64> {
    let id = db.uuid(team.uuid());
    let sql = format!(
        "SELECT user_id || ' ' || version FROM members JOIN people ON id = person WHERE team_id = {id}
         UNION ALL SELECT email || ' ' || version FROM invitations WHERE team_id = {id}"
    );
    let rows = db.texts(&sql).await;
    rows.iter()
        .filter_map(|row| row.split_once(' '))
        .map(|(who, at)| (who.into(), at.parse().unwrap()))
        .collect()
}

/// A row that two parts of one commit would change is changed by one of them, to the end of both.
#[tokio::test]
async fn by_a_holder_whose_address_is_taken_up() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        fill(db, team, "X").await;
        let only = person(store, "only").await;
        let (kind, resource) = (kind("brand"), resource("acme"));
        let purged = Change::ResourcePurged { kind, resource, members: 2 };
        let shown_address = Change::MemberEmailChanged { person: only, email: email("only@example.org") };
        let revision = change(store, team, only, &[purged, shown_address]).await;
        let (only, both) = (shown(store, team, "only").await, shown(store, team, "both").await);
        assert_eq!((only.email.as_deref(), only.version), (Some("only@example.org"), revision));
        assert_eq!((both.email.as_deref(), both.version), (None, revision));
        assert_eq!((only.access.grants.len(), both.access.grants.len()), (0, KEPT.len()));
    })
    .await;
}
