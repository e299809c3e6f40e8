//! A wrong policy file is told its file, line and key, what was expected and what was found.

use std::fmt::Write as _;

use roster_domain::policy::parse;

const SAMPLE: &str = include_str!("../policies/sample.toml");
const CASES: &str = include_str!("../policies/errors.txt");

/// The whole answer to a text, empty for a right one.
fn answer(text: &str) -> String {
    parse("p.toml", text).err().map(|error| error.to_string()).unwrap_or_default()
}

/// The lines of a case that begin with that sign, without it.
fn part(case: &str, sign: char) -> String {
    let lines = case.lines().filter_map(|line| line.strip_prefix(sign));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_sample_is_right() {
    assert_eq!(answer(SAMPLE), "");
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let mut checked = 0;
    let mut wrong = String::new();
    for case in CASES.split("\n\n").filter(|case| !case.starts_with('#')) {
        let (replaced, by) = (part(case, '-'), part(case, '+'));
        assert_eq!(SAMPLE.matches(&replaced).take(1).count(), 1, "the sample has no\n{replaced}");
        // A case without new lines takes the line away, not only what is written on it.
        let replaced = if by.is_empty() { format!("{replaced}\n") } else { replaced };
        let found = answer(&SAMPLE.replacen(&replaced, &by, 1));
        let expected: Vec<_> = case.lines().filter(|line| !line.starts_with(['-', '+'])).collect();
        if expected.is_empty() || found != expected.join("\n") {
            let _ = write!(wrong, "\n{case}\n  is told\n{found}\n");
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(checked > 90, "only {checked} cases were read");
}

#[test]
fn an_empty_file_is_told_what_it_needs() {
    let expected = "\
p.toml:1: name: expected a name of 1 to 40 lower-case letters, digits, hyphens and underscores, beginning with a letter, found nothing
p.toml:1: title: expected a title of 1 to 80 characters on one line, found nothing
p.toml:1: roles: expected one role with founder = true, which whoever creates a team gets; found none";
    assert_eq!(answer(""), expected);
}

#[test]
fn a_link_cannot_give_a_sole_role() {
    let text = r#"
name = "p"
title = "P"
[[roles]]
name = "owner"
founder = true
sole = { transferable = true, former_holder_becomes = "guest" }
permissions = ["*"]
[[roles]]
name = "guest"
[invite_links]
lifetime = "P1D"
role = "owner""#;
    let expected = "p.toml:13: invite_links.role: owner is a sole role: it moves only by transfer and cannot be \
                    given by a link";
    assert_eq!(answer(text), expected);
}

#[test]
fn a_file_far_larger_than_any_policy_is_not_read() {
    let text = " ".repeat(64 * 1024 + 1);
    assert_eq!(answer(&text), "p.toml:1: expected a policy file of at most 65536 bytes, found 65537");
}

#[test]
fn long_values_are_cut_in_messages() {
    let text = SAMPLE.replacen("\"never\"", &format!("\"{}\"", "é".repeat(61)), 1);
    let expected =
        format!("p.toml:5: self_role: expected \"never\" or \"unless_last\", found \"{}…\"", "é".repeat(60));
    assert_eq!(answer(&text), expected);
}

/// The library takes any characters for a part of a number that has an underscore.
#[test]
fn what_follows_a_number_reaches_no_terminal_as_it_stands() {
    let text = SAMPLE.replacen("\"never\"", "1_0\u{1b}c", 1);
    let expected = "p.toml:5: self_role: expected \"never\" or \"unless_last\", found \"10\\u{1b}c\"";
    assert_eq!(answer(&text), expected);
}
