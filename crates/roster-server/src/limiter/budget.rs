//! The budgets: what each is called, how long its window is, and how much it is.

use std::num::NonZeroU32;

/// How much every budget is. All are whole while Redis answers, and halved while it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Invitation mails, resends included, that a person has sent within a day (UTC).
    pub mails_per_actor_and_day: NonZeroU32,
    /// Invitation mails to a team within a day.
    pub mails_per_team_and_day: NonZeroU32,
    /// Invitation mails to an address within a day, from all teams together.
    pub mails_per_recipient_and_day: NonZeroU32,
    /// Codes that a person may guess wrong within an hour of the clock.
    pub code_failures_per_actor_and_hour: NonZeroU32,
    /// Codes that may be guessed wrong from a network address within an hour.
    pub code_failures_per_address_and_hour: NonZeroU32,
    /// Codes guessed wrong through a calling service within an hour that are worth a warning.
    pub code_failures_per_caller_and_hour: NonZeroU32,
    /// Codes guessed wrong within an hour, by all together, that are worth a warning.
    pub code_failures_per_hour: NonZeroU32,
}

/// A kind of budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    GuessesOfActor,
    GuessesOfAddress,
    GuessesOfCaller,
    GuessesOfAll,
    MailsOfActor,
    MailsOfTeam,
    MailsToRecipient,
}

impl Budget {
    /// Its name, in Redis and in errors: to change one makes the budget whole again.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GuessesOfActor => "code_guesses_of_actor",
            Self::GuessesOfAddress => "code_guesses_of_address",
            Self::GuessesOfCaller => "code_guesses_of_caller",
            Self::GuessesOfAll => "code_guesses_of_all",
            Self::MailsOfActor => "mails_of_actor",
            Self::MailsOfTeam => "mails_of_team",
            Self::MailsToRecipient => "mails_to_recipient",
        }
    }

    /// How many hours its window has.
    pub(super) const fn hours(self) -> u64 {
        match self {
            Self::GuessesOfActor | Self::GuessesOfAddress | Self::GuessesOfCaller | Self::GuessesOfAll => 1,
            Self::MailsOfActor | Self::MailsOfTeam | Self::MailsToRecipient => 24,
        }
    }

    /// How much it is.
    pub(super) const fn of(self, budgets: &Budgets) -> NonZeroU32 {
        match self {
            Self::GuessesOfActor => budgets.code_failures_per_actor_and_hour,
            Self::GuessesOfAddress => budgets.code_failures_per_address_and_hour,
            Self::GuessesOfCaller => budgets.code_failures_per_caller_and_hour,
            Self::GuessesOfAll => budgets.code_failures_per_hour,
            Self::MailsOfActor => budgets.mails_per_actor_and_day,
            Self::MailsOfTeam => budgets.mails_per_team_and_day,
            Self::MailsToRecipient => budgets.mails_per_recipient_and_day,
        }
    }
}

/// What is left of a budget where this process counts alone: how many others do so too is not known.
pub(super) fn half(limit: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(limit.get() / 2).unwrap_or(NonZeroU32::MIN)
}

/// What is left of a budget where many codes are guessed wrong. At least 1, so that nobody without a failure is
/// refused for those of others.
pub(super) fn fifth(limit: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(limit.get() / 5).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_budget_is_never_nothing() {
        let check = |limit: u32, expected: (u32, u32)| {
            let limit = NonZeroU32::new(limit).unwrap();
            assert_eq!((half(limit).get(), fifth(limit).get()), expected, "{limit}");
        };
        check(1, (1, 1));
        check(2, (1, 1));
        check(3, (1, 1));
        check(10, (5, 2));
        check(u32::MAX, (2_147_483_647, 858_993_459));
    }
}
