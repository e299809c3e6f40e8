//! Compiles a copy of the work tree with all changes in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};

use super::plant::{Change, Planted};
use super::table::{Outcome, Row};
use crate::lifeline::Lifeline;
use crate::project::{self, root, target_dir};
use crate::test::{self, Binary};

/// The copy, where it is compiled, and the file that says which change is on.
pub(super) struct Copy {
    tree: PathBuf,
    target: PathBuf,
    switch: PathBuf,
}

impl Copy {
    pub(super) fn new() -> Result<Self> {
        let folder = target_dir()?.join("mutants");
        let copy =
            Self { tree: folder.join("tree"), target: folder.join("target"), switch: folder.join("switch") };
        let output = std::process::Command::new("git")
            .current_dir(root())
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("cannot run git")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        let mut left = files_below(&copy.tree)?;
        for path in String::from_utf8(output.stdout)?.split_terminator('\0') {
            let to = copy.tree.join(path);
            // One that git knows may have been removed since.
            if let Ok(bytes) = fs::read(root().join(path)) {
                left.remove(&to);
                write(&to, &bytes)?;
            }
        }
        left.iter().try_for_each(fs::remove_file)?;
        copy.turn_on(None)?;
        Ok(copy)
    }

    /// Turns one change on, and the others off.
    pub(super) fn turn_on(&self, number: Option<usize>) -> Result<()> {
        Ok(fs::write(&self.switch, number.map_or_else(String::new, |number| number.to_string()))?)
    }

    /// The service with all changes in it.
    pub(super) fn service(&self) -> PathBuf {
        test::service(&self.target)
    }

    /// Marks the changes that do not compile.
    pub(super) fn mark(&self, lifeline: &Lifeline, rows: &mut [Row]) -> Result<()> {
        loop {
            let planted = self.plant(rows)?;
            let bad = self.refused(lifeline, &planted)?;
            for number in &bad {
                rows[*number].outcome = Outcome::Unviable;
            }
            println!("{} changes do not compile", bad.len());
            if bad.is_empty() {
                return Ok(());
            }
        }
    }

    /// Plants the changes, each with the number of its row, and compiles the tests.
    pub(super) fn build(&self, lifeline: &Lifeline, rows: &mut [Row]) -> Result<Vec<Binary>> {
        self.plant(rows)?;
        let mut command = test::build_command();
        command
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        // Of the changes: an answer before the end leaves the rest unreachable.
        command.env("RUSTFLAGS", "--cap-lints=warn -Awarnings");
        test::build(lifeline, &mut command)?.context("the tests do not compile with the changes")
    }

    fn plant(&self, rows: &mut [Row]) -> Result<BTreeMap<String, Planted>> {
        let mut files = BTreeMap::<String, Vec<(usize, Change)>>::new();
        for (number, row) in rows.iter_mut().enumerate() {
            let Some(change) = Change::parse(&row.name) else {
                row.outcome = Outcome::Unviable;
                continue;
            };
            // A file without any change left loses those of the last time.
            let changes = files.entry(change.file.clone()).or_default();
            if row.outcome != Outcome::Unviable {
                changes.push((number, change));
            }
        }
        let mut planted = BTreeMap::new();
        for (file, changes) in files {
            let text =
                fs::read_to_string(root().join(&file)).with_context(|| format!("cannot read {file}"))?;
            let changes: Vec<_> = changes.iter().map(|(number, change)| (*number, change)).collect();
            let result = Planted::new(&text, &changes, &self.switch_text())?;
            let found: BTreeSet<_> = result.numbers().collect();
            for (number, _) in changes.iter().filter(|(number, _)| !found.contains(number)) {
                rows[*number].outcome = Outcome::Unviable;
            }
            write(&self.tree.join(&file), result.text.as_bytes())?;
            planted.insert(file, result);
        }
        Ok(planted)
    }

    /// The function that each planted file ends with. A process reads once which change is on.
    fn switch_text(&self) -> String {
        let switch = self.switch.display().to_string();
        format!(
            "\nfn is_planted(number: usize) -> bool {{\n    static ON: std::sync::LazyLock<Option<usize>> =\n        \
             std::sync::LazyLock::new(|| std::fs::read_to_string({switch:?}).ok()?.parse().ok());\n    \
             *ON == Some(number)\n}}\n"
        )
    }

    /// The changes that the compiler refuses.
    fn refused(&self, lifeline: &Lifeline, planted: &BTreeMap<String, Planted>) -> Result<BTreeSet<usize>> {
        let mut check = project::cargo("check");
        check.args(["--package=roster-server", "--keep-going", "--message-format=json", "--quiet"]);
        check.arg(test::FEATURES).current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target);
        check.env("RUSTFLAGS", "--cap-lints=warn -Awarnings").env("CARGO_PROFILE_DEV_DEBUG", "0");
        let (status, messages) = test::read(lifeline, check.stdout(Stdio::piped()))?;
        let mut bad = BTreeSet::new();
        let mut unknown = String::new();
        for line in messages.lines() {
            let message: serde_json::Value = serde_json::from_str(line)?;
            let message = &message["message"];
            if message["level"] != "error" {
                continue;
            }
            match blamed(&message["spans"], planted) {
                Some(number) => drop(bad.insert(number)),
                None => unknown += message["rendered"].as_str().unwrap_or_default(),
            }
        }
        if bad.is_empty() && !status.success() {
            bail!("it does not compile:\n{unknown}");
        }
        Ok(bad)
    }
}

/// Writes a file, unless it is so already: what is not newer is not compiled again.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a folder")?)?;
    Ok(fs::write(path, bytes)?)
}

fn files_below(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.insert(path);
        }
    }
    Ok(files)
}

/// The change that an error is about.
fn blamed(spans: &serde_json::Value, planted: &BTreeMap<String, Planted>) -> Option<usize> {
    let mut spans: Vec<_> = spans.as_array()?.iter().collect();
    spans.sort_by_key(|span| span["is_primary"] != true);
    spans.into_iter().find_map(|span| {
        let number = |field: &str| span[field].as_u64().and_then(|number| usize::try_from(number).ok());
        let file = Path::new(span["file_name"].as_str()?);
        planted.get(file.to_str()?)?.blamed(number("line_start")?, number("column_start")?)
    })
}
