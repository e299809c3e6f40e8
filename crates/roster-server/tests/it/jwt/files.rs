//! Keys in a file that changes.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use roster_server::authn::jwt::{KeySource, Rejected};

use super::{Key, config, file_of, good_claims, refused_for, set_of, standing, subject, write};

fn path(source: &KeySource) -> PathBuf {
    let KeySource::File(path) = source else { panic!("keys of a file") };
    path.clone()
}

/// Some file systems give what is written within a moment the same time: here each writing has its own.
fn write_later(path: &std::path::Path, text: &str, seconds: u64) {
    write(path, text);
    let file = std::fs::File::options().write(true).open(path).expect("the file");
    file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).expect("its time can be set");
}

#[tokio::test]
async fn a_file_is_looked_at_once_a_second_and_read_when_it_changed() {
    let (old, new) = (Key::p256("old"), Key::p256("new"));
    let (folder, source) = file_of(&set_of(&[&old]));
    let (path, (verifier, hand)) = (path(&source), standing(config(source)));
    let (of_old, of_new) = (old.token("ES256", &good_claims()), new.token("ES256", &good_claims()));
    assert_eq!(subject(&verifier, &of_old).await.as_deref(), Ok("ada"));

    write_later(&path, &set_of(&[&new]), 10);
    hand.forward(Duration::from_millis(999));
    verifier.keep_keys_new().await;
    assert_eq!(refused_for(&verifier, "too early", &of_new, "a key of the issuer").await, None);
    assert_eq!(subject(&verifier, &of_old).await.as_deref(), Ok("ada"));
    hand.forward(Duration::from_millis(1));
    verifier.keep_keys_new().await;
    assert_eq!(subject(&verifier, &of_new).await.as_deref(), Ok("ada"));
    assert_eq!(refused_for(&verifier, "gone", &of_old, "a key of the issuer").await, None);
    drop(folder);
}

#[tokio::test]
async fn a_token_of_an_unknown_key_has_the_file_looked_at() {
    let (old, new) = (Key::p256("old"), Key::p256("new"));
    let (folder, source) = file_of(&set_of(&[&old]));
    let (path, (verifier, hand)) = (path(&source), standing(config(source)));
    write_later(&path, &set_of(&[&old, &new]), 10);
    hand.forward(Duration::from_secs(1));
    assert_eq!(subject(&verifier, &new.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    drop(folder);
}

#[tokio::test]
async fn a_file_that_breaks_leaves_the_keys_as_they_were() {
    let (key, other) = (Key::p256("key"), Key::p256("other"));
    let (folder, source) = file_of(&set_of(&[&key]));
    let (path, (verifier, hand)) = (path(&source), standing(config(source)));
    let (token, of_other) = (key.token("ES256", &good_claims()), other.token("ES256", &good_claims()));
    let breaks: [fn(&PathBuf); 3] = [
        |path| write_later(path, "{\"keys\": [", 10),
        |path| write_later(path, &" ".repeat((1 << 20) + 1), 20),
        |path| std::fs::remove_file(path).expect("it is there"),
    ];
    for break_it in breaks {
        break_it(&path);
        hand.forward(Duration::from_secs(1));
        verifier.keep_keys_new().await;
        assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
        // Whether the file would name the other key cannot be told.
        assert_eq!(subject(&verifier, &of_other).await, Err(Rejected::KeysUnavailable));
    }
    // A file does not grow old by itself.
    hand.forward(Duration::from_mins(30));
    verifier.keep_keys_new().await;
    assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));

    write_later(&path, &set_of(&[&other]), 30);
    hand.forward(Duration::from_secs(1));
    verifier.keep_keys_new().await;
    assert_eq!(subject(&verifier, &of_other).await.as_deref(), Ok("ada"));
    assert_eq!(refused_for(&verifier, "gone", &token, "a key of the issuer").await, None);
    drop(folder);
}

#[tokio::test]
async fn a_file_that_says_that_there_are_no_keys_is_believed() {
    let key = Key::p256("key");
    let (folder, source) = file_of(&set_of(&[&key]));
    let (path, (verifier, hand)) = (path(&source), standing(config(source)));
    let token = key.token("ES256", &good_claims());
    assert_eq!(subject(&verifier, &token).await.as_deref(), Ok("ada"));
    write_later(&path, &set_of(&[]), 10);
    hand.forward(Duration::from_secs(1));
    verifier.keep_keys_new().await;
    assert_eq!(refused_for(&verifier, "revoked", &token, "a key of the issuer").await, None);
    drop(folder);
}

/// As by `cp -p`, `rsync -t`, and images that are built alike each time.
#[tokio::test]
async fn a_file_in_the_place_of_another_is_read_though_it_is_as_long_and_as_old() {
    let (old, new) = (Key::p256("old"), Key::p256("new"));
    let (folder, source) = file_of(&set_of(&[&old]));
    let (path, (verifier, hand)) = (path(&source), standing(config(source)));
    let before = std::fs::metadata(&path).expect("it is there");
    let beside = path.with_extension("next");
    write(&beside, &set_of(&[&new]));
    let file = std::fs::File::options().write(true).open(&beside).expect("the file");
    file.set_modified(before.modified().expect("it has a time")).expect("its time can be set");
    assert_eq!(file.metadata().expect("it is there").len(), before.len());
    std::fs::rename(&beside, &path).expect("a file can take another's place");

    hand.forward(Duration::from_secs(1));
    verifier.keep_keys_new().await;
    assert_eq!(subject(&verifier, &new.token("ES256", &good_claims())).await.as_deref(), Ok("ada"));
    let of_old = old.token("ES256", &good_claims());
    assert_eq!(refused_for(&verifier, "gone", &of_old, "a key of the issuer").await, None);
    drop(folder);
}
