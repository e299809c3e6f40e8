//! Log lines: JSON for machines, text for people, both with the ids of the call that a line belongs to.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use opentelemetry::trace::TraceContextExt;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::names;
use crate::config::LogFormat;

/// Writes a line for every event that it is given.
pub(super) struct LogLayer<W> {
    format: LogFormat,
    out: Mutex<W>,
    // Trace ids are kept by another layer, which is reached through the whole.
    whole: OnceLock<WeakDispatch>,
}

impl<W> LogLayer<W> {
    pub(super) fn new(format: LogFormat, out: W) -> Self {
        Self { format, out: Mutex::new(out), whole: OnceLock::new() }
    }
}

/// The request id of a span, kept beside it.
struct SpanRequestId(String);

impl<S, W> tracing_subscriber::Layer<S> for LogLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + Send + 'static,
{
    fn on_register_dispatch(&self, whole: &Dispatch) {
        // A layer belongs to one subscriber; a second registration would name the same.
        let _ = self.whole.set(whole.downgrade());
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(Value::String(request_id)), Some(span)) =
            (fields.others.remove(names::REQUEST_ID), context.span(id))
        {
            span.extensions_mut().insert(SpanRequestId(request_id));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = self.line(event, &context);
        let text = match self.format {
            LogFormat::Json => serde_json::to_string(&line).unwrap_or_default(),
            LogFormat::Text => line.to_string(),
        };
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere to say that the log cannot be written.
        let _ = out.write_all(format!("{text}\n").as_bytes());
    }
}

impl<W> LogLayer<W> {
    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> Line
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = Line {
            time: now(),
            level: event.metadata().level().as_str(),
            target: event.metadata().target(),
            message: fields.message,
            fields: fields.others,
            trace_id: None,
            span_id: None,
            request_id: None,
        };
        let Some(span) = context.event_span(event) else {
            return line;
        };
        line.request_id = span
            .scope()
            .find_map(|span| span.extensions().get::<SpanRequestId>().map(|SpanRequestId(id)| id.clone()));
        let whole = self.whole.get().and_then(WeakDispatch::upgrade);
        if let Some(trace) =
            whole.and_then(|whole| tracing_opentelemetry::get_otel_context(&span.id(), &whole))
        {
            let ids = trace.span().span_context().clone();
            if ids.is_valid() {
                line.trace_id = Some(ids.trace_id().to_string());
                line.span_id = Some(ids.span_id().to_string());
            }
        }
        line
    }
}

/// A line, in the order in which its parts are written.
#[derive(Serialize)]
struct Line {
    time: String,
    level: &'static str,
    target: &'static str,
    message: String,
    fields: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:>5} {}", self.time, self.level, self.message)?;
        for (name, value) in &self.fields {
            match value {
                // Debug escapes what could forge a line.
                Value::String(text) if text.chars().any(|c| c.is_control() || c == ' ') => {
                    write!(f, " {name}={text:?}")?;
                }
                Value::String(text) => write!(f, " {name}={text}")?,
                other => write!(f, " {name}={other}")?,
            }
        }
        for (name, value) in [("trace_id", &self.trace_id), ("request_id", &self.request_id)] {
            if let Some(value) = value {
                write!(f, " {name}={value}")?;
            }
        }
        Ok(())
    }
}

fn now() -> String {
    let mut text = String::new();
    // Fails only if a string took no more text.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

/// The fields of an event or a span.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.others.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Fails only if the value cannot show itself; its field is then short, the line is still whole.
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
