//! The one clock: the database's on Postgres, the host's for SQLite, shifted in development.
//!
//! Validity is judged by a reading taken after the team's lock, so that a call that waited is judged by when it got
//! its turn, and replicas whose own clocks differ judge alike.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use roster_domain::Timestamp;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::error::{Error, Result};

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    offset: Duration,
    /// The time in microseconds where a test has stopped the clock.
    pub(crate) stopped: Option<&'static AtomicI64>,
}

impl Clock {
    pub(crate) fn new(offset: Duration) -> Self {
        Self { offset, stopped: None }
    }

    /// What the clock shows, in microseconds, where it stands still.
    pub(crate) fn standing(self) -> Option<i64> {
        self.stopped.map(|time| time.load(Ordering::Relaxed))
    }

    /// An expression that yields the time in microseconds, to be read together with other columns.
    pub(crate) fn expression(self, backend: DbBackend) -> SimpleExpr {
        if let Some(time) = self.standing() {
            return Expr::val(time);
        }
        match backend {
            DbBackend::Postgres => Expr::cust("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
            _ => Expr::val(Self::host()),
        }
    }

    /// The time that a reading of [`Clock::expression`] stands for.
    pub(crate) fn time(self, reading: i64) -> Timestamp {
        Timestamp::from_micros(reading.saturating_add(self.ahead()))
    }

    /// How far it is ahead of the database's, in microseconds.
    pub(crate) fn ahead(self) -> i64 {
        i64::try_from(self.offset.as_micros()).unwrap_or(i64::MAX)
    }

    /// The host's clock, in microseconds. Only SQLite, which has no server whose clock could be asked, is judged by it.
    pub(crate) fn host() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    /// Reads the clock by itself.
    pub(crate) async fn now(self, conn: &impl ConnectionTrait) -> Result<Timestamp> {
        let mut select = sea_orm::sea_query::Query::select();
        select.expr_as(self.expression(conn.get_database_backend()), "now");
        let row =
            conn.query_one(&select).await?.ok_or_else(|| Error::internal("the clock's query gave no row"))?;
        Ok(self.time(row.try_get("", "now")?))
    }
}
