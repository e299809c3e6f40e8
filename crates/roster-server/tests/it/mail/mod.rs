//! Mail over TLS to a mail server that is not ours, and to some that do not do their part.
//!
//! `ROSTER_TEST_PYTHON` is a Python with the packages of `crates/xtask/tools.txt`; `crates/roster-testkit/python/smtp_peer.py` is the
//! server. Without it these tests fail.

mod peer;

use std::net::Ipv4Addr;

use roster_server::config::mail::{Relay, Route, Tls};
use roster_server::mail::{Transport, Trouble};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use self::peer::{LOGIN, Peer, send, with_login};

const BOTH: [Tls; 2] = [Tls::Implicit, Tls::StartTls];

#[tokio::test]
async fn a_mail_reaches_a_relay_over_either_kind_of_tls() {
    for tls in BOTH {
        let mut peer = Peer::start(tls, &[]).await;
        send(peer.relay(), "ada").await.expect("it is sent");
        let mail = peer.next_mail().await;
        assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &serde_json::Value::Null), "{tls:?}");
        assert_eq!(mail["from"], "team@example.org");
        assert_eq!(mail["to"], serde_json::json!(["ada@example.org"]));
        let raw = mail["raw"].as_str().expect("the mail");
        assert!(raw.contains("Subject: You are invited\r\n") && raw.contains("K=C3=B6che"), "{raw}");

        let by_address = Relay { host: "127.0.0.1".to_owned(), ..peer.relay() };
        send(by_address, "ada").await.expect("a certificate can be for an address");
    }
}

#[tokio::test]
async fn a_relay_that_nobody_vouches_for_gets_nothing() {
    for tls in BOTH {
        let (mut peer, other) = (Peer::start(tls, &[]).await, Peer::start(tls, &[]).await);
        for ca_file in [None, Some(other.ca_file())] {
            let relay = Relay { ca_file, ..peer.relay() };
            assert_eq!(send(relay, "eve").await, Err(Trouble::Tls), "{tls:?}");
        }
        send(peer.relay(), "ada").await.expect("it is sent");
        assert_eq!(peer.next_mail().await["to"][0], "ada@example.org", "the first that it got");
    }
}

#[tokio::test]
async fn what_a_relay_says_to_a_mail_is_told_apart() {
    let mut peer = Peer::start(Tls::StartTls, &[]).await;
    assert_eq!(send(peer.relay(), "reject-ada").await, Err(Trouble::Mail(550)));
    assert_eq!(send(peer.relay(), "defer-ada").await, Err(Trouble::Mail(451)));
    assert_eq!(send(peer.relay(), "cut-ada").await, Err(Trouble::Connection));
    for person in ["defer-ada", "cut-ada"] {
        send(peer.relay(), person).await.expect("the second time it is sent");
        assert_eq!(peer.next_mail().await["to"][0], format!("{person}@example.org"));
    }
}

#[tokio::test]
async fn a_relay_that_wants_a_login_gets_the_right_one() {
    for tls in BOTH {
        let mut peer = Peer::start(tls, &["--login", LOGIN.0, LOGIN.1]).await;
        send(with_login(peer.relay(), LOGIN), "ada").await.expect("it is sent");
        assert_eq!(peer.next_mail().await["login"], LOGIN.0);
        let wrong = with_login(peer.relay(), (LOGIN.0, "guess"));
        assert_eq!(send(wrong, "ada").await, Err(Trouble::Greeting(535)), "{tls:?}");
        assert_eq!(send(peer.relay(), "ada").await, Err(Trouble::Mail(530)), "{tls:?}");

        let refusing = Peer::start(tls, &["--refuse-login"]).await;
        let refused = send(with_login(refusing.relay(), LOGIN), "ada").await;
        assert_eq!(refused, Err(Trouble::Greeting(535)), "{tls:?}");
    }
}

#[tokio::test]
async fn a_relay_that_is_away_gets_its_mail_when_it_is_back() {
    let mut peer = Peer::start(Tls::Implicit, &[]).await;
    peer.stop().await;
    assert_eq!(send(peer.relay(), "ada").await, Err(Trouble::Connection));
    peer.start_again().await;
    send(peer.relay(), "ada").await.expect("it is sent");
    assert_eq!(peer.next_mail().await["to"][0], "ada@example.org");
}

/// A server on this machine that says these lines, the first at once and the others one for each line that it hears.
/// It speaks no TLS.
async fn in_the_clear(says: &'static [&'static str]) -> Relay {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (hears, mut writes) = stream.into_split();
            let mut hears = BufReader::new(hears).lines();
            for line in says {
                writes.write_all(format!("{line}\r\n").as_bytes()).await.expect("the client is there");
                hears.next_line().await.expect("the client speaks");
            }
            // And then nothing, for as long as the client stays.
            while let Ok(Some(_)) = hears.next_line().await {}
        }
    });
    Relay { host: "127.0.0.1".to_owned(), port, tls: Tls::StartTls, credentials: None, ca_file: None }
}

#[tokio::test]
async fn a_relay_without_tls_or_that_wants_none_of_us_gets_nothing() {
    let plain = in_the_clear(&["220 hello", "250 hello"]).await;
    assert_eq!(send(plain, "ada").await, Err(Trouble::Unsupported));
    let refusing = in_the_clear(&["554 not you"]).await;
    assert_eq!(send(refusing, "ada").await, Err(Trouble::Greeting(554)));
    let busy = in_the_clear(&["421 later"]).await;
    assert_eq!(send(busy, "ada").await, Err(Trouble::Greeting(421)));
    let not_at_once = Relay { tls: Tls::Implicit, ..in_the_clear(&["220 hello"]).await };
    assert_eq!(send(not_at_once, "ada").await, Err(Trouble::Tls));
    let no_mail_server = in_the_clear(&["HTTP/1.1 400 Bad Request"]).await;
    assert_eq!(send(no_mail_server, "ada").await, Err(Trouble::Connection));
}

#[tokio::test]
async fn a_relay_that_never_ends_its_line_is_cut_off() {
    const SAYS: usize = 64 * 1024 * 1024;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    let said = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut said = 0;
        let piece = vec![b'2'; 64 * 1024];
        while said < SAYS && stream.write_all(&piece).await.is_ok() {
            said += piece.len();
        }
        said
    });
    let host = "127.0.0.1".to_owned();
    let relay = Relay { host, port, tls: Tls::StartTls, credentials: None, ca_file: None };
    assert_eq!(send(relay, "ada").await, Err(Trouble::Connection));
    let said = said.await.expect("no panic");
    // What the system keeps on its way is not the service's memory, and is far less.
    assert!(said < SAYS / 2, "it took {said} bytes of one line");
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_says_nothing_is_given_up() {
    let silent = in_the_clear(&[]).await;
    assert_eq!(send(silent, "ada").await, Err(Trouble::TimedOut));
}

#[tokio::test]
async fn an_authority_that_is_none_stops_the_start() {
    let peer = Peer::start(Tls::Implicit, &[]).await;
    let check = |file: std::path::PathBuf, expected: &str| {
        let relay = Relay { ca_file: Some(file), ..peer.relay() };
        let error = Transport::open(&Route::Smtp(relay), "example.org").err().expect("refused").to_string();
        assert!(error.starts_with("mail.ca_file ") && error.ends_with(expected), "{error}");
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    check(script.into(), "must hold certificates in PEM form");
    check("/nowhere/ca.pem".into(), "/nowhere/ca.pem");
}
