//! The end of a person's data in both teams at once.

use std::collections::BTreeSet;

use roster_domain::{PersonKey, Pseudonym};
use roster_model::{PEOPLE, erased};
use roster_store::{Context, ErasureQuestion};
use uuid::Uuid;

use super::world::{World, name};
use crate::scene::{caller, fresh};

impl World<'_> {
    /// Erases somebody, and looks at what is left of the teams.
    pub(super) async fn erase(&mut self, n: usize) {
        let person = PersonKey(i64::try_from(n).unwrap() % PEOPLE);
        let emails = self.sides.iter().filter_map(|side| side.team.place(person)?.email.as_ref());
        let addresses: BTreeSet<String> = emails.map(|email| email.key().to_owned()).collect();
        let alive: Vec<usize> = (0..2).filter(|side| self.sides[*side].team.facts.is_some()).collect();
        let named: Vec<_> = alive
            .iter()
            .filter_map(|side| {
                let one = &self.sides[*side];
                Some((one.id, name(one.team.successor(person)?)))
            })
            .collect();
        let user = name(person);
        let question = ErasureQuestion { user: &user, emails: &[], successors: &named, most_teams: 2 };
        let locked = self.store.lock_erasure(None, &self.policies, question).await.unwrap();
        let mut erasure = fresh(locked).expect("few teams");
        assert_eq!(erasure.person, Some(person));
        let facts = alive.iter().map(|side| (*side, self.sides[*side].team.erasure(person, &addresses)));
        let facts: Vec<_> =
            facts.filter(|(_, facts)| facts.member.is_some() || !facts.invitations.is_empty()).collect();
        let mut loaded = vec![];
        for touched in erasure.teams.clone() {
            let side = self.sides.iter().position(|side| side.id == touched.team.id).unwrap();
            assert_eq!(touched.team, self.team_shown(side));
            loaded.push((side, touched.facts));
        }
        // What the invitations bring plays no part in their end, and is not loaded.
        let facts: Vec<_> = facts
            .into_iter()
            .map(|(side, mut facts)| {
                facts.invitations.iter_mut().for_each(|one| one.access.grants.clear());
                facts.invitations.sort_by_key(|one| one.id.uuid());
                (side, facts)
            })
            .collect();
        assert_eq!(loaded, facts);
        let by = Context { actor: None, caller: Some(caller()), request_id: Some(Uuid::from_u128(7)) };
        for (touched, (side, facts)) in erasure.teams.clone().into_iter().zip(facts) {
            let changes = erased(self.policy, &facts, self.now());
            if facts.member.is_some() && changes.is_empty() {
                return erasure.tx.undo().await.unwrap();
            }
            let revision = erasure.apply(&by, &touched.team, &changes).await.unwrap();
            self.note(side, None, &changes);
            assert_eq!(revision, self.sides[side].team.revision);
        }
        let pseudonym = Pseudonym::from_uuid(Uuid::now_v7());
        erasure.scrub(pseudonym).await.unwrap();
        let _ = erasure.tx.finish(b"").await.unwrap();
        self.erased = Some((person, pseudonym.to_string()));
        for side in alive.into_iter().filter(|side| self.sides[*side].team.facts.is_some()) {
            self.look_at_each(side).await;
            for n in [60, 63, 66, 69] {
                self.look(side, n).await;
            }
        }
    }
}
