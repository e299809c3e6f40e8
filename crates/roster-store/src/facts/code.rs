//! What making, ending and redeeming a team code need.

use roster_domain::facts::{CodeCreationFacts, CodeFacts, CodeRedemptionFacts};
use roster_domain::{CodeId, CodeKey, CodeText, PersonKey, Policy, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};

use super::joining::{holder, joining};
use super::member::{by_user, grants_count, place};
use super::{Entering, Question};
use crate::convert;
use crate::convert::is_of_team;
use crate::entity::team_code;
use crate::error::Result;
use crate::people;
use crate::read::access::offers_of;
use crate::read::maker::maker_present;
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

impl Question for CodeCreation<'_> {
    type Facts = Coding;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<Coding> {
        let grants = grants_count(policy);
        let (actor, actor_access) = place(conn, team.id, self.actor, grants).await?;
        let facts = |live_codes| CodeCreationFacts { actor, actor_access, live_codes };
        let Some((policy, rules)) = policy.and_then(|policy| Some((policy, policy.team_codes.as_ref()?)))
        else {
            return Ok(Coding { free: None, facts: facts(0) });
        };
        let live_codes = team_code::Entity::find()
            .filter(team_code::Column::TeamId.eq(team.id.uuid()))
            .filter(open(now))
            .filter(maker_present::<team_code::Entity>(policy, team.id))
            .count(conn)
            .await?;
        let texts = self.random.iter().filter_map(|random| CodeText::make(rules, random)).collect();
        Ok(Coding { free: first_free(conn, texts).await?, facts: facts(live_codes) })
    }
}

/// The first text that no code has.
async fn first_free(conn: &impl ConnectionTrait, texts: Vec<CodeText>) -> Result<Option<CodeText>> {
    let keys = texts.iter().map(|text| CodeKey::of(text).reveal().to_owned());
    let taken: Vec<String> = team_code::Entity::find()
        .select_only()
        .column(team_code::Column::CodeKey)
        .filter(team_code::Column::CodeKey.is_in(keys))
        .into_tuple()
        .all(conn)
        .await?;
    let is_free = |text: &CodeText| taken.iter().all(|key| key != CodeKey::of(text).reveal());
    Ok(texts.into_iter().find(is_free))
}

/// Asks about somebody who wants to end a code.
pub struct CodeChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The code.
    pub code: CodeId,
}

impl Question for CodeChange<'_> {
    type Facts = CodeFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        _now: Timestamp,
    ) -> Result<CodeFacts> {
        let actor = by_user(conn, team.id, self.actor).await?;
        let row = team_code::Entity::find_by_id(self.code.uuid())
            .filter(is_of_team(team_code::Column::TeamId, team.id.uuid()))
            .one(conn)
            .await?;
        let Some(row) = row else { return Ok(CodeFacts { actor, code: None, maker: None }) };
        let grants = offers_of(conn, [row.id]).await?.remove(&row.id).unwrap_or_default();
        let code = convert::team_code(&row, grants)?;
        let maker = holder(conn, team.id, code.maker, grants_count(policy)).await?;
        Ok(CodeFacts { actor, code: Some(code), maker })
    }
}

/// Asks about somebody who wants to join by a code.
pub struct CodeRedemption<'a> {
    /// Who wants to join.
    pub user: &'a UserId,
    /// The code that the text is said to belong to.
    pub code: CodeId,
    /// The text as it is found. The code is found only if both belong together.
    pub key: &'a CodeKey,
}

impl Question for CodeRedemption<'_> {
    /// None where the team has no such code.
    type Facts = Option<Entering<CodeRedemptionFacts>>;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<Self::Facts> {
        let Some(row) = find_code(conn, team.id, self.code, self.key).await? else {
            return Ok(None);
        };
        let person = people::ensure(conn, self.user, now).await?;
        let facts = load(conn, team, &row, Some(person), (policy, now)).await?;
        Ok(Some(Entering { person, facts }))
    }
}

/// The code of that team, id and text, if the three belong together.
pub(crate) async fn find_code(
    conn: &impl ConnectionTrait,
    team: TeamId,
    code: CodeId,
    key: &CodeKey,
) -> Result<Option<team_code::Model>> {
    Ok(team_code::Entity::find_by_id(code.uuid())
        .filter(is_of_team(team_code::Column::TeamId, team.uuid()))
        .filter(team_code::Column::CodeKey.eq(key.reveal()))
        .one(conn)
        .await?)
}

/// The facts about a code and a person who may be unknown yet.
pub(crate) async fn load(
    conn: &impl ConnectionTrait,
    team: &Team,
    row: &team_code::Model,
    person: Option<PersonKey>,
    rules: (Option<&Policy>, Timestamp),
) -> Result<CodeRedemptionFacts> {
    let grants = offers_of(conn, [row.id]).await?.remove(&row.id).unwrap_or_default();
    let code = convert::team_code(row, grants)?;
    let joining = joining(conn, team, person, code.maker, rules).await?;
    Ok(CodeRedemptionFacts { code, joining })
}

/// The codes that have not ended by themselves: neither revoked nor expired nor used up.
pub(crate) fn open(now: Timestamp) -> Condition {
    let unexpired = Condition::any()
        .add(team_code::Column::ExpiresAt.is_null())
        .add(team_code::Column::ExpiresAt.gt(now.micros()));
    let unspent = Condition::any()
        .add(team_code::Column::MaxUses.is_null())
        .add(Expr::col(team_code::Column::Uses).lt(Expr::col(team_code::Column::MaxUses)));
    Condition::all().add(team_code::Column::RevokedAt.is_null()).add(unexpired).add(unspent)
}
