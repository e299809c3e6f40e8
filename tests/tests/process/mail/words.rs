//! What a mail says: templates of the deployment, languages, and names that mean harm.

use std::fs;

use roster_proto::v1::CreateInvitationRequest;
use roster_testkit::{Options, Server, SmtpPeer, SmtpTls, both};
use tempfile::TempDir;

use super::steps::{ada, by_mail, invite, mailed, team};

#[tokio::test]
async fn templates_and_languages_are_the_deployments() {
    let templates = TempDir::new().expect("a temporary directory can be made");
    let write = |name: &str, text: &str| fs::write(templates.path().join(name), text).expect("a file");
    write("invitation.de.subject.txt", "Einladung zu {{ team }}");
    write(
        "invitation.de.txt",
        "{{ inviter }} lädt dich zu {{ policy }} ein: {{ link }} bis {{ expires_at }}",
    );
    write("invitation.de.html", "<p lang=\"de\">{{ team }}</p>");
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let options = peer
            .options(Options::default())
            .variable("ROSTER_MAIL__TEMPLATES_DIR", templates.path().display().to_string())
            .variable("ROSTER_MAIL__LINK", "https://{policy}.example.org/?token={token}");
        let server = Server::start_with(kind, options).await;
        let team = team(&server, "<b>Räte</b>").await;
        for (place, locale) in ["de", "de-AT", "DE"].into_iter().enumerate() {
            let request = CreateInvitationRequest {
                delivery: Some(by_mail(locale)),
                ..mailed(&team, &format!("n{place}@example.org"))
            };
            server.invites_as(ada()).create_invitation(request).await.expect("an invitation");
            let mail = peer.next_mail().await;
            assert_eq!(mail.subject, "Einladung zu <b>Räte</b>");
            assert!(mail.text.starts_with("ada@example.org lädt dich zu "), "{}", mail.text);
            assert!(mail.link().starts_with("https://brand.example.org/?token=rst_inv_"), "{}", mail.link());
            assert!(mail.html.contains("<p lang=\"de\">&lt;b&gt;Räte&lt;"), "{}", mail.html);
        }
        let request =
            CreateInvitationRequest { delivery: Some(by_mail("fr")), ..mailed(&team, "fr@example.org") };
        server.invites_as(ada()).create_invitation(request).await.expect("an invitation");
        assert!(peer.next_mail().await.subject.starts_with("You are invited to "), "no French: English");
    })
    .await;
}

#[tokio::test]
async fn a_teams_name_is_text_wherever_it_stands() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let name = "<img src=x onerror=alert(1)> & \"friends\" {{ link }}";
        let team = team(&server, name).await;
        invite(&server, &team, "grace@example.org").await;
        let mail = peer.next_mail().await;
        assert_eq!(mail.subject, format!("You are invited to {name}"));
        assert!(mail.text.contains(name), "{}", mail.text);
        assert!(!mail.html.contains("<img") && mail.html.contains("&lt;img"), "{}", mail.html);
        assert!(mail.html.contains("{{ link }}"), "a name is no template: {}", mail.html);
    })
    .await;
}
