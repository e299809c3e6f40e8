//! Invite links: found by a digest, shown, listed.

use roster_domain::decide::InviteLinkState;
use roster_domain::{Holder, InviteLink, LinkId, Policy, Revision, SecretRecord, TeamId, Timestamp};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::convert;
use crate::convert::is_of_team;
use crate::entity::invite_link;
use crate::error::Result;
use crate::open::Store;
use crate::read::maker::{maker_present, makers_of};
use crate::tx::Tx;

/// A link as it is shown, and what its secret is derived from.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLink {
    /// The link.
    pub link: InviteLink,
    /// What its secret is derived from.
    pub secret: SecretRecord,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// Its maker's user id; none if that person's data was erased.
    pub maker_user_id: Option<String>,
}

/// Where a token leads to: what a token store remembers of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPlace {
    /// The team.
    pub team: TeamId,
    /// The link.
    pub link: LinkId,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Which links of a team to list, the newest first.
#[derive(Clone, Debug)]
pub struct LinkQuery<'a> {
    /// The team's policy, which says whose links are live.
    pub policy: &'a Policy,
    /// Only links in this state.
    pub state: Option<InviteLinkState>,
    /// The time that the state is judged by.
    pub now: Timestamp,
    /// Only links after the one that this revision of the team made, in the list's order.
    pub after: Option<Revision>,
    /// How many at most.
    pub limit: u64,
}

impl Store {
    /// Where a token leads to, by its digest: what to ask when the token store does not know. Revoked and expired links
    /// are found too. The time of the reading comes with it.
    pub async fn find_link(&self, digest: [u8; 32]) -> Result<Option<(LinkPlace, Timestamp)>> {
        let row = invite_link::Entity::find()
            .filter(invite_link::Column::Digest.eq(digest.to_vec()))
            .one(&self.statements("find invite link"))
            .await?;
        let Some(row) = row else { return Ok(None) };
        let place = LinkPlace {
            team: TeamId::from_uuid(row.team_id),
            link: LinkId::from_uuid(row.id),
            expires_at: Timestamp::from_micros(row.expires_at),
        };
        Ok(Some((place, self.now().await?)))
    }

    /// A link of a team under that policy.
    pub async fn link(&self, team: TeamId, policy: &Policy, link: LinkId) -> Result<Option<StoredLink>> {
        one(&self.statements("load invite link"), team, policy, link).await
    }

    /// A page of a team's links.
    pub async fn links(&self, team: TeamId, query: &LinkQuery<'_>) -> Result<Vec<StoredLink>> {
        let mut select = invite_link::Entity::find()
            .filter(invite_link::Column::TeamId.eq(team.uuid()))
            .order_by_desc(invite_link::Column::Revision)
            .limit(query.limit);
        if let Some(state) = query.state {
            select = select.filter(in_state(state, query.policy, team, query.now));
        }
        if let Some(after) = query.after {
            select = select.filter(invite_link::Column::Revision.lt(after));
        }
        with_makers(
            &self.statements("list invite links"),
            query.policy,
            select.all(&self.statements("list invite links")).await?,
        )
        .await
    }
}

impl Tx {
    /// A link of a team under that policy, as this transaction has left it.
    pub async fn link(&self, team: TeamId, policy: &Policy, link: LinkId) -> Result<Option<StoredLink>> {
        one(self.changed().await?, team, policy, link).await
    }
}

async fn one(
    conn: &impl ConnectionTrait,
    team: TeamId,
    policy: &Policy,
    link: LinkId,
) -> Result<Option<StoredLink>> {
    let rows = invite_link::Entity::find_by_id(link.uuid())
        .filter(is_of_team(invite_link::Column::TeamId, team.uuid()))
        .all(conn)
        .await?;
    Ok(with_makers(conn, policy, rows).await?.pop())
}

async fn with_makers(
    conn: &impl ConnectionTrait,
    policy: &Policy,
    rows: Vec<invite_link::Model>,
) -> Result<Vec<StoredLink>> {
    let places = rows.iter().map(|row| (row.team_id, row.maker)).collect();
    let makers = makers_of(conn, !policy.kinds.is_empty(), places).await?;
    rows.iter()
        .map(|row| {
            let (maker, maker_user_id) = makers.get(row.team_id, row.maker);
            let link = convert::invite_link(row)?;
            Ok(StoredLink { link, secret: convert::link_secret(row)?, maker, maker_user_id })
        })
        .collect()
}

/// The links in a state, as [`roster_domain::decide::link_state`] tells states.
fn in_state(state: InviteLinkState, policy: &Policy, team: TeamId, now: Timestamp) -> Condition {
    let revoked = invite_link::Column::RevokedAt.is_not_null();
    let expired = invite_link::Column::ExpiresAt.lte(now.micros());
    let open = Condition::all().add(revoked.clone().not()).add(expired.clone().not());
    match state {
        InviteLinkState::Revoked => Condition::all().add(revoked),
        InviteLinkState::Expired => Condition::all().add(revoked.not()).add(expired),
        InviteLinkState::Live => open.add(maker_present::<invite_link::Entity>(policy, team)),
        InviteLinkState::MakerGone => open.add(maker_present::<invite_link::Entity>(policy, team).not()),
    }
}
