//! The steps of e-mail invitations: made, sent again, cancelled, answered, listed. Those without `try_` in their name
//! must succeed. Nothing is mailed: each secret comes back with the answer.

use prost::Message;
use roster_proto::v1::batch_create_invitations_request::Row;
use roster_proto::v1::batch_create_invitations_response::Result as RowResult;
use roster_proto::v1::batch_create_invitations_response::result::Outcome as RowOutcome;
use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::list_invitations_request::Filter;
use roster_proto::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, BatchCreateInvitationsRequest,
    BatchCreateInvitationsResponse, CancelInvitationRequest, CancelInvitationResponse,
    CreateInvitationRequest, CreateInvitationResponse, DeclineInvitationRequest, DeclineInvitationResponse,
    DeliveryChoice, ErrorReason, GetInvitationRequest, GetInvitationResponse, Invitation, InvitationState,
    ListInvitationsRequest, ListReceivedInvitationsRequest, ListReceivedInvitationsResponse,
    ReceivedInvitation, ResendInvitationRequest, ResendInvitationResponse, ReturnToken,
    accept_invitation_request, decline_invitation_request,
};
use tonic::{Code, Status};

use crate::actor::{Actor, actor};
use crate::demand::{Refused, assert_refused};
use crate::server::Server;
use crate::steps::{Outcome, done};

/// An invitation and its secret.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub token: String,
}

/// What an answer to an invitation names it by.
#[derive(Clone, Debug)]
pub enum By {
    /// Its id.
    Id(String),
    /// Its secret.
    Token(String),
}

impl Invite {
    /// This invitation, named by its id.
    #[must_use]
    pub fn by_id(&self) -> By {
        By::Id(self.id.clone())
    }

    /// This invitation, named by its secret.
    #[must_use]
    pub fn by_token(&self) -> By {
        By::Token(self.token.clone())
    }
}

impl From<&Invite> for By {
    fn from(invite: &Invite) -> Self {
        invite.by_token()
    }
}

/// The verified address of a person of the tests.
#[must_use]
pub fn address_of(user: &str) -> String {
    format!("{user}@example.org")
}

/// A person with its verified address.
#[must_use]
pub fn known(user: &str) -> Actor {
    actor(user).email(&address_of(user))
}

/// The secret is to come back with the answer.
#[must_use]
pub fn return_token() -> Option<DeliveryChoice> {
    Some(DeliveryChoice { choice: Some(Choice::ReturnToken(ReturnToken {})) })
}

/// A request to invite an address to a role, without grants.
#[must_use]
pub fn invitation_to(team: &str, email: &str, role: &str) -> CreateInvitationRequest {
    CreateInvitationRequest {
        team_id: team.into(),
        email: email.into(),
        role: role.into(),
        delivery: return_token(),
        ..CreateInvitationRequest::default()
    }
}

/// A row that invites an address to a role, without grants.
#[must_use]
pub fn invitation_row(email: &str, role: &str) -> Row {
    Row { email: email.into(), role: role.into(), grants: Vec::new() }
}

/// The invitation of a row that was not refused.
#[track_caller]
#[must_use]
pub fn row_invitation(result: &RowResult) -> Invitation {
    match &result.outcome {
        Some(RowOutcome::Invitation(invitation)) => invitation.clone(),
        Some(RowOutcome::Status(status)) => panic!("an invitation was expected, there is {status:?}"),
        None => panic!("an invitation was expected, there is nothing"),
    }
}

/// Fails unless the row was refused for that reason, as a call of its own would be.
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "the refusal itself is what most tests are after")]
pub fn assert_invitation_refused(result: &RowResult, reason: ErrorReason) -> Refused {
    assert!(result.token.is_empty(), "no secret of what is not there");
    let status = match &result.outcome {
        Some(RowOutcome::Status(status)) => status,
        Some(RowOutcome::Invitation(made)) => panic!("a refusal was expected, there is {made:?}"),
        None => panic!("a refusal was expected, there is nothing"),
    };
    let details = status.encode_to_vec().into();
    let status = Status::with_details(Code::from_i32(status.code), status.message.clone(), details);
    assert_refused(Err::<(), _>(status), reason)
}

impl Server {
    /// Invites an address.
    pub async fn invite(&self, actor: impl Into<Actor>, team: &str, email: &str, role: &str) -> Invite {
        let response = done("CreateInvitation", self.try_invite(actor, team, email, role).await);
        let invitation = response.invitation.expect("CreateInvitation returns the invitation");
        Invite { id: invitation.invitation_id, token: response.token }
    }

    /// Tries to invite an address.
    pub async fn try_invite(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        email: &str,
        role: &str,
    ) -> Outcome<CreateInvitationResponse> {
        self.invites_as(actor).create_invitation(invitation_to(team, email, role)).await
    }

    /// Tries to invite many addresses.
    pub async fn try_invite_all(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        rows: &[Row],
    ) -> Outcome<BatchCreateInvitationsResponse> {
        let request = BatchCreateInvitationsRequest {
            team_id: team.into(),
            invitations: rows.to_vec(),
            delivery: return_token(),
            ..BatchCreateInvitationsRequest::default()
        };
        self.invites_as(actor).batch_create_invitations(request).await
    }

    /// Reads an invitation.
    pub async fn invitation(&self, actor: impl Into<Actor>, team: &str, id: &str) -> Invitation {
        let response = done("GetInvitation", self.try_invitation(actor, team, id).await);
        response.invitation.expect("GetInvitation returns the invitation")
    }

    /// Tries to read an invitation.
    pub async fn try_invitation(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        id: &str,
    ) -> Outcome<GetInvitationResponse> {
        let request = GetInvitationRequest { team_id: team.into(), invitation_id: id.into() };
        self.invites_as(actor).get_invitation(request).await
    }

    /// Reads all invitations of a team, the newest first.
    pub async fn invitations(&self, actor: impl Into<Actor>, team: &str) -> Vec<Invitation> {
        self.invitations_that(actor, team, Filter::default()).await
    }

    /// Reads all invitations of a team that the filter lets through, the newest first.
    pub async fn invitations_that(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        filter: Filter,
    ) -> Vec<Invitation> {
        let mut client = self.invites_as(actor);
        let mut request = ListInvitationsRequest {
            team_id: team.into(),
            page_size: 200,
            filter: Some(filter),
            ..ListInvitationsRequest::default()
        };
        let mut invitations = Vec::new();
        loop {
            let page = done("ListInvitations", client.list_invitations(request.clone()).await);
            invitations.extend(page.invitations);
            if page.next_page_token.is_empty() {
                return invitations;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The ids of a team's invitations in that state, the newest first.
    pub async fn invitations_in(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        state: InvitationState,
    ) -> Vec<String> {
        let filter = Filter { state: state.into(), ..Filter::default() };
        let invitations = self.invitations_that(actor, team, filter).await;
        invitations.into_iter().map(|invitation| invitation.invitation_id).collect()
    }

    /// Sends an invitation again.
    pub async fn resend(&self, actor: impl Into<Actor>, team: &str, id: &str) -> Invite {
        let response = done("ResendInvitation", self.try_resend(actor, team, id).await);
        let invitation = response.invitation.expect("ResendInvitation returns the invitation");
        Invite { id: invitation.invitation_id, token: response.token }
    }

    /// Tries to send an invitation again.
    pub async fn try_resend(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        id: &str,
    ) -> Outcome<ResendInvitationResponse> {
        let request = ResendInvitationRequest {
            team_id: team.into(),
            invitation_id: id.into(),
            delivery: return_token(),
            ..ResendInvitationRequest::default()
        };
        self.invites_as(actor).resend_invitation(request).await
    }

    /// Cancels an invitation.
    pub async fn cancel(&self, actor: impl Into<Actor>, team: &str, id: &str) -> Invitation {
        let response = done("CancelInvitation", self.try_cancel(actor, team, id).await);
        response.invitation.expect("CancelInvitation returns the invitation")
    }

    /// Tries to cancel an invitation.
    pub async fn try_cancel(
        &self,
        actor: impl Into<Actor>,
        team: &str,
        id: &str,
    ) -> Outcome<CancelInvitationResponse> {
        let request = CancelInvitationRequest {
            team_id: team.into(),
            invitation_id: id.into(),
            ..CancelInvitationRequest::default()
        };
        self.invites_as(actor).cancel_invitation(request).await
    }

    /// Joins by an invitation.
    pub async fn accept(&self, actor: impl Into<Actor>, by: impl Into<By>) -> AcceptInvitationResponse {
        done("AcceptInvitation", self.try_accept(actor, by).await)
    }

    /// Tries to join by an invitation.
    pub async fn try_accept(
        &self,
        actor: impl Into<Actor>,
        by: impl Into<By>,
    ) -> Outcome<AcceptInvitationResponse> {
        self.invites_as(actor).accept_invitation(accepting(by)).await
    }

    /// Declines an invitation.
    pub async fn decline(&self, actor: impl Into<Actor>, by: impl Into<By>) -> ReceivedInvitation {
        let response = done("DeclineInvitation", self.try_decline(actor, by).await);
        response.invitation.expect("DeclineInvitation returns the invitation")
    }

    /// Tries to decline an invitation.
    pub async fn try_decline(
        &self,
        actor: impl Into<Actor>,
        by: impl Into<By>,
    ) -> Outcome<DeclineInvitationResponse> {
        self.invites_as(actor).decline_invitation(declining(by)).await
    }

    /// The pending invitations to a person, the newest first.
    pub async fn received(&self, actor: impl Into<Actor>) -> Vec<ReceivedInvitation> {
        done("ListReceivedInvitations", self.try_received(actor).await).invitations
    }

    /// Tries to list the pending invitations to a person.
    pub async fn try_received(&self, actor: impl Into<Actor>) -> Outcome<ListReceivedInvitationsResponse> {
        let request = ListReceivedInvitationsRequest { page_size: 200, page_token: String::new() };
        self.invites_as(actor).list_received_invitations(request).await
    }
}

/// A request to join by an invitation.
#[must_use]
pub fn accepting(by: impl Into<By>) -> AcceptInvitationRequest {
    use accept_invitation_request::Invitation;
    let named = match by.into() {
        By::Id(id) => Invitation::InvitationId(id),
        By::Token(token) => Invitation::Token(token),
    };
    AcceptInvitationRequest { invitation: Some(named), request_id: String::new() }
}

/// A request to decline an invitation.
#[must_use]
pub fn declining(by: impl Into<By>) -> DeclineInvitationRequest {
    use decline_invitation_request::Invitation;
    let named = match by.into() {
        By::Id(id) => Invitation::InvitationId(id),
        By::Token(token) => Invitation::Token(token),
    };
    DeclineInvitationRequest { invitation: Some(named), request_id: String::new() }
}
