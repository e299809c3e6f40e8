//! Everything that is stored of teams, in a form that is the same on both databases.

use std::collections::HashMap;

use serde_json::Value;

use crate::database::{Database, Kind};

/// Every table that `apply` writes, the order of its rows, and its columns: `#` marks ids and bytes, `@` times, and `$` JSON.
/// The ids of events, and what their feed is ordered by, are left to the database or to chance.
const TABLES: [(&str, &str, &str); 11] = [
    (
        "teams",
        "id",
        "id# policy display_name tier external_id personal_person caller creator revision version created_at@ deleted_at@",
    ),
    (
        "members",
        "person",
        "team_id# person role state email email_key restricted joined_at@ join_method joined_through# invited_by version",
    ),
    ("member_counts", "role, state", "team_id# role state count"),
    ("removals", "person", "team_id# person revision"),
    ("grants", "person, kind, resource", "team_id# person kind resource role"),
    (
        "invitations",
        "id",
        "id# team_id# email email_key role restricted state maker revision version digest# salt# generation key_id \
         created_at@ expires_at@ answered_by answered_at@",
    ),
    ("offered_grants", "offer_id, kind, resource", "offer_id# team_id# kind resource role"),
    (
        "mails",
        "invitation_id",
        "invitation_id# generation locale state failure attempts due_at@ created_at@ sent_at@",
    ),
    (
        "invite_links",
        "id",
        "id# team_id# role maker revision digest# salt# generation key_id created_at@ expires_at@ revoked_at@ uses",
    ),
    (
        "team_codes",
        "id",
        "id# team_id# code code_key role restricted maker revision created_at@ expires_at@ revoked_at@ uses max_uses",
    ),
    ("events", "seq", "team_id# revision position type at@ actor target caller request_id# payload$"),
];

/// What parts the columns of a row.
const BETWEEN: char = '\u{1f}';

/// Every row of every such table. A time at which a team was changed appears as the revision that changed it.
pub(crate) async fn dump(db: &Database) -> Vec<String> {
    let at = db.texts("SELECT DISTINCT at || ' ' || revision FROM events").await;
    let revisions: HashMap<&str, &str> = at.iter().filter_map(|pair| pair.split_once(' ')).collect();
    let mut rows = Vec::new();
    for (table, order, columns) in TABLES {
        let columns: Vec<&str> = columns.split(' ').collect();
        let shown: Vec<String> = columns.iter().map(|column| show(db.kind, column)).collect();
        let sql =
            format!("SELECT {} FROM {table} ORDER BY {order}", shown.join(&format!(" || '{BETWEEN}' || ")));
        for row in db.texts(&sql).await {
            let fields =
                row.split(BETWEEN).zip(&columns).map(|(text, column)| match &column[column.len() - 1..] {
                    "@" => {
                        revisions.get(text).map_or(format!("{column}{text}"), |n| format!("{column} of {n}"))
                    }
                    "$" => format!("{column}{}", serde_json::from_str::<Value>(text).unwrap()),
                    _ => format!("{column} {text}"),
                });
            rows.push(format!("{table}: {}", fields.collect::<Vec<_>>().join(", ")));
        }
    }
    rows
}

fn show(kind: Kind, column: &str) -> String {
    let name = column.trim_end_matches(['#', '@', '$']);
    let text = match (kind, column.ends_with('#')) {
        // An id as it is written, without its hyphens, or bytes, without what marks them as such.
        (Kind::Postgres, true) => format!(r"replace(replace(CAST({name} AS TEXT), '-', ''), '\x', '')"),
        // A text in its place would not be shown.
        (Kind::Sqlite, true) => format!("CASE typeof({name}) WHEN 'blob' THEN lower(hex({name})) END"),
        (_, false) => format!("CAST({name} AS TEXT)"),
    };
    format!("coalesce({text}, '-')")
}

/// Deletes all that is stored.
pub(crate) async fn clear(db: &Database) {
    // What refers to others first.
    let tables = ["events", "removals", "grants", "member_counts", "mails", "offered_grants", "invitations"];
    for table in tables.into_iter().chain(["invite_links", "team_codes", "members", "teams", "people"]) {
        db.execute(&format!("DELETE FROM {table}")).await;
    }
}
