//! What every handler works with.

use std::sync::Arc;

use roster_domain::policy::{Policy, PolicyName, PolicySet};
use roster_store::Store;

use crate::authn::{Call, Policies};
use crate::keys::Keys;
use crate::limiter::Limiter;
use crate::mail::Mail;
use crate::rpc::error::Error;
use crate::shutdown::Shutdown;
use crate::tokens::TokenStore;

/// The running service, without its sockets.
pub struct App {
    /// The database.
    pub store: Store,
    /// Where live tokens lead to.
    pub tokens: TokenStore,
    /// The server's keys.
    pub keys: Arc<Keys>,
    /// What counts wrong guesses and mails.
    pub limiter: Limiter,
    /// What sends mail; none where the deployment sends none.
    pub mail: Option<Arc<Mail>>,
    /// The policies that the service runs.
    pub policies: PolicySet,
    /// The caps of this deployment.
    pub limits: Limits,
    /// Tells workers and streams that the service is stopping.
    pub shutdown: Shutdown,
}

/// Caps that a deployment may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many live invite links a team may have.
    pub live_links_per_team: u64,
    /// How many pending invitations a team may have.
    pub pending_invitations_per_team: u64,
    /// How many live codes a team may have.
    pub live_codes_per_team: u64,
    /// How many grants a member may have.
    pub grants_per_member: u64,
    /// How many teams a person may create within 24 hours.
    pub teams_per_user_and_day: u64,
}

impl App {
    /// The policy that a stored team follows.
    pub(crate) fn policy_of_team(&self, name: &PolicyName) -> Result<&Policy, Error> {
        served(self.policies.get(name).map(Arc::as_ref))
    }

    /// Whether that policy, and so every team under it, exists for the calling service.
    pub(crate) fn has_policy_for(&self, call: &Call, name: &PolicyName) -> bool {
        self.policies_of(call).any(|policy| policy.name == *name)
    }

    /// Whether every policy that the service runs exists for the calling service.
    pub(crate) fn has_every_policy_for(&self, call: &Call) -> bool {
        is_every_policy(&self.policies, &call.caller.policies)
    }

    /// The policies that exist for the calling service.
    pub(crate) fn policies_of<'a>(&'a self, call: &'a Call) -> impl Iterator<Item = &'a Policy> {
        self.policies.iter().filter(|policy| call.caller.policies.include(&policy.name))
    }

    /// The policy of that name, if it exists for the calling service.
    pub(crate) fn policy_for<'a>(&'a self, call: &'a Call, name: &str) -> Option<&'a Policy> {
        self.policies_of(call).find(|policy| policy.name.as_str() == name)
    }
}

/// The policy of a team that was found. A team that exists for the calling service has one.
pub(crate) fn served(policy: Option<&Policy>) -> Result<&Policy, Error> {
    policy.ok_or(Error::Internal("a team follows a policy that the service does not run"))
}

/// Whether a calling service that is bound so is bound to every one of these.
fn is_every_policy(run: &PolicySet, bound: &Policies) -> bool {
    run.iter().all(|policy| bound.include(&policy.name))
}

#[cfg(test)]
mod tests {
    use roster_domain::policy::presets;

    use super::*;

    #[test]
    fn every_policy_is_every_one_that_is_run() {
        let run: PolicySet = presets().into_iter().collect();
        let but_one: PolicySet = presets().into_iter().skip(1).collect();
        let names = |policies: &PolicySet| policies.iter().map(|policy| policy.name.clone()).collect();
        assert!(is_every_policy(&run, &Policies::All));
        assert!(is_every_policy(&run, &Policies::Only(names(&run))), "named one by one");
        assert!(is_every_policy(&but_one, &Policies::Only(names(&run))), "and one that is not run");
        assert!(!is_every_policy(&run, &Policies::Only(names(&but_one))), "one is missing");
        assert!(!is_every_policy(&run, &Policies::Only(names(&PolicySet::default()))));
    }
}
