//! What the store in Redis does when Redis is away, frozen, empty, full, or refuses it.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use roster_server::tokens::TokenStore;

use super::server::{Server, ask, eventually, raw};
use super::{HOUR, NOW, any_digest, any_link, at, key, redis_store};

#[tokio::test]
async fn redis_emptied_or_full_costs_no_more_than_a_miss() {
    let server = Server::start(&[]).await;
    let (store, mut redis) = (redis_store(&server.url()), raw(&server.url()).await);
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    store.put(digest, &link, NOW).await;
    assert_eq!(store.get(digest).await, Some(link));
    ask::<()>(&mut redis, &["FLUSHALL"]).await;
    assert_eq!(store.get(digest).await, None);
    store.put(digest, &link, NOW).await;
    assert_eq!(store.get(digest).await, Some(link));

    ask::<()>(&mut redis, &["CONFIG", "SET", "maxmemory", "1"]).await;
    let other = any_digest();
    store.put(other, &link, NOW).await;
    assert_eq!(store.get(other).await, None);
    assert_eq!(store.get(digest).await, Some(link));
}

async fn a_thousand_misses(store: &TokenStore, limit: Duration) {
    let begun = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(store.get(any_digest()).await, None);
        assert!(begun.elapsed() < limit, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn redis_may_start_later_and_start_again() {
    let mut server = Server::start(&[]).await;
    server.stop();
    let store = redis_store(&server.url());
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    let found = async || {
        store.put(digest, &link, NOW).await;
        (store.get(digest).await == Some(link)).then_some(())
    };
    for _ in 0..3 {
        a_thousand_misses(&store, Duration::from_secs(2)).await;
        server.start_again();
        eventually("the link is found again", found).await;
        server.stop();
    }
}

#[tokio::test]
async fn a_frozen_redis_delays_a_few_calls_by_its_time_out_and_no_others() {
    let server = Server::start(&[]).await;
    let store = redis_store(&server.url());
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    store.put(digest, &link, NOW).await;
    assert_eq!(store.get(digest).await, Some(link));

    server.signal("STOP");
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(store.get(digest).await, None);
        let waited = begun.elapsed();
        assert!((450..900).contains(&waited.as_millis()), "{waited:?}");
    }
    // A trial that falls into this time waits as well.
    a_thousand_misses(&store, Duration::from_secs(1)).await;

    server.signal("CONT");
    eventually("the link is found again", async || (store.get(digest).await == Some(link)).then_some(()))
        .await;
}

/// Where not even a connection is made, its longer time-out is not the caller's.
#[tokio::test]
async fn a_redis_that_is_frozen_from_the_start_delays_no_longer() {
    let server = Server::start(&[]).await;
    server.signal("STOP");
    let store = redis_store(&server.url());
    let begun = Instant::now();
    assert_eq!(store.get(any_digest()).await, None);
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
}

/// Clients with deadlines shorter than the time-out must not keep the breaker from seeing that Redis is frozen.
#[tokio::test]
async fn callers_that_hang_up_early_open_the_breaker_too() {
    let server = Server::start(&[]).await;
    let store = redis_store(&server.url());
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    store.put(digest, &link, NOW).await;
    assert_eq!(store.get(digest).await, Some(link));
    server.signal("STOP");
    let impatient = async || tokio::time::timeout(Duration::from_millis(20), store.get(digest)).await.ok();
    assert_eq!(impatient().await, None);
    assert_eq!(eventually("a call is answered at once", impatient).await, None);
}

#[tokio::test]
async fn a_refused_password_is_tried_again() {
    let server = Server::start(&["--requirepass", "right"]).await;
    let store = redis_store(&format!("redis://:later@127.0.0.1:{}", server.port));
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    for _ in 0..10 {
        assert_eq!(store.get(digest).await, None);
    }
    let mut redis = raw(&format!("redis://:right@127.0.0.1:{}", server.port)).await;
    ask::<()>(&mut redis, &["CONFIG", "SET", "requirepass", "later"]).await;
    eventually("the link is found", async || {
        store.put(digest, &link, NOW).await;
        (store.get(digest).await == Some(link)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_that_hangs_up_is_asked_seldom_and_told_of_once_without_secrets() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            drop(connection);
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });

    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // While there is but one subscriber, what another test's thread meets first is not told to it either.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);

    let store = redis_store(&format!("redis://user:canary-password@127.0.0.1:{port}"));
    let (digest, link) = (any_digest(), any_link(at(72 * HOUR)));
    for _ in 0..250 {
        assert_eq!(store.get(digest).await, None);
        store.put(digest, &link, NOW).await;
        store.remove(digest).await;
    }
    let connections = connections.load(Ordering::Relaxed);
    assert!((1..=10).contains(&connections), "{connections} connections");

    let log = String::from_utf8(log.0.lock().expect("the log").clone()).expect("text");
    assert_eq!(log.matches("redis does not answer").count(), 1, "{log}");
    assert!(log.contains(r#"otel.kind="client" db.system.name="redis" db.operation.name="GET""#), "{log}");
    let digits = key(digest).replace("roster:link:", "");
    for secret in ["canary-password", "roster:link", digits.as_str(), &link.link.uuid().simple().to_string()]
    {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
