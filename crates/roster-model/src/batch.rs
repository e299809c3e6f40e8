//! Invites many addresses at once, as one commit does.

use roster_domain::decide::{InvitationRequest, create_invitation};
use roster_domain::{EmailAddress, InvitationId, PersonKey};

use super::acts::{ADDRESSES, Act, CAP, Outcome, grants_of, role_at};
use super::scene::secret;
use super::team::Team;

/// What comes of each row, loaded once for all of them. Rows are acts that invite.
pub(crate) fn invite_all(team: &Team<'_>, actor: PersonKey, rows: &[Act]) -> Vec<Outcome> {
    let emails: Vec<_> = rows.iter().filter_map(address).collect();
    let mut facts = team.inviting(actor, &emails, CAP);
    let mut made = team.made;
    let mut outcomes = vec![];
    for row in rows {
        let Act::Invite { address, role, grants } = row else { panic!("{row:?} invites nobody") };
        let request = InvitationRequest {
            email: &ADDRESSES[*address],
            role: &role_at(team.policy, *role),
            grants: &grants_of(team.policy, grants),
            delivery: super::scene::delivery(made),
            grant_cap: CAP,
            pending_cap: CAP,
        };
        let id = InvitationId::from_uuid(uuid::Uuid::from_u128(made + 1));
        let facts_of_row = facts.of(request.email);
        let outcome = create_invitation(team.policy, &facts_of_row, &request, (id, secret(made)), team.now);
        let changes = outcome.as_deref().unwrap_or_default();
        facts.note(changes);
        made += changes.len() as u128;
        outcomes.push(outcome);
    }
    outcomes
}

fn address(row: &Act) -> Option<EmailAddress> {
    match row {
        Act::Invite { address, .. } => Some(ADDRESSES[*address].clone()),
        _ => None,
    }
}
