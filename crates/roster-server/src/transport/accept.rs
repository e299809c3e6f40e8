//! Takes connections in. ADR 0028 says why no library does.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_stream::Stream as Streaming;
use tokio_stream::wrappers::ReceiverStream;

use super::{Connection, HANDSHAKE, PREFACE, Peer, Stream, Tls, Untaken};
use crate::network::Sources;
use crate::places::Caps;

/// How long to wait after the system had no file for a connection.
const NO_FILE: Duration = Duration::from_millis(50);

/// Connections that finished their handshake and wait for the server to take them.
const WAITING: usize = 64;

/// The connections that come to `listener`, once each has shown that it speaks HTTP/2, and TLS where `tls` is given.
/// The listener closes when the stream is dropped. A connection ends when its peer lets an answer wait for longer than
/// `patience`.
pub fn incoming(
    listener: TcpListener,
    tls: Option<Tls>,
    caps: Caps,
    patience: Duration,
) -> impl Streaming<Item = io::Result<Connection>> + Send {
    let (ready, connections) = mpsc::channel(WAITING);
    let door = Door {
        places: Sources::new(caps),
        handshakes: Sources::new(of_handshakes(caps)),
        tls: tls.map(Arc::new),
        patience,
        ready,
    };
    tokio::spawn(door.keep(listener));
    ReceiverStream::new(connections)
}

/// What every new connection passes.
struct Door {
    places: Sources,
    handshakes: Sources,
    tls: Option<Arc<Tls>>,
    patience: Duration,
    ready: mpsc::Sender<io::Result<Connection>>,
}

impl Door {
    /// Lets connections in until nobody takes them any more.
    async fn keep(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.ready.closed() => return,
            };
            match accepted {
                Ok((stream, address)) => self.let_in(stream, address),
                // The peer has gone again, or there is no file for it; the next may be luckier.
                Err(_) => tokio::time::sleep(NO_FILE).await,
            }
        }
    }

    /// Begins a handshake; drops the connection if there is no place for it.
    fn let_in(&self, stream: TcpStream, address: SocketAddr) {
        let (Some(place), Some(handshake)) =
            (self.places.take(address.ip()), self.handshakes.take(address.ip()))
        else {
            tracing::debug!("a connection was closed: there are too many");
            return;
        };
        let (tls, ready, patience) = (self.tls.clone(), self.ready.clone(), self.patience);
        tokio::spawn(async move {
            let greeted = tokio::time::timeout(HANDSHAKE, greet(stream, tls)).await;
            drop(handshake);
            // Who does not come through is not told why: it has not said in which protocol.
            if let Ok(Ok((stream, uris))) = greeted {
                let connection = Connection {
                    stream,
                    replayed: 0,
                    peer: Peer { address, uris, untaken: Untaken::default() },
                    patience,
                    look: Box::pin(tokio::time::sleep(patience)),
                    _place: place,
                };
                // Nobody takes it only when the service stops.
                let _ = ready.send(Ok(connection)).await;
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
async fn greet(tcp: TcpStream, tls: Option<Arc<Tls>>) -> io::Result<(Stream, Arc<[String]>)> {
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
