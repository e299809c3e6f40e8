//! The keys file: read, checked, and made on a first start.
//!
//! ```toml
//! [[keys]]
//! id = "k1"
//! secret = "<32 random bytes in base64>"
//! ```
//!
//! A file that others can read is warned about and not refused: a mounted Kubernetes secret is 0644 unless its mode is
//! set, inside a pod where nobody else is, and some file systems have no modes at all.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Key, Keys, SECRET_BYTES, hex};

/// Why a keys file cannot be used. Names the file, the key and what is expected; never a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file is not there or cannot be read.
    #[error("keys file {}: cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// There was no file, and none can be made.
    #[error("keys file {}: cannot be made", .path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not TOML, or is of another shape.
    #[error("keys file {}, line {line}: must be TOML with tables [[keys]] of two texts, `id` and `secret`", .path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A changed file cannot be put in the old one's place.
    #[error("keys file {}: cannot be changed", .path.display())]
    Change {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file lacks a key that was asked for.
    #[error("keys file {}: has no key {id:?}; it has: {}", .path.display(), .ids.join(", "))]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The id that was asked for.
        id: String,
        /// The ids that there are.
        ids: Vec<String>,
    },
    /// The file has no key.
    #[error("keys file {}: must have at least one table [[keys]]", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// One key is not as it must be.
    #[error("keys file {}, key {position}{}: {expected}", .path.display(), .id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default())]
    Key {
        /// The file.
        path: PathBuf,
        /// The key's place in the file, from 1.
        position: usize,
        /// Its id, unless that is what is wrong: whoever swaps id and secret must not find the secret in a log.
        id: Option<String>,
        /// What is expected of it.
        expected: &'static str,
    },
}

/// A keys file as written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) keys: Vec<Entry>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) secret: String,
}

impl Keys {
    /// Reads a keys file.
    pub fn load(path: &Path) -> Result<Self, KeysError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| KeysError::Read { path: path.to_owned(), source })?;
        warn_if_exposed(path);
        Self::parse(&text, path)
    }

    /// Reads a keys file, and where there is none makes one first, mode 0600, with one random key, and the directory
    /// it is in. However many processes start at once, all of them end with the same file. For the embedded storage
    /// and for development: in production a key that nobody backed up must not come to be unnoticed.
    pub fn load_or_create(path: &Path) -> Result<Self, KeysError> {
        if !path.exists() {
            create(path).map_err(|source| KeysError::Create { path: path.to_owned(), source })?;
        }
        Self::load(path)
    }

    /// Reads the text of a keys file; `path` is what errors call it.
    pub fn parse(text: &str, path: &Path) -> Result<Self, KeysError> {
        let file = File::read(text, path)?;
        let mut all: Vec<Key> = Vec::with_capacity(file.keys.len());
        for (index, entry) in file.keys.into_iter().enumerate() {
            let id = is_id(&entry.id).then(|| entry.id.clone());
            let key = check(entry, &all).map_err(|expected| KeysError::Key {
                path: path.to_owned(),
                position: index + 1,
                id,
                expected,
            })?;
            all.push(key);
        }
        let mut all = all.into_iter();
        match all.next() {
            Some(signing) => Ok(Self { signing, others: all.collect() }),
            None => Err(KeysError::Empty { path: path.to_owned() }),
        }
    }
}

impl File {
    /// The tables of a text; what they hold is not looked at.
    pub(super) fn read(text: &str, path: &Path) -> Result<Self, KeysError> {
        // The parser's own message quotes the line, and with it the secret: only the place is passed on.
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            KeysError::Shape { path: path.to_owned(), line }
        })
    }

    /// The text of a file of these keys.
    pub(super) fn text(&self) -> String {
        let mut text = "# The server's keys: the first signs, the others still verify. Whoever has this file can forge \
                        invite links;\n# without it, those that were given out cannot be shown again. Keep it with \
                        the data, and keep it secret.\n"
            .to_owned();
        for Entry { id, secret } in &self.keys {
            for part in ["[[keys]]\nid = \"", id, "\"\nsecret = \"", secret, "\"\n"] {
                text.push_str(part);
            }
        }
        text
    }
}

fn check(entry: Entry, before: &[Key]) -> Result<Key, &'static str> {
    if !is_id(&entry.id) {
        return Err("`id` must have 1 to 32 characters of a-z, 0-9, - and _");
    }
    let secret: [u8; SECRET_BYTES] = STANDARD
        .decode(&entry.secret)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("`secret` must be 32 bytes in base64, as `openssl rand -base64 32` prints them")?;
    if secret.iter().all(|byte| *byte == secret[0]) {
        return Err("`secret` must be random; this one is a placeholder");
    }
    let key = Key::new(entry.id, &secret);
    if before.iter().any(|other| other.id == key.id) {
        return Err("`id` must not be that of another key");
    }
    if before.iter().any(|other| other.fingerprint == key.fingerprint) {
        return Err("`secret` must not be that of another key");
    }
    Ok(key)
}

fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

/// Writes a file beside `path` and links it there, which fails if another process was first: `path` never names a
/// file that is only half written, and is never replaced.
fn create(path: &Path) -> io::Result<()> {
    let directory = directory_of(path);
    std::fs::create_dir_all(directory)?;
    let file = File { keys: vec![Entry { id: "k1".to_owned(), secret: new_secret()? }] };
    let draft = draft_in(directory)?;
    let made = write_new(&draft, &file.text()).and_then(|_| std::fs::hard_link(&draft, path));
    let removed = std::fs::remove_file(&draft);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.exists() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            removed?;
            // Links outlive a power failure; the key that they are derived from has to as well.
            sync_directory(directory)
        }
    }
}

/// The directory that a path is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A name that nothing in the directory has.
pub(super) fn draft_in(directory: &Path) -> io::Result<PathBuf> {
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix)?;
    Ok(directory.join(format!(".keys-{}.new", hex(&suffix))))
}

/// A random secret, as a file has it.
pub(super) fn new_secret() -> io::Result<String> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret)?;
    Ok(STANDARD.encode(secret))
}

/// Writes a new file that only its owner can read.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(file)
}

#[cfg(unix)]
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn warn_if_exposed(path: &Path) {
    let mode = std::fs::metadata(path)
        .map_or(0, |file| std::os::unix::fs::PermissionsExt::mode(&file.permissions()));
    // Its group may read it: that is how a pod with `fsGroup` is given a secret.
    if mode & 0o027 != 0 {
        tracing::warn!(
            target: "roster",
            path = %path.display(),
            mode = format_args!("{:04o}", mode & 0o7777),
            "the keys file is open to others: set its mode to 0600, or to 0440 for a mounted secret"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_exposed(_path: &Path) {}

#[cfg(test)]
mod tests;
