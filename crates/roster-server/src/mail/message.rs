//! From a rendered letter to a message as mail servers want it.
//!
//! The same mail of an invitation has the same `Message-ID` however often it is sent: who gets it twice can tell.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use roster_domain::{EmailAddress, InvitationId, Timestamp};

use super::Rendered;

/// Mail that answers mail must not answer this.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Which mail it is, from whom and to whom.
pub(super) struct Envelope<'a> {
    pub(super) invitation: InvitationId,
    pub(super) generation: u32,
    pub(super) from: &'a Mailbox,
    pub(super) to: &'a EmailAddress,
    /// When it is sent; no clock is read here.
    pub(super) date: Timestamp,
}

/// Puts a message together; `None` if the address cannot be written in a mail.
pub(super) fn compose(envelope: &Envelope<'_>, rendered: Rendered) -> Option<Message> {
    let to: Address = envelope.to.to_ascii().parse().ok()?;
    let domain = envelope.from.email.domain();
    let message_id = format!("<{}.{}@{domain}>", envelope.invitation, envelope.generation);
    Message::builder()
        .from(envelope.from.clone())
        .to(Mailbox::new(None, to))
        .subject(rendered.subject)
        .date(system_time(envelope.date))
        .message_id(Some(message_id))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(rendered.text, rendered.html))
        .ok()
}

/// A moment as templates show it to people.
pub(super) fn for_people(time: Timestamp) -> String {
    calendar(time).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// A moment as ISO 8601 has it, to the second.
pub(super) fn for_programs(time: Timestamp) -> String {
    calendar(time).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What no calendar holds is as good as never.
fn calendar(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(time.micros()).unwrap_or(jiff::Timestamp::MAX)
}

fn system_time(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(time.micros()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
