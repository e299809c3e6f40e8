//! Redis, as everything here asks it: one multiplexed connection, single-key commands only, so that a cluster, or a
//! proxy in front of one, serves it too.
//!
//! Redis being away is no error but a state. Every call runs as a task of its own: whoever hangs up early still leaves
//! the breaker an outcome to count, and a write that follows a commit is made even if its caller is gone.
//!
//! No key and no value may appear in a span or in the log.

mod breaker;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use tracing::{Instrument as _, Span, field};

use self::breaker::{Admission, Breaker, Change};

const TARGET: &str = "roster";
/// How long an answer may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a caller waits, whatever for: long enough to see an answer's own time-out, so that it is counted first.
const PATIENCE: Duration = Duration::from_millis(600);
/// How long a connection may take, the name's resolution included. It goes on being made when its caller has stopped
/// waiting, so that a slow one is made at last.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Commands that may wait to be sent. More than this at once only means that Redis does not keep up.
const QUEUED_COMMANDS: usize = 1_024;

/// The name of the field with what went wrong, and of the one that marks a span as failed.
const ERROR_TYPE: &str = "error.type";
const STATUS_CODE: &str = "otel.status_code";

/// A Redis. Clones share its connection, and what is known about whether it answers.
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

/// The Redis URL is not one. The URL itself is not shown, since it carries the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a URL such as redis://user:password@host:6379/0, with rediss:// for TLS")]
pub struct InvalidRedisUrl;

struct Shared {
    client: Client,
    connection: Mutex<ConnectionManager>,
    breaker: Breaker,
}

/// Until when a caller that begins now waits for Redis, 0.6 seconds, however many calls it makes in that time.
pub(crate) fn patience() -> Instant {
    Instant::now() + PATIENCE
}

impl Redis {
    /// The Redis at this URL. Connects with the first call, so that one that is away neither stops nor delays a start.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub fn new(url: &str) -> Result<Self, InvalidRedisUrl> {
        let client = Client::open(url).map_err(|_| InvalidRedisUrl)?;
        let connection = Mutex::new(connect_lazily(&client).map_err(|_| InvalidRedisUrl)?);
        Ok(Self(Arc::new(Shared { client, connection, breaker: Breaker::new() })))
    }

    /// Redis's answer to a command, which the spans know as `operation`. None where there is none by `until`, where
    /// it is an error, or where Redis is not asked now; the command may have been carried out all the same.
    pub(crate) async fn call<T: FromRedisValue + Send + 'static>(
        &self,
        operation: &'static str,
        command: Cmd,
        until: Instant,
    ) -> Option<T> {
        if Instant::now() >= until {
            return None;
        }
        let admission = self.0.breaker.admit(Instant::now());
        if admission == Admission::Refused {
            return None;
        }
        let span = tracing::info_span!(
            target: TARGET,
            "redis",
            otel.name = operation,
            otel.kind = "client",
            db.system.name = "redis",
            db.operation.name = operation,
            { ERROR_TYPE } = field::Empty,
            { STATUS_CODE } = field::Empty,
        );
        let shared = Arc::clone(&self.0);
        let task = tokio::spawn(async move { shared.ask(admission, &command).await }.instrument(span));
        tokio::time::timeout_at(until.into(), task).await.ok()?.ok()?
    }
}

impl Shared {
    async fn ask<T: FromRedisValue>(&self, admission: Admission, command: &Cmd) -> Option<T> {
        if admission == Admission::Trial {
            // A connection whose other end vanished, or that was refused for good, does not recover by itself.
            self.renew();
        }
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match command.query_async(&mut connection).await {
            Ok(answer) => {
                if self.breaker.succeeded() == Change::Closed {
                    tracing::info!(target: TARGET, "redis answers again");
                }
                Some(answer)
            }
            Err(error) => {
                self.failed(admission, &error);
                None
            }
        }
    }

    fn failed(&self, admission: Admission, error: &RedisError) {
        // The error's own text can quote a command, and with it a key.
        let reason = if error.is_timeout() { "timeout" } else { error.code().unwrap_or(error.category()) };
        Span::current().record(ERROR_TYPE, reason).record(STATUS_CODE, "ERROR");
        if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) {
            // A primary that was demoted: its name leads to the new one by now.
            self.renew();
        }
        match self.breaker.failed(admission, Instant::now()) {
            Change::Opened => {
                tracing::warn!(
                    target: TARGET,
                    reason,
                    "redis does not answer: until it does, the database is asked, and budgets are halved"
                );
            }
            Change::None | Change::Closed => {
                tracing::debug!(target: TARGET, reason, "a call of redis failed");
            }
        }
    }

    /// Makes the next call connect anew; calls under way keep the connection that they have.
    fn renew(&self) {
        if let Ok(fresh) = connect_lazily(&self.client) {
            *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }
}

/// A connection that is made by the first command that needs it, and again once it is lost. One attempt each: when to
/// try again is the breaker's to say.
fn connect_lazily(client: &Client) -> Result<ConnectionManager, RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_number_of_retries(0)
        .set_pipeline_buffer_size(QUEUED_COMMANDS);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}
