//! Fields of invitations and team codes.

use roster_domain::policy::Lifetime;
use roster_domain::text::Locale;
use roster_domain::{CodeId, CodeKey, Delivery, EmailAddress, InvitationId};
use roster_proto::v1 as pb;
use roster_proto::v1::delivery_choice::Choice;

use super::Fields;

/// The longest code that is looked at, in characters, separators included.
const MAX_CODE_CHARS: usize = 64;

/// The most memberships that a code may be limited to.
const MOST_USES: i64 = 1_000_000_000;

/// What stands for a life without end.
const NEVER: &str = "never";

impl Fields {
    pub(in crate::rpc) fn invitation_id(&mut self, text: &str) -> Option<InvitationId> {
        self.id("invitation_id", text, "must be an invitation's id: inv_ and 26 characters")
    }

    pub(in crate::rpc) fn code_id(&mut self, text: &str) -> Option<CodeId> {
        self.id("code_id", text, "must be a team code's id: code_ and 26 characters")
    }

    /// An address that must be there.
    pub(in crate::rpc) fn invitee(&mut self, field: &str, text: &str) -> Option<EmailAddress> {
        self.text(field, EmailAddress::parse(text))
    }

    pub(in crate::rpc) fn delivery(&mut self, choice: Option<&pb::DeliveryChoice>) -> Option<Delivery> {
        match choice.and_then(|choice| choice.choice.as_ref()) {
            Some(Choice::SendEmail(mail)) if mail.locale.is_empty() => Some(Delivery::Mail { locale: None }),
            Some(Choice::SendEmail(mail)) => {
                let locale = self.text("delivery.send_email.locale", Locale::parse(&mail.locale))?;
                Some(Delivery::Mail { locale: Some(locale) })
            }
            Some(Choice::ReturnToken(_)) => Some(Delivery::Token),
            None => self.violation("delivery", "must be send_email or return_token"),
        }
    }

    /// A code that may be one; within, none where no code looks like that, which is as if nobody had made it.
    pub(in crate::rpc) fn code(&mut self, text: &str) -> Option<Option<CodeKey>> {
        if text.is_empty() || text.chars().count() > MAX_CODE_CHARS {
            return self.violation("code", "must be a team code of at most 64 characters");
        }
        Some(CodeKey::read(text))
    }

    /// A code's life; within, none for one without end. Whether the policy offers it is not looked at.
    pub(in crate::rpc) fn code_lifetime(&mut self, text: &str) -> Option<Option<Lifetime>> {
        if text == NEVER {
            return Some(None);
        }
        let expected = "must be one of the policy's lifetimes such as P7D, or never: GetPolicy lists them";
        Lifetime::parse(text).map(Some).or_else(|| self.violation("lifetime", expected))
    }

    pub(in crate::rpc) fn max_uses(&mut self, uses: Option<i64>) -> Option<Option<i64>> {
        match uses {
            Some(uses) if !(1..=MOST_USES).contains(&uses) => {
                self.violation("max_uses", "must be from 1 to 1,000,000,000, or left out for any number")
            }
            uses => Some(uses),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_delivery_is_refused() {
        let mut fields = Fields::default();
        assert_eq!(fields.delivery(None), None);
        assert_eq!(fields.delivery(Some(&pb::DeliveryChoice { choice: None })), None);
        assert_eq!(fields.violations.len(), 2);
    }

    #[test]
    fn uses_and_lives_have_bounds() {
        let mut fields = Fields::default();
        assert_eq!(fields.max_uses(None), Some(None));
        assert_eq!(fields.max_uses(Some(1)), Some(Some(1)));
        assert_eq!(fields.max_uses(Some(MOST_USES)), Some(Some(MOST_USES)));
        assert_eq!(fields.code_lifetime("never"), Some(None));
        assert_eq!(fields.code_lifetime("P7D"), Some(Lifetime::parse("P7D")));
        assert!(fields.violations.is_empty());
        for wrong in [0, -1, MOST_USES + 1] {
            assert_eq!(fields.max_uses(Some(wrong)), None);
        }
        for wrong in ["", "NEVER", "7 days"] {
            assert_eq!(fields.code_lifetime(wrong), None);
        }
        assert_eq!(fields.violations.len(), 6);
    }
}
