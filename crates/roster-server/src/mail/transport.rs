//! The two ways that a mail can go: to a relay, or into a file.

use std::time::Duration;

use lettre::Message;

use super::directory::Directory;
use super::smtp::Smtp;
use super::{Error, Trouble};
use crate::config::mail::Route;

/// The longest that one mail may take, from the look-up of a name to the last answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which way mail goes.
pub struct Transport(Way);

enum Way {
    Smtp(Smtp),
    Directory(Directory),
}

impl Transport {
    /// Prepares the way; `domain` is what we call ourselves before a relay.
    pub fn open(route: &Route, domain: &str) -> Result<Self, Error> {
        Ok(Self(match route {
            Route::Smtp(relay) => Way::Smtp(Smtp::new(relay, domain)?),
            Route::Directory(folder) => Way::Directory(Directory::make(folder)?),
        }))
    }

    /// Hands a mail over, within 20 seconds. `name` is the mail's own: with the same name it is the same mail, and in a
    /// folder the same file.
    pub async fn send(&self, name: &str, message: &Message) -> Result<(), Trouble> {
        let sending = async {
            match &self.0 {
                Way::Smtp(smtp) => smtp.send(message).await,
                Way::Directory(directory) => directory.write(name, message.formatted()).await,
            }
        };
        tokio::time::timeout(PATIENCE, sending).await.unwrap_or(Err(Trouble::TimedOut))
    }
}
