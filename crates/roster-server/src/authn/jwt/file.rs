//! Reads the issuer's keys from a file, again whenever it was changed.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::OpenError;
use super::keys::{KeySet, MAX_BYTES};

/// A file that was read once, and may change.
pub(super) struct KeyFile {
    path: PathBuf,
    /// What it looked like when it was last read, well or not: a broken file is not read again until it changes.
    seen: Mutex<Option<Stamp>>,
}

/// What tells a file from a changed one without reading it.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    /// Another file in the place of one looks like another even where it is as long, and keeps its old time.
    file: (u64, u64),
    changed: (i64, i64),
    modified: Option<SystemTime>,
    bytes: u64,
}

/// What became of a file.
pub(super) enum Look {
    /// It is as it was.
    Same,
    /// It is another.
    Changed(KeySet),
    /// It cannot be read, or holds no keys.
    Broken,
}

impl KeyFile {
    /// Reads it for the first time; then it must be well.
    pub(super) fn open(path: &Path) -> Result<(Self, KeySet), OpenError> {
        let unreadable = |source| OpenError::File { path: path.to_owned(), source };
        let stamp = std::fs::metadata(path).map(|metadata| Stamp::of(&metadata)).map_err(unreadable)?;
        if stamp.bytes > MAX_BYTES as u64 {
            return Err(OpenError::NotKeys { path: path.to_owned() });
        }
        let text = std::fs::read(path).map_err(unreadable)?;
        let keys = KeySet::parse(&text).map_err(|_| OpenError::NotKeys { path: path.to_owned() })?;
        if keys.is_empty() {
            return Err(OpenError::NoUsableKey { path: path.to_owned() });
        }
        Ok((Self { path: path.to_owned(), seen: Mutex::new(Some(stamp)) }, keys))
    }

    /// Reads it again if it changed since.
    pub(super) async fn look(&self) -> Look {
        // Its looks are taken before it is read: what is written in between is seen the next time.
        let now = tokio::fs::metadata(&self.path).await.ok().map(|metadata| Stamp::of(&metadata));
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == now {
                return Look::Same;
            }
            seen.clone_from(&now);
        }
        match now {
            Some(stamp) if stamp.bytes <= MAX_BYTES as u64 => match tokio::fs::read(&self.path).await {
                Ok(text) => KeySet::parse(&text).map_or(Look::Broken, Look::Changed),
                Err(_) => Look::Broken,
            },
            _ => Look::Broken,
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
        }
    }
}
