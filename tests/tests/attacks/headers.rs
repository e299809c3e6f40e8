//! Headers that are too many, too long, or never end.

use roster_testkit::frames::{
    CONTINUATION, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Foe, HEADERS, call_headers, frame, header,
    length, remembered,
};
use roster_testkit::{Kind, Server};

use crate::endured;

const LIST_POLICIES: &str = "roster.v1.TeamService/ListPolicies";

const REFLECTION: &str = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// The longest frame that the service takes.
const LONGEST: usize = 16 * 1_024;

/// A block of headers in as many frames as it takes.
fn in_frames(stream: u32, block: &[u8]) -> Vec<u8> {
    let last = block.len().div_ceil(LONGEST) - 1;
    let frames = block.chunks(LONGEST).enumerate().map(|(at, part)| {
        let end = if at == last { END_HEADERS } else { 0 };
        match at {
            0 => frame(HEADERS, END_STREAM | end, stream, part),
            _ => frame(CONTINUATION, end, stream, part),
        }
    });
    frames.flatten().collect()
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused_and_the_connection_serves_on() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let mut foe = Foe::connect(server.address()).await;
        let large = "x".repeat(1_000);
        // Let in, it would be answered with headers and trailers.
        let headers = call_headers(REFLECTION, &[("x-large", large.as_str()); 17]);
        for stream in 0..200 {
            foe.say(&in_frames(stream * 2 + 1, &headers)).await;
            foe.hear("an answer", |heard| heard.last_ended > stream * 2).await;
        }
        let heard = foe.heard();
        assert_eq!(
            (heard.headers, heard.data, heard.goaway),
            (200, 0, None),
            "each is refused by its headers"
        );
        assert!(foe.settle(401).await, "other calls are served beside them");
    })
    .await;
}

/// Says so many times in connections of their own what must be answered by GOAWAY.
async fn sent_away(said: &[u8], times: usize) {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        for _ in 0..times {
            let mut foe = Foe::connect(server.address()).await;
            // It may be cut off in the middle of it.
            foe.say(said).await;
            let heard = foe.hear_goaway().await;
            assert_eq!(heard.goaway.as_ref().expect("it").0, ENHANCE_YOUR_CALM, "{heard:?}");
            foe.hear_the_end().await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_sends_small_headers_by_the_thousand_is_sent_away() {
    let mut block = call_headers(LIST_POLICIES, &[]);
    for number in 0..5_000 {
        header(&mut block, &format!("x-{number}"), "");
    }
    sent_away(&in_frames(1, &block), 20).await;
}

#[tokio::test]
async fn who_sends_one_header_of_megabytes_is_sent_away() {
    let block = call_headers(LIST_POLICIES, &[("x-large", "x".repeat(4 << 20).as_str())]);
    sent_away(&in_frames(1, &block), 20).await;
}

#[tokio::test]
async fn a_header_that_is_repeated_by_the_byte_unfolds_for_nobody() {
    // Each byte stands for four kibibytes: 50 MiB in a frame.
    let mut block = call_headers(LIST_POLICIES, &[]);
    remembered(&mut block, "x-large", &"x".repeat(3_900));
    block.resize(LONGEST - 100, 0xbe);
    sent_away(&in_frames(1, &block), 50).await;
}

#[tokio::test]
async fn who_never_ends_its_headers_is_sent_away() {
    let mut said = frame(HEADERS, 0, 1, &call_headers(LIST_POLICIES, &[]));
    said.extend(std::iter::repeat_n(frame(CONTINUATION, 0, 1, &[]), 100_000).flatten());
    sent_away(&said, 5).await;

    // A text that was announced and comes byte by byte.
    let mut block = call_headers(LIST_POLICIES, &[]);
    block.push(0);
    length(&mut block, 1 << 24);
    let mut said = frame(HEADERS, 0, 1, &block);
    said.extend(std::iter::repeat_n(frame(CONTINUATION, 0, 1, b"x"), 100_000).flatten());
    sent_away(&said, 5).await;
}
