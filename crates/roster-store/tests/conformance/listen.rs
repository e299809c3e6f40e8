//! What runs between the store and its database, overheard: the statements as the store sends them, and what Postgres
//! tells of them.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Listens to everything that runs in this thread until it is dropped.
pub(crate) struct Listening {
    heard: Arc<Mutex<Heard>>,
    _guard: tracing::subscriber::DefaultGuard,
}

/// What was heard.
#[derive(Default)]
pub(crate) struct Heard {
    /// How many statements were sent; the begin and the end of a transaction are none.
    pub(crate) statements: usize,
    /// The notices of Postgres.
    pub(crate) notices: Vec<String>,
}

impl Listening {
    pub(crate) fn begin() -> Self {
        let heard = Arc::<Mutex<Heard>>::default();
        let guard = tracing::subscriber::set_default(Listener { heard: Arc::clone(&heard) });
        Self { heard, _guard: guard }
    }

    /// What was heard since the last time.
    pub(crate) fn take(&self) -> Heard {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

struct Listener {
    heard: Arc<Mutex<Heard>>,
}

/// The spans of which each statement has exactly one, whether it is sent inside a transaction or outside. What is sent
/// unprepared belongs to the beginning of a transaction, or to a migration.
fn is_statement(metadata: &Metadata<'_>) -> bool {
    let sender =
        matches!(metadata.target(), "sea_orm::database::db_connection" | "sea_orm::database::transaction");
    let sends = matches!(metadata.name(), "execute_raw" | "query_one_raw" | "query_all_raw" | "stream_raw");
    metadata.is_span() && sender && sends
}

/// sqlx asks whether anybody listens before it sends the event itself: that question has this target too.
fn is_notice(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "sqlx::postgres::notice"
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_notice(metadata) || is_statement(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.heard.lock().unwrap().statements += usize::from(is_statement(span.metadata()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.heard.lock().unwrap().notices.push(message.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
