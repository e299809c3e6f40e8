//! A `tonic::Status` is built in one file, from one table of reasons.

use super::Repo;
use super::tokens::Token;

/// The file.
const HOME: &str = "crates/roster-server/src/rpc/status.rs";

/// Everything that makes a `Status`, tonic's own and that of tonic-types.
const CONSTRUCTORS: &[&str] = &[
    "aborted",
    "already_exists",
    "cancelled",
    "data_loss",
    "deadline_exceeded",
    "failed_precondition",
    "from_error",
    "internal",
    "invalid_argument",
    "new",
    "not_found",
    "ok",
    "out_of_range",
    "permission_denied",
    "resource_exhausted",
    "try_from_error",
    "unauthenticated",
    "unavailable",
    "unimplemented",
    "unknown",
    "with_details",
    "with_details_and_metadata",
    "with_error_details",
    "with_error_details_and_metadata",
    "with_error_details_vec",
    "with_error_details_vec_and_metadata",
    "with_metadata",
];

/// Where a status is made elsewhere, called or passed as a function, or where its name is hidden behind another.
pub(crate) fn violations(repo: &Repo) -> Vec<String> {
    let mut found = vec![];
    for file in repo.sources().filter(|file| file.path != HOME) {
        for window in file.tokens().windows(4) {
            if makes_status(window) {
                found.push(file.at(window[0].line, &format!("statuses are built in {HOME}")));
            }
        }
    }
    found
}

fn makes_status(tokens: &[Token]) -> bool {
    match [0, 1, 2, 3].map(|index| tokens[index].text.as_str()) {
        ["Status", ":", ":", function] => CONSTRUCTORS.contains(&function),
        ["Status", "as", name, _] => name != "_",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, code: &str, expected: usize) {
        assert_eq!(violations(&Repo::planted(&[(path, code)])).len(), expected, "{code}");
    }

    #[test]
    fn a_status_elsewhere_is_caught() {
        for code in [
            "fn f() -> Status { Status::not_found(\"x\") }",
            "fn f() { g().map_err(tonic::Status::from_error); }",
            "fn f() { Status::with_error_details(Code::Internal, \"\", details); }",
            "use tonic::Status as Answer;",
        ] {
            check("crates/roster-server/src/rpc/teams/create.rs", code, 1);
            check(HOME, code, 0);
        }
        check("crates/roster-server/src/rpc/teams/create.rs", "fn f() -> Result<(), Status> { g() }", 0);
    }
}
