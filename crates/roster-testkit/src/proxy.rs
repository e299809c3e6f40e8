//! A wire between the service and Postgres that a test can cut, freeze, silence or lay elsewhere, and that records what
//! the service sends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

use crate::frontend::Session;
use crate::wait::within;

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
    state: watch::Sender<State>,
    listening: watch::Receiver<bool>,
    recorded: Recorded,
}

/// All that the connections obey.
#[derive(Clone, Copy)]
struct State {
    wire: Wire,
    target: SocketAddr,
    /// Whether new connections are refused by the system, as where nobody listens.
    refused: bool,
    /// How often the node has vanished: connections from before the last time are silent for good.
    vanished: u64,
    /// How often all connections were ended: those from before the last time end.
    hung_up: u64,
    /// Whether new connections are accepted and never answered.
    silent: bool,
}

/// The bytes that each recorded connection has sent; absent while nothing is recorded.
type Recorded = Arc<Mutex<Option<Vec<Vec<u8>>>>>;

impl Proxy {
    /// Lays a wire to Postgres at this URL, and returns the URL of its near end.
    pub async fn to_postgres(url: &str) -> (Self, String) {
        let target = address_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port can be had");
        let address = listener.local_addr().expect("a listener has an address");
        let state =
            State { wire: Wire::Whole, target, refused: false, vanished: 0, hung_up: 0, silent: false };
        let (state, watcher) = watch::channel(state);
        let (listens, listening) = watch::channel(true);
        let recorded = Recorded::default();
        tokio::spawn(accept(listener, watcher, listens, Arc::clone(&recorded)));
        let near = url.replacen(&target.to_string(), &address.to_string(), 1);
        (Self { address, state, listening, recorded }, near)
    }

    /// The port of the near end.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Does something to the wire.
    pub fn set(&self, wire: Wire) {
        self.state.send_modify(|state| state.wire = wire);
    }

    /// Silences every open connection for good, as when a node vanishes: nothing is answered and nothing reset. Its
    /// far end is gone. New connections are carried.
    pub fn vanish(&self) {
        self.state.send_modify(|state| state.vanished += 1);
    }

    /// Ends every open connection. New ones are carried.
    pub fn hang_up(&self) {
        self.state.send_modify(|state| state.hung_up += 1);
    }

    /// Answers nothing on connections that are made from now on, or answers again. Open ones are carried.
    pub fn silence_new(&self, silent: bool) {
        self.state.send_modify(|state| state.silent = silent);
    }

    /// Cuts every connection and lets the system refuse new ones, as where nobody listens.
    pub async fn refuse(&self) {
        self.set_refused(true).await;
    }

    /// Listens again, on the same port.
    pub async fn accept(&self) {
        self.set_refused(false).await;
    }

    /// Leads new connections to Postgres at another URL. Open ones stay where they are.
    pub fn redirect(&self, url: &str) {
        self.state.send_modify(|state| state.target = address_of(url));
    }

    /// Begins to record what is sent over connections that are made from now on.
    pub fn record(&self) {
        *self.recorded.lock().expect("nobody panics with it") = Some(vec![]);
    }

    /// What was sent over each recorded connection.
    #[must_use]
    pub fn recorded(&self) -> Vec<Session> {
        let recorded = self.recorded.lock().expect("nobody panics with it");
        recorded.iter().flatten().map(|bytes| Session::read(bytes)).collect()
    }

    async fn set_refused(&self, refused: bool) {
        self.state.send_modify(|state| state.refused = refused);
        let mut listening = self.listening.clone();
        let changed = listening.wait_for(|listening| *listening != refused);
        within("the change of the listener", changed).await.expect("the listener's task lives");
    }
}

/// Where a URL leads to.
fn address_of(url: &str) -> SocketAddr {
    let (_, rest) = url.split_once("://").expect("a URL has a scheme");
    let (authority, _) = rest.split_once('/').expect("a URL of Postgres has a path");
    let (_, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    server.parse().expect("Postgres is at an address with a port")
}

/// Accepts connections, or keeps the port without listening on it.
async fn accept(
    listener: TcpListener,
    mut state: watch::Receiver<State>,
    listens: watch::Sender<bool>,
    recorded: Recorded,
) {
    let address = listener.local_addr().expect("a listener has an address");
    let mut listener = Some(listener);
    loop {
        let refused = state.borrow_and_update().refused;
        if refused && listener.take().is_some() {
            listens.send_replace(false);
        }
        let Some(open) = &listener else {
            // Bound and not listening: the port stays ours, and the system refuses.
            let kept = bound(address);
            if state.wait_for(|state| !state.refused).await.is_err() {
                return;
            }
            listener = Some(kept.listen(128).expect("a socket that is bound can listen"));
            listens.send_replace(true);
            continue;
        };
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            accepted = open.accept() => if let Ok((near, _)) = accepted {
                let place = record_one_more(&recorded);
                tokio::spawn(carry(near, state.clone(), Arc::clone(&recorded), place));
            },
        }
    }
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket can be had");
    socket.set_reuseaddr(true).expect("a socket takes options");
    socket.bind(address).expect("the port is still ours");
    socket
}

fn record_one_more(recorded: &Recorded) -> Option<usize> {
    let mut recorded = recorded.lock().expect("nobody panics with it");
    let sessions = recorded.as_mut()?;
    sessions.push(vec![]);
    Some(sessions.len() - 1)
}

/// Carries one connection until either end hangs up or the wire is cut.
async fn carry(
    mut near: TcpStream,
    mut state: watch::Receiver<State>,
    recorded: Recorded,
    place: Option<usize>,
) {
    let begin = *state.borrow_and_update();
    if begin.wire == Wire::Cut {
        return;
    }
    if begin.silent {
        return swallow(near).await;
    }
    let Ok(mut far) = TcpStream::connect(begin.target).await else {
        return;
    };
    let (mut up, mut down) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        let State { wire, refused, vanished, hung_up, .. } = *state.borrow_and_update();
        if wire == Wire::Cut || refused || hung_up > begin.hung_up {
            return;
        }
        if vanished > begin.vanished {
            drop(far);
            return swallow(near).await;
        }
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            read = near.read(&mut up), if wire != Wire::Frozen => {
                let Ok(count @ 1..) = read else { return };
                if let Some(place) = place {
                    let mut recorded = recorded.lock().expect("nobody panics with it");
                    if let Some(session) = recorded.as_mut().and_then(|all| all.get_mut(place)) {
                        session.extend_from_slice(&up[..count]);
                    }
                }
                if far.write_all(&up[..count]).await.is_err() {
                    return;
                }
                if wire == Wire::CutAfterCommit && up[..count].windows(7).any(|word| word == b"COMMIT\0") {
                    return;
                }
            }
            read = far.read(&mut down), if wire != Wire::Frozen => {
                let Ok(count @ 1..) = read else { return };
                if near.write_all(&down[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Takes everything and answers nothing, until the near end hangs up.
async fn swallow(mut near: TcpStream) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(1..) = near.read(&mut bytes).await {}
}
