//! The mode of production, with the tokens of an identity provider that is not ours.

mod headers;
mod identity;
mod keys;

use std::sync::Arc;

use roster_testkit::{Actor, Data, Kind, OidcPeer, Options, Server};
use serde_json::json;

const CALLERS: &str = "
[callers.shop]
subject = 'shop-backend'
clients = ['shop-web']
scopes = ['act-as', 'tiers.set', 'members.import']
policies = ['account', 'workspace']
[callers.wiki]
subject = 'wiki-backend'
clients = ['wiki-web']
scopes = ['act-as']
policies = ['brand', 'studio']
";

/// A service, and the identity provider that it believes.
struct Scene {
    issuer: OidcPeer,
    server: Server,
}

impl Scene {
    async fn start(kind: Kind) -> Self {
        let issuer = issuer().await;
        let server = server(kind, &issuer).await;
        Self { issuer, server }
    }

    /// Who shows somebody's token.
    fn showing(&self, user: &str) -> Actor {
        bearer(self.issuer.token(user))
    }

    /// The shop's backend, for a person whose token it passes on.
    fn shop_for(&self, user: &str) -> Actor {
        self.showing("shop-backend").header("x-actor-token", self.issuer.token(user))
    }
}

/// An identity provider with persons and services.
async fn issuer() -> OidcPeer {
    let person = |user: &str, verified: bool, client: &str| json!({ "email": format!("{user}@example.org"), "email_verified": verified, "azp": client });
    OidcPeer::start(&[
        ("ada", person("ada", true, "shop-web")),
        ("bob", person("bob", false, "shop-web")),
        ("cleo", person("cleo", true, "wiki-web")),
        ("eve", person("eve", true, "another-web")),
        ("mallory", json!({ "scope": "act-as tiers.set members.import" })),
        ("shop-backend", json!({ "scope": "act-as tiers.set teams.administer" })),
        ("wiki-backend", json!({ "scope": "tiers.set" })),
    ])
    .await
}

async fn server(kind: Kind, issuer: &OidcPeer) -> Server {
    let data = Arc::new(Data::fresh(kind).await);
    let text = format!("{}{CALLERS}", issuer.configuration());
    std::fs::write(data.directory().join("roster.toml"), text).expect("the folder takes files");
    Server::start_on(data, Options::default().variable("ROSTER_CONFIG", "roster.toml")).await
}

/// Who shows this token.
fn bearer(token: &str) -> Actor {
    Actor::nobody().header("authorization", &format!("Bearer {token}"))
}
