//! Every call of `InvitationService`, for what holds of all of them.

use roster_proto::v1::{
    BatchCreateInvitationsRequest, CancelInvitationRequest, CreateInvitationRequest, CreateInviteLinkRequest,
    CreateTeamCodeRequest, DeleteTeamCodeRequest, GetInvitationRequest, GetInviteLinkRequest,
    ListInvitationsRequest, ListInviteLinksRequest, ListReceivedInvitationsRequest, ListTeamCodesRequest,
    PreviewInviteRequest, RedeemInviteLinkRequest, RedeemTeamCodeRequest, ResendInvitationRequest,
    RevokeInviteLinkRequest, RevokeTeamCodeRequest,
};

use crate::actor::Actor;
use crate::every::{Outcomes, Target};
use crate::server::Server;
use crate::steps::EDITOR;
use crate::steps_invitations::{By, accepting, declining, invitation_row, invitation_to, return_token};

/// A code and an invitation that nobody made.
const NO_CODE: &str = "SK-7Q4MXR";
const NO_INVITATION: &str = "inv_01h455vb4pex5vsknk084sn02q";

impl Server {
    /// Makes every call that reads a team's ways in.
    pub(crate) async fn every_way_in_read(&self, actor: &Actor, target: &Target) -> Outcomes {
        let mut invites = self.invites_as(actor);
        let Target { team, link, invitation, .. } = target.clone();
        let get_link = GetInviteLinkRequest { team_id: team.clone(), link_id: link };
        let links = ListInviteLinksRequest { team_id: team.clone(), ..ListInviteLinksRequest::default() };
        let get = GetInvitationRequest { team_id: team.clone(), invitation_id: invitation };
        let list = ListInvitationsRequest { team_id: team.clone(), ..ListInvitationsRequest::default() };
        let codes = ListTeamCodesRequest { team_id: team, ..ListTeamCodesRequest::default() };
        vec![
            ("GetInviteLink", invites.get_invite_link(get_link).await.map(drop)),
            ("ListInviteLinks", invites.list_invite_links(links).await.map(drop)),
            ("GetInvitation", invites.get_invitation(get).await.map(drop)),
            ("ListInvitations", invites.list_invitations(list).await.map(drop)),
            ("ListTeamCodes", invites.list_team_codes(codes).await.map(drop)),
        ]
    }

    /// Makes every call that changes a team's ways in, unless it should only be validated.
    pub(crate) async fn every_way_in_mutation(
        &self,
        actor: &Actor,
        target: &Target,
        validate_only: bool,
    ) -> Outcomes {
        let mut invites = self.invites_as(actor);
        let Target { team, link, invitation, code, request_id, .. } = target.clone();
        let (team_id, invitation_id, code_id) = (|| team.clone(), || invitation.clone(), || code.clone());
        let id = || request_id.clone();
        let link = (
            CreateInviteLinkRequest { team_id: team_id(), request_id: id(), validate_only },
            RevokeInviteLinkRequest { team_id: team_id(), request_id: id(), validate_only, link_id: link },
        );
        let invite = CreateInvitationRequest {
            request_id: id(),
            validate_only,
            ..invitation_to(&team, "every@example.org", EDITOR)
        };
        let batch = BatchCreateInvitationsRequest {
            team_id: team_id(),
            request_id: id(),
            validate_only,
            invitations: vec![invitation_row("each@example.org", EDITOR)],
            delivery: return_token(),
        };
        let resend = ResendInvitationRequest {
            team_id: team_id(),
            request_id: id(),
            validate_only,
            invitation_id: invitation_id(),
            delivery: return_token(),
            ..ResendInvitationRequest::default()
        };
        let cancel = CancelInvitationRequest {
            team_id: team_id(),
            request_id: id(),
            validate_only,
            invitation_id: invitation_id(),
            ..CancelInvitationRequest::default()
        };
        let make = CreateTeamCodeRequest {
            team_id: team_id(),
            request_id: id(),
            validate_only,
            role: EDITOR.into(),
            lifetime: "P7D".into(),
            ..CreateTeamCodeRequest::default()
        };
        let revoke =
            RevokeTeamCodeRequest { team_id: team_id(), request_id: id(), validate_only, code_id: code_id() };
        let delete =
            DeleteTeamCodeRequest { team_id: team_id(), request_id: id(), validate_only, code_id: code_id() };
        vec![
            ("CreateInviteLink", invites.create_invite_link(link.0).await.map(drop)),
            ("RevokeInviteLink", invites.revoke_invite_link(link.1).await.map(drop)),
            ("CreateInvitation", invites.create_invitation(invite).await.map(drop)),
            ("BatchCreateInvitations", invites.batch_create_invitations(batch).await.map(drop)),
            ("ResendInvitation", invites.resend_invitation(resend).await.map(drop)),
            ("CancelInvitation", invites.cancel_invitation(cancel).await.map(drop)),
            ("CreateTeamCode", invites.create_team_code(make).await.map(drop)),
            ("RevokeTeamCode", invites.revoke_team_code(revoke).await.map(drop)),
            ("DeleteTeamCode", invites.delete_team_code(delete).await.map(drop)),
        ]
    }

    /// Makes every call of somebody who comes by a way in: by that token of a link, by an invitation and a code that
    /// nobody made.
    pub(crate) async fn every_way_in(&self, actor: &Actor, token: &str) -> Outcomes {
        let mut invites = self.invites_as(actor);
        let preview = PreviewInviteRequest { token: token.into(), code: String::new() };
        let by_link = RedeemInviteLinkRequest { token: token.into(), request_id: String::new() };
        let by_code = RedeemTeamCodeRequest { code: NO_CODE.into(), request_id: String::new() };
        let received = ListReceivedInvitationsRequest::default();
        let id = || By::Id(NO_INVITATION.into());
        vec![
            ("PreviewInvite", invites.preview_invite(preview).await.map(drop)),
            ("RedeemInviteLink", invites.redeem_invite_link(by_link).await.map(drop)),
            ("RedeemTeamCode", invites.redeem_team_code(by_code).await.map(drop)),
            ("ListReceivedInvitations", invites.list_received_invitations(received).await.map(drop)),
            ("AcceptInvitation", invites.accept_invitation(accepting(id())).await.map(drop)),
            ("DeclineInvitation", invites.decline_invitation(declining(id())).await.map(drop)),
        ]
    }
}
