//! What handshakes get while files change, and when the task ends.

use std::fs::{self, OpenOptions};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::*;

/// A new certificate of its own and its key, in files that are replaced as a whole.
fn put(folder: &TempDir) -> TlsConfig {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let put = |name: &str, text: String| {
        let (path, beside) = (folder.path().join(name), folder.path().join("new"));
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, &path).unwrap();
        path
    };
    let cert_file = put("cert.pem", pair.cert.pem());
    let key_file = put("key.pem", pair.signing_key.serialize_pem());
    TlsConfig { cert_file, key_file, client_ca_file: None }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_yet_holds_up_no_thread_and_no_handshake() {
    let folder = TempDir::new().unwrap();
    let files = put(&folder);
    let tls = Tls::open(files.clone()).unwrap();
    let first = tls.current().await;

    // To open a pipe for reading blocks until it is opened for writing. This runtime has one thread.
    fs::remove_file(&files.cert_file).unwrap();
    mknodat(CWD, &files.cert_file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let meanwhile = tls.current().await;
    drop(OpenOptions::new().write(true).open(&files.cert_file).unwrap());
    assert!(Arc::ptr_eq(&first, &meanwhile), "the previous certificate stays");

    assert!(Arc::ptr_eq(&first, &tls.current().await), "nothing was in the file");
    put(&folder);
    assert!(!Arc::ptr_eq(&first, &tls.current().await), "the next one is used");
}

#[tokio::test]
async fn handshakes_that_begin_together_all_use_a_new_certificate() {
    let folder = TempDir::new().unwrap();
    let tls = Tls::open(put(&folder)).unwrap();
    let first = tls.current().await;
    put(&folder);
    let together = tokio::join!(tls.current(), tls.current(), tls.current());
    assert!(!Arc::ptr_eq(&first, &together.0));
    assert!(Arc::ptr_eq(&together.0, &together.1) && Arc::ptr_eq(&together.0, &together.2));
}

#[tokio::test]
async fn the_task_ends_with_the_last_handshake() {
    let folder = TempDir::new().unwrap();
    let tls = Tls::open(put(&folder)).unwrap();
    let mut looked = tls.looked.clone();
    tls.current().await;
    looked.mark_unchanged();
    drop(tls);
    assert!(looked.changed().await.is_err(), "the task is gone");
}
