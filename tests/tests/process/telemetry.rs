//! The spans of a call, under its caller's trace.

use roster_proto::v1::ErrorReason;
use roster_testkit::{Actor, Collector, Kind, Options, SeenSpan, Server, actor, assert_refused, both};

const CALLERS_SPAN: &str = "b7ad6b7169203331";
const SERVER: i32 = 2;
const CLIENT: i32 = 3;

#[tokio::test]
async fn a_call_its_transaction_and_its_redis_calls_are_spans_of_the_callers_trace() {
    both(async |kind| {
        let collector = Collector::start().await;
        let options = Options::default().variable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        let server = Server::start_with(kind, options).await;
        let team = server.create_team("ada").await;
        let create = "0af7651916cd43dd8448eb211c80319c";
        let link = server.create_link(traced("ada", create), &team).await;
        let redeem = "1bf7651916cd43dd8448eb211c80319d";
        server.redeem(traced("bob", redeem), &link.token).await;
        let refuse = "2cf7651916cd43dd8448eb211c80319e";
        assert_refused(
            server.try_create_link(traced("bob", refuse), &team).await,
            ErrorReason::RoleLacksPermission,
        );
        server.stop().await;

        let spans = collector.spans();
        for (trace, method) in
            [(create, "CreateInviteLink"), (redeem, "RedeemInviteLink"), (refuse, "CreateInviteLink")]
        {
            let of_trace: Vec<_> = spans.iter().filter(|span| span.trace == trace).collect();
            let [call] = of_kind(&of_trace, SERVER)[..] else {
                panic!("one span of the call in {of_trace:#?}")
            };
            assert_eq!(call.parent, CALLERS_SPAN, "under the caller's span");
            assert!(call.name.contains(method), "{call:?}");
            assert!(call.attributes.iter().any(|(name, _)| name.starts_with("rpc.")), "{call:?}");
            for span in &of_trace {
                let parent_seen = of_trace.iter().any(|other| other.id == span.parent);
                assert!(parent_seen || span.id == call.id, "a span without its parent: {span:?}");
            }
            let database = if kind == Kind::Full { "postgresql" } else { "sqlite" };
            assert!(!of_system(&of_trace, database).is_empty(), "a transaction in {of_trace:#?}");
            let redis = of_system(&of_trace, "redis");
            assert_eq!(redis.is_empty(), kind == Kind::Embedded || trace == refuse, "{of_trace:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_collector_that_is_away_disturbs_nobody() {
    both(async |kind| {
        let nowhere = Options::default().variable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
        let server = Server::start_with(kind, nowhere).await;
        let team = server.create_team("ada").await;
        let link = server.create_link("ada", &team).await;
        server.redeem("bob", &link.token).await;
        server.stop().await;
    })
    .await;
}

fn traced(user: &str, trace: &str) -> Actor {
    actor(user).header("traceparent", &format!("00-{trace}-{CALLERS_SPAN}-01"))
}

fn of_kind<'a>(spans: &[&'a SeenSpan], kind: i32) -> Vec<&'a SeenSpan> {
    spans.iter().filter(|span| span.kind == kind).copied().collect()
}

fn of_system<'a>(spans: &[&'a SeenSpan], system: &str) -> Vec<&'a SeenSpan> {
    let is = |span: &&SeenSpan| {
        span.attributes.iter().any(|(name, text)| name == "db.system.name" && text == system)
    };
    of_kind(spans, CLIENT).into_iter().filter(is).collect()
}
