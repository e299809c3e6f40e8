//! What callers would write into mails to strangers: nothing of it is more than a value in its place.

use std::fs;
use std::path::Path;

use mail_parser::{Message, MessageParser};
use roster_proto::v1::delivery_choice::Choice;
use roster_proto::v1::{
    CreateInvitationRequest, CreateTeamRequest, DeliveryChoice, DeliveryState, ErrorReason, SendEmail,
};
use roster_testkit::{
    Kind, Options, Server, actor, assert_invalid, assert_invitation_refused, both, eventually,
    invitation_row, invitation_to, new_team,
};
use tempfile::TempDir;

/// What ends a line, hides or turns what follows, or leads elsewhere.
const HOSTILE: [&str; 9] = [
    "{}\r\nBcc: eve@example.org",
    "{}\nSubject: Won",
    "{}\rX: y",
    "{}\0",
    "\u{7f}{}",
    "{}\u{85}Bcc: eve@example.org",
    "{}\u{2028}Bcc: eve@example.org",
    "\u{202e}{}",
    "{}\u{2066}",
];

/// A service that writes its mails into a folder.
struct Scene {
    server: Server,
    folder: TempDir,
}

impl Scene {
    async fn set(kind: Kind) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let options = Options::default().variable("ROSTER_MAIL__DIR", folder.path().display().to_string());
        Self { server: Server::start_with(kind, options).await, folder }
    }

    /// Invites that address and returns the mail, as its bytes.
    async fn mailed(&self, team: &str, email: &str, inviter: &str) -> Vec<u8> {
        let ada = actor("ada").email(inviter);
        let request = by_mail(team, email, "");
        let made = self.server.invites_as(ada).create_invitation(request).await.expect("it is made");
        let id = made.into_inner().invitation.expect("the invitation").invitation_id;
        eventually("the mail", async || {
            let delivery = self.server.invitation("ada", team, &id).await.delivery;
            delivery.filter(|delivery| delivery.state() == DeliveryState::Sent)
        })
        .await;
        fs::read(self.folder.path().join(format!("{id}.0.eml"))).expect("the mail is a file")
    }
}

fn by_mail(team: &str, email: &str, locale: &str) -> CreateInvitationRequest {
    let choice = Choice::SendEmail(SendEmail { locale: locale.into() });
    let delivery = Some(DeliveryChoice { choice: Some(choice) });
    CreateInvitationRequest { delivery, ..invitation_to(team, email, "viewer") }
}

#[tokio::test]
async fn what_would_break_out_of_its_place_in_a_mail_is_refused() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let server = &scene.server;
        let team = server.create_under("ada", "studio").await;
        let mut client = server.invites_as("ada");
        for form in HOSTILE.into_iter().chain(["{} <eve@example.org>", "{},eve@example.org", "http://{}"]) {
            let email = form.replace("{}", "bob@example.org");
            let outcome = client.create_invitation(by_mail(&team, &email, "")).await;
            assert_invalid(form, outcome, &["email"]);
            let row = invitation_row(&email, "viewer");
            let batch = server.try_invite_all("ada", &team, &[row]).await.expect("a batch").into_inner();
            let refused = assert_invitation_refused(&batch.results[0], ErrorReason::FieldInvalid);
            assert_eq!(refused.fields, ["invitations[0].email"]);
            let local = form.replace("{}", "bob") + "@example.org";
            let outcome = client.create_invitation(by_mail(&team, &local, "")).await;
            assert_invalid(form, outcome, &["email"]);
        }
        for locale in HOSTILE.map(|form| form.replace("{}", "de")).iter().map(String::as_str).chain([
            "../../etc/passwd",
            "de/../en",
            "https://example.org",
            "d\u{435}",
            "{{ link }}",
            "x",
        ]) {
            let outcome = client.create_invitation(by_mail(&team, "bob@example.org", locale)).await;
            assert_invalid(locale, outcome, &["delivery.send_email.locale"]);
        }
        assert!(server.invitations("ada", &team).await.is_empty());
        assert_eq!(mails(scene.folder.path()), 0);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_would_break_out_of_its_place_is_refused() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "studio").await;
        let urls = ["see https://evil.example", "www.evil.example", "\u{ff57}\u{ff57}\u{ff57}.evil.example"];
        // White space at the ends is cut off: what ends a line stands within.
        let forms = HOSTILE.map(|form| format!("a{}z", form.replace("{}", "Team")));
        for name in forms.iter().map(String::as_str).chain(urls) {
            let create = CreateTeamRequest { display_name: name.into(), ..new_team("studio") };
            assert_invalid(name, server.try_create("ada", create).await, &["display_name"]);
            assert_invalid(name, server.try_rename("ada", &team, name).await, &["display_name"]);
        }
        assert_eq!(server.team("ada", &team).await.display_name, "Team");
    })
    .await;
}

#[tokio::test]
async fn a_mail_has_one_recipient_and_one_of_each_header() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let team = scene.server.create_under("ada", "studio").await;
        let raw = scene.mailed(&team, "O'Bob&Co+x=y@B\u{fc}cher.example", "ada@example.org").await;
        let mail = parsed(&raw);
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address());
        assert_eq!(to, Some("O'Bob&Co+x=y@xn--bcher-kva.example"));
        assert_eq!(mail.to().map(|to| to.clone().into_list().len()), Some(1));
        for name in ["To", "From", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"] {
            let count =
                mail.headers().iter().filter(|header| header.name().eq_ignore_ascii_case(name)).count();
            assert_eq!(count, 1, "{name}");
        }
        for name in ["Cc", "Bcc", "Reply-To", "Sender"] {
            assert!(mail.header(name).is_none(), "{name}");
        }
        assert!(raw.is_ascii(), "it passes any mail server");
        assert_eq!(mails(scene.folder.path()), 1);
    })
    .await;
}

#[tokio::test]
async fn a_teams_name_is_text_wherever_it_stands() {
    both(async |kind| {
        let scene = Scene::set(kind).await;
        let name = "<script>alert('x')</script> \"S\u{f6}hne\" & {{ link }} <img src=x onerror=y>";
        let create = CreateTeamRequest { display_name: name.into(), ..new_team("studio") };
        let made = scene.server.try_create("ada", create).await.expect("a name as good as any").into_inner();
        let team = made.team.expect("the team").team_id;
        let raw = scene.mailed(&team, "bob@example.org", "o'ada&co@example.org").await;
        let mail = parsed(&raw);

        assert_eq!(mail.subject(), Some(format!("You are invited to {name}").as_str()));
        let text = mail.body_text(0).expect("a plain text");
        assert!(text.contains(&format!("o'ada&co@example.org invites you to {name}. Your role")), "{text}");
        assert_eq!(text.matches("rst_inv_").count(), 1, "the name is no template");

        let html = mail.body_html(0).expect("a page");
        let tags: Vec<_> =
            html.split('<').skip(1).filter_map(|tag| tag.split([' ', '>', '\n']).next()).collect();
        for tag in &tags {
            let plain = tag.trim_start_matches('/');
            let known = ["!DOCTYPE", "html", "head", "meta", "title", "body", "p", "strong", "a"];
            assert!(known.contains(&plain), "{tag} of {html}");
        }
        assert!(html.contains("&lt;script&gt;") && html.contains("{{ link }}"), "{html}");
        assert!(html.contains("&amp;co@example.org"), "{html}");
        assert_eq!(html.matches("rst_inv_").count(), 1);
    })
    .await;
}

fn parsed(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).expect("a mail program reads it")
}

/// How many files there are, finished or not.
fn mails(folder: &Path) -> usize {
    fs::read_dir(folder).expect("the folder can be listed").count()
}
