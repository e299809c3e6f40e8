//! A team comes into being.

use crate::policy::Policy;
use crate::refusal::Cap;
use crate::{Change, DisplayName, EmailAddress, JoinedBy, PersonKey, Refusal};

/// How many teams one person may create within 24 hours.
#[derive(Clone, Copy, Debug)]
pub struct TeamCap {
    /// How many are allowed.
    pub limit: u64,
    /// How many were created.
    pub used: u64,
}

/// Decides whether the person may create another team; it becomes the founder.
pub fn create_team(
    policy: &Policy,
    display_name: DisplayName,
    creator: PersonKey,
    email: Option<EmailAddress>,
    cap: TeamCap,
) -> Result<Vec<Change>, Refusal> {
    if cap.used >= cap.limit {
        return Err(Refusal::CapReached { cap: Cap::TeamsPerUserAndDay, limit: cap.limit });
    }
    Ok(vec![
        Change::TeamCreated { policy: policy.name.clone(), display_name, creator },
        Change::MemberJoined {
            person: creator,
            role: policy.founder().name.clone(),
            by: JoinedBy::Founding,
            email,
        },
    ])
}
