//! Teams that depend on a person, and what is to become of them.

use roster_proto::v1::{EraseUserRequest, EraseUserResponse, ErrorReason};
use roster_testkit::{
    ADMIN, EDITOR, OwnPolicy, Server, VIEWER, assert_invalid, assert_refused, both, end, erasing, hand_to,
    row, service,
};
use tonic::Status;
use tonic_types::StatusExt;

/// The teams that block an erasure, each with what is said of it.
fn blocking<T>(outcome: Result<T, Status>) -> Vec<(String, String)> {
    let Err(status) = outcome else { panic!("the call succeeded") };
    let failure = status.get_details_precondition_failure().expect("it names the teams");
    let blocking: Vec<_> = failure
        .violations
        .into_iter()
        .map(|violation| {
            assert_eq!(violation.r#type, "ERROR_REASON_ERASURE_BLOCKED");
            (violation.subject, violation.description)
        })
        .collect();
    assert_refused(Err::<(), _>(status), ErrorReason::ErasureBlocked);
    blocking
}

#[tokio::test]
async fn every_team_that_depends_on_the_person_is_named_and_nothing_happens() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let alone = server.team_of(&[("bob", ADMIN), ("cy", VIEWER)]).await;
        let owned = server.team_under("brand", "bob", &[("cy", "admin")]).await;
        let created = server.team_under("workspace", "bob", &[("cy", "admin")]).await;
        let own = server.ensure_personal("bob").await.team.unwrap().team_id;
        server.add(&own, &[roster_testkit::row("cy", "viewer")]).await;
        let shared = server.team_of(&[("bob", ADMIN), ("cy", ADMIN)]).await;
        let simple = server.team_of(&[("ada", ADMIN), ("bob", EDITOR)]).await;

        let named = blocking(server.try_erase(erasing("bob")).await);
        assert!(named.is_sorted(), "by their ids: {named:?}");
        let mut expected = vec![
            (alone.clone(), "the person is its last active admin: name transfer_to or delete_team"),
            (owned, "the person holds its one owner: name transfer_to or delete_team"),
            (created, "the person holds its one creator: name transfer_to or delete_team"),
            (own, "the person owns it, and others are in it: name delete_team"),
        ];
        expected.sort_unstable();
        let named: Vec<_> = named.iter().map(|(team, text)| (team.clone(), text.as_str())).collect();
        assert_eq!(named, expected);
        let refused = assert_refused(server.try_erase(erasing("bob")).await, ErrorReason::ErasureBlocked);
        assert_eq!(refused.metadata.get("teams").map(String::as_str), Some("4"));
        for team in [&shared, &simple, &alone] {
            assert_eq!(server.member("bob", team, "bob").await.user_id, "bob", "nothing happens");
        }
        // One resolution leaves three.
        let one = EraseUserRequest { resolutions: vec![hand_to(&alone, "cy")], ..erasing("bob") };
        assert_eq!(blocking(server.try_erase(one).await).len(), 3);
        assert_eq!(server.member("cy", &alone, "cy").await.role, VIEWER, "nothing happens");
    })
    .await;
}

#[tokio::test]
async fn each_team_becomes_what_is_said() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let alone = server.team_of(&[("bob", ADMIN), ("cy", VIEWER)]).await;
        let owned = server.team_under("brand", "bob", &[("cy", "guest"), ("eve", "admin")]).await;
        let created = server.team_under("workspace", "bob", &[("cy", "user")]).await;
        let ended = server.team_of(&[("bob", ADMIN), ("cy", VIEWER)]).await;
        let own = server.ensure_personal("bob").await.team.unwrap().team_id;
        server.add(&own, &[roster_testkit::row("cy", "viewer")]).await;
        let simple = server.team_of(&[("ada", ADMIN), ("bob", EDITOR)]).await;
        let request = EraseUserRequest {
            resolutions: vec![
                hand_to(&created, "cy"),
                end(&ended),
                hand_to(&owned, "cy"),
                end(&own),
                hand_to(&alone, "cy"),
            ],
            ..erasing("bob")
        };

        let answer = server.erase_with(request).await;
        let EraseUserResponse { pseudonym, .. } = answer.clone();
        let expected = EraseUserResponse {
            memberships_ended: 6,
            teams_transferred: 3,
            teams_deleted: 2,
            pseudonym,
            ..Default::default()
        };
        assert_eq!(answer, expected);
        for (team, role) in [(&alone, ADMIN), (&owned, "owner"), (&created, "creator")] {
            assert_eq!(server.member("cy", team, "cy").await.role, role);
            let newest = &server.events("cy", team).await[..2];
            assert!(newest.iter().all(|event| event.actor_user_id.is_empty() && event.caller == "desk"));
            assert_eq!(newest[0].revision, newest[1].revision, "one commit");
        }
        assert_eq!(server.member("eve", &owned, "eve").await.role, "admin");
        for team in [&ended, &own] {
            assert_refused(server.try_member("cy", team, "cy").await, ErrorReason::TeamNotAccessible);
            assert!(!server.events(service("events.watch-all"), team).await.is_empty(), "its log stays");
        }
        assert_eq!(server.members("ada", &simple).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_said_must_fit_the_team() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let alone = server.team_of(&[("bob", ADMIN), ("cy", VIEWER)]).await;
        let simple = server.team_of(&[("ada", ADMIN), ("bob", EDITOR)]).await;
        let strange = server.team_of(&[("zoe", ADMIN)]).await;
        let own = server.ensure_personal("bob").await.team.unwrap().team_id;
        server.add(&own, &[roster_testkit::row("cy", "viewer")]).await;
        let studio = server.team_under("studio", "bob", &[("cy", "viewer"), ("dan", "viewer")]).await;
        server.suspend("bob", &studio, "dan").await;
        let none = "team_01h455vb4pex5vsknk084sn02q";
        let check = async |resolutions: &[_], fields: &[&str]| {
            let request = EraseUserRequest { resolutions: resolutions.to_vec(), ..erasing("bob") };
            assert_invalid(&format!("{resolutions:?}"), server.try_erase(request).await, fields);
        };
        check(&[end(&simple)], &["resolutions[0].team_id"]).await;
        check(&[hand_to(&alone, "cy"), hand_to(&simple, "ada")], &["resolutions[1].team_id"]).await;
        check(&[end(&strange), end(none)], &["resolutions[0].team_id", "resolutions[1].team_id"]).await;
        for successor in ["bob", "nobody", "zoe"] {
            check(&[hand_to(&alone, successor)], &["resolutions[0].transfer_to"]).await;
        }
        check(&[hand_to(&studio, "dan")], &["resolutions[0].transfer_to"]).await;
        check(&[hand_to(&own, "cy")], &["resolutions[0].transfer_to"]).await;
        assert_eq!(server.member("bob", &alone, "bob").await.role, ADMIN, "nothing happens");
    })
    .await;
}

const CREW: &str = r#"
name = "crew"
title = "Crew"
suspension = true
self_leave = "unless_last"

[[roles]]
name = "captain"
founder = true
permissions = ["*"]
assigns = ["mate"]
manages = ["captain", "mate"]

[[roles]]
name = "mate"
permissions = ["team.read", "members.read"]
"#;

/// Nobody suspends the one holder of a role; but the role of a suspended member may come to have one holder.
#[tokio::test]
async fn a_suspended_holder_hands_its_role_on_too() {
    both(async |kind| {
        let policy = OwnPolicy::of(CREW);
        let server = Server::start_with(kind, policy.options()).await;
        let team = server.create_under("ada", "crew").await;
        server.add(&team, &[row("bob", "captain"), row("cy", "mate")]).await;
        server.suspend("ada", &team, "bob").await;
        server.leave("ada", &team).await;
        let sole = "founder = true\nsole = { transferable = true, former_holder_becomes = \"mate\" }";
        let one = CREW.replace("founder = true", sole).replace("[\"captain\", \"mate\"]", "[\"mate\"]");
        let policy = OwnPolicy::of(&one);
        let server = server.restart(policy.options()).await;

        let request = EraseUserRequest { resolutions: vec![hand_to(&team, "cy")], ..erasing("bob") };
        let done = server.erase_with(request).await;
        assert_eq!((done.memberships_ended, done.teams_transferred), (1, 1));
        assert_eq!(server.member("cy", &team, "cy").await.role, "captain");
        assert_eq!(server.team("cy", &team).await.member_count, 1);
    })
    .await;
}

/// More teams than fit into an answer are counted, and not all named.
#[tokio::test]
async fn as_many_teams_are_named_as_an_answer_takes() {
    both(async |kind| {
        let server = Server::start(kind).await;
        for _ in 0..30 {
            server.create_team("bob").await;
        }
        let outcome = server.try_erase(erasing("bob")).await;
        assert_eq!(blocking(outcome).len(), 25);
        let refused = assert_refused(server.try_erase(erasing("bob")).await, ErrorReason::ErasureBlocked);
        assert_eq!(refused.metadata.get("teams").map(String::as_str), Some("30"));
    })
    .await;
}
