//! Who may ask for a person's data, and for their end.

use roster_proto::v1::list_events_request::Filter;
use roster_proto::v1::{ErrorReason, ExportUserRequest, ListEventsRequest};
use roster_testkit::{
    ADMIN, Server, VIEWER, actor, assert_invalid, assert_refused, assert_row_refused, both, erasing, row,
    service,
};

#[tokio::test]
async fn only_a_service_with_the_scope_erases_and_exports() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let every_other = "act-as,access.check,quota.use,activity.report,tiers.set,members.import,\
                           events.watch-all,teams.administer";
        for caller in [actor("bob"), actor("ada"), service("tiers.set"), service(every_other), actor("zoe")] {
            let mut teams = server.team_as(caller);
            let export = ExportUserRequest { user_id: "bob".into(), ..Default::default() };
            let outcomes = [
                teams.erase_user(erasing("bob")).await.map(drop),
                teams.export_user(export.clone()).await.map(drop),
                // Before anything is looked at, the request itself included.
                teams.erase_user(erasing("")).await.map(drop),
            ];
            for outcome in outcomes {
                let refused = assert_refused(outcome, ErrorReason::CallerNotAllowed);
                assert_eq!(refused.metadata.get("scope").map(String::as_str), Some("privacy.erase"));
            }
        }
        assert_eq!(server.member("bob", &team, "bob").await.role, VIEWER);
    })
    .await;
}

/// A pseudonym is nobody whom anything could be done for, or to.
#[tokio::test]
async fn nobody_acts_as_somebody_who_was_erased() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let link = server.create_link("ada", &team).await;
        let pseudonym = server.erase("bob").await.pseudonym;
        let outcome = server.try_redeem(&pseudonym, &link.token).await;
        assert_refused(outcome, ErrorReason::CredentialsInvalid);
        let added = server.try_add(&team, &[row(&pseudonym, VIEWER)]).await.unwrap().into_inner();
        assert_row_refused(&added.results[0], ErrorReason::FieldInvalid);
        assert_invalid("role", server.try_change_role("ada", &team, &pseudonym, ADMIN).await, &["user_id"]);
        assert_invalid("erase", server.try_erase(erasing(&pseudonym)).await, &["user_id"]);
        // Only what it did is found by it.
        let filter = Some(Filter { actor_user_id: pseudonym.clone(), ..Default::default() });
        let request = ListEventsRequest { team_id: team, filter, ..Default::default() };
        assert!(server.team_as("ada").list_events(request).await.is_ok());
    })
    .await;
}
