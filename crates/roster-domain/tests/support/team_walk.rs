//! Walks: steps taken one after another, every rule held after each.

use std::collections::HashMap;

use super::team::Team;
use super::team_acts::{Act, Outcome, Sabotage, Step, decide};
use super::team_rules::{Rule, Seen, hold};

/// Every rule.
pub(crate) const RULES: [Rule; 11] = [
    Rule::KeptRoles,
    Rule::SoleRoles,
    Rule::NobodyGains,
    Rule::Authority,
    Rule::NoStanding,
    Rule::Quiet,
    Rule::Admission,
    Rule::Uses,
    Rule::OneMembership,
    Rule::TrueChanges,
    Rule::Cap,
];

/// Takes the steps one by one and holds the rules after each act. `watch` sees every act and what came of it.
pub(crate) fn walk(
    team: &mut Team<'_>,
    steps: &[Step],
    rules: &[Rule],
    sabotage: Option<Sabotage>,
    mut watch: impl FnMut(&Act, &Outcome),
) -> Result<(), String> {
    let mut made = HashMap::new();
    for step in steps {
        let (actor, act) = match step {
            Step::Act(actor, act) => (*actor, act),
            Step::World(world) => {
                team.happen(world);
                continue;
            }
        };
        let before = team.clone();
        let outcome = decide(&before, sabotage, actor, act);
        watch(act, &outcome);
        team.apply(outcome.as_deref().unwrap_or_default())?;
        plant(team, sabotage, act, &outcome);
        if let Act::Redeem(back) = act
            && let Some(link) = before.link(*back)
        {
            let joined = team.members.len() - before.members.len();
            *made.entry(link.id).or_default() += i64::try_from(joined).expect("few");
        }
        let seen = Seen {
            before: &before,
            after: team,
            actor,
            act,
            outcome: &outcome,
            again: decide(team, sabotage, actor, act),
            made: &made,
        };
        for rule in rules {
            hold(*rule, &seen).map_err(|what| {
                format!("{rule:?}: {what}\n{actor:?} {act:?}: {outcome:?}\nbefore {before:#?}")
            })?;
        }
    }
    Ok(())
}

/// The faults of whoever carries out what was decided.
fn plant(team: &mut Team<'_>, sabotage: Option<Sabotage>, act: &Act, outcome: &Outcome) {
    match (sabotage, act, outcome) {
        (Some(Sabotage::EveryRedemptionCounts), Act::Redeem(back), Ok(changes)) if changes.is_empty() => {
            let place = team.links.len() - 1 - back;
            team.links[place].uses += 1;
        }
        (Some(Sabotage::RefusalsBumpTheRevision), _, Err(_)) => team.revision += 1,
        _ => {}
    }
}
