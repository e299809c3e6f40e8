//! Invitations by mail: what a mail says, who hands it over, and what becomes of it.
//!
//! The store knows which mails are due; the [`worker`] claims them, writes each and hands it to a [`Transport`]. A mail
//! holds the secret of an invitation, so that nothing here may reach a log but how an attempt ended: no address, no
//! link, and nothing of what a mail server said except its code.

mod deliver;
mod directory;
mod line;
mod message;
mod outcome;
mod smtp;
mod templates;
mod transport;
pub mod worker;

use std::path::PathBuf;

use lettre::message::Mailbox;
use tokio::sync::Notify;

use crate::config::MailConfig;
use crate::config::mail::{LinkTemplate, Route};

pub use outcome::{MAX_ATTEMPTS, Trouble, back_off};
pub use templates::{Rendered, TemplateError, Templates, Words};
pub use transport::Transport;

/// Everything that sending needs, checked.
pub struct Mail {
    templates: Templates,
    from: Mailbox,
    link: LinkTemplate,
    transport: Transport,
    due: Notify,
}

/// Why no mail could be sent. Texts name the key, and no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template is not well.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The folder for mails cannot be made.
    #[error("mail.dir {}", .path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file of certificate authorities cannot be read.
    #[error("mail.ca_file {}", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file of certificate authorities holds none, or what is none.
    #[error("mail.ca_file {}: must hold certificates in PEM form", .path.display())]
    NoCertificates {
        /// The file.
        path: PathBuf,
    },
    /// TLS cannot be set up.
    #[error("mail.smtp_url: TLS cannot be set up")]
    Tls,
}

impl Mail {
    /// Reads templates and certificates, tries every template, and makes the folder for mails if that is where they go.
    /// No relay is asked: one that is away is no reason not to start.
    pub fn open(config: &MailConfig) -> Result<Self, Error> {
        Ok(Self {
            templates: Templates::load(config.templates_dir.as_deref())?,
            from: config.from.clone(),
            link: config.link.clone(),
            transport: Transport::open(&config.route, config.from.email.domain())?,
            due: Notify::new(),
        })
    }

    /// Tells the worker that a mail was committed. It would find it by itself some seconds later.
    pub fn wake(&self) {
        self.due.notify_one();
    }
}

/// Where mail goes, for people who read how the service starts.
#[must_use]
pub fn destination(config: Option<&MailConfig>) -> String {
    match config.map(|mail| &mail.route) {
        Some(Route::Smtp(relay)) => format!("Mail goes to {}.", relay.host),
        Some(Route::Directory(folder)) => {
            format!("Mail is not sent but written to {}, a file each.", folder.display())
        }
        None => "No mail is sent: neither mail.smtp_url nor mail.dir is set.".to_owned(),
    }
}
