//! What a log line looks like.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderValue};
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::Value;
use tracing_subscriber::filter::Targets;

use crate::config::LogFormat;
use crate::request_id::RequestId;
use crate::telemetry::{self, span};

/// The lines that `work` logs.
fn lines(format: LogFormat, filter: &str, work: impl FnOnce()) -> Vec<String> {
    logged(format, filter, None, work)
}

fn logged(
    format: LogFormat,
    filter: &str,
    provider: Option<&SdkTracerProvider>,
    work: impl FnOnce(),
) -> Vec<String> {
    let paper = Arc::new(Mutex::new(vec![]));
    let filter: Targets = telemetry::filter(filter).expect("a filter");
    let out = Arc::clone(&paper);
    let write = move |line: &[u8]| out.lock().expect("no test panics while it writes").extend(line);
    let subscriber = telemetry::subscriber(format, filter, provider, write);
    let listening = crate::listen::listen(subscriber);
    work();
    drop(listening);
    let bytes = paper.lock().expect("no test panics while it writes").clone();
    String::from_utf8(bytes).expect("text").lines().map(str::to_owned).collect()
}

fn in_call(work: impl FnOnce()) {
    let mut headers = HeaderMap::new();
    headers.insert(
        "traceparent",
        HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    );
    let id = RequestId::parse("call-7").expect("a valid id");
    span::rpc("roster.v1.TeamService/GetTeam", &id, &headers).in_scope(work);
}

#[test]
fn a_line_of_json_carries_the_ids_of_its_call() {
    carries_the_ids_of_its_call(None);
}

#[test]
fn so_it_does_where_spans_are_exported() {
    carries_the_ids_of_its_call(Some(&SdkTracerProvider::builder().build()));
}

fn carries_the_ids_of_its_call(provider: Option<&SdkTracerProvider>) {
    let lines = logged(LogFormat::Json, "info", provider, || {
        in_call(|| tracing::info!(target: "roster::access", code = "OK", duration_ms = 1.5, "call"));
    });
    let line: Value = serde_json::from_str(&lines[0]).expect("JSON");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["target"], "roster::access");
    assert_eq!(line["message"], "call");
    assert_eq!(line["fields"], serde_json::json!({ "code": "OK", "duration_ms": 1.5 }));
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["span_id"].as_str().map(str::len), Some(16));
    assert_ne!(line["span_id"], "b7ad6b7169203331", "the caller's own span");
    assert_eq!(line["request_id"], "call-7");
    assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')));
}

#[test]
fn a_line_outside_a_call_has_no_ids() {
    let lines = lines(LogFormat::Json, "info", || tracing::info!("a line\nin two"));
    assert_eq!(lines.len(), 1);
    let line: Value = serde_json::from_str(&lines[0]).expect("JSON");
    assert_eq!((line.get("trace_id"), line.get("request_id")), (None, None));
}

#[test]
fn ids_stand_in_lines_even_where_calls_are_not_logged() {
    let lines = lines(LogFormat::Json, "error", || {
        in_call(|| {
            tracing::info!("too little");
            tracing::info_span!("inner").in_scope(|| tracing::error!("enough"));
        });
    });
    assert_eq!(lines.len(), 1);
    let line: Value = serde_json::from_str(&lines[0]).expect("JSON");
    assert_eq!((&line["request_id"], &line["message"]), (&"call-7".into(), &"enough".into()));
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
}

#[test]
fn a_line_of_text_cannot_be_forged() {
    let lines = lines(LogFormat::Text, "info", || {
        in_call(|| tracing::warn!(caller = "x\n2026 ERROR", "call"));
    });
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains(r#"WARN call caller="x\n2026 ERROR" trace_id=0af7"#), "{}", lines[0]);
    assert!(lines[0].ends_with("request_id=call-7"));
}

#[test]
fn libraries_are_silent_unless_asked() {
    let work = || {
        tracing::error!(target: "sqlx::query", "SELECT");
        tracing::error!(target: "h2::codec", "frame");
    };
    assert!(lines(LogFormat::Text, "trace", work).is_empty());
    assert_eq!(lines(LogFormat::Text, "info,sqlx=debug", work).len(), 1);
}

#[test]
fn a_value_that_logs_while_it_is_shown_spoils_no_line() {
    struct Talks;

    impl std::fmt::Debug for Talks {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info!("inner");
            f.write_str("\"shown\"")
        }
    }

    let lines =
        lines(LogFormat::Json, "info", || tracing::info!(first = 1, value = ?Talks, last = true, "outer"));
    // Whether the inner one is a line too is the library's to say.
    let outer: Value = serde_json::from_str(lines.last().expect("a line")).expect("JSON");
    assert_eq!(outer["message"], "outer");
    assert_eq!(outer["fields"], serde_json::json!({ "first": 1, "value": "\"shown\"", "last": true }));
}
