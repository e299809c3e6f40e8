//! What is loaded, in which order, and what stops the start.

use std::os::unix::fs::symlink;

use super::*;
use crate::config::{Flags, load as configuration};

/// A small policy of that name.
fn policy(name: &str) -> String {
    format!(
        "title = \"Own\"\nname = \"{name}\"\n\n[[roles]]\nname = \"boss\"\nfounder = true\npermissions = [\"*\"]\n"
    )
}

/// A folder that is gone when the test is over.
struct TempFolder(PathBuf);

impl TempFolder {
    fn new(files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("roster-policies-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&path).expect("the temporary folder takes folders");
        for (name, text) in files {
            std::fs::write(path.join(name), text).expect("the folder takes files");
        }
        Self(path)
    }

    /// What a service with this folder serves, or why it does not.
    fn load(&self, enabled: Option<&[&str]>) -> Result<Vec<String>, Error> {
        let mut config = configuration(&Flags::default(), []).expect("the defaults are right");
        config.policies_dir = Some(self.0.clone());
        config.enabled_policies = enabled.map(|names| names.iter().copied().map(str::to_owned).collect());
        load(&config).map(|policies| policies.iter().map(|policy| policy.name.to_string()).collect())
    }

    /// Why a service with this folder does not start; the folder's own path is `.` there.
    fn problem(&self, enabled: Option<&[&str]>) -> String {
        let error = self.load(enabled).expect_err("it is wrong");
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        format!("{error}{}", source.unwrap_or_default()).replace(&self.0.display().to_string(), ".")
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn names_of_presets() -> Vec<String> {
    presets().iter().map(|policy| policy.name.to_string()).collect()
}

#[test]
fn a_folder_adds_to_the_presets_by_name() {
    let folder = TempFolder::new(&[("z.toml", &policy("a-guild")), ("a.toml", &policy("zoo"))]);
    let mut expected = names_of_presets();
    expected.extend(["a-guild".to_owned(), "zoo".to_owned()]);
    expected.sort();
    assert_eq!(folder.load(None).expect("it is right"), expected);
}

#[test]
fn only_visible_toml_files_are_read() {
    let hidden = [(".guild.toml", "no policy"), ("guild.toml~", "no policy"), ("README.md", "no policy")];
    let folder = TempFolder::new(&hidden);
    // As Kubernetes mounts a ConfigMap: the files are links through a hidden link to a hidden folder.
    std::fs::create_dir(folder.0.join("..2026_03_01")).expect("the folder takes folders");
    std::fs::write(folder.0.join("..2026_03_01/zoo.toml"), policy("zoo")).expect("the folder takes files");
    symlink("..2026_03_01", folder.0.join("..data")).expect("the folder takes links");
    symlink("..data/zoo.toml", folder.0.join("zoo.toml")).expect("the folder takes links");
    let mut expected = names_of_presets();
    expected.push("zoo".to_owned());
    expected.sort();
    assert_eq!(folder.load(None).expect("it is right"), expected);
}

#[test]
fn enabled_policies_narrow_presets_and_files() {
    let folder = TempFolder::new(&[("guild.toml", &policy("guild")), ("zoo.toml", &policy("zoo"))]);
    let preset = names_of_presets().remove(0);
    let served = folder.load(Some(&["zoo", &preset, "zoo"])).expect("it is right");
    assert_eq!(served, [preset, "zoo".to_owned()]);

    let mut known = names_of_presets();
    known.extend(["guild".to_owned(), "zoo".to_owned()]);
    known.sort();
    let expected =
        format!("enabled_policies: there is no policy \"guilt\", \"\"; there are: {}", known.join(", "));
    assert_eq!(folder.problem(Some(&["zoo", "guilt", ""])), expected);
}

#[test]
fn wrong_files_are_all_told_in_their_order() {
    let folder = TempFolder::new(&[
        ("c.toml", "name = 7\ntitle = \"C\"\n"),
        ("a.toml", "name = \"a\"\ntitle = \"A\"\nself_rol = \"never\"\n"),
        ("b.toml", &policy("b")),
    ]);
    let problem = folder.problem(None);
    let lines: Vec<&str> = problem.lines().collect();
    assert!(lines[0].starts_with("./a.toml:1: roles: expected one role with founder = true"), "{problem}");
    assert!(lines[1].starts_with("./a.toml:3: self_rol: unknown key; the known ones here are"), "{problem}");
    assert!(lines[2].starts_with("./c.toml:1: name: expected a name of 1 to 40"), "{problem}");
    // A file that is not to be served must be right all the same: it may be enabled tomorrow.
    assert_eq!(folder.problem(Some(&["b"])), problem);
}

#[test]
fn a_name_is_one_policys_alone() {
    let preset = names_of_presets().remove(0);
    let folder = TempFolder::new(&[
        ("a.toml", &policy("guild")),
        ("b.toml", &policy("guild")),
        ("c.toml", &policy(&preset)),
    ]);
    let expected = format!(
        "./b.toml:2: name: expected a name that no other policy has, found \"guild\", which ./a.toml has\n\
         ./c.toml:2: name: expected a name that no other policy has, found \"{preset}\", which a preset has"
    );
    assert_eq!(folder.problem(None), expected);
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = TempFolder::new(&[]);
    symlink("nowhere", folder.0.join("a.toml")).expect("the folder takes links");
    assert!(
        folder.problem(None).starts_with("policies_dir: ./a.toml: No such file"),
        "{}",
        folder.problem(None)
    );
    let gone = TempFolder(folder.0.join("gone"));
    assert!(gone.problem(None).starts_with("policies_dir .: No such file"), "{}", gone.problem(None));
    let file = TempFolder(folder.0.join("file"));
    std::fs::write(&file.0, "").expect("the folder takes files");
    assert!(file.problem(None).starts_with("policies_dir .: Not a directory"), "{}", file.problem(None));
}
