//! What holds for every text and every policy.

use crate::policies::arbitrary_policy;
use proptest::prelude::*;
use roster_domain::policy::{parse, show};

const FILES: [&str; 6] = [
    include_str!("../../../roster-domain/tests/policies/sample.toml"),
    include_str!("../../../roster-domain/presets/account.toml"),
    include_str!("../../../roster-domain/presets/brand.toml"),
    include_str!("../../../../deploy/policies/code-host.toml"),
    include_str!("../../../roster-domain/presets/studio.toml"),
    include_str!("../../../roster-domain/presets/workspace.toml"),
];

/// Reads a text; an error has a line for each problem and each line its place.
fn read(text: &str) {
    let Err(error) = parse("p.toml", text) else { return };
    assert!(!error.problems.is_empty());
    let last = text.matches('\n').count() + 1;
    for problem in &error.problems {
        assert!((1..=last).contains(&problem.line), "{problem:?} is not on a line of the file");
    }
    for line in error.to_string().lines() {
        assert!(line.starts_with("p.toml:"), "{line:?} has no place");
        assert!(!line.chars().any(char::is_control), "{line:?} has control characters");
    }
}

#[test]
fn what_is_nested_deeply_is_refused_and_no_more() {
    for deep in ["a.", "[", "a = [", "[[a", "a={b=", "\"\".", "roles = [{"] {
        read(&deep.repeat(60_000 / deep.len()));
    }
    let path = vec!["a"; 30_000].join(".");
    for text in [
        format!("{path} = 1"),
        format!("[{path}]"),
        format!("[[{path}]]"),
        format!("roles = [{{ {path} = 1 }}]"),
    ] {
        read(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC*|[\\s\\S]{0,200}|([a-z]{1,5} ?= ?[\\[\\]{}\"'0-9.a-z-]{0,9}\n?|\\[\\[?[a-z.]{1,9}\\]?\\]?\n){0,20}") {
        read(&text);
    }

    #[test]
    fn changed_files_are_read_without_a_panic(
        file in prop::sample::select(FILES.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, "[\\s\\S]|[\"\\[\\]{}=.,*!0-9 \n]{0,3}"), 1..5),
    ) {
        let mut text: Vec<char> = file.chars().collect();
        for (at, taken, put) in changes {
            let at = at.index(text.len());
            let end = (at + taken).min(text.len());
            text.splice(at..end, put.chars());
            text.push('\n');
        }
        read(&text.into_iter().collect::<String>());
    }

    #[test]
    fn lines_in_any_order_are_read_without_a_panic(
        lines in prop::sample::select(FILES.to_vec())
            .prop_flat_map(|file| prop::sample::subsequence(file.lines().collect::<Vec<_>>(), 0..file.lines().count()))
            .prop_shuffle(),
    ) {
        read(&lines.join("\n"));
    }

    #[test]
    fn every_policy_has_its_founder_and_fits_a_terminal(policy in arbitrary_policy()) {
        prop_assert!(policy.founder().founder);
        let text = show(&policy);
        for line in text.lines() {
            prop_assert!(line.chars().count() <= 110 && line.trim_end() == line, "{line:?}");
        }
        for role in &policy.roles {
            prop_assert!(text.contains(role.name.as_str()));
        }
        prop_assert_eq!(text, show(&policy));
    }
}

#[test]
fn the_longest_names_fit_a_terminal() {
    let name = |letter: &str| letter.repeat(40);
    let role = |letter| {
        let (part, rest) = (name("p"), "q".repeat(39));
        format!("[[roles]]\nname = \"{}\"\npermissions = [\"{part}.{rest}\"]\n", name(letter))
    };
    let roles = ["b", "c", "d", "e"].map(role).concat();
    let text = format!(
        "name = \"{0}\"\ntitle = \"{1}\"\ndescription = \"{1}{1}{1}\"\n{roles}[[roles]]\nname = \"{0}\"\nfounder = true\n\
         permissions = [\"*\"]\nassigns = [\"{2}\"]\n",
        name("a"),
        "é".repeat(80),
        name("b"),
    );
    let text = show(&parse("p.toml", &text).unwrap());
    assert_eq!(text.lines().find(|line| line.chars().count() > 110), None, "{text}");
    let rows = text.matches(&format!("give the role {}", name("e"))).count();
    assert_eq!(rows, 5, "five tables, one for each role:\n{text}");
}
