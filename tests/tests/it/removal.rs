//! What ends with a membership that another member ends, and what its remover takes over.

use roster_proto::v1::event::Change;
use roster_proto::v1::list_invite_links_request::Filter;
use roster_proto::v1::{
    ErrorReason, EventType, InviteLinkState, ListInviteLinksRequest, MemberState, RemoveMemberRequest,
    RemoveMemberResponse,
};
use roster_testkit::{
    ADMIN, ATELIER, EDITOR, Outcome, Server, VIEWER, assert_refused, atelier, both, on, row,
};

async fn try_adopting(server: &Server, actor: &str, team: &str, user: &str) -> Outcome<RemoveMemberResponse> {
    let request = RemoveMemberRequest {
        team_id: team.into(),
        user_id: user.into(),
        adopt_invites: true,
        ..RemoveMemberRequest::default()
    };
    server.team_as(actor).remove_member(request).await
}

/// The links in that state, the newest first.
async fn links_that_are(server: &Server, team: &str, state: InviteLinkState) -> Vec<String> {
    let request = ListInviteLinksRequest {
        team_id: team.into(),
        filter: Some(Filter { state: state.into() }),
        ..ListInviteLinksRequest::default()
    };
    let page =
        server.invites_as("ada").list_invite_links(request).await.expect("an admin lists").into_inner();
    page.invite_links.into_iter().map(|link| link.link_id).collect()
}

#[tokio::test]
async fn live_links_go_over_to_who_removes_their_maker_if_asked_to() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let (first, revoked) =
            (server.create_link("bob", &team).await, server.create_link("bob", &team).await);
        let second = server.create_link("bob", &team).await;
        server.revoke("bob", &team, &revoked.id).await;
        let answer = try_adopting(&server, "ada", &team, "bob").await.unwrap().into_inner();
        assert_eq!(answer.adopted_link_ids, [first.id.clone(), second.id.clone()], "the oldest first");
        assert!(answer.adopted_code_ids.is_empty() && answer.cancelled_invitation_ids.is_empty());
        let events = server.events("ada", &team).await;
        let types: Vec<_> = events[..3].iter().map(|event| (event.r#type(), event.revision)).collect();
        let adopted = (EventType::InviteLinkAdopted, answer.revision);
        assert_eq!(types, [adopted, adopted, (EventType::MemberRemoved, answer.revision)], "one commit");

        for link in [&first, &second] {
            let (read, token) = server.link("ada", &team, &link.id).await;
            assert_eq!((read.state(), read.maker_user_id.as_str()), (InviteLinkState::Live, "ada"));
            assert!(token == link.token, "the very token");
        }
        assert_refused(server.try_redeem("bob", &first.token).await, ErrorReason::Removed);
        let cem = server.redeem("cem", &first.token).await.member.unwrap();
        assert_eq!(cem.invited_by_user_id, "ada");
        assert_eq!(server.preview("dan", &second.token).await.inviter_user_id, "ada");
    })
    .await;
}

#[tokio::test]
async fn links_that_nobody_took_over_admit_nobody_until_their_maker_may_make_them_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let link = server.create_link("bob", &team).await;
        let answer = server.remove("ada", &team, "bob").await;
        assert!(answer.adopted_link_ids.is_empty());
        assert_eq!(
            links_that_are(&server, &team, InviteLinkState::MakerGone).await,
            std::slice::from_ref(&link.id)
        );
        assert_refused(server.try_redeem("cem", &link.token).await, ErrorReason::MakerGone);

        server.add(&team, &[row("bob", VIEWER)]).await;
        assert_refused(server.try_redeem("cem", &link.token).await, ErrorReason::MakerGone);
        server.change_role("ada", &team, "bob", ADMIN).await;
        assert!(links_that_are(&server, &team, InviteLinkState::MakerGone).await.is_empty());
        server.redeem("cem", &link.token).await;
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_over_a_link_that_it_could_not_make() {
    both(async |kind| {
        let (_folder, options) = atelier();
        let server = Server::start_with(kind, options).await;
        let team = server
            .team_under(ATELIER, "ada", &[("sam", "steward"), ("fay", "foreman"), ("mel", "master")])
            .await;
        let of_fay = server.create_link("fay", &team).await;
        let of_mel = server.create_link("mel", &team).await;
        let answer = try_adopting(&server, "sam", &team, "fay").await.unwrap().into_inner();
        assert!(answer.adopted_link_ids.is_empty(), "a steward makes no links");
        assert_eq!(links_that_are(&server, &team, InviteLinkState::MakerGone).await, [of_fay.id]);
        // Suspended makers have no say either, and their links go over all the same.
        server.suspend("ada", &team, "mel").await;
        assert_refused(server.try_redeem("cem", &of_mel.token).await, ErrorReason::MakerGone);
        let answer = try_adopting(&server, "ada", &team, "mel").await.unwrap().into_inner();
        assert_eq!(answer.adopted_link_ids, [of_mel.id]);
        assert_eq!(answer.member.unwrap().state(), MemberState::Suspended, "as it was");
        server.redeem("cem", &of_mel.token).await;
    })
    .await;
}

#[tokio::test]
async fn a_removal_that_is_only_validated_names_what_would_go_over() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let link = server.create_link("bob", &team).await;
        let before = (server.events("ada", &team).await, server.members("ada", &team).await);
        let dry = RemoveMemberRequest {
            team_id: team.clone(),
            user_id: "bob".into(),
            adopt_invites: true,
            validate_only: true,
            ..RemoveMemberRequest::default()
        };
        let would_be = server.team_as("ada").remove_member(dry).await.unwrap().into_inner();
        assert_eq!(would_be.adopted_link_ids, std::slice::from_ref(&link.id));
        assert!(before == (server.events("ada", &team).await, server.members("ada", &team).await));
        assert_eq!(server.link("ada", &team, &link.id).await.0.maker_user_id, "bob");
        // A refusal takes nothing over.
        assert_refused(try_adopting(&server, "ada", &team, "ada").await, ErrorReason::OwnRemoval);
        assert_refused(try_adopting(&server, "ada", &team, "zoe").await, ErrorReason::MemberNotFound);
    })
    .await;
}

#[tokio::test]
async fn grants_end_with_the_membership_and_do_not_come_back() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "agency").await;
        server.add(&team, &[row("vic", "viewer")]).await;
        let grants = [on("project", "p1", "viewer"), on("project", "p2", "viewer")];
        server.grant("ada", &team, "vic", &grants).await;
        let removed = server.remove("ada", &team, "vic").await.member.unwrap();
        assert_eq!(removed.grants, grants, "as it was");
        let event = server.events("ada", &team).await.remove(0);
        let Some(Change::MemberRemoved(told)) = event.change else { panic!("{event:?}") };
        assert_eq!((told.grants.as_slice(), told.state()), (&grants[..], MemberState::Active));
        let back = server.add(&team, &[row("vic", "viewer")]).await.remove(0);
        assert!(back.grants.is_empty() && back.restricted_kinds.is_empty(), "{back:?}");
        assert_eq!(server.member("vic", &team, "vic").await, back);
    })
    .await;
}

#[tokio::test]
async fn who_was_removed_comes_back_by_whatever_is_newer() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", EDITOR)]).await;
        let older = server.create_link("ada", &team).await;
        server.remove("ada", &team, "bob").await;
        let newer = server.create_link("ada", &team).await;
        assert_refused(server.try_redeem("bob", &older.token).await, ErrorReason::Removed);
        assert_refused(server.try_preview("bob", &older.token).await, ErrorReason::Removed);
        assert_eq!(server.redeem("bob", &newer.token).await.member.unwrap().role, VIEWER);
        // Who leaves after a removal is held back by that still, but not by the leaving.
        server.leave("bob", &team).await;
        assert_refused(server.try_redeem("bob", &older.token).await, ErrorReason::Removed);
        assert!(!server.redeem("bob", &newer.token).await.already_member);
    })
    .await;
}
