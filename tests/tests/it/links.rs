//! Invite links: made, shown again, looked at, used and revoked. What ends them otherwise is in `link_ends.rs`.

use roster_proto::v1::list_invite_links_request::Filter;
use roster_proto::v1::{
    CreateInviteLinkRequest, ErrorReason, InviteLinkState, JoinMethod, ListInviteLinksRequest,
    RevokeInviteLinkRequest,
};
use roster_testkit::{ADMIN, EDITOR, Options, Server, VIEWER, actor, assert_refused, both, micros};

const HOURS_72: i64 = 72 * 60 * 60;

#[tokio::test]
async fn a_new_link_is_live_for_72_hours_and_has_a_token() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let made = server.try_create_link("ada", &team).await.unwrap().into_inner();
        let link = made.invite_link.unwrap();
        assert!(made.token.starts_with("rst_link_"), "the shape of a link's token");
        assert!(made.token.len() <= 256, "a token of {} characters", made.token.len());
        assert!(link.link_id.starts_with("link_") && link.link_id.len() == 31, "{}", link.link_id);
        assert_eq!((link.team_id.as_str(), link.role.as_str()), (team.as_str(), VIEWER));
        assert_eq!((link.maker_user_id.as_str(), link.use_count), ("ada", 0));
        assert_eq!((link.state(), link.revoke_time), (InviteLinkState::Live, None));
        assert_eq!(micros(link.expire_time) - micros(link.create_time), HOURS_72 * 1_000_000);
        assert_eq!(made.revision, server.team("ada", &team).await.revision);
    })
    .await;
}

#[tokio::test]
async fn whoever_could_make_a_link_sees_its_token_again_and_nobody_else() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("ben", ADMIN), ("eve", EDITOR), ("vic", VIEWER)]).await;
        let made = server.create_link("ada", &team).await;
        for admin in ["ada", "ben"] {
            let (link, token) = server.link(admin, &team, &made.id).await;
            assert_eq!(link.link_id, made.id);
            assert!(token == made.token, "{admin} gets the very token");
        }
        for other in ["eve", "vic"] {
            let refused = assert_refused(
                server.try_link(other, &team, &made.id).await,
                ErrorReason::RoleLacksPermission,
            );
            assert_eq!(refused.metadata.get("permission").map(String::as_str), Some("links.manage"));
        }
        server.revoke("ben", &team, &made.id).await;
        let (link, token) = server.link("ada", &team, &made.id).await;
        assert_eq!(link.state(), InviteLinkState::Revoked);
        assert!(token.is_empty(), "a revoked link has no token to show");
    })
    .await;
}

#[tokio::test]
async fn the_same_token_is_shown_after_a_restart() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let made = server.create_link("ada", &team).await;
        let server = server.restart(Options::default()).await;
        assert!(server.link("ada", &team, &made.id).await.1 == made.token, "the very token");
        server.redeem("bob", &made.token).await;
    })
    .await;
}

#[tokio::test]
async fn lists_show_links_of_every_state_the_newest_first_page_by_page() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(server.create_link("ada", &team).await);
        }
        server.revoke("ada", &team, &made[1].id).await;
        server.revoke("ada", &team, &made[3].id).await;
        let newest_first = |wanted: &[usize]| wanted.iter().map(|i| made[*i].id.clone()).collect::<Vec<_>>();

        for (state, wanted) in [
            (InviteLinkState::Unspecified, newest_first(&[4, 3, 2, 1, 0])),
            (InviteLinkState::Live, newest_first(&[4, 2, 0])),
            (InviteLinkState::Revoked, newest_first(&[3, 1])),
            (InviteLinkState::Expired, Vec::new()),
            (InviteLinkState::MakerGone, Vec::new()),
        ] {
            let mut request = ListInviteLinksRequest {
                team_id: team.clone(),
                page_size: 2,
                filter: Some(Filter { state: state.into() }),
                ..ListInviteLinksRequest::default()
            };
            let mut listed = Vec::new();
            loop {
                let page = server.invites_as("ada").list_invite_links(request.clone()).await.unwrap();
                let page = page.into_inner();
                assert!(page.invite_links.len() <= 2, "a page of two");
                listed.extend(page.invite_links.into_iter().map(|link| link.link_id));
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            assert_eq!(listed, wanted, "{state:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn revoking_ends_a_link_at_once_and_a_second_time_changes_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let made = server.create_link("ada", &team).await;
        server.preview("bob", &made.token).await;
        let first = server.revoke("ada", &team, &made.id).await;
        let second = server.revoke("ada", &team, &made.id).await;
        let revoked = first.invite_link.as_ref().unwrap();
        assert_eq!(revoked.state(), InviteLinkState::Revoked);
        assert!(micros(revoked.revoke_time) >= micros(revoked.create_time), "{revoked:?}");
        assert_eq!(first, second, "the second changes nothing");
        assert_refused(server.try_redeem("bob", &made.token).await, ErrorReason::Revoked);
        assert_refused(server.try_preview("bob", &made.token).await, ErrorReason::Revoked);
        assert_eq!(server.team("ada", &team).await.member_count, 1);
        assert_eq!(server.events("ada", &team).await.len(), 4, "team, founder, link, one revocation");
    })
    .await;
}

#[tokio::test]
async fn a_preview_tells_what_the_prompt_shows_and_changes_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let made = server.create_link("ada", &team).await;
        let before = (server.team("ada", &team).await, server.events("ada", &team).await);
        for _ in 0..100 {
            let shown = server.preview("bob", &made.token).await;
            assert_eq!((shown.team_id.as_str(), shown.team_display_name.as_str()), (team.as_str(), "Team"));
            assert_eq!((shown.role.as_str(), shown.role_title.as_str()), (VIEWER, "Viewer"));
            assert_eq!((shown.inviter_user_id.as_str(), shown.already_member), ("ada", false));
            assert_eq!(shown.expire_time, server.link("ada", &team, &made.id).await.0.expire_time);
        }
        assert_eq!(before, (server.team("ada", &team).await, server.events("ada", &team).await));
        assert_eq!(server.link("ada", &team, &made.id).await.0.use_count, 0);
        assert!(server.preview("ada", &made.token).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn redeeming_makes_a_viewer_once_and_counts_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let made = server.create_link("ada", &team).await;
        let bob = actor("bob").email("Bob@Example.org");
        let joined = server.redeem(&bob, &made.token).await;
        let member = joined.member.unwrap();
        assert!(!joined.already_member);
        assert_eq!((member.user_id.as_str(), member.role.as_str()), ("bob", VIEWER));
        assert_eq!(member.email, "Bob@Example.org", "as it was typed");
        assert_eq!(member.join_method(), JoinMethod::InviteLink);
        assert_eq!(member.invited_by_user_id, "ada");
        let joined_team = joined.team.unwrap();
        assert_eq!((joined_team.team_id.as_str(), joined_team.member_count), (team.as_str(), 2));
        assert_eq!(joined_team.revision, 3);

        server.change_role("ada", &team, "bob", EDITOR).await;
        let again = server.redeem(&bob, &made.token).await;
        assert!(again.already_member);
        assert_eq!(again.member.unwrap().role, EDITOR, "the role is untouched");
        assert_eq!(again.team.unwrap().revision, 4, "nothing changed");
        assert_eq!(server.link("ada", &team, &made.id).await.0.use_count, 1);

        server.revoke("ada", &team, &made.id).await;
        assert!(server.redeem(&bob, &made.token).await.already_member, "a member is told so first");
        assert!(server.preview(&bob, &made.token).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn validate_only_decides_and_changes_nothing() {
    both(async |kind| {
        let server =
            Server::start_with(kind, Options::default().variable("ROSTER_LIMITS__LIVE_LINKS_PER_TEAM", "1"))
                .await;
        let team = server.team_of(&[("ada", ADMIN)]).await;
        let create = CreateInviteLinkRequest {
            team_id: team.clone(),
            validate_only: true,
            ..CreateInviteLinkRequest::default()
        };
        let answer = server.invites_as("ada").create_invite_link(create.clone()).await.unwrap().into_inner();
        let would_be = answer.invite_link.unwrap();
        assert_eq!((would_be.link_id.as_str(), answer.token.as_str()), ("", ""), "no new id, no secret");
        assert_eq!(would_be.role, VIEWER);
        assert!(server.links("ada", &team).await.is_empty());

        let made = server.create_link("ada", &team).await;
        let before = (server.team("ada", &team).await, server.events("ada", &team).await);
        assert_refused(server.invites_as("ada").create_invite_link(create).await, ErrorReason::CapReached);
        let revoke = RevokeInviteLinkRequest {
            team_id: team.clone(),
            link_id: made.id.clone(),
            validate_only: true,
            ..RevokeInviteLinkRequest::default()
        };
        let answer = server.invites_as("ada").revoke_invite_link(revoke).await.unwrap().into_inner();
        assert_eq!(answer.invite_link.unwrap().state(), InviteLinkState::Revoked, "what would be");
        assert_eq!(server.link("ada", &team, &made.id).await.0.state(), InviteLinkState::Live);
        assert_eq!(before, (server.team("ada", &team).await, server.events("ada", &team).await));
    })
    .await;
}
