//! Takes connections in. ADR 0028 says why no library does.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, Stream};
use super::serve::{self, Handlers, Life};
use super::{HANDSHAKE, PREFACE, Peer, Tls};
use crate::network::Sources;
use crate::places::Caps;

/// How long to wait after the system had no file for a connection.
const NO_FILE: Duration = Duration::from_millis(50);

/// What a new connection must pass, and how long it lasts.
pub struct Door {
    /// How many connections there may be.
    pub caps: Caps,
    /// The certificates, where connections are encrypted.
    pub tls: Option<Tls>,
    /// How long a connection lasts.
    pub life: Life,
}

/// Serves the connections that come to `listener`, until `stop` and then until the last of them is closed. They end at
/// once if this is dropped.
pub async fn serve<S: Handlers>(listener: TcpListener, door: Door, handlers: S, stop: CancellationToken) {
    let house = Arc::new(House {
        places: Sources::new(door.caps),
        handshakes: Sources::new(of_handshakes(door.caps)),
        tls: door.tls,
        life: door.life,
        handlers,
    });
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => house.let_in(&mut connections, stream, address, &stop),
                // The peer has gone again, or there is no file for it; the next may be luckier.
                Err(_) => tokio::time::sleep(NO_FILE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// What all connections of a listener share.
struct House<S> {
    places: Sources,
    handshakes: Sources,
    tls: Option<Tls>,
    life: Life,
    handlers: S,
}

impl<S: Handlers> House<S> {
    /// Begins a connection; drops it if there is no place for it.
    fn let_in(
        self: &Arc<Self>,
        connections: &mut JoinSet<()>,
        stream: TcpStream,
        address: SocketAddr,
        stop: &CancellationToken,
    ) {
        let (Some(place), Some(handshake)) =
            (self.places.take(address.ip()), self.handshakes.take(address.ip()))
        else {
            tracing::debug!("a connection was closed: there are too many");
            return;
        };
        // Of its own, so that connections do not meet at one lock.
        let (house, stop) = (Arc::clone(self), stop.child_token());
        connections.spawn(async move {
            tokio::select! {
                // A peer that does not come through is not told why: it has not said in which protocol.
                greeted = timeout(HANDSHAKE, greet(stream, house.tls.as_ref())) => {
                    drop(handshake);
                    let Ok(Ok((stream, uris))) = greeted else { return };
                    let peer = Peer { address, uris };
                    serve::serve(Connection::new(stream), peer, house.handlers.clone(), house.life, &stop).await;
                    drop(place);
                }
                () = stop.cancelled() => {}
            }
        });
    }
}

/// How many may be in their handshake at once: a quarter, so that those who never finish one leave room for those who
/// have. Where an address has few connections, it has them in their handshake too.
fn of_handshakes(caps: Caps) -> Caps {
    Caps { all: caps.all.div_ceil(4), each: caps.each.div_ceil(4).max(caps.each.min(16)) }
}

/// The handshake: TLS if it is on, and the first bytes of HTTP/2. Returns the URIs of the peer's certificate as well.
async fn greet(tcp: TcpStream, tls: Option<&Tls>) -> io::Result<(Stream, Arc<[String]>)> {
    tcp.set_nodelay(true)?;
    let (mut stream, uris) = match tls {
        None => (Stream::Plain(tcp), Arc::default()),
        Some(tls) => {
            let stream = tls.accept(tcp).await?;
            let uris = super::tls::uris(&stream);
            (Stream::Tls(Box::new(stream)), uris)
        }
    };
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface).await?;
    if preface != PREFACE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok((stream, uris))
}
