//! The audit log whole: one team to which everything happens that can, and every event of it, field by field.

use prost_types::Timestamp;
use roster_proto::v1::event::Change;
use roster_proto::v1::list_events_request::Filter;
use roster_proto::v1::{
    BatchAddMembersRequest, ChangeMemberRoleRequest, CreateTeamRequest, ErrorReason, Event, EventType, Grant,
    InviteLinkAdopted, InviteLinkCreated, InviteLinkRevoked, JoinMethod, ListEventsRequest,
    MemberAccessChanged, MemberEmailChanged, MemberJoined, MemberLeft, MemberRemoved, MemberRestored,
    MemberRoleChanged, MemberState, MemberSuspended, OwnershipTransferred, RemoveMemberRequest,
    ResourcePurged, TeamCreated, TeamDeleted, TeamRenamed, TeamTierChanged,
};
use roster_tests::{
    Actor, Kind, Link, OwnPolicy, Server, actor, assert_refused, both, connect_postgres, dump, micros,
    new_team, on, only, request_id, row, service,
};

/// A policy in which everything can happen.
const EVERYTHING: &str = r#"
name = "everything"
title = "Everything"
suspension = true
self_role = "unless_last"
self_leave = "unless_last"

[[roles]]
name = "owner"
founder = true
sole = { transferable = true, former_holder_becomes = "admin" }
permissions = ["*"]
assigns = ["admin", "guest"]
manages = ["admin", "guest"]

[[roles]]
name = "admin"
permissions = ["*"]
assigns = ["admin", "guest"]
manages = ["admin", "guest"]

[[roles]]
name = "guest"
permissions = ["team.read"]

[invite_links]
lifetime = "P1D"
role = "guest"

[tiers]
names = ["small", "large"]
default = "small"

[[kinds]]
name = "brand"
dormant_grants = true

[[kinds.roles]]
name = "editor"
permissions = ["brand.view", "brand.edit"]

[[kinds.roles]]
name = "viewer"
permissions = ["brand.view"]

[kinds.reach]
owner = { all = "editor" }
admin = { all = "editor" }
guest = { scoped = "viewer" }
"#;

const WATCHER: &str = "events.watch-all";

/// An event as it should be; what the service makes up is left out.
fn event(revision: i64, actor: &str, caller: &str, request: &str, change: Change) -> Event {
    Event {
        revision,
        actor_user_id: actor.into(),
        caller: caller.into(),
        request_id: request.into(),
        r#type: type_of(&change).into(),
        change: Some(change),
        ..Event::default()
    }
}

fn type_of(change: &Change) -> EventType {
    match change {
        Change::TeamCreated(_) => EventType::TeamCreated,
        Change::MemberJoined(_) => EventType::MemberJoined,
        Change::MemberRoleChanged(_) => EventType::MemberRoleChanged,
        Change::MemberRemoved(_) => EventType::MemberRemoved,
        Change::MemberEmailChanged(_) => EventType::MemberEmailChanged,
        Change::InviteLinkCreated(_) => EventType::InviteLinkCreated,
        Change::InviteLinkRevoked(_) => EventType::InviteLinkRevoked,
        Change::TeamRenamed(_) => EventType::TeamRenamed,
        Change::TeamTierChanged(_) => EventType::TeamTierChanged,
        Change::TeamDeleted(_) => EventType::TeamDeleted,
        Change::MemberAccessChanged(_) => EventType::MemberAccessChanged,
        Change::MemberSuspended(_) => EventType::MemberSuspended,
        Change::MemberRestored(_) => EventType::MemberRestored,
        Change::MemberLeft(_) => EventType::MemberLeft,
        Change::OwnershipTransferred(_) => EventType::OwnershipTransferred,
        Change::ResourcePurged(_) => EventType::ResourcePurged,
        Change::InviteLinkAdopted(_) => EventType::InviteLinkAdopted,
        other => panic!("nothing here does {other:?}"),
    }
}

fn joined(user: &str, role: &str, method: JoinMethod) -> MemberJoined {
    MemberJoined {
        user_id: user.into(),
        role: role.into(),
        join_method: method.into(),
        ..MemberJoined::default()
    }
}

/// What happened to the team: the events that must be there, the oldest first.
struct Story {
    team: String,
    events: Vec<Event>,
}

/// What the story's first part leaves behind.
struct Cast {
    used: Link,
    unused: Link,
    one: Grant,
    two: Grant,
}

#[tokio::test]
async fn everything_that_happens_to_a_team_is_in_its_log_as_it_was() {
    let policy = OwnPolicy::of(EVERYTHING);
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let (mut story, cast) = beginning(&server).await;
        middle(&server, &mut story, &cast).await;
        end(&server, &mut story, &cast).await;
        let mut expected = story.events;
        expected.reverse();
        let events = server.events(service(WATCHER), &story.team).await;
        assert!(events.is_sorted_by(|newer, older| micros(newer.event_time) >= micros(older.event_time)));
        let mut ids: Vec<_> = events.iter().map(|event| event.event_id.clone()).collect();
        assert!(ids.iter().all(|id| id.starts_with("evt_") && id.len() == 30), "{ids:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), events.len(), "an id each");
        for (seen, expected) in events.iter().zip(&expected) {
            let made_up = Event {
                event_id: seen.event_id.clone(),
                event_time: seen.event_time,
                team_id: story.team.clone(),
                ..expected.clone()
            };
            assert_eq!(*seen, made_up);
        }
        assert_eq!(events.len(), expected.len());
    })
    .await;
}

/// The team comes into being and gets members and ways in.
async fn beginning(server: &Server) -> (Story, Cast) {
    let ids: [String; 3] = std::array::from_fn(|_| request_id());
    let create =
        CreateTeamRequest { external_id: "17".into(), request_id: ids[0].clone(), ..new_team("everything") };
    let made =
        server.try_create(actor("ada").through("shop"), create).await.expect("a team is made").into_inner();
    let team = made.team.expect("CreateTeam returns the team").team_id;

    let one = on("brand", "one", "viewer");
    let mut bob = row("bob", "guest");
    bob.grants = vec![one.clone()];
    bob.email = "bob@example.org".into();
    let mut ben = row("ben", "admin");
    ben.join_time = Some(Timestamp { seconds: 1_000_000_000, nanos: 0 });
    let add = BatchAddMembersRequest {
        team_id: team.clone(),
        members: vec![ben, bob, row("zed", "owner")],
        request_id: ids[1].clone(),
        ..BatchAddMembersRequest::default()
    };
    server
        .team_as(service("members.import").through("mover"))
        .batch_add_members(add)
        .await
        .expect("people are added");
    let used = server.create_link("ben", &team).await;
    let unused = server.create_link(actor("ada").through("shop"), &team).await;
    server.redeem(actor("cyd").email("cyd@example.org"), &used.token).await;
    let two = on("brand", "two", "viewer");
    let change = ChangeMemberRoleRequest {
        team_id: team.clone(),
        user_id: "bob".into(),
        role: "admin".into(),
        access: Some(only(&[one.clone(), two.clone()])),
        request_id: ids[2].clone(),
        ..ChangeMemberRoleRequest::default()
    };
    server.team_as("ada").change_member_role(change).await.expect("the role is changed");

    let restricted = || vec!["brand".to_owned()];
    let created = TeamCreated {
        policy: "everything".into(),
        display_name: "Team".into(),
        tier: "small".into(),
        external_id: "17".into(),
        personal: false,
    };
    let bob_joined = MemberJoined {
        grants: vec![one.clone()],
        restricted_kinds: restricted(),
        ..joined("bob", "guest", JoinMethod::Import)
    };
    let cyd_joined = MemberJoined {
        link_id: used.id.clone(),
        invited_by_user_id: "ben".into(),
        ..joined("cyd", "guest", JoinMethod::InviteLink)
    };
    let role =
        MemberRoleChanged { user_id: "bob".into(), old_role: "guest".into(), new_role: "admin".into() };
    let access = MemberAccessChanged {
        user_id: "bob".into(),
        old_grants: vec![one.clone()],
        new_grants: vec![one.clone(), two.clone()],
        old_restricted_kinds: restricted(),
        new_restricted_kinds: restricted(),
    };
    let founder = joined("ada", "owner", JoinMethod::Founder);
    let ben_joined = joined("ben", "admin", JoinMethod::Import);
    let events = vec![
        event(1, "ada", "shop", &ids[0], Change::TeamCreated(created)),
        event(1, "ada", "shop", &ids[0], Change::MemberJoined(founder)),
        event(2, "", "mover", &ids[1], Change::MemberJoined(ben_joined)),
        event(2, "", "mover", &ids[1], Change::MemberJoined(bob_joined)),
        event(3, "ben", "dev", "", made_link(server, &team, &used).await),
        event(4, "ada", "shop", "", made_link(server, &team, &unused).await),
        event(5, "cyd", "dev", "", Change::MemberJoined(cyd_joined)),
        event(6, "ada", "dev", &ids[2], Change::MemberRoleChanged(role)),
        event(6, "ada", "dev", &ids[2], Change::MemberAccessChanged(access)),
    ];
    (Story { team, events }, Cast { used, unused, one, two })
}

/// The members change, and the team with them.
async fn middle(server: &Server, story: &mut Story, Cast { one, two, .. }: &Cast) {
    let team = story.team.as_str();
    server.grant("bob", team, "cyd", std::slice::from_ref(two)).await;
    server.try_purge("ada", team, "brand", "two").await.expect("a purge");
    server.rename(actor("ada").email("ada@example.org"), team, "Another").await;
    server.change_tier(team, "large").await;
    server.suspend("ada", team, "cyd").await;
    server.restore("ada", team, "cyd").await;
    // None of these is a change.
    server.restore("ada", team, "cyd").await;
    server.rename("ada", team, "Another").await;
    server.change_tier(team, "large").await;
    server.try_purge("ada", team, "brand", "two").await.expect("a purge");
    assert!(server.try_remove("cyd", team, "bob").await.is_err(), "nor is what is refused");

    let access = MemberAccessChanged {
        user_id: "cyd".into(),
        new_grants: vec![two.clone()],
        new_restricted_kinds: vec!["brand".into()],
        ..MemberAccessChanged::default()
    };
    let purged = ResourcePurged { kind: "brand".into(), resource_id: "two".into(), members: 2 };
    let renamed = TeamRenamed { old_display_name: "Team".into(), new_display_name: "Another".into() };
    let address = MemberEmailChanged { user_id: "ada".into() };
    let tier = TeamTierChanged { old_tier: "small".into(), new_tier: "large".into() };
    let suspended = MemberSuspended { user_id: "cyd".into(), role: "guest".into() };
    let restored = MemberRestored { user_id: "cyd".into(), role: "guest".into() };
    assert_eq!(server.member("ada", team, "bob").await.grants, std::slice::from_ref(one));
    story.events.extend([
        event(7, "bob", "dev", "", Change::MemberAccessChanged(access)),
        event(8, "ada", "dev", "", Change::ResourcePurged(purged)),
        event(9, "ada", "dev", "", Change::TeamRenamed(renamed)),
        event(9, "ada", "dev", "", Change::MemberEmailChanged(address)),
        event(10, "", "dev", "", Change::TeamTierChanged(tier)),
        event(11, "ada", "dev", "", Change::MemberSuspended(suspended)),
        event(12, "ada", "dev", "", Change::MemberRestored(restored)),
    ]);
}

/// The members go, and the team with them.
async fn end(server: &Server, story: &mut Story, Cast { used, unused, one, .. }: &Cast) {
    let team = story.team.as_str();
    let remove = RemoveMemberRequest {
        team_id: team.into(),
        user_id: "ben".into(),
        adopt_invites: true,
        ..RemoveMemberRequest::default()
    };
    server.team_as("ada").remove_member(remove).await.expect("the member is removed");
    server.revoke("ada", team, &unused.id).await;
    server.leave("cyd", team).await;
    server.transfer(service("teams.administer").through("support"), team, "bob").await;
    server.suspend("bob", team, "ada").await;
    server.remove("bob", team, "ada").await;
    server.delete("bob", team).await;

    let removed = |user: &str, state: MemberState| MemberRemoved {
        user_id: user.into(),
        role: "admin".into(),
        state: state.into(),
        grants: vec![],
        ..MemberRemoved::default()
    };
    let adopted = InviteLinkAdopted { link_id: used.id.clone() };
    let revoked = InviteLinkRevoked { link_id: unused.id.clone() };
    let restricted_kinds = vec!["brand".to_owned()];
    let left =
        MemberLeft { user_id: "cyd".into(), role: "guest".into(), grants: Vec::new(), restricted_kinds };
    let moved = OwnershipTransferred {
        user_id: "bob".into(),
        former_user_id: "ada".into(),
        role: "owner".into(),
        old_role: "admin".into(),
        former_new_role: "admin".into(),
    };
    assert_eq!(one.role, "viewer");
    let suspended = MemberSuspended { user_id: "ada".into(), role: "admin".into() };
    story.events.extend([
        event(13, "ada", "dev", "", Change::MemberRemoved(removed("ben", MemberState::Active))),
        event(13, "ada", "dev", "", Change::InviteLinkAdopted(adopted)),
        event(14, "ada", "dev", "", Change::InviteLinkRevoked(revoked)),
        event(15, "cyd", "dev", "", Change::MemberLeft(left)),
        event(16, "", "support", "", Change::OwnershipTransferred(moved)),
        event(17, "bob", "dev", "", Change::MemberSuspended(suspended)),
        event(18, "bob", "dev", "", Change::MemberRemoved(removed("ada", MemberState::Suspended))),
        event(19, "bob", "dev", "", Change::TeamDeleted(TeamDeleted {})),
    ]);
}

async fn made_link(server: &Server, team: &str, link: &Link) -> Change {
    let shown = server.link("ada", team, &link.id).await.0;
    Change::InviteLinkCreated(InviteLinkCreated {
        link_id: link.id.clone(),
        role: "guest".into(),
        expire_time: shown.expire_time,
    })
}

#[tokio::test]
async fn the_log_is_filtered_by_whom_something_happened_to() {
    let policy = OwnPolicy::of(EVERYTHING);
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let (mut story, cast) = beginning(&server).await;
        middle(&server, &mut story, &cast).await;
        end(&server, &mut story, &cast).await;
        let check = async |who: &Actor, filter: Filter, expected: &[i64]| {
            let what = format!("{filter:?}");
            let request = ListEventsRequest {
                team_id: story.team.clone(),
                filter: Some(filter),
                ..ListEventsRequest::default()
            };
            let page = server.team_as(who).list_events(request).await.unwrap().into_inner();
            let revisions: Vec<_> = page.events.iter().map(|event| event.revision).collect();
            assert_eq!(revisions, expected, "{what}");
        };
        let watcher = service(WATCHER);
        let to = |user: &str| Filter { target_user_id: user.into(), ..Filter::default() };
        check(&watcher, to("cyd"), &[15, 12, 11, 7, 5]).await;
        check(&watcher, to("ben"), &[13, 2]).await;
        check(&watcher, to("nobody"), &[]).await;
        check(&watcher, Filter { actor_user_id: "ada".into(), ..to("cyd") }, &[12, 11]).await;
        let types = vec![EventType::MemberSuspended.into(), EventType::MemberLeft.into()];
        check(&watcher, Filter { types: types.clone(), ..to("cyd") }, &[15, 11]).await;
        check(&watcher, Filter { types, ..Filter::default() }, &[17, 15, 11]).await;
        check(&watcher, Filter { actor_user_id: "cyd".into(), ..Filter::default() }, &[15, 5]).await;
        let types = vec![EventType::OwnershipTransferred.into()];
        check(&watcher, Filter { types, ..to("bob") }, &[16]).await;
        let request = ListEventsRequest { team_id: story.team.clone(), ..ListEventsRequest::default() };
        let outcome = server.team_as("bob").list_events(request).await;
        assert_refused(outcome, ErrorReason::TeamNotAccessible);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_in_the_log_is_ever_changed_or_lost() {
    let policy = OwnPolicy::of(EVERYTHING);
    let server = Server::start_with(Kind::Full, policy.options()).await;
    let database = connect_postgres(&server.data().postgres_url()).await;
    let log = async || {
        let mut rows = dump(&database).await;
        rows.retain(|(table, _)| table == "events");
        rows
    };
    let (mut story, cast) = beginning(&server).await;
    let first = log().await;
    assert_eq!(first.len(), story.events.len());
    middle(&server, &mut story, &cast).await;
    let second = log().await;
    assert!(first.iter().all(|row| second.contains(row)), "what was there is there as it was");
    end(&server, &mut story, &cast).await;
    let third = log().await;
    assert!(second.iter().all(|row| third.contains(row)), "even after the team's end");
    assert_eq!(third.len(), story.events.len());
}
