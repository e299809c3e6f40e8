//! What runs out is told by its age alone; a sweep only marks it, and says so in the log once.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use roster_proto::v1::event::Change;
use roster_proto::v1::{ErrorReason, Event, EventType, InvitationExpired, InvitationState};
use roster_testkit::{
    Invite, Kind, Options, Server, address_of, assert_refused, both, eventually, invitation_row, known,
    micros, service, within,
};

/// The scope of whoever sees all teams, those that are gone too.
const WATCHER: &str = "events.watch-all";

const DAY: Duration = Duration::from_hours(24);

fn later(days: u32) -> Options {
    Options::default().clock_offset(DAY * days)
}

/// A team of ada's with an invitation of each of these people.
async fn invited(server: &Server, people: &[&str]) -> (String, Vec<Invite>) {
    let team = server.create_under("ada", "studio").await;
    let mut invites = vec![];
    for person in people {
        invites.push(server.invite("ada", &team, &address_of(person), "viewer").await);
    }
    (team, invites)
}

/// The events of invitations that ran out, the newest first, as whoever watches sees them.
async fn expired(server: &Server, team: &str) -> Vec<Event> {
    let mut events = server.events(service(WATCHER), team).await;
    events.retain(|event| event.r#type() == EventType::InvitationExpired);
    events
}

/// Waits until the sweep has marked so many.
async fn marked(server: &Server, team: &str, count: usize) -> Vec<Event> {
    eventually("the sweep", async || {
        let events = expired(server, team).await;
        (events.len() >= count).then_some(events)
    })
    .await
}

async fn assert_answers_expired(server: &Server, person: &str, invite: &Invite) {
    let who = known(person);
    assert_refused(server.try_preview(&who, &invite.token).await, ErrorReason::Expired);
    for by in [invite.by_token(), invite.by_id()] {
        assert_refused(server.try_accept(&who, by.clone()).await, ErrorReason::Expired);
        assert_refused(server.try_decline(&who, by).await, ErrorReason::Expired);
    }
    assert!(server.received(&who).await.is_empty());
}

/// The ids of a team's invitations in each state, as the lists say; every list agrees with what each one says of itself.
async fn by_state(server: &Server, team: &str) -> Vec<(InvitationState, Vec<String>)> {
    use InvitationState as S;
    let all = server.invitations("ada", team).await;
    let states = [S::Pending, S::Accepted, S::Declined, S::Cancelled, S::Expired, S::MakerGone];
    let mut found = vec![];
    for state in states {
        let ids = server.invitations_in("ada", team, state).await;
        let own = all.iter().filter(|one| one.state() == state).map(|one| one.invitation_id.clone());
        assert_eq!(ids, own.collect::<Vec<_>>(), "{state:?}");
        found.push((state, ids));
    }
    assert_eq!(found.iter().map(|(_, ids)| ids.len()).sum::<usize>(), all.len(), "each in one state");
    found
}

#[tokio::test]
async fn what_ran_out_answers_so_from_the_very_moment_marked_or_not() {
    both(async |kind| {
        let server = Server::start(kind).await;
        // The last to be made is the last to end.
        let (team, invites) = invited(&server, &["cyd", "dan", "bob"]).await;
        server.decline(known("cyd"), &invites[0]).await;
        let end = micros(server.invitation("ada", &team, &invites[2].id).await.expire_time);
        // The service's first sweep comes before the end, and its second a minute later.
        let server = server.restart(shortly_before(end)).await;
        let (good, other) = watch_the_end(&server, &invites[2], end).await;
        assert!(good > 0, "it was good before its end");
        assert_answers_expired(&server, "bob", &invites[2]).await;
        let unmarked = by_state(&server, &team).await;
        assert!(expired(&server, &team).await.is_empty(), "nobody has marked it");
        assert!(unmarked[0].1.is_empty() && unmarked[4].1.len() == 2, "{unmarked:?}");

        let server = server.restart(later(8)).await;
        marked(&server, &team, 2).await;
        assert_eq!(by_state(&server, &team).await, unmarked, "the lists say what they said before");
        assert_answers_expired(&server, "bob", &invites[2]).await;
        assert!(expired(&server, &other).await.is_empty());
    })
    .await;
}

/// A run that begins some seconds before that time.
fn shortly_before(end: i64) -> Options {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let end = Duration::from_micros(u64::try_from(end).expect("it is after 1970"));
    let ahead = end.saturating_sub(now).saturating_sub(Duration::from_secs(8));
    Options::default().clock_offset(ahead).variable("ROSTER_LIMITS__TEAMS_PER_USER_AND_DAY", "1000000")
}

/// Looks at the invitation until it is refused, each time between two moments of the service's own clock: it is good
/// before its end, and refused from then on. Returns how often it was good, and a team that was made meanwhile.
async fn watch_the_end(server: &Server, invite: &Invite, end: i64) -> (u64, String) {
    // A new team is stamped with the time of its making.
    let moment = async || {
        let team = server.create_under("clock", "studio").await;
        (micros(server.team("clock", &team).await.create_time), team)
    };
    within("the end of the invitation", async {
        for good in 0.. {
            let (before, _) = moment().await;
            let outcome = server.try_preview(known("bob"), &invite.token).await;
            let (after, team) = moment().await;
            if outcome.is_err() {
                assert_refused(outcome, ErrorReason::Expired);
                assert!(after >= end, "it was refused at {after}, before its end at {end}");
                return (good, team);
            }
            assert!(before < end, "it was good at {before}, after its end at {end}");
        }
        unreachable!("it ends")
    })
    .await
}

#[tokio::test]
async fn the_sweep_tells_the_log_once_in_its_own_name() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let (team, invites) = invited(&server, &["bob", "cyd", "dan", "eve"]).await;
        server.accept(known("bob"), &invites[0]).await;
        server.decline(known("cyd"), &invites[1]).await;
        server.cancel("ada", &team, &invites[2].id).await;
        let revision = server.team("ada", &team).await.revision;
        let before = server.invitation("ada", &team, &invites[3].id).await;

        let server = server.restart(later(7)).await;
        let [event] = <[Event; 1]>::try_from(marked(&server, &team, 1).await).expect("one event");
        let told = InvitationExpired { invitation_id: invites[3].id.clone() };
        let expected = Event {
            event_id: event.event_id.clone(),
            event_time: event.event_time,
            team_id: team.clone(),
            revision: revision + 1,
            r#type: EventType::InvitationExpired.into(),
            change: Some(Change::InvitationExpired(told)),
            ..Event::default()
        };
        assert_eq!(event, expected, "nobody did it, through no service");
        assert!(micros(event.event_time) >= micros(before.expire_time));
        let after = server.invitation("ada", &team, &invites[3].id).await;
        assert_eq!((after.state(), after.answer_time), (InvitationState::Expired, None));
        assert_ne!(after.etag, before.etag);
        let states = by_state(&server, &team).await;

        // A later sweep has nothing more to say of it: what it finds in another team shows that it was there.
        let (other, _) = invited(&server, &["fox"]).await;
        let server = server.restart(later(15)).await;
        assert_eq!(marked(&server, &other, 1).await.len(), 1);
        assert_eq!(expired(&server, &team).await.len(), 1);
        assert_eq!(by_state(&server, &team).await, states);
    })
    .await;
}

#[tokio::test]
async fn a_team_that_is_gone_gets_no_more_events() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let (gone, _) = invited(&server, &["bob", "cyd"]).await;
        let (team, _) = invited(&server, &["bob"]).await;
        server.delete("ada", &gone).await;
        let before = server.events(service(WATCHER), &gone).await;
        let server = server.restart(later(8)).await;
        marked(&server, &team, 1).await;
        let logs = async || {
            let logs = server.logs();
            logs.contains("were marked").then_some(logs)
        };
        let logs = eventually("the sweep's own word", logs).await;
        assert!(logs.contains("\"marked\":1"), "the round is over, and marked one: {logs}");
        assert_eq!(server.events(service(WATCHER), &gone).await, before);
    })
    .await;
}

#[tokio::test]
async fn two_replicas_that_sweep_at_once_tell_of_each_invitation_once() {
    let server = Server::start(Kind::Full).await;
    let mut teams = vec![];
    for _ in 0..3 {
        let team = server.create_under("ada", "studio").await;
        // More than are marked at once.
        for part in 0..2 {
            let rows: Vec<_> = (0..60)
                .map(|number| invitation_row(&address_of(&format!("p{part}-{number}")), "viewer"))
                .collect();
            server.try_invite_all("ada", &team, &rows).await.expect("a batch");
        }
        teams.push((team.clone(), server.team("ada", &team).await.revision));
    }
    let data = server.data();
    server.stop().await;
    let start = || Server::start_on(data.clone(), later(7));
    let (one, other) = tokio::join!(start(), start());
    for (team, revision) in &teams {
        let events = marked(&one, team, 120).await;
        let told: BTreeSet<_> = events
            .iter()
            .map(|event| match &event.change {
                Some(Change::InvitationExpired(expired)) => expired.invitation_id.clone(),
                change => panic!("{change:?}"),
            })
            .collect();
        assert_eq!((events.len(), told.len()), (120, 120), "each once");
        let revisions: BTreeSet<_> = events.iter().map(|event| event.revision).collect();
        let last = other.team("ada", team).await.revision;
        assert_eq!(revisions, (revision + 1..=last).collect(), "nothing else happened");
        assert!(last - revision <= 4, "many are marked in one commit, not in {}", last - revision);
        let states = [by_state(&one, team).await, by_state(&other, team).await];
        assert_eq!(states[0], states[1]);
    }
    for server in [one, other] {
        let logs = server.stop().await.output;
        assert!(!logs.contains("were not marked"), "{logs}");
    }
}
