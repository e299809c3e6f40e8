//! Nothing is sent for what did not commit, nothing is lost for what did, and many that send do not send twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use roster_proto::v1::{BatchCreateInvitationsRequest, CreateInvitationRequest, DeliveryState, ErrorReason};
use roster_testkit::{
    Kind, Options, Server, SmtpPeer, SmtpTls, assert_invitation_refused, assert_refused, both, eventually,
    invitation_row, request_id, row_invitation,
};

use super::steps::{ROLE, ada, by_mail, in_state, invite, mailed, team};

#[tokio::test]
async fn nothing_is_sent_for_what_did_not_happen() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        let decided = CreateInvitationRequest { validate_only: true, ..mailed(&team, "decided@example.org") };
        server.invites_as(ada()).create_invitation(decided).await.expect("it may");
        let refused =
            CreateInvitationRequest { role: "owner".into(), ..mailed(&team, "refused@example.org") };
        assert_refused(server.invites_as(ada()).create_invitation(refused).await, ErrorReason::SoleRole);
        let batch = BatchCreateInvitationsRequest {
            team_id: team.clone(),
            invitations: vec![
                invitation_row("first@example.org", ROLE),
                invitation_row("First@example.org", ROLE),
                invitation_row("nowhere", ROLE),
                invitation_row("second@example.org", ROLE),
            ],
            delivery: Some(by_mail("")),
            request_id: request_id(),
            validate_only: false,
        };
        let mut client = server.invites_as(ada());
        let results = client.batch_create_invitations(batch.clone()).await.expect("a batch").into_inner();
        assert_invitation_refused(&results.results[1], ErrorReason::InvitationPending);
        assert_invitation_refused(&results.results[2], ErrorReason::FieldInvalid);
        let replayed = client.batch_create_invitations(batch).await.expect("the same").into_inner();
        assert_eq!(row_invitation(&replayed.results[3]), row_invitation(&results.results[3]));

        let mut recipients = [peer.next_mail().await.recipients, peer.next_mail().await.recipients].concat();
        recipients.sort();
        assert_eq!(recipients, ["first@example.org", "second@example.org"]);
        // One more, after all others: had there been another mail, it would have come before.
        let last = invite(&server, &team, "last@example.org").await;
        in_state(&server, (&team, &last), DeliveryState::Sent).await;
        assert_eq!(peer.mails().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_mail_outlives_a_crash_right_after_its_commit() {
    both(async |kind| {
        let mut peer = SmtpPeer::start(SmtpTls::Implicit).await;
        let server = Server::start_with(kind, peer.options(Options::default())).await;
        let team = team(&server, "Team").await;
        let data = server.crash().await;
        let options = peer.options(Options::default()).failpoint("abort-after-commit");
        let server = Server::start_on(data, options).await;
        let cut = server.invites_as(ada()).create_invitation(mailed(&team, "grace@example.org")).await;
        assert!(cut.is_err(), "the service is gone before it answers");
        let (_, data) = server.ended().await;
        assert!(peer.mails().is_empty(), "it had no time for that");

        let server = Server::start_on(data, peer.options(Options::default())).await;
        assert_eq!(peer.next_mail().await.recipients, ["grace@example.org"]);
        let invitations = server.invitations("ada", &team).await;
        assert_eq!(invitations.len(), 1);
        in_state(&server, (&team, &invitations[0].invitation_id), DeliveryState::Sent).await;
    })
    .await;
}

#[tokio::test]
async fn two_replicas_send_each_mail_once() {
    let peer = SmtpPeer::start(SmtpTls::Implicit).await;
    let first = Arc::new(Server::start_with(Kind::Full, peer.options(Options::default())).await);
    let second = Server::start_on(first.data(), peer.options(Options::default())).await;
    let team = team(&first, "Team").await;
    let mut ids = BTreeSet::new();
    for (place, server) in [&*first, &second].into_iter().cycle().take(40).enumerate() {
        ids.insert(format!(
            "{}.0@example.org",
            invite(server, &team, &format!("n{place}@example.org")).await
        ));
    }
    let all = eventually("forty mails", async || Some(peer.mails()).filter(|mails| mails.len() >= 40)).await;
    for id in &ids {
        let id = id.split('.').next().expect("an id");
        in_state(&first, (&team, id), DeliveryState::Sent).await;
    }
    let found: BTreeSet<String> = all.iter().map(|mail| mail.message_id.clone()).collect();
    assert_eq!(found, ids);
    assert_eq!(peer.mails().len(), 40, "none of them twice");
}
