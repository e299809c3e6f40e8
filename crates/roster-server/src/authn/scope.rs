//! What a calling service may do beyond acting for persons.

use std::fmt;

/// A power that a calling service has or lacks, whoever it acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// To act for a person.
    ActAs,
    /// To ask what any person may do.
    AccessCheck,
    /// To use up a team's quota.
    QuotaUse,
    /// To report that people were active.
    ActivityReport,
    /// To set a team's tier.
    TiersSet,
    /// To make people members without an invitation.
    MembersImport,
    /// To watch the events of all teams.
    EventsWatchAll,
    /// To administer teams in nobody's name.
    TeamsAdminister,
    /// To erase a person's data.
    PrivacyErase,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::ActAs,
        Self::AccessCheck,
        Self::QuotaUse,
        Self::ActivityReport,
        Self::TiersSet,
        Self::MembersImport,
        Self::EventsWatchAll,
        Self::TeamsAdminister,
        Self::PrivacyErase,
    ];

    /// Its name, as credentials and errors spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ActAs => "act-as",
            Self::AccessCheck => "access.check",
            Self::QuotaUse => "quota.use",
            Self::ActivityReport => "activity.report",
            Self::TiersSet => "tiers.set",
            Self::MembersImport => "members.import",
            Self::EventsWatchAll => "events.watch-all",
            Self::TeamsAdminister => "teams.administer",
            Self::PrivacyErase => "privacy.erase",
        }
    }

    /// The scope of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_scope_has_a_name_of_its_own_that_is_documented() {
        let names: BTreeSet<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        assert_eq!(names.len(), Scope::ALL.len());
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        let document = include_str!("../../../../docs/configuration.md");
        for name in names {
            assert!(document.contains(&format!("`{name}`")), "docs/configuration.md does not name {name}");
        }
        for wrong in ["", "Act-As", "act-as ", "tiers", "teams.administer.all", "*"] {
            assert_eq!(Scope::parse(wrong), None, "{wrong:?}");
        }
    }
}
