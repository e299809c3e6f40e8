//! Every change of a row of the domain happens in `apply`, from an event.

use super::Repo;
use super::tokens::find;

/// Where rows may be written, below `crates/roster-store/src/`, and why.
const WRITERS: &[&str] = &[
    // The one write path.
    "apply.rs",
    "apply/",
    // What carries statements, and makes none of its own but those that begin and end a transaction.
    "db/",
    // Entities declare their ActiveModel, whose use is here.
    "entity/",
    // The record of a request, claimed before the team is locked.
    "idempotency.rs",
    // The same record, claimed and the team locked in one statement.
    "lock/team.rs",
    // Fingerprints of the keys, at start.
    "keys.rs",
    // The schema itself.
    "migration/",
    // The roles of the policies that are served, at start.
    "needs.rs",
    // How mails fare, which is not a change of a team.
    "outbox.rs",
    // The map from internal keys to user ids, which must exist before an event can name a person.
    "people.rs",
];

/// How SeaORM writes, as methods or as functions of an entity.
const WRITES: &[&str] = &[
    "delete",
    "delete_by_id",
    "delete_many",
    "exec_with_returning",
    "insert",
    "insert_many",
    "save",
    "update",
    "update_many",
];

/// What shows a write whichever way it is made.
const WORDS: &[&str] = &["ActiveModel", "ActiveModelTrait", "IntoActiveModel", "execute_unprepared"];

/// Where the store writes outside those places.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for file in repo.sources().filter(|file| !file.is_test()) {
        let Some(path) = file.path.strip_prefix("crates/roster-store/src/") else {
            continue;
        };
        if WRITERS.iter().any(|writer| path == *writer || (writer.ends_with('/') && path.starts_with(writer)))
        {
            continue;
        }
        let tokens = file.tokens();
        for write in WRITES {
            let calls = [find(tokens, &[".", write, "("]), find(tokens, &[":", ":", write, "("])].concat();
            for (line, _) in calls.into_iter().filter(|(_, in_test)| !in_test) {
                found.push(file.at(
                    line,
                    &format!("{write}() is for apply (or crates/xtask/src/tidy/writes.rs says why)"),
                ));
            }
        }
        for token in tokens.iter().filter(|token| !token.in_test) {
            if WORDS.contains(&token.text.as_str()) || token.string().is_some_and(is_writing_sql) {
                found.push(
                    file.at(token.line, "writing is for apply (or crates/xtask/src/tidy/writes.rs says why)"),
                );
            }
        }
    }
    found
}

fn is_writing_sql(text: &str) -> bool {
    let start = text.trim_start().to_ascii_uppercase();
    ["INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().any(|verb| start.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, code: &str, expected: usize) {
        let found = violations(&Repo::planted(&[(path, code)]));
        assert_eq!(found.len(), expected, "{path}: {found:?}");
    }

    #[test]
    fn a_write_outside_apply_is_caught() {
        for code in [
            "fn f() { member.insert(tx); }",
            "fn f() { member::Entity::delete_many(); }",
            "fn f() { member::Entity::update_many(); }",
            "use crate::entity::member::ActiveModel;",
            "const SQL: &str = \"  update members set role = 'owner'\";",
        ] {
            check("crates/roster-store/src/reads/members.rs", code, 1);
            check("crates/roster-store/src/apply/members.rs", code, 0);
            check("crates/roster-store/src/idempotency.rs", code, 0);
        }
    }

    #[test]
    fn reading_and_testing_are_not() {
        let read = "fn f() { member::Entity::find_by_id(1).one(tx); \"SELECT 1 FOR NO KEY UPDATE\"; }";
        check("crates/roster-store/src/facts.rs", read, 0);
        check("crates/roster-store/src/facts.rs", "#[cfg(test)] mod tests { fn f() { a.insert(tx); } }", 0);
        check("crates/roster-server/src/tokens/memory.rs", "fn f() { map.insert(1, 2); }", 0);
    }
}
