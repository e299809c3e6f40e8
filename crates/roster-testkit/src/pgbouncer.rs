//! A pgbouncer of a test's own, before a Postgres.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::process::Process;
use crate::redis_server::free_port;
use crate::setting::setting;
use crate::unprivileged::{folder, unprivileged};
use crate::wait::eventually;

/// A private pgbouncer, ended when dropped.
pub struct Pgbouncer {
    port: u16,
    process: Process,
    _folder: TempDir,
}

/// How long a client keeps a connection to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolMode {
    /// Until it leaves.
    Session,
    /// Until its transaction ends.
    Transaction,
}

impl Pgbouncer {
    /// Starts one before that Postgres, of which the tests' superuser is the only user. All but the mode and what names
    /// the peers is as by default.
    pub async fn start(postgres_port: u16, mode: PoolMode) -> Self {
        let (port, folder) = (free_port(), folder().await);
        let mode = match mode {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
        };
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={postgres_port} user=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {mode}\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, text).expect("the folder takes a file");
        let mut command = unprivileged(Path::new(&setting("ROSTER_TEST_PGBOUNCER")));
        command.arg(&file).current_dir(folder.path());
        let process = Process::start(command);
        let address = ("127.0.0.1", port);
        eventually("an answer of pgbouncer", async || TcpStream::connect(address).await.ok()).await;
        Self { port, process, _folder: folder }
    }

    /// That database behind it.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.output()
    }
}
