//! How long codes live, by the service's clock, which a start puts ahead.

use std::time::{Duration, Instant};

use roster_proto::v1::{CreateTeamCodeRequest, ErrorReason, TeamCode, TeamCodeState};
use roster_testkit::{Options, Server, both, code_to, micros, refused};

use super::{BRAND, again};

const DAY: Duration = Duration::from_hours(24);
/// As much earlier as two starts of the service take at the very most.
const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_code_lives_as_long_as_it_was_made_for() {
    both(async |kind| {
        let mut server = Server::start(kind).await;
        let team = server.create_under("ada", BRAND).await;
        let mut codes = Vec::new();
        for (life, days) in [("P1D", Some(1)), ("P7D", Some(7)), ("P30D", Some(30)), ("never", None)] {
            let code = living(&server, &team, life).await;
            let end = days.map(|days: i64| micros(code.create_time) + days * 24 * 60 * 60 * 1_000_000);
            assert_eq!(code.expire_time.map(|end| micros(Some(end))), end, "{life}");
            codes.push((days, code));
        }
        for (at, days) in [
            (DAY.saturating_sub(MINUTE), 0),
            (DAY, 1),
            ((7 * DAY).saturating_sub(MINUTE), 1),
            (7 * DAY, 7),
            (30 * DAY, 30),
            (3650 * DAY, 3650),
        ] {
            server = server.restart(Options::default().clock_offset(at)).await;
            for (life, code) in &codes {
                let state = server.code("ada", &team, &code.code_id).await.state();
                let person = format!("person-{}-{life:?}", at.as_secs());
                if life.is_some_and(|life| life <= days) {
                    assert_eq!(state, TeamCodeState::Expired, "{life:?} days, after {at:?}");
                    server.assert_code_refused(&person, &code.code, ErrorReason::Expired).await;
                } else {
                    assert_eq!(state, TeamCodeState::Live, "{life:?} days, after {at:?}");
                    let seen = server.preview_code(&person, &code.code).await;
                    assert_eq!(seen.expire_time, code.expire_time);
                    server.redeem_code(&person, &code.code).await;
                }
            }
        }
        assert!(
            server.redeem_code("ada", &codes[0].1.code).await.already_member,
            "a member is told so first"
        );
    })
    .await;
}

#[tokio::test]
async fn a_code_admits_people_until_the_very_moment_of_its_end() {
    both(async |kind| {
        // Starting again takes time that the offset does not know of. With two seconds to go some people join, and
        // then, from the very end on, nobody does.
        for _ in 0..10 {
            let server = Server::start(kind).await;
            let team = server.create_under("ada", BRAND).await;
            let code = living(&server, &team, "P1D").await;
            let end = micros(code.expire_time);
            let server =
                again(server, Options::default().clock_offset(DAY.saturating_sub(Duration::from_secs(2))))
                    .await;
            let joined = join_until_refused(&server, &code).await;
            // What happens next is later than the refusal.
            let after = server.create_code("ada", &team, "member").await;
            let late = micros(after.create_time);
            assert!(late >= end, "refused {} µs too early", end - late);
            let last = joined.iter().max().copied();
            assert!(last.is_none_or(|last| last < end), "admitted {last:?} at an end of {end}");
            if last.is_some() {
                return;
            }
        }
        panic!("the service never came back within two seconds");
    })
    .await;
}

/// One person after another joins until the code has expired; when each did, in microseconds.
async fn join_until_refused(server: &Server, code: &TeamCode) -> Vec<i64> {
    let begin = Instant::now();
    let mut joined = Vec::new();
    loop {
        assert!(begin.elapsed() < Duration::from_secs(30), "the code never ends");
        match server.try_redeem_code(&format!("person-{}", joined.len()), &code.code).await {
            Ok(answer) => {
                let member = answer.into_inner().member.expect("RedeemTeamCode returns the member");
                joined.push(micros(member.join_time));
            }
            Err(status) => {
                let refused = refused(Err::<(), _>(status));
                assert_eq!(refused.reason, ErrorReason::Expired.as_str_name());
                return joined;
            }
        }
    }
}

async fn living(server: &Server, team: &str, life: &str) -> TeamCode {
    let request = CreateTeamCodeRequest { lifetime: life.into(), ..code_to(team, "member") };
    server.create_code_of("ada", request).await
}
