//! A database for one case, and a look into it beside the store.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use roster_store::{Options, Place, Pooler, PostgresUrl, Store};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Runs a case on both databases, with a schema.
pub(crate) async fn on_both(case: impl AsyncFn(&Database)) {
    on_sqlite(&case).await;
    on_postgres(&case).await;
}

/// Runs a case on both databases, without a schema.
pub(crate) async fn on_both_empty(case: impl AsyncFn(&Database)) {
    case(&Database::sqlite().await).await;
    case(&Database::postgres().await).await;
}

/// Runs a case on SQLite only.
pub(crate) async fn on_sqlite(case: impl AsyncFn(&Database)) {
    static MIGRATED: OnceCell<Vec<u8>> = OnceCell::const_new();
    let migrate = async || {
        let database = Database::sqlite().await;
        database.store.migrate_up().await.unwrap();
        // Whatever is not in the file yet goes there when the last connection closes.
        database.raw.close_by_ref().await.unwrap();
        database.store.close().await;
        let Place::Sqlite { file } = &database.place else { unreachable!() };
        std::fs::read(file).unwrap()
    };
    case(&Database::sqlite_from(MIGRATED.get_or_init(migrate).await).await).await;
}

/// Runs a case on Postgres only.
pub(crate) async fn on_postgres(case: impl AsyncFn(&Database)) {
    static MIGRATED: OnceCell<String> = OnceCell::const_new();
    // Postgres copies a database in a tenth of the time that migrations take. The server is the test run's own, and what is
    // copied ends with it.
    let migrate = async || {
        let mut database = Database::postgres().await;
        database.store.migrate_up().await.unwrap();
        database.raw.close_by_ref().await.unwrap();
        database.store.close().await;
        match std::mem::replace(&mut database.leftover, Leftover::Nothing) {
            Leftover::Database { name, .. } => name,
            _ => unreachable!(),
        }
    };
    case(&Database::postgres_from(MIGRATED.get_or_init(migrate).await).await).await;
}

/// Which kind of database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        })
    }
}

/// A database of its own, gone when this value is dropped.
pub(crate) struct Database {
    pub(crate) kind: Kind,
    pub(crate) store: Arc<Store>,
    /// Connections beside the store's, for raw statements.
    pub(crate) raw: DatabaseConnection,
    place: Place,
    leftover: Leftover,
}

/// What is to be removed.
enum Leftover {
    Nothing,
    Folder(PathBuf),
    Database { server: String, name: String },
}

impl Database {
    pub(crate) async fn sqlite() -> Self {
        Self::sqlite_from(&[]).await
    }

    /// One with that as its file.
    async fn sqlite_from(content: &[u8]) -> Self {
        let folder = std::env::temp_dir().join(format!("roster-store-{}", Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("roster.db");
        if !content.is_empty() {
            std::fs::write(&file, content).unwrap();
        }
        let place = Place::Sqlite { file: file.clone() };
        let store = open(&place, Duration::ZERO).await;
        let raw = connect(&format!("sqlite://{}", file.display())).await;
        Self { kind: Kind::Sqlite, store, raw, place, leftover: Leftover::Folder(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        Self::postgres_from("template1").await
    }

    /// A copy of that database.
    async fn postgres_from(template: &str) -> Self {
        let any = std::env::var("ROSTER_TEST_POSTGRES_URL")
            .expect("ROSTER_TEST_POSTGRES_URL names no Postgres: run cargo xtask test");
        let (server, _) = any.rsplit_once('/').expect("ROSTER_TEST_POSTGRES_URL ends in a database's name");
        let name = format!("store_{}", Uuid::now_v7().simple());
        let administrator = connect(&any).await;
        administrator
            .execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
            .await
            .unwrap();
        administrator.close().await.unwrap();

        let leftover = Leftover::Database { server: any.clone(), name: name.clone() };
        let url = format!("{server}/{name}");
        let parsed = PostgresUrl::parse(&url).unwrap();
        let place = Place::Postgres { url: parsed, max_connections: 8, pooler: Pooler::None };
        let store = open(&place, Duration::ZERO).await;
        Self { kind: Kind::Postgres, store, raw: connect(&url).await, place, leftover }
    }

    /// Another store over the same database, as another replica or a later start has it.
    pub(crate) async fn another_store(&self) -> Arc<Store> {
        open(&self.place, Duration::ZERO).await
    }

    /// The store as it is when so much time has passed.
    pub(crate) async fn later(&self, offset: Duration) -> Arc<Store> {
        open(&self.place, offset).await
    }

    /// A store with so few connections to Postgres.
    pub(crate) async fn store_with(&self, connections: u32) -> Arc<Store> {
        let mut place = self.place.clone();
        if let Place::Postgres { max_connections, .. } = &mut place {
            *max_connections = connections;
        }
        open(&place, Duration::ZERO).await
    }

    /// A store that is broken on purpose.
    #[cfg(feature = "failpoints")]
    pub(crate) async fn store_that_loads_before_the_lock(&self) -> Store {
        let options = Options { place: self.place.clone(), clock_offset: Duration::ZERO };
        Store::open(options).await.unwrap().loading_before_lock()
    }

    /// A store that writes on Postgres as on SQLite.
    #[cfg(feature = "failpoints")]
    pub(crate) async fn store_that_writes_in_turn(&self) -> Store {
        let options = Options { place: self.place.clone(), clock_offset: Duration::ZERO };
        Store::open(options).await.unwrap().writing_in_turn()
    }

    /// A store whose clock stands still.
    #[cfg(feature = "failpoints")]
    pub(crate) async fn store_that_stands_still(&self) -> crate::walks::Still {
        let options = Options { place: self.place.clone(), clock_offset: Duration::ZERO };
        let clock: &'static std::sync::atomic::AtomicI64 = Box::leak(Box::default());
        crate::walks::Still { store: Store::open(options).await.unwrap().going_by(clock), clock }
    }

    /// Carries out a statement beside the store.
    pub(crate) async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// Carries out a statement beside the store, or not.
    pub(crate) async fn try_execute(&self, sql: &str) -> Result<u64, DbErr> {
        Ok(self.raw.execute_unprepared(sql).await?.rows_affected())
    }

    /// The one number that a query yields.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let row = self.raw.query_one_raw(self.statement(sql)).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        row.unwrap_or_else(|| panic!("{sql}: no row")).try_get_by_index(0).unwrap()
    }

    /// The first column of every row, which must be text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.raw.query_all_raw(self.statement(sql)).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// How SQLite carries out a statement: the fourth column of EXPLAIN QUERY PLAN.
    pub(crate) async fn details(&self, sql: &str) -> Vec<String> {
        let rows = self.raw.query_all_raw(self.statement(sql)).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        rows.iter().map(|row| row.try_get_by_index(3).unwrap()).collect()
    }

    /// How many rows every table of the domain has, as `table count`.
    pub(crate) async fn row_counts(&self) -> Vec<String> {
        let mut counts = Vec::new();
        for table in TABLES {
            counts.push(format!("{table} {}", self.number(&format!("SELECT count(*) FROM {table}")).await));
        }
        counts
    }

    /// Returns once so many sessions of Postgres wait for a lock. On SQLite, which cannot tell, everything else that is
    /// ready had its turn by then.
    pub(crate) async fn until_waiting(&self, sessions: i64) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        if self.kind == Kind::Sqlite {
            return;
        }
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let poll = async { while self.number(waiting).await < sessions {} };
        tokio::time::timeout(Duration::from_secs(10), poll).await.expect("nobody waits for a lock");
    }

    /// An id as the database's SQL writes it.
    pub(crate) fn uuid(&self, id: Uuid) -> String {
        match self.kind {
            Kind::Sqlite => format!("x'{}'", id.simple()),
            Kind::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// Bytes as the database's SQL writes them.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> String {
        let digits = digits(bytes);
        match self.kind {
            Kind::Sqlite => format!("x'{digits}'"),
            Kind::Postgres => format!("'\\x{digits}'::bytea"),
        }
    }

    fn statement(&self, sql: &str) -> Statement {
        let backend = match self.kind {
            Kind::Sqlite => DbBackend::Sqlite,
            Kind::Postgres => DbBackend::Postgres,
        };
        Statement::from_string(backend, sql)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

/// Every table but the migrations' own.
pub(crate) const TABLES: [&str; 15] = [
    "events",
    "grants",
    "idempotency",
    "invitations",
    "invite_links",
    "mails",
    "member_counts",
    "members",
    "offered_grants",
    "people",
    "policy_roles",
    "removals",
    "signing_keys",
    "team_codes",
    "teams",
];

impl Drop for Database {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the case failed on {}", self.kind);
        }
        match &self.leftover {
            Leftover::Nothing => {}
            Leftover::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Leftover::Database { server, name } => drop_database(server.clone(), name),
        }
    }
}

/// In a runtime of its own: this may run while the case's runtime unwinds.
fn drop_database(server: String, name: &str) {
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    let dropping = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { connect(&server).await.execute_unprepared(&statement).await.map(drop) })
    });
    if !matches!(dropping.join(), Ok(Ok(()))) {
        eprintln!("{name} could not be dropped");
    }
}

async fn open(place: &Place, clock_offset: Duration) -> Arc<Store> {
    Arc::new(Store::open(Options { place: place.clone(), clock_offset }).await.unwrap())
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(4).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap_or_else(|e| panic!("{url} does not answer: {e}"))
}
