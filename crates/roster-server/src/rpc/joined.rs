//! Applies a join and builds the answer: team and membership.

use roster_domain::decide::seats;
use roster_domain::facts::JoinFacts;
use roster_domain::{Change, PersonKey, Policy};
use roster_proto::v1 as pb;
use roster_store::{Member, Team, Tx, occupancy_after};

use super::error::Error;
use super::message;
use super::mutation::Mutation;

/// What everybody is answered who joins.
pub(super) struct Joined {
    /// The team.
    pub(super) team: Option<pb::Team>,
    /// The membership.
    pub(super) member: Option<pb::Member>,
    /// Whether there was one before.
    pub(super) already_member: bool,
}

/// Who joins, or is there already.
pub(super) struct Entrant<'a> {
    /// Their key.
    pub(super) person: PersonKey,
    /// What was decided by.
    pub(super) joining: &'a JoinFacts,
    /// The inviter's user id.
    pub(super) inviter_user_id: Option<String>,
    /// The member that they are already.
    pub(super) member: Option<Member>,
}

/// Carries out what was decided for somebody who joins, or is there already.
pub(super) async fn joined(
    policy: &Policy,
    mutation: &Mutation<'_>,
    tx: &mut Tx,
    team: Team,
    Entrant { person, joining, inviter_user_id, member }: Entrant<'_>,
    changes: Vec<Change>,
) -> Result<Joined, Error> {
    let changes = match &joining.membership {
        Some(member) => mutation.with_email(changes, member),
        None => changes,
    };
    let revision = tx.apply(&mutation.context(person), team.id, &changes).await?;
    let new = changes.iter().find_map(|change| match change {
        Change::MemberJoined(new) => Some(new),
        _ => None,
    });
    let member = match new {
        Some(new) => {
            let user_id = mutation.actor()?.user_id.as_str();
            Some(Member::joined(new, user_id, inviter_user_id, (revision, tx.now())))
        }
        None => member.map(|member| member.after(&changes, revision)),
    };
    let taken = occupancy_after(joining.occupancy, &changes);
    let team = team.after(&changes, revision);
    let seats = seats(policy, team.facts.tier.as_ref(), taken);
    Ok(Joined {
        team: Some(message::team(&team, seats)),
        member: member.map(message::member),
        already_member: joining.membership.is_some(),
    })
}
