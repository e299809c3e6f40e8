//! Ways into the team: invitations, links and codes, counted from the first.

use roster_domain::decide::{
    Answerer, CodeRequest, InvitationRequest, Presented, accept_invitation, cancel_invitation, create_code,
    create_invitation, create_link, decline_invitation, delete_code, redeem_code, redeem_link, revoke_code,
};
use roster_domain::facts::{
    AnswerFacts, CodeCreationFacts, CodeFacts, CodeRedemptionFacts, Invitation, InvitationFacts,
    InvitationState, JoinFacts, LinkCreationFacts, RedemptionFacts,
};
use roster_domain::policy::Lifetime;
use roster_domain::{
    CodeId, CodeText, Delivery, EmailAddress, Grant, Holder, InvitationId, LinkId, PersonKey, SecretRecord,
    Timestamp,
};

use super::scene::{Outcome, Scene, address, person, role_name};

impl Scene {
    pub(crate) fn invite(&mut self, who: &str, whom: &str, role: &str, grants: &[Grant]) -> Outcome {
        let email = address(whom);
        let pending =
            |one: &&Invitation| one.state == InvitationState::Pending && one.email.key() == email.key();
        let facts = InvitationFacts {
            pending: self.invitations.iter().find(pending).cloned(),
            is_member: self.member(whom).is_some(),
            ..self.invitation_facts(who, None)
        };
        let request = InvitationRequest {
            email: &email,
            role: &role_name(role),
            grants,
            delivery: Delivery::Token,
            grant_cap: 200,
            pending_cap: 1000,
        };
        let id = InvitationId::from_uuid(uuid::Uuid::from_u128(self.invitations.len() as u128));
        let outcome = create_invitation(&self.policy, &facts, &request, (id, secret()), self.now);
        self.carry_out(outcome)
    }

    pub(crate) fn cancel(&mut self, who: &str, place: usize) -> Outcome {
        let outcome =
            cancel_invitation(&self.policy, &self.invitation_facts(who, Some(place)), None, self.now);
        self.carry_out(outcome)
    }

    /// Accepts with the mail's link, signed in with the person's own address.
    pub(crate) fn accept(&mut self, who: &str, place: usize) -> Outcome {
        let email = address(who);
        let outcome =
            accept_invitation(&self.policy, &self.answer_facts(who, place), answerer(who, &email), self.now);
        self.carry_out(outcome)
    }

    pub(crate) fn decline(&mut self, who: &str, place: usize) -> Outcome {
        let email = address(who);
        let outcome =
            decline_invitation(&self.policy, &self.answer_facts(who, place), answerer(who, &email), self.now);
        self.carry_out(outcome)
    }

    /// Whom the pending invitations are for.
    pub(crate) fn pending(&self) -> Vec<&str> {
        let pending = |one: &&Invitation| one.state == InvitationState::Pending;
        self.invitations.iter().filter(pending).map(|one| one.email.as_typed()).collect()
    }

    pub(crate) fn make_link(&mut self, who: &str) -> Outcome {
        let facts = LinkCreationFacts {
            actor: self.member(who).cloned(),
            actor_access: self.access(who),
            live_links: self.links.len() as u64,
        };
        let id = LinkId::from_uuid(uuid::Uuid::from_u128(self.links.len() as u128));
        let outcome = create_link(&self.policy, &facts, (id, secret()), self.now, 20);
        self.carry_out(outcome)
    }

    pub(crate) fn open_link(&mut self, who: &str, place: usize) -> Outcome {
        let link = self.links[place].clone();
        let facts = RedemptionFacts { joining: self.joining(who, link.maker), link };
        let outcome = redeem_link(&self.policy, &facts, person(who), None, self.now);
        self.carry_out(outcome)
    }

    /// Makes a code; `life` is `never` or ISO 8601.
    pub(crate) fn make_code(
        &mut self,
        who: &str,
        role: &str,
        life: &str,
        max_uses: Option<i64>,
        grants: &[Grant],
    ) -> Outcome {
        let facts = CodeCreationFacts {
            actor: self.member(who).cloned(),
            actor_access: self.access(who),
            live_codes: self.codes.len() as u64,
        };
        let request = CodeRequest {
            role: &role_name(role),
            grants,
            lifetime: (life != "never").then(|| Lifetime::parse(life).expect("a life")),
            max_uses,
            grant_cap: 200,
            code_cap: 100,
        };
        let id = CodeId::from_uuid(uuid::Uuid::from_u128(self.codes.len() as u128));
        let text = CodeText::new("SK-ABCDEF".to_owned());
        let outcome = create_code(&self.policy, &facts, &request, (id, text), self.now);
        self.carry_out(outcome)
    }

    pub(crate) fn type_code(&mut self, who: &str, place: usize) -> Outcome {
        let code = self.codes[place].clone();
        let facts = CodeRedemptionFacts { joining: self.joining(who, code.maker), code };
        let outcome = redeem_code(&self.policy, &facts, person(who), None, self.now);
        self.carry_out(outcome)
    }

    pub(crate) fn revoke(&mut self, who: &str, place: usize) -> Outcome {
        let outcome = revoke_code(&self.policy, &self.code_facts(who, place));
        self.carry_out(outcome)
    }

    pub(crate) fn delete(&mut self, who: &str, place: usize) -> Outcome {
        let outcome = delete_code(&self.policy, &self.code_facts(who, place), self.now);
        self.carry_out(outcome)
    }

    /// Time passes, so many microseconds.
    pub(crate) fn wait(&mut self, micros: i64) {
        self.now = Timestamp::from_micros(self.now.micros() + micros);
    }

    fn invitation_facts(&self, who: &str, place: Option<usize>) -> InvitationFacts {
        InvitationFacts {
            team: self.team.clone(),
            actor: self.member(who).cloned(),
            actor_access: self.access(who),
            invitation: place.map(|place| self.invitations[place].clone()),
            pending: None,
            is_member: false,
            occupancy: self.occupancy(),
            live_invitations: self.occupancy().pending,
        }
    }

    fn answer_facts(&self, who: &str, place: usize) -> AnswerFacts {
        let invitation = self.invitations[place].clone();
        AnswerFacts { joining: self.joining(who, invitation.maker), invitation }
    }

    fn code_facts(&self, who: &str, place: usize) -> CodeFacts {
        let code = self.codes.get(place).cloned();
        let maker = code.as_ref().and_then(|code| self.by_key(code.maker));
        CodeFacts { actor: self.member(who).cloned(), code, maker }
    }

    fn joining(&self, who: &str, maker: PersonKey) -> JoinFacts {
        JoinFacts {
            team: self.team.clone(),
            membership: self.member(who).cloned(),
            removed_at: self.removals.get(&person(who)).copied(),
            maker: self.by_key(maker),
            occupancy: self.occupancy(),
        }
    }

    fn by_key(&self, person: PersonKey) -> Option<Holder> {
        let (membership, access) = self.members.get(&person)?.clone();
        Some(Holder { membership, access })
    }
}

fn answerer<'a>(who: &str, email: &'a EmailAddress) -> Answerer<'a> {
    Answerer { person: person(who), email: Some(email), presented: Presented::ByToken }
}

fn secret() -> SecretRecord {
    SecretRecord { digest: [0; 32], salt: [0; 16], generation: 0, key_id: "key".to_owned() }
}
