//! pgbouncer between the service and Postgres, as Debian has it, and what the service sends to newer ones.

use std::sync::Arc;

use roster_testkit::{Data, Kind, Options, Pgbouncer, PoolMode, Proxy, Server, Session};

/// The data, and pgbouncer before their Postgres.
async fn behind(mode: PoolMode) -> (Data, Pgbouncer, Options) {
    let data = Data::fresh(Kind::Full).await;
    let url = data.postgres_url();
    let (server, database) = url.rsplit_once('/').expect("a URL ends in a database");
    let port = server.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a URL has a port");
    let pooler = Pgbouncer::start(port, mode).await;
    let options = Options::default().variable("ROSTER_DATABASE__URL", pooler.url_of(database));
    (data, pooler, options)
}

/// Refuses to start, and says this.
async fn assert_refused(data: &Data, options: Options, words: &[&str]) {
    let finished = data.run(&["serve"], options).await;
    assert!(!finished.status.success(), "it serves:\n{}", finished.output);
    for word in words {
        assert!(finished.output.contains(word), "it says {word}:\n{}", finished.output);
    }
}

#[tokio::test]
async fn pgbouncer_in_session_mode_serves_by_default() {
    let (data, _pooler, options) = behind(PoolMode::Session).await;
    let options = options.variable("ROSTER_DATABASE__POOLER", "transaction");
    let server = Server::start_on(Arc::new(data), options).await;
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    server.redeem("bob", &link.token).await;
    assert_eq!(server.team("ada", &team).await.member_count, 2);
}

#[tokio::test]
async fn a_start_behind_pgbouncer_says_what_to_set() {
    let (data, _pooler, options) = behind(PoolMode::Session).await;
    assert_refused(&data, options, &["database.pooler"]).await;
}

#[tokio::test]
async fn pgbouncer_in_transaction_mode_that_follows_no_prepared_statements_is_recognised() {
    let (data, _pooler, options) = behind(PoolMode::Transaction).await;
    let options = options.variable("ROSTER_DATABASE__POOLER", "transaction");
    assert_refused(&data, options, &["max_prepared_statements"]).await;
}

/// What the service sends over each connection, from its start through a few calls.
async fn sent(options: Options) -> Vec<Session> {
    let data = Data::fresh(Kind::Full).await;
    let (proxy, url) = Proxy::to_postgres(&data.postgres_url()).await;
    proxy.record();
    let options = options.variable("ROSTER_DATABASE__URL", url);
    let server = Server::start_on(Arc::new(data), options).await;
    let team = server.create_team("ada").await;
    let link = server.create_link("ada", &team).await;
    server.redeem("bob", &link.token).await;
    server.rename("ada", &team, "Another").await;
    server.revoke("ada", &team, &link.id).await;
    server.members("ada", &team).await;
    let sessions = proxy.recorded();
    assert!(!sessions.is_empty(), "the service connects");
    sessions
}

#[tokio::test]
async fn a_pooler_is_sent_no_parameter_that_it_refuses() {
    let check = async |options: Options, expected: bool| {
        for session in sent(options).await {
            for name in ["options", "extra_float_digits"] {
                let is_sent = session.parameters.contains_key(name);
                assert_eq!(is_sent, expected, "{name} in {:?}", session.parameters);
            }
            assert_eq!(session.parameters.get("application_name").map(String::as_str), Some("roster"));
        }
    };
    check(Options::default(), true).await;
    check(Options::default().variable("ROSTER_DATABASE__POOLER", "transaction"), false).await;
}

#[tokio::test]
async fn every_transaction_that_writes_sets_its_own_limits() {
    let options = Options::default().variable("ROSTER_DATABASE__POOLER", "transaction");
    let mut writes = 0;
    for session in sent(options).await {
        let mut limits: Option<Vec<&str>> = None;
        for statement in &session.statements {
            let statement = statement.as_str();
            if statement.starts_with("BEGIN") {
                limits = Some(vec![]);
            }
            if let Some(limits) = &mut limits {
                let names = ["lock_timeout", "statement_timeout"];
                limits.extend(names.iter().filter(|name| statement.contains(&format!("SET LOCAL {name}"))));
            }
            let is_write = ["INSERT INTO ", "UPDATE \"", "UPDATE teams", "DELETE FROM "];
            if is_write.iter().any(|write| statement.contains(write)) && limits.is_some() {
                writes += 1;
                assert_eq!(limits.as_ref().map(Vec::len), Some(2), "before {statement}");
            }
            if ["COMMIT", "ROLLBACK"].iter().any(|end| statement.starts_with(end)) {
                limits = None;
            }
        }
    }
    assert!(writes >= 5, "five calls wrote, and {writes} statements were seen");
}
