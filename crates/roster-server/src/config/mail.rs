//! How mail leaves: the keys under `mail`.
//!
//! Mail carries secrets, so that there is no way to have it sent in the clear. No message shows the relay's URL, which
//! holds a password.

use std::path::PathBuf;

use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use roster_domain::{EmailAddress, PolicyName};
use rustls::pki_types::ServerName;
use url::{Host, Url};

use super::check::secret;
use super::secret::SecretUrl;
use super::settings::Settings;
use crate::tokens::Secret;

/// What `.eml` files say that nobody said anything else about.
const FROM: &str = "Roster <roster@localhost>";
const LINK: &str = "http://localhost:3000/join?token={token}";

/// How mail leaves, and what is in it.
#[derive(Clone)]
pub struct MailConfig {
    /// Which way it goes.
    pub route: Route,
    /// Who it is from; the domain is in its ASCII form.
    pub from: Mailbox,
    /// Where its link leads.
    pub link: LinkTemplate,
    /// Where the deployment's own templates are, if it has any.
    pub templates_dir: Option<PathBuf>,
}

/// Which way mail goes.
#[derive(Clone)]
pub enum Route {
    /// To a relay.
    Smtp(Relay),
    /// Into files in a folder.
    Directory(PathBuf),
}

/// A mail server that sends on what it is given.
#[derive(Clone)]
pub struct Relay {
    /// A DNS name or an IP address: what its certificate must be for.
    pub host: String,
    /// The port.
    pub port: u16,
    /// When TLS begins.
    pub tls: Tls,
    /// Who we are to it, if it asks.
    pub credentials: Option<Credentials>,
    /// A PEM file of further authorities that its certificate may come from.
    pub ca_file: Option<PathBuf>,
}

/// When TLS begins. There is no relay without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// With the connection.
    Implicit,
    /// After a greeting in the clear; a relay that does not offer it gets nothing.
    StartTls,
}

/// Where the link of a mail leads: a URL with `{token}` in it, and `{policy}` where the deployment wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTemplate(String);

impl LinkTemplate {
    /// Takes an https URL, or an http one of this very machine, that has `{token}` exactly once, after its host, and no
    /// other braces than `{policy}`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.matches("{token}").count() != 1 {
            return Err("must contain {token} exactly once");
        }
        let filled = fill(text, "policy", "token");
        if filled.contains(['{', '}']) {
            return Err("must contain no braces but those of {token} and {policy}");
        }
        let url = Url::parse(&filled)
            .map_err(|_| "must be a URL such as https://example.org/join?token={token}")?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err("must begin with https://; http:// is for localhost alone");
        }
        // A host is looked up in the open, and in lower case; what precedes it as a login is not shown by browsers.
        let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
        if after_scheme.split(['/', '?', '#']).next().is_some_and(|host| host.contains("{token}")) {
            return Err("must contain {token} in its path, query or fragment");
        }
        Ok(Self(text.to_owned()))
    }

    /// The link for the holder of a token.
    #[must_use]
    pub fn fill(&self, policy: &PolicyName, token: &Secret) -> String {
        fill(&self.0, policy.as_str(), token.expose())
    }

    /// The template as it was configured.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.0
    }
}

/// Neither names of policies nor tokens have a sign that means something in a URL.
fn fill(template: &str, policy: &str, token: &str) -> String {
    template.replace("{policy}", policy).replace("{token}", token)
}

/// How mail leaves; `None` if it does not, or after a problem was noted.
pub(super) fn check(settings: &Settings, problems: &mut Vec<String>) -> Option<MailConfig> {
    let before = problems.len();
    let mail = &settings.mail;
    let url = secret("mail.smtp_url", mail.smtp_url.as_ref(), mail.smtp_url_file.as_deref(), problems);
    let has_url = mail.smtp_url.is_some() || mail.smtp_url_file.is_some();
    if has_url && mail.dir.is_some() {
        problems.push("mail.dir: stands beside mail.smtp_url; mail goes one way or the other".to_owned());
    }
    if mail.ca_file.is_some() && !has_url {
        problems.push("mail.ca_file: needs mail.smtp_url".to_owned());
    }
    let embedded = settings.database.url.is_none() && settings.database.url_file.is_none();
    let sends = has_url || mail.dir.is_some() || embedded;
    let default = |text: &str| (!has_url).then(|| text.to_owned());
    let set = [("from", mail.from.is_some()), ("link", mail.link.is_some())];
    for (key, _) in set.iter().filter(|(_, set)| has_url && !set) {
        problems.push(format!("mail.{key}: must be set with mail.smtp_url"));
    }
    let further = [("templates_dir", mail.templates_dir.is_some())];
    for (key, _) in set.iter().chain(&further).filter(|(_, set)| *set && !sends) {
        problems.push(format!("mail.{key}: needs mail.smtp_url or mail.dir; without them no mail is sent"));
    }

    let mut noted = |key: &str, what: &str| problems.push(format!("mail.{key}: {what}"));
    let from = mail.from.clone().or_else(|| default(FROM)).map(|text| mailbox(&text));
    let from = from.and_then(|parsed| parsed.map_err(|what| noted("from", what)).ok());
    let link = mail.link.clone().or_else(|| default(LINK)).map(|text| LinkTemplate::parse(&text));
    let link = link.and_then(|parsed| parsed.map_err(|what| noted("link", what)).ok());
    let relay =
        url.map(|url| relay(&url)).and_then(|parsed| parsed.map_err(|what| noted("smtp_url", what)).ok());
    if problems.len() > before || !sends {
        return None;
    }
    let route = match relay {
        Some(relay) => Route::Smtp(Relay { ca_file: mail.ca_file.clone(), ..relay }),
        None => Route::Directory(mail.dir.clone().unwrap_or_else(|| settings.data_dir.join("mail"))),
    };
    Some(MailConfig { route, from: from?, link: link?, templates_dir: mail.templates_dir.clone() })
}

/// The relay that a URL names, its further authorities left out.
fn relay(url: &SecretUrl) -> Result<Relay, &'static str> {
    const EXPECTED: &str = "must be a URL such as smtps://user:password@host:465 or smtp+starttls://host:587";
    let url = Url::parse(url.expose()).map_err(|_| EXPECTED)?;
    let (tls, default_port) = match url.scheme() {
        "smtps" => (Tls::Implicit, 465),
        "smtp+starttls" => (Tls::StartTls, 587),
        "smtp" => {
            return Err(
                "must begin with smtps:// or smtp+starttls://; mail carries secrets and is not sent in the clear",
            );
        }
        _ => return Err(EXPECTED),
    };
    let beyond = !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some();
    let host = match url.host() {
        Some(Host::Domain(name)) if !beyond => name.to_owned(),
        Some(Host::Ipv4(address)) if !beyond => address.to_string(),
        Some(Host::Ipv6(address)) if !beyond => address.to_string(),
        _ => return Err(EXPECTED),
    };
    if ServerName::try_from(host.as_str()).is_err() {
        return Err("must have a DNS name or an IP address as its host");
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(Into::into).ok();
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        ("", Some(_)) | (_, None) => return Err("must have a user and a password, or neither"),
        (user, Some(password)) => {
            let read = decoded(user).zip(decoded(password));
            let (user, password) =
                read.ok_or("must have credentials that are UTF-8 once they are decoded")?;
            Some(Credentials::new(user, password))
        }
    };
    Ok(Relay { host, port: url.port().unwrap_or(default_port), tls, credentials, ca_file: None })
}

/// A mailbox such as `Roster <team@example.org>`.
fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    const EXPECTED: &str = "must be a mailbox such as Roster <team@example.org>";
    if text.chars().any(char::is_control) {
        return Err(EXPECTED);
    }
    let parsed: Mailbox = text.parse().map_err(|_| EXPECTED)?;
    let address = EmailAddress::parse(parsed.email.as_ref()).map_err(|_| EXPECTED)?;
    let address: Address = address.to_ascii().parse().map_err(|_| EXPECTED)?;
    Ok(Mailbox::new(parsed.name, address))
}
