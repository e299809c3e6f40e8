//! The makers of ways in: who they are, and whether they could make them now.
//!
//! The condition judges by the maker's state and role; what the maker was granted is looked at where a way in is redeemed or shown
//! (`could_make` and its like in the domain). A condition over grants would have to repeat the policy's reaches in SQL,
//! and serves only filters and caps.

use std::collections::{BTreeSet, HashMap};

use roster_domain::decide::{invites, makes_codes, makes_links};
use roster_domain::policy::Role;
use roster_domain::{Holder, Policy, RoleName, TeamId};
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::convert::{ACTIVE, membership};
use crate::entity::{invitation, invite_link, member, person, team_code};
use crate::error::Result;
use crate::read::access::{access, grants_at};

/// Some people who made ways in.
#[derive(Default)]
pub(crate) struct Makers {
    holders: HashMap<(Uuid, i64), Holder>,
    user_ids: HashMap<i64, String>,
}

impl Makers {
    /// A maker's place in the team, if it still has one, and its user id, if that was not erased.
    pub(crate) fn get(&self, team: Uuid, maker: i64) -> (Option<Holder>, Option<String>) {
        (self.holders.get(&(team, maker)).cloned(), self.user_ids.get(&maker).cloned())
    }
}

/// What is known of these makers, each with the team of what it made: two statements for a whole page, three where
/// grants count.
pub(crate) async fn makers_of(
    conn: &impl ConnectionTrait,
    grants_count: bool,
    places: BTreeSet<(Uuid, i64)>,
) -> Result<Makers> {
    if places.is_empty() {
        return Ok(Makers::default());
    }
    // As pairs: with the team as a condition by itself Postgres, once it plans for any team, walks all its members.
    let place = Expr::tuple([
        Expr::col((member::Entity, member::Column::TeamId)),
        Expr::col((member::Entity, member::Column::Person)),
    ]);
    let rows = member::Entity::find().filter(place.in_tuples(places.iter().copied())).all(conn).await?;
    let mut grants = if grants_count {
        grants_at(conn, rows.iter().map(|row| (row.team_id, row.person)).collect()).await?
    } else {
        HashMap::new()
    };
    let mut holder = |row: &member::Model| -> Result<((Uuid, i64), Holder)> {
        let place = (row.team_id, row.person);
        let granted = grants.remove(&place).unwrap_or_default();
        Ok((place, Holder { membership: membership(row)?, access: access(row, granted)? }))
    };
    let holders = rows.iter().map(&mut holder).collect::<Result<_>>()?;
    let people: BTreeSet<i64> = places.into_iter().map(|(_, person)| person).collect();
    let people = person::Entity::find().filter(person::Column::Id.is_in(people)).all(conn).await?;
    Ok(Makers { holders, user_ids: people.into_iter().map(|row| (row.id, row.user_id)).collect() })
}

/// A table of ways in: each row with a role and a maker.
pub(crate) trait WayIn: EntityTrait {
    /// The column of the role.
    const ROLE: Self::Column;
    /// The column of the maker.
    const MAKER: Self::Column;

    /// Whether the policy has such ways in.
    fn offered(policy: &Policy) -> bool;

    /// Whether holders of the first role make such a way in to the second.
    fn makes(maker: &Role, role: &RoleName) -> bool;
}

impl WayIn for invite_link::Entity {
    const ROLE: invite_link::Column = invite_link::Column::Role;
    const MAKER: invite_link::Column = invite_link::Column::Maker;

    fn offered(policy: &Policy) -> bool {
        policy.invite_links.is_some()
    }

    fn makes(maker: &Role, role: &RoleName) -> bool {
        makes_links(maker, role)
    }
}

impl WayIn for team_code::Entity {
    const ROLE: team_code::Column = team_code::Column::Role;
    const MAKER: team_code::Column = team_code::Column::Maker;

    fn offered(policy: &Policy) -> bool {
        policy.team_codes.is_some()
    }

    fn makes(maker: &Role, role: &RoleName) -> bool {
        makes_codes(maker, role)
    }
}

impl WayIn for invitation::Entity {
    const ROLE: invitation::Column = invitation::Column::Role;
    const MAKER: invitation::Column = invitation::Column::Maker;

    fn offered(policy: &Policy) -> bool {
        policy.invitations.is_some()
    }

    fn makes(maker: &Role, role: &RoleName) -> bool {
        invites(maker, role)
    }
}

/// The rows whose maker could make them now. The maker's role is looked up row by row: `maker IN (SELECT …)` would read
/// all members of the makers' roles, however few rows there are.
pub(crate) fn maker_present<W: WayIn + Default>(policy: &Policy, team: TeamId) -> Condition {
    let mut any = Condition::any().add(Expr::val(1).eq(0));
    if !W::offered(policy) {
        return any;
    }
    for role in &policy.roles {
        let makers = policy.roles.iter().filter(|maker| W::makes(maker, &role.name));
        any = any.add(
            Condition::all()
                .add(Expr::col((W::default(), W::ROLE)).eq(role.name.as_str()))
                .add(maker_role::<W>(team).is_in(makers.map(|maker| maker.name.as_str()))),
        );
    }
    any
}

/// The role of a row's maker; empty, which no role is, where it is not an active member.
fn maker_role<W: WayIn + Default>(team: TeamId) -> Expr {
    let role = Query::select()
        .column(member::Column::Role)
        .from(member::Entity)
        .and_where(Expr::col((member::Entity, member::Column::TeamId)).eq(team.uuid()))
        .and_where(
            Expr::col((member::Entity, member::Column::Person))
                .equals((W::default(), W::MAKER).into_column_ref()),
        )
        .and_where(Expr::col((member::Entity, member::Column::State)).eq(ACTIVE))
        .to_owned();
    Func::coalesce([Expr::SubQuery(None, Box::new(role.into())), Expr::val("")]).into()
}
