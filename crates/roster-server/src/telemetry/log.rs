//! Log lines: JSON for machines, text for people, both with the ids of the call that a line belongs to.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::OnceLock;

use opentelemetry::trace::TraceContextExt;
use serde::Serialize;
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::ids::Ids;
use crate::config::LogFormat;

/// Makes a line of every event that it is given.
pub(super) struct LogLayer<F> {
    format: LogFormat,
    out: F,
    /// The whole that this layer is a part of, where another part exports spans and has their ids.
    exporter: Option<OnceLock<WeakDispatch>>,
}

impl<F> LogLayer<F> {
    pub(super) fn new(format: LogFormat, exported: bool, out: F) -> Self {
        Self { format, out, exporter: exported.then(OnceLock::new) }
    }
}

impl<S, F> tracing_subscriber::Layer<S> for LogLayer<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: Fn(&[u8]) + 'static,
{
    fn on_register_dispatch(&self, whole: &Dispatch) {
        if let Some(exporter) = &self.exporter {
            // A layer belongs to one subscriber; a second registration would name the same.
            let _ = exporter.set(whole.downgrade());
        }
    }

    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && span.parent().is_none()
        {
            span.extensions_mut().insert(Ids::new());
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // Empty where a value that is being shown logs something itself.
        let mut line = LINE.take();
        line.clear(self.format);
        event.record(&mut line);
        line.write(event, context.event_span(event), self);
        (self.out)(&line.whole);
        LINE.set(line);
    }
}

thread_local! {
    static LINE: RefCell<Line> = RefCell::default();
}

/// A line in the making. What it takes is used for the next one as well.
#[derive(Default)]
struct Line {
    is_json: bool,
    message: String,
    /// The other fields, as they stand in the line.
    fields: Vec<u8>,
    whole: Vec<u8>,
    /// For what has to be shown before it can be escaped.
    shown: String,
}

impl Line {
    fn clear(&mut self, format: LogFormat) {
        self.is_json = format == LogFormat::Json;
        self.message.clear();
        self.fields.clear();
        self.whole.clear();
    }

    /// Writing into memory does not fail; nothing here is done about it.
    fn write<S, F>(&mut self, event: &Event<'_>, span: Option<SpanRef<'_, S>>, layer: &LogLayer<F>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.shown.clear();
        let _ = SystemTime.format_time(&mut Writer::new(&mut self.shown));
        let (level, target) = (event.metadata().level().as_str(), event.metadata().target());
        let whole = &mut self.whole;
        if self.is_json {
            let _ = write!(
                whole,
                r#"{{"time":"{}","level":"{level}","target":"{target}","message":"#,
                self.shown
            );
            json(whole, &self.message);
            whole.extend_from_slice(br#","fields":{"#);
            whole.extend_from_slice(&self.fields);
            whole.push(b'}');
        } else {
            let _ = write!(whole, "{} {level:>5} {}", self.shown, self.message);
            whole.extend_from_slice(&self.fields);
        }
        if let Some(span) = span {
            self.write_ids(&span, layer);
        }
        self.whole.extend_from_slice(if self.is_json { b"}\n" } else { b"\n" });
    }

    fn write_ids<S, F>(&mut self, span: &SpanRef<'_, S>, layer: &LogLayer<F>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let whole = layer.exporter.as_ref().and_then(|whole| whole.get()?.upgrade());
        let exported = whole.and_then(|whole| tracing_opentelemetry::get_otel_context(&span.id(), &whole));
        let Some(root) = span.scope().last() else { return };
        let extensions = root.extensions();
        let Some(ids) = extensions.get::<Ids>() else { return };
        let (trace_id, span_id) = match exported {
            Some(exported) => {
                let exported = exported.span().span_context().clone();
                (exported.trace_id(), exported.span_id())
            }
            None => (ids.trace, ids.span),
        };
        let whole = &mut self.whole;
        if self.is_json {
            let _ = write!(whole, r#","trace_id":"{trace_id}","span_id":"{span_id}""#);
        } else {
            let _ = write!(whole, " trace_id={trace_id}");
        }
        let Some(request_id) = &ids.request else { return };
        if self.is_json {
            whole.extend_from_slice(br#","request_id":"#);
            json(whole, request_id.as_str());
        } else {
            let _ = write!(whole, " request_id={request_id}");
        }
    }

    fn put(&mut self, field: &Field, value: impl Serialize) {
        if self.is_json {
            if !self.fields.is_empty() {
                self.fields.push(b',');
            }
            json(&mut self.fields, field.name());
            self.fields.push(b':');
        } else {
            let _ = write!(self.fields, " {}=", field.name());
        }
        json(&mut self.fields, value);
    }
}

/// Fails only for what is no value of JSON, and for memory that takes no more.
fn json(out: &mut Vec<u8>, value: impl Serialize) {
    let _ = serde_json::to_writer(out, &value);
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else if self.is_json {
            self.put(field, value);
        } else if value.chars().any(|c| c.is_control() || c == ' ') {
            // Debug escapes what could forge a line.
            let _ = write!(self.fields, " {}={value:?}", field.name());
        } else {
            let _ = write!(self.fields, " {}={value}", field.name());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut shown = std::mem::take(&mut self.shown);
        shown.clear();
        // Fails only if the value cannot show itself; its field is then short, the line is still whole.
        let _ = write!(shown, "{value:?}");
        self.record_str(field, &shown);
        self.shown = shown;
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
