//! The pool: connections that are lent, and made ready for their next use before they come back.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::connection::Connection;
use super::postgres::Postgres;
use crate::deadline;

/// The longest that a call waits for a connection.
pub(crate) const WAIT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest that a connection takes to become ready again after its user has gone.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How many connections there are. For operators: by the time it is read it may be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// The most that there may be.
    pub limit: usize,
    /// Those that are open.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// The calls that wait for one.
    pub waiting: usize,
}

/// Lends connections. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub(crate) struct Pool {
    pool: managed::Pool<Source>,
    returned: Arc<Notify>,
}

/// What makes connections.
pub(crate) enum Connector {
    Postgres(Arc<Postgres>),
    Sqlite(Box<SqliteConnectOptions>),
}

/// A connector, and the news of connections that come back meanwhile.
struct Source {
    connector: Connector,
    returned: Arc<Notify>,
}

/// Why no connection was made.
enum Unmade {
    /// None can be made.
    Away(DbErr),
    /// One that was lent has come back: it will do.
    Returned,
    /// The call waits no longer.
    Late,
}

/// A connection that is lent. Dropped, it goes back: at once if it is ready, by way of a short drain if its user left a
/// statement or a transaction behind, and not at all if it failed.
pub(crate) struct Lease {
    object: Option<Object<Source>>,
    returned: Arc<Notify>,
}

impl managed::Manager for Source {
    type Type = Connection;
    type Error = Unmade;

    async fn create(&self) -> Result<Connection, Unmade> {
        tokio::select! {
            biased;
            made = self.connector.make() => made.map_err(Unmade::Away),
            () = self.returned.notified() => Err(Unmade::Returned),
            () = sleep_until(longest_wait()) => Err(Unmade::Late),
        }
    }

    async fn recycle(&self, connection: &mut Connection, metrics: &Metrics) -> RecycleResult<Unmade> {
        let good = match &self.connector {
            Connector::Postgres(postgres) => postgres.is_good(connection, metrics.last_used()).await,
            Connector::Sqlite(_) => connection.is_ready(),
        };
        if good { Ok(()) } else { Err(RecycleError::message("not to be used again")) }
    }
}

impl Connector {
    async fn make(&self) -> Result<Connection, DbErr> {
        match self {
            Self::Postgres(postgres) => postgres.make().await.map_err(|away| unavailable(away.to_string())),
            Self::Sqlite(options) => Connection::sqlite(options)
                .await
                .map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))),
        }
    }
}

impl Pool {
    pub(crate) fn new(connector: Connector, limit: u32) -> Result<Self, DbErr> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let returned = Arc::<Notify>::default();
        let source = Source { connector, returned: Arc::clone(&returned) };
        // The one that was used last is the one whose server process has everything at hand.
        let pool = managed::Pool::builder(source)
            .max_size(limit)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|_| unavailable("the pool of connections".to_owned()))?;
        Ok(Self { pool, returned })
    }

    /// Lends a connection, as soon as there is one and no later than the call's own deadline or three seconds. While no
    /// new one can be made, and there is none to wait for, this fails at once.
    pub(crate) async fn get(&self) -> Result<Lease, DbErr> {
        deadline::still_wanted().map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let until = longest_wait();
        loop {
            // Before it is looked for, so that none that comes back meanwhile is missed.
            let returned = self.returned.notified();
            // The wait alone is cut short: a connection that is asked whether it is there would be thrown away.
            let wait = Some(until.saturating_duration_since(Instant::now()));
            match self.pool.timeout_get(&Timeouts { wait, create: None, recycle: None }).await {
                Ok(object) => return Ok(self.lease(object)),
                Err(PoolError::Backend(Unmade::Returned)) => {}
                Err(PoolError::Backend(Unmade::Away(error))) => {
                    // No new one can be made, but somebody may be done with theirs.
                    if self.pool.status().size == 0 || timeout_at(until, returned).await.is_err() {
                        return Err(error);
                    }
                }
                Err(PoolError::Closed) => {
                    return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
                }
                Err(_) => return Err(self.too_late()),
            }
        }
    }

    pub(crate) fn state(&self) -> PoolState {
        let status = self.pool.status();
        PoolState {
            limit: status.max_size,
            open: status.size,
            idle: status.available,
            waiting: status.waiting,
        }
    }

    /// Lends nothing any more, and closes what nobody uses.
    pub(crate) async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for connection in idle {
            connection.close().await;
        }
    }

    fn lease(&self, object: Object<Source>) -> Lease {
        Lease { object: Some(object), returned: Arc::clone(&self.returned) }
    }

    /// None came free in time: because none can be made, if there is none.
    fn too_late(&self) -> DbErr {
        let away = match &self.pool.manager().connector {
            Connector::Postgres(postgres) if self.pool.status().size == 0 => postgres.away_now(),
            _ => None,
        };
        away.map_or(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), |away| unavailable(away.to_string()))
    }
}

impl Lease {
    /// The connection. None only while the lease is being dropped.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection, DbErr> {
        self.object.as_deref_mut().ok_or_else(|| unavailable("the connection was given back".to_owned()))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        let is_broken = object.is_broken();
        report(&mut object, is_broken);
        if object.is_ready() {
            drop(object);
            self.returned.notify_one();
        } else if object.is_broken() {
            drop(Object::take(object));
            // None has come back: those who waited for one look again, all of them.
            self.returned.notify_waiters();
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // The call whose work was dropped keeps its place among calls for as long as its statement may go on.
            let (returned, held) = (Arc::clone(&self.returned), deadline::held());
            runtime.spawn(async move {
                drain(object, returned).await;
                drop(held);
            });
        } else {
            drop(Object::take(object));
        }
    }
}

/// Makes a connection ready whose user left something behind. It keeps its place in the pool meanwhile, so that giving
/// up calls does not make room for more of them.
async fn drain(mut object: Object<Source>, returned: Arc<Notify>) {
    let settled = timeout(DRAIN_TIMEOUT, object.settle()).await;
    let is_ready = matches!(settled, Ok(Ok(())));
    report(&mut object, !is_ready);
    if is_ready {
        drop(object);
    } else {
        // The server is silent, or still at work on what nobody waits for: it notices the end of the connection.
        Object::take(object).close().await;
    }
    returned.notify_one();
}

/// Tells what makes connections what was noticed on one: whether the others are to be doubted, and a refused write.
fn report(object: &mut Object<Source>, in_doubt: bool) {
    let Some(pool) = Object::pool(object) else { return };
    let Connector::Postgres(postgres) = &pool.manager().connector else { return };
    if postgres.reuses_at_once() {
        return object.pretend_ready();
    }
    if in_doubt {
        postgres.note_broken();
    }
    if object.take_read_only() {
        postgres.note_read_only();
    }
}

/// Until when a call waits for a connection.
fn longest_wait() -> Instant {
    let longest = Instant::now() + WAIT_TIMEOUT;
    deadline::by().map_or(longest, |by| by.min(longest))
}

pub(crate) fn unavailable(text: String) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(text))
}
