//! A mail server that is not ours, and what a mail looks like to whoever gets it.

use std::path::PathBuf;

use mail_parser::{HeaderValue, MessageParser};
use tempfile::TempDir;
use tokio::process::Command;

use crate::data::Options;
use crate::process::Process;
use crate::setting::setting;
use crate::wait::eventually;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/smtp_peer.py");
const USER: &str = "roster";
const PASSWORD: &str = "pass word";

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// With the connection.
    Implicit,
    /// After STARTTLS, without which the server takes nothing.
    StartTls,
}

/// A private mail server, ended when dropped. What it does with a mail is in the recipient's address: `reject-…` is
/// refused for good, `defer-…` the first time, and `cut-…` ends the connection in the middle of the first mail.
pub struct SmtpPeer {
    folder: TempDir,
    tls: SmtpTls,
    port: u16,
    process: Process,
    /// How many of the process's mails a test has been given.
    given: usize,
}

/// A mail as a person's mail program reads it.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    /// Who the server was told it was for; empty for one from a file.
    pub recipients: Vec<String>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// The mail itself.
    pub raw: String,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text, decoded.
    pub text: String,
    /// The HTML, decoded.
    pub html: String,
    /// The id without its brackets.
    pub message_id: String,
}

impl SmtpPeer {
    /// Starts a server that takes the login of [`SmtpPeer::options`].
    pub async fn start(tls: SmtpTls) -> Self {
        Self::start_as(tls, &["--login", USER, PASSWORD]).await
    }

    /// Starts a server that takes no login at all until it is started again.
    pub async fn start_without_login(tls: SmtpTls) -> Self {
        Self::start_as(tls, &["--refuse-login"]).await
    }

    async fn start_as(tls: SmtpTls, arguments: &[&str]) -> Self {
        let folder = TempDir::new().expect("a temporary directory can be made");
        let (process, port) = spawn(&folder, tls, 0, arguments).await;
        Self { folder, tls, port, process, given: 0 }
    }

    /// Ends it at once; connections are refused from then on.
    pub async fn stop(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again: same port, same certificate, and nothing else that it remembers.
    pub async fn start_again(&mut self) {
        let (process, _) = spawn(&self.folder, self.tls, self.port, &["--login", USER, PASSWORD]).await;
        (self.process, self.given) = (process, 0);
    }

    /// The options with all that a service needs to send its mail here.
    #[must_use]
    pub fn options(&self, options: Options) -> Options {
        let scheme = match self.tls {
            SmtpTls::Implicit => "smtps",
            SmtpTls::StartTls => "smtp+starttls",
        };
        let password = PASSWORD.replace(' ', "%20");
        options
            .variable(
                "ROSTER_MAIL__SMTP_URL",
                format!("{scheme}://{USER}:{password}@localhost:{}", self.port),
            )
            .variable("ROSTER_MAIL__CA_FILE", self.ca_file().display().to_string())
            .variable("ROSTER_MAIL__FROM", "Roster <team@example.org>")
            .variable("ROSTER_MAIL__LINK", "https://app.example.org/join?token={token}")
    }

    /// The authority that its certificate is from.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The next mail since the server was started, once it is there.
    pub async fn next_mail(&mut self) -> ReceivedMail {
        let mail = eventually("a mail", async || self.mails().get(self.given).cloned()).await;
        self.given += 1;
        mail
    }

    /// Every mail since the server was started.
    #[must_use]
    pub fn mails(&self) -> Vec<ReceivedMail> {
        let output = self.process.stdout();
        output.lines().filter(|line| line.starts_with('{')).map(ReceivedMail::from_line).collect()
    }
}

impl ReceivedMail {
    /// Reads a mail as it stands in a file.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        let mail = MessageParser::default().parse(raw).expect("a mail can be read");
        let text =
            |part: Option<std::borrow::Cow<'_, str>>| part.expect("the part is there").replace("\r\n", "\n");
        Self {
            recipients: Vec::new(),
            tls: false,
            raw: raw.to_owned(),
            subject: mail.subject().expect("a subject").to_owned(),
            text: text(mail.body_text(0)),
            html: text(mail.body_html(0)),
            message_id: mail.message_id().expect("an id").to_owned(),
        }
    }

    /// A header as it was written, without the white space around it.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let mail = MessageParser::default().parse(&self.raw).expect("a mail can be read");
        assert!(mail.header(name) != Some(&HeaderValue::Empty), "the header {name} is empty");
        mail.header_raw(name).unwrap_or_else(|| panic!("there is a header {name}")).trim().to_owned()
    }

    /// The link that a person would follow.
    #[must_use]
    pub fn link(&self) -> String {
        let link = self.text.split_whitespace().find(|word| word.starts_with("http"));
        link.unwrap_or_else(|| panic!("there is a link in {:?}", self.text)).to_owned()
    }

    /// The token in that link.
    #[must_use]
    pub fn token(&self) -> String {
        let link = self.link();
        let token = link.rsplit_once("token=").map(|(_, token)| token.to_owned());
        token.unwrap_or_else(|| panic!("there is a token in {link}"))
    }

    fn from_line(line: &str) -> Self {
        let seen: serde_json::Value = serde_json::from_str(line).expect("a mail is a line of JSON");
        let recipients = seen["to"].as_array().expect("recipients");
        let recipients =
            recipients.iter().filter_map(|address| address.as_str()).map(str::to_owned).collect();
        let mail = Self::parse(seen["raw"].as_str().expect("the mail itself"));
        Self { recipients, tls: seen["tls"] == true, ..mail }
    }
}

async fn spawn(folder: &TempDir, tls: SmtpTls, port: u16, arguments: &[&str]) -> (Process, u16) {
    let mut command = Command::new(setting("ROSTER_TEST_PYTHON"));
    command.arg(SCRIPT).arg(folder.path()).args(["--port", &port.to_string()]).args(arguments);
    command.args((tls == SmtpTls::StartTls).then_some("--starttls"));
    let mut process = Process::start(command);
    let line = process.line("ready ").await;
    let port = line.rsplit(' ').next().and_then(|port| port.parse().ok());
    (process, port.unwrap_or_else(|| panic!("{line:?} ends in a port")))
}
