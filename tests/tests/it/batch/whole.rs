//! What a whole batch does: one commit, in the order of the rows, and nothing where it is only to be decided.

use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::event::Change;
use roster_proto::v1::{BatchAddMembersRequest, ErrorReason, JoinMethod, MemberState};
use roster_testkit::{
    POLICY, Server, VIEWER, actor, assert_replayed, assert_row_refused, both, micros, on, on_all, request_id,
    row, row_member, service,
};

use super::evening;

#[tokio::test]
async fn five_hundred_people_are_added_in_one_commit_and_listed_by_their_own_join_times() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let rows: Vec<_> = (0..500_i64)
            .map(|i| {
                let mut one =
                    row(&format!("p{i}"), ["member", "guest", "admin"][usize::try_from(i % 3).unwrap()]);
                // Their order in time is another than that of the rows.
                one.join_time = Some(evening(i * 37 % 500));
                one.email = format!("P{i}@Example.org");
                one.grants = match i % 3 {
                    0 => vec![on("brand", "b2", "admin"), on("brand", "b1", "standard")],
                    1 => vec![on_all("brand", "viewer")],
                    _ => Vec::new(),
                };
                one
            })
            .collect();
        let answer = server.try_add(&team, &rows).await.unwrap().into_inner();
        assert_eq!((answer.results.len(), answer.revision), (500, 2), "one commit");
        let members: Vec<_> = answer.results.iter().map(row_member).collect();
        for (member, row) in members.iter().zip(&rows) {
            assert_eq!((&member.user_id, &member.role), (&row.user_id, &row.role));
            assert_eq!((member.join_time, &member.email), (row.join_time, &row.email));
            assert_eq!((member.join_method(), member.invited_by_user_id.as_str()), (JoinMethod::Import, ""));
            assert_eq!(member.state(), MemberState::Active);
            assert!(member.restricted_kinds.is_empty() && !member.etag.is_empty(), "{member:?}");
        }
        let grants = [on("brand", "b1", "standard"), on("brand", "b2", "admin")];
        assert_eq!(members[0].grants, grants, "in the order of the resources");

        let read = server.team("ada", &team).await;
        assert_eq!((read.revision, read.member_count), (2, 501));
        let listed = server.members("ada", &team).await;
        assert_eq!(listed[500].user_id, "ada", "the founder joined last");
        let mut by_time = members;
        by_time.sort_by_key(|member| micros(member.join_time));
        assert!(listed[..500] == by_time, "by join time, each as its row was answered");

        let events = server.events("ada", &team).await;
        let joined = events.iter().filter(|event| event.revision == 2);
        assert_eq!(joined.clone().count(), 500, "one event a membership");
        for event in joined {
            assert_eq!((event.actor_user_id.as_str(), event.caller.as_str()), ("", "dev"));
            let Some(Change::MemberJoined(joined)) = &event.change else { panic!("{event:?}") };
            assert_eq!((joined.join_method(), joined.invited_by_user_id.as_str()), (JoinMethod::Import, ""));
        }
    })
    .await;
}

#[tokio::test]
async fn rows_without_a_join_time_join_now() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", POLICY).await;
        let early = Row { join_time: Some(evening(-1_000_000_000)), ..row("bob", VIEWER) };
        let added = server.add(&team, &[early, row("cem", VIEWER)]).await;
        let [early, now] = &added[..] else { panic!("two rows, two members") };
        assert_eq!(early.join_time.unwrap().seconds, 600_000_000);
        let event = server.events("ada", &team).await.remove(0);
        assert_eq!(now.join_time, event.event_time, "the time of the commit");
    })
    .await;
}

#[tokio::test]
async fn rows_take_the_seats_in_their_order_until_none_is_left() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "agency").await;
        let rows = [
            row("bob", "owner"),
            row("bob", "editor"),
            row("cem", "viewer"),
            row("dan", "viewer"),
            row("bob", "editor"),
            row("eve", "admin"),
        ];
        let results = server.try_add(&team, &rows).await.unwrap().into_inner().results;
        assert_row_refused(&results[0], ErrorReason::SoleRole);
        assert_eq!(row_member(&results[1]).user_id, "bob", "a refused row takes no seat");
        assert_eq!(row_member(&results[2]).user_id, "cem");
        for refused in [3, 5] {
            let refused = assert_row_refused(&results[refused], ErrorReason::NoSeat);
            assert_eq!(refused.metadata.get("limit").map(String::as_str), Some("3"));
            assert!(!refused.retry, "waiting does not help");
        }
        assert!(results[4].already_member, "who is there needs no seat");
        assert_eq!(server.team("ada", &team).await.member_count, 3);

        server.remove("ada", &team, "cem").await;
        server.add(&team, &[row("dan", "viewer")]).await;
        server.set_tier(&team, "free").await;
        let results = server.try_add(&team, &[row("eve", "viewer")]).await.unwrap().into_inner().results;
        let refused = assert_row_refused(&results[0], ErrorReason::NoSeat);
        assert_eq!(refused.metadata.get("limit").map(String::as_str), Some("1"), "nobody was removed");
    })
    .await;
}

#[tokio::test]
async fn validate_only_answers_each_row_and_adds_nobody() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "member")]).await;
        let before = scene(&server, &team).await;
        let mut request = BatchAddMembersRequest {
            team_id: team.clone(),
            members: vec![
                row("cem", "guest"),
                row("bob", "member"),
                row("bob", "guest"),
                row("cem", "guest"),
            ],
            validate_only: true,
            request_id: String::new(),
        };
        request.members[0].grants = vec![on("brand", "b1", "viewer")];
        request.members[3].grants = vec![on("brand", "b1", "viewer")];
        let mut importer = server.team_as(service("members.import"));
        let would_be = importer.batch_add_members(request.clone()).await.unwrap().into_inner();
        let cem = row_member(&would_be.results[0]);
        assert_eq!((cem.role.as_str(), cem.etag.as_str()), ("guest", ""), "no etag of what is not there");
        assert_eq!(cem.grants, request.members[0].grants);
        assert_eq!(row_member(&would_be.results[1]), server.member("ada", &team, "bob").await);
        assert_row_refused(&would_be.results[2], ErrorReason::AlreadyMember);
        assert!(would_be.results[3].already_member);
        assert_eq!(row_member(&would_be.results[3]).etag, "", "no etag of what is not there");
        assert!(before == scene(&server, &team).await, "nothing happened");

        request.validate_only = false;
        let did = importer.batch_add_members(request).await.unwrap().into_inner();
        assert_eq!(did.revision, would_be.revision);
        assert!(!row_member(&did.results[0]).etag.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_batch_sent_again_is_answered_again_refusals_and_all() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", POLICY).await;
        let request = BatchAddMembersRequest {
            team_id: team.clone(),
            members: vec![row("bob", VIEWER), row("cem", "nothing"), row("bob", VIEWER)],
            request_id: request_id(),
            ..BatchAddMembersRequest::default()
        };
        let mut importer = server.team_as(service("members.import"));
        let first = importer.batch_add_members(request.clone()).await.unwrap();
        server.remove("ada", &team, "bob").await;
        let again = importer.batch_add_members(request.clone()).await.unwrap();
        assert_replayed(&first, &again);
        assert_eq!(server.team("ada", &team).await.member_count, 1, "nobody was added again");
        let for_ada = service("members.import").header("x-actor-user-id", "ada");
        let other = server.team_as(for_ada).batch_add_members(request).await.unwrap();
        assert!(row_member(&other.get_ref().results[0]).user_id == "bob", "another actor, another request");
        assert_eq!(server.events("ada", &team).await[0].actor_user_id, "ada");
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_nothing_but_members_and_refusals_changes_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let ada = actor("ada").email("ada@example.org");
        let team = server.create_under(&ada, POLICY).await;
        server.add(&team, &[row("bob", VIEWER)]).await;
        let before = scene(&server, &team).await;
        let rows = [row("bob", VIEWER), row("cem", "nothing"), row("ada", "admin")];
        let answer = server.try_add(&team, &rows).await.unwrap().into_inner();
        assert_eq!(answer.revision, 2);
        assert_eq!(row_member(&answer.results[0]), server.member("ada", &team, "bob").await);
        assert_eq!(row_member(&answer.results[2]).email, "ada@example.org", "as it was");
        assert!(before == scene(&server, &team).await, "nothing happened");
    })
    .await;
}

/// Everything that a batch could change.
async fn scene(server: &Server, team: &str) -> impl PartialEq + use<> {
    (server.team("ada", team).await, server.members("ada", team).await, server.events("ada", team).await)
}
