//! What happens beside the acts: somebody looks at an invite before they come by it, the sweep marks what ran out, and a
//! deleted team is looked at.

use roster_domain::decide::expire_invitations;
use roster_domain::facts::{AnswerFacts, CodeRedemptionFacts, Invitation, InvitationState, RedemptionFacts};
use roster_domain::{CodeKey, EmailAddress, PersonKey};
use roster_model::PEOPLE;
use roster_store::{CodeInvite, Context, Inviting, Joining, LinkInvite, Loaded, Locked, MailInvite, Overdue};

use super::world::{World, name};

impl World<'_> {
    /// What somebody sees of the last invites of a team before they come by one: what the decision would be made by.
    pub(super) async fn look_at_previews(&self, side: usize, n: usize) {
        let (team, record, id) = (&self.sides[side].team, &self.sides[side].record, self.sides[side].id);
        let person = PersonKey(i64::try_from(n).unwrap() % PEOPLE);
        let (user, policies) = (&name(person), &self.policies);
        let digest = |id| record.secrets.get(&id).map_or([0; 32], |secret| secret.digest);
        if let Some(link) = team.links.last() {
            let invite = LinkInvite { link: link.id, digest: digest(link.id.uuid()) };
            let found = self.ask(side, Joining { invite, user }).await.unwrap().expect("a link");
            let joining = team.joining(person, link.maker);
            assert_eq!(found.facts, RedemptionFacts { link: link.clone(), joining });
            let inviter = self.user_id(link.maker);
            assert_eq!((found.created_at, found.inviter_user_id), (link.created_at, Some(inviter)));
            let invite = LinkInvite { digest: [1; 32], ..invite };
            assert_eq!(self.ask(side, Joining { invite, user }).await.unwrap(), None, "by another secret");
        }
        if let Some(code) = team.codes.last() {
            let key = CodeKey::of(&record.texts[&code.id.uuid()]);
            assert_eq!(self.store.team_of(&CodeInvite(&key)).await.unwrap(), Some(id));
            let joining = Joining { invite: CodeInvite(&key), user };
            let asked =
                self.store.ask_by_invite(policies, |_| true, &joining).await.unwrap().expect("a code");
            let joining = team.joining(person, code.maker);
            assert_eq!(asked.facts.facts, CodeRedemptionFacts { code: code.clone(), joining });
            assert_eq!(asked.team, self.team_shown(side));
        }
        if let Some(one) = team.invitations.last() {
            for invite in [MailInvite::Id(one.id), MailInvite::Token(digest(one.id.uuid()))] {
                assert_eq!(self.store.team_of(&invite).await.unwrap(), Some(id));
                let joining = Joining { invite, user };
                let asked = self.store.ask_by_invite(policies, |_| true, &joining).await.unwrap();
                let asked = asked.expect("an invitation");
                let joining = team.joining(person, one.maker);
                assert_eq!(asked.facts.facts, AnswerFacts { invitation: one.clone(), joining });
                assert_eq!(asked.facts.created_at, record.created[&one.id.uuid()]);
            }
        }
        for old in record.past.values().filter(|old| record.secrets.values().all(|secret| secret != *old)) {
            let digest = old.digest;
            assert_eq!(self.store.team_of(&MailInvite::Token(digest)).await.unwrap(), None, "an old token");
        }
        self.look_at_inviting(side, person).await;
    }

    /// What inviting many addresses at once would be decided by.
    async fn look_at_inviting(&self, side: usize, person: PersonKey) {
        let address = |n: i64| EmailAddress::parse(&format!("p{n}@example.org")).unwrap();
        let emails: Vec<_> = [0, 2, 3, 5, 7, 2].map(address).to_vec();
        for pending_cap in [2, 9] {
            let question = Inviting { actor: &name(person), emails: &emails, pending_cap };
            let mut facts = self.ask(side, question).await.unwrap();
            let mut expected = self.sides[side].team.inviting(person, &emails, pending_cap);
            facts.pending.sort_by_key(|one| one.id.uuid());
            expected.pending.sort_by_key(|one| one.id.uuid());
            assert_eq!(facts, expected);
        }
    }

    /// The sweep marks what ran out unnoticed.
    pub(super) async fn sweep(&mut self, side: usize) {
        let Locked { mut tx, mut facts, .. } = self.lock(side, Overdue { limit: 9 }).await;
        facts.sort_by_key(|one| (one.expires_at, one.id.uuid()));
        assert_eq!(facts, self.overdue(side));
        let now = self.now();
        let changes = expire_invitations(&facts, now);
        tx.apply(&Context::own(), self.sides[side].id, &changes).await.unwrap();
        let _ = tx.finish(b"").await.unwrap();
        if !changes.is_empty() {
            self.sides[side].own.insert(self.sides[side].team.revision + 1);
        }
        self.note(side, None, &changes);
    }

    /// A short sweep takes what ran out first.
    pub(super) async fn look_at_first_overdue(&self, side: usize) {
        if let Some(first) = self.ask(side, Overdue { limit: 1 }).await {
            let ends = |one: &Invitation| one.expires_at;
            assert_eq!(first.first().map(ends), self.overdue(side).first().map(ends));
        }
    }

    fn overdue(&self, side: usize) -> Vec<Invitation> {
        let now = self.now();
        let is_overdue = |one: &&Invitation| one.state == InvitationState::Pending && one.expires_at <= now;
        let mut all: Vec<_> = self.sides[side].team.invitations.iter().filter(is_overdue).cloned().collect();
        all.sort_by_key(|one| (one.expires_at, one.id.uuid()));
        all
    }

    /// A deleted team is absent to everybody, and its log can still be read.
    pub(super) async fn look_at_deleted(&self, side: usize, n: usize) {
        let id = self.sides[side].id;
        assert_eq!(self.ask(side, ()).await, None, "a deleted team is shown");
        let locked = self.store.lock_and_load(id, None, &self.policies, |_| true, ()).await.unwrap();
        assert!(matches!(locked, Loaded::Absent), "a deleted team is locked");
        if n.is_multiple_of(7) {
            self.look_at_events(side, n).await;
        }
    }
}
