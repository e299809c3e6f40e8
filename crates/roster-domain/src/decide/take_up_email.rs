//! A member's verified address becomes known or another.

use crate::{Change, EmailAddress, Membership};

/// The change that a member's newly seen verified address makes, if it makes one. The same address in another spelling
/// makes none.
#[must_use]
pub fn take_up_email(member: &Membership, verified: Option<&EmailAddress>) -> Option<Change> {
    let email = verified?;
    let known = member.email.as_ref().map(EmailAddress::key);
    (known != Some(email.key()))
        .then(|| Change::MemberEmailChanged { person: member.person, email: email.clone() })
}
