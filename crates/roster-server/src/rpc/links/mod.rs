//! `roster.v1.InvitationService`.

mod create;
mod get;
mod list;
mod place;
mod preview;
mod redeem;
mod revoke;
mod token;

use roster_proto::v1 as pb;
use roster_proto::v1::invitation_service_server::InvitationService;
use tonic::{Request, Response, Status, async_trait};

use super::Service;

#[async_trait]
impl InvitationService for Service {
    async fn create_invite_link(
        &self,
        request: Request<pb::CreateInviteLinkRequest>,
    ) -> Answer<pb::CreateInviteLinkResponse> {
        Ok(create::create_invite_link(&self.0, request).await?)
    }

    async fn get_invite_link(
        &self,
        request: Request<pb::GetInviteLinkRequest>,
    ) -> Answer<pb::GetInviteLinkResponse> {
        Ok(get::get_invite_link(&self.0, request).await?)
    }

    async fn list_invite_links(
        &self,
        request: Request<pb::ListInviteLinksRequest>,
    ) -> Answer<pb::ListInviteLinksResponse> {
        Ok(list::list_invite_links(&self.0, request).await?)
    }

    async fn revoke_invite_link(
        &self,
        request: Request<pb::RevokeInviteLinkRequest>,
    ) -> Answer<pb::RevokeInviteLinkResponse> {
        Ok(revoke::revoke_invite_link(&self.0, request).await?)
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
        Ok(redeem::redeem_invite_link(&self.0, request).await?)
    }
}

type Answer<T> = Result<Response<T>, Status>;
