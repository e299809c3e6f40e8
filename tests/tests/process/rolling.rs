//! Replicas are replaced one after the other under load. No call fails of a client that retries as the service config
//! says that is shipped, and nothing happens twice.
//!
//! The client is grpcio: a real one, which obeys the service config by itself, and balances as docs/deployment.md says.

use std::net::SocketAddr;
use std::sync::Arc;

use roster_testkit::{Data, Kind, Options, Process, Server, eventually, setting};
use rustix::process::Signal;
use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::process::Command;

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/rolling_client.py");
const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");
const SERVICE_CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/service_config.json");
const NO_RETRIES: &str = "none";

#[tokio::test]
async fn a_rolling_restart_fails_no_call_of_a_client_that_retries() {
    let told = told_after(SERVICE_CONFIG, async |server| server.stop().await.output).await;
    assert_eq!(told["failed"], serde_json::json!({}), "{told}");
    assert_eq!(told["renamed_once_each"], true, "{told}");
}

/// The test above would notice failures if there were any.
#[tokio::test]
async fn a_client_that_does_not_retry_notices_crashes() {
    let told = told_after(NO_RETRIES, async |server| {
        let logs = server.logs();
        server.crash().await;
        logs
    })
    .await;
    assert_ne!(told["failed"], serde_json::json!({}), "{told}");
}

/// What a client tells that has called two replicas while each was ended so and started again, twice.
async fn told_after(config: &str, end: impl AsyncFn(Server) -> String) -> Value {
    let data = Arc::new(Data::fresh(Kind::Full).await);
    let (first, _first_port) = reserved();
    let (second, _second_port) = reserved();
    let start = async |address: SocketAddr| {
        let options = Options::default().variable("ROSTER_LISTEN", address.to_string());
        Server::start_on(Arc::clone(&data), options).await
    };
    let mut replicas = [start(first).await, start(second).await];

    let mut client = Command::new(setting("ROSTER_TEST_PYTHON"));
    client.args(["-B", CLIENT, PROTO, config, &first.to_string(), &second.to_string()]);
    let mut client = Process::start(client);
    client.line("ready").await;
    for replica in [0, 1, 0, 1] {
        is_called(&replicas[replica]).await;
        let address = replicas[replica].address();
        let [one, other] = replicas;
        let (gone, stays) = if replica == 0 { (one, other) } else { (other, one) };
        let logs = end(gone).await;
        assert!(!logs.contains("cut off"), "{logs}");
        let new = start(address).await;
        // A rollout goes on once the clients have found the new one.
        is_called(&new).await;
        replicas = if replica == 0 { [new, stays] } else { [stays, new] };
    }
    client.signal(Signal::TERM);
    let status = client.ended().await;
    assert!(status.success(), "{status}:\n{}", client.output());
    let told = client.stdout();
    let told = told.lines().last().and_then(|line| serde_json::from_str(line).ok());
    let told: Value = told.unwrap_or_else(|| panic!("it tells nothing:\n{}", client.output()));
    println!("{told}");
    told
}

/// A port that is given to no other socket for as long as this one is there. A server may still listen on it.
fn reserved() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an address can be shared");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port can be had");
    (socket.local_addr().expect("it has an address"), socket)
}

async fn is_called(server: &Server) {
    eventually("a call", async || server.logs().contains("UpdateTeam").then_some(())).await;
}
