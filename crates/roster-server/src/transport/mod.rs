//! Connections: how many there may be, for how long, who is at the other end, and how the calls on them are answered.
//!
//! A connection costs memory and a file whatever it does, so that their number is bounded, altogether and from one
//! address; beyond that they are closed unanswered. What has not shown within [`HANDSHAKE`] that it speaks TLS (where
//! TLS is on) and HTTP/2 is closed as well, and is bounded more tightly until then. A stream whose reader takes nothing
//! is reset (`stalled`). ADR 0029 says why the connections are not left to tonic.

mod accept;
mod certificates;
mod connection;
mod files;
mod serve;
mod stalled;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use accept::{Door, serve};
pub use certificates::TlsError;
pub use files::raise_limit;
pub use serve::{Handlers, Life};
pub use stalled::TakenBy;
pub use tls::Tls;

/// How long a new connection may take until it has shown what it is.
pub const HANDSHAKE: Duration = Duration::from_secs(5);

/// How long a stream, or a connection as a whole, may have bytes to send and send none of them.
pub const STALLED: Duration = Duration::from_secs(10);

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Who is at the other end of a connection. Every request of it carries this in its extensions.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it comes from: the last proxy, if there are any.
    pub address: SocketAddr,
    /// The URIs that its certificate names, once the certificate was found good; empty without one.
    pub uris: Arc<[String]>,
}
