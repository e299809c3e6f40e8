//! A mail server of a test's own, which is not ours, and what it takes to send to it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use lettre::Message;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use roster_server::config::mail::{Relay, Route, Tls};
use roster_server::mail::{Transport, Trouble};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../roster-testkit/python/smtp_peer.py");
const PATIENCE: Duration = Duration::from_secs(30);

/// The login that a peer takes which wants one.
pub(crate) const LOGIN: (&str, &str) = ("roster", "pass word");

/// A running server. It is killed when dropped, and its folder goes with it.
pub(crate) struct Peer {
    folder: PathBuf,
    tls: Tls,
    options: &'static [&'static str],
    port: u16,
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    pub(crate) async fn start(tls: Tls, options: &'static [&'static str]) -> Self {
        let folder = std::env::temp_dir().join(format!("roster-peer-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("the temporary folder takes folders");
        let (process, lines) = spawn(&folder, tls, options, 0);
        let mut peer = Self { folder, tls, options, port: 0, process, lines };
        peer.port = peer.ready().await;
        peer
    }

    /// Ends it at once; connections are refused from then on.
    pub(crate) async fn stop(&mut self) {
        self.process.kill().await.expect("it can be killed");
    }

    /// Starts it again, on the same port and with the same certificate.
    pub(crate) async fn start_again(&mut self) {
        (self.process, self.lines) = spawn(&self.folder, self.tls, self.options, self.port);
        assert_eq!(self.ready().await, self.port);
    }

    /// The next mail that it took: sender, recipients, whether TLS was on, the login, and the mail itself.
    pub(crate) async fn next_mail(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.line().await).expect("a mail is a line of JSON")
    }

    /// What leads to it, for whoever believes its authority.
    pub(crate) fn relay(&self) -> Relay {
        let ca_file = Some(self.ca_file());
        Relay { host: "localhost".to_owned(), port: self.port, tls: self.tls, credentials: None, ca_file }
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    async fn ready(&mut self) -> u16 {
        let line = self.line().await;
        let port = line.strip_prefix("ready ").and_then(|port| port.parse().ok());
        port.unwrap_or_else(|| panic!("{line:?} tells its port"))
    }

    async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("the mail server writes in time");
        line.expect("its output can be read").expect("the mail server runs")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(
    folder: &std::path::Path,
    tls: Tls,
    options: &[&str],
    port: u16,
) -> (Child, Lines<BufReader<ChildStdout>>) {
    let python = std::env::var("ROSTER_TEST_PYTHON").expect("ROSTER_TEST_PYTHON is set, see main.rs");
    let mut process = Command::new(python)
        .arg(SCRIPT)
        .arg(folder)
        .args(["--port", &port.to_string()])
        .args((tls == Tls::StartTls).then_some("--starttls"))
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("python starts");
    let lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
    (process, lines)
}

/// Sends a mail to that person at `example.org`.
pub(crate) async fn send(relay: Relay, person: &str) -> Result<(), Trouble> {
    let mailbox = |text: &str| text.parse::<Mailbox>().expect("a mailbox");
    let message = Message::builder()
        .from(mailbox("Roster <team@example.org>"))
        .to(mailbox(&format!("{person}@example.org")))
        .subject("You are invited")
        .multipart(MultiPart::alternative_plain_html(".\nKöche\n.".to_owned(), "<p>Köche</p>".to_owned()))
        .expect("a message");
    // As `main` does it in the service.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let transport = Transport::open(&Route::Smtp(relay), "example.org").expect("the relay is usable");
    transport.send("name", &message).await
}

/// The relay, with a login.
pub(crate) fn with_login(relay: Relay, (user, password): (&str, &str)) -> Relay {
    Relay { credentials: Some(Credentials::new(user.to_owned(), password.to_owned())), ..relay }
}
