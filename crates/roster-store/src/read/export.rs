//! Everything that is held about a person, page by page.
//!
//! The kinds of things come one after the other, each in the order of a key that never changes, so that a page goes on
//! where the one before ended whatever happened in between. What one page shows is of one moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use roster_domain::facts::{Invitation, TeamCode};
use roster_domain::policy::PolicyName;
use roster_domain::{EmailAddress, EventId, InviteLink, PersonKey, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::begin::begin_reading;
use crate::convert;
use crate::db::Transaction;
use crate::entity::{event, invitation, invite_link, member, person, removal, team, team_code};
use crate::error::{Error, Result};
use crate::open::Store;
use crate::read::access::offers_of;
use crate::read::member::{Member, places_of};
use crate::read::payload::EventType;
use crate::read::team::{Team, find_teams};

/// What to show about whom.
#[derive(Clone, Debug)]
pub struct ExportQuery<'a> {
    /// The person.
    pub user: &'a UserId,
    /// Addresses that are said to be the person's.
    pub emails: &'a [EmailAddress],
    /// Only what lies in teams under these policies; none is everything.
    pub policies: Option<Vec<PolicyName>>,
    /// Whether since when the person is known is shown too.
    pub person: bool,
    /// Only what comes after this.
    pub after: Option<ExportPlace>,
    /// How many at most.
    pub limit: u64,
}

/// Where something stands among all that is held about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExportPlace {
    /// The person itself.
    Person,
    /// Its place in that team.
    Membership(Uuid),
    /// Its removal from that team, or its lowering in it.
    Removal(Uuid),
    /// That invitation.
    Invitation(Uuid),
    /// That link.
    InviteLink(Uuid),
    /// That code.
    TeamCode(Uuid),
    /// The event of that number.
    Event(i64),
}

/// Something that is held about a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Exported {
    /// The person itself: its user id, and since when it is known.
    Person(String, Timestamp),
    /// Its place in a team, which may be deleted.
    Membership(Box<Team>, Box<Member>),
    /// The revision at which a team removed or lowered it last.
    Removal(TeamId, i64),
    /// An invitation that has to do with it.
    Invitation(Box<ExportedInvitation>),
    /// A link that it made.
    InviteLink(TeamId, InviteLink),
    /// A code that it made, and when.
    TeamCode(TeamId, Box<TeamCode>, Timestamp),
    /// An event that names it.
    Event(ExportedEvent),
}

/// An invitation that has to do with a person.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedInvitation {
    /// The team.
    pub team: TeamId,
    /// The invitation; its address may be somebody else's.
    pub invitation: Invitation,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was accepted or declined.
    pub answered_at: Option<Timestamp>,
    /// Whether its address is one of the person's.
    pub addressed: bool,
    /// Whether the person made it, or last sent it again.
    pub made: bool,
    /// Whether the person accepted or declined it.
    pub answered: bool,
}

/// An event that names a person as who acted or was acted upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedEvent {
    /// Its number among the events of all teams.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// The team.
    pub team: TeamId,
    /// The team's revision.
    pub revision: i64,
    /// What kind of change it was.
    pub kind: EventType,
    /// When it happened.
    pub at: Timestamp,
    /// Whether the person did it.
    pub acted: bool,
    /// Whether it happened to the person.
    pub targeted: bool,
    /// The calling service.
    pub caller: String,
    /// The request id of the call.
    pub request_id: Option<Uuid>,
}

impl Exported {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> ExportPlace {
        match self {
            Self::Person(..) => ExportPlace::Person,
            Self::Membership(team, _) => ExportPlace::Membership(team.id.uuid()),
            Self::Removal(team, _) => ExportPlace::Removal(team.uuid()),
            Self::Invitation(one) => ExportPlace::Invitation(one.invitation.id.uuid()),
            Self::InviteLink(_, link) => ExportPlace::InviteLink(link.id.uuid()),
            Self::TeamCode(_, code, _) => ExportPlace::TeamCode(code.id.uuid()),
            Self::Event(event) => ExportPlace::Event(event.seq),
        }
    }
}

impl Store {
    /// A page of what is held about a person.
    pub async fn export(&self, query: &ExportQuery<'_>) -> Result<Vec<Exported>> {
        let txn = begin_reading(self.db()).await?;
        let found = page(&txn, query).await?;
        txn.commit().await?;
        Ok(found)
    }
}

async fn page(txn: &Transaction, query: &ExportQuery<'_>) -> Result<Vec<Exported>> {
    let row = person::Entity::find().filter(person::Column::UserId.eq(query.user.as_str())).one(txn).await?;
    let person = row.as_ref().map(|row| PersonKey(row.id));
    let mut found = Vec::new();
    if let Some(row) = row.filter(|_| query.person && query.after.is_none()) {
        found.push(Exported::Person(row.user_id, Timestamp::from_micros(row.created_at)));
    }
    let reader = Reader { txn, query, person };
    let kind = query.after.map_or(0, kind_of);
    // A kind that the page before was done with is not looked at again.
    for next in Ord::max(kind, 1)..=KINDS {
        let limit = query.limit.saturating_sub(found.len() as u64);
        if limit == 0 {
            break;
        }
        let after = query.after.filter(|_| next == kind);
        found.extend(reader.some(next, after, limit).await?);
    }
    Ok(found)
}

/// The number of the last kind.
const KINDS: u8 = 6;

fn kind_of(place: ExportPlace) -> u8 {
    match place {
        ExportPlace::Person => 0,
        ExportPlace::Membership(_) => 1,
        ExportPlace::Removal(_) => 2,
        ExportPlace::Invitation(_) => 3,
        ExportPlace::InviteLink(_) => 4,
        ExportPlace::TeamCode(_) => 5,
        ExportPlace::Event(_) => KINDS,
    }
}

struct Reader<'a> {
    txn: &'a Transaction,
    query: &'a ExportQuery<'a>,
    person: Option<PersonKey>,
}

impl Reader<'_> {
    /// The first things of one kind after a place of that kind.
    async fn some(&self, kind: u8, after: Option<ExportPlace>, limit: u64) -> Result<Vec<Exported>> {
        let (id, seq) = match after {
            Some(
                ExportPlace::Membership(id)
                | ExportPlace::Removal(id)
                | ExportPlace::Invitation(id)
                | ExportPlace::InviteLink(id)
                | ExportPlace::TeamCode(id),
            ) => (Some(id), None),
            Some(ExportPlace::Event(seq)) => (None, Some(seq)),
            Some(ExportPlace::Person) | None => (None, None),
        };
        let Some(person) = self.person else {
            // An address may be invited that nobody has come with yet.
            return if kind == 3 { self.invitations(id, limit).await } else { Ok(Vec::new()) };
        };
        match kind {
            1 => self.memberships(person, id, limit).await,
            2 => self.removals(person, id, limit).await,
            3 => self.invitations(id, limit).await,
            4 => self.links(person, id, limit).await,
            5 => self.codes(person, id, limit).await,
            _ => self.events(person, seq, limit).await,
        }
    }

    /// Whether a row's team is under the policies that count.
    fn visible(&self, team_id: impl ColumnTrait) -> Condition {
        let Some(policies) = &self.query.policies else { return Condition::all() };
        let teams = Query::select()
            .column(team::Column::Id)
            .from(team::Entity)
            .and_where(Expr::col(team::Column::Policy).is_in(policies.iter().map(PolicyName::as_str)))
            .to_owned();
        Condition::all().add(team_id.in_subquery(teams))
    }

    async fn memberships(&self, person: PersonKey, after: Option<Uuid>, limit: u64) -> Result<Vec<Exported>> {
        let visible = self.visible(member::Column::TeamId);
        let places = places_of(self.txn, person, visible, (after, limit)).await?;
        let ids: Vec<Uuid> = places.iter().map(|(team, _)| team.uuid()).collect();
        let teams = find_teams(self.txn, &ids).await?;
        let mut teams: HashMap<TeamId, Team> = teams.into_iter().map(|team| (team.id, team)).collect();
        let with_team = |(team, member)| {
            let team = teams.remove(&team).ok_or_else(|| Error::corrupt("members", "team_id", team))?;
            Ok(Exported::Membership(Box::new(team), Box::new(member)))
        };
        places.into_iter().map(with_team).collect()
    }

    async fn removals(&self, person: PersonKey, after: Option<Uuid>, limit: u64) -> Result<Vec<Exported>> {
        let mut select = removal::Entity::find()
            .filter(removal::Column::Person.eq(person.0))
            .filter(self.visible(removal::Column::TeamId))
            .order_by_asc(removal::Column::TeamId)
            .limit(limit);
        if let Some(after) = after {
            select = select.filter(removal::Column::TeamId.gt(after));
        }
        let rows = select.all(self.txn).await?;
        Ok(rows.iter().map(|row| Exported::Removal(TeamId::from_uuid(row.team_id), row.revision)).collect())
    }

    /// The keys of the person's addresses, as far as those who ask may know of them.
    async fn addresses(&self) -> Result<BTreeSet<String>> {
        let mut addresses: BTreeSet<String> =
            self.query.emails.iter().map(EmailAddress::key).map(str::to_owned).collect();
        if let Some(person) = self.person {
            let known: Vec<String> = member::Entity::find()
                .select_only()
                .column(member::Column::EmailKey)
                .distinct()
                .filter(member::Column::Person.eq(person.0))
                .filter(member::Column::EmailKey.is_not_null())
                .filter(self.visible(member::Column::TeamId))
                .into_tuple()
                .all(self.txn)
                .await?;
            addresses.extend(known);
        }
        Ok(addresses)
    }

    /// In a statement for each of the ways in which an invitation has to do with a person, since an index leads along
    /// each of them and along no two.
    async fn invitations(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<Exported>> {
        let addresses = self.addresses().await?;
        let mut ways = Vec::new();
        if let Some(person) = self.person {
            ways.push(invitation::Column::Maker.eq(person.0));
            ways.push(invitation::Column::AnsweredBy.eq(person.0));
        }
        if !addresses.is_empty() {
            ways.push(invitation::Column::EmailKey.is_in(addresses.iter().cloned()));
        }
        let mut rows = BTreeMap::new();
        for way in ways {
            let mut select = invitation::Entity::find()
                .filter(way)
                .filter(self.visible(invitation::Column::TeamId))
                .order_by_asc(invitation::Column::Id)
                .limit(limit);
            if let Some(after) = after {
                select = select.filter(invitation::Column::Id.gt(after));
            }
            rows.extend(select.all(self.txn).await?.into_iter().map(|row| (row.id, row)));
        }
        let rows: Vec<invitation::Model> =
            rows.into_values().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
        let mut offers = offers_of(self.txn, rows.iter().map(|row| row.id)).await?;
        let person = self.person.map(|person| person.0);
        let exported = |row: &invitation::Model| {
            let grants = offers.remove(&row.id).unwrap_or_default();
            Ok(Exported::Invitation(Box::new(ExportedInvitation {
                team: TeamId::from_uuid(row.team_id),
                invitation: convert::invitation(row, grants)?,
                created_at: Timestamp::from_micros(row.created_at),
                answered_at: row.answered_at.map(Timestamp::from_micros),
                addressed: addresses.contains(&row.email_key),
                made: Some(row.maker) == person,
                answered: row.answered_by.is_some() && row.answered_by == person,
            })))
        };
        rows.iter().map(exported).collect()
    }

    async fn links(&self, person: PersonKey, after: Option<Uuid>, limit: u64) -> Result<Vec<Exported>> {
        let mut select = invite_link::Entity::find()
            .filter(invite_link::Column::Maker.eq(person.0))
            .filter(self.visible(invite_link::Column::TeamId))
            .order_by_asc(invite_link::Column::Id)
            .limit(limit);
        if let Some(after) = after {
            select = select.filter(invite_link::Column::Id.gt(after));
        }
        let rows = select.all(self.txn).await?;
        let exported = |row: &invite_link::Model| {
            Ok(Exported::InviteLink(TeamId::from_uuid(row.team_id), convert::invite_link(row)?))
        };
        rows.iter().map(exported).collect()
    }

    async fn codes(&self, person: PersonKey, after: Option<Uuid>, limit: u64) -> Result<Vec<Exported>> {
        let mut select = team_code::Entity::find()
            .filter(team_code::Column::Maker.eq(person.0))
            .filter(self.visible(team_code::Column::TeamId))
            .order_by_asc(team_code::Column::Id)
            .limit(limit);
        if let Some(after) = after {
            select = select.filter(team_code::Column::Id.gt(after));
        }
        let rows = select.all(self.txn).await?;
        let exported = |row: &team_code::Model| {
            let code = convert::team_code(row, Vec::new())?;
            let made = Timestamp::from_micros(row.created_at);
            Ok(Exported::TeamCode(TeamId::from_uuid(row.team_id), Box::new(code), made))
        };
        rows.iter().map(exported).collect()
    }

    /// In a statement for each of the two ways in which an event names a person, as with invitations.
    async fn events(&self, person: PersonKey, after: Option<i64>, limit: u64) -> Result<Vec<Exported>> {
        let mut rows = BTreeMap::new();
        for column in [event::Column::Actor, event::Column::Target] {
            let mut select = event::Entity::find()
                .filter(column.eq(person.0))
                .filter(self.visible(event::Column::TeamId))
                .order_by_asc(event::Column::Seq)
                .limit(limit);
            if let Some(after) = after {
                select = select.filter(event::Column::Seq.gt(after));
            }
            rows.extend(select.all(self.txn).await?.into_iter().map(|row| (row.seq, row)));
        }
        let rows = rows.into_values().take(usize::try_from(limit).unwrap_or(usize::MAX));
        rows.map(|row| Ok(Exported::Event(event_of(row, person)?))).collect()
    }
}

fn event_of(row: event::Model, person: PersonKey) -> Result<ExportedEvent> {
    let kind = EventType::all().find(|kind| kind.as_str() == row.r#type);
    Ok(ExportedEvent {
        seq: row.seq,
        id: EventId::from_uuid(row.id),
        team: TeamId::from_uuid(row.team_id),
        revision: row.revision,
        kind: kind.ok_or_else(|| Error::corrupt("events", "type", row.seq))?,
        at: Timestamp::from_micros(row.at),
        acted: row.actor == Some(person.0),
        targeted: row.target == Some(person.0),
        caller: row.caller,
        request_id: row.request_id,
    })
}
