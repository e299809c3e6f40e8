//! Walks: steps taken one after another, every rule held after each.

use std::collections::HashMap;

use super::acts::{Act, Outcome, Step};
use super::faults::{Sabotage, plant, tamper};
use super::rules::{Rule, Seen, hold};
use super::scene::decide;
use super::settle::settle;
use super::team::Team;

/// Takes the steps one by one and holds the rules after each act, until the team is deleted. `watch` sees the
/// team before every act, the act, and what came of it.
pub(crate) fn walk(
    team: &mut Team<'_>,
    steps: &[Step],
    rules: &[Rule],
    sabotage: Option<Sabotage>,
    mut watch: impl FnMut(&Team<'_>, &Act, &Outcome),
) -> Result<(), String> {
    let mut made = HashMap::new();
    for step in steps {
        if team.facts.is_none() {
            break;
        }
        let (actor, act) = match step {
            Step::Act { who, stubborn, act } => settle(team, *who, *stubborn, act),
            Step::World(world) => {
                team.happen(world)?;
                continue;
            }
        };
        let before = team.clone();
        let act = &act;
        let mut outcome = decide(&before, sabotage, actor, act);
        tamper(sabotage, &before, &mut outcome);
        watch(&before, act, &outcome);
        team.apply(outcome.as_deref().unwrap_or_default())?;
        plant(team, sabotage, act, &outcome);
        let link = act.link(&before).map(|link| link.id.uuid());
        if let Some(way) = link.or_else(|| act.code(&before).map(|code| code.id.uuid())) {
            let joined = team.members.len() - before.members.len();
            *made.entry(way).or_default() += i64::try_from(joined).expect("few");
        }
        let seen = Seen {
            before: &before,
            after: team,
            actor,
            act,
            outcome: &outcome,
            again: team.facts.is_some().then(|| decide(team, sabotage, actor, act)),
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
