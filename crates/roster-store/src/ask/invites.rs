//! Invites that are read beside a team: links, codes, e-mail invitations, one or some.

use roster_domain::decide::{invites, makes_codes, makes_links};
use roster_domain::facts::{Invitation, TeamCode};
use roster_domain::policy::Role;
use roster_domain::{
    Access, CodeId, InvitationId, InviteLink, LinkId, PersonKey, Policy, RoleName, SecretRecord, Timestamp,
};
use uuid::Uuid;

use super::sql::Policies;
use super::{Bound, Columns, Sql, Values, grants, json};
use crate::convert::{self, restricted, role_name};
use crate::error::{Error, Result};

/// The condition, after AND, of a code that has not ended by itself: neither revoked nor expired nor used up.
pub(crate) const OPEN_CODE: &str = " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > c.now) \
                                    AND (max_uses IS NULL OR uses < max_uses)";

/// The condition, after AND, of a link that has not ended by itself: neither revoked nor expired. The upper bound holds always: with it
/// Postgres takes the live ones for few, which they are, and finds them by their index.
pub(crate) const OPEN_LINK: &str =
    " AND revoked_at IS NULL AND expires_at > c.now AND expires_at <= 9223372036854775807";

/// A kind of invites, whose rows are read as `i`.
pub trait Kind {
    /// An invite as the domain has it.
    type Invite;
    /// The table.
    const TABLE: &'static str;
    /// How many columns there are beside the id.
    const WIDTH: usize;

    /// Whether the policy has such invites.
    fn offered(policy: &Policy) -> bool;

    /// Whether holders of the first role make such invites to the second. Filters and caps judge by that alone; what an
    /// inviter was granted is looked at where an invite is redeemed or shown (`could_make` and its like in the domain).
    fn makes(maker: &Role, role: &RoleName) -> bool;

    /// Whether they bring grants with them, which are read last.
    const OFFERS: bool;

    /// Adds the columns beside the id and the grants, each after a comma.
    fn columns(sql: &mut Sql<'_>);

    /// The person who made it.
    fn inviter(invite: &Self::Invite) -> PersonKey;

    /// Reads an invite.
    fn read(id: Uuid, values: &mut impl Values) -> Result<Self::Invite>;
}

/// Adds the columns of one invite, which may be absent.
pub(crate) fn one<K: Kind>(sql: &mut Sql<'_>) {
    sql.add(", i.id");
    columns::<K>(sql);
}

/// Adds the columns of an invite beside its id, each after a comma.
pub(crate) fn columns<K: Kind>(sql: &mut Sql<'_>) {
    K::columns(sql);
    if K::OFFERS {
        grants::column(sql, "offered_grants", "offer_id = i.id");
    }
}

/// The same of many invites of the team.
pub(crate) fn columns_of_many<K: Kind>(sql: &mut Sql<'_>) {
    K::columns(sql);
    if K::OFFERS {
        grants::column_of_offers(sql);
    }
}

/// Reads one invite.
pub(crate) fn read_one<K: Kind>(columns: &mut Columns<'_>) -> Result<Option<K::Invite>> {
    let Some(id) = columns.next()? else {
        columns.skip(K::WIDTH);
        return Ok(None);
    };
    K::read(id, columns).map(Some)
}

/// Joins the row of that id, if it is the team's. The team not by `=`: that offers the team's index, along which a plan that
/// is made for all teams may walk all rows of a large one, although the id names the row.
pub(crate) fn join<K: Kind>(sql: &mut Sql<'_>, id: Uuid) {
    join_by::<K>(sql, |sql| {
        sql.add("id = ").bind(id);
    });
}

/// Joins the row that the condition on `i` names, if it is the team's.
pub(crate) fn join_by<K: Kind>(sql: &mut Sql<'_>, names: impl FnOnce(&mut Sql<'_>)) {
    sql.add(" LEFT JOIN ").add(K::TABLE).add(" i ON i.");
    names(sql);
    sql.add(" AND i.team_id IS NOT DISTINCT FROM t.id");
}

/// Adds, as one column, the invites of the team that fit the rest of the condition, which may end in an order and a limit.
pub(crate) fn some<K: Kind>(sql: &mut Sql<'_>, rest: impl FnOnce(&mut Sql<'_>)) {
    json::rows(sql, listed::<K>, |sql| {
        let team = Sql::TEAM;
        sql.add("(SELECT * FROM ").add(K::TABLE).add(" WHERE team_id = ").name(team);
        rest(sql);
        sql.add(") i");
    });
}

/// Adds the columns of an invite within a list.
fn listed<K: Kind>(sql: &mut Sql<'_>) {
    sql.either(", i.id", ", hex(i.id)");
    columns::<K>(sql);
}

/// Adds, as one column, the pending invitations to the addresses of a list. One look into the index for each: a team beside
/// a list would let a plan that is made for all teams walk all invitations of a large one.
pub(crate) fn pending_to(sql: &mut Sql<'_>, keys: Bound) {
    let team = Sql::TEAM;
    sql.add(", (SELECT ").group().either("(x)::text", "(json(x))").add(" FROM (SELECT (SELECT ");
    sql.array_of(listed::<Invitations>).add(" FROM invitations i WHERE i.team_id = ").name(team);
    sql.add(" AND i.email_key = k.value AND i.state = 1) AS x FROM ");
    json::elements(sql, keys);
    sql.add(") y WHERE x IS NOT NULL)");
}

/// Reads some invites.
pub(crate) fn read_some<K: Kind>(columns: &mut Columns<'_>) -> Result<Vec<K::Invite>> {
    json::read_rows(columns, K::TABLE, |mut row| {
        let id = row.next()?;
        K::read(id, &mut row)
    })
}

/// Adds, as one column, how many of the team's invites fit the rest of the condition, by their role and that of their
/// inviters, who must be active members. Counted in one pass, and the inviters' roles are looked up one by one, since
/// they are few.
pub(crate) fn count<K: Kind>(sql: &mut Sql<'_>, rest: impl FnOnce(&mut Sql<'_>)) {
    sql.add(", (");
    counts::<K>(sql, rest);
    sql.either(")::text", ")");
}

/// Adds, as one column, how many of the team's invites fit the rest of the condition, and only where those are more than
/// `few`, the same by roles as [`count`] has it: most teams are far from a cap, and an index alone tells how many there are.
pub(crate) fn count_beyond<K: Kind>(sql: &mut Sql<'_>, few: i64, rest: &str) {
    sql.add(", (SELECT ").array().add("(n, CASE WHEN n > ").bind(few).either(" THEN (", " THEN json((");
    counts::<K>(sql, |sql| {
        sql.add(rest);
    });
    sql.either(") END)::text", ")) END)").add(" FROM (SELECT count(*) AS n FROM ").add(K::TABLE);
    sql.add(" WHERE team_id = ").name(Sql::TEAM).add(rest).add(") a)");
}

fn counts<K: Kind>(sql: &mut Sql<'_>, rest: impl FnOnce(&mut Sql<'_>)) {
    let team = Sql::TEAM;
    sql.add("SELECT ").group().add("(").array();
    sql.add("(i.role, (SELECT role FROM members WHERE team_id = ").name(team);
    sql.add(" AND person = i.maker AND state = 1), i.count))");
    sql.add(" FROM (SELECT role, maker, count(*) AS count FROM ")
        .add(K::TABLE)
        .add(" WHERE team_id = ")
        .name(team);
    rest(sql);
    sql.add(" GROUP BY role, maker) i");
}

/// Adds the condition that the inviter of a row could make such an invite now, by their state and role. The inviter's role is
/// looked up row by row: a condition over all inviters would read every holder of their roles.
pub(crate) fn by_present_inviter<K: Kind>(sql: &mut Sql<'_>) {
    let policies = match sql.policies() {
        Policies::Own(policy) => policy.into_iter().collect::<Vec<_>>(),
        Policies::Served(policies) => policies.iter().collect(),
    };
    let offering = policies.into_iter().filter(|policy| K::offered(policy));
    let pairs = offering.flat_map(|policy| {
        let pairs = policy.roles.iter().flat_map(|role| policy.roles.iter().map(move |maker| (maker, role)));
        let makes = pairs.filter(|(maker, role)| K::makes(maker, &role.name));
        makes.map(|(maker, role)| format!("{}/{}/{}", policy.name, maker.name, role.name))
    });
    let pairs = sql.list(pairs);
    sql.among(
        pairs,
        "t.policy || '/' || coalesce((SELECT m.role FROM members m WHERE m.team_id = t.id AND m.person = maker \
         AND m.state = 1), '') || '/' || role",
    );
}

/// Reads how many invites there are that those who made them could make now. None where the policy is not served.
pub(crate) fn read_count<K: Kind>(columns: &mut Columns<'_>, policy: Option<&Policy>) -> Result<u64> {
    Ok(live::<K>(json::read(columns, "the counts of invites")?, policy))
}

/// The same of [`count_beyond`], and how many there are in all. All of them where they are few.
pub(crate) fn read_count_beyond<K: Kind>(
    columns: &mut Columns<'_>,
    policy: Option<&Policy>,
) -> Result<(u64, u64)> {
    let (all, counts): (u64, Option<Vec<Count>>) = json::read(columns, "the counts of invites")?;
    Ok((counts.map_or(all, |counts| live::<K>(counts, policy)), all))
}

/// A role, that of the inviters if they are active members, and how many invites there are of both.
type Count = (String, Option<String>, u64);

fn live<K: Kind>(counts: Vec<Count>, policy: Option<&Policy>) -> u64 {
    let Some(policy) = policy.filter(|policy| K::offered(policy)) else { return 0 };
    let counts = counts.into_iter().map(|(role, inviter, count)| {
        let inviter = inviter.and_then(|role| RoleName::parse(&role)).and_then(|role| policy.role(&role));
        let role = RoleName::parse(&role).filter(|role| policy.role(role).is_some());
        match (role, inviter) {
            (Some(role), Some(inviter)) if K::makes(inviter, &role) => count,
            _ => 0,
        }
    });
    counts.sum()
}

/// Invite links.
pub struct Links;

impl Kind for Links {
    type Invite = InviteLink;
    const TABLE: &'static str = "invite_links";
    const WIDTH: usize = 7;
    const OFFERS: bool = false;

    fn offered(policy: &Policy) -> bool {
        policy.invite_links.is_some()
    }

    fn makes(maker: &Role, role: &RoleName) -> bool {
        makes_links(maker, role)
    }

    fn columns(sql: &mut Sql<'_>) {
        sql.add(", i.role, i.maker, i.revision, i.created_at, i.expires_at, i.revoked_at, i.uses");
    }

    fn inviter(link: &InviteLink) -> PersonKey {
        link.maker
    }

    fn read(id: Uuid, values: &mut impl Values) -> Result<InviteLink> {
        let role: String = values.next()?;
        Ok(InviteLink {
            id: LinkId::from_uuid(id),
            role: role_name(&role, Self::TABLE, id)?,
            maker: PersonKey(values.next()?),
            revision: values.next()?,
            created_at: Timestamp::from_micros(values.next()?),
            expires_at: Timestamp::from_micros(values.next()?),
            revoked_at: values.next::<Option<i64>>()?.map(Timestamp::from_micros),
            uses: values.next()?,
        })
    }
}

/// Team codes.
pub struct Codes;

impl Kind for Codes {
    type Invite = TeamCode;
    const TABLE: &'static str = "team_codes";
    const WIDTH: usize = 9;
    const OFFERS: bool = true;

    fn offered(policy: &Policy) -> bool {
        policy.team_codes.is_some()
    }

    fn makes(maker: &Role, role: &RoleName) -> bool {
        makes_codes(maker, role)
    }

    fn columns(sql: &mut Sql<'_>) {
        sql.add(
            ", i.role, i.maker, i.revision, i.expires_at, i.revoked_at, i.uses, i.max_uses, i.restricted",
        );
    }

    fn inviter(code: &TeamCode) -> PersonKey {
        code.maker
    }

    fn read(id: Uuid, values: &mut impl Values) -> Result<TeamCode> {
        let role: String = values.next()?;
        let (maker, revision) = (PersonKey(values.next()?), values.next()?);
        let expires_at = values.next::<Option<i64>>()?.map(Timestamp::from_micros);
        let revoked_at = values.next::<Option<i64>>()?.map(Timestamp::from_micros);
        let (uses, max_uses) = (values.next()?, values.next()?);
        Ok(TeamCode {
            id: CodeId::from_uuid(id),
            role: role_name(&role, Self::TABLE, id)?,
            access: access(values, Self::TABLE, id)?,
            maker,
            revision,
            expires_at,
            revoked_at,
            uses,
            max_uses,
        })
    }
}

/// E-mail invitations.
pub struct Invitations;

impl Kind for Invitations {
    type Invite = Invitation;
    const TABLE: &'static str = "invitations";
    const WIDTH: usize = 11;
    const OFFERS: bool = true;

    fn offered(policy: &Policy) -> bool {
        policy.invitations.is_some()
    }

    fn makes(maker: &Role, role: &RoleName) -> bool {
        invites(maker, role)
    }

    fn columns(sql: &mut Sql<'_>) {
        sql.add(
            ", i.email, i.role, i.maker, i.revision, i.version, i.generation, i.expires_at, i.state, i.answered_by, \
             i.restricted",
        );
    }

    fn inviter(invitation: &Invitation) -> PersonKey {
        invitation.maker
    }

    fn read(id: Uuid, values: &mut impl Values) -> Result<Invitation> {
        let corrupt = |column| Error::corrupt(Self::TABLE, column, id);
        let email: String = values.next()?;
        let role: String = values.next()?;
        let maker = PersonKey(values.next()?);
        let (revision, version) = (values.next()?, values.next()?);
        let generation: i32 = values.next()?;
        let expires_at = Timestamp::from_micros(values.next()?);
        let state: i16 = values.next()?;
        let answered_by = values.next::<Option<i64>>()?.map(PersonKey);
        Ok(Invitation {
            id: InvitationId::from_uuid(id),
            email: convert::invited_address(&email, id)?,
            role: role_name(&role, Self::TABLE, id)?,
            access: access(values, Self::TABLE, id)?,
            maker,
            revision,
            version,
            generation: u32::try_from(generation).map_err(|_| corrupt("generation"))?,
            expires_at,
            state: convert::invitation_state(state).ok_or_else(|| corrupt("state"))?,
            answered_by,
        })
    }
}

/// Adds what a secret is derived from, after a comma.
pub(crate) fn secret_columns(sql: &mut Sql<'_>) {
    sql.either(", encode(i.digest, 'hex'), encode(i.salt, 'hex')", ", hex(i.digest), hex(i.salt)");
    sql.add(", i.generation, i.key_id");
}

/// Reads what a secret is derived from.
pub(crate) fn read_secret(
    values: &mut impl Values,
    table: &'static str,
    row: impl std::fmt::Display + Copy,
) -> Result<SecretRecord> {
    let corrupt = |column| Error::corrupt(table, column, row);
    let (digest, salt): (String, String) = (values.next()?, values.next()?);
    let generation: i32 = values.next()?;
    Ok(SecretRecord {
        digest: bytes(&digest).ok_or_else(|| corrupt("digest"))?,
        salt: bytes(&salt).ok_or_else(|| corrupt("salt"))?,
        generation: u32::try_from(generation).map_err(|_| corrupt("generation"))?,
        key_id: values.next()?,
    })
}

/// How many columns a secret has.
pub(crate) const SECRET: usize = 4;

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    hex.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

fn access(values: &mut impl Values, table: &'static str, id: Uuid) -> Result<Access> {
    let kinds: String = values.next()?;
    let grants = grants::read(values, "offered_grants", id)?;
    Ok(Access { grants, restricted: restricted(&kinds, table, id)? })
}
