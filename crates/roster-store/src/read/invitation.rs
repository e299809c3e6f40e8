//! E-mail invitations that are shown and listed.

use std::cmp::Reverse;
use std::collections::HashMap;

use roster_domain::decide::ShownInvitationState;
use roster_domain::facts::Invitation;
use roster_domain::{EmailAddress, Holder, Policy, SecretRecord, TeamId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::ask::invites::{self, Invitations, SECRET};
use crate::ask::listed::Condition;
use crate::ask::shown::{self, ShownInviter, ShownKind};
use crate::ask::{Question, Rows, Sql, Values};
use crate::convert::{self, PENDING};
use crate::entity::{invitation, person};
use crate::error::Result;
use crate::open::Store;
use crate::read::access::offers_of;
use crate::read::delivery::{self, Delivered, deliveries_of};
use crate::read::maker::makers_of;
use crate::read::team::Team;

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

/// Asks for a page of a team's invitations, the newest first.
#[derive(Clone, Debug)]
pub struct InvitationQuery<'a> {
    /// Only invitations in this state, as of the time of the reading.
    pub state: Option<ShownInvitationState>,
    /// Only invitations of this address.
    pub email: Option<&'a EmailAddress>,
    /// Only invitations after the one that was made then and has this id, in the list's order.
    pub after: Option<(Timestamp, Uuid)>,
    /// How many at most.
    pub limit: u64,
}

impl Question for InvitationQuery<'_> {
    type Facts = Vec<StoredInvitation>;

    fn columns(&self, sql: &mut Sql<'_>) {
        for part in parts(self.state) {
            shown::some::<Invitations>(sql, |sql| {
                sql.add("team_id = ").name(Sql::TEAM);
                part.add::<Invitations>(sql);
                if let Some(email) = self.email {
                    sql.add(" AND email_key = ").bind(email.key());
                }
                if let Some((created_at, id)) = self.after {
                    sql.add(" AND (created_at, id) < (")
                        .bind(created_at.micros())
                        .add(", ")
                        .bind(id)
                        .add(")");
                }
                sql.add(" ORDER BY created_at DESC, id DESC LIMIT ");
                sql.bind(i64::try_from(self.limit).unwrap_or(i64::MAX));
            });
        }
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let mut found = Vec::new();
        for _ in parts(self.state) {
            found.extend(shown::read_some::<Invitations>(team, rows)?);
        }
        found.sort_by_key(|one| Reverse((one.created_at, one.invitation.id.uuid())));
        found.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}

/// The invitations in a state, as [`roster_domain::decide::shown_invitation_state`] tells states. In parts, each of one
/// stored state: an index leads through one of them in the list's order, and through two of them at once none does.
fn parts(state: Option<ShownInvitationState>) -> Vec<Condition> {
    const OPEN: &str = " AND state = 1 AND expires_at > c.now";
    match state {
        None => vec![Condition::own("")],
        Some(ShownInvitationState::Pending) => vec![Condition::by_inviter(OPEN, true)],
        Some(ShownInvitationState::MakerGone) => vec![Condition::by_inviter(OPEN, false)],
        Some(ShownInvitationState::Accepted) => vec![Condition::own(" AND state = 2")],
        Some(ShownInvitationState::Declined) => vec![Condition::own(" AND state = 3")],
        Some(ShownInvitationState::Cancelled) => vec![Condition::own(" AND state = 4")],
        Some(ShownInvitationState::Expired) => {
            vec![Condition::own(" AND state = 5"), Condition::own(" AND state = 1 AND expires_at <= c.now")]
        }
    }
}

impl ShownKind for Invitations {
    type Stored = StoredInvitation;
    const MORE: usize = SECRET + 7;

    fn more(sql: &mut Sql<'_>) {
        invites::secret_columns(sql);
        sql.add(
            ", i.created_at, i.answered_at, (SELECT user_id FROM people WHERE id = i.answered_by), letter.state, \
             letter.failure, letter.attempts, letter.sent_at",
        );
    }

    fn joins(sql: &mut Sql<'_>) {
        sql.add(
            " LEFT JOIN mails letter ON letter.invitation_id = i.id AND letter.generation = i.generation",
        );
    }

    fn stored(
        invitation: Invitation,
        inviter: ShownInviter,
        values: &mut impl Values,
    ) -> Result<StoredInvitation> {
        let (maker, maker_user_id) = inviter;
        let secret = invites::read_secret(values, "invitations", invitation.id)?;
        let created_at = Timestamp::from_micros(values.next()?);
        let answered_at = values.next::<Option<i64>>()?.map(Timestamp::from_micros);
        let answered_by_user_id = values.next()?;
        let delivery = delivery::read(values, invitation.id)?;
        Ok(StoredInvitation {
            invitation,
            secret,
            created_at,
            maker,
            maker_user_id,
            answered_at,
            answered_by_user_id,
            delivery,
        })
    }
}

impl Store {
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

/// The invitations that are pending and have not expired.
pub(crate) fn unanswered(now: Timestamp) -> sea_orm::Condition {
    sea_orm::Condition::all()
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
