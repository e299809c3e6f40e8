//! No further connection can be made, because there are too many, because the password has changed or because nothing
//! answers: the eight that the service has serve on.

use std::sync::Arc;
use std::time::Duration;

use roster_testkit::{Cluster, Load, Options, Proxy, assert_all_succeed, percentile};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

use crate::scene::{CONNECTIONS, Scene, lasting};

/// More than the service gets.
const WANTED: &str = "12";

/// The longest that a call takes among so many, on a busy machine.
const LONGEST: Duration = Duration::from_millis(2_500);

/// Takes every connection that is left for ordinary users.
async fn take_all(url: &str) -> Vec<Client> {
    let mut taken = vec![];
    loop {
        match tokio_postgres::connect(url, NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                taken.push(client);
            }
            Err(error) => {
                assert_eq!(error.code(), Some(&SqlState::TOO_MANY_CONNECTIONS), "{error}");
                return taken;
            }
        }
    }
}

/// Room for more connections than the service gets.
fn options() -> Options {
    Options::default().variable("ROSTER_DATABASE__MAX_CONNECTIONS", WANTED)
}

/// A service with its eight connections, as a user of its own.
async fn served_for(cluster: &Cluster, user: &str) -> (Arc<Scene>, Proxy, String) {
    let owner = cluster.connect().await;
    for statement in
        [format!("CREATE ROLE {user} LOGIN PASSWORD 'first'"), format!("CREATE DATABASE {user} OWNER {user}")]
    {
        owner.batch_execute(&statement).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    let url = cluster.url_of(&format!("{user}:first"), user);
    let (scene, proxy) = Scene::wired_to(&url, options()).await;
    scene.open_connections(CONNECTIONS).await;
    (scene, proxy, url)
}

/// More calls at once than there are connections, which would all like another one.
async fn assert_serves(scene: &Scene, load: Load, port: u16) {
    load.run(lasting(Duration::from_secs(1), Duration::from_secs(20))).await;
    let samples = load.end().await;
    assert_all_succeed(&samples);
    let took = percentile(&samples, 1.0);
    assert!(took < LONGEST, "a call waits {took:?} for a connection that cannot be made");
    let lines = scene.lines_about(port);
    assert_eq!(lines.len(), 1, "one line says that no connection can be made: {lines:#?}");
}

#[tokio::test]
async fn good_connections_serve_on_while_new_ones_are_not_answered() {
    let (scene, proxy) = Scene::wired(options()).await;
    scene.open_connections(CONNECTIONS).await;
    proxy.silence_new(true);
    let load = scene.calls(24);
    load.run(lasting(Duration::from_secs(1), Duration::from_secs(20))).await;
    let samples = load.end().await;
    assert_all_succeed(&samples);
    let took = percentile(&samples, 1.0);
    assert!(took < LONGEST, "a call waits {took:?} for a connection that cannot be made");
}

#[tokio::test]
async fn good_connections_serve_on_while_none_can_be_made() {
    let cluster = Cluster::start(&["max_connections=40"]).await;
    let (first, first_wire, url) = served_for(&cluster, "first").await;
    let (second, second_wire, _) = served_for(&cluster, "second").await;

    let taken = take_all(&url).await;
    assert_serves(&first, first.calls(24), first_wire.port()).await;
    drop(taken);

    cluster.want_password("second").await;
    let change = "ALTER ROLE second PASSWORD 'another'";
    cluster.connect().await.batch_execute(change).await.expect("a password can be changed");
    assert_serves(&second, second.calls(24), second_wire.port()).await;
}
