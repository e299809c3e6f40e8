//! The steps that most tests begin with or look back by. Those without `try_` in their name must succeed.

use prost_types::Timestamp;
use roster_proto::v1::{
    ChangeMemberRoleRequest, ChangeMemberRoleResponse, CreateInviteLinkRequest, CreateInviteLinkResponse,
    CreateTeamRequest, Event, GetInviteLinkRequest, GetInviteLinkResponse, GetTeamRequest, InviteLink,
    ListEventsRequest, ListInviteLinksRequest, ListMembersRequest, Member, PreviewInviteRequest,
    PreviewInviteResponse, RedeemInviteLinkRequest, RedeemInviteLinkResponse, RemoveMemberRequest,
    RemoveMemberResponse, RevokeInviteLinkRequest, RevokeInviteLinkResponse, Team,
};
use tonic::{Response, Status};

use crate::actor::Actor;
use crate::server::Server;

/// The policy that most tests use.
pub const POLICY: &str = "organization";
/// A policy with personal teams.
pub const PERSONAL: &str = "studio";
/// Its founder's role.
pub const ADMIN: &str = "admin";
/// A role of it between the two others.
pub const EDITOR: &str = "editor";
/// The role that its links give.
pub const VIEWER: &str = "viewer";

/// What a call comes to.
pub type Outcome<T> = Result<Response<T>, Status>;

/// An invite link and its secret.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub token: String,
}

/// A time that must be there, in microseconds.
#[must_use]
pub fn micros(time: Option<Timestamp>) -> i64 {
    let time = time.expect("the time is set");
    assert_eq!(time.nanos % 1_000, 0, "times are in microseconds");
    time.seconds * 1_000_000 + i64::from(time.nanos) / 1_000
}

impl Server {
    /// Makes a team and returns its id.
    pub async fn create_team(&self, founder: impl Into<Actor>) -> String {
        let request = CreateTeamRequest {
            policy: POLICY.into(),
            display_name: "Team".into(),
            ..CreateTeamRequest::default()
        };
        let response = done("CreateTeam", self.team_as(founder).create_team(request).await);
        response.team.expect("CreateTeam returns the team").team_id
    }

    /// Makes a team of these people, founded by the first, who must hold the founder's role.
    pub async fn team_of(&self, people: &[(&str, &str)]) -> String {
        let (&(founder, role), others) = people.split_first().expect("a team has a founder");
        assert_eq!(role, ADMIN, "a founder is an admin");
        let team = self.create_team(founder).await;
        if !others.is_empty() {
            let link = self.create_link(founder, &team).await;
            for (user, role) in others {
                self.redeem(*user, &link.token).await;
                self.change_role(founder, &team, user, role).await;
            }
        }
        team
    }

    /// Makes an invite link.
    pub async fn create_link(&self, actor: impl Into<Actor>, team: &str) -> Link {
        let response = done("CreateInviteLink", self.try_create_link(actor, team).await);
        let link = response.invite_link.expect("CreateInviteLink returns the link");
        Link { id: link.link_id, token: response.token }
    }

    /// Tries to make an invite link.
    pub async fn try_create_link(
        &self,
        actor: impl Into<Actor>,
        team: &str,
    ) -> Outcome<CreateInviteLinkResponse> {
        let request = CreateInviteLinkRequest { team_id: team.into(), ..CreateInviteLinkRequest::default() };
        self.invites_as(actor).create_invite_link(request).await
    }

    /// Tries to make an invite link by a request that can be sent again.
    pub async fn try_create_link_once(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        request_id: &str,
    ) -> Outcome<CreateInviteLinkResponse> {
        let request = CreateInviteLinkRequest {
            team_id: team.into(),
            request_id: request_id.into(),
            validate_only: false,
        };
        self.invites_as(actor).create_invite_link(request).await
    }

    /// Joins by a link.
    pub async fn redeem(&self, actor: impl Into<Actor>, token: &str) -> RedeemInviteLinkResponse {
        done("RedeemInviteLink", self.try_redeem(actor, token).await)
    }

    /// Tries to join by a link.
    pub async fn try_redeem(
        &self,
        actor: impl Into<Actor>,
        token: &str,
    ) -> Outcome<RedeemInviteLinkResponse> {
        let request = RedeemInviteLinkRequest { token: token.into(), ..RedeemInviteLinkRequest::default() };
        self.invites_as(actor).redeem_invite_link(request).await
    }

    /// Tries to look at what a token leads to.
    pub async fn try_preview(&self, actor: impl Into<Actor>, token: &str) -> Outcome<PreviewInviteResponse> {
        let request = PreviewInviteRequest { token: token.into(), code: String::new() };
        self.invites_as(actor).preview_invite(request).await
    }

    /// Looks at what a token leads to.
    pub async fn preview(&self, actor: impl Into<Actor>, token: &str) -> PreviewInviteResponse {
        done("PreviewInvite", self.try_preview(actor, token).await)
    }

    /// Revokes a link.
    pub async fn revoke(&self, actor: impl Into<Actor>, team: &str, link: &str) -> RevokeInviteLinkResponse {
        done("RevokeInviteLink", self.try_revoke(actor, team, link).await)
    }

    /// Tries to revoke a link.
    pub async fn try_revoke(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        link: &str,
    ) -> Outcome<RevokeInviteLinkResponse> {
        let request = RevokeInviteLinkRequest {
            team_id: team.into(),
            link_id: link.into(),
            ..RevokeInviteLinkRequest::default()
        };
        self.invites_as(actor).revoke_invite_link(request).await
    }

    /// Tries to read a link.
    pub async fn try_link(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        link: &str,
    ) -> Outcome<GetInviteLinkResponse> {
        let request = GetInviteLinkRequest { team_id: team.into(), link_id: link.into() };
        self.invites_as(actor).get_invite_link(request).await
    }

    /// Reads a link and, where it may be shown, its token.
    pub async fn link(&self, actor: impl Into<Actor>, team: &str, link: &str) -> (InviteLink, String) {
        let response = done("GetInviteLink", self.try_link(actor, team, link).await);
        (response.invite_link.expect("GetInviteLink returns the link"), response.token)
    }

    /// Reads all links of a team.
    pub async fn links(&self, actor: impl Into<Actor>, team: &str) -> Vec<InviteLink> {
        let mut client = self.invites_as(actor);
        let mut request = ListInviteLinksRequest {
            team_id: team.into(),
            page_size: 200,
            ..ListInviteLinksRequest::default()
        };
        let mut links = Vec::new();
        loop {
            let page = done("ListInviteLinks", client.list_invite_links(request.clone()).await);
            links.extend(page.invite_links);
            if page.next_page_token.is_empty() {
                return links;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Gives a member a role.
    pub async fn change_role(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
        role: &str,
    ) -> ChangeMemberRoleResponse {
        done("ChangeMemberRole", self.try_change_role(actor, team, user, role).await)
    }

    /// Tries to give a member a role.
    pub async fn try_change_role(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
        role: &str,
    ) -> Outcome<ChangeMemberRoleResponse> {
        let request = ChangeMemberRoleRequest {
            team_id: team.into(),
            user_id: user.into(),
            role: role.into(),
            ..ChangeMemberRoleRequest::default()
        };
        self.team_as(actor).change_member_role(request).await
    }

    /// Removes a member.
    pub async fn remove(&self, actor: impl Into<Actor>, team: &str, user: &str) -> RemoveMemberResponse {
        done("RemoveMember", self.try_remove(actor, team, user).await)
    }

    /// Tries to remove a member.
    pub async fn try_remove(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        user: &str,
    ) -> Outcome<RemoveMemberResponse> {
        let request = RemoveMemberRequest {
            team_id: team.into(),
            user_id: user.into(),
            ..RemoveMemberRequest::default()
        };
        self.team_as(actor).remove_member(request).await
    }

    /// Reads a team.
    pub async fn team(&self, actor: impl Into<Actor>, team: &str) -> Team {
        let request = GetTeamRequest { team_id: team.into() };
        done("GetTeam", self.team_as(actor).get_team(request).await).team.expect("GetTeam returns the team")
    }

    /// Reads all members of a team, the first to join first.
    pub async fn members(&self, actor: impl Into<Actor>, team: &str) -> Vec<Member> {
        let mut client = self.team_as(actor);
        let mut request =
            ListMembersRequest { team_id: team.into(), page_size: 200, ..ListMembersRequest::default() };
        let mut members = Vec::new();
        loop {
            let page = done("ListMembers", client.list_members(request.clone()).await);
            members.extend(page.members);
            if page.next_page_token.is_empty() {
                return members;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Reads all events of a team, the newest first.
    pub async fn events(&self, actor: impl Into<Actor>, team: &str) -> Vec<Event> {
        let mut client = self.team_as(actor);
        let mut request =
            ListEventsRequest { team_id: team.into(), page_size: 200, ..ListEventsRequest::default() };
        let mut events = Vec::new();
        loop {
            let page = done("ListEvents", client.list_events(request.clone()).await);
            events.extend(page.events);
            if page.next_page_token.is_empty() {
                return events;
            }
            request.page_token = page.next_page_token;
        }
    }
}

#[track_caller]
pub(crate) fn done<T>(call: &str, outcome: Outcome<T>) -> T {
    match outcome {
        Ok(response) => response.into_inner(),
        Err(status) => panic!("{call} is refused: {status:?}"),
    }
}
