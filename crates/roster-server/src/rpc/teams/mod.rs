//! `roster.v1.TeamService`.

mod change_member_role;
mod create;
mod get;
mod get_member;
mod get_policy;
mod list;
mod list_events;
mod list_members;
mod list_policies;
mod remove_member;

use roster_proto::v1 as pb;
use roster_proto::v1::team_service_server::TeamService;
use tonic::{Request, Response, Status, async_trait};

use super::Service;

#[async_trait]
impl TeamService for Service {
    async fn create_team(&self, request: Request<pb::CreateTeamRequest>) -> Answer<pb::CreateTeamResponse> {
        Ok(create::create_team(&self.0, request).await?)
    }

    async fn get_team(&self, request: Request<pb::GetTeamRequest>) -> Answer<pb::GetTeamResponse> {
        Ok(get::get_team(&self.0, request).await?)
    }

    async fn list_teams(&self, request: Request<pb::ListTeamsRequest>) -> Answer<pb::ListTeamsResponse> {
        Ok(list::list_teams(&self.0, request).await?)
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

    async fn remove_member(
        &self,
        request: Request<pb::RemoveMemberRequest>,
    ) -> Answer<pb::RemoveMemberResponse> {
        Ok(remove_member::remove_member(&self.0, request).await?)
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
}

type Answer<T> = Result<Response<T>, Status>;
