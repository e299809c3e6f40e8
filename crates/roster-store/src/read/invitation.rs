//! E-mail invitations that are shown and listed.

use std::cmp::Reverse;
use std::collections::HashMap;

use roster_domain::decide::ShownInvitationState;
use roster_domain::facts::{Invitation, InvitationState};
use roster_domain::{EmailAddress, Holder, InvitationId, Policy, SecretRecord, TeamId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::convert::{self, PENDING, invitation_state_number, is_of_team};
use crate::entity::{invitation, person};
use crate::error::Result;
use crate::open::Store;
use crate::read::access::offers_of;
use crate::read::delivery::{Delivered, deliveries_of};
use crate::read::maker::{maker_present, makers_of};
use crate::tx::Tx;

/// An invitation as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// What its secret is derived from.
    pub secret: SecretRecord,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// The user id of its maker; none if that person's data was erased.
    pub maker_user_id: Option<String>,
    /// When it was accepted or declined.
    pub answered_at: Option<Timestamp>,
    /// The user id of whoever did; none if nobody did, or if that person's data was erased.
    pub answered_by_user_id: Option<String>,
    /// How its mail fares; none where its secret was not mailed.
    pub delivery: Option<Delivered>,
}

/// Which invitations of a team to list, the newest first.
#[derive(Clone, Debug)]
pub struct InvitationQuery<'a> {
    /// The team's policy, which says whose invitations are pending.
    pub policy: &'a Policy,
    /// Only invitations in this state.
    pub state: Option<ShownInvitationState>,
    /// Only invitations of this address.
    pub email: Option<&'a EmailAddress>,
    /// The time that the state is judged by.
    pub now: Timestamp,
    /// Only invitations after the one that was made then and has this id, in the list's order.
    pub after: Option<(Timestamp, Uuid)>,
    /// How many at most.
    pub limit: u64,
}

impl Store {
    /// A page of a team's invitations.
    pub async fn invitations(
        &self,
        team: TeamId,
        query: &InvitationQuery<'_>,
    ) -> Result<Vec<StoredInvitation>> {
        let parts = match query.state {
            Some(state) => in_state(state, query.policy, team, query.now),
            None => vec![Condition::all()],
        };
        let mut rows = Vec::new();
        for part in parts {
            rows.extend(page(&self.statements("list invitations"), team, query, part).await?);
        }
        rows.sort_unstable_by_key(|row| Reverse((row.created_at, row.id)));
        rows.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        whole(&self.statements("list invitations"), query.policy, rows).await
    }

    /// The team's pending invitations that have not expired by then, the newest first, so many at most. Those without a
    /// maker are among them.
    pub async fn pending_invitations(
        &self,
        team: TeamId,
        policy: &Policy,
        now: Timestamp,
        limit: u64,
    ) -> Result<Vec<StoredInvitation>> {
        let rows = invitation::Entity::find()
            .filter(invitation::Column::TeamId.eq(team.uuid()))
            .filter(unanswered(now))
            .order_by_desc(invitation::Column::CreatedAt)
            .order_by_desc(invitation::Column::Id)
            .limit(limit)
            .all(&self.statements("list invitations"))
            .await?;
        whole(&self.statements("list invitations"), policy, rows).await
    }

    /// An invitation of a team under that policy.
    pub async fn invitation(
        &self,
        team: TeamId,
        policy: &Policy,
        invitation: InvitationId,
    ) -> Result<Option<StoredInvitation>> {
        Ok(by_ids(&self.statements("load invitation"), team, policy, &[invitation]).await?.pop())
    }

    /// Some invitations of a team under that policy, in no order.
    pub async fn invitations_by_id(
        &self,
        team: TeamId,
        policy: &Policy,
        ids: &[InvitationId],
    ) -> Result<Vec<StoredInvitation>> {
        by_ids(&self.statements("load invitations"), team, policy, ids).await
    }
}

impl Tx {
    /// An invitation of a team under that policy, as this transaction has left it.
    pub async fn invitation(
        &self,
        team: TeamId,
        policy: &Policy,
        invitation: InvitationId,
    ) -> Result<Option<StoredInvitation>> {
        Ok(by_ids(self.changed().await?, team, policy, &[invitation]).await?.pop())
    }
}

async fn by_ids(
    conn: &impl ConnectionTrait,
    team: TeamId,
    policy: &Policy,
    ids: &[InvitationId],
) -> Result<Vec<StoredInvitation>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = invitation::Entity::find()
        .filter(invitation::Column::Id.is_in(ids.iter().map(InvitationId::uuid)))
        .filter(is_of_team(invitation::Column::TeamId, team.uuid()))
        .all(conn)
        .await?;
    whole(conn, policy, rows).await
}

/// Adds what the invitations bring, what is known of people, and how their mails fare.
async fn whole(
    conn: &impl ConnectionTrait,
    policy: &Policy,
    rows: Vec<invitation::Model>,
) -> Result<Vec<StoredInvitation>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut offers = offers_of(conn, rows.iter().map(|row| row.id)).await?;
    let mut deliveries = deliveries_of(conn, &rows).await?;
    let places = rows.iter().map(|row| (row.team_id, row.maker)).collect();
    let makers = makers_of(conn, !policy.kinds.is_empty(), places).await?;
    let answerers = user_ids(conn, rows.iter().filter_map(|row| row.answered_by).collect()).await?;
    rows.iter()
        .map(|row| {
            let (maker, maker_user_id) = makers.get(row.team_id, row.maker);
            Ok(StoredInvitation {
                invitation: convert::invitation(row, offers.remove(&row.id).unwrap_or_default())?,
                secret: convert::invitation_secret(row)?,
                created_at: Timestamp::from_micros(row.created_at),
                maker,
                maker_user_id,
                answered_at: row.answered_at.map(Timestamp::from_micros),
                answered_by_user_id: row.answered_by.and_then(|person| answerers.get(&person).cloned()),
                delivery: deliveries.remove(&row.id),
            })
        })
        .collect()
}

async fn user_ids(conn: &impl ConnectionTrait, people: Vec<i64>) -> Result<HashMap<i64, String>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = person::Entity::find().filter(person::Column::Id.is_in(people)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.user_id)).collect())
}

/// The first of a team's invitations that meet the condition.
async fn page(
    conn: &impl ConnectionTrait,
    team: TeamId,
    query: &InvitationQuery<'_>,
    condition: Condition,
) -> Result<Vec<invitation::Model>> {
    let mut select = invitation::Entity::find()
        .filter(invitation::Column::TeamId.eq(team.uuid()))
        .filter(condition)
        .order_by_desc(invitation::Column::CreatedAt)
        .order_by_desc(invitation::Column::Id)
        .limit(query.limit);
    if let Some(email) = query.email {
        select = select.filter(invitation::Column::EmailKey.eq(email.key()));
    }
    if let Some(after) = query.after {
        select = select.filter(older_than(after));
    }
    Ok(select.all(conn).await?)
}

/// The invitations in a state, as [`roster_domain::decide::shown_invitation_state`] tells states. In parts, each of one
/// stored state: an index leads through one of them in the list's order, and through two of them at once none does.
fn in_state(state: ShownInvitationState, policy: &Policy, team: TeamId, now: Timestamp) -> Vec<Condition> {
    let stored = |state| Condition::all().add(invitation::Column::State.eq(invitation_state_number(state)));
    let present = || maker_present::<invitation::Entity>(policy, team);
    match state {
        ShownInvitationState::Pending => vec![unanswered(now).add(present())],
        ShownInvitationState::MakerGone => vec![unanswered(now).add(present().not())],
        ShownInvitationState::Accepted => vec![stored(InvitationState::Accepted)],
        ShownInvitationState::Declined => vec![stored(InvitationState::Declined)],
        ShownInvitationState::Cancelled => vec![stored(InvitationState::Cancelled)],
        ShownInvitationState::Expired => vec![
            stored(InvitationState::Expired),
            stored(InvitationState::Pending).add(invitation::Column::ExpiresAt.lte(now.micros())),
        ],
    }
}

/// The invitations that are pending and have not expired.
pub(crate) fn unanswered(now: Timestamp) -> Condition {
    Condition::all()
        .add(invitation::Column::State.eq(PENDING))
        .add(invitation::Column::ExpiresAt.gt(now.micros()))
}

/// The invitations that come after that one where the newest come first.
pub(crate) fn older_than((created_at, id): (Timestamp, Uuid)) -> sea_orm::sea_query::SimpleExpr {
    Expr::tuple([
        Expr::col((invitation::Entity, invitation::Column::CreatedAt)),
        Expr::col((invitation::Entity, invitation::Column::Id)),
    ])
    .lt(Expr::tuple([Expr::val(created_at.micros()), Expr::val(id)]))
}
