//! Statements on SQLite, as the service's own spans tell of them.

use roster_testkit::{Collector, Data, Kind};

use crate::scene::Scene;

const CLIENT: i32 = 3;

/// How many statements each of these calls sends.
pub(crate) async fn count(names: &[String]) -> Vec<usize> {
    let collector = Collector::start().await;
    let data = Data::fresh(Kind::Embedded).await;
    let scene = Scene::start(data, |options| {
        // Spans of the calls that are counted and of no others: the queue must not overflow.
        options
            .variable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
            .variable("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    })
    .await;
    for (row, name) in names.iter().enumerate() {
        let [warm, calls @ ..] = scene.three(name).await;
        warm.make(&scene.server, None).await;
        for (turn, call) in calls.iter().enumerate() {
            let traceparent = format!("00-{}-b7ad6b7169203331-01", trace(row, turn));
            call.make(&scene.server, Some(&traceparent)).await;
        }
    }
    scene.server.stop().await;
    let spans = collector.spans();
    let statements = |trace: &str| {
        let of_trace = spans.iter().filter(|span| span.trace == trace);
        assert!(of_trace.clone().count() > 0, "the call itself has a span");
        let is = |attributes: &[(String, String)], name: &str, value: &str| {
            attributes.iter().any(|(known, text)| known == name && text == value)
        };
        of_trace
            .filter(|span| span.kind == CLIENT && is(&span.attributes, "db.system.name", "sqlite"))
            .filter(|span| !is(&span.attributes, "db.operation.name", "transaction"))
            .count()
    };
    (0..names.len()).map(|row| statements(&trace(row, 0)).min(statements(&trace(row, 1)))).collect()
}

fn trace(row: usize, turn: usize) -> String {
    format!("0af7651916cd43dd{row:08x}{turn:08x}")
}
