//! Team codes that are shown and listed.

use roster_domain::decide::TeamCodeState;
use roster_domain::facts::TeamCode;
use roster_domain::{CodeId, CodeText, Holder, Policy, Revision, TeamId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::convert;
use crate::convert::is_of_team;
use crate::entity::team_code;
use crate::error::Result;
use crate::open::Store;
use crate::read::access::offers_of;
use crate::read::maker::{maker_present, makers_of};
use crate::tx::Tx;

/// A code as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCode {
    /// The code.
    pub code: TeamCode,
    /// What people type.
    pub text: CodeText,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// Its maker's user id; none if that person's data was erased.
    pub maker_user_id: Option<String>,
}

/// Which codes of a team to list, the newest first.
#[derive(Clone, Debug)]
pub struct CodeQuery<'a> {
    /// The team's policy, which says whose codes are live.
    pub policy: &'a Policy,
    /// Only codes in this state.
    pub state: Option<TeamCodeState>,
    /// The time that the state is judged by.
    pub now: Timestamp,
    /// Only codes after the one that this revision of the team made, in the list's order.
    pub after: Option<Revision>,
    /// How many at most.
    pub limit: u64,
}

impl Store {
    /// A code of a team under that policy.
    pub async fn code(&self, team: TeamId, policy: &Policy, code: CodeId) -> Result<Option<StoredCode>> {
        one(&self.statements("load team code"), team, policy, code).await
    }

    /// A page of a team's codes.
    pub async fn codes(&self, team: TeamId, query: &CodeQuery<'_>) -> Result<Vec<StoredCode>> {
        let mut select = team_code::Entity::find()
            .filter(team_code::Column::TeamId.eq(team.uuid()))
            .order_by_desc(team_code::Column::Revision)
            .limit(query.limit);
        if let Some(state) = query.state {
            select = select.filter(in_state(state, query.policy, team, query.now));
        }
        if let Some(after) = query.after {
            select = select.filter(team_code::Column::Revision.lt(after));
        }
        whole(
            &self.statements("list team codes"),
            query.policy,
            select.all(&self.statements("list team codes")).await?,
        )
        .await
    }
}

impl Tx {
    /// A code of a team under that policy, as this transaction has left it.
    pub async fn code(&self, team: TeamId, policy: &Policy, code: CodeId) -> Result<Option<StoredCode>> {
        one(self.changed().await?, team, policy, code).await
    }
}

async fn one(
    conn: &impl ConnectionTrait,
    team: TeamId,
    policy: &Policy,
    code: CodeId,
) -> Result<Option<StoredCode>> {
    let rows = team_code::Entity::find_by_id(code.uuid())
        .filter(is_of_team(team_code::Column::TeamId, team.uuid()))
        .all(conn)
        .await?;
    Ok(whole(conn, policy, rows).await?.pop())
}

/// Adds what the codes bring, and what is known of the makers.
async fn whole(
    conn: &impl ConnectionTrait,
    policy: &Policy,
    rows: Vec<team_code::Model>,
) -> Result<Vec<StoredCode>> {
    let mut offers = offers_of(conn, rows.iter().map(|row| row.id)).await?;
    let places = rows.iter().map(|row| (row.team_id, row.maker)).collect();
    let makers = makers_of(conn, !policy.kinds.is_empty(), places).await?;
    rows.into_iter()
        .map(|row| {
            let (maker, maker_user_id) = makers.get(row.team_id, row.maker);
            Ok(StoredCode {
                code: convert::team_code(&row, offers.remove(&row.id).unwrap_or_default())?,
                created_at: Timestamp::from_micros(row.created_at),
                text: CodeText::new(row.code),
                maker,
                maker_user_id,
            })
        })
        .collect()
}

/// The codes in a state, as [`roster_domain::decide::code_state`] tells states.
fn in_state(state: TeamCodeState, policy: &Policy, team: TeamId, now: Timestamp) -> Condition {
    let revoked = team_code::Column::RevokedAt.is_not_null();
    let unrevoked = || Condition::all().add(team_code::Column::RevokedAt.is_null());
    let expired = || {
        Condition::all()
            .add(team_code::Column::ExpiresAt.is_not_null())
            .add(team_code::Column::ExpiresAt.lte(now.micros()))
    };
    let spent = Condition::all()
        .add(team_code::Column::MaxUses.is_not_null())
        .add(Expr::col(team_code::Column::Uses).gte(Expr::col(team_code::Column::MaxUses)));
    match state {
        TeamCodeState::Revoked => Condition::all().add(revoked),
        TeamCodeState::Expired => unrevoked().add(expired()),
        TeamCodeState::Exhausted => unrevoked().add(expired().not()).add(spent),
        TeamCodeState::Live => open(now).add(maker_present::<team_code::Entity>(policy, team)),
        TeamCodeState::MakerGone => open(now).add(maker_present::<team_code::Entity>(policy, team).not()),
    }
}

/// The codes that have not ended by themselves: neither revoked nor expired nor used up.
fn open(now: Timestamp) -> Condition {
    let unexpired = Condition::any()
        .add(team_code::Column::ExpiresAt.is_null())
        .add(team_code::Column::ExpiresAt.gt(now.micros()));
    let unspent = Condition::any()
        .add(team_code::Column::MaxUses.is_null())
        .add(Expr::col(team_code::Column::Uses).lt(Expr::col(team_code::Column::MaxUses)));
    Condition::all().add(team_code::Column::RevokedAt.is_null()).add(unexpired).add(unspent)
}
