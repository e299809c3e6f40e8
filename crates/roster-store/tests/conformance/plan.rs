//! The plans that Postgres chose for what the store asked, with what they really read.
//!
//! Postgres itself tells them (`auto_explain`), in notices on the store's own connections: so they are the plans of the
//! statements as the store sends them, parameters and all.

use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::database::Database;

/// Makes every later session of the database tell its plans.
pub(crate) async fn tell_plans(db: &Database) {
    let name = db.texts("SELECT current_database()::text").await.remove(0);
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_level = 'notice'",
        "auto_explain.log_format = 'json'",
        "auto_explain.log_analyze = on",
        "auto_explain.log_timing = off",
        "auto_explain.log_buffers = on",
    ] {
        db.execute(&format!("ALTER DATABASE {name} SET {setting}")).await;
    }
}

/// A statement and what it did.
pub(crate) struct Plan(Value);

/// Collects the plans of everything that runs in this thread until it is dropped.
pub(crate) struct Plans {
    told: Arc<Mutex<Vec<Value>>>,
    _listening: tracing::subscriber::DefaultGuard,
}

impl Plans {
    pub(crate) fn listen() -> Self {
        let told = Arc::<Mutex<Vec<Value>>>::default();
        let listening = tracing::subscriber::set_default(Listener { told: Arc::clone(&told) });
        Self { told, _listening: listening }
    }

    /// The plans told since the last time.
    pub(crate) fn take(&self) -> Vec<Plan> {
        self.told.lock().unwrap().drain(..).map(Plan).collect()
    }
}

impl Plan {
    /// What makes the plan one that does not scale: a node that handles more than `most` rows in all.
    pub(crate) fn too_much(&self, most: f64) -> Option<String> {
        let mut found = None;
        walk(&self.0["Plan"], &mut |node| {
            let number = |key: &str| node[key].as_f64().unwrap_or_default();
            let removed = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
            let rows = (number("Actual Rows") + removed) * number("Actual Loops");
            if rows > most {
                found = Some(format!("{} handles {rows} rows", node["Node Type"]));
            }
        });
        found
    }

    /// The names of the indexes that it uses.
    pub(crate) fn indexes(&self) -> Vec<String> {
        let mut names = Vec::new();
        walk(&self.0["Plan"], &mut |node| names.extend(node["Index Name"].as_str().map(str::to_owned)));
        names
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:#}", self.0)
    }
}

fn walk(node: &Value, see: &mut dyn FnMut(&Value)) {
    see(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, see);
    }
}

struct Listener {
    told: Arc<Mutex<Vec<Value>>>,
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::postgres::notice"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        if let Some(plan) = message.0.find('{').and_then(|at| serde_json::from_str(&message.0[at..]).ok()) {
            self.told.lock().unwrap().push(plan);
        }
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
