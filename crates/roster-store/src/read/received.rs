//! The invitations that one address has received, over all teams.

use roster_domain::facts::Invitation;
use roster_domain::policy::PolicyName;
use roster_domain::{DisplayName, EmailAddress, Holder, Policy, TeamId, Timestamp};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::ask::invites::{self, Invitations, Kind};
use crate::ask::{Columns, Known, Policies, Sql, Values, shown};
use crate::convert::policy_name;
use crate::error::Result;
use crate::open::Store;

/// An invitation as its recipient sees it.
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
    /// Its inviter's place in the team, if they still have one.
    pub maker: Option<Holder>,
    /// The inviter's user id; none if their data was erased.
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
        let mut sql = Sql::new(self.backend(), Policies::Own(None), Known::Nobody);
        sql.add("SELECT t.id, t.display_name, t.policy, i.created_at, i.id");
        invites::columns::<Invitations>(&mut sql);
        shown::inviter_columns(&mut sql);
        sql.add(" FROM invitations i JOIN teams t ON t.id = i.team_id").add(shown::JOIN_INVITER);
        sql.add(" WHERE i.email_key = ").bind(query.email.key());
        sql.add(" AND i.state = 1 AND i.expires_at > ").bind(query.now.micros());
        let policies = sql.list(query.policies.iter().map(|policy| policy.name.to_string()));
        sql.add(" AND t.deleted_at IS NULL AND ").among(policies, "t.policy");
        if let Some((created_at, id)) = query.after {
            sql.add(" AND (i.created_at, i.id) < (").bind(created_at.micros()).add(", ").bind(id).add(")");
        }
        sql.add(" ORDER BY i.created_at DESC, i.id DESC LIMIT ");
        sql.bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
        let rows = self.statements("list received invitations").query_all_raw(sql.statement()).await?;
        let grants_count = query.policies.iter().any(|policy| !policy.kinds.is_empty());
        rows.iter().map(|row| read(&mut Columns::of(row), grants_count)).collect()
    }
}

fn read(columns: &mut Columns<'_>, grants_count: bool) -> Result<Received> {
    let team: Uuid = columns.next()?;
    let team_name = DisplayName::stored(columns.next()?);
    let policy = policy_name(&columns.next::<String>()?, team)?;
    let created_at = Timestamp::from_micros(columns.next()?);
    let id = columns.next()?;
    let invitation = Invitations::read(id, columns)?;
    let (maker, maker_user_id) = shown::read_inviter(team, grants_count, columns)?;
    let team = TeamId::from_uuid(team);
    Ok(Received { invitation, created_at, team, team_name, policy, maker, maker_user_id })
}
