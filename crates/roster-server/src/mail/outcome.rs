//! What becomes of a mail that was not sent: pure functions of what went wrong and how often it was tried.
//!
//! A relay that refuses the mail will refuse it again. Whatever else goes wrong passes or is mended by somebody, and
//! the mail waits for it.

use std::time::Duration;

use roster_store::{MailFailure, MailOutcome};

/// How often a mail is tried. With the pauses between it takes about three hours.
pub const MAX_ATTEMPTS: u32 = 20;

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// Codes by which a relay says that we are at fault and not the mail: it wants a login, or another one, or encryption.
const LOGIN_REFUSED: [u16; 4] = [530, 534, 535, 538];

/// What went wrong, as far as it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The relay answered the mail with that code.
    Mail(u16),
    /// The relay answered with that code before there was a mail: to the connection, to TLS or to the login.
    Greeting(u16),
    /// The relay offers no STARTTLS, or no way to log in that we know.
    Unsupported,
    /// No TLS with the relay: its certificate is not one we believe, for instance.
    Tls,
    /// No connection to the relay, or it was cut, or what came over it was no SMTP.
    Connection,
    /// It took too long.
    TimedOut,
    /// The file could not be written.
    File,
    /// A template, a policy or a key that the mail needs is not there any more.
    Unprepared,
    /// The address cannot be written in a mail.
    Address,
}

impl Trouble {
    /// What is shown to those who may see the invitation.
    #[must_use]
    pub fn failure(self) -> MailFailure {
        match self {
            Self::Mail(code) if LOGIN_REFUSED.contains(&code) => MailFailure::Misconfigured,
            Self::Mail(500..=599) | Self::Address => MailFailure::Rejected,
            Self::Greeting(500..=599) | Self::Unsupported | Self::Unprepared => MailFailure::Misconfigured,
            Self::Mail(_)
            | Self::Greeting(_)
            | Self::Tls
            | Self::Connection
            | Self::TimedOut
            | Self::File => MailFailure::Unreachable,
        }
    }

    /// What becomes of the mail after that attempt, counted from 1.
    #[must_use]
    pub fn outcome(self, attempt: u32) -> MailOutcome {
        match self.failure() {
            MailFailure::Rejected => MailOutcome::Failed(MailFailure::Rejected),
            failure if attempt >= MAX_ATTEMPTS => MailOutcome::Failed(failure),
            failure => MailOutcome::Retry { after: back_off(attempt), failure },
        }
    }

    /// The kind, for logs and traces.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Mail(_) => "mail_refused",
            Self::Greeting(_) => "service_refused",
            Self::Unsupported => "unsupported",
            Self::Tls => "tls",
            Self::Connection => "connection",
            Self::TimedOut => "timeout",
            Self::File => "file",
            Self::Unprepared => "unprepared",
            Self::Address => "address",
        }
    }

    /// The relay's code, if it gave one.
    #[must_use]
    pub fn code(self) -> Option<u16> {
        match self {
            Self::Mail(code) | Self::Greeting(code) => Some(code),
            _ => None,
        }
    }
}

/// How long a mail waits after that attempt, counted from 1: twice as long each time, and a quarter of an hour at most.
#[must_use]
pub fn back_off(attempt: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_is_refused_fails_and_everything_else_is_tried_again() {
        let check = |trouble: Trouble, expected: MailFailure| {
            assert_eq!(trouble.failure(), expected, "{trouble:?}");
            let first = trouble.outcome(1);
            if expected == MailFailure::Rejected {
                assert_eq!(first, MailOutcome::Failed(expected), "{trouble:?}");
            } else {
                let again = MailOutcome::Retry { after: Duration::from_secs(5), failure: expected };
                assert_eq!(first, again, "{trouble:?}");
                assert_ne!(trouble.outcome(MAX_ATTEMPTS - 1), MailOutcome::Failed(expected), "{trouble:?}");
            }
            assert_eq!(trouble.outcome(MAX_ATTEMPTS), MailOutcome::Failed(expected), "{trouble:?}");
        };
        for code in [500, 521, 550, 551, 552, 553, 554, 555, 599] {
            check(Trouble::Mail(code), MailFailure::Rejected);
            check(Trouble::Greeting(code), MailFailure::Misconfigured);
        }
        for code in [530, 534, 535, 538] {
            check(Trouble::Mail(code), MailFailure::Misconfigured);
            check(Trouble::Greeting(code), MailFailure::Misconfigured);
        }
        for code in [421, 450, 451, 452, 454, 471, 250, 354, 600] {
            check(Trouble::Mail(code), MailFailure::Unreachable);
            check(Trouble::Greeting(code), MailFailure::Unreachable);
        }
        check(Trouble::Address, MailFailure::Rejected);
        check(Trouble::Unsupported, MailFailure::Misconfigured);
        check(Trouble::Unprepared, MailFailure::Misconfigured);
        for trouble in [Trouble::Tls, Trouble::Connection, Trouble::TimedOut, Trouble::File] {
            check(trouble, MailFailure::Unreachable);
        }
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let seconds: Vec<u64> = (1..=10).map(|attempt| back_off(attempt).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!((back_off(0).as_secs(), back_off(u32::MAX).as_secs()), (5, 900));
    }
}
