//! `cargo xtask test`: every test, with all that it needs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::{env, thread};

use anyhow::{Context as _, Result, bail, ensure};

use crate::libtest::Reading;
use crate::lifeline::Lifeline;
use crate::programs::Programs;
use crate::project;
use crate::servers::postgres::Durability;
use crate::servers::{postgres, redis};
use crate::tally::Tally;
use crate::tools::Tools;

/// One set of features for the build and the tests, so that nothing is compiled twice.
pub(crate) const FEATURES: &str = "--features=roster-server/failpoints,roster-store/failpoints";

/// The tests that compare the times of calls: no more of them run at once than there are cores.
const TIMED: [&str; 2] = ["attacks", "faults"];

/// How many of the other tests run at once for each core: most wait for servers most of the time.
const TESTS_A_CORE: usize = 2;

/// How many of them run at once at most: their services share the connections of one Postgres.
const MAX_TESTS: usize = 24;

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only the tests whose name contains this; may be repeated.
    #[arg(long)]
    filter: Vec<String>,
    /// Run only the tests of the binaries of this name, such as `races`.
    #[arg(long)]
    binary: Option<String>,
}

/// Which tests to run, and how.
#[derive(Default)]
pub(crate) struct Selection {
    /// Only those whose name contains one of these; all if there are none.
    pub(crate) filter: Vec<String>,
    /// Only those of this binary.
    pub(crate) binary: Option<String>,
    /// How many at once, if not as many as usual.
    pub(crate) threads: Option<usize>,
    /// A variable of their environment.
    pub(crate) variable: Option<(&'static str, &'static str)>,
}

/// A compiled binary of tests.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Binary {
    /// The folder of its package, where it runs.
    pub(crate) package: PathBuf,
    pub(crate) name: String,
    path: PathBuf,
}

/// Runs the tests and counts them.
pub(crate) fn run(args: &Args) -> Result<Tally> {
    run_selected(&Selection {
        filter: args.filter.clone(),
        binary: args.binary.clone(),
        ..Selection::default()
    })
}

/// Builds everything, starts the servers, and runs these tests with what they need to know.
pub(crate) fn run_selected(selection: &Selection) -> Result<Tally> {
    let tools = Tools::ready()?;
    let programs = Programs::find_or_install()?;
    let lifeline = Lifeline::new()?;
    let Some(mut binaries) = build(&lifeline, &mut build_command())? else {
        // Tests of the binaries of an earlier build would prove nothing.
        return Ok(Tally { passed: 0, failed: 1 });
    };
    if let Some(name) = &selection.binary {
        let names: BTreeSet<_> = binaries.iter().map(|binary| binary.name.clone()).collect();
        ensure!(
            names.contains(name),
            "there is no binary {name}; there are {}",
            Vec::from_iter(names).join(", ")
        );
        binaries.retain(|binary| binary.name == *name);
    }
    let surroundings = Surroundings::new(&lifeline, &programs, &tools, &service(&project::target_dir()?))?;

    let (mut reading, mut succeeded) = (Reading::of(&selection.filter), true);
    for binary in binaries {
        let mut tests = binary.command(&surroundings, selection.threads.unwrap_or_else(|| binary.threads()));
        tests.args(&selection.filter).envs(selection.variable);
        let running = format!("     Running {} of {}", binary.name, binary.package.display());
        println!("{running}");
        reading.line(&running);
        succeeded &= stream(&lifeline, tests, &mut reading)?;
    }
    // Before the closing line, so that it is the last word.
    drop(lifeline);
    Ok(reading.finish(succeeded))
}

/// What compiles everything that the tests are and need.
pub(crate) fn build_command() -> Command {
    // All targets at once: dependencies then have the very features that the service has.
    let mut build = project::cargo("build");
    build.args(["--workspace", "--all-targets", FEATURES, "--message-format=json-render-diagnostics"]);
    build
}

/// Compiles, and finds the binaries of tests; none if it does not compile.
pub(crate) fn build(lifeline: &Lifeline, command: &mut Command) -> Result<Option<Vec<Binary>>> {
    let (status, messages) = read(lifeline, command.stdout(Stdio::piped()))?;
    if status.success() { binaries(&messages).map(Some) } else { Ok(None) }
}

/// The servers that tests need, and the variables that tell of them.
pub(crate) struct Surroundings(Vec<(&'static str, OsString)>);

impl Surroundings {
    /// Starts the servers. `service` is the binary that the tests start.
    pub(crate) fn new(
        lifeline: &Lifeline,
        programs: &Programs,
        tools: &Tools,
        service: &Path,
    ) -> Result<Self> {
        let mut variables = vec![];
        if let Some(folder) = in_memory() {
            // It fails only if it was done before.
            let _ = tempfile::env::override_temp_dir(folder);
            variables.push(("TMPDIR", folder.into()));
        }
        let postgres_url = lifeline.hold(|| postgres::start(&programs.postgres, Durability::Process))?;
        let redis_url = lifeline.hold(|| redis::start(&programs.redis_server))?;
        variables.extend([
            ("ROSTER_TEST_POSTGRES_URL", postgres_url.into()),
            ("ROSTER_TEST_REDIS_URL", redis_url.into()),
            ("ROSTER_TEST_REDIS_SERVER", programs.redis_server.clone().into()),
            ("ROSTER_TEST_POSTGRES_BIN", programs.postgres.clone().into()),
            ("ROSTER_TEST_PGBOUNCER", programs.pgbouncer.clone().into()),
            ("ROSTER_TEST_GRPCURL", tools.path("grpcurl").into()),
            ("ROSTER_TEST_PYTHON", tools.path("python").into()),
            ("ROSTER_TEST_BIN", service.into()),
        ]);
        Ok(Self(variables))
    }
}

impl Binary {
    /// What runs its tests, that many at once.
    pub(crate) fn command(&self, surroundings: &Surroundings, threads: usize) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.package).arg(format!("--test-threads={threads}"));
        // A developer's own settings of the service are not the tests'.
        project::forget_settings(&mut command);
        command.envs(surroundings.0.iter().map(|(name, value)| (name, value)));
        command
    }

    /// How many of its tests run at once.
    pub(crate) fn threads(&self) -> usize {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        if TIMED.contains(&self.name.as_str()) { cores } else { (cores * TESTS_A_CORE).min(MAX_TESTS) }
    }
}

/// The binaries of tests among cargo's messages, a JSON object a line.
fn binaries(messages: &str) -> Result<Vec<Binary>> {
    let mut found = vec![];
    for line in messages.lines() {
        let message: serde_json::Value = serde_json::from_str(line).context("a message of cargo")?;
        if message["profile"]["test"] != true {
            continue;
        }
        let text = |value: &serde_json::Value| value.as_str().map(PathBuf::from);
        let package = text(&message["manifest_path"]).and_then(|path| path.parent().map(Path::to_owned));
        let (name, path) = (message["target"]["name"].as_str(), text(&message["executable"]));
        let (Some(package), Some(name), Some(path)) = (package, name, path) else {
            bail!("a binary of tests that cargo does not name: {line}");
        };
        found.push(Binary { package, name: name.to_owned(), path });
    }
    found.sort();
    Ok(found)
}

/// A folder in memory with room for the databases of the tests, where the system has one. On a disk, half of the time of the
/// tests goes into copying databases.
fn in_memory() -> Option<&'static Path> {
    const ROOM: u64 = 4 << 30;
    let folder = Path::new("/dev/shm");
    let free = rustix::fs::statvfs(folder).ok()?;
    (free.f_bavail.saturating_mul(free.f_frsize) >= ROOM).then_some(folder)
}

/// The service as built.
pub(crate) fn service(target: &Path) -> PathBuf {
    target.join("debug").join(format!("roster{}", env::consts::EXE_SUFFIX))
}

/// Runs a command to its end and returns what it wrote to standard output.
pub(crate) fn read(lifeline: &Lifeline, command: &mut Command) -> Result<(ExitStatus, String)> {
    let mut child = lifeline.spawn(command)?;
    let mut output = String::new();
    child.stdout.take().context("its output")?.read_to_string(&mut output)?;
    Ok((lifeline.wait(&mut child)?, output))
}

/// Runs the command, shows its output as it comes, and counts the results in it; whether it succeeded.
fn stream(lifeline: &Lifeline, mut command: Command, reading: &mut Reading) -> Result<bool> {
    // One pipe for both, so that lines keep their order.
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = lifeline.spawn(&mut command).context("cannot run the tests")?;
    // It holds the pipe's writing ends, and with them open the reading never ends.
    drop(command);

    thread::scope(|scope| {
        // Waited for beside the reading: a process that a test left behind keeps the pipe open until it is ended.
        let status = scope.spawn(|| lifeline.wait(&mut child));
        let mut out = io::stdout().lock();
        let mut line = Vec::new();
        let mut reader = BufReader::new(reader);
        while reader.read_until(b'\n', &mut line)? > 0 {
            out.write_all(&line)?;
            out.flush()?;
            reading.line(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
        let Ok(status) = status.join() else { anyhow::bail!("the thread that waits for the tests panicked") };
        Ok(status?.success())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_of_tests_are_found_among_messages() {
        let test = r#"{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","target":{"name":"it"},"#;
        let messages = format!(
            "{test}\"profile\":{{\"test\":true}},\"executable\":\"/t/it-1\"}}\n\
             {test}\"profile\":{{\"test\":false}},\"executable\":\"/t/it\"}}\n\
             {{\"reason\":\"build-finished\",\"success\":true}}\n"
        );
        let it = Binary { package: "/a".into(), name: "it".into(), path: "/t/it-1".into() };
        assert_eq!(binaries(&messages).expect("messages"), [it]);
        let nameless = format!("{test}\"profile\":{{\"test\":true}},\"executable\":null}}\n");
        assert!(binaries(&nameless).is_err() && binaries("no JSON").is_err());
    }
}
