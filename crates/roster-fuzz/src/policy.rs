//! Policy files: any text is a policy that keeps every rule of policies, or is refused line by line.

mod rules;

use roster_domain::policy::{Policy, PolicyError, parse, show};

/// What the file is called in messages.
const FILE: &str = "p.toml";

/// Reads any text as a policy file.
///
/// # Panics
/// Where a property of policies does not hold.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = parse(FILE, text);
    assert_eq!(read, parse(FILE, text), "read twice it is another");
    match read {
        Ok(policy) => {
            rules::hold(&policy);
            is_said_by_a_file(&policy);
            is_shown(&policy);
        }
        Err(error) => names_lines(text, &error),
    }
}

/// What is wrong is told at lines of the file, in an order, without what a terminal would obey.
fn names_lines(text: &str, error: &PolicyError) {
    assert!(!error.problems.is_empty());
    let last = text.matches('\n').count() + 1;
    for problem in &error.problems {
        assert!((1..=last).contains(&problem.line), "{problem:?} is not on a line of the file");
        assert!(!problem.message.is_empty());
    }
    let said = error.to_string();
    assert_eq!(said.lines().count(), error.problems.len(), "{said:?}");
    for line in said.lines() {
        assert!(line.starts_with("p.toml:"), "{line:?} has no place");
        assert!(!line.chars().any(char::is_control), "{line:?} has control characters");
    }
}

/// A file that spells every key out says the same policy.
fn is_said_by_a_file(policy: &Policy) {
    let text = roster_model::policy_file(policy);
    let read = parse(FILE, &text);
    assert_eq!(read.as_ref(), Ok(policy), "what was written is another policy:\n{text}");
}

fn is_shown(policy: &Policy) {
    let page = show(policy);
    for line in page.lines() {
        assert!(line.chars().count() <= 110 && line.trim_end() == line, "{line:?}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    for role in &policy.roles {
        assert!(page.contains(role.name.as_str()));
    }
}
