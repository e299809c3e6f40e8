//! A member's verified address becomes known or another.

use crate::{Change, EmailAddress, Membership};

/// The change that a member's newly seen verified address makes, if it makes one.
#[must_use]
pub fn take_up_email(member: &Membership, verified: Option<&EmailAddress>) -> Option<Change> {
    let email = verified?;
    (member.email.as_ref() != Some(email))
        .then(|| Change::MemberEmailChanged { person: member.person, email: email.clone() })
}
