use std::collections::HashSet;

use proptest::prelude::*;
use roster_domain::{InvitationId, LinkId};
use uuid::Uuid;

use super::*;
use crate::keys::Keys;

fn keys(first_byte: u8) -> Keys {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let mut secret = [7; 32];
    secret[0] = first_byte;
    let text = format!("[[keys]]\nid = \"k1\"\nsecret = \"{}\"", STANDARD.encode(secret));
    Keys::parse(&text, std::path::Path::new("test")).ok().unwrap()
}

fn link_token(link: u128, generation: u32, salt: u128) -> Secret {
    keys(1).signing().link_token(LinkId::from_uuid(Uuid::from_u128(link)), generation, &salt.to_be_bytes())
}

fn base62(number: [u8; 32], width: usize) -> String {
    let mut text = String::new();
    push_base62(&mut text, number, width);
    text
}

#[test]
fn base62_is_of_a_fixed_width() {
    let check = |low: u128, width: usize, expected: &str| {
        let mut number = [0; 32];
        number[16..].copy_from_slice(&low.to_be_bytes());
        assert_eq!(base62(number, width), expected, "{low}");
    };
    check(0, 6, "000000");
    check(61, 6, "00000z");
    check(62, 6, "000010");
    check(62 * 62 - 1, 6, "0000zz");
    check(u128::from(u32::MAX), 6, "4gfFC3");
    check(u128::MAX, 22, "7n42DGM5Tflk9n8mt7Fhc7");
    assert_eq!(base62([255; 32], BODY_CHARS).len(), BODY_CHARS);
    assert_eq!(base62([0; 32], BODY_CHARS), "0".repeat(BODY_CHARS));
}

#[test]
fn only_the_exact_shape_is_taken() {
    let good = link_token(1, 1, 1);
    let good = good.expose();
    assert_eq!(good.len(), 59);
    assert!(parse(good).is_some());

    let body = &good[9..52];
    let with_checksum = |before: &str| format!("{before}_{}", checksum(before));
    assert_eq!(with_checksum(&format!("rst_link_{body}")), good);
    for bad in [
        String::new(),
        "_".to_owned(),
        "rst_link__".to_owned(),
        "é".repeat(29),
        format!(" {good}"),
        format!("{good}\n"),
        good.to_uppercase(),
        good.to_lowercase(),
        good[..58].to_owned(),
        format!("{good}0"),
        format!("{good}_{}", checksum(good)),
        with_checksum(&format!("rst_code_{body}")),
        with_checksum(&format!("rst_Link_{body}")),
        with_checksum(&format!("RST_link_{body}")),
        with_checksum(&format!("rst__{body}")),
        with_checksum(&format!("rst_link_0{body}")),
        with_checksum(&format!("rst_link_{}", &body[1..])),
        with_checksum(&format!("rst_link_{}-", &body[1..])),
        with_checksum(&format!("rst_link_{}_", &body[1..])),
        with_checksum(&format!("rst_link_{}é", &body[2..])),
        with_checksum(&format!("rst_link_{}", "A".repeat(300))),
    ] {
        assert_eq!(parse(&bad), None, "{bad:?}");
    }
}

#[test]
fn any_change_of_one_character_is_refused() {
    let good = link_token(1, 1, 1);
    for at in 0..good.expose().len() {
        for other in 0..=127_u8 {
            let mut changed = good.expose().to_owned().into_bytes();
            changed[at] = other;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(parse(&changed).is_some(), changed == good.expose(), "{changed:?}");
        }
    }
}

#[test]
fn two_neighbours_swapped_and_a_character_lost_are_refused() {
    let good = link_token(1, 1, 1);
    let good = good.expose();
    for at in 1..good.len() {
        let mut swapped = good.to_owned().into_bytes();
        swapped.swap(at - 1, at);
        let swapped = String::from_utf8(swapped).unwrap();
        assert_eq!(parse(&swapped).is_some(), swapped == good, "{swapped:?}");
        assert_eq!(parse(&format!("{}{}", &good[..at - 1], &good[at..])), None);
    }
}

#[test]
fn whatever_goes_into_a_secret_changes_it() {
    let salt = [3; 16];
    let mut seen = HashSet::new();
    for first_byte in [1, 2] {
        for link in [1, 2] {
            for generation in [0, 1, 256] {
                for salt in [salt, [4; 16]] {
                    let link = LinkId::from_uuid(Uuid::from_u128(link));
                    let secret = keys(first_byte).signing().link_token(link, generation, &salt);
                    assert!(seen.insert(secret.expose().to_owned()));
                }
            }
        }
    }
    assert_eq!(seen.len(), 24);
}

#[test]
fn a_digest_is_of_the_whole_text_and_does_not_show_itself() {
    let secret = link_token(1, 1, 1);
    let digest = secret.digest();
    assert_eq!(digest.as_bytes()[..], Sha256::digest(secret.expose().as_bytes())[..]);
    assert_eq!(Digest::from_bytes(*digest.as_bytes()), digest);
    assert_eq!(format!("{digest:?}"), format!("Digest({}…)", &digest.hex()[..4]));
}

proptest! {
    #[test]
    fn what_is_derived_is_parsed(link: u128, generation: u32, salt: u128) {
        let (secret, again) = (link_token(link, generation, salt), link_token(link, generation, salt));
        prop_assert_eq!(parse(secret.expose()), Some((SecretKind::Link, secret.digest())));
        prop_assert_eq!(again.expose(), secret.expose());
    }

    #[test]
    fn one_id_has_a_secret_of_each_kind(id: u128, generation: u32, salt: u128) {
        let invitation = InvitationId::from_uuid(Uuid::from_u128(id));
        let secret = keys(1).signing().invitation_token(invitation, generation, &salt.to_be_bytes());
        prop_assert_eq!(parse(secret.expose()), Some((SecretKind::Invitation, secret.digest())));
        let body = |secret: &Secret| secret.expose().split('_').nth(2).map(str::to_owned);
        prop_assert_ne!(body(&secret), body(&link_token(id, generation, salt)));
    }

    #[test]
    fn two_records_have_two_secrets(a: (u128, u32, u128), b: (u128, u32, u128)) {
        prop_assume!(a != b);
        prop_assert_ne!(link_token(a.0, a.1, a.2).digest(), link_token(b.0, b.1, b.2).digest());
    }

    #[test]
    fn nothing_panics_and_nothing_made_up_is_taken(text in ".{0,300}") {
        prop_assert_eq!(parse(&text), None);
        prop_assert_eq!(parse(&format!("rst_link_{text}")), None);
    }

    #[test]
    fn a_body_with_a_false_checksum_is_refused(body in "[0-9A-Za-z]{43}", check in "[0-9A-Za-z]{6}") {
        let before = format!("rst_link_{body}");
        prop_assume!(check != checksum(&before));
        let text = format!("{before}_{check}");
        prop_assert_eq!(parse(&text), None);
    }
}
