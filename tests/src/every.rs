//! Every call, for what holds of all of them.

use roster_proto::v1::{
    AccessChange, ChangeMemberRoleRequest, CreateInviteLinkRequest, CreateTeamRequest, DeleteTeamRequest,
    EnsurePersonalTeamRequest, GetInviteLinkRequest, GetMemberRequest, GetTeamRequest, LeaveTeamRequest,
    ListEventsRequest, ListInviteLinksRequest, ListMembersRequest, ListTeamsRequest, PreviewInviteRequest,
    PurgeResourceRequest, RedeemInviteLinkRequest, RemoveMemberRequest, RestoreMemberRequest,
    RevokeInviteLinkRequest, SetMemberAccessRequest, SuspendMemberRequest, TransferOwnershipRequest,
    UpdateTeamRequest,
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
    /// The request id of its mutations.
    pub request_id: String,
}

/// The calls by name, and what came of each.
pub type Outcomes = Vec<(&'static str, Result<(), Status>)>;

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
        let (mut teams, mut invites) = (self.team_as(&actor), self.invites_as(&actor));
        let Target { team, user, link, .. } = target.clone();
        let get_member = GetMemberRequest { team_id: team.clone(), user_id: user };
        let list_members = ListMembersRequest { team_id: team.clone(), ..ListMembersRequest::default() };
        let list_events = ListEventsRequest { team_id: team.clone(), ..ListEventsRequest::default() };
        let list_links =
            ListInviteLinksRequest { team_id: team.clone(), ..ListInviteLinksRequest::default() };
        let get_link = GetInviteLinkRequest { team_id: team.clone(), link_id: link };
        vec![
            ("GetTeam", teams.get_team(GetTeamRequest { team_id: team }).await.map(drop)),
            ("GetMember", teams.get_member(get_member).await.map(drop)),
            ("ListMembers", teams.list_members(list_members).await.map(drop)),
            ("ListEvents", teams.list_events(list_events).await.map(drop)),
            ("GetInviteLink", invites.get_invite_link(get_link).await.map(drop)),
            ("ListInviteLinks", invites.list_invite_links(list_links).await.map(drop)),
        ]
    }

    /// Makes every call that names a team and changes it, unless it should only be validated.
    pub async fn every_team_mutation(
        &self,
        actor: impl Into<Actor>,
        target: &Target,
        validate_only: bool,
    ) -> Outcomes {
        let actor = actor.into();
        let (mut teams, mut invites) = (self.team_as(&actor), self.invites_as(&actor));
        let Target { team, user, link, request_id } = target.clone();
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
        let create =
            CreateInviteLinkRequest { team_id: team.clone(), request_id: request_id.clone(), validate_only };
        let revoke = RevokeInviteLinkRequest {
            team_id: team.clone(),
            request_id: request_id.clone(),
            validate_only,
            link_id: link,
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
        vec![
            ("ChangeMemberRole", teams.change_member_role(change).await.map(drop)),
            ("SetMemberAccess", teams.set_member_access(access).await.map(drop)),
            ("PurgeResource", teams.purge_resource(purge).await.map(drop)),
            ("SuspendMember", teams.suspend_member(suspend).await.map(drop)),
            ("RestoreMember", teams.restore_member(restore).await.map(drop)),
            ("TransferOwnership", teams.transfer_ownership(transfer).await.map(drop)),
            ("UpdateTeam", teams.update_team(update).await.map(drop)),
            ("CreateInviteLink", invites.create_invite_link(create).await.map(drop)),
            ("RevokeInviteLink", invites.revoke_invite_link(revoke).await.map(drop)),
            ("RemoveMember", teams.remove_member(remove).await.map(drop)),
            ("LeaveTeam", teams.leave_team(leave).await.map(drop)),
            ("DeleteTeam", teams.delete_team(delete).await.map(drop)),
        ]
    }

    /// Makes every call that acts for a person and names no team.
    pub async fn every_other_call(&self, actor: impl Into<Actor>, token: &str) -> Outcomes {
        let actor = actor.into();
        let (mut teams, mut invites) = (self.team_as(&actor), self.invites_as(&actor));
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
        let redeem = RedeemInviteLinkRequest { token: token.into(), request_id: String::new() };
        let preview = PreviewInviteRequest { token: token.into() };
        vec![
            ("CreateTeam", teams.create_team(create).await.map(drop)),
            ("EnsurePersonalTeam", teams.ensure_personal_team(ensure).await.map(drop)),
            ("ListTeams", teams.list_teams(ListTeamsRequest::default()).await.map(drop)),
            ("PreviewInvite", invites.preview_invite(preview).await.map(drop)),
            ("RedeemInviteLink", invites.redeem_invite_link(redeem).await.map(drop)),
        ]
    }
}
