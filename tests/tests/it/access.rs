//! Who may see and do what: outsiders nothing, members what their role says, nobody another team's.

use roster_proto::v1::{
    CreateTeamCodeRequest, ErrorReason, GetMemberRequest, GetTeamRequest, InvitationState, InviteLinkState,
};
use roster_testkit::{
    ADMIN, ATELIER, EDITOR, Outcomes, Server, Target, VIEWER, assert_refused, atelier, both, refused, row,
};

use tonic::{Code, Status};

/// The calls that name a team; what each needs of the policy, and which permission of the actor.
const NEEDS: &[(&str, Option<&str>, Option<&str>)] = &[
    ("GetTeam", None, Some("team.read")),
    ("GetMember", None, Some("members.read")),
    ("ListMembers", None, Some("members.read")),
    ("ListEvents", None, Some("events.read")),
    ("GetInviteLink", None, Some("links.manage")),
    ("ListInviteLinks", None, Some("links.manage")),
    ("GetInvitation", None, Some("invitations.read")),
    ("ListInvitations", None, Some("invitations.read")),
    ("ListTeamCodes", None, Some("codes.manage")),
    ("ChangeMemberRole", None, Some("members.change_role")),
    ("SetMemberAccess", Some("kinds"), Some("access.manage")),
    ("PurgeResource", Some("kinds"), Some("access.manage")),
    ("SuspendMember", Some("suspension"), Some("members.suspend")),
    ("RestoreMember", Some("suspension"), Some("members.suspend")),
    ("TransferOwnership", Some("sole"), None),
    ("UpdateTeam", None, Some("team.update")),
    ("CreateInviteLink", Some("invite_links"), Some("links.manage")),
    ("RevokeInviteLink", None, Some("links.manage")),
    ("CreateInvitation", Some("invitations"), Some("members.invite")),
    ("BatchCreateInvitations", Some("invitations"), Some("members.invite")),
    ("ResendInvitation", None, Some("members.invite")),
    ("CancelInvitation", None, Some("members.invite")),
    ("CreateTeamCode", Some("team_codes"), Some("codes.manage")),
    ("RevokeTeamCode", None, Some("codes.manage")),
    ("DeleteTeamCode", None, Some("codes.manage")),
    ("RemoveMember", None, Some("members.remove")),
    ("LeaveTeam", None, None),
    ("DeleteTeam", None, Some("team.delete")),
];

/// What may be had from a policy.
const LOOKING: &[&str] = &["team.read", "members.read"];
const HELPING: &[&str] = &[
    "team.read",
    "team.update",
    "members.read",
    "members.invite",
    "invitations.read",
    "members.change_role",
    "members.remove",
];
const ALL_BUT_DELETING: &[&str] = &[
    "team.read",
    "team.update",
    "members.read",
    "members.change_role",
    "members.remove",
    "access.manage",
    "events.read",
    "links.manage",
    "members.invite",
    "invitations.read",
    "codes.manage",
];

/// A policy: what it has, the tier with room for all, its roles, and what each of them holds; nothing is everything.
type Preset = (&'static str, &'static [&'static str], &'static str, &'static [(&'static str, Held)]);
type Held = Option<&'static [&'static str]>;

const PRESETS: &[Preset] = &[
    (
        "studio",
        &["suspension", "invitations"],
        "",
        &[("owner", None), (EDITOR, Some(LOOKING)), (VIEWER, Some(LOOKING))],
    ),
    (
        "organization",
        &["invite_links"],
        "",
        &[(ADMIN, None), (EDITOR, Some(LOOKING)), (VIEWER, Some(LOOKING))],
    ),
    (
        "account",
        &["kinds", "sole", "invitations"],
        "enterprise",
        &[("owner", None), (ADMIN, None), (EDITOR, Some(LOOKING)), (VIEWER, Some(LOOKING))],
    ),
    (
        "brand",
        &["kinds", "sole", "invitations", "team_codes"],
        "",
        &[
            ("owner", None),
            (ADMIN, Some(ALL_BUT_DELETING)),
            ("member", Some(LOOKING)),
            ("guest", Some(LOOKING)),
        ],
    ),
    (
        "workspace",
        &["sole", "invitations"],
        "team",
        &[("creator", None), (ADMIN, Some(HELPING)), ("user", Some(LOOKING))],
    ),
];

#[tokio::test]
async fn each_role_of_each_preset_may_do_what_the_policy_says_and_no_more() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for (policy, has, tier, roles) in PRESETS {
            let team = server.create_under(roles[0].0, policy).await;
            if !tier.is_empty() {
                server.change_tier(&team, tier).await;
            }
            let others: Vec<_> = roles[1..].iter().map(|(role, _)| row(role, role)).collect();
            let lowest = roles[roles.len() - 1].0;
            server.add(&team, &[&others[..], &[row("bob", lowest)]].concat()).await;
            let target = Target::of(&team, "bob");
            for (role, held) in *roles {
                let outcomes = server.every_team_call(*role, &target).await;
                let calls: Vec<_> = outcomes.iter().map(|(call, _)| *call).collect();
                assert_eq!(calls, NEEDS.iter().map(|(call, ..)| *call).collect::<Vec<_>>());
                for ((call, outcome), (_, method, permission)) in outcomes.into_iter().zip(NEEDS) {
                    let what = format!("{call} by {role} of {policy}");
                    let needs = (method.filter(|method| !has.contains(method)), *permission);
                    check_need(&what, outcome, needs, *held);
                }
            }
        }
    })
    .await;
}

/// Fails unless the call is refused exactly where the policy lacks the method or the role the permission.
#[track_caller]
fn check_need(
    what: &str,
    outcome: Result<(), Status>,
    (lacking, permission): (Option<&str>, Option<&str>),
    held: Held,
) {
    let may = permission.is_none_or(|permission| held.is_none_or(|held| held.contains(&permission)));
    match (lacking, permission) {
        (Some(method), _) => {
            let refused = assert_refused(outcome, ErrorReason::MethodNotInPolicy);
            assert_eq!(refused.metadata.get("method").map(String::as_str), Some(method), "{what}");
        }
        (None, Some(permission)) if !may => {
            let refused = assert_refused(outcome, ErrorReason::RoleLacksPermission);
            assert_eq!(refused.metadata.get("permission").map(String::as_str), Some(permission), "{what}");
        }
        // What else stands in the way is not the role's fault.
        _ => {
            let reason = outcome.err().map(|status| refused(Err::<(), _>(status)).reason);
            let reason = reason.as_deref().and_then(ErrorReason::from_str_name);
            let other = [
                None,
                Some(ErrorReason::InviteLinkNotFound),
                Some(ErrorReason::InvitationNotFound),
                Some(ErrorReason::TeamCodeNotFound),
                Some(ErrorReason::RoleUnknown),
                Some(ErrorReason::KindUnknown),
                Some(ErrorReason::LastHolder),
                Some(ErrorReason::SoleRole),
                Some(ErrorReason::LeavingNotAllowed),
                Some(ErrorReason::NotTheHolder),
                Some(ErrorReason::NotTransferable),
            ];
            assert!(other.contains(&reason), "{what}: {reason:?}");
        }
    }
}

#[tokio::test]
async fn a_team_of_others_looks_exactly_like_one_that_does_not_exist() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        // One with links alone, and one with every way in.
        let links_only = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let whole = server.team_under(ATELIER, "ada", &[("bob", "apprentice")]).await;
        let link = |id: String| Target { link: id, ..Target::of(&links_only, "bob") };
        for real in [link(server.create_link("ada", &links_only).await.id), ways_into(&server, &whole).await]
        {
            let none = Target { team: "team_01h455vb4pex5vsknk084sn02q".into(), ..real.clone() };
            let seen = all_of_every_status(server.every_team_call("zoe", &real).await);
            let unseen = all_of_every_status(server.every_team_call("zoe", &none).await);
            assert_eq!(seen, unseen);

            // Nor does it tell what there is in the team.
            let nothing_there = Target::of(&real.team, "nobody");
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
async fn invitations_and_codes_of_another_team_lead_nowhere() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let mine = server.team_under(ATELIER, "ada", &[("bob", "apprentice")]).await;
        let other = server.team_under(ATELIER, "ada", &[("cyd", "apprentice")]).await;
        let theirs = ways_into(&server, &other).await;
        let before = server.team("ada", &other).await;
        let target = Target { team: mine.clone(), ..theirs.clone() };
        let nothing = |call: &str| match call {
            "GetInviteLink" | "RevokeInviteLink" => Some(ErrorReason::InviteLinkNotFound),
            "GetInvitation" | "ResendInvitation" | "CancelInvitation" => {
                Some(ErrorReason::InvitationNotFound)
            }
            "RevokeTeamCode" | "DeleteTeamCode" => Some(ErrorReason::TeamCodeNotFound),
            _ => None,
        };
        let mut outcomes = server.every_team_read("ada", &target).await;
        for validate_only in [true, false] {
            outcomes.extend(server.every_team_mutation("ada", &target, validate_only).await);
        }
        let mut refused = 0;
        for (call, outcome) in outcomes {
            if let Some(reason) = nothing(call) {
                assert_refused(outcome, reason);
                refused += 1;
            }
        }
        assert_eq!(refused, 2 + 2 * 5, "each was called");
        assert_eq!(server.team("ada", &other).await, before, "nothing happened to the other team");
        let (link, _) = server.link("ada", &other, &theirs.link).await;
        let invitation = server.invitation("ada", &other, &theirs.invitation).await;
        assert_eq!((link.state(), invitation.state()), (InviteLinkState::Live, InvitationState::Pending));
    })
    .await;
}

/// The ways into a team that has all of them.
async fn ways_into(server: &Server, team: &str) -> Target {
    let code = CreateTeamCodeRequest {
        team_id: team.into(),
        role: "apprentice".into(),
        lifetime: "never".into(),
        ..CreateTeamCodeRequest::default()
    };
    let code = server.invites_as("ada").create_team_code(code).await.expect("a code is made").into_inner();
    Target {
        link: server.create_link("ada", team).await.id,
        invitation: server.invite("ada", team, "dan@example.org", "apprentice").await.id,
        code: code.team_code.expect("CreateTeamCode returns the code").code_id,
        ..Target::of(team, "bob")
    }
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
        let target = Target { link: link.id, ..Target::of(&team, "ada") };
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
