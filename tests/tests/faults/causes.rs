//! Why Postgres cannot be used is told at the start: where it should be, what is wrong, and no secret.

use std::time::Duration;

use roster_testkit::{Authority, Cluster, Data, Finished, Options};

/// A password that must not be shown.
const SECRET: &str = "hunter2";

async fn start(url: &str) -> Finished {
    let options = Options::default().variable("ROSTER_DATABASE__URL", url);
    Data::at(url).run(&["serve"], options).await
}

/// The service does not start, and says all of this.
async fn check(url: &str, words: &[&str]) {
    let finished =
        tokio::time::timeout(Duration::from_secs(10), start(url)).await.expect("it ends by itself");
    assert!(!finished.status.success(), "{url}: it serves:\n{}", finished.output);
    for word in words {
        assert!(finished.output.contains(word), "{url}: it says {word:?}:\n{}", finished.output);
    }
    assert!(!finished.output.contains(SECRET), "{}", finished.output);
}

#[tokio::test]
async fn a_start_says_why_postgres_cannot_be_used() {
    let authority = Authority::new();
    let cluster = Cluster::start(&["max_connections=20"]).await;
    let at = format!("127.0.0.1:{}", cluster.port());
    let owner = cluster.connect().await;
    for statement in [
        "CREATE ROLE ada LOGIN PASSWORD 'another'",
        "CREATE ROLE bob LOGIN",
        "CREATE ROLE carol LOGIN CONNECTION LIMIT 0",
        "CREATE DATABASE closed",
        "REVOKE CONNECT ON DATABASE closed FROM public",
        "CREATE DATABASE bare",
    ] {
        owner.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    let bare = roster_testkit::connect_postgres(&cluster.url_of("postgres", "bare")).await;
    bare.batch_execute("REVOKE ALL ON SCHEMA public FROM public").await.expect("rights can be taken");
    cluster.want_password("ada").await;

    let nowhere = format!("postgres://postgres:{SECRET}@db.invalid:5432/postgres?sslmode=disable");
    check(&nowhere, &["db.invalid:5432", "name was not found"]).await;
    check(&format!("postgres://postgres:{SECRET}@127.0.0.1:1/postgres"), &["127.0.0.1:1", "refused"]).await;
    check(&format!("{}?sslmode=require", cluster.url()), &[&at, "TLS"]).await;
    check(
        &cluster.url_of(&format!("ada:{SECRET}"), "postgres"),
        &[&at, "\"ada\"", "\"postgres\"", "password"],
    )
    .await;
    check(&cluster.url_of("bob", "nothing"), &[&at, "no database", "\"nothing\""]).await;
    check(&cluster.url_of("carol", "postgres"), &[&at, "no more connections"]).await;
    check(&cluster.url_of("bob", "closed"), &[&at, "\"bob\"", "GRANT CONNECT"]).await;
    check(&cluster.url_of("bob", "bare"), &[&at, "\"bob\"", "SCHEMA"]).await;

    cluster.offer_tls(&authority.server()).await;
    let secured = |host: &str, mode: &str| {
        format!("postgres://postgres@{host}:{}/postgres?sslmode={mode}", cluster.port())
    };
    check(&secured("127.0.0.1", "verify-ca"), &[&at, "certificate", "sslrootcert"]).await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("ca.crt");
    std::fs::write(&file, &authority.pem).expect("the folder takes a file");
    let trusted = |host: &str, mode: &str| format!("{}&sslrootcert={}", secured(host, mode), file.display());
    // The certificate is that of localhost.
    check(&trusted("127.0.0.1", "verify-full"), &[&at, "certificate"]).await;
    for (host, mode) in [("localhost", "verify-full"), ("127.0.0.1", "verify-ca"), ("127.0.0.1", "require")] {
        Data::at(&trusted(host, mode)).migrate().await;
    }
    let other = folder.path().join("other.crt");
    std::fs::write(&other, Authority::new().pem).expect("the folder takes a file");
    let distrusted = format!("{}&sslrootcert={}", secured("127.0.0.1", "require"), other.display());
    check(&distrusted, &[&at, "certificate"]).await;

    let standby = cluster.standby().await;
    let at = format!("127.0.0.1:{}", standby.port());
    check(&standby.url(), &[&at, "standby"]).await;
}
