//! The last seat of a team, wanted by links, by an import and by restorations at the same time.

use std::sync::Arc;

use roster_proto::v1::batch_add_members_response::result::Outcome;
use roster_testkit::{
    Kind, OwnPolicy, Server, Violations, all_at_once, both, faults_of, nothing_goes_wrong, row,
    something_goes_wrong, without_lock,
};
use tonic::Code;

/// A policy with every way to a seat that a caller has.
const CLUB: &str = r#"
name = "club"
title = "Club"
suspension = true

[[roles]]
name = "owner"
founder = true
at_least_one = true
permissions = ["*"]
assigns = ["owner", "member"]
manages = ["owner", "member"]

[[roles]]
name = "member"
permissions = ["team.read", "members.read"]

[invite_links]
lifetime = "P1D"
role = "member"

[tiers]
names = ["small", "large"]
default = "large"

[seats]
by_tier = { small = 3, large = 9 }
pending_invitations_hold = false
suspended_members_hold = false
"#;

/// How many teams run the race that must not be lost.
const MANY: usize = 15;
/// How many suffice to lose it.
const FEW: usize = 2;

#[tokio::test]
async fn the_last_seat_is_given_once_however_many_want_it_at_once() {
    both(async |kind| nothing_goes_wrong(&last_seats(kind, true, MANY).await)).await;
}

#[tokio::test]
async fn the_last_seat_is_given_twice_without_the_lock() {
    both(async |kind| {
        let violations = last_seats(kind, false, FEW).await;
        assert!(violations.iter().any(|text| text.contains("of 3 seats")), "{violations:?}");
        something_goes_wrong(&violations);
    })
    .await;
}

async fn last_seats(kind: Kind, lock: bool, teams: usize) -> Violations {
    let policy = OwnPolicy::of(CLUB);
    let options = if lock { policy.options() } else { without_lock(policy.options()) };
    let server = Arc::new(Server::start_with(kind, options).await);
    let mut violations = Violations::new();
    for _ in 0..teams {
        violations.extend(last_seat(&server).await);
    }
    violations
}

/// A team of two members and two suspended ones that has three seats: two may come back, two are imported and three
/// have a link.
async fn last_seat(server: &Arc<Server>) -> Violations {
    let people = [("bob", "member"), ("sid", "member"), ("sue", "member")];
    let team = server.team_under("club", "ada", &people).await;
    let link = server.create_link("ada", &team).await;
    server.suspend("ada", &team, "sid").await;
    server.suspend("ada", &team, "sue").await;
    server.change_tier(&team, "small").await;
    assert_eq!(server.seats("ada", &team).await, [3, 2, 1, 0], "one seat is left");

    let wanting = (0..6).map(|i| {
        let (server, team, token) = (Arc::clone(server), team.clone(), link.token.clone());
        async move {
            match i {
                0..3 => outcome(server.try_redeem(&format!("guest-{i}"), &token).await.err()),
                3 => outcome(server.try_restore("ada", &team, "sid").await.err()),
                4 => outcome(server.try_restore("ada", &team, "sue").await.err()),
                _ => imported(&server, &team).await,
            }
        }
    });
    let outcomes = all_at_once(wanting).await;
    let mut violations = faults_of(server, ("ada", "owner"), &team).await;
    let given: usize = outcomes.iter().flatten().sum();
    if given != 1 || outcomes.iter().any(Result::is_err) {
        violations.push(format!("one seat should be given, not {outcomes:?}"));
    }
    let seats = server.seats("ada", &team).await;
    if seats != [3, 3, 0, 0] {
        violations.push(format!("{} of 3 seats are used", seats[1]));
    }
    let joined: usize = outcomes[..3].iter().flatten().sum();
    let uses = server.link("ada", &team, &link.id).await.0.use_count;
    if i64::try_from(joined) != Ok(uses) {
        violations.push(format!("{joined} joined by the link and {uses} uses are counted"));
    }
    violations
}

/// How many seats were taken; anything but a lack of seats is an error.
type Taken = Result<usize, String>;

fn outcome(refusal: Option<tonic::Status>) -> Taken {
    match refusal {
        None => Ok(1),
        Some(status) if status.code() == Code::ResourceExhausted => Ok(0),
        Some(status) => Err(format!("{status:?}")),
    }
}

async fn imported(server: &Server, team: &str) -> Taken {
    let rows = [row("ida", "member"), row("ivo", "member")];
    let answer = server.try_add(team, &rows).await.map_err(|status| format!("{status:?}"))?.into_inner();
    let mut added = 0;
    for result in answer.results {
        match result.outcome {
            Some(Outcome::Member(_)) => added += 1,
            Some(Outcome::Status(status)) if status.code == Code::ResourceExhausted as i32 => {}
            other => return Err(format!("{other:?}")),
        }
    }
    Ok(added)
}
