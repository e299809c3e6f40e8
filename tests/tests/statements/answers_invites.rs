//! Invitations, links and codes as the calls answer that make them and end them.

use roster_proto::v1::batch_create_invitations_response::Result as RowResult;
use roster_proto::v1::batch_create_invitations_response::result::Outcome;
use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::{
    BatchCreateInvitationsRequest, CancelInvitationRequest, CreateInvitationRequest, CreateInviteLinkRequest,
    CreateTeamCodeRequest, Delivery, DeliveryChoice, DeliveryState, Grant, Invitation, InvitationState,
    InviteLink, ResendInvitationRequest, RevokeInviteLinkRequest, RevokeTeamCodeRequest, SendEmail, TeamCode,
};
use roster_testkit::{
    Options, Server, both, code_to, invitation_row, invitation_to, known, on, return_token, row_invitation,
};
use tempfile::TempDir;

use crate::answers::{LOFT, house, house_with, moved};
use crate::scene::POLICY;

#[tokio::test]
async fn an_invitation_is_answered_as_it_is_read() {
    both(async |kind| {
        let folder = TempDir::new().unwrap();
        let (_policy, server) = house_with(kind, |options| mailing(options, &folder)).await;
        for (policy, role, grants) in cases() {
            let team = team(&server, policy).await;
            for (delivery, email, who) in [
                (return_token(), "Bob@Example.org", known("ada")),
                (Some(by_mail()), "cem@example.org", moved("ada")),
                (Some(by_mail()), "dan@example.org", known("ada")),
            ] {
                let asked = invitation_to(&team, email, role);
                let request = CreateInvitationRequest { grants: grants.clone(), delivery, ..asked };
                let dry = CreateInvitationRequest { validate_only: true, ..request.clone() };
                let mut client = server.invites_as(who);
                let would = client.create_invitation(dry).await.unwrap().into_inner();
                let made = client.create_invitation(request.clone()).await.unwrap().into_inner();
                let by_mail = request.delivery != return_token();
                assert_eq!((made.token.is_empty(), would.token.as_str()), (by_mail, ""));
                assert_eq!((would.revision, made.revision), (made.revision, revision(&server, &team).await));
                let made = made.invitation.unwrap();
                assert_shown(&server, &made, by_mail).await;
                assert_eq!(would.invitation, Some(not_made(&made, would.invitation.as_ref())), "{policy}");

                let resend = ResendInvitationRequest {
                    team_id: team.clone(),
                    invitation_id: made.invitation_id.clone(),
                    delivery: request.delivery,
                    ..ResendInvitationRequest::default()
                };
                let dry = ResendInvitationRequest { validate_only: true, ..resend.clone() };
                let would = client.resend_invitation(dry).await.unwrap().into_inner();
                let again = client.resend_invitation(resend).await.unwrap().into_inner();
                assert_eq!(
                    (would.revision, again.revision),
                    (again.revision, revision(&server, &team).await)
                );
                let again = again.invitation.unwrap();
                assert_shown(&server, &again, by_mail).await;
                assert_eq!(
                    would.invitation,
                    Some(only_decided(&again, would.invitation.as_ref())),
                    "{policy}"
                );
            }
            cancel_all(&server, &team).await;
        }
    })
    .await;
}

#[tokio::test]
async fn many_invitations_are_answered_as_they_are_read() {
    both(async |kind| {
        let folder = TempDir::new().unwrap();
        let (_policy, server) = house_with(kind, |options| mailing(options, &folder)).await;
        for (policy, role, grants) in cases() {
            let team = team(&server, policy).await;
            server.invite(known("ada"), &team, "dan@example.org", role).await;
            for delivery in [return_token(), Some(by_mail())] {
                let by_mail = delivery != return_token();
                let cem = if by_mail { "Cem@mailed.example.org" } else { "Cem@example.org" };
                let bob = if by_mail { "bob@mailed.example.org" } else { "bob@example.org" };
                let mut rows = [bob, cem, "dan@example.org", bob].map(|email| invitation_row(email, role));
                rows[0].grants.clone_from(&grants);
                rows[2].grants.clone_from(&grants);
                let request = BatchCreateInvitationsRequest {
                    team_id: team.clone(),
                    invitations: rows.to_vec(),
                    delivery,
                    ..BatchCreateInvitationsRequest::default()
                };
                let dry = BatchCreateInvitationsRequest { validate_only: true, ..request.clone() };
                let mut client = server.invites_as(known("ada"));
                let would = client.batch_create_invitations(dry).await.unwrap().into_inner();
                let made = client.batch_create_invitations(request).await.unwrap().into_inner();
                assert_eq!((would.revision, made.revision), (made.revision, revision(&server, &team).await));
                let is_made = |result: &RowResult| matches!(result.outcome, Some(Outcome::Invitation(_)));
                let [told, done] =
                    [&would, &made].map(|answer| answer.results.iter().map(is_made).collect::<Vec<_>>());
                // One is invited already, and one stands there twice.
                assert_eq!((done, told), (vec![true, true, false, false], vec![true, true, false, false]));
                for (made, would) in made.results.iter().zip(&would.results).take(2) {
                    let invitation = &row_invitation(made);
                    assert_shown(&server, invitation, by_mail).await;
                    assert_eq!((made.token.is_empty(), would.token.as_str()), (by_mail, ""));
                    let would = row_invitation(would);
                    assert_eq!(would, not_made(invitation, Some(&would)), "{policy}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_is_answered_as_it_is_read() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for policy in ["organization", POLICY, LOFT] {
            let team = team(&server, policy).await;
            for who in [known("ada"), moved("ada")] {
                let mut client = server.invites_as(who);
                let request = |validate_only: bool| CreateInviteLinkRequest {
                    team_id: team.clone(),
                    validate_only,
                    ..CreateInviteLinkRequest::default()
                };
                let would = client.create_invite_link(request(true)).await.unwrap().into_inner();
                let made = client.create_invite_link(request(false)).await.unwrap().into_inner();
                assert_eq!((would.revision, made.revision), (made.revision, revision(&server, &team).await));
                let (would, link) = (would.invite_link.unwrap(), made.invite_link.unwrap());
                assert_eq!(
                    server.link("ada", &team, &link.link_id).await,
                    (link.clone(), made.token),
                    "{policy}"
                );
                let (create_time, expire_time) = (would.create_time, would.expire_time);
                assert!(create_time.is_some() && expire_time.is_some());
                let expected =
                    InviteLink { link_id: String::new(), create_time, expire_time, ..link.clone() };
                assert_eq!(would, expected, "{policy}: told without doing it");

                let request = |validate_only: bool| RevokeInviteLinkRequest {
                    team_id: team.clone(),
                    link_id: link.link_id.clone(),
                    validate_only,
                    ..RevokeInviteLinkRequest::default()
                };
                let would = client.revoke_invite_link(request(true)).await.unwrap().into_inner();
                let ended = client.revoke_invite_link(request(false)).await.unwrap().into_inner();
                assert_eq!(
                    (would.revision, ended.revision),
                    (ended.revision, revision(&server, &team).await)
                );
                let (would, ended) = (would.invite_link.unwrap(), ended.invite_link.unwrap());
                assert_eq!(server.link("ada", &team, &ended.link_id).await, (ended.clone(), String::new()));
                assert!(would.revoke_time.is_some());
                assert_eq!(would, InviteLink { revoke_time: would.revoke_time, ..ended }, "{policy}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_is_answered_as_it_is_listed() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for policy in ["brand", POLICY, LOFT] {
            let team = team(&server, policy).await;
            let (_, role, grants) = cases().into_iter().find(|(name, ..)| *name == policy).unwrap();
            for (who, lifetime, max_uses) in [(known("ada"), "never", None), (moved("ada"), "P7D", Some(3))] {
                let mut client = server.invites_as(who);
                let (grants, lifetime) = (grants.clone(), lifetime.into());
                let request = CreateTeamCodeRequest { grants, lifetime, max_uses, ..code_to(&team, role) };
                let dry = CreateTeamCodeRequest { validate_only: true, ..request.clone() };
                let would = client.create_team_code(dry).await.unwrap().into_inner();
                let made = client.create_team_code(request).await.unwrap().into_inner();
                assert_eq!((would.revision, made.revision), (made.revision, revision(&server, &team).await));
                let (would, code) = (would.team_code.unwrap(), made.team_code.unwrap());
                // Compared without printing what may be typed.
                assert!(server.code("ada", &team, &code.code_id).await == code, "{policy}");
                let (create_time, expire_time) = (would.create_time, would.expire_time);
                assert_eq!(
                    (create_time.is_some(), expire_time.is_some()),
                    (true, code.expire_time.is_some())
                );
                let (code_id, text) = (String::new(), String::new());
                let expected = TeamCode { code_id, code: text, create_time, expire_time, ..code.clone() };
                assert!(would == expected, "{policy}: told without doing it");

                let request = |validate_only: bool| RevokeTeamCodeRequest {
                    team_id: team.clone(),
                    code_id: code.code_id.clone(),
                    validate_only,
                    ..RevokeTeamCodeRequest::default()
                };
                let would = client.revoke_team_code(request(true)).await.unwrap().into_inner();
                let ended = client.revoke_team_code(request(false)).await.unwrap().into_inner();
                assert_eq!(
                    (would.revision, ended.revision),
                    (ended.revision, revision(&server, &team).await)
                );
                let (would, ended) = (would.team_code.unwrap(), ended.team_code.unwrap());
                // The list has the text, which nobody needs now.
                let listed = server.code("ada", &team, &code.code_id).await;
                let code = String::new();
                assert!(!listed.code.is_empty());
                assert!(TeamCode { code, ..listed } == ended, "{policy}");
                assert!(would == TeamCode { revoke_time: would.revoke_time, ..ended }, "{policy}");
            }
        }
    })
    .await;
}

/// Policies with invitations, a role that they are to, and grants in an order in which they are not shown.
fn cases() -> [(&'static str, &'static str, Vec<Grant>); 6] {
    let project = |role: &str| vec![on("project", "z9", role), on("project", "a1", role)];
    [
        ("studio", "viewer", Vec::new()),
        ("workspace", "user", Vec::new()),
        ("account", "viewer", project("viewer")),
        ("brand", "guest", vec![on("brand", "z9", "viewer"), on("brand", "a1", "viewer")]),
        (POLICY, "editor", project("reader")),
        (LOFT, "viewer", project("reader")),
    ]
}

/// Mails go to that folder, as many as there are.
pub(crate) fn mailing(options: Options, folder: &TempDir) -> Options {
    options
        .variable("ROSTER_MAIL__DIR", folder.path().display().to_string())
        .variable("ROSTER_LIMITS__MAILS_PER_RECIPIENT_AND_DAY", "1000")
}

/// A team of ada's with seats for all.
async fn team(server: &Server, policy: &str) -> String {
    let team = server.create_under(known("ada"), policy).await;
    match policy {
        "account" => drop(server.set_tier(&team, "enterprise").await),
        "workspace" => drop(server.set_tier(&team, "team").await),
        _ => {}
    }
    team
}

/// Cancels every pending invitation of the team.
async fn cancel_all(server: &Server, team: &str) {
    for invitation in server.invitations("ada", team).await {
        if invitation.state() != InvitationState::Pending {
            continue;
        }
        let request = |validate_only: bool| CancelInvitationRequest {
            team_id: team.into(),
            invitation_id: invitation.invitation_id.clone(),
            validate_only,
            ..CancelInvitationRequest::default()
        };
        let mut client = server.invites_as(known("ada"));
        let would = client.cancel_invitation(request(true)).await.expect("it would be").into_inner();
        let did = client.cancel_invitation(request(false)).await.expect("it is cancelled").into_inner();
        assert_eq!((would.revision, did.revision), (did.revision, revision(server, team).await));
        let did = did.invitation.expect("it is shown");
        assert_shown(server, &did, did.delivery.is_some()).await;
        assert_eq!(would.invitation, Some(only_decided(&did, would.invitation.as_ref())));
    }
}

async fn revision(server: &Server, team: &str) -> i64 {
    server.team("ada", team).await.revision
}

pub(crate) fn by_mail() -> DeliveryChoice {
    DeliveryChoice { choice: Some(Choice::SendEmail(SendEmail { locale: String::new() })) }
}

/// Fails unless a read shows the invitation. A mail may have been sent meanwhile.
pub(crate) async fn assert_shown(server: &Server, answered: &Invitation, by_mail: bool) {
    let shown = server.invitation("ada", &answered.team_id, &answered.invitation_id).await;
    assert_eq!((answered.delivery.is_some(), shown.delivery.is_some()), (by_mail, by_mail));
    if answered.state() == InvitationState::Pending {
        let queued = Delivery { state: DeliveryState::Queued.into(), ..Delivery::default() };
        assert_eq!(answered.delivery, by_mail.then_some(queued));
    }
    assert_eq!(answered, &Invitation { delivery: answered.delivery, ..shown });
}

/// An invitation as an answer shows it that only decided: there is nothing yet that has this etag, and what happens at
/// the time of the call happens at another.
fn only_decided(did: &Invitation, would: Option<&Invitation>) -> Invitation {
    let would = would.expect("it is shown");
    assert_eq!(would.answer_time.is_some(), did.answer_time.is_some());
    let is_pending = did.state() == InvitationState::Pending;
    Invitation {
        etag: String::new(),
        // A resent one lives as long again, and a cancelled one as long as it did.
        expire_time: if is_pending { would.expire_time } else { did.expire_time },
        answer_time: would.answer_time,
        // The mail of one that is cancelled may be sent meanwhile.
        delivery: if is_pending { did.delivery } else { would.delivery },
        ..did.clone()
    }
}

/// An invitation as an answer shows it that only decided to make it.
fn not_made(made: &Invitation, would: Option<&Invitation>) -> Invitation {
    let create_time = would.and_then(|would| would.create_time);
    assert!(create_time.is_some());
    Invitation { invitation_id: String::new(), create_time, ..only_decided(made, would) }
}
