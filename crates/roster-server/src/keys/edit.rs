//! Changes of the keys file, one step of a rotation at a time.
//!
//! The file is replaced as a whole, so that a service which reads it finds the old one or the new one. What is written
//! is read first as a start would read it: no step leaves a file that a service cannot start with. Comments that
//! somebody put into the file are not kept.

use std::fs::{File as Handle, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use super::file::{Entry, File, KeysError, directory_of, draft_in, new_secret, sync_directory, write_new};
use super::{Key, Keys};

/// Appends a new random key, which verifies and signs nothing yet, and returns its id: `id`, or one that is made from
/// the key's fingerprint, which no other key ever had. Where there is no file one is made, and its only key signs.
pub fn add(path: &Path, id: Option<&str>) -> Result<String, KeysError> {
    let secret = new_secret().map_err(|source| KeysError::Change { path: path.to_owned(), source })?;
    let id = match id {
        Some(id) => id.to_owned(),
        None => id_of(&secret, path)?,
    };
    change(path, |mut file| {
        file.keys.push(Entry { id: id.clone(), secret });
        Ok(file)
    })?;
    Ok(id)
}

/// Moves a key to the front, where it signs what is new. The others keep their order.
pub fn promote(path: &Path, id: &str) -> Result<(), KeysError> {
    change(path, |mut file| {
        let Some(place) = file.keys.iter().position(|entry| entry.id == id) else {
            let ids = Keys::parse(&file.text(), path)?.all().map(|key| key.id().to_owned()).collect();
            return Err(KeysError::Unknown { path: path.to_owned(), id: id.to_owned(), ids });
        };
        file.keys[..=place].rotate_right(1);
        Ok(file)
    })
}

fn id_of(secret: &str, path: &Path) -> Result<String, KeysError> {
    let alone = File { keys: vec![Entry { id: "new".to_owned(), secret: secret.to_owned() }] };
    let keys = Keys::parse(&alone.text(), path)?;
    Ok(format!("k{}", &Key::fingerprint(keys.signing())[..8]))
}

fn change(path: &Path, edit: impl FnOnce(File) -> Result<File, KeysError>) -> Result<(), KeysError> {
    // Behind a link lies the file; the link stays.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let failed = |source| KeysError::Change { path: path.clone(), source };
    let directory = directory_of(path);
    // Two changes at once would lose one of the keys, and with it what it signs. The lock ends with the handle.
    let lock = Handle::open(directory).map_err(failed)?;
    lock.lock().map_err(failed)?;

    let (old, before) = match std::fs::read_to_string(path) {
        Ok(text) => (File::read(&text, path)?, Some(std::fs::metadata(path).map_err(failed)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (File { keys: vec![] }, None),
        Err(source) => return Err(KeysError::Read { path: path.clone(), source }),
    };
    let text = edit(old)?.text();
    Keys::parse(&text, path)?;

    let draft = draft_in(directory).map_err(failed)?;
    let replaced = write_new(&draft, &text)
        .and_then(|file| before.as_ref().map_or(Ok(()), |before| keep_readers(&file, before)))
        .and_then(|()| std::fs::rename(&draft, path));
    if let Err(source) = replaced {
        // What cannot be removed is a draft that nobody reads; the change itself is what failed.
        drop(std::fs::remove_file(&draft));
        return Err(failed(source));
    }
    sync_directory(directory).map_err(failed)
}

/// Whoever could read the old file as its owner or its group can read the new one; nobody else can.
fn keep_readers(file: &Handle, before: &Metadata) -> io::Result<()> {
    let now = file.metadata()?;
    if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
        fchown(file, Some(before.uid()), Some(before.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(0o600 | before.mode() & 0o040))?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
