//! Loads for an act what the service loads for it.

use roster_domain::facts::{AdditionFacts, PurgeFacts};
use roster_domain::{CodeKey, CodeText, PersonKey};
use roster_model::{Facts, Needs, Taken};
use roster_store::{
    Addition, Claim, CodeChange, CodeCreation, CodeInvite, InvitationChange, Inviting, Joiner,
    JoinerAsMember, Joining, LinkChange, LinkCreation, LinkInvite, Loaded, Locked, MailInvite, Member,
    MemberChange, MemberOf, Purge, Question, Removal, Restoration, StoredCode, StoredInvitation, StoredLink,
    TeamChange, Transfer, Tx,
};

use super::world::{World, name};

/// A locked team, and what was loaded of it.
pub(super) struct Held {
    pub(super) tx: Tx,
    pub(super) team: roster_store::Team,
    pub(super) facts: Facts,
    pub(super) shown: Shown,
}

/// What is loaded beside the facts, since the answer shows it.
pub(super) enum Shown {
    Nothing,
    Member(Option<Member>),
    Members(Vec<Member>),
    Invitation(Option<StoredInvitation>),
    Link(Option<StoredLink>),
    Code(Option<StoredCode>),
    Text(Option<CodeText>),
    Joiner(Option<Member>, Option<String>),
}

/// How many pending invitations a team may have here.
const PENDING_CAP: u64 = 2;

impl World<'_> {
    /// Loads it. Absent where the team, or the invite by which somebody comes, is not there.
    pub(super) async fn load(&self, side: usize, taken: &Taken<'_>, claim: Option<Claim>) -> Loaded<Held> {
        let actor = &name(taken.actor());
        match &taken.needs {
            Needs::Actor => {
                self.held(side, claim, TeamChange { actor }, |facts| (Facts::Actor(facts), Shown::Nothing))
                    .await
            }
            Needs::Team => {
                let nothing = || Facts::Purge(PurgeFacts { actor: None, members: 0, offers: 0 });
                match self.held(side, claim, (), |()| (nothing(), Shown::Nothing)).await {
                    Loaded::Fresh(held) => {
                        Loaded::Fresh(Held { facts: Facts::Team(held.team.facts.clone()), ..held })
                    }
                    other => other,
                }
            }
            Needs::Transfer { by_service, target } => {
                let target = &name(*target);
                let question = Transfer { actor: (!by_service).then_some(actor), target };
                let shown = |found: roster_store::Transferring| {
                    let all = found.holder.into_iter().chain(found.target).collect();
                    (Facts::Transfer(found.facts), Shown::Members(all))
                };
                self.held(side, claim, question, shown).await
            }
            Needs::Purge { kind, resource } => {
                let question = Purge { actor, kind, resource };
                self.held(side, claim, question, |facts| (Facts::Purge(facts), Shown::Nothing)).await
            }
            Needs::Addition(people) => {
                let users: Vec<_> = people.iter().copied().map(name).collect();
                let shown = |found: roster_store::Adding| {
                    assert_eq!(&found.people, people);
                    (Facts::Addition(found.facts), Shown::Members(found.shown))
                };
                self.held(side, claim, Addition { users: &users }, shown).await
            }
            Needs::Member(target) => {
                let target = &name(*target);
                let question = (MemberChange { actor, target }, MemberOf(target));
                let shown = |(facts, member)| (Facts::Member(facts), Shown::Member(member));
                self.held(side, claim, question, shown).await
            }
            Needs::Restoration(target) => {
                let target = &name(*target);
                let question = (Restoration(MemberChange { actor, target }), MemberOf(target));
                let shown = |(facts, member)| (Facts::Restoration(facts), Shown::Member(member));
                self.held(side, claim, question, shown).await
            }
            Needs::Removal { target, adopt } => {
                let target = &name(*target);
                let change = MemberChange { actor, target };
                let question = (Removal { change, adopt_invites: *adopt }, MemberOf(target));
                let shown = |(facts, member)| (Facts::Removal(facts), Shown::Member(member));
                self.held(side, claim, question, shown).await
            }
            _ => self.load_for_invite(side, taken, claim).await,
        }
    }

    async fn load_for_invite(&self, side: usize, taken: &Taken<'_>, claim: Option<Claim>) -> Loaded<Held> {
        let actor = &name(taken.actor());
        match &taken.needs {
            Needs::LinkCreation => {
                let shown = |facts| (Facts::LinkCreation(facts), Shown::Nothing);
                self.held(side, claim, LinkCreation { actor }, shown).await
            }
            Needs::Link(link) => {
                let question = LinkChange { actor, link: *link };
                self.held(side, claim, question, |(facts, one)| (Facts::Link(facts), Shown::Link(one))).await
            }
            Needs::CodeCreation => {
                let random = self.random(side);
                let question = CodeCreation { actor, random: &random };
                let shown = |found: roster_store::Coding| {
                    assert_eq!(found.free, self.free_text(&random), "the first text that no code has");
                    (Facts::CodeCreation(found.facts), Shown::Text(found.free))
                };
                self.held(side, claim, question, shown).await
            }
            Needs::Code(code) => {
                let question = CodeChange { actor, code: *code };
                self.held(side, claim, question, |(facts, one)| (Facts::Code(facts), Shown::Code(one))).await
            }
            Needs::Inviting(email) => {
                let emails = std::slice::from_ref(email);
                let question = Inviting { actor, emails, pending_cap: PENDING_CAP };
                self.held(side, claim, question, |facts| (Facts::Inviting(facts), Shown::Nothing)).await
            }
            Needs::Invitation(invitation) => {
                let question = InvitationChange { actor, invitation: *invitation };
                let shown = |(facts, one)| (Facts::Invitation(facts), Shown::Invitation(one));
                self.held(side, claim, question, shown).await
            }
            _ => self.load_for_joiner(side, taken, claim).await,
        }
    }

    async fn load_for_joiner(&self, side: usize, taken: &Taken<'_>, claim: Option<Claim>) -> Loaded<Held> {
        let (user, record) = (&name(taken.actor()), &self.sides[side].record);
        let digest = |id| record.secrets.get(&id).map_or([0; 32], |secret| secret.digest);
        let policies = &self.policies;
        match &taken.needs {
            Needs::Redemption(link) => {
                let digest = digest(link.uuid());
                let Some((place, now)) = self.store.find_link(digest).await.unwrap() else {
                    return Loaded::Absent;
                };
                assert_eq!((place.team, place.link, now), (self.sides[side].id, *link, self.now()));
                let question = (Joining { invite: LinkInvite { link: *link, digest }, user }, JoinerAsMember);
                self.held(side, claim, question, |found| joiner(found, taken.actor(), Facts::Redemption))
                    .await
            }
            Needs::CodeRedemption(code) => {
                let Some(text) = record.texts.get(&code.uuid()) else { return Loaded::Absent };
                let key = CodeKey::of(text);
                let invite = CodeInvite(&key);
                let question = (Joining { invite, user }, JoinerAsMember);
                let invite = CodeInvite(&key);
                let loaded = self.store.lock_by_invite(invite, claim, policies, |_| true, question).await;
                held(loaded.unwrap(), |found| joiner(found, taken.actor(), Facts::CodeRedemption))
            }
            Needs::Answer { invitation, by_token } => {
                let invite = if *by_token {
                    MailInvite::Token(digest(invitation.uuid()))
                } else {
                    MailInvite::Id(*invitation)
                };
                let question = (Joining { invite, user }, JoinerAsMember);
                let loaded = self.store.lock_by_invite(invite, claim, policies, |_| true, question).await;
                held(loaded.unwrap(), |found| joiner(found, taken.actor(), Facts::Answer))
            }
            other => panic!("{other:?} is loaded elsewhere"),
        }
    }

    async fn held<Q: Question>(
        &self,
        side: usize,
        claim: Option<Claim>,
        question: Q,
        shown: impl FnOnce(Q::Facts) -> (Facts, Shown),
    ) -> Loaded<Held> {
        let id = self.sides[side].id;
        held(self.store.lock_and_load(id, claim, &self.policies, |_| true, question).await.unwrap(), shown)
    }

    /// What the next code may get its text of: first what the last one of either team had.
    fn random(&self, side: usize) -> [[u8; 32]; 2] {
        let of = |n: u128| {
            let mut state = n;
            std::array::from_fn(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[9]
            })
        };
        let last =
            self.sides.iter().flat_map(|side| &side.record.texts).map(|(id, _)| id.as_u128() - 1).max();
        [of(last.unwrap_or_default()), of(self.sides[side].team.made)]
    }

    fn free_text(&self, random: &[[u8; 32]]) -> Option<CodeText> {
        let rules = self.policy.team_codes.as_ref()?;
        let alive = self.sides.iter().flat_map(|side| {
            let texts = side.team.codes.iter().map(|code| &side.record.texts[&code.id.uuid()]);
            texts.map(|text| CodeKey::of(text).reveal().to_owned()).collect::<Vec<_>>()
        });
        let taken: Vec<_> = alive.collect();
        let texts = random.iter().filter_map(|random| CodeText::make(rules, random));
        texts.into_iter().find(|text| !taken.iter().any(|key| key == CodeKey::of(text).reveal()))
    }
}

fn held<F>(loaded: Loaded<Locked<F>>, shown: impl FnOnce(F) -> (Facts, Shown)) -> Loaded<Held> {
    match loaded {
        Loaded::Fresh(Locked { tx, team, facts, .. }) => {
            let (facts, shown) = shown(facts);
            Loaded::Fresh(Held { tx, team, facts, shown })
        }
        Loaded::Replay(answered) => Loaded::Replay(answered),
        Loaded::Absent => Loaded::Absent,
    }
}

fn joiner<F>(
    (joiner, member): (Option<Joiner<F>>, Option<Member>),
    actor: PersonKey,
    facts: impl FnOnce(Option<F>) -> Facts,
) -> (Facts, Shown) {
    let Some(joiner) = joiner else { return (facts(None), Shown::Joiner(member, None)) };
    assert_eq!(joiner.person().unwrap(), actor);
    (facts(Some(joiner.facts)), Shown::Joiner(member, joiner.inviter_user_id))
}

/// The same in the order of the people, each once: how often somebody is named plays no part.
pub(super) fn in_order(facts: Facts) -> Facts {
    match facts {
        Facts::Addition(AdditionFacts { team, mut members, occupancy }) => {
            members.sort_by_key(|(place, _)| place.person);
            members.dedup();
            Facts::Addition(AdditionFacts { team, members, occupancy })
        }
        facts => facts,
    }
}
