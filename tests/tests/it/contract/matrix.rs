//! Who may what: every method, called by everybody, compared with a table that people can read.

use std::fmt::Write as _;
use std::path::Path;

use roster_testkit::both;

use crate::contract::call::reason;
use crate::contract::people::EVERYBODY;
use crate::contract::rows::methods;
use crate::contract::scene::Scene;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/matrix.md");

const TEXT: &str = "\
# Who may call what

Every method of the contract, called by everybody about one team. Methods that change something are asked only whether
they would be done, where they can be. `ok` is granted; anything else is the reason of the refusal. A row's first columns
are persons through a service of the team's product that may act for them.

";

#[tokio::test]
async fn everybody_may_what_the_table_says() {
    both(async |kind| {
        let scene = Scene::start(kind).await;
        let mut rows = vec![];
        for method in methods(&scene.named) {
            let mut cells = vec![];
            for who in EVERYBODY {
                let mut named = scene.named.clone();
                if !method.is_harmless() {
                    named.fresh_invitation = scene.invite(&named).await;
                }
                let message = method.again(&named).request(&named);
                let who = (scene.somebody(who.person).await, who.through);
                let outcome = scene.make(&method, who, &message).await;
                cells.push(outcome.map_or_else(|status| reason(&status), |_| "ok".to_owned()));
            }
            assert!(cells.iter().any(|cell| cell == "ok"), "nobody may call {}: {cells:?}", method.name());
            rows.push((format!("{}.{}", method.service(), method.name()), cells));
        }
        rows.sort();
        assert_golden(&render(&rows));
    })
    .await;
}

/// The table as it is kept.
fn render(rows: &[(String, Vec<String>)]) -> String {
    let mut text = TEXT.to_owned();
    let headings: Vec<_> = EVERYBODY.iter().map(|who| who.heading.to_owned()).collect();
    let mut line = |first: &str, cells: &[String]| {
        // A string takes every text.
        let _ = writeln!(text, "| {first} | {} |", cells.join(" | "));
    };
    line("method", &headings);
    line("---", &vec!["---".to_owned(); headings.len()]);
    for (method, cells) in rows {
        line(method, cells);
    }
    text
}

/// Compares with the table that was read and found right. `UPDATE_GOLDEN=1` writes the new one, to be read.
fn assert_golden(found: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, found).expect("the table can be written");
        return;
    }
    let golden = std::fs::read_to_string(Path::new(GOLDEN)).unwrap_or_default();
    let differs = "the table differs; UPDATE_GOLDEN=1 writes it anew, and then read what changed";
    for (line, kept) in found.lines().zip(golden.lines()) {
        assert_eq!(line, kept, "{differs}");
    }
    assert_eq!(found, golden, "{differs}");
}
