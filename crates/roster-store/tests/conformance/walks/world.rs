//! Two teams, in memory and in a database, under one clock.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use roster_domain::decide::take_up_email;
use roster_domain::{PersonKey, Policy, PolicySet, TeamId, Timestamp, UserId};
use roster_model::{FOUNDER, PEOPLE, Record, Step, Team, Turn, Walk};
use roster_store::{Context, Creation, CreationQuestion, Locked, MembershipOf, Question, Store};
use uuid::Uuid;

use crate::database::Database;
use crate::scene::{caller, fresh, set, user};

/// 1 March 2026, 12:00 UTC.
const START: i64 = 1_772_366_400_000_000;

/// A store whose clock stands still until it is set, and the clock.
pub(crate) struct Still {
    pub(crate) store: Store,
    pub(crate) clock: &'static AtomicI64,
}

/// One of the teams.
pub(super) struct Side<'p> {
    pub(super) id: TeamId,
    pub(super) team: Team<'p>,
    pub(super) record: Record,
    /// The revisions that the service made by itself.
    pub(super) own: BTreeSet<i64>,
}

/// Both of them.
pub(super) struct World<'p> {
    pub(super) store: &'p Store,
    pub(super) db: &'p Database,
    clock: &'static AtomicI64,
    pub(super) policy: &'p Policy,
    pub(super) policies: PolicySet,
    pub(super) sides: [Side<'p>; 2],
    /// Whose data was erased, and the pseudonym that they have since.
    pub(super) erased: Option<(PersonKey, String)>,
}

impl<'p> World<'p> {
    pub(super) async fn new(
        db: &'p Database,
        Still { store, clock }: &'p Still,
        policy: &'p Policy,
        n: usize,
    ) -> Self {
        db.execute("DELETE FROM idempotency").await;
        for person in 0..PEOPLE {
            db.execute(&format!(
                "INSERT INTO people (id, user_id, created_at) VALUES ({person}, 'p{person}', 0)"
            ))
            .await;
        }
        clock.store(START, Ordering::Relaxed);
        let side = |at: u128| Side {
            id: TeamId::from_uuid(Uuid::from_u128((n as u128) << 8 | at)),
            team: Team::unborn(policy, Timestamp::from_micros(START), at << 64),
            record: Record::default(),
            own: BTreeSet::new(),
        };
        let policies = set(std::slice::from_ref(policy));
        Self { store, db, clock, policy, policies, sides: [side(1), side(2)], erased: None }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.load(Ordering::Relaxed))
    }

    fn set_clock(&mut self, to: Timestamp) {
        self.clock.store(to.micros(), Ordering::Relaxed);
        for side in &mut self.sides {
            side.team.now = to;
        }
    }

    /// The user id of a person, or what stands in its place once their data was erased.
    pub(super) fn user_id(&self, person: PersonKey) -> String {
        match &self.erased {
            Some((erased, pseudonym)) if *erased == person => pseudonym.clone(),
            _ => name(person).as_str().to_owned(),
        }
    }

    /// Whether their data was erased.
    pub(super) fn is_erased(&self, person: PersonKey) -> bool {
        self.erased.as_ref().is_some_and(|(erased, _)| *erased == person)
    }

    /// Creates both teams, the first of them perhaps as the founder's personal one, which counts against no cap.
    pub(super) async fn create(&mut self, walks: [&Walk; 2]) {
        for (n, walk) in walks.into_iter().enumerate() {
            let question = CreationQuestion { external_id: None, personal: Some(self.policy) };
            let locked = self.store.lock_creator(&name(FOUNDER), None, question).await.unwrap();
            let Creation { mut tx, facts } = fresh(locked);
            let first = &self.sides[0].team;
            let is_personal = first.facts.as_ref().is_some_and(|team| team.personal.is_some());
            assert_eq!((facts.creator, facts.created_today), (FOUNDER, u64::from(n == 1 && !is_personal)));
            assert_eq!(facts.personal.map(|one| one.team), is_personal.then(|| self.team_shown(0)));
            let changes = walk.creation(self.policy, n == 0);
            assert_eq!(tx.apply(&by(Some(FOUNDER)), self.sides[n].id, &changes).await.unwrap(), 1);
            let _ = tx.finish(b"").await.unwrap();
            self.note(n, Some(FOUNDER), &changes);
        }
    }

    /// Carries the changes out in memory.
    pub(super) fn note(&mut self, side: usize, actor: Option<PersonKey>, changes: &[roster_domain::Change]) {
        let Side { team, record, .. } = &mut self.sides[side];
        team.apply(changes).expect("changes that fit");
        record.note(team, actor, changes);
    }

    /// Takes a step of one of the teams.
    pub(super) async fn take(&mut self, side: usize, n: usize, step: &Step) {
        if self.sides[side].team.facts.is_none() {
            return;
        }
        // Now and then two acts are of the same moment.
        if !n.is_multiple_of(3) {
            self.set_clock(Timestamp::from_micros(self.now().micros() + 1));
        }
        if n % 11 == 10 {
            self.sweep(side).await;
        }
        match self.sides[side].team.turn(step) {
            Turn::Wait(until) => {
                self.set_clock(until);
                self.look_at_overdue().await;
                self.look_at_first_overdue(side).await;
            }
            Turn::Act(taken) => self.act(side, n, &taken).await,
            Turn::Mail(person, email) => {
                let name = name(person);
                let Locked { mut tx, facts, .. } = self.lock(side, MembershipOf(&name)).await;
                assert_eq!(facts.as_ref(), self.sides[side].team.place(person));
                let changes: Vec<_> =
                    facts.and_then(|member| take_up_email(&member, Some(&email))).into_iter().collect();
                tx.apply(&by(Some(person)), self.sides[side].id, &changes).await.unwrap();
                let _ = tx.finish(b"").await.unwrap();
                self.note(side, Some(person), &changes);
            }
        }
    }

    /// Locks one of the teams.
    pub(super) async fn lock<Q: Question>(&self, side: usize, question: Q) -> Locked<Q::Facts> {
        let id = self.sides[side].id;
        fresh(self.store.lock_and_load(id, None, &self.policies, |_| true, question).await.unwrap())
    }

    /// Asks about one of the teams; none where it is deleted.
    pub(super) async fn ask<Q: Question>(&self, side: usize, question: Q) -> Option<Q::Facts> {
        let asked = self.store.ask(self.sides[side].id, &self.policies, |_| true, &question).await.unwrap();
        asked.map(|asked| asked.facts)
    }
}

/// The user id of that person.
pub(super) fn name(person: PersonKey) -> UserId {
    user(&format!("p{}", person.0))
}

/// Who acts.
pub(super) fn by(actor: Option<PersonKey>) -> Context {
    Context { actor, caller: Some(caller()), request_id: Some(Uuid::from_u128(7)) }
}
