//! Making connections to a Postgres server, one at a time, and telling which of those made earlier are still good.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{DbBackend, DbErr, Statement};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::breaker::Breaker;
use super::cause::{Away, Cause, OLDEST_VERSION};
use super::connection::Connection;
use super::mark::Mark;
use super::waits::Waits;
use crate::failpoint::Failpoint;

/// The longest that making a connection takes, its first questions included.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest that an older connection has to show that it is alive.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a connection is kept that was made for somebody who has gone.
const SPARE_KEPT: Duration = Duration::from_secs(1);

/// A connection that was idle for so long is asked before its use: what lies between may have forgotten it.
const LONG_IDLE: Duration = Duration::from_secs(30);

/// Without an answer for so long, a connection may be dead: others are asked before their next use.
const SUSPICIOUS: Duration = Duration::from_millis(250);

/// A connection is replaced after this time, so that a new address of the server's name is found.
const MAX_AGE: Duration = Duration::from_mins(30);

/// The pauses between two looks at whether a read-only server takes writes again.
const FIRST_LOOK: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a new connection is asked first.
const STANDING: &str = "SELECT pg_is_in_recovery() AS standby, current_schema() IS NOT NULL AS schema, \
                        current_setting('transaction_read_only') = 'on' AS read_only";

/// One Postgres server, as far as connections to it are concerned.
pub(crate) struct Postgres {
    options: PgConnectOptions,
    server: Arc<str>,
    breaker: Breaker<Away>,
    /// Held while a connection is made: a server that comes back is not stormed.
    making: Arc<tokio::sync::Mutex<()>>,
    /// A connection that was made for somebody who has gone.
    spare: Mutex<Option<Connection>>,
    /// Connections that have not answered since are asked before their next use.
    ask_before: Mark,
    /// Those that wait for an answer.
    waits: Waits,
    /// Connections made before it are not used again.
    discard_before: Mark,
    /// Whether a task looks after a server that refuses writes.
    looking: AtomicBool,
    /// Whether a connection could ever be made: what was never there does not go away.
    seen: AtomicBool,
    failpoint: Failpoint,
}

/// What a server says of itself.
struct Standing {
    standby: bool,
    schema: bool,
    read_only: bool,
}

impl Postgres {
    pub(crate) fn new(options: PgConnectOptions) -> Self {
        let server = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None if options.get_host().contains(':') => {
                format!("[{}]:{}", options.get_host(), options.get_port())
            }
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        Self {
            options,
            server: server.into(),
            breaker: Breaker::new(),
            making: Arc::default(),
            spare: Mutex::new(None),
            ask_before: Mark::new(),
            waits: Waits::new(),
            discard_before: Mark::new(),
            looking: AtomicBool::new(false),
            seen: AtomicBool::new(false),
            failpoint: Failpoint::from_environment(),
        }
    }

    /// Makes a connection to a primary. While none can be made this fails at once, but for a trial after each pause.
    pub(crate) async fn make(self: &Arc<Self>) -> Result<Connection, Away> {
        // While a trial is under way, nobody waits for it.
        let turn = match (Arc::clone(&self.making).try_lock_owned(), self.breaker.cause()) {
            (Ok(turn), _) => turn,
            (Err(_), Some(away)) => return Err(away),
            (Err(_), None) => Arc::clone(&self.making).lock_owned().await,
        };
        if let Some(spare) = self.take_spare() {
            return Ok(spare);
        }
        self.breaker.admit(Instant::now(), CONNECT_TIMEOUT)?;
        let (sender, receiver) = oneshot::channel();
        let this = Arc::clone(self);
        // In a task of its own, so that it comes to its end, and is noted, whatever becomes of the caller.
        tokio::spawn(async move {
            let made = this.connect().await.map(|(connection, _)| connection);
            if let Err(Ok(connection)) = sender.send(made) {
                let before = this.spare().replace(connection);
                drop(turn);
                this.close_spare(before).await;
            }
        });
        receiver.await.unwrap_or_else(|_| Err(self.away(Cause::Other(None))))
    }

    /// Closes a connection that nobody wanted in time, and that before it.
    async fn close_spare(&self, before: Option<Connection>) {
        if let Some(before) = before {
            before.close().await;
        }
        tokio::time::sleep(SPARE_KEPT).await;
        if let Some(spare) = self.take_spare() {
            spare.close().await;
        }
    }

    fn take_spare(&self) -> Option<Connection> {
        self.spare().take()
    }

    /// A panic elsewhere leaves a connection or none.
    fn spare(&self) -> MutexGuard<'_, Option<Connection>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why no connection can be made at present; none while they can.
    pub(crate) fn away_now(&self) -> Option<Away> {
        self.breaker.cause()
    }

    /// Whether a connection made earlier may be used: asks it where there is doubt.
    pub(crate) async fn is_good(&self, connection: &mut Connection, last_used: Duration) -> bool {
        if self.reuses_at_once() {
            return true;
        }
        if !connection.is_ready() || self.discard_before.is_after(connection.made()) {
            return false;
        }
        // An old one is better than none.
        if connection.made().elapsed() > MAX_AGE && self.breaker.cause().is_none() {
            return false;
        }
        let doubtful = self.ask_before.is_after(connection.proven())
            || self.waits.is_silent_since(connection.proven(), SUSPICIOUS)
            || last_used > LONG_IDLE;
        if !doubtful {
            return true;
        }
        // As long for every call, however soon its own deadline is: one that does not answer is replaced.
        let asked = Instant::now();
        let Ok(answer) = timeout(PING_TIMEOUT, connection.ping()).await else {
            // A second one is silent: asking the others one after the other would take a second each.
            self.discard_before.set_to(asked);
            return false;
        };
        answer.is_ok()
    }

    /// Whether connections are lent again at once, as a failpoint has it.
    pub(crate) fn reuses_at_once(&self) -> bool {
        self.failpoint.reuses_at_once()
    }

    /// Notes that a connection failed or stayed silent: those made before may have met the same fate.
    pub(crate) fn note_broken(&self) {
        self.ask_before.set();
    }

    /// Notes that the server refused a write, and sees to it that connections that cannot write are replaced once
    /// others can.
    pub(crate) fn note_read_only(self: &Arc<Self>) {
        if !self.looking.swap(true, Ordering::AcqRel) {
            tokio::spawn(look_for_writes(Arc::downgrade(self)));
        }
    }

    async fn connect(&self) -> Result<(Connection, Standing), Away> {
        let connecting = async {
            match self.connect_and_ask().await {
                // Cut while it was made, perhaps with all others: that says nothing of the next one.
                Err(Cause::Other(_)) => self.connect_and_ask().await,
                connected => connected,
            }
        };
        match timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or(Err(Cause::Silent)) {
            Ok(connected) => {
                let back = self.breaker.succeeded();
                if back && self.seen.load(Ordering::Relaxed) {
                    tracing::info!(server = %self.server, "Postgres is back");
                }
                self.seen.store(true, Ordering::Relaxed);
                Ok(connected)
            }
            Err(cause) => {
                let gone = self.breaker.failed(self.away(cause.clone()), Instant::now());
                if gone && self.seen.load(Ordering::Relaxed) {
                    tracing::error!(server = %self.server, %cause, "Postgres is away: no new connection can be made");
                }
                Err(self.away(cause))
            }
        }
    }

    async fn connect_and_ask(&self) -> Result<(Connection, Standing), Cause> {
        let user = self.options.get_username();
        let database = self.options.get_database().unwrap_or(user);
        let connected = Connection::postgres(&self.options, &self.waits).await;
        let mut connection = connected.map_err(|error| Cause::of(&error, user, database))?;
        if let Some(version) = connection.server_version().filter(|version| *version < OLDEST_VERSION) {
            connection.close().await;
            return Err(Cause::UnsupportedVersion(version));
        }
        let standing = match standing(&mut connection).await {
            Ok(standing) => standing,
            Err(DbErr::Query(sea_orm::RuntimeErr::SqlxError(error))) => {
                return Err(Cause::of(&error, user, database));
            }
            Err(_) => return Err(Cause::Other(None)),
        };
        if standing.standby {
            connection.close().await;
            return Err(Cause::Standby);
        }
        if !standing.schema {
            connection.close().await;
            return Err(Cause::NoRightOnSchema(user.to_owned()));
        }
        Ok((connection, standing))
    }

    pub(crate) fn away(&self, cause: Cause) -> Away {
        Away { server: Arc::clone(&self.server), cause }
    }
}

/// Looks by new connections whether the server takes writes, until it does. A setting that forbids them holds for a
/// session's whole life, and a primary that was demoted goes on to answer: so those made before are then replaced.
async fn look_for_writes(postgres: Weak<Postgres>) {
    let (mut pause, mut told) = (FIRST_LOOK, false);
    while let Some(postgres) = postgres.upgrade() {
        match postgres.connect().await {
            Ok((connection, standing)) => {
                connection.close().await;
                if !standing.read_only {
                    postgres.discard_before.set();
                    if told {
                        tracing::info!(server = %postgres.server, "Postgres takes writes again");
                    }
                    postgres.looking.store(false, Ordering::Release);
                    return;
                }
                if !told {
                    tracing::error!(server = %postgres.server, "Postgres takes no writes: it is set to read-only");
                    told = true;
                }
            }
            Err(away) => {
                if away.cause == Cause::Standby {
                    // What it says may be of the past.
                    postgres.discard_before.set();
                }
                // Who makes the next connection finds out when it is back, and what is left of the old ones tells again.
                postgres.looking.store(false, Ordering::Release);
                return;
            }
        }
        drop(postgres);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn standing(connection: &mut Connection) -> Result<Standing, DbErr> {
    let row = connection.query_one(Statement::from_string(DbBackend::Postgres, STANDING)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(String::new()))?;
    Ok(Standing {
        standby: row.try_get("", "standby")?,
        schema: row.try_get("", "schema")?,
        read_only: row.try_get("", "read_only")?,
    })
}
