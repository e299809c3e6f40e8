//! What runs between the store and its database: the statements that the store sends, by their spans, and the notices
//! of Postgres.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

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
    /// The texts of those that were prepared.
    pub(crate) texts: Vec<String>,
    /// The notices of Postgres.
    pub(crate) notices: Vec<String>,
}

impl Listening {
    pub(crate) fn begin() -> Self {
        LazyLock::force(&ANOTHER);
        let heard = Arc::<Mutex<Heard>>::default();
        let guard = tracing::subscriber::set_default(Listener { heard: Arc::clone(&heard) });
        Self { heard, _guard: guard }
    }

    /// What was heard since the last time.
    pub(crate) fn take(&self) -> Heard {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

/// While there is but one subscriber, what another thread without one meets first is not told to it either.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Listener { heard: Arc::default() }));

struct Listener {
    heard: Arc<Mutex<Heard>>,
}

/// The spans of which each statement has exactly one. Beginning and ending a transaction are not counted: they are told by
/// their names, which are values.
fn is_statement(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with("roster_store") && metadata.name() == "statement"
}

/// sqlx asks whether anybody listens before it sends the event itself: that question has this target too.
fn is_notice(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "sqlx::postgres::notice"
}

fn is_text(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "roster_store::sql"
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_notice(metadata) || is_statement(metadata) || is_text(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut operation = Text { field: "db.operation.name", text: String::new() };
        span.record(&mut operation);
        let counts = !matches!(&*operation.text, "begin" | "commit" | "rollback");
        self.heard.lock().unwrap().statements += usize::from(counts);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let field = if is_text(event.metadata()) { "sql" } else { "message" };
        let mut text = Text { field, text: String::new() };
        event.record(&mut text);
        let mut heard = self.heard.lock().unwrap();
        let place = if is_text(event.metadata()) { &mut heard.texts } else { &mut heard.notices };
        place.push(text.text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The text of one field.
struct Text {
    field: &'static str,
    text: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == self.field {
            value.clone_into(&mut self.text);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
