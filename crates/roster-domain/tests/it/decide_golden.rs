//! Who may do what under each policy, as tables for people who read no Rust: `golden/<policy>.md`.
//!
//! Every cell is the answer of the decision that serves the call. `UPDATE_GOLDEN=1` writes the files anew.

use std::path::PathBuf;

use roster_domain::policy::{Policy, parse, presets};

use crate::support::{
    golden_codes, golden_links, golden_mail, golden_members, golden_page, golden_reach, golden_seats,
    golden_team,
};

use golden_page::Page;

#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads its own files and whether to write them anew")]
fn every_policy_does_what_its_table_says() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let policies = policies();
    for policy in &policies {
        let file = folder.join(format!("{}.md", policy.name));
        let now = page(policy);
        if update {
            std::fs::write(&file, &now).unwrap();
        }
        let then = std::fs::read_to_string(&file).unwrap_or_default();
        if now != then {
            let lines = || now.lines().map(Some).chain([None]).zip(then.lines().map(Some).chain([None]));
            let (new, old) = lines().find(|(new, old)| new != old).unwrap_or_default();
            panic!(
                "{} says\n{old:?}\nand the decisions say\n{new:?}\nIf that is meant, write it anew: \
                 UPDATE_GOLDEN=1 cargo test -p roster-domain --test it decide_golden",
                file.display()
            );
        }
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name();
        let of_policy = |policy: &Policy| *format!("{}.md", policy.name) == *name;
        assert!(policies.iter().any(of_policy), "{} is of no policy", name.display());
    }
}

/// A policy that uses all that the format has, as no preset does.
#[test]
fn a_page_can_be_made_of_any_policy() {
    let text = include_str!("../policies/sample.toml");
    let policy = parse("sample.toml", text).unwrap_or_else(|error| panic!("{error}"));
    assert!(page(&policy).contains("## What the refusals say"));
}

/// The presets, and a product that was added by its file alone.
fn policies() -> Vec<Policy> {
    let text = include_str!("../../../../deploy/policies/code-host.toml");
    let added = parse("code-host.toml", text).unwrap_or_else(|error| panic!("{error}"));
    presets().into_iter().chain([added]).collect()
}

fn page(policy: &Policy) -> String {
    let mut page = Page::default();
    preface(policy, &mut page);
    golden_team::looking(policy, &mut page);
    golden_team::itself(policy, &mut page);
    golden_team::transfer(policy, &mut page);
    golden_mail::invitations(policy, &mut page);
    golden_links::links(policy, &mut page);
    golden_codes::codes(policy, &mut page);
    golden_seats::taken(policy, &mut page);
    golden_members::others(policy, &mut page);
    golden_members::oneself(policy, &mut page);
    golden_members::kept(policy, &mut page);
    golden_members::personal(policy, &mut page);
    golden_reach::reach(policy, &mut page);
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
         nothing else is said, each role has two active holders, and one for a role that never has more; nobody was \
         granted anything; and there is room for more people.",
    ));
    page.paragraph(&format!("Whoever creates a team becomes its `{}`.", policy.founder().name));
}
