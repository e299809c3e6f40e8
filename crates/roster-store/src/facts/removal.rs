//! What removing a member needs: what ends, or changes hands, with its membership.

use roster_domain::facts::{Invitation, RemovalFacts, TeamCode};
use roster_domain::{EmailAddress, InviteLink, Membership, PersonKey, Policy, TeamId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::member::MemberChange;
use super::{Question, open_codes};
use crate::convert::{self, PENDING};
use crate::entity::{invitation, invite_link, team_code};
use crate::error::Result;
use crate::read::access::offers_of;
use crate::read::team::Team;

/// Asks about an actor and the member that it removes.
pub struct Removal<'a> {
    /// Who removes whom.
    pub change: MemberChange<'a>,
    /// Whether the target's live links and codes are asked for, which the actor may take over.
    pub adopt_invites: bool,
}

impl Question for Removal<'_> {
    type Facts = RemovalFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<RemovalFacts> {
        let member = self.change.load(conn, team, policy, now).await?;
        let target: Option<&Membership> = member.target.as_ref();
        let invitations = match target.and_then(|target| target.email.as_ref()) {
            Some(email) => invitations_to(conn, team.id, email).await?,
            None => Vec::new(),
        };
        let (links, codes) = match target {
            Some(target) if self.adopt_invites => (
                links_of(conn, team.id, target.person, now).await?,
                codes_of(conn, team.id, target.person, now).await?,
            ),
            _ => Default::default(),
        };
        Ok(RemovalFacts { member, invitations, links, codes })
    }
}

/// The pending invitations to an address, expired ones among them.
async fn invitations_to(
    conn: &impl ConnectionTrait,
    team: TeamId,
    email: &EmailAddress,
) -> Result<Vec<Invitation>> {
    let rows = invitation::Entity::find()
        .filter(invitation::Column::TeamId.eq(team.uuid()))
        .filter(invitation::Column::EmailKey.eq(email.key()))
        .filter(invitation::Column::State.eq(PENDING))
        .all(conn)
        .await?;
    // What they bring plays no part in their end.
    rows.iter().map(|row| convert::invitation(row, Vec::new())).collect()
}

async fn links_of(
    conn: &impl ConnectionTrait,
    team: TeamId,
    maker: PersonKey,
    now: Timestamp,
) -> Result<Vec<InviteLink>> {
    let rows = invite_link::Entity::find()
        .filter(invite_link::Column::TeamId.eq(team.uuid()))
        .filter(invite_link::Column::Maker.eq(maker.0))
        .filter(invite_link::Column::RevokedAt.is_null())
        .filter(invite_link::Column::ExpiresAt.gt(now.micros()))
        .order_by_asc(invite_link::Column::Revision)
        .all(conn)
        .await?;
    rows.iter().map(convert::invite_link).collect()
}

async fn codes_of(
    conn: &impl ConnectionTrait,
    team: TeamId,
    maker: PersonKey,
    now: Timestamp,
) -> Result<Vec<TeamCode>> {
    let rows = team_code::Entity::find()
        .filter(team_code::Column::TeamId.eq(team.uuid()))
        .filter(team_code::Column::Maker.eq(maker.0))
        .filter(open_codes(now))
        .order_by_asc(team_code::Column::Revision)
        .all(conn)
        .await?;
    let mut offers = offers_of(conn, rows.iter().map(|row| row.id)).await?;
    rows.iter().map(|row| convert::team_code(row, offers.remove(&row.id).unwrap_or_default())).collect()
}
