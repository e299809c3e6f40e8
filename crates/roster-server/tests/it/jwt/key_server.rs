//! A key server of a test's own: it counts what it is asked, and answers when and what the test says.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roster_server::authn::jwt::KeySource;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// How long a test waits for what is about to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; it ends when dropped.
pub(crate) struct KeyServer {
    address: SocketAddr,
    inside: Arc<Inside>,
    task: JoinHandle<()>,
}

struct Inside {
    asked: watch::Sender<usize>,
    open: watch::Sender<bool>,
    answer: Mutex<String>,
}

impl KeyServer {
    /// Answers with that set.
    pub(crate) async fn start(set: &str) -> Self {
        Self::start_with(set, None).await
    }

    /// The same, with TLS if it is given.
    pub(crate) async fn start_with(set: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (asked, open) = (watch::channel(0).0, watch::channel(true).0);
        let inside = Arc::new(Inside { asked, open, answer: Mutex::default() });
        let shared = Arc::clone(&inside);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (inside, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &inside).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &inside).await;
                            }
                        }
                    }
                });
            }
        });
        let server = Self { address, inside, task };
        server.has(set);
        server
    }

    pub(crate) fn source(&self) -> KeySource {
        self.at("http", "127.0.0.1", None)
    }

    pub(crate) fn at(&self, scheme: &str, host: &str, ca_file: Option<PathBuf>) -> KeySource {
        let url = format!("{scheme}://{host}:{}/keys", self.address.port());
        KeySource::Url { url: url.parse().expect("a URL"), ca_file }
    }

    /// From now on it answers with that set.
    pub(crate) fn has(&self, set: &str) {
        self.says("200 OK", &format!("Content-Length: {}\r\n", set.len()), set);
    }

    /// From now on it answers with that status, these headers, and that body.
    pub(crate) fn says(&self, status: &str, headers: &str, body: &str) {
        let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n{body}");
        *self.inside.answer.lock().expect("nobody panicked") = answer;
    }

    /// Whether it answers at all, or waits until it does.
    pub(crate) fn open(&self, open: bool) {
        self.inside.open.send_replace(open);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        *self.inside.asked.borrow()
    }

    /// Waits until it was asked so often.
    pub(crate) async fn was_asked(&self, times: usize) {
        let mut asked = self.inside.asked.subscribe();
        let waited = timeout(PATIENCE, asked.wait_for(|asked| *asked >= times)).await;
        waited.expect("it is asked in time").expect("the server runs");
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, inside: &Inside) {
    let mut request = vec![];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    assert!(request.starts_with(b"GET /keys HTTP/1.1\r\n"), "{}", String::from_utf8_lossy(&request));
    inside.asked.send_modify(|asked| *asked += 1);
    let mut open = inside.open.subscribe();
    if open.wait_for(|open| *open).await.is_err() {
        return;
    }
    let answer = inside.answer.lock().expect("nobody panicked").clone();
    // Who asked may have gone away.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
