//! Every call, for what holds of all of them.

use roster_proto::v1::{
    ChangeMemberRoleRequest, CreateInviteLinkRequest, CreateTeamRequest, GetInviteLinkRequest,
    GetMemberRequest, GetTeamRequest, ListEventsRequest, ListInviteLinksRequest, ListMembersRequest,
    ListTeamsRequest, PreviewInviteRequest, RedeemInviteLinkRequest, RemoveMemberRequest,
    RevokeInviteLinkRequest,
};
use tonic::Status;

use crate::actor::Actor;
use crate::server::Server;
use crate::steps::{EDITOR, POLICY};

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
            user_id: user.clone(),
            role: EDITOR.into(),
            etag: String::new(),
            request_id: request_id.clone(),
            validate_only,
        };
        let create =
            CreateInviteLinkRequest { team_id: team.clone(), request_id: request_id.clone(), validate_only };
        let revoke = RevokeInviteLinkRequest {
            team_id: team.clone(),
            link_id: link,
            request_id: request_id.clone(),
            validate_only,
        };
        let remove = RemoveMemberRequest {
            team_id: team,
            user_id: user,
            etag: String::new(),
            request_id,
            validate_only,
        };
        vec![
            ("ChangeMemberRole", teams.change_member_role(change).await.map(drop)),
            ("CreateInviteLink", invites.create_invite_link(create).await.map(drop)),
            ("RevokeInviteLink", invites.revoke_invite_link(revoke).await.map(drop)),
            ("RemoveMember", teams.remove_member(remove).await.map(drop)),
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
        let redeem = RedeemInviteLinkRequest { token: token.into(), request_id: String::new() };
        let preview = PreviewInviteRequest { token: token.into() };
        vec![
            ("CreateTeam", teams.create_team(create).await.map(drop)),
            ("ListTeams", teams.list_teams(ListTeamsRequest::default()).await.map(drop)),
            ("PreviewInvite", invites.preview_invite(preview).await.map(drop)),
            ("RedeemInviteLink", invites.redeem_invite_link(redeem).await.map(drop)),
        ]
    }
}
