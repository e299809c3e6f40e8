//! What arrives, and where its link leads.

use roster_proto::v1::{DeliveryFailure, DeliveryState, ErrorReason, InvitationState, JoinMethod};
use roster_testkit::{Options, Server, SmtpPeer, SmtpTls, actor, assert_refused, both, micros};

use super::steps::{ada, delivery, in_state, invite, resend, team};

#[tokio::test]
async fn the_link_of_a_mail_leads_to_an_acceptance() {
    for tls in [SmtpTls::Implicit, SmtpTls::StartTls] {
        both(async |kind| {
            let mut peer = SmtpPeer::start(tls).await;
            let server = Server::start_with(kind, peer.options(Options::default())).await;
            let team = team(&server, "Night Watch").await;
            let id = invite(&server, &team, "Grace.Hopper@Navy.example.org").await;

            let mail = peer.next_mail().await;
            assert!(mail.tls, "it came over TLS");
            assert_eq!(mail.recipients, ["Grace.Hopper@navy.example.org"], "before the @ as it was typed");
            assert_eq!(mail.header("To"), "Grace.Hopper@navy.example.org");
            assert_eq!(mail.header("From"), "Roster <team@example.org>");
            assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
            assert_eq!(mail.message_id, format!("{id}.0@example.org"));
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(part.contains("Night Watch"), "{part}");
            }
            for part in [&mail.text, &mail.html] {
                assert!(part.contains("ada@example.org") && part.contains("Member"), "{part}");
            }

            // As its person follows it: the page looks first, and then the person accepts.
            let link = mail.link();
            assert!(link.starts_with("https://app.example.org/join?token=rst_inv_"), "{link}");
            let grace = actor("grace").email("grace.hopper@navy.example.org");
            let seen = server.preview(&grace, &mail.token()).await;
            assert_eq!((seen.team_id.as_str(), seen.join_method()), (team.as_str(), JoinMethod::Invitation));
            let joined = server.accept(&grace, roster_testkit::By::Token(mail.token())).await;
            assert_eq!(joined.member.expect("a member").role, "member");

            let invitation = server.invitation("ada", &team, &id).await;
            assert_eq!(invitation.state(), InvitationState::Accepted);
            let sent = in_state(&server, (&team, &id), DeliveryState::Sent).await;
            assert_eq!((sent.attempt_count, sent.failure()), (1, DeliveryFailure::Unspecified));
            assert!(micros(sent.sent_time) >= micros(invitation.create_time));
        })
        .await;
    }
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_brings_another_link() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        let id = invite(&server, &team, "grace@example.org").await;
        let first = peer.next_mail().await;
        in_state(&server, (&team, &id), DeliveryState::Sent).await;

        assert_eq!(resend(&server, &team, &id).await.invitation_id, id);
        let second = peer.next_mail().await;
        assert_eq!(second.message_id, format!("{id}.1@example.org"), "another mail than the first");
        let grace = actor("grace").email("grace@example.org");
        let old = server.try_accept(&grace, roster_testkit::By::Token(first.token())).await;
        assert_refused(old, ErrorReason::InviteNotFound);
        server.accept(&grace, roster_testkit::By::Token(second.token())).await;
    })
    .await;
}

#[tokio::test]
async fn an_address_beyond_ascii_is_written_as_mail_servers_want_it() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Tēam 東京").await;
        let id = invite(&server, &team, "Grace@Bücher.example").await;
        let mail = peer.next_mail().await;
        assert_eq!(mail.recipients, ["Grace@xn--bcher-kva.example"]);
        assert!(mail.subject.contains("Tēam 東京"), "{}", mail.subject);
        assert!(mail.header("Subject").is_ascii(), "headers are ASCII");
        assert_eq!(server.invitation(ada(), &team, &id).await.email, "Grace@Bücher.example");
    })
    .await;
}

#[tokio::test]
async fn one_whose_token_is_returned_is_not_mailed() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        let returned = server.invite(ada(), &team, "grace@example.org", "member").await;
        assert!(server.invitation("ada", &team, &returned.id).await.delivery.is_none());
        let mailed = invite(&server, &team, "edsger@example.org").await;
        assert_eq!(peer.next_mail().await.recipients, ["edsger@example.org"], "the only mail");
        in_state(&server, (&team, &mailed), DeliveryState::Sent).await;

        // The one is mailed when it is sent again, and the other is not.
        resend(&server, &team, &returned.id).await;
        assert_eq!(peer.next_mail().await.recipients, ["grace@example.org"]);
        server.resend(ada(), &team, &mailed).await;
        assert!(server.invitation("ada", &team, &mailed).await.delivery.is_none());
        assert_eq!(delivery(&server, &team, &returned.id).await.attempt_count, 1);
        assert_eq!(peer.mails().len(), 2);
    })
    .await;
}
