//! To look, or to come a second time, changes nothing, however often it is done.

use roster_proto::v1::{CreateTeamCodeRequest, MemberState};
use roster_testkit::{ATELIER, Actor, Server, address_of, atelier, both, code_to, known, on};

use crate::abuse::{APPRENTICE, Seen, Ways};

#[tokio::test]
async fn looking_a_hundred_times_changes_nothing() {
    let (_policy, options) = atelier();
    // Every look at a code that were counted as a guess would be the last.
    let options = options
        .variable("ROSTER_LIMITS__CODE_FAILURES_PER_ACTOR_AND_HOUR", "1")
        .variable("ROSTER_LIMITS__CODE_FAILURES_PER_ADDRESS_AND_HOUR", "1")
        .variable("ROSTER_LIMITS__CODE_FAILURES_PER_HOUR", "1");
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.create_under("ada", ATELIER).await;
        let ways = Ways::of(&server, "ada", &team, "bob").await;
        let once = CreateTeamCodeRequest { max_uses: Some(1), ..code_to(&team, APPRENTICE) };
        let once = server.create_code_of("ada", once).await;
        let before = Seen::by(&server, "ada", &team).await;

        // An invitation is shown to the one that it is for; the rest to anybody.
        let people = [known("bob"), known("ada"), known("cyd"), known("dan")];
        let from = |actor: &Actor| actor.clone().header("x-actor-address", "192.0.2.1");
        // One after the other: looks under way count as guesses until they end.
        for number in 0..100 {
            let who = from(&people[number % people.len()]);
            let seen = match number % 4 {
                0 => server.preview(who, &ways.invite.token).await,
                1 => server.preview(who, &ways.link.token).await,
                2 => server.preview_code(who, &ways.code.code).await,
                _ => server.preview_code(who, &once.code).await,
            };
            assert_eq!((seen.team_id.as_str(), seen.role.as_str()), (team.as_str(), APPRENTICE));
            assert_eq!(seen.already_member, number % 4 == 1, "ada alone is a member");
        }
        before.assert_still(&server).await;
        assert_eq!(server.received(known("bob")).await.len(), 1);

        // All of it is as good as before, by people from there too.
        assert!(!server.redeem_code(from(&"cyd".into()), &once.code).await.already_member);
        assert!(!server.redeem_code(from(&"dan".into()), &ways.code.code).await.already_member);
        assert!(!server.redeem("eve", &ways.link.token).await.already_member);
        assert!(!server.accept(known("bob"), &ways.invite).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn looking_takes_no_seat() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "agency").await;
        let invite = server.invite("ada", &team, &address_of("bob"), "viewer").await;
        let before = server.seats("ada", &team).await;
        for number in 0..20 {
            server.preview(format!("person-{number}").as_str(), &invite.token).await;
        }
        assert_eq!(server.seats("ada", &team).await, before);
        assert_eq!(before[1], 1);
    })
    .await;
}

#[tokio::test]
async fn a_member_that_redeems_a_code_of_another_role_stays_what_it_is() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let others = [("amy", "admin"), ("mia", "member"), ("gus", "guest")];
        let team = server.team_under("brand", "ada", &others).await;
        server.grant("ada", &team, "mia", &[on("brand", "one", "viewer")]).await;
        let to_admin = server.create_code("ada", &team, "admin").await;
        let with_grants = CreateTeamCodeRequest {
            grants: vec![on("brand", "one", "admin"), on("brand", "two", "admin")],
            max_uses: Some(1),
            ..code_to(&team, "member")
        };
        let with_grants = server.create_code_of("ada", with_grants).await;
        let before = Seen::by(&server, "ada", &team).await;
        for code in [&to_admin, &with_grants] {
            for user in ["ada", "amy", "mia", "gus"] {
                assert!(server.preview_code(user, &code.code).await.already_member, "{user}");
                let answer = server.redeem_code(user, &code.code).await;
                assert!(answer.already_member, "{user}");
                let member = answer.member.expect("the membership");
                let known = before.members.iter().find(|one| one.user_id == user);
                assert_eq!(Some(&member), known, "{user}");
                assert_eq!(member.state(), MemberState::Active);
            }
        }
        before.assert_still(&server).await;
        assert!(before.codes.iter().all(|code| code.use_count == 0));
        assert!(!server.redeem_code("new", &with_grants.code).await.already_member, "the one use is left");
    })
    .await;
}
