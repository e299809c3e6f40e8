//! Wrong fields of the calls about invitations: named by their paths, all at once, and nothing is changed.

use roster_proto::v1::{
    AcceptInvitationRequest, BatchCreateInvitationsRequest, CancelInvitationRequest, CreateInvitationRequest,
    DeclineInvitationRequest, DeliveryChoice, ErrorReason, GetInvitationRequest, ListInvitationsRequest,
    ListReceivedInvitationsRequest, PreviewInviteRequest, ResendInvitationRequest, list_invitations_request,
};
use roster_testkit::{
    By, Server, accepting, assert_invalid, assert_refused, both, declining, invitation_to, known, on,
};

#[tokio::test]
async fn every_wrong_field_of_every_call_is_named_at_once() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut ada = server.invites_as(known("ada"));
        let x = || "x".to_owned();
        let request = CreateInvitationRequest {
            email: x(),
            request_id: x(),
            grants: vec![on("No Kind", "one", "viewer")],
            delivery: Some(DeliveryChoice { choice: None }),
            ..CreateInvitationRequest::default()
        };
        let fields = &["delivery", "email", "grants[0].kind", "request_id", "role", "team_id"];
        assert_invalid("CreateInvitation", ada.create_invitation(request).await.map(drop), fields);
        let request = BatchCreateInvitationsRequest { request_id: x(), ..Default::default() };
        let fields = &["delivery", "invitations", "request_id", "team_id"];
        let outcome = ada.batch_create_invitations(request).await;
        assert_invalid("BatchCreateInvitations", outcome.map(drop), fields);
        let request = ResendInvitationRequest { etag: x(), request_id: x(), ..Default::default() };
        let fields = &["delivery", "etag", "invitation_id", "request_id", "team_id"];
        assert_invalid("ResendInvitation", ada.resend_invitation(request).await.map(drop), fields);
        let request = CancelInvitationRequest { etag: x(), request_id: x(), ..Default::default() };
        let fields = &["etag", "invitation_id", "request_id", "team_id"];
        assert_invalid("CancelInvitation", ada.cancel_invitation(request).await, fields);
        let outcome = ada.get_invitation(GetInvitationRequest::default()).await;
        assert_invalid("GetInvitation", outcome, &["invitation_id", "team_id"]);
        let filter = list_invitations_request::Filter { state: 7, email: x() };
        let request = ListInvitationsRequest { page_size: -1, filter: Some(filter), ..Default::default() };
        let fields = &["filter.email", "filter.state", "page_size", "team_id"];
        assert_invalid("ListInvitations", ada.list_invitations(request).await, fields);
        let request = ListReceivedInvitationsRequest { page_size: -1, ..Default::default() };
        let outcome = ada.list_received_invitations(request).await;
        assert_invalid("ListReceivedInvitations", outcome, &["page_size"]);

        let unnamed = AcceptInvitationRequest { request_id: x(), invitation: None };
        let fields = &["invitation_id", "request_id"];
        assert_invalid("AcceptInvitation", ada.accept_invitation(unnamed).await, fields);
        let unnamed = DeclineInvitationRequest { request_id: x(), invitation: None };
        assert_invalid("DeclineInvitation", ada.decline_invitation(unnamed).await, fields);
        for id in ["", "x", "inv_", "link_01h455vb4pex5vsknk084sn02q", "inv_01H455VB4PEX5VSKNK084SN02Q"] {
            let by = || By::Id(id.into());
            let fields = &["invitation_id"];
            assert_invalid(id, ada.accept_invitation(accepting(by())).await, fields);
            assert_invalid(id, ada.decline_invitation(declining(by())).await, fields);
        }
        for token in [String::new(), "x".repeat(257)] {
            let by = || By::Token(token.clone());
            assert_invalid("AcceptInvitation", ada.accept_invitation(accepting(by())).await, &["token"]);
            assert_invalid("DeclineInvitation", ada.decline_invitation(declining(by())).await, &["token"]);
        }
        let both = PreviewInviteRequest { token: x(), code: x() };
        assert_invalid("PreviewInvite", ada.preview_invite(both).await, &["code"]);
        let neither = PreviewInviteRequest { token: String::new(), code: String::new() };
        assert_invalid("PreviewInvite", ada.preview_invite(neither).await, &["token"]);
    })
    .await;
}

#[tokio::test]
async fn what_only_looks_like_an_address_is_none() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let long = format!("{}@example.org", "a".repeat(65));
        let longest = format!("a@{}.org", vec!["a".repeat(62); 4].join("."));
        for wrong in [
            "",
            "bob",
            "@example.org",
            "bob@",
            "bob@@example.org",
            "bob smith@example.org",
            " bob@example.org",
            "bob@example.org ",
            "b..ob@example.org",
            "\"bob\"@example.org",
            "Bob <bob@example.org>",
            "bob@example.org, eve@example.org",
            "bob@example.org\r\nBcc: eve@example.org",
            "bob\n@example.org",
            "bob@exam\u{0}ple.org",
            "ｂob@example.org",
            "bоb@example.org",
            "bob＠example.org",
            "bob@ｅxample.org",
            "bob@example．org",
            "bob@exam\u{202e}ple.org",
            "bob@exam\u{200d}ple.org",
            "bob@127.0.0.1",
            "bob@[127.0.0.1]",
            &long,
            &longest,
        ] {
            let outcome =
                server.invites_as("ada").create_invitation(invitation_to(&team, wrong, "guest")).await;
            assert_invalid(&format!("{wrong:?}"), outcome.map(drop), &["email"]);
        }
        assert_eq!(server.team("ada", &team).await.revision, 1);

        // A domain that looks alike is a domain of its own, and so is its address.
        let invite = server.invite("ada", &team, "bob@example.org", "guest").await;
        let alike = server.invite("ada", &team, "bob@ex\u{430}mple.org", "guest").await;
        assert_eq!(server.received(known("bob")).await.len(), 1);
        let outcome = server.try_accept(known("bob"), &alike).await;
        assert_refused(outcome, ErrorReason::EmailMismatch);
        server.accept(known("bob"), &invite).await;
    })
    .await;
}
