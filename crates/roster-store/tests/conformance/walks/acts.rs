//! An act, from its facts to its answer, and the same request once more.

use roster_domain::{Change, PersonKey};
use roster_model::{Facts, Taken};
use roster_store::{Answered, Claim, Loaded, Tx};

use super::held::{Held, Shown, in_order};
use super::world::{World, by};

impl World<'_> {
    /// Lets somebody act in one of the teams, as the service does.
    pub(super) async fn act(&mut self, side: usize, n: usize, taken: &Taken<'_>) {
        if n.is_multiple_of(4) {
            self.act_in_vain(side, n, taken).await;
        }
        let claim = n.is_multiple_of(3).then(|| request(side, n));
        let Some(held) = self.hold(side, taken, claim).await else { return };
        let Some((mut tx, changes, shown)) = self.decide(side, n, taken, held).await else { return };
        let actor = (!taken.is_by_service()).then(|| taken.actor());
        let id = self.sides[side].id;
        let revision = tx.apply(&by(actor), id, &changes).await.unwrap();
        let before = self.team_shown(side);
        let occupancy = self.sides[side].team.occupancy();
        self.note(side, actor, &changes);
        assert_eq!(revision, self.sides[side].team.revision, "{changes:?}");
        let answer = format!("answer {side} {n}").into_bytes();
        let committed = tx.finish(&answer).await.unwrap_or_else(|error| panic!("{error}: {changes:#?}"));
        let told: Vec<_> = committed.into_iter().collect();
        assert_eq!(told, if changes.is_empty() { vec![] } else { vec![(id, revision)] });
        self.check_answer(side, &changes, (before, occupancy), shown);
        if let Some(claim) = claim {
            self.send_again(side, taken, (claim, answer)).await;
        }
    }

    /// Loads what the act needs, which must be what the team in memory says. None where somebody comes by what is not there.
    async fn hold(&self, side: usize, taken: &Taken<'_>, claim: Option<Claim>) -> Option<Held> {
        let Loaded::Fresh(held) = self.load(side, taken, claim).await else {
            let nothing = [Facts::Redemption(None), Facts::CodeRedemption(None), Facts::Answer(None)];
            assert!(nothing.contains(&taken.facts), "nothing was loaded for {:?}", taken.needs);
            return None;
        };
        assert_eq!(held.tx.now(), self.now());
        assert_eq!(held.team, self.team_shown(side));
        assert_eq!(in_order(held.facts.clone()), in_order(taken.facts.clone()), "{:?}", taken.needs);
        Some(held)
    }

    /// Decides by what was loaded. A refusal leaves nothing behind.
    async fn decide(
        &self,
        side: usize,
        n: usize,
        taken: &Taken<'_>,
        held: Held,
    ) -> Option<(Tx, Vec<Change>, Shown)> {
        let Held { tx, facts, shown, .. } = held;
        let text = if let Shown::Text(text) = &shown { text.clone() } else { None };
        let Ok(mut changes) = taken.decide(self.policy, facts, text) else {
            tx.undo().await.unwrap();
            return None;
        };
        if !taken.is_by_service() {
            self.sides[side].team.show_address(taken.actor(), n, &mut changes);
        }
        Some((tx, changes, shown))
    }

    /// Writes all of it, and undoes it: what is loaded next must know nothing of that, nor must the request count.
    async fn act_in_vain(&self, side: usize, n: usize, taken: &Taken<'_>) {
        let Some(held) = self.hold(side, taken, Some(request(side, n))).await else { return };
        let Some((mut tx, changes, _)) = self.decide(side, n, taken, held).await else { return };
        let actor: Option<PersonKey> = (!taken.is_by_service()).then(|| taken.actor());
        tx.apply(&by(actor), self.sides[side].id, &changes).await.unwrap();
        tx.flush().await.unwrap_or_else(|error| panic!("{error}: {changes:#?}"));
        if n.is_multiple_of(8) {
            tx.undo().await.unwrap();
        } else {
            drop(tx);
        }
    }

    /// The same request gets the same answer; with another body it is told apart.
    async fn send_again(&self, side: usize, taken: &Taken<'_>, (claim, answer): (Claim, Vec<u8>)) {
        for request in [claim.request, [9; 32]] {
            let again = Claim { request, ..claim };
            match self.load(side, taken, Some(again)).await {
                Loaded::Replay(answered) => {
                    assert_eq!(answered, Answered { request: claim.request, answer: answer.clone() });
                }
                Loaded::Absent => panic!("an answer was lost: {:?}", taken.needs),
                Loaded::Fresh(_) => panic!("the same request was done twice: {:?}", taken.needs),
            }
        }
    }
}

fn request(side: usize, n: usize) -> Claim {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&n.to_be_bytes());
    key[8] = u8::try_from(side).unwrap();
    Claim { key, request: [1; 32] }
}
