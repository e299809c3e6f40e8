//! Who may do what under each preset, as tables for people who read no Rust: `golden/<preset>.md`.
//!
//! Every cell is the answer of the decision that serves the call. `UPDATE_GOLDEN=1` writes the files anew.

use std::path::PathBuf;

use roster_domain::decide::{redeem_link, revoke_link, standing};
use roster_domain::facts::{LinkFacts, RedemptionFacts};
use roster_domain::policy::{InviteLinkRules, Policy, Role, parse, presets};
use roster_domain::{Change, InviteLink, MemberState, Membership, Timestamp};

#[path = "support/golden_page.rs"]
mod golden_page;
#[path = "support/golden_people.rs"]
mod golden_people;

use golden_page::{Cell, Page};
use golden_people::{
    ACTOR, CAP, LINK_MADE, MAKER, NOW, TARGET, act_on, actors, columns, copy, create, link, member,
};

#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads its own files and whether to write them anew")]
fn every_preset_does_what_its_table_says() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for policy in presets() {
        let file = folder.join(format!("{}.md", policy.name));
        let now = page(&policy);
        if update {
            std::fs::write(&file, &now).unwrap();
        }
        let then = std::fs::read_to_string(&file).unwrap_or_default();
        if now != then {
            let lines = || now.lines().map(Some).chain([None]).zip(then.lines().map(Some).chain([None]));
            let (new, old) = lines().find(|(new, old)| new != old).unwrap_or_default();
            panic!(
                "{} says\n{old:?}\nand the decisions say\n{new:?}\nIf that is meant, write it anew: \
                 UPDATE_GOLDEN=1 cargo test -p roster-domain --test decide_golden",
                file.display()
            );
        }
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name();
        let of_preset = |policy: &Policy| *format!("{}.md", policy.name) == *name;
        assert!(presets().iter().any(of_preset), "{} is of no preset", name.display());
    }
}

/// Policies without links, with a sole role and with roles that manage little, as presets may be.
#[test]
fn a_page_can_be_made_of_any_policy() {
    for text in [
        include_str!("policies/brand.toml"),
        include_str!("policies/sample.toml"),
        include_str!("policies/workspace.toml"),
    ] {
        let policy = parse("a.toml", text).unwrap_or_else(|error| panic!("{error}"));
        assert!(page(&policy).contains("## What the refusals say"));
    }
}

fn page(policy: &Policy) -> String {
    let mut page = Page::default();
    preface(policy, &mut page);
    looking(policy, &mut page);
    links(policy, &mut page);
    others(policy, &mut page);
    oneself(policy, &mut page);
    kept(policy, &mut page);
    if let Some(rules) = &policy.invite_links {
        joining(policy, rules, &mut page);
    }
    page.into_text()
}

fn preface(policy: &Policy, page: &mut Page) {
    page.heading(1, &format!("Who may do what: {}", policy.title));
    page.paragraph(&policy.description);
    page.paragraph(
        "Each table shows who acts in its rows and what they try in its columns. A cell says `yes` where it happens, \
         `no change` where the call succeeds and leaves everything as it is, `–` where it cannot come to this, and \
         otherwise the name of the refusal; what each refusal tells people stands at the end.",
    );
    let suspends = if policy.suspension { "can" } else { "cannot" };
    page.paragraph(&format!(
        "An outsider is anybody who is no member of the team, and gets the same answers for a team that does not exist. \
         Members {suspends} be suspended under this policy; the tables say what would become of one in any case. Where \
         nothing else is said, each role has two active holders, and one for a role that never has more.",
    ));
    page.paragraph(&format!("Whoever creates a team becomes its `{}`.", policy.founder().name));
}

fn looking(policy: &Policy, page: &mut Page) {
    let columns = [
        ("the team", "team.read"),
        ("oneself among the members", "team.read"),
        ("the members", "members.read"),
        ("the invite links", "links.manage"),
        ("the event log", "events.read"),
    ];
    page.heading(2, "Looking");
    let rows = actors(policy).into_iter().map(|(label, actor)| {
        let see = |(_, permission)| {
            let standing = standing(policy, actor.as_ref());
            standing.and_then(|standing| standing.require(permission)).into()
        };
        (label, columns.map(see).into())
    });
    page.table("who looks at", &columns.map(|(title, _)| title.to_owned()), rows.collect());
}

fn links(policy: &Policy, page: &mut Page) {
    page.heading(2, "Invite links");
    let Some(rules) = &policy.invite_links else { return };
    let made = create(policy, Some(member(ACTOR, policy.founder())), 0);
    let Ok([Change::InviteLinkCreated(made)]) = made.as_deref() else { panic!("the founder makes no link") };
    let seconds = (made.expires_at.micros() - NOW.micros()) / 1_000_000;
    page.paragraph(&format!(
        "A link that is made at noon on 1 March 2026 lives for {} ({seconds} seconds), and whoever joins by it becomes \
         `{}`. Of links that still admit people a team may have {CAP} at once, unless the service is configured \
         otherwise. A copy holds the link's secret; only a live link can be copied.",
        rules.lifetime.in_words(),
        made.role,
    ));
    let columns = [
        "make one",
        "make one more than the cap",
        "copy a live one",
        "copy one that ended",
        "revoke a live one",
        "revoke a revoked one",
        "revoke one that is not there",
    ];
    let live = link(rules);
    let revoked = InviteLink { revoked_at: Some(NOW), ..live.clone() };
    let rows = actors(policy).into_iter().map(|(label, actor)| {
        let revoke = |link: Option<&InviteLink>| {
            let facts = LinkFacts { actor: actor.clone(), link: link.cloned() };
            revoke_link(policy, &facts).into()
        };
        let cells = vec![
            create(policy, actor.clone(), CAP - 1).into(),
            create(policy, actor.clone(), CAP).into(),
            copy(policy, actor.as_ref(), &live),
            copy(policy, actor.as_ref(), &revoked),
            revoke(Some(&live)),
            revoke(Some(&revoked)),
            revoke(None),
        ];
        (label, cells)
    });
    page.table("who does", &columns.map(str::to_owned), rows.collect());
}

fn others(policy: &Policy, page: &mut Page) {
    page.heading(2, "Another member");
    let targets = policy.roles.iter().map(|role| (format!("The other is `{}`", role.name), Some(role)));
    for (title, target) in targets.chain([("The other is no member".to_owned(), None)]) {
        page.heading(3, &title);
        let rows = actors(policy).into_iter().map(|(label, actor)| {
            let alone = |role: &Role| {
                role.sole.is_some() && actor.as_ref().is_some_and(|actor| actor.role == role.name)
            };
            let holders = target.map_or(0, |role| if role.sole.is_some() { 1 } else { 2 });
            if target.is_some_and(alone) {
                return (label, columns(policy).iter().map(|_| Cell::Never).collect());
            }
            (label, act_on(policy, actor, target.map(|role| member(TARGET, role)), holders))
        });
        page.table("who does", &columns(policy), rows.collect());
    }
}

fn oneself(policy: &Policy, page: &mut Page) {
    page.heading(2, "Oneself");
    let rows = actors(policy).into_iter().map(|(label, actor)| {
        let sole = |actor: &Membership| policy.role(&actor.role).is_some_and(|role| role.sole.is_some());
        let holders = if actor.as_ref().is_some_and(sole) { 1 } else { 2 };
        (label, act_on(policy, actor.clone(), actor, holders))
    });
    page.table("who does to itself", &columns(policy), rows.collect());
}

fn kept(policy: &Policy, page: &mut Page) {
    for role in policy.roles.iter().filter(|role| role.at_least_one || role.sole.is_some()) {
        let name = &role.name;
        page.heading(2, &format!("The only `{name}`"));
        let only = member(TARGET, role);
        let mut rows = vec![(
            "the only one, to itself".to_owned(),
            act_on(policy, Some(only.clone()), Some(only.clone()), 1),
        )];
        if role.sole.is_none() {
            let other = Membership { state: MemberState::Suspended, ..member(ACTOR, role) };
            rows.push((
                "the only active one, to itself, beside a suspended one".to_owned(),
                act_on(policy, Some(only.clone()), Some(only.clone()), 1),
            ));
            rows.push((
                "the only active one, to a suspended one".to_owned(),
                act_on(policy, Some(only.clone()), Some(other.clone()), 1),
            ));
            rows.push((
                format!("a suspended `{name}`, to the only active one"),
                act_on(policy, Some(other), Some(only.clone()), 1),
            ));
        }
        for other in policy.roles.iter().filter(|other| other.name != *name) {
            let label = format!("`{}`, to the only one", other.name);
            rows.push((label, act_on(policy, Some(member(ACTOR, other)), Some(only.clone()), 1)));
        }
        page.table("who does", &columns(policy), rows);
    }
}

fn joining(policy: &Policy, rules: &InviteLinkRules, page: &mut Page) {
    page.heading(2, "Joining by a link");
    page.paragraph(
        "A look at the link (PreviewInvite) is refused alike and changes nothing. A token that leads nowhere is answered \
         INVITE_NOT_FOUND before any of this. The link was made by a member with the role of whoever creates teams, \
         which is what `its maker` means here; what counts is what the maker is at the moment of joining.",
    );
    let founder = member(MAKER, policy.founder());
    let live = link(rules);
    let end = live.expires_at;
    let revoked = InviteLink { revoked_at: Some(NOW), ..live.clone() };
    let column = |title: &str, link: &InviteLink, maker: Option<Membership>, now| {
        (title.to_owned(), link.clone(), maker, now)
    };
    let just_before = Timestamp::from_micros(end.micros() - 1);
    let suspended = Membership { state: MemberState::Suspended, ..founder.clone() };
    let mut columns = vec![
        column("live", &live, Some(founder.clone()), NOW),
        column("a microsecond before its end", &live, Some(founder.clone()), just_before),
        column("at its end", &live, Some(founder.clone()), end),
        column("revoked", &revoked, Some(founder.clone()), NOW),
        column("revoked, and at its end", &revoked, Some(founder), end),
        column("its maker removed", &live, None, NOW),
        column("its maker suspended", &live, Some(suspended), NOW),
    ];
    for role in &policy.roles {
        let title = format!("its maker now `{}`", role.name);
        columns.push((title, live.clone(), Some(member(MAKER, role)), NOW));
    }
    let mut people = vec![
        ("outsider".to_owned(), None, None),
        ("removed before the link was made".to_owned(), None, Some(LINK_MADE - 1)),
        ("removed after the link was made".to_owned(), None, Some(LINK_MADE + 1)),
    ];
    for (label, membership) in actors(policy).into_iter().skip(1) {
        people.push((label, membership, None));
    }
    let rows = people.into_iter().map(|(label, membership, removed_at)| {
        let cell = |(_, link, maker, now): &(String, InviteLink, Option<Membership>, Timestamp)| {
            let facts = RedemptionFacts {
                membership: membership.clone(),
                removed_at,
                link: link.clone(),
                maker: maker.clone(),
            };
            redeem_link(policy, &facts, ACTOR, None, *now).into()
        };
        (label, columns.iter().map(cell).collect())
    });
    let titles: Vec<_> = columns.iter().map(|(title, ..)| title.clone()).collect();
    page.table("who opens a link that is", &titles, rows.collect());
}
