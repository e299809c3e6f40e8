//! Which server keys the stored secrets were derived with.

use roster_domain::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

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

/// What was derived with a key and would end with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id.
    pub id: String,
    /// How many live links.
    pub links: i64,
    /// How many pending invitations.
    pub invitations: i64,
    /// When the last of them expires, if nothing ends it before.
    pub until: Timestamp,
}

impl Store {
    /// Compares the service's keys with those that the database knows, and adds those that it does not know yet. A key
    /// of the same id and another secret is a mismatch; so is one that live links and pending invitations were derived
    /// with and that the service lacks. With a mismatch nothing is added and the service must not start: it would hand
    /// out secrets that do not work.
    pub async fn register_keys(&self, keys: &[KeyFingerprint]) -> Result<Vec<KeyMismatch>> {
        let now = self.now().await?;
        let known = self.known_keys().await?;
        let mismatches = self.key_mismatches(keys, &known, now).await?;
        let new: Vec<_> = keys.iter().filter(|key| known.iter().all(|known| known.id != key.id)).collect();
        if !mismatches.is_empty() || new.is_empty() {
            return Ok(mismatches);
        }
        let rows = new.into_iter().map(|key| signing_key::ActiveModel {
            id: Set(key.id.clone()),
            fingerprint: Set(key.fingerprint.clone()),
            first_seen_at: Set(now.micros()),
        });
        signing_key::Entity::insert_many(rows)
            .on_conflict(OnConflict::column(signing_key::Column::Id).do_nothing().to_owned())
            .exec_without_returning(&self.statements("register keys"))
            .await?;
        // Once more: a start at the same time may have been the first to add one of these ids, with another secret.
        self.key_mismatches(keys, &self.known_keys().await?, now).await
    }

    /// Compares as [`Store::register_keys`] does, and changes nothing.
    pub async fn compare_keys(&self, keys: &[KeyFingerprint]) -> Result<Vec<KeyMismatch>> {
        let now = self.now().await?;
        self.key_mismatches(keys, &self.known_keys().await?, now).await
    }

    /// The keys that live links and pending invitations were derived with, each once: those of links first, each of
    /// the two in the order of their ids. A key that is not among them has nothing to verify but answers and page
    /// tokens of the last 24 hours, of which the database does not know the key.
    pub async fn key_uses(&self) -> Result<Vec<KeyUse>> {
        let now = self.now().await?;
        self.key_uses_at(now).await
    }

    async fn known_keys(&self) -> Result<Vec<signing_key::Model>> {
        Ok(signing_key::Entity::find().all(&self.statements("list keys")).await?)
    }

    async fn key_mismatches(
        &self,
        keys: &[KeyFingerprint],
        known: &[signing_key::Model],
        now: Timestamp,
    ) -> Result<Vec<KeyMismatch>> {
        let differs = known.iter().filter(|known| {
            keys.iter().any(|key| key.id == known.id && key.fingerprint != known.fingerprint)
        });
        let used = self.used_keys(now).await?;
        let lacks = used.into_iter().filter(|used| keys.iter().all(|key| key.id != *used));
        Ok(differs
            .map(|known| KeyMismatch { id: known.id.clone(), differs: true })
            .chain(lacks.map(|id| KeyMismatch { id, differs: false }))
            .collect())
    }

    async fn key_uses_at(&self, now: Timestamp) -> Result<Vec<KeyUse>> {
        let links: Vec<(String, i64, i64)> = invite_link::Entity::find()
            .select_only()
            .column(invite_link::Column::KeyId)
            .column_as(invite_link::Column::Id.count(), "uses")
            .column_as(invite_link::Column::ExpiresAt.max(), "until")
            .filter(invite_link::Column::RevokedAt.is_null())
            .filter(invite_link::Column::ExpiresAt.gt(now.micros()))
            .group_by(invite_link::Column::KeyId)
            .order_by_asc(invite_link::Column::KeyId)
            .into_tuple()
            .all(&self.statements("count key uses"))
            .await?;
        let invitations: Vec<(String, i64, i64)> = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::KeyId)
            .column_as(invitation::Column::Id.count(), "uses")
            .column_as(invitation::Column::ExpiresAt.max(), "until")
            .filter(invitation::Column::State.eq(PENDING))
            .filter(invitation::Column::ExpiresAt.gt(now.micros()))
            .group_by(invitation::Column::KeyId)
            .order_by_asc(invitation::Column::KeyId)
            .into_tuple()
            .all(&self.statements("count key uses"))
            .await?;

        let mut uses: Vec<KeyUse> = links
            .into_iter()
            .map(|(id, links, until)| KeyUse {
                id,
                links,
                invitations: 0,
                until: Timestamp::from_micros(until),
            })
            .collect();
        for (id, invitations, until) in invitations {
            let until = Timestamp::from_micros(until);
            match uses.iter_mut().find(|one| one.id == id) {
                Some(one) => {
                    one.invitations = invitations;
                    one.until = one.until.max(until);
                }
                None => uses.push(KeyUse { id, links: 0, invitations, until }),
            }
        }
        Ok(uses)
    }
}
