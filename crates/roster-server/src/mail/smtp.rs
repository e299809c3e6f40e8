//! A mail to a relay, over TLS or not at all.
//!
//! Each mail has a connection of its own. A connection that is kept for the next mail would have to be trusted after a
//! mail was given up half-way, and could not tell a relay that refuses us from one that refuses the mail.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use lettre::Message;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{Error, Trouble};
use crate::config::mail::{Relay, Tls};

/// How long one of a name's addresses may take to be reached, so that there is time left for the next.
const CONNECT: Duration = Duration::from_secs(5);

/// A relay and what it takes to talk to it.
pub(super) struct Smtp {
    host: String,
    port: u16,
    tls: Tls,
    parameters: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
}

impl Smtp {
    pub(super) fn new(relay: &Relay, domain: &str) -> Result<Self, Error> {
        let mut parameters = TlsParameters::builder(relay.host.clone());
        if let Some(file) = &relay.ca_file {
            for certificate in certificates(file)? {
                parameters = parameters.add_root_certificate(certificate);
            }
        }
        let parameters = parameters.build().map_err(|_| match &relay.ca_file {
            Some(file) => Error::NoCertificates { path: file.clone() },
            None => Error::Tls,
        })?;
        Ok(Self {
            host: relay.host.clone(),
            port: relay.port,
            tls: relay.tls,
            parameters,
            credentials: relay.credentials.clone(),
            hello: ClientId::Domain(domain.to_owned()),
        })
    }

    /// Hands the mail over. The relay has it when this is `Ok`, and may have it when the end of it was lost.
    pub(super) async fn send(&self, message: &Message) -> Result<(), Trouble> {
        let mut connection = self.connect().await.map_err(|error| trouble(&error, Trouble::Greeting))?;
        let sent = connection.send(message.envelope(), &message.formatted()).await;
        let sent = sent.map(drop).map_err(|error| trouble(&error, Trouble::Mail));
        if sent.is_ok() {
            // A farewell, which changes nothing any more.
            let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        }
        sent
    }

    /// A connection that is encrypted, and logged in if the deployment has credentials.
    async fn connect(&self) -> Result<AsyncSmtpConnection, smtp::Error> {
        let parameters = || self.parameters.clone();
        let at_once = (self.tls == Tls::Implicit).then(parameters);
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &self.hello, at_once, None).await?;
        if self.tls == Tls::StartTls {
            connection.starttls(parameters(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
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
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some() {
            return true;
        }
        cause = error.source();
    }
    error.is_tls()
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, Error> {
    let pem = fs::read(file).map_err(|source| Error::CaFile { path: file.to_owned(), source })?;
    let wrong = || Error::NoCertificates { path: file.to_owned() };
    let certificates: Vec<CertificateDer<'_>> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| wrong())?;
    if certificates.is_empty() {
        return Err(wrong());
    }
    let taken = certificates.into_iter().map(|der| Certificate::from_der(der.to_vec()).map_err(|_| wrong()));
    taken.collect()
}
