//! An invitation stands by its maker's authority: without it nobody gets in, and with it again everybody does.

use roster_proto::v1::{ErrorReason, InvitationState};
use roster_testkit::{
    ATELIER, Invite, Options, Server, assert_refused, atelier, both, invitation_to, known, on, row,
};

use super::state;

/// An invitation by fred, a foreman, for somebody who is to see one room.
async fn made_by_fred(server: &Server, team: &str, email: &str) -> Invite {
    let mut request = invitation_to(team, email, "apprentice");
    request.grants = vec![on("room", "r1", "visitor")];
    let made = server.invites_as("fred").create_invitation(request).await.expect("a foreman invites");
    let made = made.into_inner();
    let id = made.invitation.expect("CreateInvitation returns the invitation").invitation_id;
    Invite { id, token: made.token }
}

/// Nobody gets in, and it is listed so.
async fn assert_gone(server: &Server, team: &str, invite: &Invite, why: &str) {
    let gone = server.invitations_in("ada", team, InvitationState::MakerGone).await;
    assert_eq!(gone, [invite.id.as_str()], "{why}");
    assert!(server.invitations_in("ada", team, InvitationState::Pending).await.is_empty(), "{why}");
    assert_admits_nobody(server, team, invite, why).await;
}

async fn assert_admits_nobody(server: &Server, team: &str, invite: &Invite, why: &str) {
    assert_eq!(state(server, team, &invite.id).await, InvitationState::MakerGone, "{why}");
    for by in [invite.by_token(), invite.by_id()] {
        assert_refused(server.try_accept(known("bob"), by).await, ErrorReason::MakerGone);
    }
    assert_refused(server.try_preview(known("bob"), &invite.token).await, ErrorReason::MakerGone);
    let received = server.received(known("bob")).await;
    assert!(received.iter().all(|one| one.state() != InvitationState::Pending), "{why}: {received:?}");
}

async fn assert_back(server: &Server, team: &str, invite: &Invite, why: &str) {
    assert_eq!(state(server, team, &invite.id).await, InvitationState::Pending, "{why}");
    server.preview(known("bob"), &invite.token).await;
    assert_eq!(server.received(known("bob")).await[0].state(), InvitationState::Pending, "{why}");
}

#[tokio::test]
async fn without_its_makers_authority_it_admits_nobody_and_with_it_again_it_does() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("fred", "foreman")]).await;
        let invite = made_by_fred(&server, &team, "bob@example.org").await;
        assert_back(&server, &team, &invite, "as made").await;

        server.change_role("ada", &team, "fred", "journeyman").await;
        assert_gone(&server, &team, &invite, "demoted").await;
        server.change_role("ada", &team, "fred", "master").await;
        assert_back(&server, &team, &invite, "raised").await;
        server.change_role("ada", &team, "fred", "foreman").await;

        server.suspend("ada", &team, "fred").await;
        assert_gone(&server, &team, &invite, "suspended").await;
        server.restore("ada", &team, "fred").await;
        assert_back(&server, &team, &invite, "restored").await;

        server.grant("ada", &team, "fred", &[on("room", "r2", "keeper")]).await;
        // The filter by state goes by the maker's role, not by what it was granted.
        assert_admits_nobody(&server, &team, &invite, "narrowed to another room").await;
        server.grant("ada", &team, "fred", &[on("room", "r1", "visitor")]).await;
        assert_back(&server, &team, &invite, "given the very room").await;

        server.remove("ada", &team, "fred").await;
        assert_gone(&server, &team, &invite, "removed").await;
        server.add(&team, &[row("fred", "journeyman")]).await;
        assert_gone(&server, &team, &invite, "back, as less").await;
        server.change_role("ada", &team, "fred", "foreman").await;
        assert_back(&server, &team, &invite, "back as what it was").await;
        let member = server.accept(known("bob"), &invite).await.member.unwrap();
        assert_eq!(member.invited_by_user_id, "fred");
    })
    .await;
}

#[tokio::test]
async fn somebody_else_sends_it_again_or_takes_it_back_and_who_is_invited_may_decline() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("fred", "foreman")]).await;
        let invite = made_by_fred(&server, &team, "bob@example.org").await;
        let cancelled = made_by_fred(&server, &team, "cyd@example.org").await;
        let declined = made_by_fred(&server, &team, "dan@example.org").await;
        server.change_role("ada", &team, "fred", "apprentice").await;
        assert_eq!(server.cancel("ada", &team, &cancelled.id).await.state(), InvitationState::Cancelled);
        assert_eq!(server.decline(known("dan"), &declined).await.state(), InvitationState::Declined);
        assert_gone(&server, &team, &invite, "demoted").await;
        let outcome = server.try_invite("ada", &team, "bob@example.org", "apprentice").await;
        assert_refused(outcome, ErrorReason::InvitationPending);
        let again = server.resend("ada", &team, &invite.id).await;
        assert_back(&server, &team, &again, "sent again").await;
        assert_eq!(server.invitation("ada", &team, &invite.id).await.inviter_user_id, "ada");
        server.accept(known("bob"), &again).await;
        assert!(server.invitations_in("ada", &team, InvitationState::MakerGone).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_without_a_maker_counts_towards_no_cap() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let one = options.clone().variable("ROSTER_LIMITS__PENDING_INVITATIONS_PER_TEAM", "1");
        let server = Server::start_with(kind, one).await;
        let team = server.team_under(ATELIER, "ada", &[("fred", "foreman")]).await;
        let freds = made_by_fred(&server, &team, "bob@example.org").await;
        let full = async || {
            let outcome = server.try_invite("ada", &team, "late@example.org", "apprentice").await;
            assert_refused(outcome, ErrorReason::CapReached);
        };
        full().await;
        server.suspend("ada", &team, "fred").await;
        let adas = server.invite("ada", &team, "cyd@example.org", "apprentice").await;
        full().await;
        server.restore("ada", &team, "fred").await;
        let pending = server.invitations_in("ada", &team, InvitationState::Pending).await;
        assert_eq!(pending, [adas.id.as_str(), freds.id.as_str()], "authority regained");
        full().await;
        server.cancel("ada", &team, &adas.id).await;
        full().await;
        server.cancel("ada", &team, &freds.id).await;
        server.invite("ada", &team, "late@example.org", "apprentice").await;
    })
    .await;
}

#[tokio::test]
async fn in_a_workspace_one_without_a_maker_still_holds_its_seat() {
    both(async |kind| {
        let server = Server::start_with(kind, Options::default()).await;
        let team = server.team_under("workspace", "ada", &[("abe", "admin")]).await;
        for i in 0..3 {
            server.invite("abe", &team, &format!("p{i}@example.org"), "user").await;
        }
        server.change_role("ada", &team, "abe", "user").await;
        assert_eq!(server.invitations_in("ada", &team, InvitationState::MakerGone).await.len(), 3);
        // It may be pending again at any moment, and its seat must be there then.
        assert_eq!(server.seats("ada", &team).await, [5, 2, 0, 3]);
        let outcome = server.try_invite("ada", &team, "late@example.org", "user").await;
        assert_refused(outcome, ErrorReason::NoSeat);
    })
    .await;
}
