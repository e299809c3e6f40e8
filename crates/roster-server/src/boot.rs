//! From a configuration to a database, keys and tokens: what the service stands on.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roster_domain::{Policy, PolicySet};
use roster_store::{KeyFingerprint, KeyMismatch, MigrationStatus, Options, Place, Store};

use crate::app::{App, Limits};
use crate::config::{self, Config, Storage};
use crate::keys::{Keys, KeysError};
use crate::limiter::{Budgets, Limiter};
use crate::mail::{self, Mail};
use crate::policies::orphans::{self, Orphans};
use crate::redis::{InvalidRedisUrl, Redis};
use crate::shutdown::Shutdown;
use crate::tokens::TokenStore;

/// Why the service cannot stand up. Texts name what to do, and no secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory cannot be made or locked.
    #[error("data_dir {}", .path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process has the data.
    #[error(
        "data_dir {}: another process uses it; an embedded service is one process, several need database.url",
        .path.display()
    )]
    DataDirTaken {
        /// The directory.
        path: PathBuf,
    },
    /// The database cannot be reached, or does not do as it is told.
    #[error("the database cannot be used")]
    Database(#[from] roster_store::Error),
    /// The database's schema is older than the service.
    #[error("the database lacks {} migration(s), {}: run `roster migrate up`", .0.len(), .0.join(", "))]
    SchemaOutdated(Vec<String>),
    /// The keys file cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Secrets in use were derived with keys that the service does not have.
    #[error(
        "keys_file {}: the data was made with the keys [{}], which it lacks or has with another secret",
        .path.display(),
        .ids.join(", ")
    )]
    KeysDiffer {
        /// The file.
        path: PathBuf,
        /// The keys' ids.
        ids: Vec<String>,
    },
    /// Mail could not be sent.
    #[error(transparent)]
    Mail(#[from] mail::Error),
    /// The policies lack what stored teams have.
    #[error(transparent)]
    Orphans(#[from] Orphans),
    /// The URL of Redis is not one.
    #[error("redis.url")]
    Redis(#[from] InvalidRedisUrl),
}

/// Holds the data directory; another process may have it once this is dropped.
#[derive(Debug)]
pub struct DataLock(#[expect(dead_code, reason = "an open file is a lock; nobody reads it")] File);

/// Locks the data directory of an embedded service; does nothing for others.
pub fn lock_data(config: &Config) -> Result<Option<DataLock>, Error> {
    if !config.storage.is_embedded() {
        return Ok(None);
    }
    let path = &config.data_dir;
    let failed = |source| Error::DataDir { path: path.clone(), source };
    // Addresses of people lie there: nobody else on the machine reads them.
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    let file = File::create(path.join("roster.lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(DataLock(file))),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::DataDirTaken { path: path.clone() }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Connects to the database, as it is.
pub async fn store(config: &Config) -> Result<Store, Error> {
    let place = match &config.storage {
        Storage::Embedded { database } => Place::Sqlite { file: database.clone() },
        Storage::Postgres { url, max_connections, pooler, .. } => {
            Place::Postgres { url: url.clone(), max_connections: *max_connections, pooler: *pooler }
        }
    };
    Ok(Store::open(Options { place, clock_offset: config.clock_offset }).await?)
}

/// Everything that handlers need, for teams under these policies. An embedded database is brought up to date; any
/// other must be already.
pub async fn app(config: &Config, policies: Vec<Policy>, shutdown: Shutdown) -> Result<App, Error> {
    let new = !config.keys_file.exists();
    let keys = Arc::new(Keys::load_or_create(&config.keys_file)?);
    if new {
        tracing::info!(keys_file = %config.keys_file.display(), "a key was made: keep the file, all replicas need it");
    }
    let mail = config.mail.as_ref().map(Mail::open).transpose()?.map(Arc::new);
    let redis = match &config.storage {
        Storage::Postgres { redis: Some(url), .. } => Some(Redis::new(url.expose())?),
        Storage::Postgres { redis: None, .. } | Storage::Embedded { .. } => None,
    };
    let tokens = redis.clone().map_or_else(TokenStore::memory, TokenStore::redis);
    let limiter = Limiter::new(redis, Arc::clone(&keys), budgets(&config.limits), config.clock_offset);
    let store = store(config).await?;
    if config.storage.is_embedded() {
        store.migrate_up().await?;
    } else {
        require_schema(store.migration_status().await?)?;
    }
    require_keys(&store, &keys, &config.keys_file).await?;
    require_no_orphans(&store, &policies, config.enabled_policies.is_some()).await?;
    let limits = Limits {
        live_links_per_team: config.limits.live_links_per_team.into(),
        pending_invitations_per_team: config.limits.pending_invitations_per_team.into(),
        live_codes_per_team: config.limits.live_codes_per_team.into(),
        grants_per_member: config.limits.grants_per_member.into(),
        teams_per_user_and_day: config.limits.teams_per_user_and_day.into(),
    };
    let policies: PolicySet = policies.into_iter().collect();
    Ok(App { store, tokens, keys, limiter, mail, policies, limits, shutdown })
}

/// What the database keeps of the keys.
#[must_use]
pub fn fingerprints(keys: &Keys) -> Vec<KeyFingerprint> {
    keys.all()
        .map(|key| KeyFingerprint { id: key.id().to_owned(), fingerprint: key.fingerprint().to_owned() })
        .collect()
}

fn budgets(limits: &config::Limits) -> Budgets {
    Budgets {
        mails_per_actor_and_day: limits.mails_per_actor_and_day,
        mails_per_team_and_day: limits.mails_per_team_and_day,
        mails_per_recipient_and_day: limits.mails_per_recipient_and_day,
        code_failures_per_actor_and_hour: limits.code_failures_per_actor_and_hour,
        code_failures_per_address_and_hour: limits.code_failures_per_address_and_hour,
        code_failures_per_caller_and_hour: limits.code_failures_per_caller_and_hour,
        code_failures_per_hour: limits.code_failures_per_hour,
    }
}

fn require_schema(status: MigrationStatus) -> Result<(), Error> {
    if status.pending.is_empty() { Ok(()) } else { Err(Error::SchemaOutdated(status.pending)) }
}

async fn require_keys(store: &Store, keys: &Keys, file: &Path) -> Result<(), Error> {
    let mismatches: Vec<KeyMismatch> = store.register_keys(&fingerprints(keys)).await?;
    if mismatches.is_empty() {
        return Ok(());
    }
    let ids = mismatches.into_iter().map(|mismatch| mismatch.id).collect();
    Err(Error::KeysDiffer { path: file.to_owned(), ids })
}

/// Fails where policies lack what stored teams need. Only then, for the error's text, are these counted.
async fn require_no_orphans(store: &Store, policies: &[Policy], narrowed: bool) -> Result<(), Error> {
    let needs = store.policy_needs(policies).await?;
    if needs.lacking || (!narrowed && !needs.absent.is_empty()) {
        orphans::check(&store.in_use().await?, policies, narrowed)?;
    }
    for policy in needs.absent {
        tracing::warn!(%policy, "teams follow a policy that is not enabled: they exist for no caller");
    }
    Ok(store.register_policies(policies).await?)
}
