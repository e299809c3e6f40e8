//! Request ids: a mutation that is sent again happens once and gets the first answer.

use roster_domain::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::apply::{Part, Text};
use crate::clock::Clock;
use crate::entity::idempotency;
use crate::error::{Error, Result};
use crate::open::Store;

/// How many outdated answers are deleted in one statement: few enough to be far from any time-out.
const SWEPT_AT_ONCE: u64 = 1_000;

/// How long an answer is kept, in microseconds: 24 hours.
const RETENTION: i64 = 24 * 3600 * 1_000_000;

/// A request that may have been sent before.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Stands for the caller, the actor, the method and the request id.
    pub key: [u8; 32],
    /// A keyed digest of the request's body: what it says may be guessable, and must not be found at rest.
    pub request: [u8; 32],
}

/// The answer to a request with the same key. Whoever gets it compares the bodies before the answer is given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The keyed digest of the body of the request that was answered.
    pub request: [u8; 32],
    /// The answer.
    pub answer: Vec<u8>,
}

/// What a claim that was lost finds of the request that won it.
pub(crate) enum Earlier {
    /// It was answered so.
    Answered(Answered),
    /// It was answered too long ago. The claim is this request's now.
    Outdated,
    /// It was swept meanwhile: the claim can be made.
    Swept,
}

/// Claims the request in its own transaction: false where it was claimed before. A twin in flight is waited for: if it
/// commits, its answer is found; if it is undone, this one is the first.
pub(crate) async fn claim(conn: &impl ConnectionTrait, claim: &Claim) -> Result<bool> {
    let row = idempotency::ActiveModel {
        key: Set(claim.key.to_vec()),
        request: Set(claim.request.to_vec()),
        answer: Set(None),
        answered_at: Set(None),
    };
    let inserted = idempotency::Entity::insert(row)
        .on_conflict(OnConflict::column(idempotency::Column::Key).do_nothing().to_owned())
        .exec_without_returning(conn)
        .await?;
    Ok(inserted == 1)
}

/// Looks up why a claim was lost, and takes it over where the answer is outdated.
pub(crate) async fn earlier(conn: &impl ConnectionTrait, clock: Clock, claim: &Claim) -> Result<Earlier> {
    // Locked, so that of two that find an outdated answer only one takes its place.
    let found = idempotency::Entity::find_by_id(claim.key.to_vec()).lock(LockType::Update).one(conn).await?;
    let Some(row) = found else { return Ok(Earlier::Swept) };
    let now = clock.now(conn).await?;
    if row.answered_at.is_none_or(|at| at.saturating_add(RETENTION) <= now.micros()) {
        idempotency::Entity::update_many()
            .col_expr(idempotency::Column::Request, claim.request.to_vec().into())
            .filter(idempotency::Column::Key.eq(claim.key.to_vec()))
            .exec(conn)
            .await?;
        return Ok(Earlier::Outdated);
    }
    let corrupt = |column| Error::corrupt("idempotency", column, "(its key is a digest)");
    Ok(Earlier::Answered(Answered {
        request: row.request.try_into().map_err(|_| corrupt("request"))?,
        answer: row.answer.ok_or_else(|| corrupt("answer"))?,
    }))
}

static ANSWERED: Text = Text::both(
    "a request is answered",
    "UPDATE idempotency SET answer = $2, answered_at = $3 WHERE key = $1",
);

/// Keeps the answer beside the change that it is for.
pub(crate) fn answer(claim: &Claim, answer: &[u8], now: Timestamp) -> Part {
    Part::exactly(1, &ANSWERED, [claim.key.to_vec().into(), answer.to_vec().into(), now.micros().into()])
}

impl Store {
    /// The answer to this very request, of that key and body, within the retention. Nothing is claimed, and a twin in
    /// flight is not waited for.
    pub async fn answered(&self, claim: &Claim) -> Result<Option<Answered>> {
        let row =
            idempotency::Entity::find_by_id(claim.key.to_vec()).one(&self.statements("find answer")).await?;
        let Some(row) = row.filter(|row| row.request == claim.request) else { return Ok(None) };
        let (Some(answer), Some(at)) = (row.answer, row.answered_at) else { return Ok(None) };
        let kept = at.saturating_add(RETENTION) > self.now().await?.micros();
        Ok(kept.then_some(Answered { request: claim.request, answer }))
    }

    /// Deletes the answers whose 24 hours are over, a thousand at a time while it is to `go_on`, and returns how many they
    /// were. Any number of replicas may do so.
    pub async fn sweep_answers(&self, go_on: impl Fn() -> bool) -> Result<u64> {
        let cutoff = self.now().await?.micros().saturating_sub(RETENTION);
        let mut swept = 0;
        loop {
            let keys = Query::select()
                .column(idempotency::Column::Key)
                .from(idempotency::Entity)
                .and_where(Expr::col(idempotency::Column::AnsweredAt).lt(cutoff))
                .limit(SWEPT_AT_ONCE)
                .to_owned();
            let batch = idempotency::Entity::delete_many()
                .filter(idempotency::Column::Key.in_subquery(keys))
                // Said again, for the row as it is once its lock is had: a claim may have renewed it meanwhile.
                .filter(idempotency::Column::AnsweredAt.lt(cutoff))
                .exec(&self.statements("sweep answers"))
                .await?;
            swept += batch.rows_affected;
            if batch.rows_affected < SWEPT_AT_ONCE || !go_on() {
                return Ok(swept);
            }
        }
    }
}
