//! The image in the hands of buildah, with a store of its own.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::project::{root, succeed};

/// The user and the group of everything that runs in it.
const NOBODY: &str = "65532:65532";

/// A container of the image, and its files where this machine sees them.
pub(super) struct Image {
    buildah: PathBuf,
    store: PathBuf,
    container: String,
    disk: PathBuf,
}

impl Image {
    /// Builds the last stage of the Dockerfile; `stage` stands for the one before it.
    pub(super) fn build(buildah: PathBuf, store: &Path, stage: &Path) -> Result<Self> {
        let mut image =
            Self { buildah, store: store.to_owned(), container: String::new(), disk: PathBuf::new() };
        let mut build = image.buildah();
        build.args([
            "build",
            "--quiet",
            "--isolation",
            "chroot",
            "--tag",
            "roster",
            "--file",
            "deploy/Dockerfile",
        ]);
        build.arg("--build-context").arg(format!("build={}", stage.display())).arg(".");
        // It would need a registry only for the stage that is not built.
        succeed(build.current_dir(root()))?;
        image.container = image.said(&["from", "--pull-never", "roster"])?;
        image.disk = image.said(&["mount", &image.container])?.into();
        Ok(image)
    }

    /// The binary, which belongs to root, and the folder for data: no shell, no library, nothing that is writable but
    /// the folder.
    pub(super) fn holds_nothing_else(&self) -> Result<()> {
        let mut found = BTreeSet::new();
        let mut folders = vec![self.disk.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                let about = path.symlink_metadata()?;
                let inside = path.strip_prefix(&self.disk)?.display().to_string();
                let owner = std::os::unix::fs::MetadataExt::uid(&about);
                found.insert((inside, owner, about.permissions().mode() & 0o7777));
                if about.is_dir() {
                    folders.push(path);
                }
            }
        }
        let expected =
            [("data", 65532, 0o700), ("usr", 0, 0o755), ("usr/bin", 0, 0o755), ("usr/bin/roster", 0, 0o555)];
        let expected = expected.map(|(path, owner, mode)| (path.to_owned(), owner, mode)).into();
        ensure!(found == expected, "the image holds {found:?}");
        Ok(())
    }

    /// Its user, what it runs, and its labels.
    pub(super) fn says_what_it_is(&self) -> Result<()> {
        let about: Value = serde_json::from_str(&self.said(&["inspect", "--type", "image", "roster"])?)?;
        let config = &about["OCIv1"]["config"];
        ensure!(config["User"] == json!(NOBODY), "it runs as {}", config["User"]);
        ensure!(config["Entrypoint"] == json!(["/usr/bin/roster"]), "it runs {}", config["Entrypoint"]);
        for label in ["title", "description", "licenses", "version", "revision"] {
            let value = &config["Labels"][format!("org.opencontainers.image.{label}")];
            ensure!(value.as_str().is_some_and(|text| !text.is_empty()), "it has no label {label}");
        }
        Ok(())
    }

    /// Commands run in it, as nobody in particular, and a shell does not.
    pub(super) fn runs_commands(&self) -> Result<()> {
        ensure!(self.does(&[], &["config", "check"])?, "config check fails");

        // Whoever could read this while it is root's own would be root.
        let secret = self.disk.join("of-root");
        fs::write(&secret, "postgres://nowhere.example.com/roster?sslmode=verify-full")?;
        for (mode, readable) in [(0o600, false), (0o644, true)] {
            fs::set_permissions(&secret, fs::Permissions::from_mode(mode))?;
            let option = ["--env", "ROSTER_DATABASE__URL_FILE=/of-root"];
            ensure!(self.does(&option, &["config", "check"])? == readable, "a file with mode {mode:o}");
        }
        fs::remove_file(secret)?;

        let mut shell = self.buildah();
        shell.args(["run", "--isolation", "chroot", &self.container, "--", "/bin/sh", "-c", "true"]);
        ensure!(!shell.stdin(Stdio::null()).output()?.status.success(), "there is a shell");
        succeed(&mut self.enter(&["--version"]))
    }

    /// The service comes up with nothing but its folder to write to, answers, and ends when it is asked to. It is given
    /// what every runtime gives a container, as far as it looks there: a source of chance.
    pub(super) fn serves(&self) -> Result<()> {
        fs::create_dir_all(self.disk.join("dev"))?;
        for (name, minor) in [("random", "8"), ("urandom", "9")] {
            let path = self.disk.join("dev").join(name);
            succeed(Command::new("mknod").args(["-m", "444"]).arg(path).args(["c", "1", minor]))?;
        }
        let mut serve = self.enter(&["serve", "--listen", "127.0.0.1:0"]);
        let mut service =
            serve.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot run chroot")?;
        let mut line = String::new();
        BufReader::new(service.stdout.take().context("its output is read")?).read_line(&mut line)?;
        let answered = match line.trim().strip_prefix("Roster serves on ") {
            Some(address) => succeed(&mut self.enter(&["health", "--address", address])),
            None => Err(anyhow::anyhow!("it says {line:?}")),
        };
        let id = i32::try_from(service.id()).ok().and_then(Pid::from_raw).context("it has an id")?;
        // One that has ended already says so by its status.
        let _ = kill_process(id, Signal::TERM);
        let status = service.wait()?;
        answered?;
        ensure!(status.success(), "asked to stop, it ends with {status}");
        Ok(())
    }

    /// Whether the command succeeds as buildah runs it. What it says is not looked at: buildah may lose some of it.
    fn does(&self, options: &[&str], arguments: &[&str]) -> Result<bool> {
        let mut run = self.buildah();
        run.args(["run", "--isolation", "chroot"]).args(options);
        run.args([self.container.as_str(), "--", "/usr/bin/roster"]).args(arguments);
        Ok(run.stdin(Stdio::null()).output().context("cannot run buildah")?.status.success())
    }

    /// The command inside of the image, with no buildah between it and its output and signals.
    fn enter(&self, arguments: &[&str]) -> Command {
        let mut chroot = Command::new("chroot");
        chroot.arg(format!("--userspec={NOBODY}")).arg("--groups=").arg(&self.disk);
        chroot.arg("/usr/bin/roster").args(arguments);
        chroot.env_clear().env("ROSTER_DATA_DIR", "/data").env("PATH", "/usr/sbin:/usr/bin");
        chroot
    }

    /// What a command of buildah answers.
    fn said(&self, arguments: &[&str]) -> Result<String> {
        let output = self.buildah().args(arguments).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "buildah {arguments:?} ended with {}", output.status);
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    fn buildah(&self) -> Command {
        let mut buildah = Command::new(&self.buildah);
        buildah.args(["--storage-driver", "vfs", "--root"]).arg(self.store.join("root"));
        buildah.arg("--runroot").arg(self.store.join("run"));
        buildah
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // What is still mounted could not be removed with the store; a failure shows there.
        let _ = self.buildah().args(["rm", "--all"]).stdout(Stdio::null()).status();
    }
}
