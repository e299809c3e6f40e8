//! A client's deadline goes on to the database: what nobody waits for any more does not wait either.

use std::time::{Duration, Instant};

use roster_proto::v1::{ErrorReason, UpdateTeamRequest};
use roster_testkit::{Kind, Server, assert_refused, connect_postgres, eventually};
use tonic::Request;

/// Far less than the five seconds that a change may wait for a lock.
const PATIENCE: Duration = Duration::from_millis(700);

/// How long it may take in all until nothing waits, on a slow machine too, and still far less than five seconds.
const SOON: Duration = Duration::from_millis(3_500);

fn rename(team: &str, name: &str) -> Request<UpdateTeamRequest> {
    let mut request = Request::new(UpdateTeamRequest {
        team_id: team.into(),
        display_name: name.into(),
        update_mask: Some(prost_types::FieldMask { paths: vec!["display_name".into()] }),
        ..UpdateTeamRequest::default()
    });
    request.set_timeout(PATIENCE);
    request
}

#[tokio::test]
async fn a_change_waits_for_its_team_no_longer_than_its_client_waits_for_the_answer() {
    let server = Server::start(Kind::Full).await;
    let team = server.create_team("ada").await;
    let url = server.data().postgres_url();
    let holder = connect_postgres(&url).await;
    holder.batch_execute("BEGIN; SELECT id FROM teams FOR UPDATE").await.expect("the team can be locked");

    // The first waits in the database for the lock, the others in the service for their turn after it.
    let began = Instant::now();
    let calls = ["one", "two", "three"].map(|name| {
        let (mut client, request) = (server.team_as("ada"), rename(&team, name));
        tokio::spawn(async move { client.update_team(request).await })
    });
    for call in calls {
        assert_refused(call.await.expect("no panic"), ErrorReason::DeadlineExceeded);
    }
    let watcher = connect_postgres(&url).await;
    eventually("the end of all waiting", async || {
        const BUSY: &str = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'roster' AND state <> 'idle' \
                            AND datname = current_database()";
        watcher.query(BUSY, &[]).await.expect("Postgres answers").is_empty().then_some(())
    })
    .await;
    assert!(began.elapsed() < SOON, "nothing waits any more: {:?}", began.elapsed());

    holder.batch_execute("ROLLBACK").await.expect("the lock can be let go");
    let unchanged = server.team("ada", &team).await;
    assert_eq!((unchanged.revision, unchanged.display_name == "three"), (1, false), "and nothing came of it");
    server.team_as("ada").update_team(rename(&team, "four")).await.expect("the connections are well");
}
