//! Peers that mean harm, frame by frame: each is refused or cut off, takes no memory worth the name, and meanwhile
//! others are served.
//!
//! They run on the embedded storage: none of them gets as far as the data.

mod connections;
mod control;
mod data;
mod headers;
mod resets;
mod streams;
mod windows;

use std::net::SocketAddr;
use std::time::Duration;

use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_proto::v1::{CreateTeamRequest, GetTeamRequest};
use roster_testkit::{POLICY, Server, actor};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tonic::transport::{Channel, Endpoint};

/// What others wait for an answer at most while somebody attacks.
const PATIENCE: Duration = Duration::from_secs(8);

/// Attacks the service, and sees that its memory does not grow by more than so many mebibytes even for a moment, that
/// others are served the while, and that it stops in order afterwards.
async fn endured(server: Server, mebibytes: u64, attack: impl AsyncFnOnce(&Server)) {
    // What only the first calls take is not the attack's.
    let users = serve(server.channel(), 0).await;
    server.forget_peak();
    let before = server.memory();

    let (over, until) = watch::channel(());
    let others = elsewhere(server.address(), users, until);
    attack(&server).await;
    drop(over);
    let (calls, slowest) = others.await.expect("others were served");

    let after = server.memory();
    let figures = format!("{calls} calls of others, {slowest:?} at most; before {before:?}, after {after:?}");
    println!("{figures}");
    let grown = after.peak.saturating_sub(before.now);
    assert!(grown < mebibytes * 1_024, "the service grew by {grown} KiB: {figures}");
    server.stop().await;
}

/// Others call, on a thread of their own: what slows the attackers down must not slow them down.
fn elsewhere(address: SocketAddr, user: u32, until: watch::Receiver<()>) -> JoinHandle<(u32, Duration)> {
    tokio::task::spawn_blocking(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL");
        runtime
            .block_on(async { others(endpoint.connect().await.expect("others connect"), user, until).await })
    })
}

/// Calls until the attack is over, and at least once; how often, and how long the slowest answer took.
async fn others(channel: Channel, mut user: u32, mut until: watch::Receiver<()>) -> (u32, Duration) {
    let (mut calls, mut slowest) = (0, Duration::ZERO);
    loop {
        let began = Instant::now();
        user = timeout(PATIENCE, serve(channel.clone(), user)).await.expect("others are answered soon");
        (calls, slowest) = (calls + 1, slowest.max(began.elapsed()));
        if until.has_changed().is_err() {
            return (calls, slowest);
        }
        // Now and then is enough: the attack is not to be slowed down.
        let _ = timeout(Duration::from_millis(50), until.changed()).await;
    }
}

/// Somebody new creates a team and looks at it; the number of whoever comes next.
async fn serve(channel: Channel, user: u32) -> u32 {
    let mut client = TeamServiceClient::with_interceptor(channel, actor(&format!("user-{user}")));
    let request = CreateTeamRequest {
        policy: POLICY.into(),
        display_name: "Team".into(),
        ..CreateTeamRequest::default()
    };
    let created = client.create_team(request).await.expect("others create teams").into_inner();
    let team_id = created.team.expect("the team").team_id;
    client.get_team(GetTeamRequest { team_id }).await.expect("others read teams");
    user + 1
}
