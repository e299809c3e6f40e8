//! What somebody made who could not make it any more lets nobody in, until somebody could again.

use roster_proto::v1::{
    CreateInvitationRequest, ErrorReason, InvitationState, InviteLinkState, ReceivedInvitation, TeamCodeState,
};
use roster_testkit::{
    ATELIER, Actor, Kind, Options, Server, address_of, assert_refused, atelier, both, invitation_to, known,
    on,
};

use crate::abuse::{APPRENTICE, Ways};

/// Fay, a foreman of ada's team, made one of each.
struct Scene {
    server: Server,
    team: String,
    ways: Ways,
}

impl Scene {
    async fn set(kind: Kind, options: &Options) -> Self {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("fay", "foreman")]).await;
        let ways = Ways::of(&server, "fay", &team, "bob").await;
        Self { server, team, ways }
    }

    /// Whether the lists say that nobody stands behind them any more; those of each state agree.
    async fn assert_shown(&self, gone: bool) {
        let Self { server, team, ways } = self;
        let (invitation, link, code) = if gone {
            (InvitationState::MakerGone, InviteLinkState::MakerGone, TeamCodeState::MakerGone)
        } else {
            (InvitationState::Pending, InviteLinkState::Live, TeamCodeState::Live)
        };
        assert_eq!(server.invitation("ada", team, &ways.invite.id).await.state(), invitation);
        assert_eq!(
            server.invitations_in("ada", team, invitation).await,
            std::slice::from_ref(&ways.invite.id)
        );
        assert_eq!(server.links("ada", team).await[0].state(), link);
        assert_eq!(server.code("ada", team, &ways.code.code_id).await.state(), code);
        assert_eq!(server.codes_in("ada", team, code).await.len(), 1);
        let received = server.received(known("bob")).await;
        assert_eq!(received.iter().map(ReceivedInvitation::state).collect::<Vec<_>>(), [invitation]);
    }

    async fn assert_gone(&self) {
        self.assert_shown(true).await;
        self.ways.assert_refused(&self.server, &known("bob"), ErrorReason::MakerGone).await;
        assert_eq!(self.server.code("ada", &self.team, &self.ways.code.code_id).await.use_count, 0);
        let member = self.server.try_member("ada", &self.team, "bob").await;
        assert_refused(member, ErrorReason::MemberNotFound);
    }

    /// Each of them lets somebody in.
    async fn assert_admits(&self) {
        self.assert_shown(false).await;
        let Self { server, ways, .. } = self;
        assert!(!server.accept(known("bob"), &ways.invite).await.already_member);
        assert!(!server.redeem("cyd", &ways.link.token).await.already_member);
        assert!(!server.redeem_code("dan", &ways.code.code).await.already_member);
    }
}

#[tokio::test]
async fn what_a_demoted_member_made_lets_nobody_in() {
    let (_policy, options) = atelier();
    both(async |kind| {
        // A steward may less in this, though more in other things.
        for role in ["journeyman", "steward"] {
            let scene = Scene::set(kind, &options).await;
            scene.server.change_role("ada", &scene.team, "fay", role).await;
            scene.assert_gone().await;
            scene.server.change_role("ada", &scene.team, "fay", "foreman").await;
            scene.assert_admits().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_suspended_member_made_lets_nobody_in() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let scene = Scene::set(kind, &options).await;
        scene.server.suspend("ada", &scene.team, "fay").await;
        scene.assert_gone().await;
        scene.server.restore("ada", &scene.team, "fay").await;
        scene.assert_admits().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_removed_member_made_lets_nobody_in() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let scene = Scene::set(kind, &options).await;
        let Scene { server, team, ways } = &scene;
        server.remove("ada", team, "fay").await;
        scene.assert_gone().await;
        // Sent again it has another maker and another secret.
        let again = server.resend("ada", team, &ways.invite.id).await;
        assert_refused(server.try_accept(known("bob"), &ways.invite).await, ErrorReason::InviteNotFound);
        server.accept(known("bob"), &again).await;
        assert_refused(server.try_redeem("cyd", &ways.link.token).await, ErrorReason::MakerGone);
    })
    .await;
}

#[tokio::test]
async fn what_somebody_left_behind_lets_nobody_in() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let scene = Scene::set(kind, &options).await;
        scene.server.leave("fay", &scene.team).await;
        scene.assert_gone().await;
    })
    .await;
}

#[tokio::test]
async fn what_gives_more_than_its_maker_has_by_now_lets_nobody_in() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let scene = Scene::set(kind, &options).await;
        let Scene { server, team, .. } = &scene;
        // Apprentices visit all rooms; fay enters one from now on.
        let narrow = CreateInvitationRequest {
            grants: vec![on("room", "kiln", "visitor")],
            ..invitation_to(team, &address_of("eve"), APPRENTICE)
        };
        let narrow = server.invites_as("fay").create_invitation(narrow).await.expect("made").into_inner();
        server.grant("ada", team, "fay", &[on("room", "kiln", "keeper")]).await;
        scene.ways.assert_refused(server, &known("bob"), ErrorReason::MakerGone).await;
        let by: Actor = known("eve");
        let id = narrow.invitation.expect("the invitation").invitation_id;
        let joined = server.accept(&by, roster_testkit::By::Id(id)).await.member.expect("a member");
        assert_eq!(joined.grants, [on("room", "kiln", "visitor")], "within what fay still has");
    })
    .await;
}
