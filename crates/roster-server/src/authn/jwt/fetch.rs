//! Asks a key server for the issuer's keys.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::OpenError;
use super::keys::{KeySet, MAX_BYTES, NotKeys};

/// The longest that one question may take, from the look-up of the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks one key server.
pub(super) struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, String>,
    url: http::Uri,
}

/// Why there are no keys to be had. None of it tells where the keys should have come from.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("it did not answer within 5 seconds")]
    TimedOut,
    #[error("it cannot be reached, or no authority vouches for it")]
    Connection,
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer broke off or is longer than 1 MiB")]
    Body,
    #[error("its answer is wrong: {0}")]
    NotKeys(#[from] NotKeys),
}

impl Fetcher {
    /// Prepares to ask; nothing is asked yet.
    pub(super) fn new(url: &Url, ca_file: Option<&Path>) -> Result<Self, OpenError> {
        if !is_safe(url) {
            return Err(OpenError::Url);
        }
        let url = url.as_str().parse().map_err(|_| OpenError::Url)?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(ca_file)?)
            .https_or_http()
            .enable_http1()
            .build();
        // Between two questions lie minutes: a connection that was kept would be closed by then.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, url })
    }

    /// Asks once. A redirection is not followed: nobody said that the server behind it may be believed.
    pub(super) async fn fetch(&self) -> Result<KeySet, Trouble> {
        tokio::time::timeout(PATIENCE, self.ask()).await.unwrap_or(Err(Trouble::TimedOut))
    }

    async fn ask(&self) -> Result<KeySet, Trouble> {
        let request = Request::get(self.url.clone())
            .header(header::ACCEPT, "application/jwk-set+json, application/json")
            .header(header::USER_AGENT, concat!("roster/", env!("CARGO_PKG_VERSION")))
            .body(String::new())
            .map_err(|_| Trouble::Connection)?;
        let response = self.client.request(request).await.map_err(|_| Trouble::Connection)?;
        if response.status() != StatusCode::OK {
            return Err(Trouble::Status(response.status().as_u16()));
        }
        let body =
            Limited::new(response.into_body(), MAX_BYTES).collect().await.map_err(|_| Trouble::Body)?;
        Ok(KeySet::parse(&body.to_bytes())?)
    }
}

/// Whether nobody between here and there can change the answer, and the URL has no secret that a log could show.
fn is_safe(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    scheme && url.username().is_empty() && url.password().is_none()
}

/// The authorities that the web trusts, and those of the file.
fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, OpenError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let unusable = || OpenError::NotAuthorities { path: path.to_owned() };
        let text =
            std::fs::read(path).map_err(|source| OpenError::Authorities { path: path.to_owned(), source })?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let certificates = certificates.map_err(|_| unusable())?;
        if certificates.is_empty() {
            return Err(unusable());
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|_| unusable())?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|_| OpenError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_tls_or_from_this_machine() {
        let check = |text: &str, safe: bool| assert_eq!(is_safe(&text.parse().unwrap()), safe, "{text}");
        check("https://login.example.org/keys", true);
        check("https://login.example.org:8443/keys?version=1", true);
        check("http://127.0.0.1:8080/keys", true);
        check("http://127.9.9.9/keys", true);
        check("http://[::1]:8080/keys", true);
        check("http://localhost/keys", true);
        check("http://login.example.org/keys", false);
        check("http://localhost.example.org/keys", false);
        check("http://127.0.0.1.example.org/keys", false);
        check("http://10.0.0.1/keys", false);
        check("https://name:secret@login.example.org/keys", false);
        check("https://name@login.example.org/keys", false);
        check("file:///etc/keys", false);
        check("ftp://127.0.0.1/keys", false);
    }
}
