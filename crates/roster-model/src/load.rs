//! Loads for an act what the store loads.

use std::borrow::Cow;

use roster_domain::facts::{
    Holder, Invitation, InvitationState, InviteLink, Membership, Occupancy, TeamCode, TeamFacts,
};
use roster_domain::policy::{KindName, Policy};
use roster_domain::{Access, EmailAddress, GrantTarget, MemberState, PersonKey, ResourceId, Revision};

use super::acts::{ADDRESSES, Act, Etag, kind_at, resource_at};
use super::team::Team;

/// Everything that is loaded for an act, and so everything that a fault can falsify.
pub(crate) struct Scene<'a> {
    #[cfg_attr(not(test), expect(dead_code, reason = "only faults decide by another than the team's"))]
    pub(crate) policy: Cow<'a, Policy>,
    pub(crate) team: TeamFacts,
    /// Whoever acts, joins or answers.
    pub(crate) actor: (Option<Membership>, Access),
    pub(crate) target: (Option<Membership>, Access),
    pub(crate) holders: i64,
    pub(crate) expected: Option<Revision>,
    pub(crate) occupancy: Occupancy,
    /// The holder of the sole role.
    pub(crate) holder: (Option<Membership>, Access),
    pub(crate) link: Option<InviteLink>,
    pub(crate) code: Option<TeamCode>,
    pub(crate) invitation: Option<Invitation>,
    /// The maker of whichever of these there is.
    pub(crate) maker: Option<Holder>,
    pub(crate) removed_at: Option<Revision>,
    pub(crate) shown: Option<EmailAddress>,
    /// The pending invitation of the address that is invited.
    pub(crate) pending: Option<Invitation>,
    pub(crate) is_member: bool,
    pub(crate) live_links: u64,
    pub(crate) live_codes: u64,
    pub(crate) live_invitations: u64,
    /// How many invitations are pending, of all who made one.
    pub(crate) all_pending: u64,
    /// How many members, and how many offers, have a grant of what is purged.
    pub(crate) purged: (u64, u64),
    /// What the target leaves behind.
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) links: Vec<InviteLink>,
    pub(crate) codes: Vec<TeamCode>,
    pub(crate) members: Vec<(Membership, Access)>,
}

/// Loads it.
pub(crate) fn load<'a>(team: &Team<'a>, actor: PersonKey, act: &Act) -> Scene<'a> {
    let person = if matches!(act, Act::Leave) { Some(actor) } else { act.target() };
    let both = |person: PersonKey| (team.place(person).cloned(), team.access(person));
    let target = person.map(both).unwrap_or_default();
    let facts = team.facts.clone().expect("a team that is not deleted");
    let version = match act {
        Act::Rename { .. } | Act::Delete { .. } => Some(facts.version),
        Act::Resend(..) | Act::Cancel(..) => act.invitation(team).map(|one| one.version),
        _ => target.0.as_ref().map(|target| target.version),
    };
    let sole = team.policy.sole().map(|(role, _)| &role.name);
    let holder = team.members.iter().find(|one| Some(&one.place.role) == sole).map(|one| one.place.person);
    let (link, code, invitation) = (act.link(team), act.code(team), act.invitation(team));
    let maker = link.map(|link| link.maker).or(code.map(|code| code.maker));
    let maker = maker.or(invitation.map(|one| one.maker));
    let address = match act {
        Act::Invite { address, .. } => Some(&ADDRESSES[*address]),
        _ => invitation.map(|one| &one.email),
    };
    let owns = |maker: PersonKey| Some(maker) == person;
    let left = target.0.as_ref().and_then(|target| target.email.as_ref());
    Scene {
        policy: Cow::Borrowed(team.policy),
        actor: both(actor),
        holders: target.0.as_ref().map_or(0, |one| team.counted(&one.role, MemberState::Active)),
        expected: match act.etag() {
            Etag::None => None,
            Etag::Current => version,
            Etag::Stale => version.map(|version| version - 1),
        },
        occupancy: team.occupancy(),
        holder: holder.map(both).unwrap_or_default(),
        maker: maker.and_then(|maker| team.holder(maker)),
        removed_at: team.removals.get(&actor).copied(),
        shown: act.shown(team, actor),
        pending: address.and_then(|address| open_to(team, address.key()).next()).cloned(),
        is_member: address.is_some_and(|address| {
            let has = |email: &EmailAddress| email.key() == address.key();
            team.members.iter().any(|one| one.place.email.as_ref().is_some_and(has))
        }),
        live_links: team.live_links(),
        live_codes: team.live_codes(),
        live_invitations: team.live_invitations(invitation.map(|one| one.id)),
        all_pending: team.pending(),
        purged: purged(team, act),
        invitations: left.map_or(vec![], |left| open_to(team, left.key()).cloned().collect()),
        links: team
            .links
            .iter()
            .filter(|one| owns(one.maker) && one.revoked_at.is_none() && team.now < one.expires_at)
            .cloned()
            .collect(),
        codes: team
            .codes
            .iter()
            .filter(|one| owns(one.maker) && one.revoked_at.is_none())
            .filter(|one| one.expires_at.is_none_or(|end| team.now < end))
            .filter(|one| one.max_uses.is_none_or(|most| one.uses < most))
            .cloned()
            .collect(),
        members: team.members.iter().map(|one| (one.place.clone(), one.access.clone())).collect(),
        link: link.cloned(),
        code: code.cloned(),
        invitation: invitation.cloned(),
        team: facts,
        target,
    }
}

/// The invitations to that address that are pending as stored.
pub(crate) fn open_to<'t>(team: &'t Team<'_>, key: &str) -> impl Iterator<Item = &'t Invitation> {
    let key = key.to_owned();
    team.invitations.iter().filter(move |one| one.state == InvitationState::Pending && one.email.key() == key)
}

fn purged(team: &Team<'_>, act: &Act) -> (u64, u64) {
    let Act::Purge { kind, resource } = act else { return (0, 0) };
    team.granted(&kind_at(team.policy, *kind), resource_at(*resource))
}

impl Team<'_> {
    /// How many members, and how many offers, have a grant of that resource.
    #[must_use]
    pub fn granted(&self, kind: &KindName, resource: &ResourceId) -> (u64, u64) {
        let target = GrantTarget::One(resource.clone());
        let names =
            |access: &&Access| access.grants.iter().any(|one| one.kind == *kind && one.target == target);
        let members = self.members.iter().map(|one| &one.access).filter(names).count();
        let codes = self.codes.iter().map(|one| &one.access).filter(names).count();
        let invitations = self.invitations.iter().map(|one| &one.access).filter(names).count();
        (members as u64, (codes + invitations) as u64)
    }
}
