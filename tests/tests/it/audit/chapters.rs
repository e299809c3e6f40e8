//! What happens to a team and its members, in three parts.

use prost_types::Timestamp;
use roster_proto::v1::event::Change;
use roster_proto::v1::{
    BatchAddMembersRequest, ChangeMemberRoleRequest, CreateTeamRequest, Grant, InviteLinkAdopted,
    InviteLinkCreated, InviteLinkRevoked, JoinMethod, MemberAccessChanged, MemberEmailChanged, MemberJoined,
    MemberLeft, MemberRemoved, MemberRestored, MemberRoleChanged, MemberState, MemberSuspended,
    OwnershipTransferred, RemoveMemberRequest, ResourcePurged, TeamCreated, TeamDeleted, TeamRenamed,
    TeamTierChanged,
};
use roster_testkit::{Link, Server, actor, new_team, on, only, request_id, row, service};

use crate::audit::{Story, event, joined};

/// What the story's first part leaves behind.
pub(crate) struct Cast {
    used: Link,
    unused: Link,
    one: Grant,
    two: Grant,
}

/// The team comes into being and gets members and ways in.
pub(crate) async fn beginning(server: &Server) -> (Story, Cast) {
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
pub(crate) async fn middle(server: &Server, story: &mut Story, Cast { one, two, .. }: &Cast) {
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
pub(crate) async fn end(server: &Server, story: &mut Story, Cast { used, unused, one, .. }: &Cast) {
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
