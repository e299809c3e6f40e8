//! What a client of Postgres sends, read from the bytes of a connection.

use std::collections::{BTreeMap, HashMap};

/// The codes that a first message begins with.
const SSL_REQUEST: u32 = 80_877_103;
const PROTOCOL_3: u32 = 196_608;

/// A connection, as far as the client has spoken.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The start-up parameters, `user` and `database` among them.
    pub parameters: BTreeMap<String, String>,
    /// The texts that were executed, in their order: simple queries, and prepared statements at each use.
    pub statements: Vec<String>,
}

impl Session {
    /// Reads what can be read; what is cut off at the end is left out.
    pub(crate) fn read(mut bytes: &[u8]) -> Self {
        let mut session = Self::default();
        while let Some((code, body, rest)) = first(bytes) {
            bytes = rest;
            if code == PROTOCOL_3 {
                let texts: Vec<String> = texts(body);
                let pairs = texts.chunks_exact(2).filter(|pair| !pair[0].is_empty());
                session.parameters = pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect();
                break;
            }
            assert_eq!(
                code, SSL_REQUEST,
                "a connection begins with a request for TLS or with its parameters"
            );
        }
        let mut prepared = HashMap::new();
        while let Some((tag, body, rest)) = message(bytes) {
            bytes = rest;
            match (tag, texts(body).as_slice()) {
                (b'Q', [text, ..]) => session.statements.push(text.clone()),
                (b'P', [name, text, ..]) => drop(prepared.insert(name.clone(), text.clone())),
                (b'B', [_, name, ..]) => session.statements.extend(prepared.get(name).cloned()),
                _ => {}
            }
        }
        session
    }
}

/// The first message, which has no tag: its code, its body, and what follows.
fn first(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    let (body, rest) = rest.split_at_checked(length.checked_sub(4)? as usize)?;
    let (code, body) = number(body)?;
    Some((code, body, rest))
}

/// Any other message: its tag, its body, and what follows.
fn message(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = number(rest)?;
    let (body, rest) = rest.split_at_checked(length.checked_sub(4)? as usize)?;
    Some((*tag, body, rest))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// Texts that end in a zero each.
fn texts(bytes: &[u8]) -> Vec<String> {
    let mut parts: Vec<_> = bytes.split(|byte| *byte == 0).collect();
    parts.pop();
    parts.into_iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(tag: &[u8], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [tag, &length.to_be_bytes(), body].concat()
    }

    #[test]
    fn a_session_is_read() {
        let bytes = [
            tagged(b"", &SSL_REQUEST.to_be_bytes()),
            tagged(b"", &[&PROTOCOL_3.to_be_bytes()[..], b"user\0ada\0options\0-c a=b\0\0"].concat()),
            tagged(b"p", b"secret\0"),
            tagged(b"Q", b"BEGIN\0"),
            tagged(b"P", b"s1\0SELECT $1\0\0\0"),
            tagged(b"B", b"\0s1\0\0\0"),
            tagged(b"B", b"\0s1\0\0\0"),
            tagged(b"Q", b"COMMIT\0")[..4].to_vec(),
        ]
        .concat();
        let session = Session::read(&bytes);
        assert_eq!(session.parameters.get("options").map(String::as_str), Some("-c a=b"));
        assert_eq!(session.parameters.len(), 2);
        assert_eq!(session.statements, ["BEGIN", "SELECT $1", "SELECT $1"]);
    }
}
