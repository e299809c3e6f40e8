//! Traces and logs.
//!
//! Traces leave over OTLP/gRPC when an endpoint is named; without one ids are still made, so that the lines of one
//! call can be found together. A collector that is away slows nothing: spans wait in a bounded queue and are dropped
//! when it is full. Nor does a log that is not read: its lines wait in a bounded buffer, and are dropped and counted when
//! that is full.

mod environment;
mod ids;
mod log;
pub mod names;
mod sink;
pub mod span;

use std::io;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tonic::transport::ClientTlsConfig;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, LevelFilter, ParseError, Targets, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};

use crate::config::{Log, LogFormat};
pub use environment::{Environment, Export, Unusable};
use sink::Sink;

/// How long the end of the service waits for the last spans to leave.
const FLUSH: Duration = Duration::from_secs(5);

/// How long it waits for the last lines of the log to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What libraries may log unless `log.filter` says otherwise: nothing. Their spans and events carry names that are not
/// stable, statements and errors with data in them.
const SILENT: &str =
    "sea_orm=off,sqlx=off,hyper=off,hyper_util=off,h2=off,tower=off,tonic=off,rustls=off,redis=off";

/// Why telemetry cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A variable of the environment asks for what there is not.
    #[error(transparent)]
    Environment(#[from] Unusable),
    /// The exporter's endpoint or another of its variables is not usable.
    #[error("the exporter of spans, by the variables OTEL_EXPORTER_OTLP_…")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The system has no thread for the log.
    #[error("the log cannot be written")]
    Log(#[source] io::Error),
    /// The process has a subscriber already.
    #[error("telemetry was begun twice")]
    Twice,
}

/// Telemetry under way; [`Telemetry::end`] sends what is left.
#[derive(Debug)]
pub struct Telemetry {
    /// None where spans go nowhere.
    provider: Option<SdkTracerProvider>,
    sink: Sink,
}

/// Begins to log and to trace. Needs a Tokio runtime.
pub fn begin(log: &Log, environment: &Environment) -> Result<Telemetry, Error> {
    let provider = environment.export.as_ref().map(|export| provider(environment, export)).transpose()?;
    let sink = Sink::start(io::stderr(), tell_lost).map_err(Error::Log)?;
    let lines = sink.clone();
    let subscriber =
        subscriber(log.format, log.filter.clone(), provider.as_ref(), move |line| lines.push(line));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| Error::Twice)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(Telemetry { provider, sink })
}

/// Says how many lines were lost.
fn tell_lost(_: &Sink, lost: u64) {
    tracing::warn!(target: "roster", lost, "lines of the log were dropped: they were not read in time");
}

impl Telemetry {
    /// Sends what is left, spans for at most five seconds and lines for at most one.
    pub async fn end(self) {
        if let Some(provider) = self.provider {
            let flush = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH));
            if !matches!(tokio::time::timeout(FLUSH, flush).await, Ok(Ok(Ok(())))) {
                tracing::warn!("the last spans did not reach the collector in time");
            }
        }
        // Where the lines are not read, an error would not be either.
        let _ = tokio::task::spawn_blocking(move || self.sink.flush(LAST_LINES)).await;
    }
}

/// Reads a filter such as `info` or `info,sqlx=debug`.
pub(crate) fn filter(directives: &str) -> Result<Targets, ParseError> {
    // What comes later replaces what came before, so that a deployment can let a library speak.
    format!("{SILENT},{directives}").parse()
}

fn provider(environment: &Environment, export: &Export) -> Result<SdkTracerProvider, Error> {
    let resource = Resource::builder()
        .with_service_name(environment.service_name.clone())
        .with_attribute(KeyValue::new(names::SERVICE_VERSION, env!("CARGO_PKG_VERSION")))
        .build();
    let mut exporter = SpanExporter::builder().with_tonic();
    if export.tls {
        exporter = exporter.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
    }
    Ok(SdkTracerProvider::builder()
        .with_sampler(environment.sampler.clone())
        .with_resource(resource)
        .with_batch_exporter(exporter.build()?)
        .build())
}

/// Makes lines of what is logged, each given to `out` with its end, and traces where there is a provider.
pub(crate) fn subscriber<F: Fn(&[u8]) + Send + Sync + 'static>(
    format: LogFormat,
    filter: Targets,
    provider: Option<&SdkTracerProvider>,
    out: F,
) -> impl Subscriber + Send + Sync {
    // Lines need the spans that they stand in, whatever level is logged. The spans of single statements, which are for
    // debugging, are for traces alone.
    let own_spans = |deepest: LevelFilter| {
        filter_fn(move |metadata| is_own_span(metadata) && *metadata.level() <= deepest)
            .with_max_level_hint(deepest)
    };
    // Nothing is sampled where nothing is exported.
    let traces = provider.map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("roster"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(own_spans(LevelFilter::DEBUG))
    });
    let log = log::LogLayer::new(format, provider.is_some(), out);
    tracing_subscriber::registry().with(log.with_filter(filter.or(own_spans(LevelFilter::INFO)))).with(traces)
}

/// Traces hold spans of our own and no events: what is logged does not leave by another door.
fn is_own_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with("roster")
}

/// Logs where the program panicked, and what it said only if that is a literal: anything else may hold data.
fn log_panic(info: &std::panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    let said = info.payload().downcast_ref::<&'static str>();
    tracing::error!(place, said, "a panic");
}
