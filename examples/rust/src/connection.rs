//! Where the service is, and in whose name it is called.

use std::env;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

/// A person in whose name the backend calls.
pub(crate) struct Person {
    pub(crate) user_id: &'static str,
    pub(crate) email: &'static str,
}

/// Connects once for the whole process: a channel carries many calls, and connects anew when it breaks.
pub(crate) fn connect(address: &str) -> Result<Channel> {
    let Some(ca) = variable("ROSTER_CA") else {
        ensure!(
            variable("ROSTER_TOKEN").is_none() || is_loopback(address),
            "a token does not travel in plaintext: set ROSTER_CA to the service's authority"
        );
        return Ok(endpoint(format!("http://{address}"))?.connect_lazy());
    };
    let pem = std::fs::read(&ca).with_context(|| format!("ROSTER_CA: cannot read {ca}"))?;
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem));
    let endpoint = endpoint(format!("https://{address}"))?.tls_config(tls);
    Ok(endpoint.context("ROSTER_CA holds no certificate")?.connect_lazy())
}

/// What every call in the name of that person carries.
///
/// With `ROSTER_TOKEN` the service shows its own token and the person's; otherwise it says who the person is, which
/// only dev mode believes.
pub(crate) fn acting_for(person: &Person) -> Result<MetadataMap> {
    let mut metadata = MetadataMap::new();
    if let Some(token) = variable("ROSTER_TOKEN") {
        let name = format!("ROSTER_ACTOR_TOKEN_{}", person.user_id.to_uppercase());
        let actor = variable(&name)
            .with_context(|| format!("{name} is not set: with ROSTER_TOKEN each person needs a token"))?;
        let bearer = format!("Bearer {token}").parse().context("ROSTER_TOKEN is no token")?;
        metadata.insert("authorization", bearer);
        metadata.insert("x-actor-token", actor.parse().with_context(|| format!("{name} is no token"))?);
    } else {
        metadata.insert("x-actor-user-id", MetadataValue::from_static(person.user_id));
        metadata.insert("x-actor-email", MetadataValue::from_static(person.email));
        metadata.insert("x-actor-email-verified", MetadataValue::from_static("true"));
    }
    Ok(metadata)
}

/// An environment variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn endpoint(url: String) -> Result<Endpoint> {
    let endpoint = Endpoint::from_shared(url).context("the address must be HOST:PORT")?;
    Ok(endpoint.connect_timeout(Duration::from_secs(2)))
}

fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}
