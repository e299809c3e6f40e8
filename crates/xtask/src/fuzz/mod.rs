//! `cargo xtask fuzz`: looks for bytes that break what parses them, with cargo-fuzz and libFuzzer.
//!
//! It builds with the toolchain of everything else, without a sanitizer: all code of ours is safe, and what is looked for
//! are panics, overflows and properties that do not hold. It needs a C++ compiler, which nothing else does.

mod coverage;
mod progress;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::lifeline::Lifeline;
use crate::project::{self, root, succeed, target_dir};
use crate::tally::Tally;
use coverage::Coverage;
use progress::Progress;

/// The targets: the functions of `roster-fuzz`.
const TARGETS: [&str; 5] = ["address", "page_token", "policy", "request", "token"];

/// Where they are, and what is kept for each.
const HOME: &str = "crates/roster-fuzz";

/// The most seeds that are kept for a target: every clone of the repository carries them.
const MAX_SEEDS: usize = 24;

/// The pinned release of cargo-fuzz.
const VERSION: &str = "0.13.2";

/// How a target is built: fast enough to try many inputs and quick enough to build, with every check that finds faults.
const PROFILE: [(&str, &str); 5] = [
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_DEV_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "true"),
    ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "true"),
    ("CARGO_INCREMENTAL", "0"),
];

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fuzz only these; all of them if none is named.
    #[arg(value_parser = TARGETS)]
    targets: Vec<String>,
    /// How long each is fuzzed.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Replace the seeds in the repository by those few, of them and of what was found, that together cover most.
    #[arg(long)]
    keep: bool,
}

/// Fuzzes one target after the other, also after one that broke.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    let fuzzer = Fuzzer::ready()?;
    let lifeline = Lifeline::new()?;
    let named = |target: &&&str| args.targets.is_empty() || args.targets.iter().any(|name| name == **target);
    let mut tally = Tally::default();
    for target in TARGETS.iter().filter(named) {
        println!("== {target}");
        let outcome = fuzzer.fuzz(&lifeline, target, args.seconds);
        let outcome = outcome.and_then(|()| if args.keep { fuzzer.keep(target) } else { Ok(()) });
        match &outcome {
            Ok(()) => println!("fuzz: {target} ... ok"),
            Err(error) => println!("fuzz: {target} ... FAILED\n{error:#}"),
        }
        tally.count(outcome.is_ok());
    }
    Ok(tally)
}

/// cargo-fuzz, and a folder for all that it makes.
struct Fuzzer {
    program: PathBuf,
    folder: PathBuf,
}

impl Fuzzer {
    /// Installs the pinned release, unless it is there.
    fn ready() -> Result<Self> {
        let target = target_dir()?;
        let program = project::cargo_tool("cargo-fuzz", VERSION)?;
        let folder = target.join("fuzz");
        // A target that was ended leaves its database behind.
        let _ = fs::remove_dir_all(folder.join("tmp"));
        fs::create_dir_all(folder.join("tmp"))?;
        Ok(Self { program, folder })
    }

    /// Fuzzes from the kept inputs and those of earlier runs on. New ones stay below the target folder.
    fn fuzz(&self, lifeline: &Lifeline, target: &str, seconds: u32) -> Result<()> {
        let found = self.found(target)?;
        let mut command = self.command("run", target);
        command.arg(&found).arg(kept(target)).arg("--").arg(format!("-max_total_time={seconds}"));
        // An input that takes so long is a fault of its own.
        command.args(["-timeout=10", "-print_final_stats=1"]);
        let dictionary = home().join("dictionaries").join(target);
        if dictionary.exists() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        let mut child = lifeline.spawn(command.stderr(Stdio::piped()))?;
        let output = child.stderr.take().context("its output")?;
        let mut progress = Progress::default();
        for line in BufReader::new(output).split(b'\n') {
            progress.line(&String::from_utf8_lossy(&line?));
        }
        let status = lifeline.wait(&mut child)?;
        println!("{progress}");
        ensure!(
            status.success(),
            "an input breaks it: see above. Mend what is broken, and put the input into {HOME}/regressions/{target}"
        );
        Ok(())
    }

    /// Replaces the seeds by the few, of them and of what was found, that together cover most.
    fn keep(&self, target: &str) -> Result<()> {
        let (kept, merged) = (kept(target), self.folder.join("merged"));
        let control = self.folder.join("merged.txt");
        let _ = fs::remove_dir_all(&merged);
        let _ = fs::remove_file(&control);
        fs::create_dir_all(&merged)?;
        fs::create_dir_all(&kept)?;
        // How often a place is passed is not counted: that multiplies the inputs, and reaches nothing more.
        let mut command = self.command("run", target);
        command.arg(&merged).arg(&kept).arg(self.found(target)?);
        command.args(["--", "-set_cover_merge=1", "-use_counters=0"]);
        command.arg(format!("-merge_control_file={}", control.display()));
        succeed(&mut command)?;

        let coverage = Coverage::parse(&fs::read_to_string(&control)?).context("libFuzzer's control file")?;
        let (picked, share) = coverage.pick(MAX_SEEDS);
        ensure!(!picked.is_empty(), "no input of {target} covers anything: nothing is replaced");
        let inputs = picked.iter().map(|path| Ok((path.file_name().context("a name")?, fs::read(path)?)));
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        fs::remove_dir_all(&kept)?;
        fs::create_dir_all(&kept)?;
        for (name, bytes) in &inputs {
            fs::write(kept.join(name), bytes)?;
        }
        println!(
            "{} seeds are kept; they cover {:.0} % of what all inputs cover",
            inputs.len(),
            share * 100.0
        );
        Ok(())
    }

    fn command(&self, subcommand: &str, target: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(root()).arg("fuzz").arg(subcommand);
        command.args(["--dev", "--sanitizer=none", "--fuzz-dir", HOME]);
        command.arg("--target-dir").arg(&self.folder).arg(target);
        command.envs(PROFILE).env("TMPDIR", self.folder.join("tmp"));
        project::forget_settings(&mut command);
        command
    }

    /// The folder of what was found here.
    fn found(&self, target: &str) -> Result<PathBuf> {
        let folder = self.folder.join("found").join(target);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

fn home() -> PathBuf {
    root().join(HOME)
}

fn kept(target: &str) -> PathBuf {
    home().join("corpus").join(target)
}
