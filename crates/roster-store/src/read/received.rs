//! The invitations that one address has received, over all teams.

use std::collections::HashMap;

use roster_domain::facts::Invitation;
use roster_domain::policy::PolicyName;
use roster_domain::{DisplayName, EmailAddress, Grant, Holder, Policy, TeamId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::convert::{self, policy_name};
use crate::entity::{invitation, team};
use crate::error::Result;
use crate::open::Store;
use crate::read::access::offers_of;
use crate::read::invitation::{older_than, unanswered};
use crate::read::maker::{Makers, makers_of};

/// An invitation as whoever received it sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The invitation.
    pub invitation: Invitation,
    /// When it was made.
    pub created_at: Timestamp,
    /// The team.
    pub team: TeamId,
    /// The team's name.
    pub team_name: DisplayName,
    /// The team's policy.
    pub policy: PolicyName,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// The user id of its maker; none if that person's data was erased.
    pub maker_user_id: Option<String>,
}

/// Which received invitations to list, the newest first.
#[derive(Clone, Debug)]
pub struct ReceivedQuery<'a> {
    /// Whose.
    pub email: &'a EmailAddress,
    /// Only those of teams under these policies.
    pub policies: &'a [&'a Policy],
    /// The time that their ends are judged by.
    pub now: Timestamp,
    /// Only invitations after the one that was made then and has this id, in the list's order.
    pub after: Option<(Timestamp, Uuid)>,
    /// How many at most.
    pub limit: u64,
}

impl Store {
    /// A page of the pending invitations to an address.
    pub async fn received_invitations(&self, query: &ReceivedQuery<'_>) -> Result<Vec<Received>> {
        let db = &self.statements("list received invitations");
        let teams = Query::select()
            .column(team::Column::Id)
            .from(team::Entity)
            .and_where(Expr::col(team::Column::DeletedAt).is_null())
            .and_where(
                Expr::col(team::Column::Policy)
                    .is_in(query.policies.iter().map(|policy| policy.name.as_str().to_owned())),
            )
            .to_owned();
        let mut select = invitation::Entity::find()
            .filter(invitation::Column::EmailKey.eq(query.email.key()))
            .filter(unanswered(query.now))
            .filter(invitation::Column::TeamId.in_subquery(teams))
            .order_by_desc(invitation::Column::CreatedAt)
            .order_by_desc(invitation::Column::Id)
            .limit(query.limit);
        if let Some(after) = query.after {
            select = select.filter(older_than(after));
        }
        let rows = select.all(db).await?;
        let teams: HashMap<Uuid, team::Model> = team::Entity::find()
            .filter(team::Column::Id.is_in(rows.iter().map(|row| row.team_id)))
            .all(db)
            .await?
            .into_iter()
            .map(|team| (team.id, team))
            .collect();
        let grants_count = query.policies.iter().any(|policy| !policy.kinds.is_empty());
        let places = rows.iter().map(|row| (row.team_id, row.maker)).collect();
        let makers = makers_of(db, grants_count, places).await?;
        let offered = rows.iter().filter(|_| grants_count).map(|row| row.id);
        let mut offers = offers_of(db, offered).await?;
        // Deleted in between: there is nothing to be received any more.
        let with_team = rows.iter().filter_map(|row| Some((row, teams.get(&row.team_id)?)));
        with_team
            .map(|(row, team)| received(row, offers.remove(&row.id).unwrap_or_default(), team, &makers))
            .collect()
    }
}

fn received(
    row: &invitation::Model,
    grants: Vec<Grant>,
    team: &team::Model,
    makers: &Makers,
) -> Result<Received> {
    let (maker, maker_user_id) = makers.get(row.team_id, row.maker);
    Ok(Received {
        invitation: convert::invitation(row, grants)?,
        created_at: Timestamp::from_micros(row.created_at),
        team: TeamId::from_uuid(team.id),
        team_name: DisplayName::stored(team.display_name.clone()),
        policy: policy_name(&team.policy, team.id)?,
        maker,
        maker_user_id,
    })
}
