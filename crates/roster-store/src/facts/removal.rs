//! What removing a member needs: what ends, or changes hands, with its membership.

use roster_domain::facts::RemovalFacts;

use super::member::MemberChange;
use crate::ask::invites::{self, Codes, Invitations, Links, OPEN_CODE, OPEN_LINK};
use crate::ask::{Question, Rows, Sql};
use crate::error::Result;
use crate::read::team::Team;

/// Asks about an actor and the member that it removes.
pub struct Removal<'a> {
    /// Who removes whom.
    pub change: MemberChange<'a>,
    /// Whether the target's live links and codes are asked for, which the actor may take over.
    pub adopt_invites: bool,
}

impl Question for Removal<'_> {
    type Facts = RemovalFacts;

    fn columns(&self, sql: &mut Sql<'_>) {
        self.change.columns(sql);
        invites::some::<Invitations>(sql, |sql| {
            sql.add(" AND email_key = b.email_key AND state = 1");
        });
        if self.adopt_invites {
            invites::some::<Links>(sql, |sql| {
                sql.add(" AND maker = b.person").add(OPEN_LINK).add(" ORDER BY revision");
            });
            invites::some::<Codes>(sql, |sql| {
                sql.add(" AND maker = b.person").add(OPEN_CODE).add(" ORDER BY revision");
            });
        }
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        self.change.joins(sql);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<RemovalFacts> {
        let member = self.change.facts(team, rows)?;
        let invitations = invites::read_some::<Invitations>(rows.one())?;
        let (links, codes) = if self.adopt_invites {
            (invites::read_some::<Links>(rows.one())?, invites::read_some::<Codes>(rows.one())?)
        } else {
            Default::default()
        };
        Ok(RemovalFacts { member, invitations, links, codes })
    }
}
