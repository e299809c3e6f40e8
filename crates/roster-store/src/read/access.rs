//! What members were granted, and what invitations and codes bring.

use std::collections::{BTreeSet, HashMap};

use roster_domain::{Access, Grant, PersonKey, TeamId};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::convert::{self, restricted};
use crate::entity::{grant, member, offered_grant};
use crate::error::Result;

/// The grants of some members of a team, by person, in the order of kind and resource.
pub(crate) async fn grants_of(
    conn: &impl ConnectionTrait,
    team: TeamId,
    people: impl IntoIterator<Item = PersonKey>,
) -> Result<HashMap<PersonKey, Vec<Grant>>> {
    let places: Vec<(Uuid, i64)> = people.into_iter().map(|person| (team.uuid(), person.0)).collect();
    let grants = grants_at(conn, places).await?;
    Ok(grants.into_iter().map(|((_, person), grants)| (PersonKey(person), grants)).collect())
}

/// One text however many places there are. The grants of each are looked for by themselves, in a subquery that the planner
/// leaves whole: with teams as a condition beside a list Postgres, once it plans for any team, walks all of a team's grants.
const GRANTS_AT: &str = "SELECT g.* FROM jsonb_to_recordset($1) AS r (team uuid, person bigint)
    CROSS JOIN LATERAL (SELECT * FROM grants WHERE team_id = r.team AND person = r.person OFFSET 0) AS g
    ORDER BY g.team_id, g.person, g.kind, g.resource";

const GRANTS_AT_SQLITE: &str = "SELECT g.* FROM json_each($1) AS r
    CROSS JOIN grants AS g ON g.team_id = unhex(r.value ->> 'team') AND g.person = r.value ->> 'person'
    ORDER BY g.team_id, g.person, g.kind, g.resource";

/// The grants of some members of some teams, by team and person, in the order of kind and resource.
pub(crate) async fn grants_at(
    conn: &impl ConnectionTrait,
    places: Vec<(Uuid, i64)>,
) -> Result<HashMap<(Uuid, i64), Vec<Grant>>> {
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = conn.get_database_backend();
    let sql = if backend == DbBackend::Sqlite { GRANTS_AT_SQLITE } else { GRANTS_AT };
    // No place twice: each is looked for by itself.
    let places: BTreeSet<(Uuid, i64)> = places.into_iter().collect();
    let places = places
        .into_iter()
        .map(|(team, person)| json!({ "team": team.simple().to_string(), "person": person }));
    let places = Json::from_iter(places.collect::<Vec<_>>());
    let statement = Statement::from_sql_and_values(backend, sql, [places.into()]);
    let rows = grant::Entity::find().from_raw_sql(statement).all(conn).await?;
    let mut grants: HashMap<(Uuid, i64), Vec<Grant>> = HashMap::new();
    for row in &rows {
        let grant = convert::grant((&row.kind, &row.resource, &row.role), "grants", row.person)?;
        grants.entry((row.team_id, row.person)).or_default().push(grant);
    }
    Ok(grants)
}

/// What one member was granted; nothing for somebody who is no member.
pub(crate) async fn access_of(
    conn: &impl ConnectionTrait,
    team: TeamId,
    row: Option<&member::Model>,
) -> Result<Access> {
    let Some(row) = row else { return Ok(Access::default()) };
    let mut grants = grants_of(conn, team, [PersonKey(row.person)]).await?;
    access(row, grants.remove(&PersonKey(row.person)).unwrap_or_default())
}

/// A member's access, out of its row and its grants.
pub(crate) fn access(row: &member::Model, grants: Vec<Grant>) -> Result<Access> {
    Ok(Access { grants, restricted: restricted(&row.restricted, "members", row.person)? })
}

/// What some invitations or codes bring, by their ids.
pub(crate) async fn offers_of(
    conn: &impl ConnectionTrait,
    offers: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<Grant>>> {
    let offers: Vec<Uuid> = offers.into_iter().collect();
    if offers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = offered_grant::Entity::find()
        .filter(offered_grant::Column::OfferId.is_in(offers))
        .order_by_asc(offered_grant::Column::Kind)
        .order_by_asc(offered_grant::Column::Resource)
        .all(conn)
        .await?;
    let mut grants: HashMap<Uuid, Vec<Grant>> = HashMap::new();
    for row in &rows {
        let grant = convert::grant((&row.kind, &row.resource, &row.role), "offered_grants", row.offer_id)?;
        grants.entry(row.offer_id).or_default().push(grant);
    }
    Ok(grants)
}
