//! The event log: an event for each change, in their order, and by every filter.

use roster_domain::{Change, PersonKey, Timestamp};
use roster_model::Entry;
use roster_store::{Event, EventFilter, EventType};
use uuid::Uuid;

use super::world::{World, name};

/// All of an event but its id and what it tells, which a test of its own looks at for each kind.
type Told = (i64, i16, Timestamp, Option<String>, String, Option<Uuid>, Option<String>, String);

const PAGE: usize = 5;

impl World<'_> {
    pub(super) async fn look_at_events(&self, side: usize, n: usize) {
        let mut log: Vec<&Entry> = self.sides[side].record.log.iter().collect();
        log.reverse();
        let Some(some) = log.get(n * 7 % log.len()).copied() else { return };
        let kind = EventType::all().find(|kind| format!("{kind:?}") == name_of(&some.change)).unwrap();
        let any = EventFilter { limit: PAGE as u64, ..EventFilter::default() };
        let actor = some.actor.filter(|actor| !self.is_erased(*actor));
        let whom = target(&some.change).filter(|person| !self.is_erased(*person));
        self.list_events(side, &log, &any, |_| true).await;
        let of_kind = EventFilter { types: vec![kind], ..any.clone() };
        self.list_events(side, &log, &of_kind, |one| name_of(&one.change) == name_of(&some.change)).await;
        let from = EventFilter { start: Some(some.at), ..any.clone() };
        self.list_events(side, &log, &from, |one| one.at >= some.at).await;
        let until = EventFilter { end: Some(some.at), ..any.clone() };
        self.list_events(side, &log, &until, |one| one.at < some.at).await;
        if let Some(actor) = actor {
            let by = EventFilter { actor: Some(name(actor)), ..any.clone() };
            self.list_events(side, &log, &by, |one| one.actor == Some(actor)).await;
            let all = EventFilter { types: vec![kind], start: Some(some.at), target: whom.map(name), ..by };
            let fits = |one: &Entry| {
                one.actor == Some(actor)
                    && one.at >= some.at
                    && name_of(&one.change) == name_of(&some.change)
                    && (whom.is_none() || target(&one.change) == whom)
            };
            self.list_events(side, &log, &all, fits).await;
        }
        if let Some(person) = whom {
            let of = EventFilter { target: Some(name(person)), ..any };
            self.list_events(side, &log, &of, |one| target(&one.change) == Some(person)).await;
        }
    }

    async fn list_events(
        &self,
        side: usize,
        log: &[&Entry],
        filter: &EventFilter,
        fits: impl Fn(&Entry) -> bool,
    ) {
        let expected: Vec<_> = log.iter().filter(|one| fits(one)).map(|one| self.told(side, one)).collect();
        let mut after = None;
        for page in expected.chunks(PAGE).chain((expected.len() % PAGE == 0).then_some(&[][..])) {
            let filter = EventFilter { after, ..filter.clone() };
            let id = self.sides[side].id;
            let asked = self.store.ask_even_deleted(id, &self.policies, |_| true, &filter).await.unwrap();
            let listed = asked.expect("a team, deleted or not").facts;
            assert_eq!(listed.iter().map(seen).collect::<Vec<_>>(), page, "{filter:?}");
            after = page.last().map(|last| (last.0, last.1));
        }
    }

    fn told(&self, side: usize, one: &Entry) -> Told {
        let actor = one.actor.map(|person| self.user_id(person));
        let target = target(&one.change).map(|person| self.user_id(person));
        let is_own = self.sides[side].own.contains(&one.revision);
        let caller = if is_own { String::new() } else { "front-end".to_owned() };
        let request = (!is_own).then_some(Uuid::from_u128(7));
        (one.revision, one.position, one.at, actor, caller, request, target, name_of(&one.change))
    }
}

fn seen(event: &Event) -> Told {
    let Event { revision, position, at, actor, caller, request_id, target, payload, .. } = event.clone();
    (revision, position, at, actor, caller, request_id, target, format!("{:?}", EventType::of(&payload)))
}

/// The change's name, which the event's type has too.
pub(super) fn name_of(change: &Change) -> String {
    format!("{change:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// Whom a change happens to, if it happens to a person.
fn target(change: &Change) -> Option<PersonKey> {
    match change {
        Change::MemberJoined(new) => Some(new.person),
        Change::MemberRoleChanged { person, .. }
        | Change::MemberAccessChanged { person, .. }
        | Change::MemberSuspended { person, .. }
        | Change::MemberRestored { person, .. }
        | Change::MemberRemoved { person, .. }
        | Change::MemberLeft { person, .. }
        | Change::MemberEmailChanged { person, .. }
        | Change::OwnershipTransferred { to: person, .. }
        | Change::InvitationAccepted { person, .. }
        | Change::InvitationDeclined { person, .. } => Some(*person),
        _ => None,
    }
}
