//! Members are suspended and restored.

use roster_domain::{Change, MemberState};
use roster_store::{MemberChange, Payload, Restoration, TeamQuery};

use crate::asks::Asks;
use crate::database::on_both;
use crate::scene::{
    ask, change, club, guild, invite, last_event, member, person, policy_name, role, shown, suspended, team,
    user,
};

#[tokio::test]
async fn a_member_is_suspended_and_restored() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let bob = member(store, team, "bob", "guest").await;
        let before = shown(store, team, "bob").await;
        let roles = vec![(policy_name("guild"), role("guest"))];
        let query = TeamQuery { roles, external_id: None, after: None, limit: 5 };
        let counts =
            "SELECT role || ' ' || state || ' ' || count FROM member_counts WHERE count > 0 ORDER BY 1";

        assert_eq!(change(store, team, ada, &[suspended(bob, "guest")]).await, 3);
        let away = shown(store, team, "bob").await;
        assert_eq!((away.state, away.version, &away.role), (MemberState::Suspended, 3, &before.role));
        assert_eq!((away.joined_at, away.access), (before.joined_at, before.access.clone()));
        assert_eq!(db.texts(counts).await, ["guest 2 1", "owner 1 1"]);
        assert_eq!(store.list_teams(&user("bob"), &query).await.unwrap(), [], "a team that gives no access");
        let seen = store.see(team, &user("bob"), |_| true).await.unwrap().unwrap();
        assert_eq!((seen.membership.unwrap().state, seen.team.member_count), (MemberState::Suspended, 1));
        let event = last_event(db, team).await;
        assert_eq!((event.actor.as_deref(), event.target.as_deref()), (Some("ada"), Some("bob")));
        assert_eq!(event.payload, Payload::MemberSuspended { role: "guest".into() });

        let restored = Change::MemberRestored { person: bob, role: role("guest") };
        assert_eq!(change(store, team, ada, &[restored]).await, 4);
        let back = shown(store, team, "bob").await;
        assert_eq!(roster_store::Member { version: 2, ..back }, before);
        assert_eq!(db.texts(counts).await, ["guest 1 1", "owner 1 1"]);
        assert_eq!(store.list_teams(&user("bob"), &query).await.unwrap().len(), 1);
        let event = last_event(db, team).await;
        assert_eq!(event.target.as_deref(), Some("bob"));
        assert_eq!(event.payload, Payload::MemberRestored { role: "guest".into() });
        assert_eq!(db.number("SELECT count(*) FROM removals").await, 0);
    })
    .await;
}

#[tokio::test]
async fn facts_of_a_restoration_tell_what_holds_seats() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let bob = member(store, team, "bob", "guest").await;
        member(store, team, "cleo", "steward").await;
        change(store, team, ada, &[suspended(bob, "guest")]).await;
        let expires_at = crate::scene::after(store.now().await.unwrap(), crate::scene::HOUR);
        invite(store, team, ada, ("eve@example.org", expires_at)).await;
        let (actor, target) = (&user("ada"), &user("bob"));
        let facts = ask(store, team, &[guild()], Restoration(MemberChange { actor, target })).await;
        let seats = facts.occupancy;
        assert_eq!((seats.active, seats.suspended, seats.pending), (2, 1, 1));
        assert_eq!(facts.member.target.unwrap().person, bob);
        // Under rules that are not known they count, for they might; under rules without seats they do not.
        let facts = ask(store, team, &[club()], Restoration(MemberChange { actor, target })).await;
        assert_eq!(facts.occupancy, seats);
        db.execute("UPDATE teams SET policy = 'club'").await;
        let facts = ask(store, team, &[club()], Restoration(MemberChange { actor, target })).await;
        assert_eq!(facts.occupancy, roster_domain::facts::Occupancy::default());
    })
    .await;
}
