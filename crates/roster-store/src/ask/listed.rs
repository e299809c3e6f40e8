//! A team's links and codes, page by page.

use std::cmp::Reverse;

use roster_domain::Revision;

use super::invites::{self, Kind};
use super::shown::{self, ShownKind};
use super::{Question, Rows, Sql};
use crate::error::Result;
use crate::read::team::Team;

/// Asks for a page of a team's invites of a kind, the newest first.
#[derive(Clone, Debug)]
pub struct InviteQuery<S> {
    /// Only those in this state, as of the time of the reading.
    pub state: Option<S>,
    /// Only those after the one that this revision of the team made, in the list's order.
    pub after: Option<Revision>,
    /// How many at most.
    pub limit: u64,
}

/// A state by which invites of a kind are listed.
pub trait ListedState: Copy + Send + Sync {
    /// The kind.
    type Kind: ShownKind;

    /// The condition that an invite is in the state.
    fn condition(self) -> Condition;

    /// The revision of the team that made the invite.
    fn revision(invite: &<Self::Kind as ShownKind>::Stored) -> Revision;
}

/// A condition of invites that are listed.
#[derive(Clone, Copy)]
pub struct Condition {
    /// What their own rows say, each part after AND.
    pub(crate) own: &'static str,
    /// Whether their inviters could make them now, by their state and role; not looked at where it is none.
    pub(crate) inviter_present: Option<bool>,
}

impl Condition {
    /// One that the rows themselves tell.
    pub(crate) fn own(own: &'static str) -> Self {
        Self { own, inviter_present: None }
    }

    /// One that depends on the inviters too.
    pub(crate) fn by_inviter(own: &'static str, inviter_present: bool) -> Self {
        Self { own, inviter_present: Some(inviter_present) }
    }

    pub(crate) fn add<K: Kind>(self, sql: &mut Sql<'_>) {
        sql.add(self.own);
        if let Some(present) = self.inviter_present {
            sql.add(if present { " AND (" } else { " AND NOT (" });
            invites::by_present_inviter::<K>(sql);
            sql.add(")");
        }
    }
}

impl<S: ListedState> Question for InviteQuery<S> {
    type Facts = Vec<<S::Kind as ShownKind>::Stored>;

    fn columns(&self, sql: &mut Sql<'_>) {
        shown::some::<S::Kind>(sql, |sql| {
            sql.add("team_id = ").name(Sql::TEAM);
            if let Some(state) = self.state {
                state.condition().add::<S::Kind>(sql);
            }
            if let Some(after) = self.after {
                sql.add(" AND revision < ").bind(after);
            }
            sql.add(" ORDER BY revision DESC LIMIT ").bind(i64::try_from(self.limit).unwrap_or(i64::MAX));
        });
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let mut found = shown::read_some::<S::Kind>(team, rows)?;
        found.sort_by_key(|invite| Reverse(S::revision(invite)));
        Ok(found)
    }
}
