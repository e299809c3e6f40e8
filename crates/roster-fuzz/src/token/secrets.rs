//! The secrets of invite links and invitations.

use roster_domain::{InvitationId, LinkId};
use roster_server::keys::Keys;
use roster_server::tokens::{Digest, SecretKind, parse};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::service;

thread_local! {
    static SERVER: Keys = service::keys();
}

/// Reads any text as a secret. What is one has its shape, and is known by the digest of its text alone.
pub(super) fn read(text: &str) {
    let Some((kind, digest)) = parse(text) else { return };
    let start = format!("rst_{}_", kind.label());
    let rest = text.strip_prefix(&start).expect("it says what it is the secret of");
    let (body, checksum) = rest.split_once('_').expect("a checksum");
    assert_eq!((body.len(), checksum.len()), (43, 6));
    assert!((body.bytes().chain(checksum.bytes())).all(|byte| byte.is_ascii_alphanumeric()));
    assert!(digest == Digest::from_bytes(Sha256::digest(text).into()));
    for other in SecretKind::ALL.into_iter().filter(|other| *other != kind) {
        assert!(parse(&text.replacen(kind.label(), other.label(), 1)).is_none(), "one secret of two kinds");
    }
}

/// Makes a secret of an id, a generation and a salt, reads it again, and changes one character of it: the first byte says
/// which, and the second what it becomes.
pub(super) fn made(bytes: &[u8]) {
    let mut given = [0; 39];
    for (to, from) in given.iter_mut().zip(bytes) {
        *to = *from;
    }
    let (&[at, other, generation], rest) = given.split_first_chunk::<3>().expect("39 bytes");
    let (id, rest) = rest.split_first_chunk::<16>().expect("36 bytes");
    let salt = rest.first_chunk::<16>().expect("20 bytes");
    let id = Uuid::from_bytes(*id);
    SERVER.with(|keys| {
        let key = keys.signing();
        let of_link = key.link_token(LinkId::from_uuid(id), generation.into(), salt);
        let of_invitation = key.invitation_token(InvitationId::from_uuid(id), generation.into(), salt);
        for (secret, kind) in [(of_link, SecretKind::Link), (of_invitation, SecretKind::Invitation)] {
            let text = secret.expose();
            assert!(parse(text) == Some((kind, secret.digest())), "a secret does not lead back to itself");
            let mut changed = text.as_bytes().to_vec();
            changed[usize::from(at) % text.len()] = other & 0x7f;
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(changed == text || parse(&changed).is_none(), "a mistyped secret is taken for one");
        }
    });
}
