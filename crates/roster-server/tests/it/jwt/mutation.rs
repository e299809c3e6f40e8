//! No byte of a token can be another.

use std::sync::LazyLock;

use proptest::prelude::*;
use roster_server::authn::jwt::{Rejected, Verifier};
use tokio::runtime::{Builder, Runtime};

use super::{Key, good_claims, knowing};

struct Known {
    runtime: Runtime,
    verifier: Verifier,
    tokens: Vec<String>,
}

/// The same for every case, and verified once, so that what is cached is not looked past either.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let keys = [Key::rsa("rsa"), Key::p256("p256"), Key::p384("p384"), Key::ed25519("ed")];
    let algorithms = ["RS256", "ES256", "ES384", "EdDSA"];
    let tokens: Vec<String> =
        keys.iter().zip(algorithms).map(|(key, algorithm)| key.token(algorithm, &good_claims())).collect();
    let (verifier, _) = knowing(&keys.iter().collect::<Vec<_>>());
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    for token in &tokens {
        runtime.block_on(verifier.verify(token)).expect("it is good");
    }
    Known { runtime, verifier, tokens }
});

fn refused(token: &str) -> bool {
    matches!(KNOWN.runtime.block_on(KNOWN.verifier.verify(token)), Err(Rejected::Invalid(_)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_with_another_byte_is_refused(which in 0_usize..4, at in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let mut token = KNOWN.tokens[which].clone().into_bytes();
        let at = at.index(token.len());
        prop_assume!(token[at] != byte);
        token[at] = byte;
        prop_assert!(refused(&String::from_utf8(token).expect("ASCII")));
    }

    #[test]
    fn a_token_with_a_byte_more_or_less_is_refused(
        which in 0_usize..4,
        at in any::<prop::sample::Index>(),
        added in prop::option::of("[A-Za-z0-9_=.+/ -]"),
    ) {
        let mut token = KNOWN.tokens[which].clone();
        let at = at.index(token.len());
        match added {
            Some(added) => token.insert_str(at, &added),
            None => drop(token.remove(at)),
        }
        prop_assert!(refused(&token));
    }

    #[test]
    fn a_token_with_two_characters_exchanged_is_refused(
        which in 0_usize..4,
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let mut token = KNOWN.tokens[which].clone().into_bytes();
        let (one, other) = (one.index(token.len()), other.index(token.len()));
        prop_assume!(token[one] != token[other]);
        token.swap(one, other);
        prop_assert!(refused(&String::from_utf8(token).expect("ASCII")));
    }

    #[test]
    fn any_text_is_refused(text in any::<String>()) {
        prop_assert!(refused(&text));
    }
}

/// Every single place with every character of the alphabet: the cases above are a sample of it.
#[test]
fn no_character_of_an_es256_token_can_be_another() {
    let token = &KNOWN.tokens[1];
    for at in 0..token.len() {
        for byte in b"AQgw_-.09az" {
            if token.as_bytes()[at] != *byte {
                let mut changed = token.clone().into_bytes();
                changed[at] = *byte;
                assert!(refused(&String::from_utf8(changed).expect("ASCII")), "{at} {byte}");
            }
        }
    }
}
