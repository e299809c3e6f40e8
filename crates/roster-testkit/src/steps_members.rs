//! The steps of members under any policy: added, listed, granted, suspended, gone. Those without `try_` in their name
//! must succeed.

use prost::Message;
use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::batch_add_members_response::result::Outcome as RowOutcome;
use roster_proto::v1::batch_add_members_response::{Result as RowResult, result};
use roster_proto::v1::grant::Target;
use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{
    AccessChange, BatchAddMembersRequest, BatchAddMembersResponse, CreateTeamRequest, ErrorReason,
    GetMemberRequest, GetMemberResponse, Grant, LeaveTeamRequest, LeaveTeamResponse, ListMembersRequest,
    ListMembersResponse, Member, PurgeResourceRequest, PurgeResourceResponse, RestoreMemberRequest,
    RestoreMemberResponse, Seats, SetMemberAccessRequest, SetMemberAccessResponse, SetTeamTierRequest,
    SuspendMemberRequest, SuspendMemberResponse,
};
use tonic::{Code, Status};

use crate::actor::Actor;
use crate::demand::{Refused, assert_refused};
use crate::server::Server;
use crate::steps::{Outcome, done};

/// A calling service with these scopes, separated by commas, that acts for nobody.
#[must_use]
pub fn service(scopes: &str) -> Actor {
    Actor::nobody().header("x-caller-scopes", scopes)
}

/// A person to be added, now and without grants.
#[must_use]
pub fn row(user: &str, role: &str) -> Row {
    Row { user_id: user.into(), role: role.into(), ..Row::default() }
}

/// A grant of one resource.
#[must_use]
pub fn on(kind: &str, resource: &str, role: &str) -> Grant {
    Grant { kind: kind.into(), role: role.into(), target: Some(Target::ResourceId(resource.into())) }
}

/// A grant of all resources.
#[must_use]
pub fn on_all(kind: &str, role: &str) -> Grant {
    Grant { kind: kind.into(), role: role.into(), target: Some(Target::AllResources(true)) }
}

/// These grants and no others.
#[must_use]
pub fn only(grants: &[Grant]) -> AccessChange {
    AccessChange { grants: grants.to_vec(), unrestrict_kinds: Vec::new() }
}

/// The member of a row that was not refused.
#[track_caller]
#[must_use]
pub fn row_member(result: &RowResult) -> Member {
    match &result.outcome {
        Some(RowOutcome::Member(member)) => member.clone(),
        other => panic!("a member was expected, there is {other:?}"),
    }
}

/// Fails unless the row was refused for that reason, as a call of its own would be.
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "the refusal itself is what most tests are after")]
pub fn assert_row_refused(result: &RowResult, reason: ErrorReason) -> Refused {
    assert!(!result.already_member, "{result:?}");
    let Some(result::Outcome::Status(status)) = &result.outcome else {
        panic!("a refusal was expected, there is {result:?}");
    };
    let details = status.encode_to_vec().into();
    let status = Status::with_details(Code::from_i32(status.code), status.message.clone(), details);
    assert_refused(Err::<(), _>(status), reason)
}

impl Server {
    /// Makes a team under that policy and returns its id.
    pub async fn create_under(&self, founder: impl Into<Actor>, policy: &str) -> String {
        let request = CreateTeamRequest {
            policy: policy.into(),
            display_name: "Team".into(),
            ..CreateTeamRequest::default()
        };
        let response = done("CreateTeam", self.team_as(founder).create_team(request).await);
        response.team.expect("CreateTeam returns the team").team_id
    }

    /// Makes a team under that policy and adds these people to it.
    pub async fn team_under(&self, policy: &str, founder: &str, others: &[(&str, &str)]) -> String {
        let team = self.create_under(founder, policy).await;
        if !others.is_empty() {
            let rows: Vec<_> = others.iter().map(|(user, role)| row(user, role)).collect();
            self.add(&team, &rows).await;
        }
        team
    }

    /// Makes an account with that tier and returns its id.
    pub async fn account(&self, founder: &str, tier: &str) -> String {
        let request = CreateTeamRequest {
            policy: "account".into(),
            display_name: "Account".into(),
            tier: tier.into(),
            ..CreateTeamRequest::default()
        };
        let founder = Actor::from(founder).header("x-caller-scopes", "tiers.set");
        let response = done("CreateTeam", self.team_as(founder).create_team(request).await);
        response.team.expect("CreateTeam returns the team").team_id
    }

    /// Sets a team's tier, and says what its seats are then.
    pub async fn set_tier(&self, team: &str, tier: &str) -> Seats {
        let request =
            SetTeamTierRequest { team_id: team.into(), tier: tier.into(), ..SetTeamTierRequest::default() };
        let response = done("SetTeamTier", self.team_as(service("tiers.set")).set_team_tier(request).await);
        response.team.and_then(|team| team.seats).expect("SetTeamTier returns the team with its seats")
    }

    /// Adds people, all of them newcomers, and returns them as members.
    pub async fn add(&self, team: &str, rows: &[Row]) -> Vec<Member> {
        let response = done("BatchAddMembers", self.try_add(team, rows).await);
        assert!(response.results.iter().all(|result| !result.already_member), "{response:?}");
        response.results.iter().map(row_member).collect()
    }

    /// Tries to add people.
    pub async fn try_add(&self, team: &str, rows: &[Row]) -> Outcome<BatchAddMembersResponse> {
        let request = BatchAddMembersRequest {
            team_id: team.into(),
            members: rows.to_vec(),
            ..BatchAddMembersRequest::default()
        };
        self.team_as(service("members.import")).batch_add_members(request).await
    }

    /// Reads a member.
    pub async fn member(&self, actor: impl Into<Actor>, team: &str, user: &str) -> Member {
        let response = done("GetMember", self.try_member(actor, team, user).await);
        response.member.expect("GetMember returns the member")
    }

    /// Tries to read a member.
    pub async fn try_member(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
    ) -> Outcome<GetMemberResponse> {
        let request = GetMemberRequest { team_id: team.into(), user_id: user.into() };
        self.team_as(actor).get_member(request).await
    }

    /// The first page of a list of members.
    pub async fn page(&self, actor: impl Into<Actor>, team: &str, filter: Filter) -> ListMembersResponse {
        let request = ListMembersRequest {
            team_id: team.into(),
            filter: Some(filter),
            page_size: 200,
            ..ListMembersRequest::default()
        };
        done("ListMembers", self.team_as(actor).list_members(request).await)
    }

    /// Suspends a member.
    pub async fn suspend(&self, actor: impl Into<Actor>, team: &str, user: &str) -> SuspendMemberResponse {
        done("SuspendMember", self.try_suspend(actor, team, user).await)
    }

    /// Tries to suspend a member.
    pub async fn try_suspend(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
    ) -> Outcome<SuspendMemberResponse> {
        let request = SuspendMemberRequest {
            team_id: team.into(),
            user_id: user.into(),
            ..SuspendMemberRequest::default()
        };
        self.team_as(actor).suspend_member(request).await
    }

    /// Restores a member.
    pub async fn restore(&self, actor: impl Into<Actor>, team: &str, user: &str) -> RestoreMemberResponse {
        done("RestoreMember", self.try_restore(actor, team, user).await)
    }

    /// Tries to restore a member.
    pub async fn try_restore(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
    ) -> Outcome<RestoreMemberResponse> {
        let request = RestoreMemberRequest {
            team_id: team.into(),
            user_id: user.into(),
            ..RestoreMemberRequest::default()
        };
        self.team_as(actor).restore_member(request).await
    }

    /// Ends the actor's own membership.
    pub async fn leave(&self, actor: impl Into<Actor>, team: &str) -> LeaveTeamResponse {
        done("LeaveTeam", self.try_leave(actor, team).await)
    }

    /// Tries to end the actor's own membership.
    pub async fn try_leave(&self, actor: impl Into<Actor>, team: &str) -> Outcome<LeaveTeamResponse> {
        let request = LeaveTeamRequest { team_id: team.into(), ..LeaveTeamRequest::default() };
        self.team_as(actor).leave_team(request).await
    }

    /// Grants a member these and nothing else.
    pub async fn grant(&self, actor: impl Into<Actor>, team: &str, user: &str, grants: &[Grant]) -> Member {
        let response = done("SetMemberAccess", self.try_access(actor, team, user, only(grants)).await);
        response.member.expect("SetMemberAccess returns the member")
    }

    /// Tries to grant a member these and nothing else.
    pub async fn try_grant(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
        grants: &[Grant],
    ) -> Outcome<SetMemberAccessResponse> {
        self.try_access(actor, team, user, only(grants)).await
    }

    /// Tries to change what a member is granted.
    pub async fn try_access(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
        access: AccessChange,
    ) -> Outcome<SetMemberAccessResponse> {
        let request = SetMemberAccessRequest {
            team_id: team.into(),
            user_id: user.into(),
            access: Some(access),
            ..SetMemberAccessRequest::default()
        };
        self.team_as(actor).set_member_access(request).await
    }

    /// Tries to end all grants of a resource.
    pub async fn try_purge(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        kind: &str,
        resource: &str,
    ) -> Outcome<PurgeResourceResponse> {
        let request = PurgeResourceRequest {
            team_id: team.into(),
            kind: kind.into(),
            resource_id: resource.into(),
            ..PurgeResourceRequest::default()
        };
        self.team_as(actor).purge_resource(request).await
    }
}
