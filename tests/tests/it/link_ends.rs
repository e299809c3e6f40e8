//! What ends an invite link, for everybody or for one person: the cap, time, the maker's authority, a removal.

use std::time::{Duration, Instant};

use roster_proto::v1::{ErrorReason, InviteLinkState};
use roster_testkit::{ADMIN, Kind, Link, Options, Server, VIEWER, assert_refused, both, micros};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_removed_person_is_refused_by_older_links_and_admitted_by_newer_ones() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let older = server.create_link("ada", &team).await;
        server.remove("ada", &team, "bob").await;
        assert_refused(server.try_redeem("bob", &older.token).await, ErrorReason::Removed);
        assert_refused(server.try_preview("bob", &older.token).await, ErrorReason::Removed);
        server.redeem("cyd", &older.token).await;

        let newer = server.create_link("ada", &team).await;
        assert!(!server.redeem("bob", &newer.token).await.already_member);
        assert!(server.redeem("bob", &older.token).await.already_member);

        server.remove("ada", &team, "bob").await;
        for link in [&older, &newer] {
            assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::Removed);
        }
        server.revoke("ada", &team, &older.id).await;
        assert_refused(server.try_redeem("bob", &older.token).await, ErrorReason::Removed);
    })
    .await;
}

#[tokio::test]
async fn a_link_ends_with_its_makers_authority_and_lives_again_with_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", ADMIN)]).await;
        let link = server.create_link("bob", &team).await;

        server.change_role("ada", &team, "bob", VIEWER).await;
        assert_maker_gone(&server, &team, &link).await;
        server.change_role("ada", &team, "bob", ADMIN).await;
        assert_live(&server, &team, &link, "cyd").await;

        server.remove("ada", &team, "bob").await;
        assert_maker_gone(&server, &team, &link).await;
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::Removed);
        let back = server.create_link("ada", &team).await;
        server.redeem("bob", &back.token).await;
        assert_maker_gone(&server, &team, &link).await;
        server.change_role("ada", &team, "bob", ADMIN).await;
        assert_live(&server, &team, &link, "dan").await;

        server.change_role("ada", &team, "bob", VIEWER).await;
        server.revoke("ada", &team, &link.id).await;
        assert_refused(server.try_redeem("eve", &link.token).await, ErrorReason::Revoked);
    })
    .await;
}

#[tokio::test]
async fn a_team_has_at_most_twenty_live_links() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        for _ in 0..20 {
            server.create_link("ada", &team).await;
        }
        let refused = assert_refused(server.try_create_link("ada", &team).await, ErrorReason::CapReached);
        assert_eq!(refused.metadata.get("limit").map(String::as_str), Some("20"));
        assert!(refused.metadata.contains_key("cap"), "{refused:?}");
        assert!(!refused.retry, "waiting does not help, so nothing says when to try again");
        assert_eq!(server.links("ada", &team).await.len(), 20);
    })
    .await;
}

#[tokio::test]
async fn links_that_admit_nobody_do_not_count_towards_the_cap() {
    both(async |kind| {
        let two = Options::default().variable("ROSTER_LIMITS__LIVE_LINKS_PER_TEAM", "2");
        let server = Server::start_with(kind, two.clone()).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let first = server.links("ada", &team).await.remove(0).link_id;
        server.revoke("ada", &team, &first).await;
        server.change_role("ada", &team, "bob", ADMIN).await;
        let refused = async |server: &Server| {
            assert_refused(server.try_create_link("ada", &team).await, ErrorReason::CapReached);
        };

        let bobs = server.create_link("bob", &team).await;
        server.create_link("bob", &team).await;
        refused(&server).await;
        server.revoke("ada", &team, &bobs.id).await;
        server.create_link("bob", &team).await;
        refused(&server).await;

        server.change_role("ada", &team, "bob", VIEWER).await;
        server.create_link("ada", &team).await;
        server.create_link("ada", &team).await;
        refused(&server).await;

        server.change_role("ada", &team, "bob", ADMIN).await;
        assert_eq!(count(&server, &team, InviteLinkState::Live).await, 4, "authority regained");
        refused(&server).await;

        let server = server.restart(two.clock_offset(72 * HOUR)).await;
        server.create_link("ada", &team).await;
        server.create_link("ada", &team).await;
        refused(&server).await;
    })
    .await;
}

#[tokio::test]
async fn a_link_admits_people_in_the_last_second_of_its_72_hours() {
    both(async |kind| {
        // Starting the service again takes time that the offset does not know of. An attempt counts if it took less
        // than the second that is left; then the clock was between 71:59:59 and 72:00:00 all the while.
        for _ in 0..20 {
            let server = Server::start(kind).await;
            let team = server.create_team("ada").await;
            let begin = Instant::now();
            let link = server.create_link("ada", &team).await;
            let last_second = Duration::from_secs(72 * 60 * 60 - 1);
            let late = Options::default().clock_offset(last_second);
            // Killed rather than stopped: a second must do for all of it.
            let server = Server::start_on(server.crash().await, late).await;
            let previewed = server.try_preview("bob", &link.token).await;
            let (listed, token) = server.link("ada", &team, &link.id).await;
            let redeemed = server.try_redeem("bob", &link.token).await;
            if begin.elapsed() < Duration::from_secs(1) {
                previewed.unwrap();
                assert_eq!(listed.state(), InviteLinkState::Live);
                assert!(token == link.token, "a live link shows its token");
                let joined = redeemed.unwrap().into_inner().member.unwrap().join_time;
                let left = micros(listed.expire_time) - micros(joined);
                assert!((1..=1_000_000).contains(&left), "joined in the last second: {left} µs were left");
                return;
            }
        }
        panic!("the service never came back within a second");
    })
    .await;
}

#[tokio::test]
async fn a_link_admits_nobody_from_the_72nd_hour_on() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        let server = server.restart(Options::default().clock_offset(72 * HOUR)).await;
        assert_refused(server.try_preview("bob", &link.token).await, ErrorReason::Expired);
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::Expired);
        let (expired, token) = server.link("ada", &team, &link.id).await;
        assert_eq!(expired.state(), InviteLinkState::Expired);
        assert!(token.is_empty(), "an expired link has no token to show");
        assert_eq!(expired.use_count, 0);
        assert_eq!(count(&server, &team, InviteLinkState::Expired).await, 1);
        assert_eq!(server.team("ada", &team).await.member_count, 1);
        assert!(server.redeem("ada", &link.token).await.already_member, "a member is told so first");
        assert_eq!(
            server.revoke("ada", &team, &link.id).await.invite_link.unwrap().state(),
            InviteLinkState::Revoked
        );
    })
    .await;
}

#[tokio::test]
async fn two_replicas_agree_on_a_links_end() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    let other = Server::start_on(server.data(), Options::default()).await;
    other.preview("bob", &link.token).await;
    server.revoke("ada", &team, &link.id).await;
    assert_refused(other.try_redeem("bob", &link.token).await, ErrorReason::Revoked);
    assert_refused(other.try_preview("bob", &link.token).await, ErrorReason::Revoked);
    assert!(other.link("ada", &team, &link.id).await.1.is_empty());
}

async fn assert_maker_gone(server: &Server, team: &str, link: &Link) {
    let (read, token) = server.link("ada", team, &link.id).await;
    assert_eq!(read.state(), InviteLinkState::MakerGone);
    assert!(token.is_empty(), "a link that admits nobody has no token to show");
    assert_eq!(count(server, team, InviteLinkState::MakerGone).await, 1);
    assert_refused(server.try_redeem("zoe", &link.token).await, ErrorReason::MakerGone);
    assert_refused(server.try_preview("zoe", &link.token).await, ErrorReason::MakerGone);
}

async fn assert_live(server: &Server, team: &str, link: &Link, newcomer: &str) {
    let (read, token) = server.link("ada", team, &link.id).await;
    assert_eq!(read.state(), InviteLinkState::Live);
    assert!(token == link.token, "a live link shows its token");
    assert!(!server.redeem(newcomer, &link.token).await.already_member);
}

async fn count(server: &Server, team: &str, state: InviteLinkState) -> usize {
    server.links("ada", team).await.iter().filter(|link| link.state() == state).count()
}
