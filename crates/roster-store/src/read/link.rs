//! Invite links: found by a digest, shown, listed.

use std::collections::BTreeSet;

use roster_domain::decide::{InviteLinkState, makes_links};
use roster_domain::facts::RedemptionFacts;
use roster_domain::policy::PolicyName;
use roster_domain::{
    InviteLink, LinkId, Membership, Policy, Revision, SecretRecord, TeamId, Timestamp, UserId,
};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::convert::{self, ACTIVE, membership};
use crate::entity::{invite_link, member, person};
use crate::error::Result;
use crate::facts::{find_link, load_redemption};
use crate::open::Store;
use crate::people;
use crate::read::team::{Team, find_team};
use crate::tx::Tx;

/// A link as it is shown, and what its secret is derived from.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLink {
    /// The link.
    pub link: InviteLink,
    /// What its secret is derived from.
    pub secret: SecretRecord,
    /// Its maker's membership, if it still has one.
    pub maker: Option<Membership>,
    /// Its maker's user id; none if that person's data was erased.
    pub maker_user_id: Option<String>,
}

/// Where a token leads to: what a token store remembers of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPlace {
    /// The team.
    pub team: TeamId,
    /// The link.
    pub link: LinkId,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// What somebody who holds a token may see before joining.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The team.
    pub team: Team,
    /// What a redemption would be decided by.
    pub facts: RedemptionFacts,
    /// The user id of the link's maker; none if that person's data was erased.
    pub maker_user_id: Option<String>,
    /// The time of the reading.
    pub now: Timestamp,
}

/// Which links of a team to list, the newest first.
#[derive(Clone, Debug)]
pub struct LinkQuery<'a> {
    /// The team's policy, which says whose links are live.
    pub policy: &'a Policy,
    /// Only links in this state.
    pub state: Option<InviteLinkState>,
    /// The time that the state is judged by.
    pub now: Timestamp,
    /// Only links after the one that this revision of the team made, in the list's order.
    pub after: Option<Revision>,
    /// How many at most.
    pub limit: u64,
}

impl Store {
    /// Where a token leads to, by its digest: what to ask when the token store does not know. Revoked and expired links
    /// are found too. The time of the reading comes with it.
    pub async fn find_link(&self, digest: [u8; 32]) -> Result<Option<(LinkPlace, Timestamp)>> {
        let row = invite_link::Entity::find()
            .filter(invite_link::Column::Digest.eq(digest.to_vec()))
            .one(self.connection())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let place = LinkPlace {
            team: TeamId::from_uuid(row.team_id),
            link: LinkId::from_uuid(row.id),
            expires_at: Timestamp::from_micros(row.expires_at),
        };
        Ok(Some((place, self.now().await?)))
    }

    /// What a person would find who redeemed the token now. None where the place, the digest and the team do not
    /// belong together, the team was deleted, or `visible` says that its policy is not one of the calling service's.
    pub async fn preview(
        &self,
        place: LinkPlace,
        digest: [u8; 32],
        user: &UserId,
        policies: &[Policy],
        visible: impl Fn(&PolicyName) -> bool,
    ) -> Result<Option<Preview>> {
        let db = self.connection();
        let Some((team, now)) = find_team(db, self.clock, place.team).await? else {
            return Ok(None);
        };
        if team.deleted || !visible(&team.policy) {
            return Ok(None);
        }
        let Some(row) = find_link(db, team.id, place.link, digest).await? else {
            return Ok(None);
        };
        let person = people::find(db, user).await?;
        let facts = load_redemption(db, &team, &row, person, (policies, now)).await?;
        let maker_user_id = person::Entity::find_by_id(row.maker).one(db).await?.map(|person| person.user_id);
        Ok(Some(Preview { team, facts, maker_user_id, now }))
    }

    /// A link of a team.
    pub async fn link(&self, team: TeamId, link: LinkId) -> Result<Option<StoredLink>> {
        one(self.connection(), team, link).await
    }

    /// A page of a team's links.
    pub async fn links(&self, team: TeamId, query: &LinkQuery<'_>) -> Result<Vec<StoredLink>> {
        let mut select = invite_link::Entity::find()
            .filter(invite_link::Column::TeamId.eq(team.uuid()))
            .order_by_desc(invite_link::Column::Revision)
            .limit(query.limit);
        if let Some(state) = query.state {
            select = select.filter(in_state(state, query.policy, team, query.now));
        }
        if let Some(after) = query.after {
            select = select.filter(invite_link::Column::Revision.lt(after));
        }
        with_makers(self.connection(), team, select.all(self.connection()).await?).await
    }
}

impl Tx {
    /// A link of a team, as this transaction has left it.
    pub async fn link(&self, team: TeamId, link: LinkId) -> Result<Option<StoredLink>> {
        one(&self.txn, team, link).await
    }
}

async fn one(conn: &impl ConnectionTrait, team: TeamId, link: LinkId) -> Result<Option<StoredLink>> {
    let rows = invite_link::Entity::find_by_id(link.uuid())
        .filter(invite_link::Column::TeamId.eq(team.uuid()))
        .all(conn)
        .await?;
    Ok(with_makers(conn, team, rows).await?.pop())
}

/// Adds what is known of the makers, in two statements for a whole page.
async fn with_makers(
    conn: &impl ConnectionTrait,
    team: TeamId,
    rows: Vec<invite_link::Model>,
) -> Result<Vec<StoredLink>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let makers: BTreeSet<i64> = rows.iter().map(|row| row.maker).collect();
    // As pairs: with the team as a condition by itself Postgres, once it plans for any team, walks all its members.
    let member_of_team = Expr::tuple([
        Expr::col((member::Entity, member::Column::TeamId)),
        Expr::col((member::Entity, member::Column::Person)),
    ]);
    let members = member::Entity::find()
        .filter(member_of_team.in_tuples(makers.iter().map(|maker| (team.uuid(), *maker))))
        .all(conn)
        .await?;
    let people = person::Entity::find().filter(person::Column::Id.is_in(makers)).all(conn).await?;
    rows.iter()
        .map(|row| {
            let maker = members.iter().find(|member| member.person == row.maker);
            Ok(StoredLink {
                link: convert::invite_link(row)?,
                secret: convert::secret_record(row)?,
                maker: maker.map(membership).transpose()?,
                maker_user_id: people
                    .iter()
                    .find(|person| person.id == row.maker)
                    .map(|row| row.user_id.clone()),
            })
        })
        .collect()
}

/// The links in a state, as [`roster_domain::decide::link_state`] tells states.
fn in_state(state: InviteLinkState, policy: &Policy, team: TeamId, now: Timestamp) -> Condition {
    let revoked = invite_link::Column::RevokedAt.is_not_null();
    let expired = invite_link::Column::ExpiresAt.lte(now.micros());
    let open = Condition::all().add(revoked.clone().not()).add(expired.clone().not());
    match state {
        InviteLinkState::Revoked => Condition::all().add(revoked),
        InviteLinkState::Expired => Condition::all().add(revoked.not()).add(expired),
        InviteLinkState::Live => open.add(maker_present(policy, team)),
        InviteLinkState::MakerGone => open.add(maker_present(policy, team).not()),
    }
}

/// The links whose maker could make them now, as [`roster_domain::decide::could_make`] tells it. The maker's role is
/// looked up link by link: `maker IN (SELECT …)` would read all members of the makers' roles, however few links there
/// are.
pub(crate) fn maker_present(policy: &Policy, team: TeamId) -> Condition {
    let mut any = Condition::any().add(Expr::val(1).eq(0));
    if policy.invite_links.is_none() {
        return any;
    }
    for role in &policy.roles {
        let makers = policy
            .roles
            .iter()
            .filter(|maker| makes_links(maker, &role.name))
            .map(|maker| maker.name.as_str());
        any = any.add(
            Condition::all()
                .add(invite_link::Column::Role.eq(role.name.as_str()))
                .add(maker_role(team).is_in(makers)),
        );
    }
    any
}

/// The role of a link's maker; empty, which no role is, where it is not an active member.
fn maker_role(team: TeamId) -> Expr {
    let maker = (invite_link::Entity, invite_link::Column::Maker);
    let role = Query::select()
        .column(member::Column::Role)
        .from(member::Entity)
        .and_where(Expr::col((member::Entity, member::Column::TeamId)).eq(team.uuid()))
        .and_where(Expr::col((member::Entity, member::Column::Person)).equals(maker))
        .and_where(Expr::col((member::Entity, member::Column::State)).eq(ACTIVE))
        .to_owned();
    Func::coalesce([Expr::SubQuery(None, Box::new(role.into())), Expr::val("")]).into()
}
