use std::path::PathBuf;

use super::*;

/// A directory of its own for each test, removed with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("roster-edit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn keys(&self) -> PathBuf {
        self.0.join("keys.toml")
    }

    fn files(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is a file left behind, not a failure of the test.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn ids(path: &Path) -> Vec<String> {
    Keys::load(path).ok().unwrap().all().map(|key| key.id().to_owned()).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn keys_are_appended_and_moved_and_none_is_lost() {
    let directory = Directory::new("steps");
    let path = directory.keys();
    assert_eq!(add(&path, Some("k1")).ok().unwrap(), "k1");
    let first = std::fs::read_to_string(&path).unwrap();
    assert_eq!(add(&path, Some("k2")).ok().unwrap(), "k2");
    assert_eq!(add(&path, Some("k3")).ok().unwrap(), "k3");
    assert_eq!(ids(&path), ["k1", "k2", "k3"]);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&first), "the first key is as it was");

    promote(&path, "k3").unwrap();
    assert_eq!(ids(&path), ["k3", "k1", "k2"]);
    promote(&path, "k1").unwrap();
    promote(&path, "k1").unwrap();
    assert_eq!(ids(&path), ["k1", "k3", "k2"]);
    assert_eq!(directory.files(), 1, "no draft is left");
}

#[test]
fn an_id_of_no_choice_is_of_the_key_itself() {
    let directory = Directory::new("ids");
    let (one, two) = (add(&directory.keys(), None).ok().unwrap(), add(&directory.keys(), None).ok().unwrap());
    assert_ne!(one, two);
    let keys = Keys::load(&directory.keys()).ok().unwrap();
    assert_eq!(keys.find(&two).unwrap().fingerprint()[..8], two[1..]);
}

#[test]
fn what_would_stop_a_start_is_not_written() {
    let directory = Directory::new("refused");
    let path = directory.keys();
    add(&path, Some("k1")).ok().unwrap();
    let before = std::fs::read_to_string(&path).unwrap();
    let check = |outcome: Result<(), KeysError>, expected: &str| {
        let error = outcome.unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
        assert_eq!(directory.files(), 1, "no draft is left");
    };
    check(add(&path, Some("k1")).map(drop), "key 2 (k1): `id` must not be that of another key");
    check(add(&path, Some("K 2")).map(drop), "key 2: `id` must have 1 to 32 characters of a-z, 0-9, - and _");
    check(promote(&path, "k2"), "has no key \"k2\"; it has: k1");
    let nowhere = directory.0.join("nowhere/keys.toml");
    let error = add(&nowhere, None).unwrap_err().to_string();
    assert!(error.ends_with("nowhere/keys.toml: cannot be changed"), "{error}");
}

#[test]
fn only_those_who_could_read_the_file_can_still_read_it() {
    let directory = Directory::new("modes");
    let path = directory.keys();
    add(&path, Some("k1")).ok().unwrap();
    assert_eq!(mode(&path), 0o600);
    for (before, after) in [(0o640, 0o640), (0o440, 0o640), (0o644, 0o640), (0o604, 0o600), (0o400, 0o600)] {
        std::fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
        promote(&path, "k1").unwrap();
        assert_eq!(mode(&path), after, "after {before:o}");
    }
}

#[test]
fn a_link_to_the_file_stays_one() {
    let directory = Directory::new("link");
    add(&directory.keys(), Some("k1")).ok().unwrap();
    let link = directory.0.join("link.toml");
    std::os::unix::fs::symlink("keys.toml", &link).unwrap();
    add(&link, Some("k2")).ok().unwrap();
    assert!(link.is_symlink());
    assert_eq!(ids(&directory.keys()), ["k1", "k2"]);
}

#[test]
fn changes_at_once_lose_no_key() {
    let directory = Directory::new("race");
    let path = directory.keys();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| add(&path, None).ok().unwrap());
        }
    });
    assert_eq!(ids(&path).len(), 8);
}
