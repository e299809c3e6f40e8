//! The server's keys, and the few things that are derived from them.
//!
//! A keys file lists keys; the first one signs, the others still verify. To rotate without a refusal on any replica:
//! append the new key and roll it out everywhere, then move it to the front and roll that out, and drop the old key
//! once nothing live names its id (`docs/keys.md` walks through it; [`edit`] changes the file). A secret is never used as such: each purpose has a key of its own, derived from
//! it, so that what one purpose shows to the outside says nothing about another.
//!
//! Nothing here may implement `Debug`, `Display` or `Serialize`, and no error may quote a secret.

mod answer;
pub mod edit;
mod file;
mod page;
mod seal;

use hmac::{Hmac, KeyInit, Mac};
use roster_domain::{InvitationId, LinkId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use file::KeysError;
pub use page::MAX_CURSOR_BYTES;

use self::seal::SealingKey;
use crate::tokens::{Secret, SecretKind};

/// HMAC-SHA-256, which derives keys and signs; what is not to be read is sealed, see [`seal`].
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// Bytes of a key's secret.
const SECRET_BYTES: usize = 32;

/// All keys of this deployment: one that signs, and those that still verify.
pub struct Keys {
    signing: Key,
    others: Vec<Key>,
}

/// One key: its id, and what is derived from its secret, which itself is not kept.
pub struct Key {
    id: String,
    fingerprint: String,
    links: HmacSha256,
    pages: SealingKey,
    requests: HmacSha256,
    answers: HmacSha256,
    budgets: HmacSha256,
}

/// What a derived key is for. The label goes into the derivation: to change one voids all that was made with it.
#[derive(Clone, Copy)]
enum Purpose {
    Fingerprint,
    Links,
    Pages,
    Requests,
    Answers,
    Budgets,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Fingerprint => b"roster key v1: fingerprint",
            Self::Links => b"roster key v1: secrets of links and invitations",
            Self::Pages => b"roster key v1: page tokens",
            Self::Requests => b"roster key v1: digests of idempotent requests",
            Self::Answers => b"roster key v1: answers kept for retries",
            Self::Budgets => b"roster key v1: budgets",
        }
    }
}

impl Keys {
    /// The key that signs what is new.
    #[must_use]
    pub fn signing(&self) -> &Key {
        &self.signing
    }

    /// The key with this id, if it has not been retired.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.all().find(|key| key.id == id)
    }

    /// Every key, the signing one first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.signing).chain(&self.others)
    }

    /// A digest of a request's parts under the signing key, to be stored in place of the request: an HMAC, since a
    /// plain hash of a request that carries a short code could be guessed. Where a part ends is part of what is
    /// digested. Compare with [`Keys::is_request_digest`], which also knows the digests made before a rotation.
    #[must_use]
    pub fn request_digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.signing.request_mac(parts).finalize().into_bytes().into()
    }

    /// Whether `digest` is the digest of these parts under any of the keys, compared in constant time.
    #[must_use]
    pub fn is_request_digest(&self, parts: &[&[u8]], digest: &[u8]) -> bool {
        self.all().any(|key| key.request_mac(parts).verify_slice(digest).is_ok())
    }

    /// What stands for a budget in the place of whose it is, so that no id and no address leaves the service: an HMAC
    /// under the signing key, since ids and addresses could be guessed. Where a part ends is part of it. After a
    /// rotation it is another, and the budget is whole again.
    #[must_use]
    pub fn budget_key(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.signing.budgets.clone().chain_update(join(parts)).finalize().into_bytes().into()
    }
}

impl Key {
    /// What the database stores beside all that this key made: 1 to 32 of `a-z`, `0-9`, `-` and `_`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tells whether two keys of one id are the same: 64 hexadecimal digits that are safe to store and to log.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The secret of an invite link. It is the same every time, so that it need not be stored to be shown again;
    /// `salt` is the random one of the link's record, and a higher `generation` voids what was given out before.
    #[must_use]
    pub fn link_token(&self, link: LinkId, generation: u32, salt: &[u8; 16]) -> Secret {
        self.token(SecretKind::Link, link.uuid(), generation, salt)
    }

    /// The secret of an e-mail invitation, as [`Key::link_token`] is that of a link.
    #[must_use]
    pub fn invitation_token(&self, invitation: InvitationId, generation: u32, salt: &[u8; 16]) -> Secret {
        self.token(SecretKind::Invitation, invitation.uuid(), generation, salt)
    }

    fn token(&self, kind: SecretKind, id: Uuid, generation: u32, salt: &[u8; 16]) -> Secret {
        let message = join(&[kind.label().as_bytes(), id.as_bytes(), &generation.to_be_bytes(), salt]);
        Secret::compose(kind, self.links.clone().chain_update(message).finalize().into_bytes().into())
    }

    fn new(id: String, secret: &[u8; SECRET_BYTES]) -> Self {
        let derived: [u8; 32] = derive(secret, Purpose::Fingerprint);
        Self {
            id,
            fingerprint: hex(&Sha256::digest(derived)),
            links: keyed(&derive(secret, Purpose::Links)),
            pages: SealingKey::new(&derive(secret, Purpose::Pages)),
            requests: keyed(&derive(secret, Purpose::Requests)),
            answers: keyed(&derive(secret, Purpose::Answers)),
            budgets: keyed(&derive(secret, Purpose::Budgets)),
        }
    }

    fn request_mac(&self, parts: &[&[u8]]) -> HmacSha256 {
        self.requests.clone().chain_update(join(parts))
    }
}

/// One message of several parts, each with its length before it, so that no two lists of parts are one message.
fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat()).collect()
}

fn derive(secret: &[u8; SECRET_BYTES], purpose: Purpose) -> [u8; 32] {
    keyed(secret).chain_update(purpose.label()).finalize().into_bytes().into()
}

fn keyed(key: &[u8; 32]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn keys(ids: &[(&str, u8)]) -> Keys {
        let mut all = ids.iter().map(|(id, byte)| Key::new((*id).to_owned(), &[*byte; 32]));
        Keys { signing: all.next().unwrap(), others: all.collect() }
    }

    #[test]
    fn the_first_key_signs_and_every_key_is_found() {
        let keys = keys(&[("new", 1), ("old", 2)]);
        assert_eq!(keys.signing().id(), "new");
        assert_eq!(keys.find("old").map(Key::id), Some("old"));
        assert!(keys.find("older").is_none());
        assert_eq!(keys.all().map(Key::id).collect::<Vec<_>>(), ["new", "old"]);
    }

    #[test]
    fn a_fingerprint_is_of_the_secret_alone_and_is_no_key() {
        let one = Key::new("one".to_owned(), &[1; 32]);
        assert_eq!(one.fingerprint(), Key::new("two".to_owned(), &[1; 32]).fingerprint());
        assert_ne!(one.fingerprint(), Key::new("one".to_owned(), &[2; 32]).fingerprint());
        assert_eq!(one.fingerprint().len(), 64);
        for purpose in [Purpose::Fingerprint, Purpose::Links, Purpose::Pages, Purpose::Requests] {
            assert_ne!(one.fingerprint(), hex(&derive(&[1; 32], purpose)));
        }
    }

    /// These values are stored by deployments or in the hands of their users: to change them is to void them.
    /// They were computed by another program from the same definitions.
    #[test]
    fn what_is_derived_never_changes() {
        const FINGERPRINT: &str = "743fa402650d9ee6fedbd5a936d01571b7019f5bbddb105ae6ad5ebee690d5ce";
        const LINK_TOKEN: &str = "rst_link_VBBEoo6GKNw4ws8UlalpQdzKlwHTvgzegFTkmV657oy_40hCGZ";
        const INVITATION_TOKEN: &str = "rst_inv_5XfYwDE9qDjrUj3Mx1fkVHfXkrJPmlJRknDOyXKTVOc_1U1P3g";
        const REQUEST_DIGEST: &str = "caa6842960e028019c3f07c77cd2b85d9941f5a54a3b28efca9d4bd0e4902b94";
        let keys = keys(&[("k1", 7)]);
        let link = LinkId::from_uuid(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(keys.signing().fingerprint(), FINGERPRINT);
        assert_eq!(keys.signing().link_token(link, 1, &[9; 16]).expose(), LINK_TOKEN);
        let invitation = InvitationId::from_uuid(link.uuid());
        assert_eq!(keys.signing().invitation_token(invitation, 1, &[9; 16]).expose(), INVITATION_TOKEN);
        assert_eq!(hex(&keys.request_digest(&[b"a", b"bc"])), REQUEST_DIGEST);
    }

    #[test]
    fn a_request_digest_knows_where_its_parts_end_and_outlives_a_rotation() {
        let before = keys(&[("old", 2)]);
        let digest = before.request_digest(&[b"ab", b"c"]);
        assert_ne!(digest, before.request_digest(&[b"a", b"bc"]));
        assert_ne!(digest, before.request_digest(&[b"ab", b"c", b""]));

        let after = keys(&[("new", 1), ("old", 2)]);
        assert_ne!(digest, after.request_digest(&[b"ab", b"c"]));
        assert!(after.is_request_digest(&[b"ab", b"c"], &digest));
        assert!(!after.is_request_digest(&[b"a", b"bc"], &digest));
        assert!(!after.is_request_digest(&[b"ab", b"c"], &digest[..16]));
        assert!(!keys(&[("new", 1)]).is_request_digest(&[b"ab", b"c"], &digest));
    }

    #[test]
    fn a_budget_key_knows_where_its_parts_end_and_is_of_its_purpose_and_the_signing_key() {
        let keys = keys(&[("new", 1), ("old", 2)]);
        let key = keys.budget_key(&[b"ab", b"c"]);
        assert_eq!(key, keys.budget_key(&[b"ab", b"c"]));
        assert_ne!(key, keys.budget_key(&[b"a", b"bc"]));
        assert_ne!(key, keys.request_digest(&[b"ab", b"c"]));
        assert_ne!(key, self::keys(&[("old", 2)]).budget_key(&[b"ab", b"c"]));
    }
}
