//! A Postgres of a test's own, for tests that stop, freeze, fill or replace it.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

use crate::authority::Pair;
use crate::postgres::connect_postgres;
use crate::process::Process;
use crate::redis_server::free_port;
use crate::setting::setting;
use crate::unprivileged::{folder, give, unprivileged};
use crate::wait::{eventually, within};

/// A private Postgres, ended when dropped. Everybody on this machine may connect as its superuser `postgres`.
pub struct Cluster {
    port: u16,
    process: Option<Process>,
    settings: Vec<String>,
    folder: TempDir,
}

/// How Postgres is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// In order: sessions are ended, and told so.
    Fast,
    /// As by a crash: the next start recovers.
    Immediate,
}

impl Cluster {
    /// Makes a cluster with these settings, such as `max_connections=20`, and starts it.
    pub async fn start(settings: &[&str]) -> Self {
        let cluster = Self::new(folder().await, settings);
        let mut initdb = unprivileged(&program("initdb"));
        initdb.arg("--pgdata").arg(cluster.data());
        initdb.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
        cluster.run(initdb).await;
        cluster.started().await
    }

    /// Makes and starts a standby that follows this server.
    pub async fn standby(&self) -> Self {
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        let standby = Self::new(folder().await, &settings);
        let mut copy = unprivileged(&program("pg_basebackup"));
        copy.arg("--pgdata").arg(standby.data()).args(["--dbname", &self.url()]);
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"]);
        standby.run(copy).await;
        standby.started().await
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The database `postgres`, as the superuser.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres", "postgres")
    }

    /// That database, as that user, who may have a password beside the name: `ada:secret`.
    #[must_use]
    pub fn url_of(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// A superuser's session.
    pub async fn connect(&self) -> Client {
        connect_postgres(&self.url()).await
    }

    /// Wants a password of that user from now on.
    pub async fn want_password(&self, user: &str) {
        let file = self.data().join("pg_hba.conf");
        let rules = fs::read_to_string(&file).expect("the cluster has rules");
        let rules = format!("host all {user} 127.0.0.1/32 scram-sha-256\n{rules}");
        fs::write(&file, rules).expect("the rules can be written");
        self.reload(&[]).await;
    }

    /// Offers TLS with that certificate from now on.
    pub async fn offer_tls(&self, server: &Pair) {
        for (name, text) in [("server.crt", &server.certificate), ("server.key", &server.key)] {
            let file = self.data().join(name);
            fs::write(&file, text).expect("the folder takes a file");
            give(&file, 0o600).await;
        }
        self.reload(&["ssl = on"]).await;
    }

    /// Changes settings, such as `default_transaction_read_only = on`, for every session that is there or comes.
    pub async fn reload(&self, settings: &[&str]) {
        let client = self.connect().await;
        for setting in settings {
            let change = format!("ALTER SYSTEM SET {setting}");
            client.batch_execute(&change).await.unwrap_or_else(|e| panic!("{change}: {e}"));
        }
        client.batch_execute("SELECT pg_reload_conf()").await.expect("a superuser may reload");
    }

    /// Stops it. Its port refuses from then on.
    pub async fn stop(&mut self, how: Stop) {
        let mut process = self.process.take().expect("it runs");
        process.signal(match how {
            Stop::Fast => Signal::INT,
            Stop::Immediate => Signal::QUIT,
        });
        process.ended().await;
    }

    /// Starts it again, on the same port.
    pub async fn start_again(&mut self) {
        let mut postgres = unprivileged(&program("postgres"));
        postgres.env("LC_ALL", "C").arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        postgres.arg("-k").arg(self.folder.path());
        let fixed = ["listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "timezone=UTC"];
        for setting in fixed.into_iter().chain(self.settings.iter().map(String::as_str)) {
            postgres.args(["-c", setting]);
        }
        self.process = Some(Process::start(postgres));
        let url = self.url();
        let answers = async || tokio_postgres::connect(&url, NoTls).await.is_ok().then_some(());
        eventually("an answer of Postgres", answers).await;
    }

    /// Stops every one of its processes from running, while its connections stay open.
    pub fn freeze(&self) {
        // Its head first: it would make new ones.
        self.signal_all(Signal::STOP);
    }

    /// Lets them run again.
    pub fn thaw(&self) {
        self.signal_all(Signal::CONT);
    }

    /// Makes a standby the primary.
    pub async fn promote(&self) {
        let promote = "SELECT pg_promote(true, 30)";
        self.connect().await.batch_execute(promote).await.expect("a standby can be promoted");
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::output).unwrap_or_default()
    }

    fn new(folder: TempDir, settings: &[&str]) -> Self {
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        Self { port: free_port(), process: None, settings, folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    async fn started(mut self) -> Self {
        self.start_again().await;
        self
    }

    async fn run(&self, mut command: Command) {
        command.current_dir(self.folder.path());
        let output = within("the end of a program of Postgres", command.output()).await.expect("it runs");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn signal_all(&self, signal: Signal) {
        let Some(process) = &self.process else { return };
        process.signal(signal);
        for child in children(process.id()) {
            // It may have ended meanwhile.
            let _ = Pid::from_raw(child).map(|child| kill_process(child, signal));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // One that is frozen does not end.
        self.thaw();
        if let Some(process) = &mut self.process {
            process.end(Signal::QUIT);
        }
    }
}

/// One of Postgres' programs.
fn program(name: &str) -> PathBuf {
    Path::new(&setting("ROSTER_TEST_POSTGRES_BIN")).join(name)
}

/// The processes that this one has started.
fn children(parent: u32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").expect("this system has /proc").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |number: &i32| {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        // The name stands in brackets and may hold spaces; state and parent follow it.
        let after = stat.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
        after.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    numbers.filter(is_child).collect()
}
