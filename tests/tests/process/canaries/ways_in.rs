//! A run with invitations and codes: made, mailed, answered, guessed and refused.

use std::fs;
use std::path::Path;

use roster_proto::v1::batch_create_invitations_response::result::Outcome as RowOutcome;
use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::list_invitations_request::Filter;
use roster_proto::v1::{
    BatchCreateInvitationsRequest, CreateInvitationRequest, CreateTeamCodeRequest, CreateTeamRequest,
    Delivery, DeliveryChoice, DeliveryFailure, DeliveryState, ResendInvitationRequest, SendEmail,
};
use roster_testkit::{
    Actor, By, Invite, ReceivedMail, Server, actor, code_to, eventually, invitation_row, invitation_to,
    new_team, request_id,
};
use tonic::Status;

use crate::canaries::{Canaries, assert_absent};

/// What the run has: where it happens, and what was refused so far.
struct Run<'a> {
    server: &'a Server,
    team: String,
    ada: Actor,
    refused: Vec<Status>,
}

/// Adds what it plants. Mails go into that folder, which is gone at the end, for a while.
pub(crate) async fn run(server: &Server, mails: &Path, canaries: &mut Canaries) {
    let name = "Canary Lodge".to_owned();
    let ada = actor("ada").email(&address("ada"));
    let create = CreateTeamRequest { display_name: name.clone(), ..new_team("aviary") };
    let made = server.try_create(&ada, create).await.expect("a team is made").into_inner();
    let team = made.team.expect("CreateTeam returns the team").team_id;
    let mut run = Run { server, team, ada, refused: vec![] };
    let planted = canaries.addresses.len();
    run.returned(canaries).await;
    run.mailed(mails, canaries).await;
    run.batch(canaries).await;
    run.codes(canaries).await;
    run.unsent(mails).await;
    canaries.names.push(name);
    let people = ["ada", "bob", "mia", "mallory", "row", "twice", "lost", "renamed"];
    canaries.addresses.extend(people.map(address));
    canaries.addresses.push("broken.lodge-canary".into());
    assert!(run.refused.len() > 15, "{} were refused", run.refused.len());
    for status in &run.refused {
        let text = format!(
            "{} {} {:?}",
            status.message(),
            String::from_utf8_lossy(status.details()),
            status.metadata()
        );
        for canary in canaries.all_secrets().chain(&canaries.codes).chain(&canaries.addresses[planted..]) {
            assert_absent(canary, &text, "an error");
        }
    }
    let events = format!("{:?}", run.server.events(&run.ada, &run.team).await);
    for canary in canaries.all_secrets().chain(&canaries.codes).chain(&canaries.addresses) {
        assert_absent(canary, &events, "the log of a team");
    }
}

fn address(person: &str) -> String {
    format!("{person}.lodge-canary@example.org")
}

fn person(name: &str) -> Actor {
    actor(name).email(&address(name))
}

impl Run<'_> {
    fn refuse<T>(&mut self, outcome: Result<T, Status>) {
        self.refused.push(outcome.err().expect("it is refused"));
    }

    /// Invitations whose secrets come back with the answers.
    async fn returned(&mut self, canaries: &mut Canaries) {
        let (server, team) = (self.server, self.team.clone());
        let request = CreateInvitationRequest {
            request_id: request_id(),
            ..invitation_to(&team, &address("bob"), "guest")
        };
        let mut ada = server.invites_as(&self.ada);
        let made = ada.create_invitation(request.clone()).await.expect("bob is invited").into_inner();
        ada.create_invitation(request).await.expect("and it is told again");
        let first = Invite { id: made.invitation.expect("the invitation").invitation_id, token: made.token };
        let second = server.resend(&self.ada, &team, &first.id).await;
        for invite in [&first, &second] {
            canaries.token(&invite.token);
        }
        let tampered = format!("{}x", second.token);
        let mallory = person("mallory");
        for token in [&first.token, &second.token, &tampered] {
            self.refuse(server.try_preview(&mallory, token).await);
            self.refuse(server.try_accept(&mallory, By::Token(token.clone())).await);
            self.refuse(server.try_decline(&mallory, By::Token(token.clone())).await);
        }
        self.refuse(server.try_accept(&mallory, second.by_id()).await);
        self.refuse(server.try_redeem(&mallory, &second.token).await);
        self.refuse(server.try_invite(&self.ada, &team, &address("bob"), "guest").await);
        self.refuse(server.try_invite(&self.ada, &team, "broken.lodge-canary", "guest").await);
        canaries.guesses.extend([tampered]);

        let filter = Filter { email: address("bob"), ..Filter::default() };
        assert_eq!(server.invitations_that(&self.ada, &team, filter).await.len(), 1);
        assert_eq!(server.received(person("bob")).await.len(), 1);
        let accept = |id: String| roster_proto::v1::AcceptInvitationRequest {
            request_id: id,
            ..roster_testkit::accepting(&second)
        };
        let id = request_id();
        for _ in 0..2 {
            let mut bob = server.invites_as(person("bob"));
            bob.accept_invitation(accept(id.clone())).await.expect("bob joins");
        }
        self.refuse(server.try_decline(person("bob"), &second).await);
        self.refuse(server.try_invite(&self.ada, &team, &address("bob"), "guest").await);
        // A member's address changes.
        server.rename(actor("ada").email(&address("renamed")), &team, "Canary Lodge").await;
        server.try_leave(actor("bob").email(&address("bob")), &team).await.expect_err("no policy of leaving");
    }

    /// Invitations whose secrets are mailed: sent, sent again, declined, cancelled.
    async fn mailed(&mut self, mails: &Path, canaries: &mut Canaries) {
        let (server, team) = (self.server, self.team.clone());
        let id = self.mail("mia").await;
        self.delivered(&id, |delivery| delivery.state() == DeliveryState::Sent).await;
        let request = ResendInvitationRequest {
            team_id: team.clone(),
            invitation_id: id.clone(),
            delivery: Some(by_mail()),
            request_id: request_id(),
            ..ResendInvitationRequest::default()
        };
        let mut ada = server.invites_as(&self.ada);
        for _ in 0..2 {
            ada.resend_invitation(request.clone()).await.expect("it is sent again");
        }
        self.delivered(&id, |delivery| delivery.state() == DeliveryState::Sent).await;
        let [old, new] = [0, 1].map(|generation| {
            let file = fs::read_to_string(mails.join(format!("{id}.{generation}.eml")));
            ReceivedMail::parse(&file.expect("the mail is a file")).token()
        });
        for token in [&old, &new] {
            canaries.token(token);
        }
        self.refuse(server.try_accept(person("mia"), By::Token(old)).await);
        server.preview(person("mia"), &new).await;
        server.decline(person("mia"), By::Token(new.clone())).await;
        self.refuse(server.try_accept(person("mia"), By::Token(new)).await);
        self.refuse(server.try_cancel(&self.ada, &team, &id).await);
    }

    async fn batch(&mut self, canaries: &mut Canaries) {
        let emails = [address("row"), "broken.lodge-canary".into(), address("twice"), address("twice")];
        let request = BatchCreateInvitationsRequest {
            team_id: self.team.clone(),
            invitations: emails.iter().map(|email| invitation_row(email, "guest")).collect(),
            delivery: roster_testkit::return_token(),
            request_id: request_id(),
            ..BatchCreateInvitationsRequest::default()
        };
        for _ in 0..2 {
            let mut ada = self.server.invites_as(&self.ada);
            let answer =
                ada.batch_create_invitations(request.clone()).await.expect("rows are taken").into_inner();
            for result in answer.results {
                match result.outcome.expect("each has an outcome") {
                    RowOutcome::Invitation(_) => canaries.token(&result.token),
                    RowOutcome::Status(status) => {
                        let text = format!("{status:?}");
                        for email in &emails {
                            assert_absent(email, &text, "the error of a row");
                        }
                    }
                }
            }
        }
    }

    /// Codes: used, guessed until the budget is spent, revoked, deleted.
    async fn codes(&mut self, canaries: &mut Canaries) {
        let (server, team) = (self.server, self.team.clone());
        let request = CreateTeamCodeRequest { request_id: request_id(), ..code_to(&team, "guest") };
        let code = server.create_code_of(&self.ada, request.clone()).await;
        server.create_code_of(&self.ada, request).await;
        let ended = server.create_code(&self.ada, &team, "guest").await;
        for code in [&code, &ended] {
            let signs = code.code.strip_prefix("CNRY-").expect("the policy's prefix");
            canaries.codes.extend([code.code.clone(), signs.to_owned()]);
        }
        let from = |name: &str| person(name).header("x-actor-address", "192.0.2.77");
        server.preview_code(from("cyd"), &code.code).await;
        server.redeem_code(actor("cyd"), &code.code).await;
        for number in 0..10 {
            let guess = format!("CNRY-GUESSED0000{number}");
            self.refuse(server.try_redeem_code(from("mallory"), &guess).await);
            canaries.guesses.push(guess);
        }
        self.refuse(server.try_preview_code(from("mallory"), &code.code).await);
        self.refuse(server.try_redeem_code(from("mallory"), &code.code).await);
        server.revoke_code(&self.ada, &team, &ended.code_id).await;
        self.refuse(server.try_redeem_code(actor("dan"), &ended.code).await);
        self.refuse(server.try_delete_code(&self.ada, &team, &code.code_id).await);
        server.delete_code(&self.ada, &team, &ended.code_id).await;
        assert_eq!(server.codes(&self.ada, &team).await.len(), 1);
    }

    /// A mail that cannot be written, since its folder is away.
    async fn unsent(&mut self, mails: &Path) {
        let away = mails.with_extension("away");
        fs::rename(mails, &away).expect("the folder can be moved");
        let id = self.mail("lost").await;
        self.delivered(&id, |delivery| delivery.failure() == DeliveryFailure::Unreachable).await;
        fs::rename(&away, mails).expect("and moved back");
        self.server.cancel(&self.ada, &self.team, &id).await;
    }

    async fn mail(&self, name: &str) -> String {
        let request = CreateInvitationRequest {
            delivery: Some(by_mail()),
            request_id: request_id(),
            ..invitation_to(&self.team, &address(name), "guest")
        };
        let made = self.server.invites_as(&self.ada).create_invitation(request).await.expect("it is made");
        made.into_inner().invitation.expect("the invitation").invitation_id
    }

    async fn delivered(&self, id: &str, is: fn(&Delivery) -> bool) {
        eventually("what becomes of the mail", async || {
            self.server.invitation(&self.ada, &self.team, id).await.delivery.filter(is)
        })
        .await;
    }
}

fn by_mail() -> DeliveryChoice {
    DeliveryChoice { choice: Some(Choice::SendEmail(SendEmail { locale: "en".into() })) }
}
