//! Tokens: those of an identity provider, and the secrets, codes and ids that the service itself makes.

mod claims;
mod codes;
mod ids;
mod issuer;
mod secrets;

/// Takes the bytes after the first as what the first says: a bearer token as it comes (`r`), one that is signed after all
/// (`s`) or changed after it was signed (`t`), the text of a secret (`o`), a secret to be made and changed (`m`), a code as
/// somebody typed it (`c`), one to be made (`k`), or an id (`i`).
///
/// # Panics
/// Where a property of tokens does not hold.
pub fn token(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    match kind {
        b's' => issuer::signed(rest),
        b't' => issuer::changed(rest),
        b'm' => secrets::made(rest),
        b'k' => codes::made(rest),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            match kind {
                b'r' => issuer::raw(text),
                b'o' => secrets::read(text),
                b'c' => codes::typed(text),
                b'i' => ids::read(text),
                _ => {}
            }
        }
    }
}
