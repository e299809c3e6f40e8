//! What making and revoking an invite link need.

use roster_domain::facts::{LinkCreationFacts, LinkFacts};
use roster_domain::{LinkId, UserId};

use crate::ask::invites::{self, Links, OPEN_LINK};
use crate::ask::{Question, Rows, Sql, membership};
use crate::entity::invite_link;
use crate::error::Result;
use crate::read::team::Team;

/// Asks about somebody who wants to make a link.
pub struct LinkCreation<'a> {
    /// Who acts.
    pub actor: &'a UserId,
}

impl Question for LinkCreation<'_> {
    type Facts = LinkCreationFacts;

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::holder_columns(sql, "a");
        invites::count::<Links>(sql, |sql| {
            sql.add(" AND ").add(OPEN_LINK);
        });
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<LinkCreationFacts> {
        let (actor, actor_access) = membership::read_holder(team, rows)?;
        let policy = rows.policy();
        let live_links = invites::read_count::<invite_link::Entity>(rows.one(), policy)?;
        Ok(LinkCreationFacts { actor, actor_access, live_links })
    }
}

/// Asks about somebody who wants to revoke a link.
pub struct LinkChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The link.
    pub link: LinkId,
}

impl Question for LinkChange<'_> {
    type Facts = LinkFacts;

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::columns(sql, "a");
        invites::one::<Links>(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
        invites::join::<Links>(sql, self.link.uuid());
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<LinkFacts> {
        let actor = membership::read(team, rows)?;
        Ok(LinkFacts { actor, link: invites::read_one::<Links>(rows.one())? })
    }
}
