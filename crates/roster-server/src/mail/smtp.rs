//! A mail to a relay, over TLS or not at all.
//!
//! Each mail has a connection of its own. A connection that is kept for the next mail would have to be trusted after a
//! mail was given up half-way, and could not tell a relay that refuses us from one that refuses the mail.

use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use lettre::Message;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::line::Line;
use super::{Error, Trouble};
use crate::config::mail::{Relay, Tls};

/// How long one of a name's addresses may take to be reached, so that there is time left for the next.
const CONNECT: Duration = Duration::from_secs(5);

/// A relay and what it takes to talk to it.
pub(super) struct Smtp {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
}

/// When TLS begins, and whom it believes.
enum Security {
    /// With the connection.
    Implicit(Arc<ClientConfig>, ServerName<'static>),
    /// After STARTTLS, which is the library's to ask for.
    StartTls(TlsParameters),
}

impl Smtp {
    pub(super) fn new(relay: &Relay, domain: &str) -> Result<Self, Error> {
        let own = relay.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let wrong = || match &relay.ca_file {
            Some(file) => Error::NoCertificates { path: file.clone() },
            None => Error::Tls,
        };
        let security = match relay.tls {
            Tls::Implicit => {
                let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
                for certificate in own {
                    roots.add(certificate).map_err(|_| wrong())?;
                }
                let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
                let name = ServerName::try_from(relay.host.clone()).map_err(|_| wrong())?;
                Security::Implicit(Arc::new(config), name)
            }
            Tls::StartTls => {
                let mut parameters = TlsParameters::builder(relay.host.clone());
                for certificate in own {
                    let taken = Certificate::from_der(certificate.to_vec()).map_err(|_| wrong())?;
                    parameters = parameters.add_root_certificate(taken);
                }
                Security::StartTls(parameters.build().map_err(|_| wrong())?)
            }
        };
        Ok(Self {
            host: relay.host.clone(),
            port: relay.port,
            security,
            credentials: relay.credentials.clone(),
            hello: ClientId::Domain(domain.to_owned()),
        })
    }

    /// Hands the mail over. The relay has it when this is `Ok`, and may have it when the end of it was lost.
    pub(super) async fn send(&self, message: &Message) -> Result<(), Trouble> {
        let mut connection = self.connect().await?;
        let sent = connection.send(message.envelope(), &message.formatted()).await;
        let sent = sent.map(drop).map_err(|error| trouble(&error, Trouble::Mail));
        if sent.is_ok() {
            // A farewell, which changes nothing any more.
            let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        }
        sent
    }

    /// A connection that is encrypted, and logged in if the deployment has credentials.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let line = Line::open(&self.host, self.port, CONNECT).await.map_err(|error| of_line(&error))?;
        let line: Box<dyn AsyncTokioStream> = match &self.security {
            Security::Implicit(config, name) => {
                let secure = line.secure(Arc::clone(config), name.clone()).await;
                Box::new(secure.map_err(|error| of_line(&error))?)
            }
            Security::StartTls(_) => Box::new(line),
        };
        let connection = AsyncSmtpConnection::connect_with_transport(line, &self.hello);
        self.greet(connection).await.map_err(|error| trouble(&error, Trouble::Greeting))
    }

    async fn greet(
        &self,
        connection: impl Future<Output = Result<AsyncSmtpConnection, smtp::Error>>,
    ) -> Result<AsyncSmtpConnection, smtp::Error> {
        let mut connection = connection.await?;
        if let Security::StartTls(parameters) = &self.security {
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// What went wrong before the relay said anything.
fn of_line(error: &io::Error) -> Trouble {
    if is_rustls(error) {
        return Trouble::Tls;
    }
    if error.kind() == io::ErrorKind::TimedOut { Trouble::TimedOut } else { Trouble::Connection }
}

/// What went wrong, without what the relay said about it.
fn trouble(error: &smtp::Error, with_code: fn(u16) -> Trouble) -> Trouble {
    match error.status() {
        Some(code) => with_code(code.into()),
        None if error.is_client() => Trouble::Unsupported,
        None if is_tls(error) => Trouble::Tls,
        None if error.is_timeout() => Trouble::TimedOut,
        None => Trouble::Connection,
    }
}

/// Whether TLS did not come about. What rustls finds wrong arrives as an error of the connection.
fn is_tls(error: &smtp::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(is_rustls) {
            return true;
        }
        cause = error.source();
    }
    error.is_tls()
}

fn is_rustls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let pem = fs::read(file).map_err(|source| Error::CaFile { path: file.to_owned(), source })?;
    let wrong = || Error::NoCertificates { path: file.to_owned() };
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| wrong())?;
    if certificates.is_empty() {
        return Err(wrong());
    }
    Ok(certificates)
}
