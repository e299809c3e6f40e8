//! Steps that are only about mail.

use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::{
    CreateInvitationRequest, Delivery, DeliveryChoice, DeliveryState, Invitation, ResendInvitationRequest,
    SendEmail,
};
use roster_testkit::{Actor, Server, actor, eventually, invitation_to, new_team};
use tonic::Request;

/// The policy of these tests: it has invitations, seven days long, whose address is locked.
pub(crate) const POLICY: &str = "brand";
/// The role that is given.
pub(crate) const ROLE: &str = "member";

/// The founder of every team here, whose address is known.
pub(crate) fn ada() -> Actor {
    actor("ada").email("ada@example.org")
}

/// The choice to have the secret mailed.
pub(crate) fn by_mail(locale: &str) -> DeliveryChoice {
    DeliveryChoice { choice: Some(Choice::SendEmail(SendEmail { locale: locale.into() })) }
}

/// A team of ada's with that name.
pub(crate) async fn team(server: &Server, name: &str) -> String {
    let request = roster_proto::v1::CreateTeamRequest { display_name: name.into(), ..new_team(POLICY) };
    let response = server.team_as(ada()).create_team(request).await.expect("a team can be made");
    response.into_inner().team.expect("CreateTeam returns the team").team_id
}

/// Asks for an invitation that is mailed.
pub(crate) fn mailed(team: &str, email: &str) -> CreateInvitationRequest {
    CreateInvitationRequest { delivery: Some(by_mail("")), ..invitation_to(team, email, ROLE) }
}

/// Invites somebody by mail and returns the invitation's id.
pub(crate) async fn invite(server: &Server, team: &str, email: &str) -> String {
    let response = server.invites_as(ada()).create_invitation(mailed(team, email)).await;
    let response = response.expect("an invitation can be made").into_inner();
    assert_eq!(response.token, "", "the mail brings the secret, and nothing else does");
    response.invitation.expect("CreateInvitation returns the invitation").invitation_id
}

/// Sends an invitation again, by mail.
pub(crate) async fn resend(server: &Server, team: &str, id: &str) -> Invitation {
    let request = ResendInvitationRequest {
        team_id: team.into(),
        invitation_id: id.into(),
        delivery: Some(by_mail("")),
        ..ResendInvitationRequest::default()
    };
    let response = server.invites_as(ada()).resend_invitation(Request::new(request)).await;
    response.expect("it can be sent again").into_inner().invitation.expect("the invitation")
}

/// How the mail of an invitation fares now.
pub(crate) async fn delivery(server: &Server, team: &str, id: &str) -> Delivery {
    server.invitation("ada", team, id).await.delivery.expect("it is mailed")
}

/// How the mail of an invitation fares, once that is so.
pub(crate) async fn delivered(
    server: &Server,
    (team, id): (&str, &str),
    what: &str,
    is_so: impl Fn(&Delivery) -> bool,
) -> Delivery {
    eventually(what, async || Some(delivery(server, team, id).await).filter(&is_so)).await
}

/// How the mail of an invitation fares, once it is there.
pub(crate) async fn in_state(server: &Server, place: (&str, &str), state: DeliveryState) -> Delivery {
    delivered(server, place, &format!("{state:?}"), |delivery| delivery.state() == state).await
}
