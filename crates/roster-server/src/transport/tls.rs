//! TLS on the service's own sockets, with certificates that may change on disk.
//!
//! Whoever issues certificates for a mesh issues new ones every hour or so. They are looked at whenever a connection
//! comes: from then on the new ones are used, and connections that are there already stay. Files that cannot be used,
//! or of which only one was replaced so far, leave those before them in force.

use std::fmt;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use webpki::EndEntityCert;

use crate::config::TlsConfig;

/// The service's side of TLS.
pub struct Tls {
    files: TlsConfig,
    loaded: Mutex<Loaded>,
}

/// What was read, and what the files looked like then.
struct Loaded {
    stamp: Stamp,
    config: Arc<ServerConfig>,
}

/// Tells files from those that took their place: what the system knows of each, content aside.
type Stamp = Vec<Option<(u64, u64, i64, i64, u64)>>;

/// Why the certificates cannot be used. Never shows what is in a file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds nothing of the kind.
    #[error("{key} {}: {what}", .path.display())]
    File {
        /// The key of the configuration that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Key and certificate do not belong together, or neither can be used.
    #[error("tls.cert_file and tls.key_file: {0}")]
    Pair(rustls::Error),
    /// The authorities cannot be used.
    #[error("tls.client_ca_file: {0}")]
    Authorities(String),
}

impl Tls {
    /// Reads the files.
    pub fn open(files: TlsConfig) -> Result<Self, TlsError> {
        let loaded = Mutex::new(Loaded { stamp: stamp(&files), config: load(&files)? });
        Ok(Self { files, loaded })
    }

    /// Makes the handshake. A caller without a good certificate does not get through it where one is demanded.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.current()).accept(stream).await
    }

    /// What is in force now.
    fn current(&self) -> Arc<ServerConfig> {
        let stamp = stamp(&self.files);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.stamp != stamp {
            match load(&self.files) {
                Ok(config) => {
                    tracing::info!("new certificates are in force");
                    loaded.config = config;
                }
                Err(error) => tracing::warn!(%error, "new certificates cannot be used, the old ones stay"),
            }
            // Not read again before they change again: a warning for each connection would tell nothing more.
            loaded.stamp = stamp;
        }
        Arc::clone(&loaded.config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
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

fn stamp(files: &TlsConfig) -> Stamp {
    let of = |path: &Path| path.metadata().ok().map(|file| identity(&file));
    [Some(&files.cert_file), Some(&files.key_file), files.client_ca_file.as_ref()]
        .into_iter()
        .flatten()
        .map(|path| of(path))
        .collect()
}

fn identity(file: &Metadata) -> (u64, u64, i64, i64, u64) {
    (file.dev(), file.ino(), file.mtime(), file.mtime_nsec(), file.size())
}

fn load(files: &TlsConfig) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates("tls.cert_file", &files.cert_file)?;
    let key = PrivateKeyDer::from_pem_file(&files.key_file)
        .map_err(|error| unusable("tls.key_file", &files.key_file, &error))?;
    let builder = ServerConfig::builder();
    let builder = match &files.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut authorities = RootCertStore::empty();
            for certificate in certificates("tls.client_ca_file", file)? {
                authorities.add(certificate).map_err(|error| TlsError::Authorities(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder(Arc::new(authorities))
                .build()
                .map_err(|error| TlsError::Authorities(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A session that is taken up again would be one of a certificate that nobody looks at any more.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = read.map_err(|error| unusable(key, path, &error))?;
    if certificates.is_empty() {
        let what = "holds no certificate in PEM".to_owned();
        return Err(TlsError::File { key, path: path.to_owned(), what });
    }
    Ok(certificates)
}

fn unusable(key: &'static str, path: &Path, error: &rustls::pki_types::pem::Error) -> TlsError {
    use rustls::pki_types::pem::Error;
    let what = match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "holds nothing of the kind in PEM".to_owned(),
        // The others quote what they found.
        _ => "is not PEM".to_owned(),
    };
    TlsError::File { key, path: path.to_owned(), what }
}
