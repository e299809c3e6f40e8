//! The one place for a statement's span: named by what the statement does, with the SQLSTATE where it failed.

use sea_orm::{DbBackend, DbErr};
use tracing::{Instrument, Span, field};

use crate::error::sqlstate;

/// Runs a statement under a span of that name, such as `lock team`. At the level of debugging: telemetry records it only
/// where spans are exported.
pub(crate) async fn statement<T>(
    backend: DbBackend,
    name: &'static str,
    answer: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    let span = tracing::debug_span!(
        "statement",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = field::Empty,
        db.system.name = system(backend),
        db.operation.name = name,
        db.response.status_code = field::Empty,
        error.r#type = field::Empty,
    );
    if span.is_disabled() {
        return answer.await;
    }
    let outcome = answer.instrument(span.clone()).await;
    if let Err(error) = &outcome {
        note(&span, error);
    }
    outcome
}

fn note(span: &Span, error: &DbErr) {
    span.record("otel.status_code", "ERROR");
    match sqlstate(error) {
        Some(state) => {
            span.record("db.response.status_code", &*state);
            span.record("error.type", &*state);
        }
        None => {
            span.record("error.type", "connection");
        }
    }
}

/// A database's name, as OpenTelemetry's conventions have it.
pub(crate) fn system(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "postgresql",
        _ => "sqlite",
    }
}
