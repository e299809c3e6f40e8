//! What changes of a team itself need.

use roster_domain::facts::{ActorFacts, PurgeFacts, TransferFacts};
use roster_domain::policy::KindName;
use roster_domain::{Access, Membership, Policy, ResourceId, UserId};

use crate::ask::{Question, Rows, Sql, Values, membership};
use crate::error::{Error, Result};
use crate::read::member::{self, Member};
use crate::read::team::Team;

/// Asks about a member who changes the team itself.
pub struct TeamChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
}

impl Question for TeamChange<'_> {
    type Facts = ActorFacts;

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::columns(sql, "a");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<ActorFacts> {
        Ok(ActorFacts { team: team.facts.clone(), actor: membership::read(team, rows)? })
    }
}

/// Asks about a member who ends every grant of a resource.
pub struct Purge<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The kind.
    pub kind: &'a KindName,
    /// The resource.
    pub resource: &'a ResourceId,
}

impl Question for Purge<'_> {
    type Facts = PurgeFacts;

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::columns(sql, "a");
        let team = Sql::TEAM;
        let (kind, resource) = (sql.hold(self.kind.as_str()), sql.hold(self.resource.as_str()));
        for table in ["grants", "offered_grants"] {
            sql.add(", (SELECT count(*) FROM ").add(table).add(" WHERE team_id = ").name(team);
            sql.add(" AND kind = ").name(kind).add(" AND resource = ").name(resource).add(")");
        }
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<PurgeFacts> {
        let actor = membership::read(team, rows)?;
        let mut count = || -> Result<u64> {
            let count: i64 = rows.one().next()?;
            u64::try_from(count).map_err(|_| Error::internal("a count of grants is negative"))
        };
        Ok(PurgeFacts { actor, members: count()?, offers: count()? })
    }
}

/// Asks about the move of the role with exactly one holder.
pub struct Transfer<'a> {
    /// Who acts; none where a calling service acts by itself.
    pub actor: Option<&'a UserId>,
    /// Who is to get the role.
    pub target: &'a UserId,
}

/// What the move of the role is decided by, and those whom it concerns as they are shown.
pub struct Transferring {
    /// What the decision needs.
    pub facts: TransferFacts,
    /// Who has the role now.
    pub holder: Option<Member>,
    /// Who is to get it.
    pub target: Option<Member>,
}

impl Question for Transfer<'_> {
    type Facts = Transferring;

    fn columns(&self, sql: &mut Sql<'_>) {
        if self.actor.is_some() {
            membership::columns(sql, "a");
        }
        member::columns(sql, "s");
        member::columns(sql, "b");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        if let Some(actor) = self.actor {
            membership::join(sql, "a", actor);
        }
        let (team, sole) = (Sql::TEAM, sql.own_policy().and_then(Policy::sole));
        let sole = sql.hold(sole.map(|(role, _)| role.name.as_str().to_owned()));
        // The holder is active. State and order are those of the index that leads to a role's holders: without
        // them Postgres may walk the team, or all teams, to find the one.
        sql.add(" LEFT JOIN (SELECT * FROM members WHERE team_id = ").name(team);
        sql.add(" AND state = 1 AND role = ")
            .name(sole)
            .add(" ORDER BY joined_at, person LIMIT 1) s ON true");
        membership::join(sql, "b", self.target);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Transferring> {
        let actor = match self.actor {
            Some(_) => membership::read(team, rows)?,
            None => None,
        };
        let (holder, target) = (member::read_one(team, rows.one())?, member::read_one(team, rows.one())?);
        let grants_count = rows.grants_count();
        let access = |one: &Option<(Membership, Member)>| match one {
            Some((_, member)) if grants_count => member.access.clone(),
            _ => Access::default(),
        };
        let (holder_access, target_access) = (access(&holder), access(&target));
        let ((holder, holder_shown), (target, target_shown)) = (holder.unzip(), target.unzip());
        let facts = TransferFacts { actor, holder, holder_access, target, target_access };
        Ok(Transferring { facts, holder: holder_shown, target: target_shown })
    }
}
