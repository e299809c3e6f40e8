//! A wire that a test can cut: it stands between the service and Postgres.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the wire does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Carries everything.
    Whole,
    /// Every connection ends at once, new ones too.
    Cut,
    /// Carries nothing while connections stay open, as if the other end were frozen.
    Frozen,
    /// Carries everything up to the next COMMIT, that included, and then cuts the connection: the answer is lost.
    CutAfterCommit,
}

/// A wire to another address.
pub struct Proxy {
    address: SocketAddr,
    wire: watch::Sender<Wire>,
}

impl Proxy {
    /// Lays a wire to Postgres at this URL, and returns the URL of its near end.
    pub async fn to_postgres(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
        let (authority, path) = rest.split_once('/').expect("a URL of Postgres has a path");
        let (user, server) = authority.rsplit_once('@').unwrap_or(("", authority));
        let target: SocketAddr = server.parse().expect("Postgres is at an address with a port");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port can be had");
        let address = listener.local_addr().expect("a listener has an address");
        let (wire, watcher) = watch::channel(Wire::Whole);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, target, watcher.clone()));
            }
        });
        let proxy = Self { address, wire };
        let url = format!("{scheme}://{user}@{}/{path}", proxy.address);
        (proxy, url)
    }

    /// Does something to the wire.
    pub fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }
}

/// Carries one connection until either end hangs up or the wire is cut.
async fn carry(mut near: TcpStream, target: SocketAddr, mut wire: watch::Receiver<Wire>) {
    if *wire.borrow() == Wire::Cut {
        return;
    }
    let Ok(mut far) = TcpStream::connect(target).await else {
        return;
    };
    let (mut up, mut down) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        let now = *wire.borrow_and_update();
        if now == Wire::Cut {
            return;
        }
        tokio::select! {
            changed = wire.changed() => if changed.is_err() { return },
            read = near.read(&mut up), if now != Wire::Frozen => {
                let Ok(count @ 1..) = read else { return };
                if far.write_all(&up[..count]).await.is_err() {
                    return;
                }
                if now == Wire::CutAfterCommit && up[..count].windows(7).any(|word| word == b"COMMIT\0") {
                    return;
                }
            }
            read = far.read(&mut down), if now != Wire::Frozen => {
                let Ok(count @ 1..) = read else { return };
                if near.write_all(&down[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
