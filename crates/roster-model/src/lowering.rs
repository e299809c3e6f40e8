//! Who is less than it was, and that it is remembered.

use super::acts::Act;
use super::reach::heights;
use super::rules::{Seen, Verdict, role, unless, within};
use super::team::{Member, Team};

/// Holds that whoever stays and is less for an act is remembered by it, so that older ways in do not undo it; and that
/// nobody else is. What a purge ends is no more, and its offers end with it.
pub(crate) fn lowered(seen: &Seen<'_>) -> Verdict {
    let purged = matches!(seen.act, Act::Purge { .. });
    for after in &seen.after.members {
        let person = after.place.person;
        let Some(before) = seen.before.member(person) else { continue };
        let less = !purged && is_less(seen.after, before, after);
        let remembered = seen.after.removals.get(&person);
        let expected = if less { Some(&seen.after.revision) } else { seen.before.removals.get(&person) };
        unless(remembered != expected, || {
            format!(
                "{person:?} is less: {less}, and {remembered:?} is remembered where it should be {expected:?}"
            )
        })?;
    }
    Ok(())
}

fn is_less(team: &Team<'_>, before: &Member, after: &Member) -> bool {
    let policy = team.policy;
    let roles = (role(policy, &before.place.role), role(policy, &after.place.role));
    let had = heights(policy, &before.place.role, &before.access);
    let has = heights(policy, &after.place.role, &after.access);
    !within(policy, roles.0, roles.1) || had.iter().zip(has).any(|(had, has)| *had > has)
}
