//! The team itself.

use roster_domain::{TeamId, Timestamp};
use uuid::Uuid;

use super::{Columns, Sql, Values};
use crate::convert::{policy_name, team_facts};
use crate::error::Result;
use crate::read::team::Team;

pub(crate) fn columns(sql: &mut Sql<'_>) {
    sql.add(
        ", t.id, t.policy, t.display_name, t.tier, t.external_id, t.personal_person, \
         (SELECT user_id FROM people WHERE id = t.personal_person), t.created_at, t.revision, t.version, t.deleted_at, \
         (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = 1)",
    );
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Team> {
    let id: Uuid = columns.next()?;
    let policy: String = columns.next()?;
    let display_name: String = columns.next()?;
    let tier: Option<String> = columns.next()?;
    let external_id = columns.next()?;
    let personal: Option<i64> = columns.next()?;
    let personal_user_id = columns.next()?;
    let created_at = Timestamp::from_micros(columns.next()?);
    let revision = columns.next()?;
    let version = columns.next()?;
    let deleted_at: Option<i64> = columns.next()?;
    Ok(Team {
        id: TeamId::from_uuid(id),
        policy: policy_name(&policy, id)?,
        facts: team_facts(id, (&display_name, tier.as_deref()), personal, version)?,
        external_id,
        personal_user_id,
        created_at,
        revision,
        member_count: columns.next()?,
        deleted: deleted_at.is_some(),
    })
}
