//! What an act needs to be decided: what is loaded for it, and what that is for the team in memory.

use std::collections::BTreeSet;

use roster_domain::facts::{
    ActorFacts, AdditionFacts, AnswerFacts, CodeCreationFacts, CodeFacts, CodeRedemptionFacts,
    InvitationFacts, InvitingFacts, JoinFacts, LinkCreationFacts, LinkFacts, MemberFacts, PurgeFacts,
    RedemptionFacts, RemovalFacts, RestorationFacts, TeamFacts, TransferFacts,
};
use roster_domain::policy::KindName;
use roster_domain::{CodeId, EmailAddress, InvitationId, LinkId, PersonKey, ResourceId};
use uuid::Uuid;

use crate::acts::{ADDRESSES, Act, Answer, CAP, kind_at, resource_at};
use crate::load::{Scene, open_to};
use crate::team::Team;

/// What is loaded for an act. What the team does not have is named by an id that nothing has.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is what the variant of `Facts` with its name is loaded by")]
pub enum Needs {
    Actor,
    Team,
    Transfer { by_service: bool, target: PersonKey },
    Purge { kind: KindName, resource: ResourceId },
    Addition(Vec<PersonKey>),
    Member(PersonKey),
    Restoration(PersonKey),
    Removal { target: PersonKey, adopt: bool },
    LinkCreation,
    Link(LinkId),
    CodeCreation,
    Code(CodeId),
    Inviting(EmailAddress),
    Invitation(InvitationId),
    Redemption(LinkId),
    CodeRedemption(CodeId),
    Answer { invitation: InvitationId, by_token: bool },
}

/// What was loaded.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each holds the facts of its name")]
pub enum Facts {
    Actor(ActorFacts),
    Team(TeamFacts),
    Transfer(TransferFacts),
    Purge(PurgeFacts),
    Addition(AdditionFacts),
    Member(MemberFacts),
    Restoration(RestorationFacts),
    Removal(RemovalFacts),
    LinkCreation(LinkCreationFacts),
    Link(LinkFacts),
    CodeCreation(CodeCreationFacts),
    Code(CodeFacts),
    Inviting(InvitingFacts),
    Invitation(InvitationFacts),
    Redemption(Option<RedemptionFacts>),
    CodeRedemption(Option<CodeRedemptionFacts>),
    Answer(Option<AnswerFacts>),
}

/// What is loaded for the act of that person.
pub(crate) fn needs(team: &Team<'_>, actor: PersonKey, act: &Act) -> Needs {
    let link = || LinkId::from_uuid(act.link(team).map_or(Uuid::nil(), |link| link.id.uuid()));
    let code = || CodeId::from_uuid(act.code(team).map_or(Uuid::nil(), |code| code.id.uuid()));
    let invitation =
        || InvitationId::from_uuid(act.invitation(team).map_or(Uuid::nil(), |one| one.id.uuid()));
    match act {
        Act::Rename { .. } | Act::Delete { .. } => Needs::Actor,
        Act::SetTier(_) => Needs::Team,
        Act::Transfer { target, service } => Needs::Transfer { by_service: *service, target: *target },
        Act::Purge { kind, resource } => {
            Needs::Purge { kind: kind_at(team.policy, *kind), resource: resource_at(*resource).clone() }
        }
        Act::AddMembers(added) => Needs::Addition(added.iter().map(|one| one.person).collect()),
        Act::ChangeRole { target, .. } | Act::SetAccess { target, .. } | Act::Suspend { target, .. } => {
            Needs::Member(*target)
        }
        Act::Leave => Needs::Member(actor),
        Act::Restore { target, .. } => Needs::Restoration(*target),
        Act::Remove { target, adopt, .. } => Needs::Removal { target: *target, adopt: *adopt },
        Act::CreateLink => Needs::LinkCreation,
        Act::RevokeLink(_) => Needs::Link(link()),
        Act::CreateCode { .. } => Needs::CodeCreation,
        Act::RevokeCode(_) | Act::DeleteCode(_) => Needs::Code(code()),
        Act::Invite { address, .. } => Needs::Inviting(ADDRESSES[*address].clone()),
        Act::Resend(..) | Act::Cancel(..) => Needs::Invitation(invitation()),
        Act::Redeem(_) => Needs::Redemption(link()),
        Act::RedeemCode(_) => Needs::CodeRedemption(code()),
        Act::Accept(Answer { by_token, .. }) | Act::Decline(Answer { by_token, .. }) => {
            Needs::Answer { invitation: invitation(), by_token: *by_token }
        }
    }
}

/// What the scene says, as the decision about the act takes it.
pub(crate) fn facts(scene: Scene<'_>, act: &Act) -> Facts {
    match act {
        Act::Rename { .. } | Act::Delete { .. } => {
            Facts::Actor(ActorFacts { team: scene.team, actor: scene.actor.0 })
        }
        Act::SetTier(_) => Facts::Team(scene.team),
        Act::Transfer { service, .. } => {
            let ((holder, holder_access), (target, target_access)) = (scene.holder, scene.target);
            let actor = scene.actor.0.filter(|_| !service);
            Facts::Transfer(TransferFacts { actor, holder, holder_access, target, target_access })
        }
        Act::Purge { .. } => {
            let (members, offers) = scene.purged;
            Facts::Purge(PurgeFacts { actor: scene.actor.0, members, offers })
        }
        Act::AddMembers(added) => {
            let asked = |place: PersonKey| added.iter().any(|one| one.person == place);
            let members = scene.members.into_iter().filter(|(place, _)| asked(place.person)).collect();
            Facts::Addition(AdditionFacts { team: scene.team, members, occupancy: scene.occupancy })
        }
        Act::ChangeRole { .. }
        | Act::SetAccess { .. }
        | Act::Suspend { .. }
        | Act::Leave
        | Act::Restore { .. }
        | Act::Remove { .. } => facts_of_member(scene, act),
        Act::Redeem(_) | Act::RedeemCode(_) | Act::Accept(_) | Act::Decline(_) => facts_of_join(scene, act),
        _ => facts_of_offer(scene, act),
    }
}

fn facts_of_member(scene: Scene<'_>, act: &Act) -> Facts {
    let ((actor, actor_access), (target, target_access)) = (scene.actor, scene.target);
    let (team, holders_of_target_role) = (scene.team, scene.holders);
    let member = MemberFacts { team, actor, actor_access, target, target_access, holders_of_target_role };
    match act {
        Act::Restore { .. } => Facts::Restoration(RestorationFacts { member, occupancy: scene.occupancy }),
        Act::Remove { adopt, .. } => {
            let (links, codes) = if *adopt { (scene.links, scene.codes) } else { Default::default() };
            Facts::Removal(RemovalFacts { member, invitations: scene.invitations, links, codes })
        }
        _ => Facts::Member(member),
    }
}

fn facts_of_join(scene: Scene<'_>, act: &Act) -> Facts {
    let joining = JoinFacts {
        team: scene.team,
        membership: scene.actor.0,
        removed_at: scene.removed_at,
        maker: scene.maker,
        occupancy: scene.occupancy,
    };
    match act {
        Act::Redeem(_) => Facts::Redemption(scene.link.map(|link| RedemptionFacts { link, joining })),
        Act::RedeemCode(_) => {
            Facts::CodeRedemption(scene.code.map(|code| CodeRedemptionFacts { code, joining }))
        }
        _ => Facts::Answer(scene.invitation.map(|invitation| AnswerFacts { invitation, joining })),
    }
}

fn facts_of_offer(scene: Scene<'_>, act: &Act) -> Facts {
    let (actor, actor_access) = scene.actor;
    match act {
        Act::CreateLink => {
            Facts::LinkCreation(LinkCreationFacts { actor, actor_access, live_links: scene.live_links })
        }
        Act::RevokeLink(_) => Facts::Link(LinkFacts { actor, link: scene.link }),
        Act::CreateCode { .. } => {
            Facts::CodeCreation(CodeCreationFacts { actor, actor_access, live_codes: scene.live_codes })
        }
        Act::RevokeCode(_) | Act::DeleteCode(_) => {
            Facts::Code(CodeFacts { actor, code: scene.code, maker: scene.maker })
        }
        Act::Invite { address, .. } => {
            let address = &ADDRESSES[*address];
            Facts::Inviting(InvitingFacts {
                team: scene.team,
                actor,
                actor_access,
                pending: scene.pending.into_iter().collect(),
                member_addresses: scene.is_member.then(|| address.key().to_owned()).into_iter().collect(),
                occupancy: scene.occupancy,
                live_invitations: if scene.all_pending < CAP {
                    scene.all_pending
                } else {
                    scene.live_invitations
                },
            })
        }
        _ => Facts::Invitation(InvitationFacts {
            team: scene.team,
            actor,
            actor_access,
            invitation: scene.invitation,
            pending: scene.pending,
            is_member: scene.is_member,
            occupancy: scene.occupancy,
            live_invitations: scene.live_invitations,
        }),
    }
}

impl Team<'_> {
    /// What inviting these addresses needs, where a team may have so many pending invitations: where there is room for all
    /// of them, whatever is pending counts.
    #[must_use]
    pub fn inviting(&self, actor: PersonKey, emails: &[EmailAddress], cap: u64) -> InvitingFacts {
        let asked: BTreeSet<_> = emails.iter().map(EmailAddress::key).collect();
        let of_members =
            self.members.iter().filter_map(|one| one.place.email.as_ref()).map(EmailAddress::key);
        let pending = self.pending();
        let has_room = pending <= cap.saturating_sub(emails.len() as u64);
        InvitingFacts {
            team: self.facts.clone().expect("a team that is not deleted"),
            actor: self.place(actor).cloned(),
            actor_access: self.access(actor),
            pending: asked.iter().flat_map(|key| open_to(self, key)).cloned().collect(),
            member_addresses: of_members.filter(|key| asked.contains(key)).map(str::to_owned).collect(),
            occupancy: self.occupancy(),
            live_invitations: if has_room { pending } else { self.live_invitations(None) },
        }
    }

    /// What joining needs, by an invite of that person.
    #[must_use]
    pub fn joining(&self, person: PersonKey, maker: PersonKey) -> JoinFacts {
        JoinFacts {
            team: self.facts.clone().expect("a team that is not deleted"),
            membership: self.place(person).cloned(),
            removed_at: self.removals.get(&person).copied(),
            maker: self.holder(maker),
            occupancy: self.occupancy(),
        }
    }
}
