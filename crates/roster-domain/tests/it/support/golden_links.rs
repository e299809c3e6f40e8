//! Invite links: made, copied, revoked, redeemed.

use roster_domain::decide::{
    InviteLinkState, could_make, create_link, link_state, may_redeem, redeem_link, revoke_link, standing,
};
use roster_domain::facts::{JoinFacts, LinkCreationFacts, LinkFacts, RedemptionFacts};
use roster_domain::policy::{InviteLinkRules, Policy};
use roster_domain::{Access, Change, InviteLink, Membership, Refusal, Timestamp};

use super::golden_page::{Cell, Column, MEMBER, Page, column};
use super::golden_people::{ACTOR, MAKER, NOW, actors, after, holder, link, member, members, secret};
use super::golden_ways::{Way, assert_alike, joins};

/// How many live links a team may have if nothing else is configured.
const CAP: u64 = 20;

pub(crate) fn links(policy: &Policy, page: &mut Page) {
    page.heading(2, "Invite links");
    let Some(rules) = &policy.invite_links else {
        page.absent("invite links", MEMBER, members(policy).map(|actor| make(policy, Some(actor), 0)));
        return;
    };
    making(policy, rules, page);
    page.heading(3, "Joining by a link");
    page.paragraph(
        "A look at the link (PreviewInvite) is refused alike and changes nothing. A token that leads nowhere is answered \
         INVITE_NOT_FOUND before any of this. The link was made by a member with the role of whoever creates teams, \
         which is what `its maker` means here; what counts is what the maker is at the moment of joining.",
    );
    let live = live(rules);
    let end = live.expires_at;
    let revoked = InviteLink { revoked_at: Some(NOW), ..live.clone() };
    let way = |link: &InviteLink, now| -> Way<'_> {
        let link = link.clone();
        Box::new(move |joining| redeem(policy, &link, joining, now))
    };
    let states = [
        ("live", way(&live, NOW)),
        ("a microsecond before its end", way(&live, after(end, -1))),
        ("at its end", way(&live, end)),
        ("revoked", way(&revoked, NOW)),
        ("revoked, and at its end", way(&revoked, end)),
    ];
    joins(policy, "the link", &states, page);
}

/// Redeeming a live link.
pub(crate) fn come_into(policy: &Policy, joining: JoinFacts) -> Result<Vec<Change>, Refusal> {
    let rules = policy.invite_links.as_ref().expect("a policy with links");
    redeem(policy, &live(rules), joining, NOW)
}

fn making(policy: &Policy, rules: &InviteLinkRules, page: &mut Page) {
    let made = make(policy, Some(member(ACTOR, policy.founder())), 0);
    let Ok([Change::InviteLinkCreated(made)]) = made.as_deref() else { panic!("the founder makes no link") };
    let seconds = (made.expires_at.micros() - NOW.micros()) / 1_000_000;
    page.paragraph(&format!(
        "A link that is made at noon on 1 March 2026 lives for {} ({seconds} seconds), and whoever joins by it becomes \
         `{}`. Of links that still admit people a team may have {CAP} at once, unless the service is configured \
         otherwise. A copy holds the link's secret; only a live link can be copied.",
        rules.lifetime.in_words(),
        made.role,
    ));
    let live = live(rules);
    let revoked = InviteLink { revoked_at: Some(NOW), ..live.clone() };
    let revoke = |title, link: Option<InviteLink>| {
        column(title, move |actor: &Option<Membership>| {
            revoke_link(policy, &LinkFacts { actor: actor.clone(), link: link.clone() })
        })
    };
    let columns: [Column<'_, Option<Membership>>; 7] = [
        column("make one", |actor: &Option<Membership>| make(policy, actor.clone(), CAP - 1)),
        column("make one more than the cap", |actor: &Option<Membership>| make(policy, actor.clone(), CAP)),
        column("copy a live one", |actor: &Option<Membership>| copy(policy, actor.as_ref(), &live)),
        column("copy one that ended", |actor: &Option<Membership>| copy(policy, actor.as_ref(), &revoked)),
        revoke("revoke a live one", Some(live.clone())),
        revoke("revoke a revoked one", Some(revoked.clone())),
        revoke("revoke one that is not there", None),
    ];
    page.table("who does", &columns, actors(policy));
}

fn make(policy: &Policy, actor: Option<Membership>, live_links: u64) -> Result<Vec<Change>, Refusal> {
    let facts = LinkCreationFacts { actor, actor_access: Access::default(), live_links };
    let id = roster_domain::LinkId::from_uuid(uuid::Uuid::from_u128(1));
    create_link(policy, &facts, (id, secret()), NOW, CAP)
}

/// Asking for a link with its token, as the calls that give it do.
fn copy(policy: &Policy, actor: Option<&Membership>, link: &InviteLink) -> Cell {
    if let Err(refusal) = standing(policy, actor).and_then(|standing| standing.require("links.manage")) {
        return Cell::No(refusal);
    }
    let maker = holder(member(MAKER, policy.founder()));
    let live = link_state(policy, link, Some(&maker), NOW) == InviteLinkState::Live;
    if live && could_make(policy, actor.cloned().map(holder).as_ref(), &link.role) {
        Cell::Yes
    } else {
        Cell::Says("without its secret".to_owned())
    }
}

fn redeem(
    policy: &Policy,
    link: &InviteLink,
    joining: JoinFacts,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let facts = RedemptionFacts { link: link.clone(), joining };
    let outcome = redeem_link(policy, &facts, ACTOR, None, now);
    assert_alike(may_redeem(policy, &facts, now), &outcome);
    outcome
}

fn live(rules: &InviteLinkRules) -> InviteLink {
    link(&rules.role, Timestamp::from_micros(rules.lifetime.end(NOW.micros())))
}
