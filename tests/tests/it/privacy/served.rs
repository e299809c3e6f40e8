//! Teams under policies that are not served: nobody can judge them, and they hold what they hold.

use roster_proto::v1::{EraseUserRequest, ErrorReason};
use roster_testkit::{
    ADMIN, Options, Server, VIEWER, address_of, assert_refused, both, erasing, hand_to, known,
};

/// What lies under any other policy is not served.
fn organizations_alone() -> Options {
    Options::default().variable("ROSTER_ENABLED_POLICIES", "[\"organization\"]")
}

#[tokio::test]
async fn nobody_is_erased_in_part_and_all_of_it_is_shown() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let owned = server.team_under("brand", "bob", &[("cy", "admin")]).await;
        let studio = server.create_under("ada", "studio").await;
        let invite = server.invite("ada", &studio, &address_of("bob"), "viewer").await;
        let ordinary = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let before = server.export("bob", 0).await;

        let server = server.restart(organizations_alone()).await;
        let request = EraseUserRequest {
            emails: vec![address_of("bob")],
            resolutions: vec![hand_to(&owned, "cy")],
            ..erasing("bob")
        };
        for validate_only in [true, false] {
            let request = EraseUserRequest { validate_only, ..request.clone() };
            let refused = assert_refused(server.try_erase(request).await, ErrorReason::PolicyNotServed);
            assert_eq!(refused.metadata.get("policies").map(String::as_str), Some("brand,studio"));
            assert!(
                refused.message.contains("add brand and studio to enabled_policies"),
                "{}",
                refused.message
            );
        }
        assert_eq!(server.member("bob", &ordinary, "bob").await.role, VIEWER, "nothing happens");
        assert_eq!(server.export("bob", 0).await, before);

        let server = server.restart(Options::default()).await;
        assert!(!server.received(known("bob")).await.is_empty(), "nothing happened");
        let done = server.erase_with(request).await;
        assert_eq!((done.memberships_ended, done.invitations_scrubbed), (2, 1));
        assert_eq!(server.invitation("ada", &studio, &invite.id).await.email, "");
    })
    .await;
}

/// What has ended needs no rule to be forgotten.
#[tokio::test]
async fn invitations_that_have_ended_are_forgotten_under_any_policy() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let studio = server.create_under("ada", "studio").await;
        let invite = server.invite("ada", &studio, &address_of("bob"), "viewer").await;
        server.cancel("ada", &studio, &invite.id).await;
        let server = server.restart(organizations_alone()).await;
        let request = EraseUserRequest { emails: vec![address_of("bob")], ..erasing("bob") };
        assert_eq!(server.erase_with(request).await.invitations_scrubbed, 1);
        let server = server.restart(Options::default()).await;
        assert_eq!(server.invitation("ada", &studio, &invite.id).await.email, "");
    })
    .await;
}
