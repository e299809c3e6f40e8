//! Members as `BatchAddMembers` answers them.

use std::collections::BTreeSet;

use prost_types::Timestamp;
use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::batch_add_members_response::result::Outcome;
use roster_proto::v1::{BatchAddMembersRequest, ErrorReason, Grant};
use roster_testkit::{assert_row_refused, both, known, on, on_all, row, row_member, service};

use crate::answers::{LOFT, assert_member, house};
use crate::scene::POLICY;

#[tokio::test]
async fn rows_are_answered_as_they_are_read() {
    both(async |kind| {
        let (_policy, server) = house(kind).await;
        for (policy, role, other, grants) in cases() {
            let team = server.create_under(known("ada"), policy).await;
            match policy {
                "account" => drop(server.set_tier(&team, "enterprise").await),
                "workspace" => drop(server.set_tier(&team, "team").await),
                _ => {}
            }
            let there = Row { grants: grants.clone(), ..row("old", role) };
            server.add(&team, std::slice::from_ref(&there)).await;
            let early = Some(Timestamp { seconds: 1_600_000_000, nanos: 250_000_000 });
            let email = "Bob@Example.org".to_owned();
            let members = vec![
                Row { grants: grants.clone(), join_time: early, email, ..row("bob", role) },
                there,
                row("cem", other),
                // The same person again: as before, and as somebody else.
                row("cem", other),
                row("cem", role),
                Row { grants: grants.iter().rev().cloned().collect(), ..row("bob", role) },
                row("dan", "nothing"),
                row("eve", role),
            ];
            let request = BatchAddMembersRequest {
                team_id: team.clone(),
                members,
                ..BatchAddMembersRequest::default()
            };
            let dry = BatchAddMembersRequest { validate_only: true, ..request.clone() };
            let mut client = server.team_as(service("members.import"));
            let would = client.batch_add_members(dry).await.unwrap().into_inner();
            let did = client.batch_add_members(request).await.unwrap().into_inner();
            assert_eq!(
                (would.revision, did.revision),
                (did.revision, server.team("ada", &team).await.revision)
            );
            let there: Vec<_> = did.results.iter().map(|result| result.already_member).collect();
            assert_eq!(there, [false, true, false, true, false, true, false, false], "{policy}");
            assert_row_refused(&did.results[4], ErrorReason::AlreadyMember);
            let mut new = BTreeSet::new();
            for (mut expected, told) in did.results.into_iter().zip(would.results) {
                let Some(Outcome::Member(member)) = &mut expected.outcome else {
                    let Some(Outcome::Status(_)) = told.outcome else { panic!("refused as well: {told:?}") };
                    continue;
                };
                assert_member(&server, ("ada", &team), Some(member.clone()), policy).await;
                if member.user_id != "old" {
                    // Nothing has this etag yet; and a join time that is not given is that of the commit.
                    member.etag.clear();
                    new.insert(member.user_id.clone());
                }
                if ["cem", "eve"].contains(&member.user_id.as_str()) {
                    member.join_time = row_member(&told).join_time;
                }
                assert_eq!(told, expected, "{policy}: told without doing it");
            }
            assert_eq!(new.len(), 3, "{policy}");
        }
    })
    .await;
}

/// Policies with a role, another, and grants of the first in an order in which they are not shown.
fn cases() -> [(&'static str, &'static str, &'static str, Vec<Grant>); 7] {
    let project = |role: &str| vec![on("project", "z9", role), on("project", "a1", role)];
    let brand = vec![on("brand", "z9", "standard"), on_all("brand", "viewer"), on("brand", "a1", "viewer")];
    [
        ("organization", "viewer", "editor", Vec::new()),
        ("studio", "viewer", "owner", Vec::new()),
        ("workspace", "user", "admin", Vec::new()),
        ("account", "viewer", "admin", project("viewer")),
        ("brand", "member", "guest", brand),
        (POLICY, "editor", "admin", project("reader")),
        (LOFT, "viewer", "editor", project("reader")),
    ]
}
