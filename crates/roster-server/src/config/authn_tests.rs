//! Who may call, as it is configured: what is accepted, and that what is missing is refused and named.

use super::keys::{KEYS, callers, value};
use super::tests::{TempFile, with};
use super::*;
use crate::authn::Policies;
use crate::authn::jwt::KeySource;

/// A jwt configuration that is right.
const JWT: &str = "
    authn.mode = 'jwt'
    [jwt]
    issuer = 'https://id.example.org/'
    audience = 'roster'
    jwks_url = 'https://id.example.org/keys'
    [callers.shop]
    subject = 'shop-backend'
    clients = ['web', 'app']
    scopes = ['act-as', 'tiers.set']
    policies = ['account', 'guild']
    [callers.billing]
    subject = 'billing'
    policies = ['*']
";

/// A mesh configuration that is right.
const MESH: &str = "
    authn.mode = 'mesh'
    [tls]
    cert_file = 'cert.pem'
    key_file = 'key.pem'
    client_ca_file = 'ca.pem'
    [callers.shop]
    uri = 'spiffe://example.org/ns/shop/sa/backend'
    scopes = ['act-as']
    policies = ['account']
";

fn read(text: &str) -> Result<Config, Error> {
    let file = TempFile::new(text);
    with(&[("ROSTER_CONFIG", &file.0.display().to_string())])
}

#[test]
fn tokens() {
    let config = read(JWT).expect("it is right");
    let AuthnConfig::Jwt { jwt, callers } = &config.authn else { panic!("the mode is jwt") };
    assert_eq!((jwt.issuer.as_str(), jwt.audience.as_str()), ("https://id.example.org/", "roster"));
    assert!(matches!(&jwt.keys, KeySource::Url { url, ca_file: None } if url.path() == "/keys"));
    assert_eq!((jwt.max_lifetime, jwt.max_stale), (Duration::from_hours(24), Duration::from_hours(24)));
    let names: Vec<_> = callers.iter().map(|caller| caller.name.as_str()).collect();
    assert_eq!(names, ["billing", "shop"]);
    assert_eq!(callers[0].policies, Policies::All);
    assert!(callers[0].scopes.is_empty(), "none are given to who names none");
    assert!(matches!(&callers[1].policies, Policies::Only(names) if names.len() == 2));
    for name in ["jwt.algorithms", "jwt.max_lifetime", "jwt.max_stale"] {
        let key = KEYS.iter().find(|key| key.name == name).expect("it is documented");
        assert_eq!(value(&config, name).as_deref(), Some(key.default), "{name}");
    }
}

#[test]
fn certificates() {
    let config = read(MESH).expect("it is right");
    assert!(matches!(&config.authn, AuthnConfig::Mesh { callers } if callers.len() == 1));
    assert_eq!(value(&config, "tls.client_ca_file").as_deref(), Some("\"ca.pem\""));
}

#[test]
fn what_is_printed_can_be_read_again() {
    for text in [JWT, MESH] {
        let config = read(text).expect("it is right");
        let mut printed: Vec<String> = KEYS
            .iter()
            .filter_map(|key| Some(format!("{} = {}", key.name, value(&config, key.name)?)))
            .collect();
        printed.push(callers(&config));
        let again = read(&printed.join("\n")).expect("it reads what it prints");
        assert_eq!(again.authn.callers(), config.authn.callers());
        assert_eq!(again.tls, config.tls);
    }
}

#[test]
fn what_is_wrong_is_named() {
    let check = |text: &str, from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{from} is not there to be replaced");
        let error = read(&text.replace(from, to)).err().unwrap_or_else(|| panic!("{to} is accepted"));
        assert!(error.to_string().contains(expected), "{to}: {error}");
    };
    let jwt = |from: &str, to: &str, expected: &str| check(JWT, from, to, expected);
    jwt("issuer = 'https://id.example.org/'", "", "jwt.issuer: must be given");
    jwt("audience = 'roster'", "audience = ''", "jwt.audience: must be given");
    jwt("jwks_url = 'https://id.example.org/keys'", "", "jwt.jwks_url: must be given");
    jwt("audience = 'roster'", "audience = 'roster'\njwks_file = 'x'", "keep one of them");
    for url in [
        "http://id.example.org/keys",
        "ftp://localhost/keys",
        "https://user:pass@id.example.org/",
        "keys",
        "file:///keys",
        "http://localhost.example.org/",
    ] {
        jwt("https://id.example.org/keys", url, "jwt.jwks_url: must be an https URL");
    }
    jwt(
        "audience = 'roster'",
        "audience = 'roster'\nalgorithms = []",
        "jwt.algorithms: must be some of RS256",
    );
    jwt(
        "audience = 'roster'",
        "audience = 'roster'\nalgorithms = ['HS256']",
        "jwt.algorithms: must be some of",
    );
    jwt(
        "audience = 'roster'",
        "audience = 'roster'\nalgorithms = ['none']",
        "jwt.algorithms: must be some of",
    );
    jwt(
        "audience = 'roster'",
        "audience = 'roster'\nmax_lifetime = '1s'",
        "jwt.max_lifetime: must be from 1m",
    );
    jwt("audience = 'roster'", "audience = 'roster'\nmax_stale = '1y'", "jwt.max_stale: must be from 1m");
    jwt("policies = ['*']", "", "callers.billing.policies: must name the policies");
    jwt("policies = ['*']", "policies = []", "callers.billing.policies: must name the policies");
    jwt("policies = ['*']", "policies = ['*', 'guild']", "callers.billing.policies: must name the policies");
    jwt("policies = ['*']", "policies = ['Guild']", "callers.billing.policies: must name the policies");
    jwt("'tiers.set'", "'tiers'", "callers.shop.scopes: must be some of act-as");
    jwt("'tiers.set'", "'*'", "callers.shop.scopes: must be some of act-as");
    jwt("subject = 'billing'", "subject = 'shop-backend'", "callers.shop.subject: the caller billing has it");
    jwt("subject = 'billing'", "clients = ['web']", "callers.shop.clients: the caller billing has it");
    jwt("subject = 'billing'", "", "callers.billing: must have a subject or clients");
    jwt("subject = 'billing'", "subject = ''", "callers.billing.subject: must be");
    jwt(
        "subject = 'billing'",
        "subject = 'b'\nuri = 'spiffe://a/b'",
        "callers.billing.uri: needs authn.mode",
    );
    jwt("subject = 'shop-backend'", "", "callers.shop.scopes: need a subject");
    jwt("['web', 'app']", "['']", "callers.shop.clients: must hold no empty name");
    jwt("subject = 'billing'", "subjects = 'b'", "subjects: there is no such key");
    let (before, _) = JWT.split_once("[callers.shop]").expect("it has callers");
    jwt(JWT, before, "callers: must name at least one calling service");
    jwt("authn.mode = 'jwt'", "", "jwt.issuer: needs authn.mode = \"jwt\"");
    jwt("authn.mode = 'jwt'", "", "callers: need authn.mode");
    jwt("authn.mode = 'jwt'", "authn.mode = 'jwt'\nlisten = '0.0.0.0:1'", "unless allow_plaintext = true");

    let mesh = |from: &str, to: &str, expected: &str| check(MESH, from, to, expected);
    mesh("client_ca_file = 'ca.pem'", "", "tls.client_ca_file: must be given with authn.mode = \"mesh\"");
    mesh("cert_file = 'cert.pem'", "", "tls.cert_file: must be given beside tls.key_file");
    mesh("key_file = 'key.pem'", "", "tls.key_file: must be given beside tls.cert_file");
    mesh("cert_file = 'cert.pem'\n    key_file = 'key.pem'", "", "tls.client_ca_file: needs tls.cert_file");
    mesh("uri = 'spiffe://example.org/ns/shop/sa/backend'", "", "callers.shop.uri: must be given");
    mesh("spiffe://example.org/ns/shop/sa/backend", "shop", "callers.shop.uri: must be a URI");
    mesh("policies = ['account']", "policies = ['account']\nsubject = 'x'", "callers.shop.subject: needs");
    mesh("policies = ['account']", "policies = ['account']\nclients = ['x']", "callers.shop.clients: needs");
    mesh("authn.mode = 'mesh'", "", "callers: need authn.mode");
}

#[test]
fn other_machines_reach_it_only_encrypted_or_as_the_deployment_says() {
    let public = |text: &str| read(&format!("listen = '0.0.0.0:50051'\n{text}"));
    assert!(public(JWT).is_err());
    assert!(public(&format!("allow_plaintext = true\n{JWT}")).is_ok());
    assert!(public(MESH).is_ok());
    assert!(public("allow_plaintext = true").is_err(), "dev mode never");
    let dev_with_tls = "[tls]\ncert_file = 'cert.pem'\nkey_file = 'key.pem'";
    assert!(public(dev_with_tls).is_err(), "dev mode never");
    assert!(public(&format!("server.health_listen = '0.0.0.0:9'\nallow_plaintext = true\n{JWT}")).is_ok());
}
