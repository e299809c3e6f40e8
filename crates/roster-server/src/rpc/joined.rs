//! The end of every way in: the changes are carried out, and the answer shows team and membership.

use roster_domain::facts::JoinFacts;
use roster_domain::{Change, PersonKey, Policy, TeamId};
use roster_proto::v1 as pb;
use roster_store::Tx;

use super::error::Error;
use super::mutation::Mutation;
use super::{message, seats};

/// What everybody is answered who joins.
pub(super) struct Joined {
    /// The team.
    pub(super) team: Option<pb::Team>,
    /// The membership.
    pub(super) member: Option<pb::Member>,
    /// Whether there was one before.
    pub(super) already_member: bool,
}

/// Carries out what was decided for somebody who joins, or is there already.
pub(super) async fn joined(
    policy: &Policy,
    mutation: &Mutation<'_>,
    tx: &mut Tx,
    team: TeamId,
    (person, joining): (PersonKey, &JoinFacts),
    changes: Vec<Change>,
) -> Result<Joined, Error> {
    let changes = match &joining.membership {
        Some(member) => mutation.with_email(changes, member),
        None => changes,
    };
    tx.apply(&mutation.context(person), team, &changes).await?;
    let member = tx.member(team, person).await?;
    let team = tx.team(team).await?.ok_or(Error::Internal("a team vanished while somebody joined"))?;
    let seats = seats::after(policy, tx, &team).await?;
    Ok(Joined {
        team: Some(message::team(&team, seats)),
        member: member.map(message::member),
        already_member: joining.membership.is_some(),
    })
}
