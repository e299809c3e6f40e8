use super::*;

const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER: &str = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn key(id: &str, secret: &str) -> String {
    format!("[[keys]]\nid = \"{id}\"\nsecret = \"{secret}\"\n")
}

/// A directory of its own for each test, removed with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("roster-keys-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is a file left behind, not a failure of the test.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_file_is_read() {
    let text = key("k2", SECRET) + &key("k1", OTHER);
    let keys = Keys::parse(&text, Path::new("keys.toml")).ok().unwrap();
    assert_eq!(keys.all().map(Key::id).collect::<Vec<_>>(), ["k2", "k1"]);
}

#[test]
fn what_is_wrong_is_named_and_a_secret_never() {
    let check = |text: &str, expected: &str| {
        let error = Keys::parse(text, Path::new("keys.toml")).err().unwrap();
        let shown = format!("{error} {error:?}");
        assert!(shown.starts_with(&format!("keys file keys.toml{expected}")), "{shown}");
        assert!(!shown.contains("AAECAwQF") && !shown.contains("AQECAwQF"), "{shown}");
    };
    check("", ": must have at least one table [[keys]]");
    check("# nothing\n", ": must have at least one");
    check(&format!("secret = {SECRET}"), ", line 1: must be TOML with tables");
    check(&format!("# one\n[[keys]]\nid = \"k1\"\n\"{SECRET}\" = 1"), ", line 4: must be TOML");
    check(&format!("[[keys]]\nid = \"k1\"\nkey = \"{SECRET}\""), ", line 3: must be TOML");
    check(&format!("[[keys]]\nsecret = \"{SECRET}\"\nid = 1"), ", line 3: must be TOML");
    check(&key(SECRET, "k1"), ", key 1: `id` must have");
    check(&key("K1", SECRET), ", key 1: `id` must have");
    check(&key("", SECRET), ", key 1: `id` must have");
    check(&key(&"k".repeat(33), SECRET), ", key 1: `id` must have");
    check(&key("k1", &SECRET[..40]), ", key 1 (k1): `secret` must be 32 bytes in base64");
    check(&key("k1", &SECRET[..43]), ", key 1 (k1): `secret` must be 32 bytes in base64");
    check(&key("k1", &format!(" {SECRET}")), ", key 1 (k1): `secret` must be 32 bytes in base64");
    check(&key("k1", &STANDARD.encode([0; 32])), ", key 1 (k1): `secret` must be random");
    check(&(key("k1", SECRET) + &key("k1", OTHER)), ", key 2 (k1): `id` must not be that of another");
    check(&(key("k1", SECRET) + &key("k2", SECRET)), ", key 2 (k2): `secret` must not be that of another");
}

#[test]
fn a_missing_file_is_named_and_not_made_by_load() {
    let directory = Directory::new("missing");
    let path = directory.0.join("keys.toml");
    let error = Keys::load(&path).err().unwrap();
    assert_eq!(error.to_string(), format!("keys file {}: cannot be read", path.display()));
    assert!(!path.exists());
}

#[test]
fn a_first_start_makes_a_file_and_the_next_one_reads_it() {
    let directory = Directory::new("first");
    let path = directory.0.join("data/of/roster/keys.toml");
    let made = Keys::load_or_create(&path).unwrap_or_else(|error| panic!("{error}"));
    let read = Keys::load_or_create(&path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(made.signing().id(), "k1");
    assert_eq!(made.signing().fingerprint(), read.signing().fingerprint());
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "the draft is gone");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::metadata(&path).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
    }
}

#[test]
fn many_first_starts_end_with_one_file() {
    for round in 0..20 {
        let directory = Directory::new(&format!("many-{round}"));
        let path = directory.0.join("keys.toml");
        let together = std::sync::Barrier::new(8);
        let fingerprints: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        together.wait();
                        let keys = Keys::load_or_create(&path).unwrap_or_else(|error| panic!("{error}"));
                        keys.signing().fingerprint().to_owned()
                    })
                })
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert_eq!(fingerprints.len(), 1);
        assert_eq!(std::fs::read_dir(&directory.0).unwrap().count(), 1, "no draft stays behind");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_that_names_the_file() {
    let directory = Directory::new("blocked");
    std::fs::write(directory.0.join("file"), "").unwrap();
    let path = directory.0.join("file/keys.toml");
    let error = Keys::load_or_create(&path).err().unwrap();
    assert_eq!(error.to_string(), format!("keys file {}: cannot be made", path.display()));
}
