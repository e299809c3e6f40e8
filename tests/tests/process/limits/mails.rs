//! Invitation mails: what a person, a team, and all teams to one address may have sent within a day.

use std::time::Duration;

use roster_proto::v1::batch_create_invitations_response::result::Outcome as RowOutcome;
use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::{
    BatchCreateInvitationsRequest, CreateInvitationRequest, CreateInvitationResponse, DeliveryChoice,
    ErrorReason, Invitation, ResendInvitationRequest, ResendInvitationResponse, SendEmail,
};
use roster_testkit::{
    Actor, Kind, Options, Outcome, Server, assert_invitation_refused, assert_refused, both, invitation_row,
    invitation_to, is_replay, request_id, row, row_invitation,
};
use tempfile::TempDir;

use crate::limits::{HOUR, assert_limited, counting, counting_later};

const DAY: Duration = Duration::from_hours(24);

/// A service that writes its mails into a folder, with a team of ada's and of amy's.
struct Scene {
    server: Server,
    folder: TempDir,
    team: String,
}

impl Scene {
    async fn set(kind: Kind, limits: &[(&str, u32)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let server = Server::start_with(kind, mailing(counting(limits), &folder)).await;
        let team = server.team_under("studio", "ada", &[("amy", "owner")]).await;
        Self { server, folder, team }
    }

    /// Tries to have an invitation mailed.
    async fn mail(&self, who: &str, name: &str) -> Outcome<CreateInvitationResponse> {
        mail_to(&self.server, who, &self.team, &format!("{name}@example.org")).await
    }

    async fn mailed(&self, who: &str, name: &str) -> Invitation {
        let response = self.mail(who, name).await.expect("there is a mail left");
        response.into_inner().invitation.expect("the invitation")
    }

    /// Tries to have it mailed again.
    async fn again(&self, who: &str, invitation: &Invitation) -> Outcome<ResendInvitationResponse> {
        let request = ResendInvitationRequest {
            team_id: self.team.clone(),
            invitation_id: invitation.invitation_id.clone(),
            delivery: Some(by_mail()),
            ..ResendInvitationRequest::default()
        };
        self.server.invites_as(who).resend_invitation(request).await
    }
}

fn mailing(options: Options, folder: &TempDir) -> Options {
    options.variable("ROSTER_MAIL__DIR", folder.path().display().to_string())
}

fn by_mail() -> DeliveryChoice {
    DeliveryChoice { choice: Some(Choice::SendEmail(SendEmail::default())) }
}

async fn mail_to(
    server: &Server,
    who: impl Into<Actor>,
    team: &str,
    email: &str,
) -> Outcome<CreateInvitationResponse> {
    let request =
        CreateInvitationRequest { delivery: Some(by_mail()), ..invitation_to(team, email, "viewer") };
    server.invites_as(who).create_invitation(request).await
}

#[tokio::test]
async fn a_person_has_so_many_mails_a_day_resends_included() {
    const LIMITS: [(&str, u32); 1] = [("mails_per_actor_and_day", 3)];
    both(async |kind| {
        let scene = Scene::set(kind, &LIMITS).await;
        let bob = scene.mailed("ada", "bob").await;
        scene.again("ada", &bob).await.expect("a second mail");
        scene.mailed("ada", "cyd").await;
        let before = scene.server.events("ada", &scene.team).await;
        assert_limited(scene.mail("ada", "dan").await, "mails_of_actor", 3, DAY);
        assert_limited(scene.again("ada", &bob).await, "mails_of_actor", 3, DAY);
        assert_eq!(scene.server.events("ada", &scene.team).await, before, "what is refused did not happen");

        // Somebody else may, and what needs no mail may be done by anybody.
        scene.again("amy", &bob).await.expect("amy has mails");
        scene.server.invite("ada", &scene.team, "eve@example.org", "viewer").await;
        scene.server.resend("ada", &scene.team, &bob.invitation_id).await;

        let Scene { server, folder, team } = scene;
        let later = mailing(counting_later(&LIMITS, HOUR * 20), &folder);
        let scene = Scene { server: server.restart(later).await, folder, team };
        if kind == Kind::Full {
            assert_limited_late(scene.mail("ada", "dan").await);
        }
        let Scene { server, folder, team } = scene;
        let later = mailing(counting_later(&LIMITS, DAY), &folder);
        let scene = Scene { server: server.restart(later).await, folder, team };
        scene.mailed("ada", "dan").await;
    })
    .await;
}

#[tokio::test]
async fn a_team_has_so_many_mails_a_day_whoever_sends_them() {
    both(async |kind| {
        let scene = Scene::set(kind, &[("mails_per_team_and_day", 2)]).await;
        scene.mailed("ada", "bob").await;
        let cyd = scene.mailed("amy", "cyd").await;
        for who in ["ada", "amy"] {
            assert_limited(scene.mail(who, "dan").await, "mails_of_team", 2, DAY);
            assert_limited(scene.again(who, &cyd).await, "mails_of_team", 2, DAY);
        }
        let other = scene.server.create_under("ada", "studio").await;
        mail_to(&scene.server, "ada", &other, "dan@example.org").await.expect("another team has its own");
    })
    .await;
}

#[tokio::test]
async fn an_address_gets_so_many_mails_a_day_however_it_is_spelled() {
    both(async |kind| {
        let scene = Scene::set(kind, &[("mails_per_recipient_and_day", 2)]).await;
        let bob = scene.mailed("ada", "bob").await;
        let other = scene.server.create_under("zoe", "studio").await;
        mail_to(&scene.server, "zoe", &other, "BOB@Example.ORG").await.expect("the second mail to bob");
        let third = scene.server.create_under("zac", "studio").await;
        let refused = mail_to(&scene.server, "zac", &third, "Bob@example.org").await;
        assert_limited(refused, "mails_to_recipient", 2, DAY);
        assert_limited(scene.again("ada", &bob).await, "mails_to_recipient", 2, DAY);
        scene.mailed("ada", "cyd").await;
    })
    .await;
}

#[tokio::test]
async fn what_sends_no_mail_costs_none() {
    both(async |kind| {
        let scene = Scene::set(kind, &[("mails_per_actor_and_day", 2)]).await;
        let Scene { server, team, .. } = &scene;
        let mut ada = server.invites_as("ada");
        let bob = CreateInvitationRequest {
            delivery: Some(by_mail()),
            request_id: request_id(),
            ..invitation_to(team, "bob@example.org", "viewer")
        };
        ada.create_invitation(bob.clone()).await.expect("the first mail");
        for _ in 0..3 {
            let replay = ada.create_invitation(bob.clone()).await.expect("its answer again");
            assert!(is_replay(&replay));
            // Asked only; refused for each of the reasons there are; not mailed.
            let only = CreateInvitationRequest {
                validate_only: true,
                request_id: String::new(),
                ..invitation_to(team, "cyd@example.org", "viewer")
            };
            let only = CreateInvitationRequest { delivery: Some(by_mail()), ..only };
            ada.create_invitation(only).await.expect("it could be made");
            assert_refused(scene.mail("ada", "bob").await, ErrorReason::InvitationPending);
            let unknown = CreateInvitationRequest { role: "boss".into(), ..bob.clone() };
            let unknown = CreateInvitationRequest { request_id: String::new(), ..unknown };
            assert_refused(ada.create_invitation(unknown).await, ErrorReason::RoleUnknown);
            let broken = mail_to(server, "ada", team, "cyd").await;
            assert_refused(broken, ErrorReason::FieldInvalid);
            let other = server.invite("ada", team, "dan@example.org", "viewer").await;
            server.resend("ada", team, &other.id).await;
            server.cancel("ada", team, &other.id).await;
        }
        scene.mailed("ada", "cyd").await;
        assert_limited(scene.mail("ada", "eve").await, "mails_of_actor", 2, DAY);
    })
    .await;
}

#[tokio::test]
async fn the_rows_of_a_batch_are_refused_one_by_one() {
    both(async |kind| {
        let scene = Scene::set(kind, &[("mails_per_actor_and_day", 3)]).await;
        let Scene { server, team, .. } = &scene;
        server.add(team, &[row("mia", "viewer")]).await;
        let rows = [
            "a@example.org",
            "no address",
            "b@example.org",
            "a@example.org",
            "c@example.org",
            "d@example.org",
        ];
        let batch = |validate_only| BatchCreateInvitationsRequest {
            team_id: team.clone(),
            invitations: rows.map(|email| invitation_row(email, "viewer")).to_vec(),
            delivery: Some(by_mail()),
            validate_only,
            ..BatchCreateInvitationsRequest::default()
        };
        for validate_only in [true, false] {
            let answer = server.invites_as("ada").batch_create_invitations(batch(validate_only)).await;
            let results = answer.expect("a batch is answered").into_inner().results;
            assert_eq!(results.len(), rows.len());
            for made in [0, 2, 4] {
                assert_eq!(row_invitation(&results[made]).email, rows[made]);
            }
            assert_invitation_refused(&results[1], ErrorReason::FieldInvalid);
            assert!(matches!(results[3].outcome, Some(RowOutcome::Status(_))), "pending since the first row");
            let refused = assert_invitation_refused(&results[5], ErrorReason::RateLimited);
            assert_eq!(refused.metadata["budget"], "mails_of_actor");
            assert!(refused.retry, "a row says when to try again");
        }
        assert_eq!(server.invitations("ada", team).await.len(), 3);
    })
    .await;
}

/// As later on the same day.
#[track_caller]
fn assert_limited_late<T>(outcome: Result<T, tonic::Status>) {
    assert_eq!(assert_refused(outcome, ErrorReason::RateLimited).metadata["budget"], "mails_of_actor");
}
