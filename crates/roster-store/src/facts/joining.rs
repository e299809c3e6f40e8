//! What joining needs, whatever the way in.

use roster_domain::facts::{Holder, JoinFacts};
use roster_domain::{PersonKey, Policy, TeamId, Timestamp};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::member::{grants_count, seats_taken, with_access};
use crate::entity::{member, removal};
use crate::error::Result;
use crate::facts::by_person;
use crate::read::team::Team;

/// The facts about a person, who may be unknown yet, and the maker of the way in.
pub(crate) async fn joining(
    conn: &impl ConnectionTrait,
    team: &Team,
    person: Option<PersonKey>,
    maker: PersonKey,
    (policy, now): (Option<&Policy>, Timestamp),
) -> Result<JoinFacts> {
    let (membership, removed_at) = match person {
        Some(person) => (
            by_person(conn, team.id, person).await?,
            removal::Entity::find_by_id((team.id.uuid(), person.0)).one(conn).await?.map(|row| row.revision),
        ),
        None => (None, None),
    };
    let maker = holder(conn, team.id, maker, grants_count(policy)).await?;
    let occupancy = seats_taken(conn, policy, team, now).await?;
    Ok(JoinFacts { team: team.facts.clone(), membership, removed_at, maker, occupancy })
}

/// A member and what it was granted, if that counts.
pub(crate) async fn holder(
    conn: &impl ConnectionTrait,
    team: TeamId,
    person: PersonKey,
    grants: bool,
) -> Result<Option<Holder>> {
    let row = member::Entity::find_by_id((team.uuid(), person.0)).one(conn).await?;
    let (membership, access) = with_access(conn, team, row, grants).await?;
    Ok(membership.map(|membership| Holder { membership, access }))
}
