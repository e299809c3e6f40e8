//! What codes look like, and all that people type in their place.

use std::collections::BTreeSet;

use roster_proto::v1::{ErrorReason, TeamCode};
use roster_testkit::{Server, assert_invalid, both};

use super::{BRAND, club};

/// Digits and capital letters without those that are easily taken for another.
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[tokio::test]
async fn a_code_has_the_policys_prefix_and_random_signs_that_nobody_confuses() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        for (policy, prefix, length) in [(BRAND, "SK-", 6), ("club", "CLUB-", 8)] {
            let team = server.create_under("ada", policy).await;
            let role = "member";
            let mut texts = BTreeSet::new();
            for _ in 0..40 {
                let code = server.create_code("ada", &team, role).await;
                assert!(code.code_id.starts_with("code_") && code.code_id.len() == 31, "{}", code.code_id);
                let signs = code.code.strip_prefix(prefix).expect("the policy's prefix");
                assert_eq!(signs.len(), length, "as many signs as the policy says");
                assert!(signs.chars().all(|sign| ALPHABET.contains(sign)), "signs that nobody confuses");
                texts.insert(signs.to_owned());
            }
            assert_eq!(texts.len(), 40, "each code is another");
            let seen: BTreeSet<_> = texts.iter().flat_map(|text| text.chars()).collect();
            assert!(seen.len() > 24, "signs from all of the alphabet, not {} of them", seen.len());
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_is_found_however_it_is_typed() {
    both(async |kind| {
        let (_policy, server) = club(kind).await;
        let team = server.create_under("ada", "club").await;
        for made in with_zero_and_with_one(&server, &team).await {
            let forms = typed(&made.code);
            for (number, text) in forms.iter().enumerate() {
                let person = format!("person-{number}-{}", made.code_id);
                let seen = server.preview_code(&person, text).await;
                assert_eq!((&seen.team_id, seen.already_member), (&team, false), "form {number}");
                assert!(!server.redeem_code(&person, text).await.already_member, "form {number}");
            }
            let uses = server.code("ada", &team, &made.code_id).await.use_count;
            assert_eq!(usize::try_from(uses), Ok(forms.len()), "all of these are that code");
        }
    })
    .await;
}

#[tokio::test]
async fn what_only_looks_like_a_code_leads_nowhere() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let code = server.create_code("ada", &team, "member").await.code;
        let with = |from: char, to: char| code.replacen(from, &to.to_string(), 1);
        let wide = |text: &str| text.chars().map(full_width).collect::<String>();
        let texts = [
            wide(&code),
            format!("SK-{}", wide(&code["SK-".len()..])),
            with('S', '\u{0405}'),
            with('K', '\u{041a}'),
            with('K', '\u{039a}'),
            // These become S and K where case is folded as Unicode says.
            with('S', '\u{017f}'),
            with('K', '\u{212a}'),
            with('-', '\u{2010}'),
            with('-', '\u{2013}'),
            with('-', '\u{00a0}'),
            format!("{code}\u{200b}"),
            format!("{code}\0"),
            format!("{code}0"),
            code[..code.len() - 1].to_owned(),
            code["SK-".len()..].to_owned(),
            format!("%{}", &code[1..]),
            "_".repeat(code.len()),
            " ".into(),
            "' OR 1=1 --".into(),
        ];
        for (number, text) in texts.iter().enumerate() {
            // Each by another person: who guesses too often is refused for that.
            server
                .assert_code_refused(format!("person-{number}").as_str(), text, ErrorReason::InviteNotFound)
                .await;
        }
        assert!(!server.redeem_code("bob", &code).await.already_member, "the code itself leads somewhere");

        for (what, text) in [("empty", String::new()), ("long", format!("{code}{}", " ".repeat(56)))] {
            assert_invalid(what, server.try_redeem_code("cyd", &text).await, &["code"]);
        }
        let longest = format!("{code}{}", "-".repeat(55));
        assert!(!server.redeem_code("cyd", &longest).await.already_member, "64 characters are looked at");
    })
    .await;
}

/// Ways to type a code.
fn typed(code: &str) -> Vec<String> {
    let bare = code.replace('-', "");
    let apart = |separator: &str| bare.chars().map(String::from).collect::<Vec<_>>().join(separator);
    let swapped = |from: char, to: &str| code.replace(from, to);
    vec![
        code.to_owned(),
        code.to_lowercase(),
        bare.clone(),
        bare.to_lowercase(),
        apart(" "),
        apart("-"),
        apart("_"),
        apart(". "),
        format!("  {code}  "),
        format!("--{bare}.."),
        swapped('1', "I"),
        swapped('1', "l"),
        swapped('1', "i"),
        swapped('0', "O"),
        swapped('0', "o"),
        // Nobody who types it knows where the prefix ends: the L of it is read like any other.
        swapped('L', "1"),
        swapped('L', "i"),
    ]
}

/// A code with a zero among its signs, and one with a one: more than every fifth has such a sign.
async fn with_zero_and_with_one(server: &Server, team: &str) -> [TeamCode; 2] {
    let (mut zero, mut one) = (None, None);
    for _ in 0..95 {
        let code = server.create_code("ada", team, "member").await;
        if code.code.contains('0') {
            zero = Some(code);
        } else if code.code.contains('1') {
            one = Some(code);
        }
        if let (Some(zero), Some(one)) = (&zero, &one) {
            return [zero.clone(), one.clone()];
        }
    }
    panic!("there is no zero or no one in 95 codes");
}

/// The wide form of a sign, as some keyboards write it.
fn full_width(sign: char) -> char {
    char::from_u32(u32::from(sign) - 0x20 + 0xff00).expect("ASCII has wide forms")
}
