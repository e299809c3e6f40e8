//! Keys of a server that has to say who it is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use roster_server::authn::jwt::{OpenError, Rejected, Verifier};
use roster_server::shutdown::Shutdown;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use super::key_server::KeyServer;
use super::{Key, config, good_claims, set_of, standing, subject};

/// An authority of a test's own, which vouches for a server under that name.
struct Authority(TempDir);

impl Authority {
    fn make(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let python =
            std::env::var("ROSTER_TEST_PYTHON").expect("ROSTER_TEST_PYTHON is a Python with trustme");
        let mut make = Command::new(python);
        make.args(["-m", "trustme", "--quiet", "--identities", name, "--dir"]).arg(folder.path());
        assert!(make.status().expect("Python runs").success());
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What the command calls the authority's certificate.
    fn ca_file(&self) -> PathBuf {
        self.path("client.pem")
    }

    fn acceptor(&self) -> TlsAcceptor {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(self.path("server.pem")).expect("certificates").collect();
        let key = PrivateKeyDer::from_pem_file(self.path("server.key")).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(chain.expect("certificates"), key)
            .expect("they fit");
        TlsAcceptor::from(Arc::new(config))
    }
}

#[tokio::test]
async fn a_server_is_believed_if_the_configured_authority_vouches_for_it() {
    let key = Key::p256("key");
    let token = key.token("ES256", &good_claims());
    let (authority, other) = (Authority::make("localhost"), Authority::make("localhost"));
    let server = KeyServer::start_with(&set_of(&[&key]), Some(authority.acceptor())).await;
    let answer = async |host: &str, ca_file: Option<PathBuf>| {
        let (verifier, _hand) = standing(config(server.at("https", host, ca_file)));
        subject(&verifier, &token).await
    };
    assert_eq!(answer("localhost", None).await, Err(Rejected::KeysUnavailable), "nobody vouches");
    assert_eq!(answer("localhost", Some(other.ca_file())).await, Err(Rejected::KeysUnavailable), "another");
    assert_eq!(
        answer("127.0.0.1", Some(authority.ca_file())).await,
        Err(Rejected::KeysUnavailable),
        "not so called"
    );
    assert_eq!(server.asked(), 0);
    assert_eq!(answer("localhost", Some(authority.ca_file())).await.as_deref(), Ok("ada"));
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn an_authority_that_is_none_stops_the_start() {
    let server = KeyServer::start("").await;
    let refused = |ca_file: &Path| {
        let config = config(server.at("https", "localhost", Some(ca_file.to_owned())));
        Verifier::open(config, &Shutdown::default()).err().expect("refused")
    };
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(matches!(refused(Path::new(manifest)), OpenError::NotAuthorities { .. }));
    assert!(matches!(refused(Path::new("/nowhere/ca.pem")), OpenError::Authorities { .. }));
}
