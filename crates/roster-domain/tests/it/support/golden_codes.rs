//! Team codes: made, revoked, deleted, redeemed.

use roster_domain::decide::{
    CodeRequest, create_code, delete_code, may_redeem_code, redeem_code, revoke_code,
};
use roster_domain::facts::{CodeCreationFacts, CodeFacts, CodeRedemptionFacts, JoinFacts, TeamCode};
use roster_domain::policy::{Lifetime, Policy, TeamCodeRules};
use roster_domain::{Access, Change, CodeId, CodeText, Grant, Membership, Refusal, RoleName};

use super::golden_page::{Column, MEMBER, Page, column};
use super::golden_people::{
    ACTOR, GRANT_CAP, MAKER, NOW, actors, after, code, holder, member, members, no_role,
};
use super::golden_ways::{Way, assert_alike, given, joins};

/// How many live codes a team may have if nothing else is configured.
const CAP: u64 = 100;

type Actor = Option<Membership>;

pub(crate) fn codes(policy: &Policy, page: &mut Page) {
    page.heading(2, "Team codes");
    let Some(rules) = &policy.team_codes else {
        let attempt = |actor| make(policy, Some(actor), given(policy), &[], None, 0);
        page.absent("team codes", MEMBER, members(policy).map(attempt));
        return;
    };
    let lives: Vec<_> = rules.lifetimes.iter().map(|life| words(*life)).collect();
    page.paragraph(&format!(
        "A code looks like `{}{}` and is made for one of: {}. A team may have {CAP} that still admit people, unless the \
         service is configured otherwise.",
        rules.prefix,
        "X".repeat(rules.length.into()),
        lives.join(", "),
    ));
    page.heading(3, "Making a code");
    making(policy, rules, page);
    page.heading(3, "Revoking and deleting a code");
    managing(policy, page);
    page.heading(3, "Joining by a code");
    page.paragraph(&format!("The code is to `{}`. A look at it is refused alike.", given(policy)));
    let states = states(policy).map(|(title, code)| {
        let way: Way<'_> = Box::new(move |joining| redeem(policy, &code, joining));
        (title, way)
    });
    joins(policy, "the code", &states, page);
}

/// What a holder of the founder's role is answered who makes a code to that role with that grant.
pub(crate) fn make_with(policy: &Policy, role: &RoleName, grant: Grant) -> Result<Vec<Change>, Refusal> {
    let life = policy.team_codes.as_ref().and_then(|rules| *rules.lifetimes.first()?);
    make(policy, Some(member(ACTOR, policy.founder())), role, &[grant], life, 0)
}

/// Redeeming a live code.
pub(crate) fn come_into(policy: &Policy, joining: JoinFacts) -> Result<Vec<Change>, Refusal> {
    redeem(policy, &code(given(policy), None), joining)
}

fn making(policy: &Policy, rules: &TeamCodeRules, page: &mut Page) {
    let first = rules.lifetimes[0];
    let mut columns: Vec<Column<'_, Actor>> = vec![];
    for role in policy.roles.iter().map(|role| role.name.clone()).chain([no_role()]) {
        let title = if role == no_role() { "to what is no role".to_owned() } else { format!("to `{role}`") };
        columns.push(column(title, move |actor: &Actor| make(policy, actor.clone(), &role, &[], first, 0)));
    }
    columns.push(column("one more than the cap", move |actor: &Actor| {
        make(policy, actor.clone(), given(policy), &[], first, CAP)
    }));
    page.table("who makes one", &columns, actors(policy));

    let life = |text| Lifetime::parse(text).expect("a good life");
    let mut lives = rules.lifetimes.clone();
    lives.extend(["PT24H", "P2D", "P29D", "P31D", "P1M", "P1Y"].map(|text| Some(life(text))));
    if !rules.lifetimes.contains(&None) {
        lives.push(None);
    }
    let columns = lives.into_iter().map(|life| {
        column(format!("for {}", words(life)), move |actor: &Actor| {
            make(policy, actor.clone(), given(policy), &[], life, 0)
        })
    });
    let founder = actors(policy).into_iter().skip(1).take(1);
    page.table("who makes one", &columns.collect::<Vec<_>>(), founder);
}

fn managing(policy: &Policy, page: &mut Page) {
    let facts = |actor: &Actor, code: Option<&TeamCode>, maker: Actor| CodeFacts {
        actor: actor.clone(),
        code: code.cloned(),
        maker: maker.map(holder),
    };
    let founder = Some(member(MAKER, policy.founder()));
    let [live, .., revoked, _, _] = states(policy).map(|(_, code)| code);
    let revoke = |title, code: Option<TeamCode>| {
        let founder = founder.clone();
        column(title, move |actor: &Actor| revoke_code(policy, &facts(actor, code.as_ref(), founder.clone())))
    };
    let mut columns = vec![
        revoke("revoke a live one", Some(live.clone())),
        revoke("revoke a revoked one", Some(revoked)),
        revoke("revoke one that is not there", None),
    ];
    let delete = |title: String, code: Option<TeamCode>, maker: Actor| {
        column(title, move |actor: &Actor| {
            delete_code(policy, &facts(actor, code.as_ref(), maker.clone()), NOW)
        })
    };
    for (title, code) in states(policy) {
        columns.push(delete(format!("delete one that is {title}"), Some(code), founder.clone()));
    }
    columns.push(delete("delete one whose maker is gone".to_owned(), Some(live), None));
    columns.push(delete("delete one that is not there".to_owned(), None, None));
    page.table("who does", &columns, actors(policy));
}

/// A code in each state, the live one first.
fn states(policy: &Policy) -> [(&'static str, TeamCode); 7] {
    let live = code(given(policy), Some(after(NOW, 1)));
    let revoked = TeamCode { revoked_at: Some(NOW), ..live.clone() };
    let all = TeamCode { expires_at: Some(NOW), uses: 2, max_uses: Some(2), ..revoked.clone() };
    [
        ("live, a microsecond before its end", live.clone()),
        ("live without end", TeamCode { expires_at: None, ..live.clone() }),
        ("live with one use left", TeamCode { uses: 1, max_uses: Some(2), ..live.clone() }),
        ("at its end", TeamCode { expires_at: Some(NOW), ..live.clone() }),
        ("revoked", revoked),
        ("used up", TeamCode { uses: 2, max_uses: Some(2), ..live }),
        ("revoked, ended and used up", all),
    ]
}

fn make(
    policy: &Policy,
    actor: Actor,
    role: &RoleName,
    grants: &[Grant],
    lifetime: Option<Lifetime>,
    live_codes: u64,
) -> Result<Vec<Change>, Refusal> {
    let facts = CodeCreationFacts { actor, actor_access: Access::default(), live_codes };
    let request = CodeRequest { role, grants, lifetime, max_uses: None, grant_cap: GRANT_CAP, code_cap: CAP };
    let id = CodeId::from_uuid(uuid::Uuid::from_u128(5));
    create_code(policy, &facts, &request, (id, CodeText::new("XY-ABCDEF".to_owned())), NOW)
}

fn redeem(policy: &Policy, code: &TeamCode, joining: JoinFacts) -> Result<Vec<Change>, Refusal> {
    let facts = CodeRedemptionFacts { code: code.clone(), joining };
    let outcome = redeem_code(policy, &facts, ACTOR, None, NOW);
    assert_alike(may_redeem_code(policy, &facts, NOW), &outcome);
    outcome
}

fn words(life: Option<Lifetime>) -> String {
    life.map_or_else(|| "all time".to_owned(), Lifetime::in_words)
}
