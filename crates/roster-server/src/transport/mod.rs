//! Connections, before anything of HTTP is read from them: who may have one, for how long, and who is at its other end.
//!
//! A connection costs memory and a file whatever it does, so that their number is bounded, altogether and from one
//! address; beyond that they are closed unanswered. What has not shown within [`HANDSHAKE`] that it speaks TLS (where
//! TLS is on) and HTTP/2 is closed as well, and is bounded more tightly until then. What does not take its answers is
//! closed at last (`untaken`).

mod accept;
mod certificates;
mod files;
mod tls;
mod untaken;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use crate::network::SourcePlace;

pub use accept::incoming;
pub use certificates::TlsError;
pub use files::raise_limit;
pub use tls::Tls;
pub use untaken::{Part, Untaken};

/// How long a new connection may take until it has shown what it is.
pub const HANDSHAKE: Duration = Duration::from_secs(5);

/// How often to look, within the time that an answer may wait, whether one has waited for longer.
const LOOKS: u32 = 4;

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Who is at the other end of a connection. Every request of it carries this in its extensions.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it comes from: the last proxy, if there are any.
    pub address: SocketAddr,
    /// The URIs that its certificate names, once the certificate was found good; empty without one.
    pub uris: Arc<[String]>,
    /// What it was answered and has not taken yet.
    pub untaken: Untaken,
}

/// A connection that has shown that it speaks HTTP/2. It keeps its place until it is dropped.
pub struct Connection {
    stream: Stream,
    /// How much of [`PREFACE`], which was read already, the server has still to be given.
    replayed: usize,
    peer: Peer,
    /// How long an answer may wait to be taken.
    patience: Duration,
    /// When to look next whether one has waited for longer.
    look: Pin<Box<Sleep>>,
    _place: SourcePlace,
}

/// The bytes of a connection.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// An error once the peer has let an answer wait for too long. Looked at now and then, also while nothing comes.
    fn patient(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.look.as_mut().poll(cx).is_ready() {
            if self.peer.untaken.any_for(self.patience) {
                tracing::debug!("a connection was closed: its peer does not take its answers");
                return Err(io::ErrorKind::TimedOut.into());
            }
            let next = Instant::now() + self.patience / LOOKS;
            self.look.as_mut().reset(next);
        }
        Ok(())
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.patient(cx)?;
        let rest = &PREFACE[self.replayed..];
        if !rest.is_empty() {
            let part = &rest[..rest.len().min(buf.remaining())];
            buf.put_slice(part);
            self.replayed += part.len();
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.patient(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.patient(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.patient(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
