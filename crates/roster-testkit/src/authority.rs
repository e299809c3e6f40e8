//! An authority that signs certificates, and connections that show them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
    date_time_ymd,
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::data::Options;

/// Signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM.
    pub pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// What a certificate names, and whether it is good now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naming<'a> {
    /// The URIs.
    pub uris: &'a [&'a str],
    /// Whether its time is over.
    pub expired: bool,
}

impl Authority {
    /// A new one that nobody trusts yet.
    #[must_use]
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let pem = params.self_signed(&key).expect("it can be signed").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate of a service on this machine.
    #[must_use]
    pub fn server(&self) -> Pair {
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(&params)
    }

    /// A certificate of a caller.
    #[must_use]
    pub fn client(&self, naming: Naming<'_>) -> Pair {
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names =
            naming.uris.iter().map(|uri| SanType::URI((*uri).try_into().expect("ASCII"))).collect();
        if naming.expired {
            (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        }
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("it can be signed").pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    /// A connection to a service that this authority signed, with the caller's certificate if it has one. It connects
    /// with its first call.
    #[must_use]
    pub fn channel(&self, address: SocketAddr, caller: Option<&Pair>) -> Channel {
        let mut tls =
            ClientTlsConfig::new().domain_name("localhost").ca_certificate(Certificate::from_pem(&self.pem));
        if let Some(caller) = caller {
            tls = tls.identity(Identity::from_pem(&caller.certificate, &caller.key));
        }
        let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("an address makes a URL");
        endpoint.tls_config(tls).expect("the certificates are good").connect_lazy()
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// A service's certificates in a folder.
pub struct TlsFiles<'a> {
    folder: &'a Path,
}

impl<'a> TlsFiles<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(folder: &'a Path) -> Self {
        Self { folder }
    }

    /// Puts a service's certificate there, whole: as those do who issue new ones to a service that runs.
    pub fn put(&self, server: &Pair) {
        replace(&self.file("server.pem"), &server.certificate);
        replace(&self.file("server.key"), &server.key);
    }

    /// Puts the authorities of callers there.
    pub fn put_authority(&self, of_callers: &str) {
        replace(&self.file("callers.pem"), of_callers);
    }

    /// One of the files.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The options of a service that shows the certificate, and demands one if there is an authority of callers.
    #[must_use]
    pub fn options(&self, options: Options) -> Options {
        let variable = |name: &str, file: &str| (name.to_owned(), self.file(file).display().to_string());
        let mut variables = vec![
            variable("ROSTER_TLS__CERT_FILE", "server.pem"),
            variable("ROSTER_TLS__KEY_FILE", "server.key"),
        ];
        if self.file("callers.pem").exists() {
            variables.push(variable("ROSTER_TLS__CLIENT_CA_FILE", "callers.pem"));
        }
        variables.into_iter().fold(options, |options, (name, value)| options.variable(&name, value))
    }
}

/// Replaces a file in one step, so that nobody reads half of it.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).expect("the folder takes files");
    std::fs::rename(&beside, path).expect("a file can take another's place");
}
