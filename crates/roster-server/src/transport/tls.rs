//! TLS on the service's own sockets, with certificates that may change on disk: an issuer for a mesh renews them every
//! hour or so.
//!
//! A task looks whether the files changed and reads them, on a thread that may block, and stores the result where
//! handshakes load it. It looks whenever a handshake begins, once for all that begin meanwhile: so a renewed certificate
//! is used from the next connection on. Files that cannot be used, or of which only one was replaced so far, leave the
//! previous certificates in use.

#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use webpki::EndEntityCert;

use super::certificates::{TlsError, load};
use crate::config::TlsConfig;

/// How long a handshake waits for the task to look at the files. A disk that does not answer must not end all new
/// connections.
const LOOK_TIMEOUT: Duration = Duration::from_secs(1);

/// The server's side of TLS. The task that reloads the certificates ends when this is dropped.
pub struct Tls {
    current: Arc<ArcSwap<ServerConfig>>,
    /// How many handshakes asked for a look so far.
    requested: watch::Sender<u64>,
    /// For how many of them the task has looked.
    looked: watch::Receiver<u64>,
}

impl Tls {
    /// Reads the files, and starts the task. Must be called within a runtime.
    pub fn open(files: TlsConfig) -> Result<Self, TlsError> {
        // Before the files are read: what is written in between is seen at the next look.
        let seen = stamp(&files);
        let current = Arc::new(ArcSwap::new(load(&files)?));
        let (requested, requests) = watch::channel(0);
        let (done, looked) = watch::channel(0);
        let reloader = Reloader { files: Arc::new(files), seen, current: Arc::clone(&current) };
        tokio::spawn(reloader.run(requests, done));
        Ok(Self { current, requested, looked })
    }

    /// Performs the handshake. Fails where a client certificate is required and the caller has no valid one.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.current().await).accept(stream).await
    }

    /// Returns what a handshake that begins now uses: what the files hold by now, or what is in use if they cannot be
    /// used or read in time.
    async fn current(&self) -> Arc<ServerConfig> {
        let mut request = 0;
        self.requested.send_modify(|count| {
            *count += 1;
            request = *count;
        });
        let mut looked = self.looked.clone();
        // In time or not, what is in use now is the best there is.
        let _ = timeout(LOOK_TIMEOUT, looked.wait_for(|count| *count >= request)).await;
        self.current.load_full()
    }
}

/// The URIs in the certificate that the caller showed and the handshake verified.
pub(super) fn uris(stream: &TlsStream<TcpStream>) -> Arc<[String]> {
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let Some(certificate) = certificate else { return Arc::default() };
    EndEntityCert::try_from(certificate)
        .map(|certificate| certificate.valid_uri_names().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// The task that looks at the files.
struct Reloader {
    files: Arc<TlsConfig>,
    /// What the files looked like when they were last read, whether they could be used or not.
    seen: Stamp,
    current: Arc<ArcSwap<ServerConfig>>,
}

impl Reloader {
    async fn run(mut self, mut requests: watch::Receiver<u64>, done: watch::Sender<u64>) {
        // An error says that no handshake will come any more.
        while requests.changed().await.is_ok() {
            let request = *requests.borrow_and_update();
            self.look().await;
            done.send_replace(request);
        }
    }

    /// Reads the files if they changed. They are not read again before they change once more: a warning for each
    /// connection would tell nothing new.
    async fn look(&mut self) {
        let (files, seen) = (Arc::clone(&self.files), self.seen.clone());
        let look = spawn_blocking(move || {
            let now = stamp(&files);
            (now != seen).then(|| (now, load(&files)))
        });
        let loaded = match look.await {
            Ok(None) => return,
            Ok(Some((now, loaded))) => {
                self.seen = now;
                loaded.map_err(|error| error.to_string())
            }
            Err(_) => Err("reading them panicked".to_owned()),
        };
        match loaded {
            Ok(config) => {
                self.current.store(config);
                tracing::info!("new certificates are in force");
            }
            Err(error) => tracing::warn!(%error, "new certificates cannot be used, the old ones stay"),
        }
    }
}

/// What the system tells of each file apart from its content: enough to see that it changed.
type Stamp = Vec<Option<(u64, u64, i64, i64, u64)>>;

/// Looks at the files. Blocks the thread.
fn stamp(files: &TlsConfig) -> Stamp {
    let of = |path: &Path| {
        let file = path.metadata().ok()?;
        Some((file.dev(), file.ino(), file.mtime(), file.mtime_nsec(), file.size()))
    };
    [Some(&files.cert_file), Some(&files.key_file), files.client_ca_file.as_ref()]
        .into_iter()
        .flatten()
        .map(|path| of(path))
        .collect()
}
