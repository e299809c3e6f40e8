//! What the chart must refuse before anything is installed.

use anyhow::{Result, bail, ensure};

use super::{CHART, Chart};
use crate::project::root;

/// Values of the `ci` folder, a setting over them, and what helm has to say to it.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("jwt", "redis.secretName=", "more than one replica need Redis"),
    ("jwt", "keys.secretName=", "keys.secretName: name a Secret"),
    ("jwt", "database.secretName=", "database.secretName: name a Secret"),
    ("jwt", "image.repository=", "image.repository: name the image"),
    ("jwt", "tls.secretName=", "set allowPlaintext to true if a service mesh encrypts"),
    ("jwt", "allowPlaintext=true", "stands beside tls.secretName"),
    ("jwt", "mail.from=", "a relay needs mail.from and mail.link"),
    ("jwt", "jwt.issuer=", "jwt.issuer: name the issuer"),
    ("jwt", "jwt.jwksUrl=", "jwt.jwksUrl: name where"),
    ("jwt", "jwt.jwks.configMapName=keys", "stands beside jwt.jwksUrl"),
    ("plaintext", "tls.clientCa.secretName=ca", "tls.clientCa: needs tls.secretName"),
    ("jwt", "callers.backend.uri=spiffe://example.com/a", "callers.backend.uri: is for mesh mode"),
    ("jwt", "callers.other.policies={organization}", "callers.other: needs subject or clients"),
    ("jwt", "callers=null", "name at least one calling service"),
    ("mesh", "tls.clientCa.secretName=", "mesh mode ends mutual TLS itself"),
    ("mesh", "callers.other.policies={organization}", "callers.other: needs uri"),
    ("mesh", "callers.backend.subject=a", "subject and clients are for jwt mode"),
    ("plaintext", "replicas=2", "more than one replica need Redis"),
    // Those of the schema.
    ("jwt", "authn.mode=dev", "/authn/mode"),
    ("jwt", "database.url=postgres://a:b@c/d", "'url' not allowed"),
    ("jwt", "redis.url=redis://a", "'url' not allowed"),
    ("jwt", "database.pooler=session", "/database/pooler"),
    ("jwt", "callers.backend.scopes={everything}", "/callers/backend/scopes"),
    ("jwt", "callers.other.subject=a", "missing property 'policies'"),
    ("jwt", "server.drain=1h", "invalid propertyName 'drain'"),
    ("jwt", "jwt.jwksUrl=http://id.example.com/keys", "/jwt/jwksUrl"),
    ("jwt", "jwt.algorithms={HS256}", "/jwt/algorithms"),
    ("jwt", "otlp.endpoint=http://user:password@collector:4317", "/otlp/endpoint"),
    ("jwt", "replicaCount=3", "'replicaCount' not allowed"),
];

/// Sees that each is refused in these words.
pub(super) fn check(chart: &Chart) -> Result<()> {
    for (values, setting, expected) in REFUSALS {
        let file = root().join(CHART).join(format!("ci/{values}-values.yaml"));
        match chart.template(&file, &[setting])? {
            Ok(_) => bail!("{values} with {setting} is rendered, and should be refused: {expected}"),
            Err(said) => ensure!(said.contains(expected), "{values} with {setting} is refused so: {said}"),
        }
    }
    Ok(())
}
