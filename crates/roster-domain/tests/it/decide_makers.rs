//! What becomes of a link, a code and an invitation when their maker can do less, or is gone: each ends with its maker's
//! authority to make it, and how far the maker reaches is part of that.

use roster_domain::decide::{
    Answerer, InviteLinkState, Presented, ShownInvitationState, TeamCodeState, accept_invitation, code_state,
    could_invite, could_make, could_make_code, delete_code, link_state, redeem_code, redeem_link,
    remove_member, shown_invitation_state,
};
use roster_domain::facts::{
    AnswerFacts, CodeFacts, CodeRedemptionFacts, Holder, Invitation, InvitationState, JoinFacts, MemberFacts,
    RedemptionFacts, RemovalFacts, TeamCode,
};
use roster_domain::policy::{Policy, parse};
use roster_domain::{
    Access, Change, CodeId, EmailAddress, Grant, GrantTarget, InvitationId, InviteLink, LinkId, PersonKey,
    ResourceId, RoleName, Timestamp,
};

use crate::support::{joining_rows, rows};

use joining_rows::{MAKER, joining, maker_in_words, team};
use rows::{ACTOR, VERSION, brand, kept, member, words};

const NOW: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);
const END: Timestamp = Timestamp::from_micros(1_772_366_400_000_001);

/// Books, of which a guide reads and writes all and a guest reads all, unless they are restricted to some.
fn walked() -> Policy {
    parse("walked.toml", include_str!("../policies/walked.toml")).expect("a good file")
}

#[test]
fn a_way_in_reaches_no_further_than_its_maker_does_now() {
    let policy = walked();
    let check = |maker: (&str, &Access), gives: (&str, &Access), admits: bool| {
        let holder = maker_in_words(maker.0).map(|holder| Holder { access: maker.1.clone(), ..holder });
        let joining = || JoinFacts { maker: holder.clone(), ..joining(ACTOR, ("-", None, "-"), 1) };
        let (holder, said) = (holder.as_ref(), format!("{gives:?} by {maker:?}"));

        let code = code(gives.0, gives.1);
        let facts = CodeRedemptionFacts { code: code.clone(), joining: joining() };
        let redeemed = words(&redeem_code(&policy, &facts, PersonKey(ACTOR), None, NOW));
        assert_eq!(redeemed, if admits { "MemberJoined" } else { "MakerGone" }, "{said}");
        let live = if admits { TeamCodeState::Live } else { TeamCodeState::MakerGone };
        assert_eq!(code_state(&policy, &code, holder, NOW), live, "{said}");
        let facts = CodeFacts { actor: member(ACTOR, "owner"), code: Some(code), maker: holder.cloned() };
        let deleted = words(&delete_code(&policy, &facts, NOW));
        assert_eq!(deleted, if admits { "StillActive" } else { "TeamCodeDeleted" }, "{said}");

        let invitation = invitation(gives.0, gives.1);
        let facts = AnswerFacts { invitation: invitation.clone(), joining: joining() };
        let answerer =
            Answerer { person: PersonKey(ACTOR), email: Some(&invitation.email), presented: Presented::ById };
        let accepted = words(&accept_invitation(&policy, &facts, answerer, NOW));
        assert_eq!(accepted, if admits { "several changes" } else { "MakerGone" }, "{said}");
        let shown = if admits { ShownInvitationState::Pending } else { ShownInvitationState::MakerGone };
        assert_eq!(shown_invitation_state(&policy, &invitation, holder, NOW), shown, "{said}");

        // A link grants nothing.
        if *gives.1 == Access::default() {
            let facts = RedemptionFacts { link: link(gives.0), joining: joining() };
            let redeemed = words(&redeem_link(&policy, &facts, PersonKey(ACTOR), None, NOW));
            assert_eq!(redeemed, if admits { "MemberJoined" } else { "MakerGone" }, "{said}");
            let live = if admits { InviteLinkState::Live } else { InviteLinkState::MakerGone };
            assert_eq!(link_state(&policy, &link(gives.0), holder, NOW), live, "{said}");
        }
    };
    let nothing = Access::default();
    check(("owner", &nothing), ("guide", &nothing), true);
    check(("guide", &nothing), ("guide", &nothing), true);
    check(("guide", &nothing), ("guest", &nothing), true);
    // What was made while all was in reach ends with a restriction to some, and lives again once that is lifted.
    check(("guide", &only("one", "writer")), ("guest", &nothing), false);
    check(("guide", &only("one", "writer")), ("guide", &nothing), false);
    check(("guide", &only("one", "writer")), ("guest", &only("one", "reader")), true);
    check(("guide", &only("one", "writer")), ("guide", &only("one", "writer")), true);
    check(("guide", &only("one", "reader")), ("guide", &only("one", "writer")), false);
    check(("guide", &only("two", "writer")), ("guest", &only("one", "reader")), false);
    check(("guide", &nowhere()), ("guest", &only("one", "reader")), false);
    check(("guide", &nowhere()), ("guest", &nowhere()), true);
    // What the role no longer makes, no reach makes up for.
    check(("guest", &only("one", "reader")), ("guest", &nowhere()), false);
    check(("guide", &nothing), ("keeper", &nothing), false);
    check(("suspended guide", &nothing), ("guest", &nothing), false);
    check(("no-role", &nothing), ("guest", &nothing), false);
    check(("-", &nothing), ("guest", &nothing), false);
}

#[test]
fn nobody_could_make_what_the_policy_lacks() {
    let check = |policy: &Policy, role: &str, expected: [bool; 3]| {
        let (owner, role, nothing) = (maker_in_words("owner"), role_name(role), Access::default());
        let could = [
            could_make(policy, owner.as_ref(), &role),
            could_make_code(policy, owner.as_ref(), &role, &nothing),
            could_invite(policy, owner.as_ref(), &role, &nothing),
        ];
        assert_eq!(could, expected, "{}", policy.name);
    };
    check(&kept(), "idle", [true, false, false]);
    check(&brand(), "member", [false, true, true]);
    check(&walked(), "guest", [true, true, true]);
    let without = Policy { invite_links: None, team_codes: None, invitations: None, ..walked() };
    check(&without, "guest", [false, false, false]);
}

#[test]
fn what_an_invitation_is_shown_as() {
    use InvitationState::{Accepted, Cancelled, Declined, Expired, Pending};
    let policy = walked();
    let check = |state, now, maker, expected: ShownInvitationState| {
        let one = Invitation { state, ..invitation("guest", &Access::default()) };
        let shown = shown_invitation_state(&policy, &one, maker_in_words(maker).as_ref(), now);
        assert_eq!(shown, expected, "{state:?}, maker {maker}, {now:?}");
    };
    check(Pending, NOW, "guide", ShownInvitationState::Pending);
    check(Pending, NOW, "guest", ShownInvitationState::MakerGone);
    check(Pending, NOW, "-", ShownInvitationState::MakerGone);
    // Whoever made it, what has ended says how it ended.
    for maker in ["guide", "-"] {
        check(Pending, END, maker, ShownInvitationState::Expired);
        check(Expired, NOW, maker, ShownInvitationState::Expired);
        check(Accepted, END, maker, ShownInvitationState::Accepted);
        check(Declined, END, maker, ShownInvitationState::Declined);
        check(Cancelled, END, maker, ShownInvitationState::Cancelled);
    }
}

#[test]
fn whoever_removes_adopts_only_what_it_could_make() {
    let policy = walked();
    let check = |actor, actor_access: &Access, (role, access): (&str, &Access), adopted: bool| {
        let member = MemberFacts {
            team: team(),
            actor: member(ACTOR, actor),
            actor_access: actor_access.clone(),
            target: member(MAKER, "guide"),
            target_access: Access::default(),
            holders_of_target_role: 2,
        };
        let links = if *access == Access::default() { vec![link(role)] } else { vec![] };
        let (expected, codes) = (1 + usize::from(adopted) * (1 + links.len()), vec![code(role, access)]);
        let facts = RemovalFacts { member, invitations: vec![], links, codes };
        let changes = remove_member(&policy, &facts, true, None, NOW).unwrap();
        assert_eq!(changes.len(), expected, "{actor} with {actor_access:?}: {changes:?}");
        let by = |change: &Change| match change {
            Change::TeamCodeAdopted { maker, .. } | Change::InviteLinkAdopted { maker, .. } => {
                *maker == PersonKey(ACTOR)
            }
            _ => false,
        };
        assert_eq!(changes.iter().filter(|change| by(change)).count(), expected - 1, "{actor}");
    };
    let nothing = Access::default();
    check("owner", &nothing, ("guide", &only("one", "writer")), true);
    check("owner", &nothing, ("keeper", &nothing), true);
    check("guide", &nothing, ("keeper", &nothing), false);
    check("guide", &nothing, ("guide", &nothing), true);
    check("guide", &only("one", "writer"), ("guide", &nothing), false);
    check("guide", &only("one", "writer"), ("guest", &nothing), false);
    check("guide", &only("one", "writer"), ("guide", &only("one", "writer")), true);
    check("guide", &only("one", "reader"), ("guide", &only("one", "writer")), false);
    check("guide", &only("two", "writer"), ("guide", &only("one", "reader")), false);
}

fn role_name(role: &str) -> RoleName {
    RoleName::parse(role).expect("a well-shaped name")
}

/// Restricted to one book, with that role on it.
fn only(book: &str, role: &str) -> Access {
    let kind = walked().kinds[0].name.clone();
    let target = GrantTarget::One(ResourceId::parse(book).expect("an id"));
    let grant = Grant { kind: kind.clone(), target, role: role_name(role) };
    Access { grants: vec![grant], restricted: vec![kind] }
}

/// Restricted to no book at all.
fn nowhere() -> Access {
    Access { grants: vec![], ..only("one", "reader") }
}

fn link(role: &str) -> InviteLink {
    InviteLink {
        id: LinkId::from_uuid(uuid::Uuid::from_u128(1)),
        role: role_name(role),
        maker: PersonKey(MAKER),
        revision: VERSION,
        created_at: NOW,
        expires_at: END,
        revoked_at: None,
        uses: 0,
    }
}

fn code(role: &str, access: &Access) -> TeamCode {
    TeamCode {
        id: CodeId::from_uuid(uuid::Uuid::from_u128(1)),
        role: role_name(role),
        access: access.clone(),
        maker: PersonKey(MAKER),
        revision: VERSION,
        expires_at: Some(END),
        revoked_at: None,
        uses: 0,
        max_uses: None,
    }
}

fn invitation(role: &str, access: &Access) -> Invitation {
    Invitation {
        id: InvitationId::from_uuid(uuid::Uuid::from_u128(1)),
        email: EmailAddress::parse("ada@example.org").expect("an address"),
        role: role_name(role),
        access: access.clone(),
        maker: PersonKey(MAKER),
        revision: VERSION,
        version: VERSION,
        generation: 0,
        expires_at: END,
        state: InvitationState::Pending,
        answered_by: None,
    }
}
