//! What there is to see of a team, and what becomes of the team itself.

use roster_domain::decide::{TransferBy, delete_team, rename_team, set_tier, standing, transfer_ownership};
use roster_domain::facts::{ActorFacts, TeamFacts, TransferFacts};
use roster_domain::policy::{Policy, TierName};
use roster_domain::{Access, DisplayName, Membership};

use super::golden_page::{Column, Page, column};
use super::golden_people::{ACTOR, TARGET, actors, member, suspended, team};

type Actor = Option<Membership>;

pub(crate) fn looking(policy: &Policy, page: &mut Page) {
    let mut seen = vec![
        ("the team", "team.read"),
        ("oneself among the members", "team.read"),
        ("the members", "members.read"),
    ];
    seen.extend(policy.invitations.is_some().then_some(("the e-mail invitations", "invitations.read")));
    seen.extend(policy.invite_links.is_some().then_some(("the invite links", "links.manage")));
    seen.extend(policy.team_codes.is_some().then_some(("the team codes", "codes.manage")));
    seen.extend((!policy.meters.is_empty()).then_some(("how much of a quota is used", "quota.read")));
    seen.push(("the event log", "events.read"));
    page.heading(2, "Looking");
    let columns: Vec<Column<'_, Actor>> = seen
        .into_iter()
        .map(|(title, permission)| {
            column(title, move |actor: &Actor| {
                standing(policy, actor.as_ref()).and_then(|standing| standing.require(permission))
            })
        })
        .collect();
    page.table("who looks at", &columns, actors(policy));
}

pub(crate) fn itself(policy: &Policy, page: &mut Page) {
    page.heading(2, "The team itself");
    let facts = |actor: &Actor| ActorFacts { team: team(), actor: actor.clone() };
    let rename = |title, name: &str| {
        let name = DisplayName::parse(name).expect("a good name");
        column(title, move |actor: &Actor| rename_team(policy, &facts(actor), &name, None))
    };
    let delete = column("delete it", |actor: &Actor| delete_team(policy, &facts(actor), None));
    let columns = [rename("rename it", "Crew"), rename("give it the name that it has", "Team"), delete];
    page.table("who does", &columns, actors(policy));

    page.heading(3, "Its tier");
    let unknown = TierName::parse("no-such-tier").expect("a well-shaped name");
    let Some(tiers) = &policy.tiers else {
        page.absent("tiers", "a calling service", [set_tier(policy, &team(), unknown)]);
        return;
    };
    page.paragraph(&format!(
        "Only a calling service with the scope for it sets a team's tier, and no member. A new team has `{}`.",
        tiers.default,
    ));
    let columns: Vec<Column<'_, TierName>> = tiers
        .names
        .iter()
        .chain([&unknown])
        .map(|new| {
            let title = if *new == unknown { "what is no tier".to_owned() } else { format!("`{new}`") };
            column(title, move |old: &TierName| {
                set_tier(policy, &TeamFacts { tier: Some(old.clone()), ..team() }, new.clone())
            })
        })
        .collect();
    let rows = tiers.names.iter().map(|tier| (format!("`{tier}`"), tier.clone()));
    page.table("a team's tier becomes", &columns, rows);
}

pub(crate) fn transfer(policy: &Policy, page: &mut Page) {
    page.heading(2, "Transfer of ownership");
    let facts = |actor: Option<&Membership>, target: Option<&Membership>| TransferFacts {
        actor: actor.cloned(),
        holder: Some(member(ACTOR, policy.founder())),
        holder_access: Access::default(),
        target: target.cloned(),
        target_access: Access::default(),
    };
    let Some((role, sole)) = policy.sole() else {
        let target = member(TARGET, policy.founder());
        let attempt =
            |actor: Option<&Membership>, by| transfer_ownership(policy, &facts(actor, Some(&target)), by);
        let members = policy.roles.iter().map(|role| member(ACTOR, role));
        let mut attempts: Vec<_> = members.map(|actor| attempt(Some(&actor), TransferBy::Member)).collect();
        attempts.push(attempt(None, TransferBy::Service));
        page.absent(
            "role with exactly one holder",
            "a member of whatever role, or a calling service,",
            attempts,
        );
        return;
    };
    page.paragraph(&format!(
        "The role `{}` has exactly one holder, who becomes `{}` when it moves.",
        role.name, sole.former_holder_becomes,
    ));
    let mut columns: Vec<Column<'_, (Actor, TransferBy)>> = vec![];
    let mut to = |title: String, target: Option<Membership>| {
        columns.push(column(title, move |(actor, by): &(Actor, TransferBy)| {
            transfer_ownership(policy, &facts(actor.as_ref(), target.as_ref()), *by)
        }));
    };
    for other in policy.roles.iter().filter(|other| other.name != role.name) {
        to(format!("to `{}`", other.name), Some(member(TARGET, other)));
    }
    let lowest = policy.roles.last().unwrap_or(role);
    to(format!("to a suspended `{}`", lowest.name), Some(suspended(member(TARGET, lowest))));
    to("to its holder".to_owned(), Some(member(ACTOR, role)));
    to("to nobody in the team".to_owned(), None);
    let mut rows: Vec<_> =
        actors(policy).into_iter().map(|(label, actor)| (label, (actor, TransferBy::Member))).collect();
    rows.push(("a calling service with the scope".to_owned(), (None, TransferBy::Service)));
    page.table("who moves it", &columns, rows);
}
