//! Requests that are wrong.

use roster_proto::v1::erase_user_request::TeamResolution;
use roster_proto::v1::erase_user_request::team_resolution::Action;
use roster_proto::v1::{EraseUserRequest, ErrorReason, ExportUserRequest};
use roster_testkit::{
    ADMIN, Server, VIEWER, assert_invalid, assert_refused, both, end, eraser, erasing, hand_to, service,
};

#[tokio::test]
async fn what_is_wrong_with_an_erasure_is_named() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_team("ada").await;
        let check = async |request: EraseUserRequest, fields: &[&str]| {
            let what = format!("{fields:?}");
            assert_invalid(&what, server.try_erase(request).await, fields);
        };
        let long = "x".repeat(129);
        for user in ["", " ada", "a\nb", long.as_str()] {
            check(erasing(user), &["user_id"]).await;
        }
        let emails = |emails: &[&str]| EraseUserRequest {
            emails: emails.iter().map(|&email| email.into()).collect(),
            ..erasing("ada")
        };
        check(emails(&["ada@example.org", "ada"]), &["emails[1]"]).await;
        check(emails(&[""]), &["emails[0]"]).await;
        check(emails(&["ada@example.org", "ADA@Example.org"]), &["emails[1]"]).await;
        let many: Vec<String> = (0..51).map(|n| format!("a{n}@example.org")).collect();
        check(EraseUserRequest { emails: many, ..erasing("ada") }, &["emails"]).await;
        let resolving = |resolutions: &[TeamResolution]| EraseUserRequest {
            resolutions: resolutions.to_vec(),
            ..erasing("ada")
        };
        check(resolving(&[end("team_x")]), &["resolutions[0].team_id"]).await;
        check(resolving(&[hand_to(&team, "")]), &["resolutions[0].transfer_to"]).await;
        check(resolving(&[TeamResolution { team_id: team.clone(), action: None }]), &["resolutions[0]"])
            .await;
        let undecided = TeamResolution { team_id: team.clone(), action: Some(Action::DeleteTeam(false)) };
        check(resolving(&[undecided]), &["resolutions[0].delete_team"]).await;
        check(resolving(&[end(&team), hand_to(&team, "bob")]), &["resolutions[1].team_id"]).await;
        check(resolving(&vec![end(&team); 1_001]), &["resolutions"]).await;
        check(EraseUserRequest { request_id: "x".into(), ..erasing("") }, &["request_id", "user_id"]).await;
        assert_eq!(server.member("ada", &team, "ada").await.role, ADMIN, "nothing happens");
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_an_export_is_named() {
    both(async |kind| {
        let server = Server::start(kind).await;
        server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let mut teams = server.team_as(eraser());
        let asking = |user: &str| ExportUserRequest { user_id: user.into(), ..Default::default() };
        assert_invalid("nobody", teams.export_user(asking("")).await, &["user_id"]);
        let negative = ExportUserRequest { page_size: -1, emails: vec!["x".into()], ..asking("ada") };
        assert_invalid("size", teams.export_user(negative).await, &["emails[0]", "page_size"]);
        let first = ExportUserRequest { page_size: 1, ..asking("ada") };
        let token = teams.export_user(first.clone()).await.unwrap().into_inner().next_page_token;
        assert!(!token.is_empty());
        for other in [
            ExportUserRequest { page_token: "x".into(), ..asking("ada") },
            ExportUserRequest { page_token: token.clone(), ..asking("bob") },
            ExportUserRequest {
                page_token: token.clone(),
                emails: vec!["a@example.org".into()],
                ..asking("ada")
            },
        ] {
            assert_refused(teams.export_user(other).await, ErrorReason::PageTokenInvalid);
        }
        let next = ExportUserRequest { page_token: token.clone(), ..first };
        assert!(teams.export_user(next.clone()).await.is_ok());
        let another = service("privacy.erase").through("another");
        assert_refused(server.team_as(another).export_user(next).await, ErrorReason::PageTokenInvalid);
    })
    .await;
}
