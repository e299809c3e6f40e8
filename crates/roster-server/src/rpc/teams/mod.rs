//! `roster.v1.TeamService`.

mod batch_add_members;
mod change_member_role;
mod create;
mod delete;
mod ensure_personal;
mod erase_user;
mod export_user;
mod founded;
mod get;
mod get_member;
mod get_policy;
mod leave;
mod list;
mod list_events;
mod list_members;
mod list_policies;
mod purge_resource;
mod remove_member;
mod restore_member;
mod set_member_access;
mod set_tier;
mod suspend_member;
mod transfer_ownership;
mod update;
mod verb;

use roster_proto::v1 as pb;
use roster_proto::v1::team_service_server::TeamService;
use tonic::{Request, Response, Status, async_trait};

use super::Service;

#[async_trait]
impl TeamService for Service {
    async fn create_team(&self, request: Request<pb::CreateTeamRequest>) -> Answer<pb::CreateTeamResponse> {
        Ok(create::create_team(&self.0, request).await?)
    }

    async fn ensure_personal_team(
        &self,
        request: Request<pb::EnsurePersonalTeamRequest>,
    ) -> Answer<pb::EnsurePersonalTeamResponse> {
        Ok(ensure_personal::ensure_personal_team(&self.0, request).await?)
    }

    async fn get_team(&self, request: Request<pb::GetTeamRequest>) -> Answer<pb::GetTeamResponse> {
        Ok(get::get_team(&self.0, request).await?)
    }

    async fn list_teams(&self, request: Request<pb::ListTeamsRequest>) -> Answer<pb::ListTeamsResponse> {
        Ok(list::list_teams(&self.0, request).await?)
    }

    async fn update_team(&self, request: Request<pb::UpdateTeamRequest>) -> Answer<pb::UpdateTeamResponse> {
        Ok(update::update_team(&self.0, request).await?)
    }

    async fn delete_team(&self, request: Request<pb::DeleteTeamRequest>) -> Answer<pb::DeleteTeamResponse> {
        Ok(delete::delete_team(&self.0, request).await?)
    }

    async fn set_team_tier(
        &self,
        request: Request<pb::SetTeamTierRequest>,
    ) -> Answer<pb::SetTeamTierResponse> {
        Ok(set_tier::set_team_tier(&self.0, request).await?)
    }

    async fn transfer_ownership(
        &self,
        request: Request<pb::TransferOwnershipRequest>,
    ) -> Answer<pb::TransferOwnershipResponse> {
        Ok(transfer_ownership::transfer_ownership(&self.0, request).await?)
    }

    async fn get_member(&self, request: Request<pb::GetMemberRequest>) -> Answer<pb::GetMemberResponse> {
        Ok(get_member::get_member(&self.0, request).await?)
    }

    async fn list_members(
        &self,
        request: Request<pb::ListMembersRequest>,
    ) -> Answer<pb::ListMembersResponse> {
        Ok(list_members::list_members(&self.0, request).await?)
    }

    async fn change_member_role(
        &self,
        request: Request<pb::ChangeMemberRoleRequest>,
    ) -> Answer<pb::ChangeMemberRoleResponse> {
        Ok(change_member_role::change_member_role(&self.0, request).await?)
    }

    async fn set_member_access(
        &self,
        request: Request<pb::SetMemberAccessRequest>,
    ) -> Answer<pb::SetMemberAccessResponse> {
        Ok(set_member_access::set_member_access(&self.0, request).await?)
    }

    async fn purge_resource(
        &self,
        request: Request<pb::PurgeResourceRequest>,
    ) -> Answer<pb::PurgeResourceResponse> {
        Ok(purge_resource::purge_resource(&self.0, request).await?)
    }

    async fn suspend_member(
        &self,
        request: Request<pb::SuspendMemberRequest>,
    ) -> Answer<pb::SuspendMemberResponse> {
        Ok(suspend_member::suspend_member(&self.0, request).await?)
    }

    async fn restore_member(
        &self,
        request: Request<pb::RestoreMemberRequest>,
    ) -> Answer<pb::RestoreMemberResponse> {
        Ok(restore_member::restore_member(&self.0, request).await?)
    }

    async fn remove_member(
        &self,
        request: Request<pb::RemoveMemberRequest>,
    ) -> Answer<pb::RemoveMemberResponse> {
        Ok(remove_member::remove_member(&self.0, request).await?)
    }

    async fn leave_team(&self, request: Request<pb::LeaveTeamRequest>) -> Answer<pb::LeaveTeamResponse> {
        Ok(leave::leave_team(&self.0, request).await?)
    }

    async fn batch_add_members(
        &self,
        request: Request<pb::BatchAddMembersRequest>,
    ) -> Answer<pb::BatchAddMembersResponse> {
        Ok(batch_add_members::batch_add_members(&self.0, request).await?)
    }

    async fn get_policy(&self, request: Request<pb::GetPolicyRequest>) -> Answer<pb::GetPolicyResponse> {
        Ok(get_policy::get_policy(&self.0, &request)?)
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Answer<pb::ListPoliciesResponse> {
        Ok(list_policies::list_policies(&self.0, &request)?)
    }

    async fn list_events(&self, request: Request<pb::ListEventsRequest>) -> Answer<pb::ListEventsResponse> {
        Ok(list_events::list_events(&self.0, request).await?)
    }

    async fn erase_user(&self, request: Request<pb::EraseUserRequest>) -> Answer<pb::EraseUserResponse> {
        Ok(erase_user::erase_user(&self.0, request).await?)
    }

    async fn export_user(&self, request: Request<pb::ExportUserRequest>) -> Answer<pb::ExportUserResponse> {
        Ok(export_user::export_user(&self.0, request).await?)
    }
}

type Answer<T> = Result<Response<T>, Status>;
