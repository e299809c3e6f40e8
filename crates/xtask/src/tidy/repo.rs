//! The files that the rules look at.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::tokens::{Token, tokens};

/// The text files of the repository: those that git tracks or would, had they been added.
pub(crate) struct Repo {
    files: Vec<File>,
}

/// One of them.
pub(crate) struct File {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    tokens: OnceCell<Vec<Token>>,
}

impl Repo {
    /// Reads the work tree.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let output = Command::new("git")
            .current_dir(root)
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("cannot run git")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        let mut files = vec![];
        for path in String::from_utf8(output.stdout)?.split_terminator('\0') {
            // A file that git knows may have been removed since; one that is no text counts by its path alone.
            if let Ok(bytes) = fs::read(root.join(path)) {
                files.push(File::new(path, &String::from_utf8(bytes).unwrap_or_default()));
            }
        }
        Ok(Self { files })
    }

    /// A repository of these paths and texts, for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn planted(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| File::new(path, text)).collect() }
    }

    /// All files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| file.has_extension("rs"))
    }

    /// The Rust files of what the crates are made of, without their integration tests and the harness of those.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &File> {
        let harness = |file: &File| {
            ["crates/roster-model/", "crates/roster-stories/", "crates/roster-testkit/"]
                .iter()
                .any(|crate_| file.path.starts_with(crate_))
        };
        let source = |file: &File| file.path.starts_with("crates/") && file.path.contains("/src/");
        self.rust().filter(move |file| source(file) && !harness(file))
    }

    /// The manifests of the packages, parsed. One that does not parse is cargo's to refuse.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = (&File, toml::Table)> {
        let manifests = self.files().filter(|file| file.path.ends_with("/Cargo.toml"));
        manifests.filter_map(|file| Some((file, file.text.parse().ok()?)))
    }

    /// The file at that path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files().find(|file| file.path == path)
    }

    /// Whether there is such a file or folder.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let within = |file: &File| file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        self.files().any(|file| file.path == path || within(file))
    }
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), tokens: OnceCell::new() }
    }

    /// The tokens of a Rust file.
    pub(crate) fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| tokens(&self.text))
    }

    /// Whether the path ends with that extension.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/")
            || path.contains("/tests/")
            || path.ends_with("/tests.rs")
            || path.ends_with("_tests.rs")
    }

    /// A violation at that line.
    pub(crate) fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}
