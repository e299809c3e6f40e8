//! How the mails of invitations fare.

use roster_domain::{InvitationId, Timestamp};

use crate::ask::Values;
use crate::convert::QUEUED;
use crate::error::{Error, Result};

/// How one mail fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Where it is.
    pub state: DeliveryState,
    /// Why the last try failed.
    pub failure: Option<MailFailure>,
    /// How often sending it was tried.
    pub attempts: u32,
    /// When the mail relay took it.
    pub sent_at: Option<Timestamp>,
}

/// Where a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is to be sent, or to be tried again.
    Queued,
    /// The mail relay took it.
    Sent,
    /// It was given up.
    Failed,
    /// It was not sent, since the invitation had ended before.
    Skipped,
}

/// Why a mail was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailFailure {
    /// The mail relay refused this mail for good.
    Rejected,
    /// The mail relay could not be reached, broke off, or put it off.
    Unreachable,
    /// The mail relay refused the service itself.
    Misconfigured,
}

const STATES: [(i16, DeliveryState); 4] = [
    (QUEUED, DeliveryState::Queued),
    (2, DeliveryState::Sent),
    (3, DeliveryState::Failed),
    (4, DeliveryState::Skipped),
];

const FAILURES: [(i16, MailFailure); 3] =
    [(1, MailFailure::Rejected), (2, MailFailure::Unreachable), (3, MailFailure::Misconfigured)];

/// How a mail's state is stored.
pub(crate) fn state_number(state: DeliveryState) -> i16 {
    STATES.iter().find(|(_, one)| *one == state).map_or(0, |(number, _)| *number)
}

/// How a failure is stored; none is 0.
pub(crate) fn failure_number(failure: Option<MailFailure>) -> i16 {
    failure.and_then(|failure| FAILURES.iter().find(|(_, one)| *one == failure)).map_or(0, |one| one.0)
}

/// Reads how the mail of an invitation's present secret fares; none where it was not mailed.
pub(crate) fn read(values: &mut impl Values, invitation: InvitationId) -> Result<Option<Delivered>> {
    let (state, failure): (Option<i16>, Option<i16>) = (values.next()?, values.next()?);
    let (attempts, sent_at): (Option<i32>, Option<i64>) = (values.next()?, values.next()?);
    let (Some(state), Some(failure), Some(attempts)) = (state, failure, attempts) else { return Ok(None) };
    let corrupt = |column| Error::corrupt("mails", column, invitation.uuid());
    let state = STATES.iter().find(|(number, _)| *number == state).ok_or_else(|| corrupt("state"))?;
    Ok(Some(Delivered {
        state: state.1,
        failure: FAILURES.iter().find(|(number, _)| *number == failure).map(|(_, failure)| *failure),
        attempts: u32::try_from(attempts).map_err(|_| corrupt("attempts"))?,
        sent_at: sent_at.map(Timestamp::from_micros),
    }))
}
