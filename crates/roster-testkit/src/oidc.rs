//! An identity provider that is not ours.

use std::collections::HashMap;

use serde_json::Value;
use tokio::process::Command;

use crate::process::Process;
use crate::setting::setting;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/oidc_peer.py");

/// What its tokens are for.
const AUDIENCE: &str = "roster-tests";

/// A private identity provider at which people have logged in; ended when dropped.
pub struct OidcPeer {
    process: Process,
    port: u16,
    tokens: HashMap<String, String>,
}

impl OidcPeer {
    /// Starts one at which these have logged in, with what it claims about each.
    pub async fn start(users: &[(&str, Value)]) -> Self {
        let mut command = Command::new(setting("ROSTER_TEST_PYTHON"));
        command.arg(SCRIPT).arg(AUDIENCE).args(users.iter().map(|(user, claims)| format!("{user}:{claims}")));
        let mut process = Process::start(command);
        let line = process.line("ready ").await;
        let port = line.trim_start_matches("ready ").parse().expect("a port");
        let mut tokens = HashMap::new();
        for (user, _) in users {
            let line = process.line(&format!("{{\"user\": \"{user}\"")).await;
            let said: Value = serde_json::from_str(&line).expect("a line of JSON");
            tokens.insert((*user).to_owned(), said["token"].as_str().expect("a token").to_owned());
        }
        Self { process, port, tokens }
    }

    /// Ends it at once; connections are refused from then on.
    pub async fn stop(&mut self) {
        self.process.kill().await;
    }

    /// The token of somebody who has logged in.
    #[must_use]
    pub fn token(&self, user: &str) -> &str {
        self.tokens.get(user).unwrap_or_else(|| panic!("{user} has not logged in"))
    }

    /// What a service's configuration says that believes its tokens.
    #[must_use]
    pub fn configuration(&self) -> String {
        let port = self.port;
        format!(
            "authn.mode = 'jwt'\n[jwt]\nissuer = 'http://localhost:{port}'\naudience = '{AUDIENCE}'\n\
             jwks_url = 'http://localhost:{port}/jwks'\n"
        )
    }
}
