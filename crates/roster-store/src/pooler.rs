//! What stands between the service and Postgres, and what a new session is told accordingly.

use sea_orm::sqlx::postgres::PgConnectOptions;

/// What a pooler between the service and Postgres does with sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// There is none, or it passes on all that a session is told when it begins.
    #[default]
    None,
    /// A server connection serves many clients, a transaction each, and the pooler refuses start-up parameters that it
    /// does not know, as pgbouncer does with `options` and `extra_float_digits`.
    Transaction,
}

/// What every session is told at its start where the pooler allows it. A transaction that writes sets its own limits in
/// any case.
pub(crate) const SESSION_SETTINGS: [(&str, &str); 7] = [
    ("lock_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
    // A server that is still at work for a client that has gone holds its locks until it notices.
    ("client_connection_check_interval", "1s"),
    // A plan is kept for as long as Postgres' statistics are. One that was made while a table was small must not read the
    // whole of it once it has grown.
    ("enable_seqscan", "off"),
    // What has to read a whole table all the same then counts as so expensive that Postgres would compile it first.
    ("jit", "off"),
    // Every text has one plan that suits all of its values. Postgres would otherwise make one anew for each call whenever it
    // takes that for a little cheaper, and planning costs more than most statements do.
    ("plan_cache_mode", "force_generic_plan"),
];

impl Pooler {
    /// Adds what a session is told at its start.
    pub(crate) fn session(self, options: PgConnectOptions) -> PgConnectOptions {
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("roster"),
        };
        match self {
            Self::None => options.options(SESSION_SETTINGS),
            Self::Transaction => options.extra_float_digits(None),
        }
    }
}

impl Pooler {
    /// What a transaction that writes sets for itself besides, since its session was not told.
    pub(crate) fn transaction(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Transaction => {
                "; SET LOCAL statement_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '30s'"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_what_the_pooler_allows() {
        let check = |pooler: Pooler, options: Option<&str>, digits: &str| {
            let told = pooler.session(PgConnectOptions::new_without_pgpass());
            assert_eq!(told.get_options(), options, "{pooler:?}");
            assert_eq!(told.get_application_name(), Some("roster"), "{pooler:?}");
            // sqlx lets nobody read it otherwise.
            assert!(format!("{told:?}").contains(&format!("extra_float_digits: {digits},")), "{told:?}");
        };
        let all = "-c lock_timeout=5s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s \
                   -c client_connection_check_interval=1s -c enable_seqscan=off -c jit=off \
                   -c plan_cache_mode=force_generic_plan";
        check(Pooler::None, Some(all), "Some(\"2\")");
        check(Pooler::Transaction, None, "None");
    }
}
