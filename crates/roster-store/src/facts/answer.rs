//! What accepting and declining an invitation need.

use roster_domain::facts::AnswerFacts;
use roster_domain::{InvitationId, PersonKey, Policy, TeamId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::joining::joining;
use super::{Entering, Question};
use crate::convert;
use crate::convert::is_of_team;
use crate::entity::invitation;
use crate::error::Result;
use crate::people;
use crate::read::access::offers_of;
use crate::read::team::Team;

/// Asks about somebody who answers an invitation.
pub struct Answer<'a> {
    /// Who answers.
    pub user: &'a UserId,
    /// The invitation.
    pub invitation: InvitationId,
    /// The digest of the token, where one was presented. The invitation is found only if both belong together: a token
    /// from before it was sent again leads nowhere.
    pub digest: Option<[u8; 32]>,
}

impl Question for Answer<'_> {
    /// None where the team has no such invitation.
    type Facts = Option<Entering<AnswerFacts>>;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<Self::Facts> {
        let Some(row) = find_invitation(conn, team.id, self.invitation, self.digest).await? else {
            return Ok(None);
        };
        let person = people::ensure(conn, self.user, now).await?;
        let facts = load(conn, team, &row, Some(person), (policy, now)).await?;
        Ok(Some(Entering { person, facts }))
    }
}

/// The invitation of that team and id, and of that digest if there is one.
pub(crate) async fn find_invitation(
    conn: &impl ConnectionTrait,
    team: TeamId,
    invitation: InvitationId,
    digest: Option<[u8; 32]>,
) -> Result<Option<invitation::Model>> {
    let mut select = invitation::Entity::find_by_id(invitation.uuid())
        .filter(is_of_team(invitation::Column::TeamId, team.uuid()));
    if let Some(digest) = digest {
        select = select.filter(invitation::Column::Digest.eq(digest.to_vec()));
    }
    Ok(select.one(conn).await?)
}

/// The facts about an invitation and a person who may be unknown yet.
pub(crate) async fn load(
    conn: &impl ConnectionTrait,
    team: &Team,
    row: &invitation::Model,
    person: Option<PersonKey>,
    rules: (Option<&Policy>, Timestamp),
) -> Result<AnswerFacts> {
    let grants = offers_of(conn, [row.id]).await?.remove(&row.id).unwrap_or_default();
    let invitation = convert::invitation(row, grants)?;
    let joining = joining(conn, team, person, invitation.maker, rules).await?;
    Ok(AnswerFacts { invitation, joining })
}
