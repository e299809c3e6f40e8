//! A mail server that is down, refuses, puts off or cuts: the call is fine, and the mail arrives later or has visibly
//! failed.

use roster_proto::v1::{DeliveryFailure, DeliveryState, ErrorReason};
use roster_testkit::{Kind, Options, Server, SmtpPeer, SmtpTls, assert_refused, both, within};
use tokio::net::TcpListener;

use super::steps::{ada, delivered, delivery, in_state, invite, mailed, resend, team};

#[tokio::test]
async fn while_the_server_is_down_mail_waits_for_it() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        peer.stop().await;
        let id = invite(&server, &team, "grace@example.org").await;
        let waiting = delivered(&server, (&team, &id), "a failure", |one| {
            one.failure() != DeliveryFailure::Unspecified
        })
        .await;
        assert_eq!(waiting.state(), DeliveryState::Queued);
        assert_eq!(waiting.failure(), DeliveryFailure::Unreachable);

        peer.start_again().await;
        assert_eq!(peer.next_mail().await.message_id, format!("{id}.0@example.org"));
        let sent = in_state(&server, (&team, &id), DeliveryState::Sent).await;
        assert!(sent.attempt_count > 1, "{sent:?}");
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_has_failed_and_may_be_sent_again() {
    both(async |kind| {
        let peer = SmtpPeer::start(SmtpTls::StartTls).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        let id = invite(&server, &team, "reject-grace@example.org").await;
        let failed = in_state(&server, (&team, &id), DeliveryState::Failed).await;
        assert_eq!((failed.failure(), failed.attempt_count), (DeliveryFailure::Rejected, 1), "no loop");
        assert!(failed.sent_time.is_none());
        let listed = server.invitations("ada", &team).await;
        assert_eq!(listed[0].delivery, Some(failed), "a list shows it too");

        let again = resend(&server, &team, &id).await;
        assert_eq!(again.delivery.expect("it is mailed").state(), DeliveryState::Queued);
        in_state(&server, (&team, &id), DeliveryState::Failed).await;
        assert!(peer.mails().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_is_put_off_or_cut_arrives_later_as_the_same_mail() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        let put_off = invite(&server, &team, "defer-grace@example.org").await;
        let cut = invite(&server, &team, "cut-grace@example.org").await;
        let mut ids = [peer.next_mail().await.message_id, peer.next_mail().await.message_id];
        ids.sort();
        let mut expected = [format!("{put_off}.0@example.org"), format!("{cut}.0@example.org")];
        expected.sort();
        assert_eq!(ids, expected);
        for id in [put_off, cut] {
            let sent = in_state(&server, (&team, &id), DeliveryState::Sent).await;
            assert_eq!(sent.attempt_count, 2, "{sent:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_refuses_the_service_itself_fails_no_mail() {
    both(async |kind| {
        let mut peer = SmtpPeer::start_without_login(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        let id = invite(&server, &team, "grace@example.org").await;
        let waiting = delivered(&server, (&team, &id), "a failure", |one| {
            one.failure() != DeliveryFailure::Unspecified
        })
        .await;
        assert_eq!(waiting.state(), DeliveryState::Queued);
        assert_eq!(waiting.failure(), DeliveryFailure::Misconfigured);
        peer.stop().await;
        peer.start_again().await;
        peer.next_mail().await;
        in_state(&server, (&team, &id), DeliveryState::Sent).await;
        let said = server.stop().await.output;
        assert!(!said.contains("grace@example.org") && !said.contains("pass word"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_deployment_without_mail_says_so() {
    let server = Server::start(Kind::Full).await;
    let team = team(&server, "Team").await;
    let refused = server.invites_as(ada()).create_invitation(mailed(&team, "grace@example.org")).await;
    assert_refused(refused, ErrorReason::MailNotConfigured);
    let returned = server.invite(ada(), &team, "grace@example.org", "member").await;
    assert!(server.invitation("ada", &team, &returned.id).await.delivery.is_none());
}

#[tokio::test]
async fn what_ended_before_it_was_sent_is_not_sent() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        peer.stop().await;
        let cancelled = invite(&server, &team, "grace@example.org").await;
        let again = invite(&server, &team, "edsger@example.org").await;
        server.cancel("ada", &team, &cancelled).await;
        resend(&server, &team, &again).await;
        peer.start_again().await;

        assert_eq!(peer.next_mail().await.message_id, format!("{again}.1@example.org"));
        let skipped = in_state(&server, (&team, &cancelled), DeliveryState::Skipped).await;
        assert!(skipped.sent_time.is_none());
        in_state(&server, (&team, &again), DeliveryState::Sent).await;
        assert_eq!(peer.mails().len(), 1, "neither the cancelled one nor the old secret");
        assert_eq!(delivery(&server, &team, &cancelled).await, skipped);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_says_nothing_does_not_hold_up_the_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port can be had");
    let address = silent.local_addr().expect("it has an address");
    let peer = SmtpPeer::start(SmtpTls::Implicit).await;
    let url = format!("smtps://localhost:{}", address.port());
    let options = peer.options(Options::default()).variable("ROSTER_MAIL__SMTP_URL", url);
    let server = Server::start_with(Kind::Embedded, options.variable("ROSTER_SERVER__DRAIN", "500ms")).await;
    let team = team(&server, "Team").await;
    invite(&server, &team, "grace@example.org").await;
    let _mail = within("a mail on its way", silent.accept()).await.expect("a connection");
    let said = server.stop().await.output;
    let cut_off = said.lines().filter(|line| line.contains("cut off")).collect::<Vec<_>>();
    assert!(cut_off.iter().any(|line| line.contains("\"worker\":\"mail\"")), "it is named in {said}");
    assert!(!cut_off.iter().any(|line| line.contains("sweep")), "{cut_off:?}");
}
