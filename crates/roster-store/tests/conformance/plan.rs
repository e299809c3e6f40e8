//! The plans that Postgres chose for what the store asked, with what they really read.
//!
//! Postgres itself tells them (`auto_explain`), in notices on the store's own connections: so they are the plans of the
//! statements as the store sends them, parameters and all.

use std::fmt;

use serde_json::Value;

use crate::database::Database;
use crate::listen::Heard;

/// Makes every later session of the database tell its plans.
pub(crate) async fn tell_plans(db: &Database) {
    let name = db.texts("SELECT current_database()::text").await.remove(0);
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_level = 'notice'",
        "auto_explain.log_format = 'json'",
        "auto_explain.log_analyze = on",
        "auto_explain.log_timing = off",
        "auto_explain.log_buffers = on",
    ] {
        db.execute(&format!("ALTER DATABASE {name} SET {setting}")).await;
    }
}

/// The tables that grow with teams, and that no call may walk.
const GROWING: [&str; 7] =
    ["members", "grants", "invitations", "mails", "team_codes", "offered_grants", "invite_links"];

/// How many pages a scan may read for each row: of the index and of the table.
const PAGES_OF_A_ROW: f64 = 4.0;

/// How many it may read besides: down an index, and through what its neighbours left.
const PAGES_OF_A_SCAN: f64 = 12.0;

/// A statement and what it did.
pub(crate) struct Plan(Value);

/// The plans among the notices of Postgres.
pub(crate) fn plans(heard: &Heard) -> Vec<Plan> {
    let plan = |notice: &String| serde_json::from_str(&notice[notice.find('{')?..]).ok().map(Plan);
    heard.notices.iter().filter_map(plan).collect()
}

impl Plan {
    /// What makes the plan one that does not scale: a node that handles more than `most` rows in all, one that reads far
    /// more pages than it has rows to show for, or one that is made to walk a whole table of those that grow.
    pub(crate) fn too_much(&self, most: f64) -> Option<String> {
        let mut found = None;
        walk(&self.0["Plan"], &mut |node| {
            let number = |key: &str| node[key].as_f64().unwrap_or_default();
            let removed = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
            let rows = (number("Actual Rows") + removed) * number("Actual Loops");
            let kind = &node["Node Type"];
            if rows > most {
                found = Some(format!("{kind} handles {rows} rows"));
            }
            // An index whose leading columns are not asked for is walked without a row to show for it.
            let pages = number("Shared Hit Blocks") + number("Shared Read Blocks");
            // Those of a part of a commit are its own, and not also those of the scan that counts its rows.
            if node["Plans"].is_null()
                && kind != "CTE Scan"
                && pages > PAGES_OF_A_ROW * rows + PAGES_OF_A_SCAN * number("Actual Loops")
            {
                found = Some(format!("{kind} reads {pages} pages for {rows} rows"));
            }
            let table = node["Relation Name"].as_str().unwrap_or_default();
            if kind == "Seq Scan" && GROWING.contains(&table) {
                found = Some(format!("{kind} of {table}"));
            }
        });
        found
    }

    /// Whether it was made for the values of one call: then it shows the id of a team or an invite, where a plan for all
    /// values shows a parameter.
    pub(crate) fn is_for_one_call(&self) -> bool {
        self.0["Plan"].to_string().contains("'::uuid")
    }

    /// The names of the indexes that it uses.
    pub(crate) fn indexes(&self) -> Vec<String> {
        let mut names = Vec::new();
        walk(&self.0["Plan"], &mut |node| names.extend(node["Index Name"].as_str().map(str::to_owned)));
        names
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:#}", self.0)
    }
}

fn walk(node: &Value, see: &mut dyn FnMut(&Value)) {
    see(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, see);
    }
}
