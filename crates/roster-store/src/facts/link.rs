//! What making and revoking an invite link need.

use roster_domain::facts::{LinkCreationFacts, LinkFacts};
use roster_domain::{LinkId, UserId};

use crate::ask::invites::{self, Links, OPEN_LINK};
use crate::ask::{Question, Rows, Sql, membership, shown};
use crate::error::Result;
use crate::read::link::StoredLink;
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
            sql.add(OPEN_LINK);
        });
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<LinkCreationFacts> {
        let (actor, actor_access) = membership::read_holder(team, rows)?;
        let policy = rows.policy();
        let live_links = invites::read_count::<Links>(rows.one(), policy)?;
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

/// The link as it is shown comes with the facts.
impl Question for LinkChange<'_> {
    type Facts = (LinkFacts, Option<StoredLink>);

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::columns(sql, "a");
        shown::one::<Links>(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
        shown::join::<Links>(sql, self.link.uuid());
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let actor = membership::read(team, rows)?;
        let stored = shown::read_one::<Links>(team, rows)?;
        Ok((LinkFacts { actor, link: stored.as_ref().map(|stored| stored.link.clone()) }, stored))
    }
}
