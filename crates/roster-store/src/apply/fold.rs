//! Many parts as one text, which is sent at once and tells how many rows each of them met.
//!
//! On Postgres that is one statement: a `WITH` of statements that write, and a SELECT that reads their counts in one row.
//! All of them see the rows as they were before, and are carried out as the SELECT comes to them. Where one must come before
//! another, the later one reads the earlier one's count. On SQLite it is one statement after the other, each with one
//! behind it that gives its count as a row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::DbBackend;

use super::part::{Part, Text};

/// How many folded texts are kept. One for each kind of commit is enough, and each connection keeps as many prepared.
const MOST_KEPT: usize = 100;

/// Whether a text is for SQLite, and the names of its parts.
type Name = (bool, Vec<&'static str>);

static KEPT: Mutex<Option<HashMap<Name, Arc<str>>>> = Mutex::new(None);

/// The text that carries out all of the parts. Its values are theirs, one after the other.
pub(super) fn folded(backend: DbBackend, parts: &[Part]) -> Arc<str> {
    let is_sqlite = backend == DbBackend::Sqlite;
    let names = (is_sqlite, parts.iter().map(|part| part.text.name).collect());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(text) = kept.get(&names) {
        return Arc::clone(text);
    }
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    let texts: Vec<&Text> = parts.iter().map(|part| part.text).collect();
    let text: Arc<str> = if is_sqlite { in_a_row(&texts) } else { fold(&texts) }.into();
    kept.insert(names, Arc::clone(&text));
    text
}

fn fold(texts: &[&Text]) -> String {
    let mut sql = String::new();
    let mut values = 0;
    for (n, text) in texts.iter().enumerate() {
        sql.push_str(if n == 0 { "WITH " } else { ", " });
        sql.extend(["p", &n.to_string(), " AS ("]);
        values += renumber(text.postgres, values, &mut sql);
        for (earlier, _) in texts[..n].iter().enumerate().filter(|(_, one)| text.after.contains(&one.name)) {
            sql.extend([" AND (SELECT count(*) FROM p", &earlier.to_string(), ") >= 0"]);
        }
        sql.push_str(text.tail);
        sql.push_str(" RETURNING 1)");
    }
    let counts: Vec<String> = (0..texts.len()).map(|n| format!("(SELECT count(*) FROM p{n})")).collect();
    sql.push_str(" SELECT ");
    sql.push_str(&counts.join(", "));
    sql
}

fn in_a_row(texts: &[&Text]) -> String {
    let mut sql = String::new();
    let mut values = 0;
    for text in texts {
        values += renumber(text.sqlite, values, &mut sql);
        sql.extend([text.tail, "; SELECT changes(); "]);
    }
    sql
}

/// Writes the text with its placeholders moved up by so many, and returns how many values they stand for.
fn renumber(text: &str, by: usize, sql: &mut String) -> usize {
    let mut most = 0;
    let mut pieces = text.split('$');
    sql.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = piece[..digits].parse().unwrap_or_default();
        most = most.max(number);
        sql.extend(["$", &(number + by).to_string(), &piece[digits..]]);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    static FIRST: Text = Text::both("first", "DELETE FROM a WHERE b = $1 AND c = $2");
    static SECOND: Text = Text::both("second", "INSERT INTO a (b, c) SELECT $1, $10 WHERE true")
        .tail(" ON CONFLICT DO NOTHING")
        .after(&["first", "third"]);

    #[test]
    fn placeholders_go_on_and_the_later_reads_the_earlier() {
        assert_eq!(
            fold(&[&FIRST, &SECOND, &FIRST]),
            "WITH p0 AS (DELETE FROM a WHERE b = $1 AND c = $2 RETURNING 1), \
             p1 AS (INSERT INTO a (b, c) SELECT $3, $12 WHERE true AND (SELECT count(*) FROM p0) >= 0 \
             ON CONFLICT DO NOTHING RETURNING 1), \
             p2 AS (DELETE FROM a WHERE b = $13 AND c = $14 RETURNING 1) \
             SELECT (SELECT count(*) FROM p0), (SELECT count(*) FROM p1), (SELECT count(*) FROM p2)"
        );
    }

    #[test]
    fn on_sqlite_one_statement_comes_after_the_other() {
        assert_eq!(
            in_a_row(&[&FIRST, &SECOND]),
            "DELETE FROM a WHERE b = $1 AND c = $2; SELECT changes(); \
             INSERT INTO a (b, c) SELECT $3, $12 WHERE true ON CONFLICT DO NOTHING; SELECT changes(); "
        );
    }
}
