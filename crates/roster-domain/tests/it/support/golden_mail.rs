//! E-mail invitations: made, sent again, cancelled, accepted, declined.

use roster_domain::decide::{
    Answerer, InvitationRequest, Presented, ResendRequest, accept_invitation, cancel_invitation,
    create_invitation, decline_invitation, may_accept, resend_invitation,
};
use roster_domain::facts::{
    AnswerFacts, Invitation, InvitationFacts, InvitationState, JoinFacts, Occupancy, TeamFacts,
};
use roster_domain::policy::{InvitationRules, Policy};
use roster_domain::{
    Access, Change, Delivery, EmailAddress, Grant, Membership, Refusal, RoleName, Timestamp,
};

use super::golden_page::{Column, MEMBER, Page, column};
use super::golden_people::{
    ACTOR, GRANT_CAP, MAKER, NOW, actors, address, after, invitation, joining, member, members, no_role,
    secret, team,
};
use super::golden_ways::{Way, assert_alike, given, joins};

/// How many pending invitations a team may have if nothing else is configured.
const CAP: u64 = 1000;

type Actor = Option<Membership>;

pub(crate) fn invitations(policy: &Policy, page: &mut Page) {
    page.heading(2, "E-mail invitations");
    let Some(rules) = policy.invitations else {
        let attempt = |actor| invite(policy, &facts(Some(actor)), given(policy), &[]);
        page.absent("e-mail invitations", MEMBER, members(policy).map(attempt));
        return;
    };
    let locked = if rules.address_locked {
        "and who has the mail's link, too, must have that address"
    } else {
        "and whoever has the mail's link may with an account of another address"
    };
    page.paragraph(&format!(
        "An invitation can be accepted for {}. Who answers it by its id must have the invited address, verified, {locked}. \
         A team may have {CAP} pending ones, unless the service is configured otherwise.",
        rules.lifetime.in_words(),
    ));
    page.heading(3, "Inviting somebody");
    making(policy, page);
    page.heading(3, "Sending again and taking back");
    managing(policy, rules, page);
    page.heading(3, "Answering an invitation of `ada@example.org`");
    answering(policy, rules, page);
    page.heading(3, "Joining by an invitation");
    page.paragraph(&format!(
        "Whoever comes has the invited address; the invitation is to `{}`. A member already can settle an invitation, \
         which changes nothing about its membership. A look at the invitation (PreviewInvite) is refused alike and \
         changes nothing; to a member already it says just that, also where an acceptance is refused.",
        given(policy),
    ));
    let state = |state, now| -> Way<'_> {
        let invitation = pending(policy, rules, state);
        Box::new(move |joining| {
            let facts = AnswerFacts { invitation: invitation.clone(), joining };
            let outcome = accept_invitation(policy, &facts, by_id(&invitation.email), now);
            assert_alike(may_accept(policy, &facts, by_id(&invitation.email), now), &outcome);
            outcome
        })
    };
    let end = pending(policy, rules, InvitationState::Pending).expires_at;
    let states = [
        ("pending", state(InvitationState::Pending, NOW)),
        ("a microsecond before its end", state(InvitationState::Pending, after(end, -1))),
        ("at its end", state(InvitationState::Pending, end)),
        ("expired", state(InvitationState::Expired, NOW)),
        ("cancelled", state(InvitationState::Cancelled, NOW)),
        ("declined", state(InvitationState::Declined, NOW)),
        ("accepted by another", state(InvitationState::Accepted, NOW)),
    ];
    joins(policy, "the invitation", &states, page);
}

/// What a holder of the founder's role is answered who invites to that role with that grant.
pub(crate) fn invite_with(policy: &Policy, role: &RoleName, grant: Grant) -> Result<Vec<Change>, Refusal> {
    invite(policy, &facts(Some(member(ACTOR, policy.founder()))), role, &[grant])
}

/// Inviting somebody into that team where so many are.
pub(crate) fn invite_into(
    policy: &Policy,
    team: TeamFacts,
    occupancy: Occupancy,
) -> Result<Vec<Change>, Refusal> {
    let founder = Some(member(ACTOR, policy.founder()));
    invite(policy, &InvitationFacts { team, occupancy, ..facts(founder) }, given(policy), &[])
}

/// Sending an invitation in that state again, from that team where so many are.
pub(crate) fn resend_into(
    policy: &Policy,
    team: TeamFacts,
    occupancy: Occupancy,
    state: InvitationState,
) -> Result<Vec<Change>, Refusal> {
    let founder = Some(member(ACTOR, policy.founder()));
    let invitation = Some(invitation(given(policy), state, after(NOW, 1)));
    let facts = InvitationFacts { team, occupancy, invitation, ..facts(founder) };
    resend(policy, &facts)
}

/// Accepting a pending invitation.
pub(crate) fn accept_into(policy: &Policy, joining: JoinFacts) -> Result<Vec<Change>, Refusal> {
    let invitation = invitation(given(policy), InvitationState::Pending, after(NOW, 1));
    let facts = AnswerFacts { invitation: invitation.clone(), joining };
    accept_invitation(policy, &facts, by_id(&invitation.email), NOW)
}

fn making(policy: &Policy, page: &mut Page) {
    let to = |title: String, role: RoleName| {
        column(title, move |actor: &Actor| invite(policy, &facts(actor.clone()), &role, &[]))
    };
    let mut columns: Vec<Column<'_, Actor>> = vec![];
    for role in &policy.roles {
        columns.push(to(format!("as `{}`", role.name), role.name.clone()));
    }
    columns.push(to("as what is no role".to_owned(), no_role()));
    let special = |title, change: fn(&mut InvitationFacts, Invitation)| {
        column(title, move |actor: &Actor| {
            let mut facts = facts(actor.clone());
            change(&mut facts, invitation(given(policy), InvitationState::Pending, after(NOW, 1)));
            invite(policy, &facts, given(policy), &[])
        })
    };
    columns.push(special("a member", |facts, _| facts.is_member = true));
    columns.push(special("an address with a pending one", |facts, other| facts.pending = Some(other)));
    columns.push(special("an address whose last one expired", |facts, other| {
        facts.pending = Some(Invitation { expires_at: NOW, ..other });
    }));
    columns.push(special("one more than the cap", |facts, _| facts.live_invitations = CAP));
    page.table("who invites", &columns, actors(policy));
}

fn managing(policy: &Policy, rules: InvitationRules, page: &mut Page) {
    let states = [
        ("a pending one", Some(InvitationState::Pending)),
        ("an expired one", Some(InvitationState::Expired)),
        ("a cancelled one", Some(InvitationState::Cancelled)),
        ("a declined one", Some(InvitationState::Declined)),
        ("an accepted one", Some(InvitationState::Accepted)),
        ("one that is not there", None),
    ];
    let managed = |actor: &Actor, state: Option<InvitationState>| {
        let invitation = state.map(|state| pending(policy, rules, state));
        InvitationFacts { invitation, ..facts(actor.clone()) }
    };
    let resend = states.map(|(title, state)| {
        column(format!("resend {title}"), move |actor: &Actor| resend(policy, &managed(actor, state)))
    });
    let cancel = states.map(|(title, state)| {
        column(format!("cancel {title}"), move |actor: &Actor| {
            cancel_invitation(policy, &managed(actor, state), None, NOW)
        })
    });
    page.table("who does", &resend, actors(policy));
    page.table("who does", &cancel, actors(policy));
}

fn answering(policy: &Policy, rules: InvitationRules, page: &mut Page) {
    type Shown = (Option<EmailAddress>, Presented);
    let facts = |state| {
        let maker = Some(member(MAKER, policy.founder()));
        AnswerFacts { invitation: pending(policy, rules, state), joining: joining(None, maker) }
    };
    let answerer = |(email, presented): &'_ Shown| (email.clone(), *presented);
    let accept = column("accept a pending one", |shown: &Shown| {
        let (email, presented) = answerer(shown);
        let answerer = Answerer { person: ACTOR, email: email.as_ref(), presented };
        accept_invitation(policy, &facts(InvitationState::Pending), answerer, NOW)
    });
    let decline = |title: &str, state, by| {
        column(title, move |shown: &Shown| {
            let (email, presented) = answerer(shown);
            let mut facts = facts(state);
            facts.invitation.answered_by = by;
            decline_invitation(
                policy,
                &facts,
                Answerer { person: ACTOR, email: email.as_ref(), presented },
                NOW,
            )
        })
    };
    let columns = [
        accept,
        decline("decline a pending one", InvitationState::Pending, None),
        decline("decline what it declined already", InvitationState::Declined, Some(ACTOR)),
        decline("decline what it accepted", InvitationState::Accepted, Some(ACTOR)),
        decline("decline an expired one", InvitationState::Expired, None),
        decline("decline a cancelled one", InvitationState::Cancelled, None),
    ];
    let people = [
        ("the invited address", Some("ada@example.org")),
        ("the invited address, in other letters", Some("ADA@Example.Org")),
        ("another address", Some("bob@example.org")),
        ("no verified address", None),
    ];
    let presented = [("by id", Presented::ById), ("by the mail's link", Presented::ByToken)];
    let rows = presented.into_iter().flat_map(|(how, presented)| {
        people.map(|(who, email)| (format!("{who}, {how}"), (email.map(address), presented)))
    });
    page.table("who answers", &columns, rows);
}

fn by_id(email: &EmailAddress) -> Answerer<'_> {
    Answerer { person: ACTOR, email: Some(email), presented: Presented::ById }
}

fn facts(actor: Actor) -> InvitationFacts {
    InvitationFacts {
        team: team(),
        actor,
        actor_access: Access::default(),
        invitation: None,
        pending: None,
        is_member: false,
        occupancy: Occupancy::default(),
        live_invitations: 0,
    }
}

fn invite(
    policy: &Policy,
    facts: &InvitationFacts,
    role: &RoleName,
    grants: &[Grant],
) -> Result<Vec<Change>, Refusal> {
    let email = address("ada@example.org");
    let delivery = Delivery::Token;
    let request =
        InvitationRequest { email: &email, role, grants, delivery, grant_cap: GRANT_CAP, pending_cap: CAP };
    let id = roster_domain::InvitationId::from_uuid(uuid::Uuid::from_u128(4));
    create_invitation(policy, facts, &request, (id, secret()), NOW)
}

fn resend(policy: &Policy, facts: &InvitationFacts) -> Result<Vec<Change>, Refusal> {
    let request = ResendRequest { expected: None, delivery: Delivery::Token, pending_cap: CAP };
    resend_invitation(policy, facts, &request, secret(), NOW)
}

fn pending(policy: &Policy, rules: InvitationRules, state: InvitationState) -> Invitation {
    let end = Timestamp::from_micros(rules.lifetime.end(NOW.micros()));
    invitation(given(policy), state, end)
}
