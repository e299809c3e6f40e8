//! Who may see and do what: outsiders nothing, members what their role says, nobody another team's.

use roster_proto::v1::{ErrorReason, GetMemberRequest, GetTeamRequest, InviteLinkState};
use roster_tests::{ADMIN, EDITOR, Outcomes, Server, Target, VIEWER, assert_refused, both};
use tonic::{Code, Status};

/// The calls that name a team, and the permission that each needs under the policy.
const PERMISSIONS: &[(&str, &str)] = &[
    ("GetTeam", "team.read"),
    ("GetMember", "members.read"),
    ("ListMembers", "members.read"),
    ("ListEvents", "events.read"),
    ("GetInviteLink", "links.manage"),
    ("ListInviteLinks", "links.manage"),
    ("ChangeMemberRole", "members.change_role"),
    ("CreateInviteLink", "links.manage"),
    ("RevokeInviteLink", "links.manage"),
    ("RemoveMember", "members.remove"),
];

/// What editors and viewers hold of them.
const EVERYBODYS: &[&str] = &["team.read", "members.read"];

#[tokio::test]
async fn each_role_may_do_what_the_policy_says_and_no_more() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("eve", EDITOR), ("vic", VIEWER), ("bob", VIEWER)]).await;
        let link = server.create_link("ada", &team).await.id;
        let target = Target { team, user: "bob".into(), link, ..Target::default() };
        for (person, role) in [("ada", ADMIN), ("eve", EDITOR), ("vic", VIEWER)] {
            let outcomes = server.every_team_call(person, &target).await;
            let calls: Vec<_> = outcomes.iter().map(|(call, _)| *call).collect();
            assert_eq!(calls, PERMISSIONS.iter().map(|(call, _)| *call).collect::<Vec<_>>());
            for ((call, outcome), (_, permission)) in outcomes.into_iter().zip(PERMISSIONS) {
                if role == ADMIN || EVERYBODYS.contains(permission) {
                    assert!(outcome.is_ok(), "{call} by {role}: {outcome:?}");
                } else {
                    let refused = assert_refused(outcome, ErrorReason::RoleLacksPermission);
                    assert_eq!(
                        refused.metadata.get("permission").map(String::as_str),
                        Some(*permission),
                        "{call}"
                    );
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_team_of_others_looks_exactly_like_one_that_does_not_exist() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let link = server.create_link("ada", &team).await.id;
        let real = Target { team, user: "bob".into(), link: link.clone(), ..Target::default() };
        let none = Target { team: "team_01h455vb4pex5vsknk084sn02q".into(), ..real.clone() };

        let seen = all_of_every_status(server.every_team_call("zoe", &real).await);
        let unseen = all_of_every_status(server.every_team_call("zoe", &none).await);
        assert_eq!(seen, unseen);

        // Nor does it tell what there is in the team.
        let nothing_there =
            Target { user: "nobody".into(), link: "link_01h455vb4pex5vsknk084sn02q".into(), ..real.clone() };
        assert_eq!(all_of_every_status(server.every_team_call("zoe", &nothing_there).await), unseen);

        // The same holds of those who were members.
        server.remove("ada", &real.team, "bob").await;
        assert_eq!(all_of_every_status(server.every_team_call("bob", &real).await), unseen);
        for (call, outcome) in server.every_team_call("bob", &real).await {
            assert_eq!(
                assert_refused(outcome, ErrorReason::TeamNotAccessible).code,
                Code::PermissionDenied,
                "{call}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn ids_of_another_team_lead_nowhere() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mine = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let other = server.team_of(&[("ada", ADMIN), ("cyd", VIEWER)]).await;
        let link = server.create_link("ada", &other).await;

        assert_refused(server.try_link("ada", &mine, &link.id).await, ErrorReason::InviteLinkNotFound);
        assert_refused(server.try_revoke("ada", &mine, &link.id).await, ErrorReason::InviteLinkNotFound);
        assert_eq!(server.link("ada", &other, &link.id).await.0.state(), InviteLinkState::Live);

        let member = |user: &str| GetMemberRequest { team_id: mine.clone(), user_id: user.into() };
        for user in ["cyd", "nobody"] {
            assert_refused(server.team_as("ada").get_member(member(user)).await, ErrorReason::MemberNotFound);
            assert_refused(
                server.try_change_role("ada", &mine, user, ADMIN).await,
                ErrorReason::MemberNotFound,
            );
            assert_refused(server.try_remove("ada", &mine, user).await, ErrorReason::MemberNotFound);
        }
        assert_eq!(server.members("ada", &other).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn authority_is_checked_before_existence() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let absent = "link_01h455vb4pex5vsknk084sn02q";
        assert_refused(server.try_link("bob", &team, absent).await, ErrorReason::RoleLacksPermission);
        assert_refused(server.try_revoke("bob", &team, absent).await, ErrorReason::RoleLacksPermission);
        assert_refused(server.try_remove("bob", &team, "nobody").await, ErrorReason::RoleLacksPermission);
        assert_refused(
            server.try_change_role("bob", &team, "nobody", "boss").await,
            ErrorReason::RoleLacksPermission,
        );
        assert_refused(server.try_link("ada", &team, absent).await, ErrorReason::InviteLinkNotFound);
    })
    .await;
}

#[tokio::test]
async fn a_member_reads_itself() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let request = GetMemberRequest { team_id: team, user_id: "bob".into() };
        let itself = server.team_as("bob").get_member(request.clone()).await.unwrap().into_inner().member;
        assert_eq!(itself.as_ref().map(|member| member.role.as_str()), Some(VIEWER));
        assert_eq!(itself, server.team_as("ada").get_member(request).await.unwrap().into_inner().member);
    })
    .await;
}

#[tokio::test]
async fn an_end_of_membership_bites_at_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let link = server.create_link("ada", &team).await;
        let target = Target { team: team.clone(), user: "ada".into(), link: link.id, ..Target::default() };
        server.change_role("ada", &team, "bob", VIEWER).await;
        assert_refused(server.try_create_link("bob", &team).await, ErrorReason::RoleLacksPermission);
        server.team("bob", &team).await;
        server.remove("ada", &team, "bob").await;
        for (call, outcome) in server.every_team_call("bob", &target).await {
            assert_refused(outcome, ErrorReason::TeamNotAccessible)
                .message
                .is_empty()
                .then(|| panic!("{call}"));
        }
        let request = GetTeamRequest { team_id: team };
        assert_refused(server.team_as("bob").get_team(request).await, ErrorReason::TeamNotAccessible);
    })
    .await;
}

/// Everything of each status that a caller can see.
fn all_of_every_status(outcomes: Outcomes) -> Vec<impl PartialEq + std::fmt::Debug> {
    let all = |(call, outcome): (&'static str, Result<(), Status>)| {
        let status = outcome.expect_err(call);
        let mut headers: Vec<_> = status.metadata().keys().map(|key| format!("{key:?}")).collect();
        headers.sort();
        (call, status.code(), status.message().to_owned(), status.details().to_vec(), headers)
    };
    outcomes.into_iter().map(all).collect()
}
