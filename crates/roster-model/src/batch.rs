//! Invites many addresses at once, as one commit does.

use std::collections::BTreeSet;

use roster_domain::decide::{InvitationRequest, create_invitation};
use roster_domain::facts::InvitingFacts;
use roster_domain::{Delivery, EmailAddress, InvitationId, PersonKey};

use super::acts::{ADDRESSES, Act, CAP, Outcome, grants_of, role_at};
use super::load::open_to;
use super::scene::secret;
use super::team::Team;

/// What comes of each row, loaded once for all of them. Rows are acts that invite.
pub(crate) fn invite_all(team: &Team<'_>, actor: PersonKey, rows: &[Act]) -> Vec<Outcome> {
    let mut facts = load(team, actor, rows);
    let mut made = team.made;
    let mut outcomes = vec![];
    for row in rows {
        let Act::Invite { address, role, grants } = row else { panic!("{row:?} invites nobody") };
        let request = InvitationRequest {
            email: &ADDRESSES[*address],
            role: &role_at(team.policy, *role),
            grants: &grants_of(team.policy, grants),
            delivery: Delivery::Token,
            grant_cap: CAP,
            pending_cap: CAP,
        };
        let id = InvitationId::from_uuid(uuid::Uuid::from_u128(made + 1));
        let facts_of_row = facts.of(request.email);
        let outcome = create_invitation(team.policy, &facts_of_row, &request, (id, secret()), team.now);
        let changes = outcome.as_deref().unwrap_or_default();
        facts.note(changes);
        made += changes.len() as u128;
        outcomes.push(outcome);
    }
    outcomes
}

fn load(team: &Team<'_>, actor: PersonKey, rows: &[Act]) -> InvitingFacts {
    let asked = rows.iter().filter_map(|row| match row {
        Act::Invite { address, .. } => Some(ADDRESSES[*address].key()),
        _ => None,
    });
    let asked: BTreeSet<_> = asked.collect();
    let of_members = team.members.iter().filter_map(|one| one.place.email.as_ref()).map(EmailAddress::key);
    let asked_addresses = || ADDRESSES.iter().filter(|one| asked.contains(one.key()));
    InvitingFacts {
        team: team.facts.clone().expect("a team that is not deleted"),
        actor: team.place(actor).cloned(),
        actor_access: team.access(actor),
        pending: asked_addresses().flat_map(|one| open_to(team, one)).cloned().collect(),
        member_addresses: of_members.filter(|key| asked.contains(key)).map(str::to_owned).collect(),
        occupancy: team.occupancy(),
        live_invitations: team.live_invitations(None),
    }
}
