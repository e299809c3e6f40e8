//! The policies that are served, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Policy, PolicyName};

/// Policies by name, no two of which share one. A mutation that has found its team's policy keeps it.
#[derive(Clone, Debug, Default)]
pub struct PolicySet(BTreeMap<PolicyName, Arc<Policy>>);

impl PolicySet {
    /// The policy of that name, if it is one of these.
    #[must_use]
    pub fn get(&self, name: &PolicyName) -> Option<&Arc<Policy>> {
        self.0.get(name)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.0.values().map(Arc::as_ref)
    }
}

impl FromIterator<Policy> for PolicySet {
    /// Of two with the same name the later one counts.
    fn from_iter<I: IntoIterator<Item = Policy>>(policies: I) -> Self {
        Self(policies.into_iter().map(|policy| (policy.name.clone(), Arc::new(policy))).collect())
    }
}
