//! One deployment, from the first key to the second.

use std::fs;

use roster_proto::v1::{ErrorReason, ListInviteLinksRequest};
use roster_testkit::{
    ADMIN, Invite, Link, Options, Outcome, Server, VIEWER, assert_refused, assert_same_link, both, known,
    request_id,
};

use super::{file, line, step, table};

/// What was handed out before a rotation, and must hold until it ends.
struct Before {
    team: String,
    workspace: String,
    link: Link,
    invite: Invite,
    request_id: String,
    made: tonic::Response<roster_proto::v1::CreateInviteLinkResponse>,
    page: String,
}

impl Before {
    async fn set(server: &Server) -> Self {
        let team = server.team_of(&[("ada", ADMIN), ("ben", VIEWER)]).await;
        let workspace = server.create_under("ada", "workspace").await;
        let link = server.create_link("ada", &team).await;
        let invite = server.invite("ada", &workspace, "grace@example.org", "user").await;
        let request_id = request_id();
        let made = server.try_create_link_once("ada", &team, &request_id).await.expect("a link");
        let page = Self::page(server, &team, "").await.expect("a page").into_inner().next_page_token;
        assert!(!page.is_empty(), "there is a second page");
        Self { team, workspace, link, invite, request_id, made, page }
    }

    async fn page(
        server: &Server,
        team: &str,
        token: &str,
    ) -> Outcome<roster_proto::v1::ListInviteLinksResponse> {
        let request = ListInviteLinksRequest {
            team_id: team.into(),
            page_size: 1,
            page_token: token.into(),
            ..ListInviteLinksRequest::default()
        };
        server.invites_as("ada").list_invite_links(request).await
    }

    /// Everything still works, for somebody who was not there before.
    async fn holds(&self, server: &Server, newcomer: &str) {
        server.redeem(newcomer, &self.link.token).await;
        assert!(
            server.link("ada", &self.team, &self.link.id).await.1 == self.link.token,
            "the very token is shown again"
        );
        let again = server.try_create_link_once("ada", &self.team, &self.request_id).await.expect("a link");
        assert!(roster_testkit::is_replay(&again), "the retry finds its first answer");
        assert_same_link(&self.made, &again);
        Self::page(server, &self.team, &self.page).await.expect("a page");
    }
}

#[tokio::test]
async fn a_rotation_loses_nothing_and_ends_when_nothing_needs_the_old_key() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let data = server.data();
        let before = Before::set(&server).await;
        let rolled_out = async |server: Server| server.restart(Options::default()).await;

        // A new key, that signs nothing yet.
        step(&data, &["add", "--id", "k2"]).await;
        let server = rolled_out(server).await;
        before.holds(&server, "cyd").await;
        let list = step(&data, &["list"]).await;
        assert_eq!(line(&list, "k1")[2..5], ["signs", "3", "1"], "{list}");
        assert_eq!(line(&list, "k2")[2..5], ["verifies", "0", "0"], "{list}");

        // It signs what is new; the old one verifies.
        step(&data, &["promote", "k2"]).await;
        let server = rolled_out(server).await;
        before.holds(&server, "dan").await;
        let after = server.create_link("ada", &before.team).await;
        let list = step(&data, &["list"]).await;
        assert_eq!(line(&list, "k2")[2..5], ["signs", "1", "0"], "{list}");
        assert_eq!(line(&list, "k1")[2..5], ["verifies", "3", "1"], "{list}");
        assert!(list.contains("not while these live"), "{list}");

        // Dropped too early, it stops the start, which says which it is.
        let both_keys = fs::read_to_string(file(&data)).unwrap();
        fs::write(file(&data), table(&both_keys, "k2")).unwrap();
        server.stop().await;
        let refused = data.run(&["serve"], Options::default()).await;
        assert!(!refused.status.success(), "{}", refused.output);
        assert!(refused.output.contains("the data was made with the keys [k1]"), "{}", refused.output);
        fs::write(file(&data), &both_keys).unwrap();

        // What needs it ends, each in its own way.
        let server = Server::start_on(data.clone(), Options::default()).await;
        before.holds(&server, "eve").await;
        server.accept(known("grace"), &before.invite).await;
        for link in server.links("ada", &before.team).await {
            if link.link_id != after.id {
                server.revoke("ada", &before.team, &link.link_id).await;
            }
        }
        assert_eq!(server.members("ada", &before.workspace).await.len(), 2);
        let list = step(&data, &["list"]).await;
        assert_eq!(line(&list, "k1")[2..5], ["verifies", "0", "0"], "{list}");
        assert!(list.contains("24 h after it last signed"), "{list}");

        // Now it is dropped, and with it goes what it sealed in the last 24 hours.
        fs::write(file(&data), table(&both_keys, "k2")).unwrap();
        let server = rolled_out(server).await;
        server.redeem("fay", &after.token).await;
        assert!(server.link("ada", &before.team, &after.id).await.1 == after.token, "the very token");
        let page = Before::page(&server, &before.team, &before.page).await;
        assert_refused(page, ErrorReason::PageTokenInvalid);
        let again = server.try_create_link_once("ada", &before.team, &before.request_id).await;
        assert_refused(again, ErrorReason::RequestIdReused);
        assert_eq!(line(&step(&data, &["list"]).await, "k2")[2..5], ["signs", "1", "0"]);
    })
    .await;
}

#[tokio::test]
async fn an_unused_key_can_be_dropped_before_it_ever_signed() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let data = server.data();
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        let before = fs::read_to_string(file(&data)).unwrap();
        step(&data, &["add"]).await;
        let server = server.restart(Options::default()).await;
        fs::write(file(&data), before).unwrap();
        let server = server.restart(Options::default()).await;
        server.redeem("bob", &link.token).await;
    })
    .await;
}
