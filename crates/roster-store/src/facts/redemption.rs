//! What redeeming an invite link needs.

use roster_domain::facts::RedemptionFacts;
use roster_domain::{LinkId, PersonKey, Policy, TeamId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::Question;
use super::joining::joining;
use crate::convert;
use crate::convert::is_of_team;
use crate::entity::invite_link;
use crate::error::Result;
use crate::people;
use crate::read::team::Team;

/// Asks about somebody who wants to join by a link.
pub struct Redemption<'a> {
    /// Who wants to join.
    pub user: &'a UserId,
    /// The link that the token is said to belong to.
    pub link: LinkId,
    /// The token's digest. The link is found only if both belong together.
    pub digest: [u8; 32],
}

/// A person who is about to join, or to answer an invitation.
pub struct Entering<F> {
    /// The person, made known now if it was not.
    pub person: PersonKey,
    /// What the decision needs.
    pub facts: F,
}

impl Question for Redemption<'_> {
    /// None where the team has no such link.
    type Facts = Option<Entering<RedemptionFacts>>;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<Self::Facts> {
        let Some(row) = find_link(conn, team.id, self.link, self.digest).await? else {
            return Ok(None);
        };
        let person = people::ensure(conn, self.user, now).await?;
        let facts = load(conn, team, &row, Some(person), (policy, now)).await?;
        Ok(Some(Entering { person, facts }))
    }
}

/// The link of that team, id and digest, if the three belong together.
pub(crate) async fn find_link(
    conn: &impl ConnectionTrait,
    team: TeamId,
    link: LinkId,
    digest: [u8; 32],
) -> Result<Option<invite_link::Model>> {
    Ok(invite_link::Entity::find_by_id(link.uuid())
        .filter(is_of_team(invite_link::Column::TeamId, team.uuid()))
        .filter(invite_link::Column::Digest.eq(digest.to_vec()))
        .one(conn)
        .await?)
}

/// The facts about a link and a person who may be unknown yet.
pub(crate) async fn load(
    conn: &impl ConnectionTrait,
    team: &Team,
    row: &invite_link::Model,
    person: Option<PersonKey>,
    rules: (Option<&Policy>, Timestamp),
) -> Result<RedemptionFacts> {
    let link = convert::invite_link(row)?;
    let joining = joining(conn, team, person, link.maker, rules).await?;
    Ok(RedemptionFacts { link, joining })
}
