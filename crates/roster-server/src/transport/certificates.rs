//! From the files of certificates, keys and authorities to a configuration of TLS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};

use crate::config::TlsConfig;

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

/// Reads the files. Blocks the thread.
pub(super) fn load(files: &TlsConfig) -> Result<Arc<ServerConfig>, TlsError> {
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
    // A session that is resumed would skip the check of the client's certificate.
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
