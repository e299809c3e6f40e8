//! E-mail invitations that are shown and listed.

use std::cmp::Reverse;

use roster_domain::decide::ShownInvitationState;
use roster_domain::facts::Invitation;
use roster_domain::{EmailAddress, Holder, SecretRecord, Timestamp};
use uuid::Uuid;

use crate::ask::invites::{self, Invitations, SECRET};
use crate::ask::listed::Condition;
use crate::ask::shown::{self, ShownInviter, ShownKind};
use crate::ask::{Question, Rows, Sql, Values};
use crate::error::Result;
use crate::read::delivery::{self, Delivered};
use crate::read::team::Team;

/// An invitation as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// What its secret is derived from.
    pub secret: SecretRecord,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its maker's place in the team, if it still has one.
    pub maker: Option<Holder>,
    /// The user id of its maker; none if that person's data was erased.
    pub maker_user_id: Option<String>,
    /// When it was accepted or declined.
    pub answered_at: Option<Timestamp>,
    /// The user id of whoever did; none if nobody did, or if that person's data was erased.
    pub answered_by_user_id: Option<String>,
    /// How its mail fares; none where its secret was not mailed.
    pub delivery: Option<Delivered>,
}

/// Asks for a page of a team's invitations, the newest first.
#[derive(Clone, Debug)]
pub struct InvitationQuery<'a> {
    /// Only invitations in this state, as of the time of the reading.
    pub state: Option<ShownInvitationState>,
    /// Only invitations of this address.
    pub email: Option<&'a EmailAddress>,
    /// Only invitations after the one that was made then and has this id, in the list's order.
    pub after: Option<(Timestamp, Uuid)>,
    /// How many at most.
    pub limit: u64,
}

impl Question for InvitationQuery<'_> {
    type Facts = Vec<StoredInvitation>;

    fn columns(&self, sql: &mut Sql<'_>) {
        for part in parts(self.state) {
            shown::some::<Invitations>(sql, |sql| {
                sql.add("team_id = ").name(Sql::TEAM);
                part.add::<Invitations>(sql);
                if let Some(email) = self.email {
                    sql.add(" AND email_key = ").bind(email.key());
                }
                if let Some((created_at, id)) = self.after {
                    sql.add(" AND (created_at, id) < (")
                        .bind(created_at.micros())
                        .add(", ")
                        .bind(id)
                        .add(")");
                }
                newest(sql, self.limit);
            });
        }
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let mut found = Vec::new();
        for _ in parts(self.state) {
            found.extend(shown::read_some::<Invitations>(team, rows)?);
        }
        found.sort_by_key(place);
        found.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}

/// Asks for the team's invitations that are pending and have not expired, the newest first. Those whose inviter has gone are
/// among them.
pub struct PendingInvitations {
    /// The time that their ends are judged by.
    pub now: Timestamp,
    /// How many at most.
    pub limit: u64,
}

impl Question for PendingInvitations {
    type Facts = Vec<StoredInvitation>;

    fn columns(&self, sql: &mut Sql<'_>) {
        shown::some::<Invitations>(sql, |sql| {
            sql.add("team_id = ").name(Sql::TEAM);
            sql.add(" AND state = 1 AND expires_at > ").bind(self.now.micros());
            newest(sql, self.limit);
        });
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let mut found = shown::read_some::<Invitations>(team, rows)?;
        found.sort_by_key(place);
        Ok(found)
    }
}

/// Adds the order in which invitations are listed, and how many at most.
fn newest(sql: &mut Sql<'_>, limit: u64) {
    sql.add(" ORDER BY created_at DESC, id DESC LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
}

/// What that order goes by.
fn place(one: &StoredInvitation) -> Reverse<(Timestamp, Uuid)> {
    Reverse((one.created_at, one.invitation.id.uuid()))
}

/// The invitations in a state, as [`roster_domain::decide::shown_invitation_state`] tells states. In parts, each of one
/// stored state: an index leads through one of them in the list's order, and through two of them at once none does.
fn parts(state: Option<ShownInvitationState>) -> Vec<Condition> {
    const OPEN: &str = " AND state = 1 AND expires_at > c.now";
    match state {
        None => vec![Condition::own("")],
        Some(ShownInvitationState::Pending) => vec![Condition::by_inviter(OPEN, true)],
        Some(ShownInvitationState::MakerGone) => vec![Condition::by_inviter(OPEN, false)],
        Some(ShownInvitationState::Accepted) => vec![Condition::own(" AND state = 2")],
        Some(ShownInvitationState::Declined) => vec![Condition::own(" AND state = 3")],
        Some(ShownInvitationState::Cancelled) => vec![Condition::own(" AND state = 4")],
        Some(ShownInvitationState::Expired) => {
            vec![Condition::own(" AND state = 5"), Condition::own(" AND state = 1 AND expires_at <= c.now")]
        }
    }
}

impl ShownKind for Invitations {
    type Stored = StoredInvitation;
    const MORE: usize = SECRET + 7;

    fn more(sql: &mut Sql<'_>) {
        invites::secret_columns(sql);
        sql.add(
            ", i.created_at, i.answered_at, (SELECT user_id FROM people WHERE id = i.answered_by), letter.state, \
             letter.failure, letter.attempts, letter.sent_at",
        );
    }

    fn joins(sql: &mut Sql<'_>) {
        sql.add(
            " LEFT JOIN mails letter ON letter.invitation_id = i.id AND letter.generation = i.generation",
        );
    }

    fn stored(
        invitation: Invitation,
        inviter: ShownInviter,
        values: &mut impl Values,
    ) -> Result<StoredInvitation> {
        let (maker, maker_user_id) = inviter;
        let secret = invites::read_secret(values, "invitations", invitation.id)?;
        let created_at = Timestamp::from_micros(values.next()?);
        let answered_at = values.next::<Option<i64>>()?.map(Timestamp::from_micros);
        let answered_by_user_id = values.next()?;
        let delivery = delivery::read(values, invitation.id)?;
        Ok(StoredInvitation {
            invitation,
            secret,
            created_at,
            maker,
            maker_user_id,
            answered_at,
            answered_by_user_id,
            delivery,
        })
    }
}
