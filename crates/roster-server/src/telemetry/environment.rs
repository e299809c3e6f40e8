//! OpenTelemetry's own environment variables.
//!
//! The SDK for Rust ignores some of them and answers a bad value with a default. Here each is obeyed, and what cannot
//! be obeyed stops the start.

use opentelemetry_sdk::trace::Sampler;

/// What the variables ask for.
#[derive(Debug)]
pub struct Environment {
    /// Where spans go; `None` is nowhere.
    pub export: Option<Export>,
    /// Which traces are recorded.
    pub sampler: Sampler,
    /// What the service calls itself.
    pub service_name: String,
}

/// An OTLP endpoint. The exporter reads the rest of its variables (headers, time-out, compression) by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Whether the endpoint wants TLS.
    pub tls: bool,
}

/// A variable that holds what the service cannot do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {expected}")]
pub struct Unusable {
    variable: &'static str,
    expected: &'static str,
}

impl Environment {
    /// Reads the variables through `variable`, which tells the value of one.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unusable> {
        // An empty variable counts as absent, by OpenTelemetry's specification.
        let get = |name: &str| {
            variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let one_of = |name: &'static str, words: &[&str], expected: &'static str| match get(name) {
            Some(value) if !words.contains(&value.as_str()) => Err(Unusable { variable: name, expected }),
            other => Ok(other),
        };

        one_of("OTEL_PROPAGATORS", &["tracecontext"], "must be tracecontext, the only one there is")?;
        for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
            one_of(name, &["grpc"], "must be grpc, the only one there is")?;
        }
        let exporter = one_of("OTEL_TRACES_EXPORTER", &["otlp", "none"], "must be otlp or none")?;
        // Anything but `true` is false, by the specification.
        let disabled = get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let endpoint =
            get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| get("OTEL_EXPORTER_OTLP_ENDPOINT"));
        let export = endpoint
            .filter(|_| !disabled && exporter.as_deref() != Some("none"))
            .map(|endpoint| Export { tls: endpoint.starts_with("https://") });
        let service_name = get("OTEL_SERVICE_NAME").unwrap_or_else(|| "roster".to_owned());
        let sampler =
            sampler(get("OTEL_TRACES_SAMPLER").as_deref(), get("OTEL_TRACES_SAMPLER_ARG").as_deref())?;
        Ok(Self { export, sampler, service_name })
    }
}

fn sampler(name: Option<&str>, argument: Option<&str>) -> Result<Sampler, Unusable> {
    let ratio = || match argument.map_or(Ok(1.0), str::parse::<f64>) {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Sampler::TraceIdRatioBased(ratio)),
        _ => Err(Unusable { variable: "OTEL_TRACES_SAMPLER_ARG", expected: "must be a number from 0 to 1" }),
    };
    let parent_based = |root: Sampler| Sampler::ParentBased(Box::new(root));
    match name {
        Some("always_on") => Ok(Sampler::AlwaysOn),
        Some("always_off") => Ok(Sampler::AlwaysOff),
        Some("traceidratio") => ratio(),
        None | Some("parentbased_always_on") => Ok(parent_based(Sampler::AlwaysOn)),
        Some("parentbased_always_off") => Ok(parent_based(Sampler::AlwaysOff)),
        Some("parentbased_traceidratio") => ratio().map(parent_based),
        Some(_) => Err(Unusable {
            variable: "OTEL_TRACES_SAMPLER",
            expected: "must be always_on, always_off, traceidratio, or one of these after parentbased_",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Environment, Unusable> {
        Environment::read(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn spans_go_where_an_endpoint_is_named() {
        const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317");
        let check = |pairs: &[(&str, &str)], tls: Option<bool>| {
            assert_eq!(read(pairs).expect("it is usable").export.map(|export| export.tls), tls, "{pairs:?}");
        };
        check(&[], None);
        check(&[("OTEL_TRACES_EXPORTER", "otlp")], None);
        check(&[ENDPOINT], Some(false));
        check(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector:4317")], Some(true));
        check(&[ENDPOINT, ("OTEL_SDK_DISABLED", "True")], None);
        check(&[ENDPOINT, ("OTEL_SDK_DISABLED", "1")], Some(false));
        check(&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")], None);
        check(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")], None);
    }

    #[test]
    fn what_cannot_be_obeyed_is_refused() {
        let check = |name: &str, value: &str| {
            let error = read(&[("OTEL_TRACES_SAMPLER", "traceidratio"), (name, value)]);
            assert_eq!(error.err().map(|error| error.variable), Some(name), "{value}");
        };
        check("OTEL_PROPAGATORS", "tracecontext,baggage");
        check("OTEL_PROPAGATORS", "b3");
        check("OTEL_TRACES_EXPORTER", "zipkin");
        check("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        check("OTEL_TRACES_SAMPLER_ARG", "2");
        check("OTEL_TRACES_SAMPLER_ARG", "half");
        let error = read(&[("OTEL_TRACES_SAMPLER", "xray")]).expect_err("unknown");
        assert!(error.to_string().starts_with("OTEL_TRACES_SAMPLER: must be"));
    }

    #[test]
    fn samplers() {
        let check = |name: &str, expected: &str| {
            let environment = read(&[("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", "0.25")]);
            assert_eq!(format!("{:?}", environment.expect("usable").sampler), expected);
        };
        check("", "ParentBased(AlwaysOn)");
        check("always_off", "AlwaysOff");
        check("traceidratio", "TraceIdRatioBased(0.25)");
        check("parentbased_traceidratio", "ParentBased(TraceIdRatioBased(0.25))");
    }
}
