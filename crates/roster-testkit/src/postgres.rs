//! A database of its own for every server on Postgres, and a look into it.

use std::time::UNIX_EPOCH;
use std::{fs, thread};

use tokio::runtime::Builder;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use uuid::Uuid;

use crate::data::Data;
use crate::setting::setting;

/// A database that is dropped with this value.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// Makes a database without a schema.
    pub(crate) async fn empty() -> Self {
        let database = Self { name: format!("roster_{}", Uuid::now_v7().simple()) };
        execute(&administrator().await, &format!("CREATE DATABASE {}", database.name)).await;
        database
    }

    /// Makes a database with the schema of the binary under test.
    pub(crate) async fn migrated() -> Self {
        let template = template().await;
        let database = Self { name: format!("roster_{}", Uuid::now_v7().simple()) };
        let create = format!("CREATE DATABASE {} TEMPLATE {template} STRATEGY FILE_COPY", database.name);
        execute(&administrator().await, &create).await;
        database
    }

    /// Where to connect.
    pub(crate) fn url(&self) -> String {
        url(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A runtime of its own: this may run while the test's runtime is the one that unwinds.
        let _ = thread::spawn(move || {
            if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
                runtime.block_on(async { execute(&administrator().await, &drop).await });
            }
        })
        .join();
    }
}

/// Connects to a database.
pub async fn connect_postgres(url: &str) -> Client {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.unwrap_or_else(|e| panic!("Postgres does not answer: {e}"));
    tokio::spawn(connection);
    client
}

/// Every row of every table, as text: the table's name and the row.
pub async fn dump(client: &Client) -> Vec<(String, String)> {
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let mut rows = Vec::new();
    for table in texts(client, tables).await {
        for row in texts(client, &format!("SELECT t::text FROM \"{table}\" t")).await {
            rows.push((table.clone(), row));
        }
    }
    rows
}

/// The name of a database with the schema of this very binary, made once and kept for the others.
async fn template() -> String {
    let binary = fs::metadata(setting("ROSTER_TEST_BIN")).expect("ROSTER_TEST_BIN names a file");
    let age =
        binary.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let name = format!("roster_template_{:x}_{:x}", binary.len(), age.as_nanos());

    let client = administrator().await;
    execute(&client, "SELECT pg_advisory_lock(7210)").await;
    if texts(&client, &format!("SELECT datname FROM pg_database WHERE datname = '{name}'")).await.is_empty() {
        let data = Data::without_schema().await;
        data.migrate().await;
        // Copied rather than renamed: the original is dropped with its owner.
        let original = data.postgres_url().rsplit('/').next().unwrap_or_default().to_owned();
        execute(&client, &format!("CREATE DATABASE {name} TEMPLATE {original}")).await;
    }
    execute(&client, "SELECT pg_advisory_unlock(7210)").await;
    name
}

async fn administrator() -> Client {
    connect_postgres(&setting("ROSTER_TEST_POSTGRES_URL")).await
}

async fn execute(client: &Client, statement: &str) {
    client.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
}

async fn texts(client: &Client, query: &str) -> Vec<String> {
    let messages = client.simple_query(query).await.unwrap_or_else(|e| panic!("{query}: {e:?}"));
    let text = |message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    messages.into_iter().filter_map(text).collect()
}

fn url(name: &str) -> String {
    let any = setting("ROSTER_TEST_POSTGRES_URL");
    let (server, _) = any.rsplit_once('/').expect("ROSTER_TEST_POSTGRES_URL ends in a database's name");
    format!("{server}/{name}")
}
