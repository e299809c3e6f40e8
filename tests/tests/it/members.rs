//! Teams and their members: created, promoted, demoted, removed; never without an admin.

use std::time::Duration;

use roster_proto::v1::{
    ChangeMemberRoleRequest, CreateTeamRequest, ErrorReason, GetPolicyRequest, JoinMethod,
    ListPoliciesRequest, MemberState, RemoveMemberRequest, SelfRule,
};
use roster_testkit::{
    ADMIN, Actor, EDITOR, Options, OwnPolicy, POLICY, Server, VIEWER, actor, assert_refused, both, micros,
};

#[tokio::test]
async fn a_new_team_has_its_founder_and_revision_one() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let request = CreateTeamRequest {
            policy: POLICY.into(),
            display_name: "  Cafe\u{301} Node.js  ".into(),
            ..CreateTeamRequest::default()
        };
        let ada = actor("ada").email("Ada@example.org");
        let made = server.team_as(&ada).create_team(request).await.unwrap().into_inner();
        let (team, member) = (made.team.unwrap(), made.member.unwrap());
        assert!(team.team_id.starts_with("team_") && team.team_id.len() == 31, "{}", team.team_id);
        assert_eq!((team.policy.as_str(), team.display_name.as_str()), (POLICY, "Caf\u{e9} Node.js"));
        assert_eq!((team.revision, team.member_count), (1, 1));
        assert_eq!(micros(team.create_time), micros(member.join_time), "one commit, one time");
        assert_eq!((member.user_id.as_str(), member.role.as_str()), ("ada", ADMIN));
        assert_eq!((member.email.as_str(), member.invited_by_user_id.as_str()), ("Ada@example.org", ""));
        assert_eq!(member.join_method(), JoinMethod::Founder);
        assert_eq!(server.team("ada", &team.team_id).await, team);
        assert_eq!(server.members("ada", &team.team_id).await, [member]);
    })
    .await;
}

#[tokio::test]
async fn a_person_creates_at_most_so_many_teams_within_24_hours() {
    both(async |kind| {
        let three = Options::default().variable("ROSTER_LIMITS__TEAMS_PER_USER_AND_DAY", "3");
        let server = Server::start_with(kind, three.clone()).await;
        let request = CreateTeamRequest {
            policy: POLICY.into(),
            display_name: "Team".into(),
            ..CreateTeamRequest::default()
        };
        let dry = CreateTeamRequest { validate_only: true, ..request.clone() };
        for _ in 0..3 {
            let would_be = server.team_as("ada").create_team(dry.clone()).await.unwrap().into_inner();
            let team = would_be.team.unwrap();
            let member = would_be.member.unwrap();
            assert_eq!((team.team_id.as_str(), member.etag.as_str()), ("", ""), "nothing was made");
            server.team_as("ada").create_team(request.clone()).await.unwrap();
        }
        for request in [&request, &dry] {
            let refused = assert_refused(
                server.team_as("ada").create_team(request.clone()).await,
                ErrorReason::CapReached,
            );
            assert_eq!(refused.metadata.get("limit").map(String::as_str), Some("3"));
        }
        server.create_team("bob").await;
        let server = server.restart(three.clock_offset(Duration::from_hours(24))).await;
        server.create_team("ada").await;
    })
    .await;
}

#[tokio::test]
async fn the_only_admin_keeps_its_role_until_there_is_another() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        for role in [EDITOR, VIEWER] {
            let refused = assert_refused(
                server.try_change_role("ada", &team, "ada", role).await,
                ErrorReason::LastHolder,
            );
            assert_eq!(refused.metadata.get("role").map(String::as_str), Some(ADMIN));
        }
        let dry = ChangeMemberRoleRequest {
            team_id: team.clone(),
            user_id: "ada".into(),
            role: VIEWER.into(),
            validate_only: true,
            ..ChangeMemberRoleRequest::default()
        };
        assert_refused(server.team_as("ada").change_member_role(dry).await, ErrorReason::LastHolder);
        server.change_role("ada", &team, "bob", ADMIN).await;
        server.change_role("ada", &team, "ada", VIEWER).await;
        assert_refused(server.try_change_role("bob", &team, "bob", VIEWER).await, ErrorReason::LastHolder);
        assert_refused(
            server.try_change_role("ada", &team, "ada", ADMIN).await,
            ErrorReason::RoleLacksPermission,
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_removes_itself() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN), ("vic", VIEWER)]).await;
        assert_refused(server.try_remove("ada", &team, "ada").await, ErrorReason::OwnRemoval);
        assert_refused(server.try_remove("vic", &team, "vic").await, ErrorReason::RoleLacksPermission);
        server.remove("bob", &team, "ada").await;
        assert_refused(server.try_remove("bob", &team, "bob").await, ErrorReason::OwnRemoval);
        assert_eq!(server.members("bob", &team).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_role_that_a_member_has_is_given_without_a_change() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let before = (server.team("ada", &team).await, server.events("ada", &team).await);
        let answer = server.change_role("ada", &team, "bob", VIEWER).await;
        assert_eq!(answer.revision, before.0.revision);
        server.change_role("ada", &team, "ada", ADMIN).await;
        assert_eq!(before, (server.team("ada", &team).await, server.events("ada", &team).await));
    })
    .await;
}

#[tokio::test]
async fn a_stale_etag_is_refused_and_the_present_one_accepted() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let etag = async || {
            let members = server.members("ada", &team).await;
            members.into_iter().find(|member| member.user_id == "bob").unwrap().etag
        };
        let change = |etag: String| ChangeMemberRoleRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            role: VIEWER.into(),
            etag,
            ..ChangeMemberRoleRequest::default()
        };
        let remove = |etag: String| RemoveMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            etag,
            ..RemoveMemberRequest::default()
        };
        let stale = etag().await;
        let changed = server.change_role("ada", &team, "bob", EDITOR).await.member.unwrap();
        assert!(changed.etag != stale && changed.etag == etag().await, "the etag is that of the change");
        let mut ada = server.team_as("ada");
        assert_refused(ada.change_member_role(change(stale.clone())).await, ErrorReason::EtagMismatch);
        assert_refused(ada.remove_member(remove(stale)).await, ErrorReason::EtagMismatch);
        ada.change_member_role(change(etag().await)).await.unwrap();
        ada.remove_member(remove(etag().await)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn validate_only_says_what_would_be_and_changes_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let before = (server.team("ada", &team).await, server.members("ada", &team).await);
        let change = ChangeMemberRoleRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            role: EDITOR.into(),
            validate_only: true,
            ..ChangeMemberRoleRequest::default()
        };
        let would_be = server.team_as("ada").change_member_role(change).await.unwrap().into_inner();
        assert_eq!(would_be.member.unwrap().role, EDITOR);
        let remove = RemoveMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            validate_only: true,
            ..RemoveMemberRequest::default()
        };
        let would_be = server.team_as("ada").remove_member(remove).await.unwrap().into_inner();
        assert_eq!(would_be.member.as_ref(), before.1.iter().find(|member| member.user_id == "bob"));
        assert_eq!(before, (server.team("ada", &team).await, server.members("ada", &team).await));
    })
    .await;
}

#[tokio::test]
async fn a_member_that_may_read_no_others_reads_itself() {
    let policy = OwnPolicy::of(
        "name = \"shy\"\ntitle = \"Shy\"\n[[roles]]\nname = \"host\"\nfounder = true\npermissions = [\"*\"]\n\
         [[roles]]\nname = \"guest\"\npermissions = [\"team.read\"]\n\
         [[roles]]\nname = \"stranger\"\n",
    );
    both(async |kind| {
        let server = Server::start_with(kind, policy.options()).await;
        let team = server.team_under("shy", "ada", &[("gus", "guest"), ("sly", "stranger")]).await;
        let gus = server.member("gus", &team, "gus").await;
        assert_eq!((gus.role.as_str(), gus.state()), ("guest", MemberState::Active));
        assert_eq!(server.member("ada", &team, "gus").await, gus);
        for (actor, user, permission) in
            [("gus", "ada", "members.read"), ("gus", "zoe", "members.read"), ("sly", "sly", "team.read")]
        {
            let outcome = server.try_member(actor, &team, user).await;
            let refused = assert_refused(outcome, ErrorReason::RoleLacksPermission);
            assert_eq!(refused.metadata.get("permission").map(String::as_str), Some(permission));
        }
        assert_refused(server.try_member("ada", &team, "zoe").await, ErrorReason::MemberNotFound);
    })
    .await;
}

#[tokio::test]
async fn an_address_is_taken_up_when_its_owner_changes_something() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let email = async |user: &str| {
            let members = server.members("ada", &team).await;
            members.into_iter().find(|member| member.user_id == user).unwrap().email
        };
        let ada = actor("ada").email("ada@example.org");
        server.members(&ada, &team).await;
        assert_eq!(email("ada").await, "", "a look changes nothing");
        server.change_role(&ada, &team, "bob", EDITOR).await;
        assert_eq!(email("ada").await, "ada@example.org");
        let unverified = actor("ada").header("x-actor-email", "other@example.org");
        server.change_role(unverified, &team, "bob", ADMIN).await;
        assert_eq!(email("ada").await, "ada@example.org", "an address that is not verified is not taken up");
        assert_eq!(email("bob").await, "", "nor is anybody else's");
    })
    .await;
}

#[tokio::test]
async fn the_policy_tells_a_front_end_what_it_needs() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut nobody = server.team_as(Actor::nobody());
        let request = GetPolicyRequest { name: POLICY.into() };
        let policy = nobody.get_policy(request).await.unwrap().into_inner().policy.unwrap();
        let roles: Vec<_> = policy.roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(roles, [ADMIN, EDITOR, VIEWER], "the highest rank first");
        let admin = &policy.roles[0];
        assert_eq!(admin.permissions, ["*"]);
        assert_eq!((admin.assigns.len(), admin.manages.len()), (3, 3));
        assert!(admin.founder && admin.at_least_one && !admin.sole);
        assert_eq!(policy.roles[2].permissions, ["team.read", "members.read", "assets.view"]);
        assert_eq!(policy.self_role(), SelfRule::UnlessLast);
        let links = policy.invite_links.clone().unwrap();
        assert_eq!((links.role.as_str(), links.lifetime.as_str()), (VIEWER, "PT72H"));

        let mut listed = Vec::new();
        let mut request = ListPoliciesRequest { page_size: 1, ..ListPoliciesRequest::default() };
        loop {
            let page = nobody.list_policies(request.clone()).await.unwrap().into_inner();
            listed.extend(page.policies);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert!(listed.is_sorted_by(|a, b| a.name < b.name), "by name");
        assert!(listed.contains(&policy));
    })
    .await;
}
