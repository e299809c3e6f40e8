//! Who may add people, and how many at once.

use roster_proto::v1::{BatchAddMembersRequest, ErrorReason};
use roster_testkit::{
    ADMIN, POLICY, Server, VIEWER, actor, assert_invalid, assert_refused, both, row, service,
};

#[tokio::test]
async fn only_a_service_that_imports_adds_people_whoever_it_acts_for() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", POLICY).await;
        let request = |user: &str| BatchAddMembersRequest {
            team_id: team.clone(),
            members: vec![row(user, VIEWER)],
            ..BatchAddMembersRequest::default()
        };
        for other in [
            actor("ada"),
            service("tiers.set, teams.administer"),
            actor("ada").header("x-caller-scopes", "act-as"),
        ] {
            let refused = assert_refused(
                server.team_as(other).batch_add_members(request("bob")).await,
                ErrorReason::CallerNotAllowed,
            );
            assert_eq!(refused.metadata.get("scope").map(String::as_str), Some("members.import"));
        }
        assert_eq!(server.team("ada", &team).await.revision, 1);
        let for_nobody = service("members.import");
        server.team_as(for_nobody).batch_add_members(request("bob")).await.unwrap();
        let for_bob = service("members.import").header("x-actor-user-id", "bob");
        let added = server.team_as(for_bob).batch_add_members(request("cem")).await.unwrap().into_inner();
        assert_eq!(added.revision, 3);
        let roles: Vec<_> = server.members("cem", &team).await.into_iter().map(|one| one.role).collect();
        assert_eq!(roles, [ADMIN, VIEWER, VIEWER]);
    })
    .await;
}

#[tokio::test]
async fn a_batch_has_one_row_to_five_hundred() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", POLICY).await;
        assert_invalid("no rows", server.try_add(&team, &[]).await, &["members"]);
        let rows: Vec<_> = (0..501).map(|i| row(&format!("p{i}"), VIEWER)).collect();
        assert_invalid("501 rows", server.try_add(&team, &rows).await, &["members"]);
        let request = BatchAddMembersRequest {
            team_id: "team".into(),
            request_id: "again".into(),
            members: vec![row("", "")],
            validate_only: false,
        };
        let outcome = server.team_as(service("members.import")).batch_add_members(request).await;
        assert_invalid("a call", outcome, &["request_id", "team_id"]);
        assert_eq!(server.team("ada", &team).await.revision, 1);
    })
    .await;
}

#[tokio::test]
async fn a_team_that_is_not_there_gets_the_answer_of_one_that_is_not_yours() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let nowhere = "team_01jz8k3v6teqhsd2m4x9y7w5ab";
        let outcome = server.try_add(nowhere, &[row("bob", VIEWER)]).await;
        assert_refused(outcome, ErrorReason::TeamNotAccessible);
    })
    .await;
}

#[tokio::test]
async fn batches_that_name_each_others_actors_do_not_wait_crosswise() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let (first, second) =
            (server.create_under("ada", POLICY).await, server.create_under("ada", POLICY).await);
        for round in 0..10 {
            // Each acts for a person who is unknown yet, and whom the other adds.
            let add = async |team: &String, acts: &str, added: &str| {
                let request = BatchAddMembersRequest {
                    team_id: team.clone(),
                    members: vec![row(&format!("{added}-{round}"), VIEWER)],
                    ..BatchAddMembersRequest::default()
                };
                let caller = service("members.import").header("x-actor-user-id", &format!("{acts}-{round}"));
                server.team_as(caller).batch_add_members(request).await
            };
            let both = tokio::join!(add(&first, "bob", "cem"), add(&second, "cem", "bob"));
            both.0.expect("the first is added to");
            both.1.expect("the second is added to");
        }
    })
    .await;
}
