//! What making and ending a team code need.

use roster_domain::facts::{CodeCreationFacts, CodeFacts};
use roster_domain::{CodeId, CodeKey, CodeText, Policy, UserId};

use crate::ask::invites::{self, Codes, OPEN_CODE};
use crate::ask::{Question, Rows, Sql, json, membership, shown};
use crate::error::Result;
use crate::read::code::StoredCode;
use crate::read::team::Team;

/// Asks about somebody who wants to make a code.
pub struct CodeCreation<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// Random bytes, of each of which the code may get its text: as many as the longest code has signs.
    pub random: &'a [[u8; 32]],
}

/// Somebody who is about to make a code.
pub struct Coding {
    /// The first of the texts that no code has yet, of whatever team; none where all are taken, or the policy has no
    /// codes.
    pub free: Option<CodeText>,
    /// What the decision needs.
    pub facts: CodeCreationFacts,
}

impl CodeCreation<'_> {
    /// The texts that the code may get; none where the policy has no codes.
    fn texts(&self, policy: Option<&Policy>) -> Vec<CodeText> {
        let Some(rules) = policy.and_then(|policy| policy.team_codes.as_ref()) else { return Vec::new() };
        self.random.iter().filter_map(|random| CodeText::make(rules, random)).collect()
    }
}

impl Question for CodeCreation<'_> {
    type Facts = Coding;

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::holder_columns(sql, "a");
        invites::count::<Codes>(sql, |sql| {
            sql.add(OPEN_CODE);
        });
        let keys: Vec<CodeKey> = self.texts(sql.own_policy()).iter().map(CodeKey::of).collect();
        let keys = sql.hold(json::list(keys.iter().map(CodeKey::reveal)));
        sql.add(", (SELECT ").group().either("(k.value)::text", "(k.value)").add(" FROM ");
        json::elements(sql, keys);
        sql.add(" WHERE (SELECT 1 FROM team_codes WHERE code_key = k.value) = 1)");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Coding> {
        let (actor, actor_access) = membership::read_holder(team, rows)?;
        let policy = rows.policy();
        let live_codes = invites::read_count::<Codes>(rows.one(), policy)?;
        let taken: Vec<String> = json::read(rows.one(), "the codes that are taken")?;
        let is_free = |text: &CodeText| taken.iter().all(|key| key != CodeKey::of(text).reveal());
        let free = self.texts(policy).into_iter().find(is_free);
        Ok(Coding { free, facts: CodeCreationFacts { actor, actor_access, live_codes } })
    }
}

/// Asks about somebody who wants to end a code.
pub struct CodeChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The code.
    pub code: CodeId,
}

/// The code as it is shown comes with the facts.
impl Question for CodeChange<'_> {
    type Facts = (CodeFacts, Option<StoredCode>);

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::columns(sql, "a");
        shown::one::<Codes>(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
        shown::join::<Codes>(sql, self.code.uuid());
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let actor = membership::read(team, rows)?;
        let stored = shown::read_one::<Codes>(team, rows)?;
        let (code, maker) = stored.clone().map(|stored| (stored.code, stored.maker)).unzip();
        Ok((CodeFacts { actor, code, maker: maker.flatten() }, stored))
    }
}
