//! `docs/policies.md` is true: its examples are policies, and it names everything that a file can say.

use std::collections::BTreeSet;

use roster_domain::policy::{Policy, SERVICE_PERMISSIONS, SelfRule, parse};

/// The keys of the table `sole`, which are explained together.
const OF_SOLE: [&str; 2] = ["transferable", "former_holder_becomes"];

const DOCUMENT: &str = include_str!("../../../../docs/policies.md");

/// The examples: a file that says little, and one that says all.
fn examples() -> [&'static str; 2] {
    let blocks = DOCUMENT.split("```toml\n").skip(1);
    let examples: Vec<_> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    examples.try_into().expect("the document has two examples")
}

fn read(text: &str) -> Policy {
    parse("docs/policies.md", text).unwrap_or_else(|error| panic!("{error}"))
}

/// The keys of every table of a file, asked from the reader: it names those it knows when it meets one that it does
/// not know.
fn keys_of(file: &str) -> BTreeSet<String> {
    let headers = file.match_indices("\n[").map(|(start, _)| start + 1);
    let mut known = BTreeSet::new();
    for header in headers.filter(|start| !file[*start..].starts_with("[kinds.reach]")) {
        let line = header + file[header..].find('\n').expect("a table has keys");
        known.extend(keys_named_by(&format!("{}\nanything = 1{}", &file[..line], &file[line..])));
    }
    known.extend(keys_named_by(&format!("anything = 1\n{file}")));
    let sole = file.replacen("at_least_one = true", "sole = { anything = 1 }", 1);
    known.extend(keys_named_by(&sole));
    known
}

fn keys_named_by(text: &str) -> Vec<String> {
    let error = parse("a.toml", text).expect_err("it has an unknown key");
    let message =
        error.problems.iter().find_map(|problem| problem.message.split_once("the known ones here are "));
    let (_, keys) = message.unwrap_or_else(|| panic!("no unknown key is told:\n{error}"));
    keys.split(", ").map(str::to_owned).collect()
}

#[test]
fn what_the_small_example_leaves_out_is_closed() {
    let policy = read(examples()[0]);
    assert_eq!((policy.self_role, policy.self_leave), (SelfRule::Never, SelfRule::Never));
    assert!(!policy.personal_team && !policy.suspension);
    assert!(policy.invitations.is_none() && policy.invite_links.is_none() && policy.team_codes.is_none());
}

#[test]
fn the_large_example_says_everything() {
    let example = examples()[1];
    read(example);
    let keys = keys_of(example);
    assert!(keys.len() > 30, "only {keys:?}");
    // The founder's role is either kept or sole, so that one example cannot be both.
    for key in keys.iter().filter(|key| *key != "sole" && !OF_SOLE.contains(&key.as_str())) {
        let said = example.lines().any(|line| line.starts_with(&format!("{key} =")));
        let table = example.contains(&format!("{key}]"));
        assert!(said || table, "the example has no {key}");
    }
}

#[test]
fn every_key_and_every_permission_is_explained() {
    let prose: String = DOCUMENT.split("```").step_by(2).collect();
    let tables = prose.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let places: String = tables.chain(prose.lines().filter(|line| line.starts_with("## "))).collect();
    let has = |text: &str, name: &str| {
        [format!("`{name}`"), format!("[{name}]"), format!(".{name}]")].iter().any(|told| text.contains(told))
    };
    for key in keys_of(examples()[1]) {
        let place = if OF_SOLE.contains(&key.as_str()) { &prose } else { &places };
        assert!(has(place, &key), "{key} is not explained");
    }
    for permission in SERVICE_PERMISSIONS {
        assert!(has(&prose, permission), "{permission} is not explained");
    }
}
