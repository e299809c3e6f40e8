//! Frames that are about the connection itself, by the ten thousand.

use std::time::Duration;

use roster_testkit::frames::{Foe, PING, PRIORITY, frame, settings, window_update};
use roster_testkit::{Kind, Server};
use tokio::time::timeout;

use crate::endured;

/// How long the service may leave a peer unread before it counts as not reading it any more.
const UNREAD: Duration = Duration::from_millis(300);

/// Sends this again and again, by a peer that listens, and by three that do not and whom the service therefore stops
/// reading.
async fn flood(server: &Server, unit: &[u8]) {
    let said = unit.repeat((1 << 19) / unit.len());
    let mut foe = Foe::connect(server.address()).await;
    assert!(foe.say(&said).await && foe.pause().await, "{:?}", foe.heard());
    assert!(foe.settle(1).await, "calls are served beside them: {:?}", foe.heard());

    let mut deaf = Vec::new();
    for _ in 0..3 {
        let mut foe = Foe::deaf(server.address()).await;
        // As much as the system keeps on both sides of a connection, several times over.
        let mut rest = 16;
        while rest > 0 && timeout(UNREAD, foe.say(&said)).await.is_ok_and(|taken| taken) {
            rest -= 1;
        }
        deaf.push(foe);
    }
}

#[tokio::test]
async fn pings_by_the_ten_thousand_are_answered_one_by_one() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| flood(server, &frame(PING, 0, 0, &[7; 8])).await).await;
}

#[tokio::test]
async fn settings_by_the_ten_thousand_are_answered_one_by_one() {
    const HEADER_TABLE_SIZE: u16 = 1;
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| flood(server, &settings(&[])).await).await;
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        flood(server, &settings(&[(HEADER_TABLE_SIZE, 0), (HEADER_TABLE_SIZE, u32::MAX)])).await;
    })
    .await;
}

#[tokio::test]
async fn frames_that_mean_nothing_are_passed_over() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        for unit in
            [frame(PRIORITY, 0, 99, &[0, 0, 0, 3, 16]), frame(0x42, 0xff, 0, b"?"), window_update(0, 1)]
        {
            flood(server, &unit).await;
        }
    })
    .await;
}
