//! Tokens that were tampered with: one answer, whatever is wrong with them.

use std::collections::BTreeSet;

use roster_proto::v1::ErrorReason;
use roster_testkit::{ATELIER, By, Server, assert_refused, atelier, both, known};

use crate::abuse::{Ways, told};

#[tokio::test]
async fn a_token_that_was_tampered_with_is_one_that_nobody_made() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.create_under("ada", ATELIER).await;
        let ways = Ways::of(&server, "ada", &team, "bob").await;
        let bob = known("bob");
        let mut answers = BTreeSet::new();
        for text in tampered(&ways.invite.token) {
            answers.insert(told(server.try_preview(&bob, &text).await));
            answers.insert(told(server.try_accept(&bob, By::Token(text.clone())).await));
            answers.insert(told(server.try_decline(&bob, By::Token(text)).await));
        }
        for text in tampered(&ways.link.token) {
            answers.insert(told(server.try_preview(&bob, &text).await));
            answers.insert(told(server.try_redeem(&bob, &text).await));
        }
        let [only] = Vec::from_iter(answers).try_into().expect("all are answered alike");
        assert_eq!(only, told(server.try_preview(&bob, "rst_inv_nothing").await));
        assert_refused(server.try_preview(&bob, "rst_inv_nothing").await, ErrorReason::InviteNotFound);

        assert!(!server.accept(&bob, &ways.invite).await.already_member, "the token itself is good");
        assert!(!server.redeem("cyd", &ways.link.token).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn a_token_leads_nowhere_in_the_place_of_another() {
    let (_policy, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let other = Server::start_with(kind, options.clone()).await;
        let team = server.create_under("ada", ATELIER).await;
        let ways = Ways::of(&server, "ada", &team, "bob").await;
        let team = other.create_under("ada", ATELIER).await;
        let elsewhere = Ways::of(&other, "ada", &team, "bob").await;
        let bob = known("bob");
        let nothing = told(server.try_redeem(&bob, "rst_link_nothing").await);
        let outcomes = [
            told(server.try_redeem(&bob, &ways.invite.token).await),
            told(server.try_accept(&bob, By::Token(ways.link.token.clone())).await),
            told(server.try_decline(&bob, By::Token(ways.link.token.clone())).await),
            told(server.try_accept(&bob, By::Token(ways.code.code.clone())).await),
            told(server.try_redeem(&bob, &ways.code.code).await),
            told(server.try_preview(&bob, &ways.code.code).await),
            told(server.try_redeem_code(&bob, &ways.link.token).await),
            told(server.try_preview_code(&bob, &ways.invite.token).await),
            // Those of a deployment with other keys.
            told(server.try_preview(&bob, &elsewhere.invite.token).await),
            told(server.try_accept(&bob, &elsewhere.invite).await),
            told(server.try_accept(&bob, elsewhere.invite.by_id()).await),
            told(server.try_preview(&bob, &elsewhere.link.token).await),
            told(server.try_redeem(&bob, &elsewhere.link.token).await),
            told(server.try_redeem_code(&bob, &elsewhere.code.code).await),
        ];
        for (number, outcome) in outcomes.iter().enumerate() {
            assert_eq!(*outcome, nothing, "attempt {number}");
        }
        assert_eq!(server.team("ada", &team_of(&ways)).await.member_count, 1);
        server.accept(&bob, &ways.invite).await;
    })
    .await;
}

fn team_of(ways: &Ways) -> String {
    ways.code.team_id.clone()
}

/// Every character of it replaced by its neighbour, also with the checksum put right; cut at every place; lengthened,
/// in another case, of another kind.
fn tampered(token: &str) -> Vec<String> {
    let before = token.rsplit_once('_').expect("a checksum").0;
    assert_eq!(checked(before), token, "what is put right here is right");
    let body = before.rsplit_once('_').expect("a kind").1;
    let replaced = |text: &str, at: usize| {
        let neighbour = |place: usize, c: char| if place == at { next(c) } else { c };
        text.chars().enumerate().map(|(place, c)| neighbour(place, c)).collect::<String>()
    };
    let mut texts: Vec<String> = (0..token.len()).map(|at| replaced(token, at)).collect();
    texts.extend((0..before.len()).map(|at| checked(&replaced(before, at))));
    texts.extend((1..token.len()).map(|length| token[..length].to_owned()));
    texts.extend(
        ["inv", "link", "code", "INV", ""].into_iter().map(|kind| checked(&format!("rst_{kind}_{body}"))),
    );
    texts.extend([token.to_uppercase(), token.to_lowercase(), format!("{token}0"), format!("{token}_")]);
    texts.extend([" {}", "{} ", "{}\n", "\u{feff}{}", "{}\0"].map(|form| form.replace("{}", token)));
    texts.extend([format!("{token}{token}"), token.replace('_', "-"), checked(token), "0".repeat(256)]);
    texts.retain(|text| text != token);
    texts
}

/// The next sign of the same class.
fn next(c: char) -> char {
    match c {
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        '_' => '-',
        other => char::from_u32(u32::from(other) + 1).expect("a neighbour"),
    }
}

/// The text with the checksum that belongs to it: its CRC-32 as six signs.
fn checked(text: &str) -> String {
    const SIGNS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let crc = text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    let mut rest = usize::try_from(!crc).expect("32 bits");
    let mut signs = [b'0'; 6];
    for sign in signs.iter_mut().rev() {
        *sign = SIGNS[rest % 62];
        rest /= 62;
    }
    format!("{text}_{}", String::from_utf8_lossy(&signs))
}
