//! Invites as they are shown: each with its inviter, and with what only those see who manage invites.

use std::collections::HashMap;

use roster_domain::{Access, CodeId, Holder, InvitationId, LinkId, PersonKey};
use uuid::Uuid;

use super::invites::{self, Codes, Invitations, Kind, Links};
use super::json::{self, RawRows};
use super::{Question, Rows, Sql, Values, membership};
use crate::error::Result;
use crate::read::team::Team;

/// Asks for an invite of the team as it is shown; none where the team has no such invite.
pub struct InviteOf<I>(pub I);

/// Asks for those of these invites that are the team's, as they are shown, in no order.
pub struct InvitesOf<'a, I>(pub &'a [I]);

/// The id of an invite, which tells its kind.
pub trait InviteId: Copy + Send + Sync {
    /// The kind.
    type Kind: ShownKind;

    /// The id itself.
    fn key(self) -> Uuid;
}

impl InviteId for LinkId {
    type Kind = Links;

    fn key(self) -> Uuid {
        self.uuid()
    }
}

impl InviteId for CodeId {
    type Kind = Codes;

    fn key(self) -> Uuid {
        self.uuid()
    }
}

impl InviteId for InvitationId {
    type Kind = Invitations;

    fn key(self) -> Uuid {
        self.uuid()
    }
}

/// A kind of invites that are shown. Their inviters' memberships are read as `inviter`.
pub trait ShownKind: Kind {
    /// An invite as it is shown.
    type Stored: Send;
    /// How many columns there are beside those of the invite and of its inviter.
    const MORE: usize;

    /// Adds those columns, each after a comma.
    fn more(sql: &mut Sql<'_>);

    /// Joins what they are read from, where that is more than the invite's own row.
    fn joins(sql: &mut Sql<'_>) {
        let _ = sql;
    }

    /// Reads those columns, and shows the invite.
    fn stored(invite: Self::Invite, inviter: ShownInviter, values: &mut impl Values) -> Result<Self::Stored>;
}

/// An inviter: their place in the team, if they still have one, and their user id, if their data was not erased.
pub(crate) type ShownInviter = (Option<Holder>, Option<String>);

/// How many columns an inviter has.
const INVITER: usize = 8;

impl<I: InviteId> Question for InviteOf<I> {
    type Facts = Option<<I::Kind as ShownKind>::Stored>;

    fn columns(&self, sql: &mut Sql<'_>) {
        one::<I::Kind>(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        join::<I::Kind>(sql, self.0.key());
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        read_one::<I::Kind>(team, rows)
    }
}

impl<I: InviteId> Question for InvitesOf<'_, I> {
    type Facts = Vec<<I::Kind as ShownKind>::Stored>;

    fn columns(&self, sql: &mut Sql<'_>) {
        let ids: Vec<String> = self.0.iter().map(|id| id.key().simple().to_string()).collect();
        let ids = sql.hold(json::list(ids.iter().map(String::as_str)));
        // The team not by `=`, for the reason that `invites::join` has.
        some::<I::Kind>(sql, |sql| {
            sql.add("team_id IS NOT DISTINCT FROM ").name(Sql::TEAM);
            sql.either(
                " AND id = ANY (ARRAY(SELECT k.value::uuid FROM ",
                " AND id IN (SELECT unhex(k.value) FROM ",
            );
            json::elements(sql, ids);
            sql.either("))", ")");
        });
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        read_some::<I::Kind>(team, rows)
    }
}

/// Adds the columns of one invite, which may be absent.
pub(crate) fn one<K: ShownKind>(sql: &mut Sql<'_>) {
    sql.add(", i.id");
    columns::<K>(sql);
}

/// Joins the invite of that id, if it is the team's.
pub(crate) fn join<K: ShownKind>(sql: &mut Sql<'_>, id: Uuid) {
    invites::join::<K>(sql, id);
    sql.add(JOIN_INVITER);
    K::joins(sql);
}

/// Reads one invite.
pub(crate) fn read_one<K: ShownKind>(team: &Team, rows: &mut Rows<'_>) -> Result<Option<K::Stored>> {
    let grants_count = rows.grants_count();
    let columns = rows.one();
    let Some(id) = columns.next()? else {
        columns.skip(K::WIDTH + INVITER + K::MORE);
        return Ok(None);
    };
    read::<K>((team, id), grants_count, columns).map(Some)
}

/// Adds, as one column, the invites that meet the condition, which says of which team they are and may end in an order and a
/// limit. In no order. Beside them their inviters, who are few, each once.
pub(crate) fn some<K: ShownKind>(sql: &mut Sql<'_>, condition: impl FnOnce(&mut Sql<'_>)) {
    let page = |sql: &mut Sql<'_>| {
        sql.add("SELECT * FROM ").add(K::TABLE).add(" WHERE ");
        condition(sql);
    };
    let shown = |sql: &mut Sql<'_>| {
        let columns = |sql: &mut Sql<'_>| {
            sql.either(", i.id", ", hex(i.id)");
            invites::columns_of_many::<K>(sql);
            K::more(sql);
        };
        json::list_of(sql, columns, "page i");
        K::joins(sql);
    };
    let inviters = |sql: &mut Sql<'_>| {
        let columns = |sql: &mut Sql<'_>| {
            sql.add(", i.maker");
            inviter_columns(sql);
        };
        json::list_of(sql, columns, "(SELECT DISTINCT team_id, maker FROM page) i");
        sql.add(JOIN_INVITER);
    };
    json::pair(sql, page, shown, inviters);
}

/// Reads some invites.
pub(crate) fn read_some<K: ShownKind>(team: &Team, rows: &mut Rows<'_>) -> Result<Vec<K::Stored>> {
    let grants_count = rows.grants_count();
    let text = rows.one().next::<Option<String>>()?;
    let (page, inviters): (Option<RawRows<'_>>, Option<RawRows<'_>>) =
        json::parse(text.as_deref(), K::TABLE)?;
    let inviters = json::rows_of(inviters.unwrap_or_default(), "inviters").map(|mut row| {
        let key = row.next()?;
        Ok((PersonKey(key), read_inviter(team.id.uuid(), grants_count, &mut row)?))
    });
    let inviters: HashMap<PersonKey, ShownInviter> = inviters.collect::<Result<_>>()?;
    let shown = json::rows_of(page.unwrap_or_default(), K::TABLE).map(|mut row| {
        let id = row.next()?;
        let invite = K::read(id, &mut row)?;
        let inviter = inviters.get(&K::inviter(&invite)).cloned().unwrap_or_default();
        K::stored(invite, inviter, &mut row)
    });
    shown.collect()
}

fn columns<K: ShownKind>(sql: &mut Sql<'_>) {
    invites::columns::<K>(sql);
    inviter_columns(sql);
    K::more(sql);
}

fn read<K: ShownKind>(
    (team, id): (&Team, Uuid),
    grants_count: bool,
    values: &mut impl Values,
) -> Result<K::Stored> {
    let invite = K::read(id, values)?;
    let inviter = read_inviter(team.id.uuid(), grants_count, values)?;
    K::stored(invite, inviter, values)
}

/// Adds the columns of the inviter of an invite `i`, each after a comma.
pub(crate) fn inviter_columns(sql: &mut Sql<'_>) {
    sql.add(", (SELECT user_id FROM people WHERE id = i.maker)");
    membership::holder_columns(sql, "inviter");
}

/// Joins what they are read from.
pub(crate) const JOIN_INVITER: &str =
    " LEFT JOIN members inviter ON inviter.team_id = i.team_id AND inviter.person = i.maker";

/// Reads an inviter.
pub(crate) fn read_inviter(team: Uuid, grants_count: bool, values: &mut impl Values) -> Result<ShownInviter> {
    let user_id = values.next()?;
    let membership = membership::of(team, values)?;
    let access = membership::read_access(values, membership.as_ref().map(|membership| membership.person))?;
    let access = if grants_count { access } else { Access::default() };
    Ok((membership.map(|membership| Holder { membership, access }), user_id))
}
