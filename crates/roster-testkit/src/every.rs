//! Every call, for what holds of all of them.

use roster_proto::v1::{
    AccessChange, ChangeMemberRoleRequest, CreateTeamRequest, DeleteTeamRequest, EnsurePersonalTeamRequest,
    GetMemberRequest, GetTeamRequest, LeaveTeamRequest, ListEventsRequest, ListMembersRequest,
    ListTeamsRequest, PurgeResourceRequest, RemoveMemberRequest, RestoreMemberRequest,
    SetMemberAccessRequest, SuspendMemberRequest, TransferOwnershipRequest, UpdateTeamRequest,
};
use tonic::Status;

use crate::actor::Actor;
use crate::server::Server;
use crate::steps::{EDITOR, PERSONAL, POLICY};

/// What the calls name.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// A team.
    pub team: String,
    /// A member of it.
    pub user: String,
    /// A link of it.
    pub link: String,
    /// An invitation of it.
    pub invitation: String,
    /// A code of it.
    pub code: String,
    /// The request id of its mutations.
    pub request_id: String,
}

/// The calls by name, and what came of each.
pub type Outcomes = Vec<(&'static str, Result<(), Status>)>;

impl Target {
    /// That team and member, and ids of ways in that no team has.
    #[must_use]
    pub fn of(team: &str, user: &str) -> Self {
        const ID: &str = "01h455vb4pex5vsknk084sn02q";
        Self {
            team: team.into(),
            user: user.into(),
            link: format!("link_{ID}"),
            invitation: format!("inv_{ID}"),
            code: format!("code_{ID}"),
            request_id: String::new(),
        }
    }
}

impl Server {
    /// Makes every call that names a team; those that would change it only ask whether they might.
    pub async fn every_team_call(&self, actor: impl Into<Actor>, target: &Target) -> Outcomes {
        let actor = actor.into();
        let mut outcomes = self.every_team_read(&actor, target).await;
        outcomes.extend(self.every_team_mutation(&actor, target, true).await);
        outcomes
    }

    /// Makes every call that names a team and changes nothing.
    pub async fn every_team_read(&self, actor: impl Into<Actor>, target: &Target) -> Outcomes {
        let actor = actor.into();
        let mut teams = self.team_as(&actor);
        let Target { team, user, .. } = target.clone();
        let get_member = GetMemberRequest { team_id: team.clone(), user_id: user };
        let list_members = ListMembersRequest { team_id: team.clone(), ..ListMembersRequest::default() };
        let list_events = ListEventsRequest { team_id: team.clone(), ..ListEventsRequest::default() };
        let mut outcomes = vec![
            ("GetTeam", teams.get_team(GetTeamRequest { team_id: team }).await.map(drop)),
            ("GetMember", teams.get_member(get_member).await.map(drop)),
            ("ListMembers", teams.list_members(list_members).await.map(drop)),
            ("ListEvents", teams.list_events(list_events).await.map(drop)),
        ];
        outcomes.extend(self.every_way_in_read(&actor, target).await);
        outcomes
    }

    /// Makes every call that names a team and changes it, unless it should only be validated.
    pub async fn every_team_mutation(
        &self,
        actor: impl Into<Actor>,
        target: &Target,
        validate_only: bool,
    ) -> Outcomes {
        let actor = actor.into();
        let mut teams = self.team_as(&actor);
        let Target { team, user, request_id, .. } = target.clone();
        let change = ChangeMemberRoleRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            user_id: user.clone(),
            role: EDITOR.into(),
            ..ChangeMemberRoleRequest::default()
        };
        let access = SetMemberAccessRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            user_id: user.clone(),
            access: Some(AccessChange::default()),
            ..SetMemberAccessRequest::default()
        };
        let purge = PurgeResourceRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            kind: "brand".into(),
            resource_id: "one".into(),
        };
        let suspend = SuspendMemberRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            user_id: user.clone(),
            ..SuspendMemberRequest::default()
        };
        let restore = RestoreMemberRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            user_id: user.clone(),
            ..RestoreMemberRequest::default()
        };
        let transfer = TransferOwnershipRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            user_id: user.clone(),
        };
        let update = UpdateTeamRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            display_name: "Another".into(),
            ..UpdateTeamRequest::default()
        };
        let remove = RemoveMemberRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            user_id: user.clone(),
            ..RemoveMemberRequest::default()
        };
        let leave = LeaveTeamRequest { team_id: team.clone(), request_id: request_id.clone(), validate_only };
        let delete = DeleteTeamRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            ..DeleteTeamRequest::default()
        };
        let mut outcomes = vec![
            ("ChangeMemberRole", teams.change_member_role(change).await.map(drop)),
            ("SetMemberAccess", teams.set_member_access(access).await.map(drop)),
            ("PurgeResource", teams.purge_resource(purge).await.map(drop)),
            ("SuspendMember", teams.suspend_member(suspend).await.map(drop)),
            ("RestoreMember", teams.restore_member(restore).await.map(drop)),
            ("TransferOwnership", teams.transfer_ownership(transfer).await.map(drop)),
            ("UpdateTeam", teams.update_team(update).await.map(drop)),
        ];
        outcomes.extend(self.every_way_in_mutation(&actor, target, validate_only).await);
        // What ends the actor's own access comes last.
        outcomes.extend([
            ("RemoveMember", teams.remove_member(remove).await.map(drop)),
            ("LeaveTeam", teams.leave_team(leave).await.map(drop)),
            ("DeleteTeam", teams.delete_team(delete).await.map(drop)),
        ]);
        outcomes
    }

    /// Makes every call that acts for a person and names no team; the token is that of a link.
    pub async fn every_other_call(&self, actor: impl Into<Actor>, token: &str) -> Outcomes {
        let actor = actor.into();
        let mut teams = self.team_as(&actor);
        let create = CreateTeamRequest {
            policy: POLICY.into(),
            display_name: "Team".into(),
            validate_only: true,
            ..CreateTeamRequest::default()
        };
        let ensure = EnsurePersonalTeamRequest {
            policy: PERSONAL.into(),
            display_name: "Own".into(),
            validate_only: true,
            ..EnsurePersonalTeamRequest::default()
        };
        let mut outcomes = vec![
            ("CreateTeam", teams.create_team(create).await.map(drop)),
            ("EnsurePersonalTeam", teams.ensure_personal_team(ensure).await.map(drop)),
            ("ListTeams", teams.list_teams(ListTeamsRequest::default()).await.map(drop)),
        ];
        outcomes.extend(self.every_way_in(&actor, token).await);
        outcomes
    }
}
