//! `roster dev-token`, and that the service would believe what it makes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use roster_domain::EmailAddress;
use roster_server::authn::jwt::{Clock, KeySource, Rejected, Verified, Verifier};

use super::config;

/// The issuer that the command names unless it is told another.
const ISSUER: &str = "https://dev.roster.test";

fn dev_token(folder: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
    command.arg("dev-token").arg("--dir").arg(folder).args(options);
    command.output().expect("the command runs")
}

fn token(folder: &Path, options: &[&str]) -> String {
    let output = dev_token(folder, options);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).expect("text");
    let token = stdout.strip_suffix('\n').expect("one line");
    assert!(!token.contains(char::is_whitespace), "the token and nothing else");
    assert!(!String::from_utf8_lossy(&output.stderr).contains(token), "nowhere else");
    token.to_owned()
}

async fn verify(folder: &Path, issuer: &str, audience: &str, token: &str) -> Result<Verified, Rejected> {
    let mut config = config(KeySource::File(folder.join("jwks.json")));
    config.issuer = issuer.to_owned();
    config.audience = audience.to_owned();
    let verifier = Verifier::open_at(config, Clock::system()).expect("the set of keys is one");
    verifier.verify(token).await.map(|verified| Verified::clone(&verified))
}

#[tokio::test]
async fn the_service_believes_a_token_of_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("not/there/yet");
    let good = verify(&keys, ISSUER, "roster", &token(&keys, &["--sub", "ada"])).await.expect("it is good");
    assert_eq!(
        (good.subject.as_str(), good.client_id, good.email, good.scopes.len()),
        ("ada", None, None, 0)
    );

    let set = std::fs::read_to_string(keys.join("jwks.json")).expect("the set");
    let mode = |name: &str| keys.join(name).metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode("private-key.pem"), 0o600);
    assert_eq!(keys.metadata().expect("it is there").permissions().mode() & 0o777, 0o700);
    assert!(!set.contains("\"d\""), "the public half only");

    let options = [
        ["--sub", "worker"],
        ["--scope", "act-as tiers.set"],
        ["--client-id", "web"],
        ["--email", "ada@example.org"],
        ["--lifetime", "15m"],
        ["--issuer", "https://other.test"],
        ["--audience", "other"],
    ];
    let second = token(&keys, options.as_flattened());
    let good = verify(&keys, "https://other.test", "other", &second).await.expect("it is good");
    assert_eq!((good.subject.as_str(), good.client_id.as_deref()), ("worker", Some("web")));
    assert_eq!(good.scopes.into_iter().collect::<Vec<_>>(), ["act-as", "tiers.set"]);
    assert_eq!(good.email, EmailAddress::parse("ada@example.org").ok());
    assert_eq!(std::fs::read_to_string(keys.join("jwks.json")).expect("the set"), set, "it is the same key");

    // A set that was lost comes back from the key.
    std::fs::remove_file(keys.join("jwks.json")).expect("it is there");
    token(&keys, &["--sub", "ada"]);
    verify(&keys, "https://other.test", "other", &second).await.expect("it is still good");
}

#[test]
fn what_no_service_would_believe_is_not_made() {
    let folder = tempfile::tempdir().expect("a folder");
    for (options, told) in [
        (&["--sub", ""][..], "--sub must be"),
        (&["--sub", "ada", "--email", "ada"], "--email must be"),
        (&["--sub", "ada", "--lifetime", "0s"], "--lifetime must be"),
        (&["--sub", "ada", "--lifetime", "soon"], "--lifetime"),
    ] {
        let output = dev_token(folder.path(), options);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && output.stdout.is_empty() && stderr.contains(told), "{stderr}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "nor any key");
    std::fs::write(folder.path().join("private-key.pem"), "secret words").expect("a file");
    let stderr = String::from_utf8(dev_token(folder.path(), &["--sub", "ada"]).stderr).expect("text");
    assert!(
        stderr.contains("private-key.pem: must be a private key") && !stderr.contains("words"),
        "{stderr}"
    );
}
