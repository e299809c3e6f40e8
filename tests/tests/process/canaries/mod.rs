//! No secret, no address and no name where they do not belong: texts that can be found again are planted in a whole
//! run, and then everything that the service wrote is searched.

mod links;
mod rest;
mod ways_in;

use roster_testkit::{Collector, Kind, Options, OwnPolicy, Server, both};
use tempfile::TempDir;

/// A policy whose codes are long enough to be found by chance nowhere.
const AVIARY: &str = r#"
name = "aviary"
title = "Aviary"

[[roles]]
name = "owner"
founder = true
at_least_one = true
permissions = ["*"]
assigns = ["owner", "guest"]
manages = ["owner", "guest"]

[[roles]]
name = "guest"
permissions = ["team.read"]

[invitations]
lifetime = "P7D"
address_locked = true

[team_codes]
prefix = "CNRY-"
length = 12
lifetimes = ["P7D", "never"]
"#;

/// What must not be found.
#[derive(Default)]
struct Canaries {
    /// Tokens, and their secret parts alone.
    secrets: Vec<String>,
    /// Codes that admit people, in the forms in which they are kept.
    codes: Vec<String>,
    /// Codes that somebody guessed, and tokens that are none.
    guesses: Vec<String>,
    addresses: Vec<String>,
    names: Vec<String>,
}

impl Canaries {
    fn token(&mut self, token: &str) {
        let secret = token.split('_').nth(2).expect("kind, secret and checksum");
        assert!(secret.len() >= 20, "long enough to be found by chance nowhere");
        self.secrets.extend([secret.to_owned(), token.to_owned()]);
    }

    /// What admits people, and what was only tried.
    fn all_secrets(&self) -> impl Iterator<Item = &String> {
        self.secrets.iter().chain(&self.guesses)
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.all_secrets().chain(&self.codes).chain(&self.addresses).chain(&self.names)
    }
}

/// Where a run has its policy and its mails.
struct Place {
    policy: OwnPolicy,
    mails: TempDir,
}

impl Place {
    fn new() -> Self {
        let mails = TempDir::new().expect("a temporary folder can be made");
        Self { policy: OwnPolicy::of(AVIARY), mails }
    }

    fn options(&self) -> Options {
        // A folder of its own, which the service makes.
        let folder = self.mails.path().join("mails").display().to_string();
        self.policy.options().variable("ROSTER_MAIL__DIR", folder)
    }

    /// Makes calls that succeed and calls that fail, with texts that can be found again.
    async fn run(&self, server: &Server) -> Canaries {
        let mut canaries = Canaries::default();
        links::run(server, &mut canaries).await;
        ways_in::run(server, &self.mails.path().join("mails"), &mut canaries).await;
        canaries
    }
}

#[tokio::test]
async fn no_secret_address_or_name_is_in_any_span_or_log_line() {
    both(async |kind| {
        for filter in ["info", "debug", "trace"] {
            let collector = Collector::start().await;
            let place = Place::new();
            let options = place
                .options()
                .variable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
                .variable("ROSTER_LOG__FILTER", filter);
            let server = Server::start_with(kind, options).await;
            let canaries = place.run(&server).await;
            let logs = server.stop().await.output;
            let spans = collector.everything();
            for call in ["RedeemInviteLink", "RedeemTeamCode", "AcceptInvitation", "mail.send"] {
                assert!(spans.contains(call), "{call} has a span");
                assert!(logs.contains(call) || call == "mail.send", "{call} has a line");
            }
            assert!(logs.contains("a mail was not sent"), "a failure is told");
            for canary in canaries.all() {
                assert_absent(canary, &logs, &format!("the logs at {filter}"));
                assert_absent(canary, &spans, "the spans");
            }
        }
    })
    .await;
}

/// The kinds of storage whose tables and keys can be read from here.
async fn full(place: &Place, redis: &str) -> Server {
    Server::start_with(Kind::Full, place.options().redis(redis)).await
}

/// Fails if the text holds the canary, as it is, in another case, or as hexadecimal digits.
#[track_caller]
fn assert_absent(canary: &str, text: &str, place: &str) {
    for form in forms(canary) {
        if let Some(at) = text.find(&form) {
            let line = text[..at].matches('\n').count();
            let around: String = text.lines().nth(line).unwrap_or_default().chars().take(600).collect();
            panic!("{canary:?} is in {place}: {around}");
        }
    }
}

fn forms(canary: &str) -> [String; 3] {
    let hex = canary.bytes().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    [canary.to_owned(), canary.to_lowercase(), hex]
}
