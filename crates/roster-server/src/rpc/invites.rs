//! `roster.v1.InvitationService`.

use roster_proto::v1 as pb;
use roster_proto::v1::invitation_service_server::InvitationService;
use tonic::{Request, Response, Status, async_trait};

use super::{Service, codes, invitations, links, preview};

#[async_trait]
impl InvitationService for Service {
    async fn create_invitation(
        &self,
        request: Request<pb::CreateInvitationRequest>,
    ) -> Answer<pb::CreateInvitationResponse> {
        Ok(invitations::create::create_invitation(&self.0, request).await?)
    }

    async fn batch_create_invitations(
        &self,
        request: Request<pb::BatchCreateInvitationsRequest>,
    ) -> Answer<pb::BatchCreateInvitationsResponse> {
        Ok(invitations::batch_create::batch_create_invitations(&self.0, request).await?)
    }

    async fn get_invitation(
        &self,
        request: Request<pb::GetInvitationRequest>,
    ) -> Answer<pb::GetInvitationResponse> {
        Ok(invitations::get::get_invitation(&self.0, request).await?)
    }

    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Answer<pb::ListInvitationsResponse> {
        Ok(invitations::list::list_invitations(&self.0, request).await?)
    }

    async fn resend_invitation(
        &self,
        request: Request<pb::ResendInvitationRequest>,
    ) -> Answer<pb::ResendInvitationResponse> {
        Ok(invitations::resend::resend_invitation(&self.0, request).await?)
    }

    async fn cancel_invitation(
        &self,
        request: Request<pb::CancelInvitationRequest>,
    ) -> Answer<pb::CancelInvitationResponse> {
        Ok(invitations::cancel::cancel_invitation(&self.0, request).await?)
    }

    async fn list_received_invitations(
        &self,
        request: Request<pb::ListReceivedInvitationsRequest>,
    ) -> Answer<pb::ListReceivedInvitationsResponse> {
        Ok(invitations::list_received::list_received_invitations(&self.0, request).await?)
    }

    async fn accept_invitation(
        &self,
        request: Request<pb::AcceptInvitationRequest>,
    ) -> Answer<pb::AcceptInvitationResponse> {
        Ok(invitations::accept::accept_invitation(&self.0, request).await?)
    }

    async fn decline_invitation(
        &self,
        request: Request<pb::DeclineInvitationRequest>,
    ) -> Answer<pb::DeclineInvitationResponse> {
        Ok(invitations::decline::decline_invitation(&self.0, request).await?)
    }

    async fn create_invite_link(
        &self,
        request: Request<pb::CreateInviteLinkRequest>,
    ) -> Answer<pb::CreateInviteLinkResponse> {
        Ok(links::create::create_invite_link(&self.0, request).await?)
    }

    async fn get_invite_link(
        &self,
        request: Request<pb::GetInviteLinkRequest>,
    ) -> Answer<pb::GetInviteLinkResponse> {
        Ok(links::get::get_invite_link(&self.0, request).await?)
    }

    async fn list_invite_links(
        &self,
        request: Request<pb::ListInviteLinksRequest>,
    ) -> Answer<pb::ListInviteLinksResponse> {
        Ok(links::list::list_invite_links(&self.0, request).await?)
    }

    async fn revoke_invite_link(
        &self,
        request: Request<pb::RevokeInviteLinkRequest>,
    ) -> Answer<pb::RevokeInviteLinkResponse> {
        Ok(links::revoke::revoke_invite_link(&self.0, request).await?)
    }

    async fn preview_invite(
        &self,
        request: Request<pb::PreviewInviteRequest>,
    ) -> Answer<pb::PreviewInviteResponse> {
        Ok(preview::preview_invite(&self.0, request).await?)
    }

    async fn redeem_invite_link(
        &self,
        request: Request<pb::RedeemInviteLinkRequest>,
    ) -> Answer<pb::RedeemInviteLinkResponse> {
        Ok(links::redeem::redeem_invite_link(&self.0, request).await?)
    }

    async fn create_team_code(
        &self,
        request: Request<pb::CreateTeamCodeRequest>,
    ) -> Answer<pb::CreateTeamCodeResponse> {
        Ok(codes::create::create_team_code(&self.0, request).await?)
    }

    async fn list_team_codes(
        &self,
        request: Request<pb::ListTeamCodesRequest>,
    ) -> Answer<pb::ListTeamCodesResponse> {
        Ok(codes::list::list_team_codes(&self.0, request).await?)
    }

    async fn revoke_team_code(
        &self,
        request: Request<pb::RevokeTeamCodeRequest>,
    ) -> Answer<pb::RevokeTeamCodeResponse> {
        Ok(codes::revoke::revoke_team_code(&self.0, request).await?)
    }

    async fn delete_team_code(
        &self,
        request: Request<pb::DeleteTeamCodeRequest>,
    ) -> Answer<pb::DeleteTeamCodeResponse> {
        Ok(codes::delete::delete_team_code(&self.0, request).await?)
    }

    async fn redeem_team_code(
        &self,
        request: Request<pb::RedeemTeamCodeRequest>,
    ) -> Answer<pb::RedeemTeamCodeResponse> {
        Ok(codes::redeem::redeem_team_code(&self.0, request).await?)
    }
}

type Answer<T> = Result<Response<T>, Status>;
