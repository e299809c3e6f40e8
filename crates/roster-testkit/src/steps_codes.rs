//! The steps of team codes: made, typed, looked at, listed, ended. Those without `try_` in their name must succeed.

use roster_proto::v1::list_team_codes_request::Filter;
use roster_proto::v1::{
    CreateTeamCodeRequest, CreateTeamCodeResponse, DeleteTeamCodeRequest, DeleteTeamCodeResponse,
    ErrorReason, ListTeamCodesRequest, PreviewInviteRequest, PreviewInviteResponse, RedeemTeamCodeRequest,
    RedeemTeamCodeResponse, RevokeTeamCodeRequest, RevokeTeamCodeResponse, TeamCode, TeamCodeState,
};

use crate::actor::Actor;
use crate::demand::{code_of, refused};
use crate::server::Server;
use crate::steps::{Outcome, done};

/// A request for a code to that role, without grants, end or bound of uses.
#[must_use]
pub fn code_to(team: &str, role: &str) -> CreateTeamCodeRequest {
    CreateTeamCodeRequest {
        team_id: team.into(),
        role: role.into(),
        lifetime: "never".into(),
        ..CreateTeamCodeRequest::default()
    }
}

impl Server {
    /// Makes a code without grants, end or bound of uses.
    pub async fn create_code(&self, actor: impl Into<Actor>, team: &str, role: &str) -> TeamCode {
        self.create_code_of(actor, code_to(team, role)).await
    }

    /// Makes the code that is asked for.
    pub async fn create_code_of(&self, actor: impl Into<Actor>, request: CreateTeamCodeRequest) -> TeamCode {
        let response = done("CreateTeamCode", self.try_create_code(actor, request).await);
        response.team_code.expect("CreateTeamCode returns the code")
    }

    /// Tries to make the code that is asked for.
    pub async fn try_create_code(
        &self,
        actor: impl Into<Actor>,
        request: CreateTeamCodeRequest,
    ) -> Outcome<CreateTeamCodeResponse> {
        self.invites_as(actor).create_team_code(request).await
    }

    /// Joins by a code.
    pub async fn redeem_code(&self, actor: impl Into<Actor>, code: &str) -> RedeemTeamCodeResponse {
        done("RedeemTeamCode", self.try_redeem_code(actor, code).await)
    }

    /// Tries to join by a code.
    pub async fn try_redeem_code(
        &self,
        actor: impl Into<Actor>,
        code: &str,
    ) -> Outcome<RedeemTeamCodeResponse> {
        let request = RedeemTeamCodeRequest { code: code.into(), request_id: String::new() };
        self.invites_as(actor).redeem_team_code(request).await
    }

    /// Looks at what a code leads to.
    pub async fn preview_code(&self, actor: impl Into<Actor>, code: &str) -> PreviewInviteResponse {
        done("PreviewInvite", self.try_preview_code(actor, code).await)
    }

    /// Tries to look at what a code leads to.
    pub async fn try_preview_code(
        &self,
        actor: impl Into<Actor>,
        code: &str,
    ) -> Outcome<PreviewInviteResponse> {
        let request = PreviewInviteRequest { token: String::new(), code: code.into() };
        self.invites_as(actor).preview_invite(request).await
    }

    /// Fails unless a look at the code and a redemption are refused alike, for that reason.
    pub async fn assert_code_refused(&self, actor: impl Into<Actor>, code: &str, reason: ErrorReason) {
        let actor = actor.into();
        let looked = refused(self.try_preview_code(&actor, code).await);
        let redeemed = refused(self.try_redeem_code(&actor, code).await);
        assert_eq!(redeemed.reason, reason.as_str_name(), "{redeemed:?}");
        assert_eq!(redeemed.code, code_of(reason), "{redeemed:?}");
        assert_eq!((looked.reason, looked.code), (redeemed.reason, redeemed.code), "a look says the same");
        assert_eq!((looked.message, looked.metadata), (redeemed.message, redeemed.metadata));
    }

    /// Reads all codes of a team, the newest first.
    pub async fn codes(&self, actor: impl Into<Actor>, team: &str) -> Vec<TeamCode> {
        self.codes_in(actor, team, TeamCodeState::Unspecified).await
    }

    /// Reads all codes of a team in that state, the newest first.
    pub async fn codes_in(&self, actor: impl Into<Actor>, team: &str, state: TeamCodeState) -> Vec<TeamCode> {
        let mut client = self.invites_as(actor);
        let mut request = ListTeamCodesRequest {
            team_id: team.into(),
            page_size: 200,
            filter: Some(Filter { state: state.into() }),
            ..ListTeamCodesRequest::default()
        };
        let mut codes = Vec::new();
        loop {
            let page = done("ListTeamCodes", client.list_team_codes(request.clone()).await);
            codes.extend(page.team_codes);
            if page.next_page_token.is_empty() {
                return codes;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Reads a code out of the list of its team's.
    pub async fn code(&self, actor: impl Into<Actor>, team: &str, code_id: &str) -> TeamCode {
        let codes = self.codes(actor, team).await;
        codes.into_iter().find(|code| code.code_id == code_id).expect("the team has the code")
    }

    /// Revokes a code.
    pub async fn revoke_code(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        code_id: &str,
    ) -> RevokeTeamCodeResponse {
        done("RevokeTeamCode", self.try_revoke_code(actor, team, code_id).await)
    }

    /// Tries to revoke a code.
    pub async fn try_revoke_code(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        code_id: &str,
    ) -> Outcome<RevokeTeamCodeResponse> {
        let request = RevokeTeamCodeRequest {
            team_id: team.into(),
            code_id: code_id.into(),
            ..RevokeTeamCodeRequest::default()
        };
        self.invites_as(actor).revoke_team_code(request).await
    }

    /// Deletes the record of a code.
    pub async fn delete_code(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        code_id: &str,
    ) -> DeleteTeamCodeResponse {
        done("DeleteTeamCode", self.try_delete_code(actor, team, code_id).await)
    }

    /// Tries to delete the record of a code.
    pub async fn try_delete_code(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        code_id: &str,
    ) -> Outcome<DeleteTeamCodeResponse> {
        let request = DeleteTeamCodeRequest {
            team_id: team.into(),
            code_id: code_id.into(),
            ..DeleteTeamCodeRequest::default()
        };
        self.invites_as(actor).delete_team_code(request).await
    }
}
