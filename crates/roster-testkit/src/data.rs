//! Where a service keeps its data, and how its binary is run on it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use crate::kind::Kind;
use crate::postgres::Database;
use crate::process::Process;
use crate::setting::setting;

/// A data directory and, on Postgres, a database: both gone when this is dropped.
#[derive(Debug)]
pub struct Data {
    directory: TempDir,
    database: Option<Place>,
    binary: PathBuf,
}

/// A database on Postgres.
#[derive(Debug)]
enum Place {
    /// Dropped with the data.
    Own(Database),
    /// At this URL, in the care of the test.
    Elsewhere(String),
}

impl Place {
    fn url(&self) -> String {
        match self {
            Self::Own(database) => database.url(),
            Self::Elsewhere(url) => url.clone(),
        }
    }
}

/// What is special about one run of the service.
#[derive(Clone, Debug, Default)]
pub struct Options {
    variables: Vec<(String, String)>,
    log_file: Option<PathBuf>,
}

/// A run of the binary that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its output.
    pub output: String,
}

impl Options {
    /// Sets an environment variable of the service.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Appends the service's log to that file instead of keeping it in memory.
    #[must_use]
    pub fn log_to(mut self, path: &Path) -> Self {
        self.log_file = Some(path.to_owned());
        self
    }

    /// Shifts the service's clock into the future.
    #[must_use]
    pub fn clock_offset(self, offset: Duration) -> Self {
        self.variable("ROSTER_DEV__CLOCK_OFFSET", format!("{}ms", offset.as_millis()))
    }

    /// Breaks the service on purpose.
    #[must_use]
    pub fn failpoint(self, name: &str) -> Self {
        self.variable("ROSTER_FAILPOINT", name)
    }

    /// Uses that Redis instead of the one that all tests share.
    #[must_use]
    pub fn redis(self, url: &str) -> Self {
        self.variable("ROSTER_REDIS__URL", url)
    }
}

impl Data {
    /// New data of that kind, ready to serve on.
    pub async fn fresh(kind: Kind) -> Self {
        let database = match kind {
            Kind::Embedded => None,
            Kind::Full => Some(Place::Own(Database::migrated().await)),
        };
        Self { directory: new_directory(), database, binary: binary_under_test() }
    }

    /// New data of that kind for another build of the service than the one under test, with that build's schema.
    pub async fn fresh_for(kind: Kind, binary: &Path) -> Self {
        let database = match kind {
            Kind::Embedded => None,
            Kind::Full => Some(Place::Own(Database::empty().await)),
        };
        let data = Self { directory: new_directory(), database, binary: binary.to_owned() };
        if kind == Kind::Full {
            data.migrate().await;
        }
        data
    }

    /// A Postgres database that no migration has seen.
    pub async fn without_schema() -> Self {
        let database = Some(Place::Own(Database::empty().await));
        Self { directory: new_directory(), database, binary: binary_under_test() }
    }

    /// A database of the test's own, which is there already and which nobody drops.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let database = Some(Place::Elsewhere(url.to_owned()));
        Self { directory: new_directory(), database, binary: binary_under_test() }
    }

    /// Brings the schema up.
    pub async fn migrate(&self) {
        let finished = self.run(&["migrate", "up"], Options::default()).await;
        assert!(finished.status.success(), "`roster migrate up` fails:\n{}", finished.output);
    }

    /// Runs the binary to its end.
    pub async fn run(&self, arguments: &[&str], options: Options) -> Finished {
        let mut process = self.start(arguments, options);
        let status = process.ended().await;
        Finished { status, output: process.output() }
    }

    /// Starts the binary with nothing in its environment but what is said here.
    #[must_use]
    pub fn start(&self, arguments: &[&str], options: Options) -> Process {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("ROSTER_LISTEN", "127.0.0.1:0")
            .env("ROSTER_DATA_DIR", self.directory.path())
            .env("ROSTER_LOG__FORMAT", "json")
            .env("RUST_BACKTRACE", "1");
        if let Some(database) = &self.database {
            command
                .env("ROSTER_DATABASE__URL", database.url())
                .env("ROSTER_REDIS__URL", setting("ROSTER_TEST_REDIS_URL"));
        }
        command.envs(options.variables);
        let Some(path) = options.log_file else { return Process::start(command) };
        let log = File::options().append(true).create(true).open(&path);
        let log = log.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Process::start_logging_to(command, Stdio::from(log))
    }

    /// The data directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where the Postgres database is.
    #[must_use]
    pub fn postgres_url(&self) -> String {
        self.database.as_ref().expect("these data are on Postgres").url()
    }
}

fn binary_under_test() -> PathBuf {
    setting("ROSTER_TEST_BIN").into()
}

fn new_directory() -> TempDir {
    TempDir::new().expect("a temporary directory can be made")
}
