//! Which server keys the stored secrets were derived with.

use roster_domain::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use crate::convert::PENDING;
use crate::entity::{invitation, invite_link, signing_key};
use crate::error::Result;
use crate::open::Store;

/// A key of the service, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFingerprint {
    /// The key's id in the keys file.
    pub id: String,
    /// A digest that tells two secrets apart and reveals neither.
    pub fingerprint: String,
}

/// A key that the database needs and the service does not have, or has with another secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMismatch {
    /// The key's id.
    pub id: String,
    /// Whether the service has a key of that id, with another secret.
    pub differs: bool,
}

impl Store {
    /// Compares the service's keys with those that the database knows, and adds those that it does not know yet. A key
    /// of the same id and another secret is a mismatch; so is one that live links and pending invitations were derived with and that the
    /// service lacks. With a mismatch nothing is added and the service must not start: it would hand out secrets that
    /// do not work.
    pub async fn register_keys(&self, keys: &[KeyFingerprint]) -> Result<Vec<KeyMismatch>> {
        let now = self.now().await?;
        let mismatches = self.key_mismatches(keys, now).await?;
        if !mismatches.is_empty() || keys.is_empty() {
            return Ok(mismatches);
        }
        let rows = keys.iter().map(|key| signing_key::ActiveModel {
            id: Set(key.id.clone()),
            fingerprint: Set(key.fingerprint.clone()),
            first_seen_at: Set(now.micros()),
        });
        signing_key::Entity::insert_many(rows)
            .on_conflict(OnConflict::column(signing_key::Column::Id).do_nothing().to_owned())
            .exec_without_returning(self.connection())
            .await?;
        // Once more: a start at the same time may have been the first to add one of these ids, with another secret.
        self.key_mismatches(keys, now).await
    }

    async fn key_mismatches(&self, keys: &[KeyFingerprint], now: Timestamp) -> Result<Vec<KeyMismatch>> {
        let in_use = self.key_ids_in_use(now).await?;
        let known = signing_key::Entity::find().all(self.connection()).await?;
        let differs = known.into_iter().filter(|known| {
            keys.iter().any(|key| key.id == known.id && key.fingerprint != known.fingerprint)
        });
        let lacks = in_use.into_iter().filter(|id| keys.iter().all(|key| key.id != *id));
        Ok(differs
            .map(|known| KeyMismatch { id: known.id, differs: true })
            .chain(lacks.map(|id| KeyMismatch { id, differs: false }))
            .collect())
    }

    async fn key_ids_in_use(&self, now: Timestamp) -> Result<Vec<String>> {
        let mut links: Vec<String> = invite_link::Entity::find()
            .select_only()
            .column(invite_link::Column::KeyId)
            .distinct()
            .filter(invite_link::Column::RevokedAt.is_null())
            .filter(invite_link::Column::ExpiresAt.gt(now.micros()))
            .into_tuple()
            .all(self.connection())
            .await?;
        let invitations: Vec<String> = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::KeyId)
            .distinct()
            .filter(invitation::Column::State.eq(PENDING))
            .filter(invitation::Column::ExpiresAt.gt(now.micros()))
            .into_tuple()
            .all(self.connection())
            .await?;
        links.extend(invitations.into_iter().filter(|id| !links.contains(id)).collect::<Vec<_>>());
        Ok(links)
    }
}
