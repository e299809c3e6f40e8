//! What a start says of mail, and what about mail stops it.

use std::fs;

use roster_testkit::{Data, Kind, Options, Server, SmtpPeer, SmtpTls, both};
use tempfile::TempDir;

#[tokio::test]
async fn a_start_says_where_mail_goes() {
    let peer = SmtpPeer::start(SmtpTls::Implicit).await;
    both(async |kind| {
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let said = server.stop().await.output;
        assert_eq!(
            said.matches("Mail goes to localhost.").count(),
            2,
            "in the greeting and in the log: {said}"
        );
        assert!(!said.contains("pass"), "{said}");

        let server = Server::start(kind).await;
        let folder = server.data().directory().join("mail");
        assert_eq!(folder.is_dir(), kind == Kind::Embedded);
        let expected = match kind {
            Kind::Embedded => format!("Mail is not sent but written to {}, a file each.", folder.display()),
            Kind::Full => "No mail is sent: neither mail.smtp_url nor mail.dir is set.".to_owned(),
        };
        let said = server.stop().await.output;
        assert_eq!(said.matches(&expected).count(), 2, "{expected}: {said}");
    })
    .await;
}

#[tokio::test]
async fn a_template_that_is_broken_stops_the_start() {
    let templates = TempDir::new().unwrap();
    fs::write(templates.path().join("invitation.en.txt"), "Come to {{ team }}\nas {{ rank }}\n").unwrap();
    let data = Data::fresh(Kind::Embedded).await;
    let options =
        Options::default().variable("ROSTER_MAIL__TEMPLATES_DIR", templates.path().display().to_string());
    for command in [&["serve"][..], &["config", "check"]] {
        let finished = data.run(command, options.clone()).await;
        assert!(!finished.status.success(), "{command:?}: {}", finished.output);
        let expected = "mail.templates_dir: invitation.en.txt, line 2: ";
        assert!(finished.output.contains(expected), "{command:?}: {}", finished.output);
    }
}
