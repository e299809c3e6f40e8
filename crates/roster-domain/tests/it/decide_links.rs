//! Which refusal comes first where links are made, revoked and redeemed, and what happens at the edges.
//!
//! A row gives a situation in which the expected refusal and all that come later have their cause.

use roster_domain::decide::{
    InviteLinkState, Redemption, create_link, link_state, may_redeem, redeem_link, revoke_link,
};
use roster_domain::facts::{LinkCreationFacts, LinkFacts, RedemptionFacts};
use roster_domain::policy::Policy;
use roster_domain::{Access, Change, InviteLink, LinkId, PersonKey, RoleName, SecretRecord, Timestamp};

use crate::support::{joining_rows, rows};

use joining_rows::{MAKER, joining, maker_in_words};
use rows::{ACTOR, brand, kept, member, words};

const LINK_MADE: i64 = 10;
const END: i64 = 1_772_625_600_000_000;

#[test]
fn making_a_link() {
    let check = |policy: &Policy, actor, (live_links, cap), expected: &str| {
        let actor_access = Access::default();
        let facts = LinkCreationFacts { actor: member(ACTOR, actor), actor_access, live_links };
        let secret = SecretRecord { digest: [0; 32], salt: [0; 16], generation: 0, key_id: "k".to_owned() };
        let outcome = create_link(policy, &facts, (link().id, secret), Timestamp::from_micros(0), cap);
        assert_eq!(words(&outcome), expected, "{} {actor}: {live_links} of {cap}", policy.name);
    };
    let (policy, without) = (kept(), brand());
    check(&without, "-", (9, 3), "TeamNotAccessible");
    check(&without, "suspended owner", (9, 3), "ActorSuspended");
    check(&without, "member", (9, 3), "MethodNotInPolicy");
    check(&without, "owner", (0, 3), "MethodNotInPolicy");
    check(&policy, "-", (9, 3), "TeamNotAccessible");
    check(&policy, "suspended owner", (9, 3), "ActorSuspended");
    check(&policy, "idle", (9, 3), "RoleLacksPermission");
    check(&policy, "giver", (9, 3), "RoleLacksPermission");
    check(&policy, "clerk", (9, 3), "RoleNotAssignable");
    check(&policy, "owner", (9, 3), "CapReached");
    check(&policy, "owner", (3, 3), "CapReached");
    check(&policy, "owner", (0, 0), "CapReached");
    check(&policy, "owner", (2, 3), "InviteLinkCreated");
    check(&policy, "owner", (0, u64::MAX), "InviteLinkCreated");
}

#[test]
fn revoking_a_link() {
    let revoked = InviteLink { revoked_at: Some(Timestamp::from_micros(1)), ..link() };
    let check = |actor, link: Option<&InviteLink>, expected: &str| {
        let facts = LinkFacts { actor: member(ACTOR, actor), link: link.cloned() };
        assert_eq!(words(&revoke_link(&kept(), &facts)), expected, "{actor}");
    };
    check("-", None, "TeamNotAccessible");
    check("-", Some(&revoked), "TeamNotAccessible");
    check("suspended owner", None, "ActorSuspended");
    check("idle", None, "RoleLacksPermission");
    check("clerk", None, "InviteLinkNotFound");
    check("clerk", Some(&revoked), "no change");
    // Whoever manages links ends any, also one to a role that it could not give.
    check("clerk", Some(&link()), "InviteLinkRevoked");
    check("owner", Some(&link()), "InviteLinkRevoked");
}

#[test]
fn a_redemption() {
    let policy = kept();
    let check = |who, removed_at, (revoked, maker, now): (bool, &str, i64), expected: &str| {
        let revoked_at = revoked.then(|| Timestamp::from_micros(1));
        let link = InviteLink { revoked_at, ..link() };
        let facts = RedemptionFacts { link, joining: joining(ACTOR, (who, removed_at, maker), 1) };
        let now = Timestamp::from_micros(now);
        let outcome = redeem_link(&policy, &facts, PersonKey(ACTOR), None, now);
        assert_eq!(words(&outcome), expected, "{who}, removed at {removed_at:?}, maker {maker}");
        let looked = may_redeem(&policy, &facts, now);
        let joins = |changes: Vec<Change>| match changes.as_slice() {
            [] => Redemption::AlreadyMember,
            _ => Redemption::Joins,
        };
        assert_eq!(looked, outcome.map(joins), "a look says what redeeming does");
    };
    let (older, newer) = (Some(LINK_MADE + 1), Some(LINK_MADE - 1));
    check("suspended idle", older, (true, "-", END), "Suspended");
    check("suspended owner", None, (false, "owner", 0), "Suspended");
    check("idle", older, (true, "-", END), "no change");
    check("owner", None, (false, "owner", 0), "no change");
    check("-", older, (true, "-", END), "Removed");
    check("-", newer, (true, "-", END), "Revoked");
    check("-", None, (true, "-", END), "Revoked");
    check("-", newer, (false, "-", END), "Expired");
    check("-", newer, (false, "clerk", END - 1), "MakerGone");
    check("-", older, (false, "owner", END - 1), "Removed");
    check("-", newer, (false, "owner", END - 1), "MemberJoined");
    check("-", None, (false, "owner", END - 1), "MemberJoined");
}

#[test]
fn the_state_of_a_link() {
    use InviteLinkState::{Expired, Live, MakerGone, Revoked};
    let check = |policy: &Policy, (revoked, maker, now): (bool, &str, i64), expected| {
        let revoked_at = revoked.then(|| Timestamp::from_micros(1));
        let link = InviteLink { revoked_at, ..link() };
        let state = link_state(policy, &link, maker_in_words(maker).as_ref(), Timestamp::from_micros(now));
        assert_eq!(state, expected, "revoked: {revoked}, maker {maker}, {} after its end", now - END);
    };
    let policy = kept();
    check(&policy, (false, "owner", 0), Live);
    check(&policy, (false, "owner", END - 1), Live);
    check(&policy, (false, "owner", END), Expired);
    check(&policy, (false, "owner", END + 1), Expired);
    check(&policy, (false, "-", END - 1), MakerGone);
    check(&policy, (false, "-", END), Expired);
    check(&policy, (true, "owner", END - 1), Revoked);
    check(&policy, (true, "-", END), Revoked);
    for gone in ["suspended owner", "steward", "giver", "clerk", "idle", "no-role", "suspended no-role"] {
        check(&policy, (false, gone, 0), MakerGone);
    }
    check(&Policy { invite_links: None, ..policy }, (false, "owner", 0), MakerGone);
}

fn link() -> InviteLink {
    InviteLink {
        id: LinkId::from_uuid(uuid::Uuid::from_u128(1)),
        role: RoleName::parse("idle").expect("a well-shaped name"),
        maker: PersonKey(MAKER),
        revision: LINK_MADE,
        created_at: Timestamp::from_micros(0),
        expires_at: Timestamp::from_micros(END),
        revoked_at: None,
        uses: 0,
    }
}
