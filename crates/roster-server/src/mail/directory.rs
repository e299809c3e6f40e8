//! Mails as files: what a service writes that has no relay, so that links can be followed all the same.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{Error, Trouble};

/// A folder that is there. Nobody else on the machine reads in it: mails hold secrets and addresses.
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn make(folder: &Path) -> Result<Self, Error> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| Error::Directory { path: folder.to_owned(), source })?;
        Ok(Self(folder.to_owned()))
    }

    /// Writes `<name>.eml`, which is there whole or not at all; one of that name is replaced.
    pub(super) async fn write(&self, name: &str, content: Vec<u8>) -> Result<(), Trouble> {
        let file = self.0.join(format!("{name}.eml"));
        let unfinished = self.0.join(format!(".{name}.unfinished"));
        let written = tokio::task::spawn_blocking(move || write(&unfinished, &file, &content)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Trouble::File),
        }
    }
}

fn write(unfinished: &Path, file: &Path, content: &[u8]) -> io::Result<()> {
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(unfinished)?;
    out.write_all(content)?;
    // Once a mail counts as sent it is not written again.
    out.sync_all()?;
    fs::rename(unfinished, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_mail_is_one_file_that_only_its_owner_reads() {
        let folder = std::env::temp_dir().join(format!("roster-mail-{}", uuid::Uuid::now_v7()));
        let directory = Directory::make(&folder.join("mail")).expect("a folder can be made");
        for content in ["first", "again"] {
            directory.write("inv_x.0", content.into()).await.expect("it is written");
        }
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        let file = folder.join("mail/inv_x.0.eml");
        assert_eq!(fs::read_to_string(&file).expect("it can be read"), "again");
        assert_eq!((mode(&file), mode(&folder.join("mail"))), (0o600, 0o700));
        assert_eq!(fs::read_dir(folder.join("mail")).expect("it can be listed").count(), 1);

        fs::remove_dir_all(&folder).expect("it can be removed");
        assert_eq!(directory.write("inv_x.1", vec![]).await, Err(Trouble::File));
    }
}
