//! A service with a few teams, and what all faults are measured by.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use roster_proto::v1::GetTeamRequest;
use roster_testkit::{
    Data, Kind, Load, Options, POLICY, Proxy, Server, connect_postgres, eventually, new_team,
};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tokio_postgres::Client;
use tonic::{Code, Status};

/// How many connections the service may have, unless a test says otherwise.
pub(crate) const CONNECTIONS: usize = 8;

/// How many teams there are from the beginning: a few more than connections, see [`Scene::open_connections`].
const TEAMS: usize = 12;

/// What may be answered while Postgres is away.
pub(crate) const AWAY: &[Code] = &[Code::Unavailable];

/// What may be answered while nobody can know whether Postgres is away.
pub(crate) const SILENT: &[Code] = &[Code::Unavailable, Code::DeadlineExceeded];

/// How long something lasts in the short form and in the long one.
pub(crate) fn lasting(short: Duration, long: Duration) -> Duration {
    if is_long() { long } else { short }
}

/// Whether the long forms run.
pub(crate) fn is_long() -> bool {
    env::var("ROSTER_TEST_FAULTS").is_ok_and(|form| form == "long")
}

/// A service on Postgres, with teams of Ada's.
pub(crate) struct Scene {
    pub(crate) server: Server,
    /// Postgres itself, past any wire.
    url: String,
    teams: Vec<String>,
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
}

impl Scene {
    /// On a database of the shared Postgres, behind a wire.
    pub(crate) async fn wired(options: Options) -> (Arc<Self>, Proxy) {
        let data = Data::fresh(Kind::Full).await;
        let url = data.postgres_url();
        let (proxy, near) = Proxy::to_postgres(&url).await;
        let options = options.variable("ROSTER_DATABASE__URL", near);
        (Self::on(data, &url, options).await, proxy)
    }

    /// On a database of a private Postgres, behind a wire. It has no schema yet.
    pub(crate) async fn wired_to(url: &str, options: Options) -> (Arc<Self>, Proxy) {
        let data = Data::at(url);
        data.migrate().await;
        let (proxy, near) = Proxy::to_postgres(url).await;
        let options = options.variable("ROSTER_DATABASE__URL", near);
        (Self::on(data, url, options).await, proxy)
    }

    async fn on(data: Data, url: &str, options: Options) -> Arc<Self> {
        let server = Server::start_on(Arc::new(data), options).await;
        let mut teams = vec![];
        for _ in 0..TEAMS {
            teams.push(server.create_team("ada").await);
        }
        let (acknowledged, refused) = (AtomicUsize::new(teams.len()), AtomicUsize::new(0));
        Arc::new(Self { server, url: url.to_owned(), teams, acknowledged, refused })
    }

    /// Reads a team.
    pub(crate) async fn read(&self, worker: usize) -> Result<(), Status> {
        self.server.team_as("ada").get_team(GetTeamRequest { team_id: self.team(worker) }).await.map(drop)
    }

    /// One of the teams that are there from the beginning.
    pub(crate) fn team(&self, worker: usize) -> String {
        self.teams[worker % self.teams.len()].clone()
    }

    /// Makes another team.
    pub(crate) async fn write(&self) -> Result<(), Status> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let founder = format!("founder-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let outcome = self.server.try_create(&founder, new_team(POLICY)).await.map(drop);
        let count = if outcome.is_ok() { &self.acknowledged } else { &self.refused };
        count.fetch_add(1, Ordering::Relaxed);
        outcome
    }

    /// Renames a team, which waits for its lock.
    pub(crate) async fn rename(&self, worker: usize) -> Result<(), Status> {
        let name = format!("Name {worker}");
        self.server.try_rename("ada", &self.team(worker), &name).await.map(drop)
    }

    /// Workers that read.
    pub(crate) fn reads(self: &Arc<Self>, workers: usize) -> Load {
        let scene = Arc::clone(self);
        Load::begin(workers, move |worker| {
            let scene = Arc::clone(&scene);
            async move { scene.read(worker).await }
        })
    }

    /// Workers of which every other one writes. A single worker reads and writes in turn.
    pub(crate) fn calls(self: &Arc<Self>, workers: usize) -> Load {
        let (scene, turn) = (Arc::clone(self), Arc::new(AtomicUsize::new(0)));
        Load::begin(workers, move |worker| {
            let (scene, turn) = (Arc::clone(&scene), turn.fetch_add(1, Ordering::Relaxed));
            let reads = if workers == 1 { turn % 2 == 0 } else { worker % 2 == 0 };
            async move { if reads { scene.read(worker).await } else { scene.write().await } }
        })
    }

    /// Lets so many calls wait for locks at the same time, so that the service has so many connections at least.
    pub(crate) async fn open_connections(self: &Arc<Self>, connections: usize) {
        let holder = self.connect().await;
        holder.batch_execute("BEGIN; SELECT id FROM teams FOR UPDATE").await.expect("teams can be locked");
        let mut calls = JoinSet::new();
        let mut teams = 0..self.teams.len();
        let mut rename_another = |calls: &mut JoinSet<()>| {
            let Some(number) = teams.next() else { return };
            let scene = Arc::clone(self);
            // On a busy machine some give up their lock before the last has begun to wait.
            calls.spawn(async move { while scene.rename(number).await.is_err() {} });
        };
        (0..connections).for_each(|_| rename_another(&mut calls));
        let watcher = self.connect().await;
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";
        let (begin, mut ticks) = (Instant::now(), interval(Duration::from_millis(10)));
        loop {
            ticks.tick().await;
            let row = watcher.query_one(waiting, &[]).await.expect("Postgres answers");
            let now = usize::try_from(row.get::<_, i64>(0)).expect("a count");
            if now >= connections {
                break;
            }
            let passed = begin.elapsed();
            assert!(
                passed < Duration::from_secs(30),
                "{now} calls wait for a lock, and {connections} should"
            );
            // Two teams may share a queue of the service, in which the second waits without a connection.
            if calls.len() - connections < passed.as_secs().try_into().expect("a few seconds") {
                rename_another(&mut calls);
            }
        }
        holder.batch_execute("ROLLBACK").await.expect("locks can be released");
        calls.join_all().await;
    }

    /// A session of the test's own, past the wire.
    pub(crate) async fn connect(&self) -> Client {
        connect_postgres(&self.url).await
    }

    /// Waits until no transaction of the service is left open and no team is locked: soon, and not only when Postgres
    /// itself ends a transaction that nobody goes on with.
    pub(crate) async fn assert_nothing_held(&self) {
        let watcher = self.connect().await;
        let open = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid() AND xact_start IS NOT NULL";
        let lock = "SELECT id FROM teams FOR UPDATE NOWAIT";
        let released = eventually("an end of all transactions", async || {
            let rows = watcher.query(open, &[]).await.expect("Postgres answers");
            // Calls that wait for their turn begin their transactions later.
            let free = rows.is_empty() && watcher.batch_execute(lock).await.is_ok();
            free.then_some(())
        });
        timeout(Duration::from_secs(20), released).await.expect("transactions end within 20 seconds");
    }

    /// Every change that was acknowledged is there; one that was refused may be.
    pub(crate) async fn assert_nothing_lost(&self, now: &Client) {
        let row = now.query_one("SELECT count(*) FROM teams", &[]).await.expect("Postgres answers");
        let teams = usize::try_from(row.get::<_, i64>(0)).expect("a count");
        let acknowledged = self.acknowledged.load(Ordering::Relaxed);
        let refused = self.refused.load(Ordering::Relaxed);
        assert!(teams >= acknowledged, "{teams} teams are there of {acknowledged}");
        assert!(teams <= acknowledged + refused, "{teams} teams are there of {acknowledged} and {refused}");
    }

    /// The lines of the log, without those of single calls, that name the port of Postgres: when it goes and when it
    /// is back.
    pub(crate) fn lines_about(&self, port: u16) -> Vec<String> {
        let port = port.to_string();
        let is_about = |line: &&str| line.contains("\"roster_store") && line.contains(&port);
        self.server.logs().lines().filter(is_about).map(str::to_owned).collect()
    }
}
