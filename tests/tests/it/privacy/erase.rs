//! What ends with a person's data, and what stays.

use std::time::Duration;

use roster_proto::v1::event::Change;
use roster_proto::v1::list_events_request::Filter;
use roster_proto::v1::{
    EraseUserRequest, EraseUserResponse, ErrorReason, InvitationState, ListEventsRequest,
};
use roster_testkit::{
    ADMIN, EDITOR, Options, PERSONAL, Server, VIEWER, actor, address_of, assert_refused, both, end, erasing,
    known, on, row, service,
};

/// A day longer than an invitation lives.
const EIGHT_DAYS: Duration = Duration::from_hours(8 * 24);

#[tokio::test]
async fn every_membership_ends_and_the_log_keeps_its_order() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let first = server.team_of(&[("ada", ADMIN), ("bob", EDITOR)]).await;
        let second = server.team_under("studio", "ada", &[("bob", "editor")]).await;
        server.suspend("ada", &second, "bob").await;
        let other = server.team_of(&[("zoe", ADMIN)]).await;
        let before = [server.events("ada", &first).await, server.events("ada", &second).await];

        let answer = server.erase("bob").await;
        let EraseUserResponse { pseudonym, .. } = answer.clone();
        assert!(pseudonym.starts_with("erased_") && pseudonym.len() == 33, "{pseudonym}");
        assert_eq!(answer, EraseUserResponse { memberships_ended: 2, pseudonym, ..Default::default() });

        for (team, before) in [&first, &second].into_iter().zip(before) {
            assert_refused(server.try_member("ada", team, "bob").await, ErrorReason::MemberNotFound);
            let after = server.events("ada", team).await;
            let (newest, older) = after.split_first().expect("there are events");
            let Some(Change::MemberRemoved(removed)) = &newest.change else { panic!("{newest:?}") };
            assert_eq!((removed.user_id.as_str(), newest.actor_user_id.as_str()), (&*answer.pseudonym, ""));
            assert_eq!((newest.caller.as_str(), newest.revision), ("desk", before[0].revision + 1));
            // All that was there stays as it was, but for who it was.
            let renamed: Vec<_> = before
                .iter()
                .map(|event| format!("{event:?}").replace("\"bob\"", &format!("{:?}", answer.pseudonym)))
                .collect();
            assert_eq!(older.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>(), renamed);
        }
        assert_eq!(server.team("zoe", &other).await.revision, 1, "no other team changes");
        let of_the_past = Filter { target_user_id: answer.pseudonym.clone(), ..Filter::default() };
        let request =
            ListEventsRequest { team_id: first.clone(), filter: Some(of_the_past), ..Default::default() };
        let found = server.team_as("ada").list_events(request).await.unwrap().into_inner().events;
        assert_eq!(found.len(), 3, "joined, changed, removed: {found:?}");
    })
    .await;
}

#[tokio::test]
async fn what_the_person_made_and_held_ends_with_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_under("brand", "ada", &[("bob", "admin"), ("cy", "member")]).await;
        server.grant("ada", &team, "cy", &[on("brand", "acme", "standard")]).await;
        let code = server.create_code("bob", &team, "guest").await;
        let invite = server.invite("bob", &team, "zoe@example.org", "guest").await;
        server.redeem_code("gil", &code.code).await;

        assert_eq!(server.erase("bob").await.memberships_ended, 1);
        server.assert_code_refused("hal", &code.code, ErrorReason::MakerGone).await;
        assert_refused(server.try_accept(known("zoe"), &invite).await, ErrorReason::MakerGone);
        let shown = server.invitation("ada", &team, &invite.id).await;
        assert_eq!((shown.email.as_str(), shown.state()), ("zoe@example.org", InvitationState::MakerGone));
        let invited_by = server.member("ada", &team, "gil").await.invited_by_user_id;
        assert!(invited_by.starts_with("erased_") && invited_by == shown.inviter_user_id);

        server.erase("cy").await;
        server.add(&team, &[row("cy", "member")]).await;
        assert!(server.member("ada", &team, "cy").await.grants.is_empty(), "somebody new");
    })
    .await;
}

#[tokio::test]
async fn invitations_to_the_person_lose_their_address_and_the_pending_ones_end() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "studio").await;
        let other = server.create_under("ada", "workspace").await;
        let accepted = server.invite("ada", &team, &address_of("bob"), "viewer").await;
        server.accept(known("bob"), &accepted).await;
        let pending = server.invite("ada", &other, &address_of("BOB"), "user").await;
        let declined = server.invite("ada", &other, "bob@old.example.org", "user").await;
        server.decline(actor("bob").email("bob@old.example.org"), &declined).await;
        let elsewhere = server.invite("ada", &other, "bob@work.example.org", "user").await;
        let not_his = server.invite("ada", &other, "carol@example.org", "user").await;

        let request = EraseUserRequest { emails: vec!["Bob@Work.example.org".into()], ..erasing("bob") };
        let answer = server.erase_with(request).await;
        assert_eq!((answer.memberships_ended, answer.invitations_scrubbed), (1, 4));
        for (team, invite, state) in [
            (&team, &accepted, InvitationState::Accepted),
            (&other, &pending, InvitationState::Cancelled),
            (&other, &declined, InvitationState::Declined),
            (&other, &elsewhere, InvitationState::Cancelled),
        ] {
            let shown = server.invitation("ada", team, &invite.id).await;
            assert_eq!((shown.email.as_str(), shown.state()), ("", state), "{shown:?}");
            let answered = matches!(state, InvitationState::Accepted | InvitationState::Declined);
            let by = if answered { answer.pseudonym.as_str() } else { "" };
            assert_eq!(shown.answered_by_user_id, by);
        }
        let kept = server.invitation("ada", &other, &not_his.id).await;
        assert_eq!((kept.email.as_str(), kept.state()), ("carol@example.org", InvitationState::Pending));
        // Nobody has no address.
        assert_refused(server.try_accept(known("bob"), &pending).await, ErrorReason::EmailMismatch);
        assert_eq!(server.received(known("bob")).await.len(), 0);
        let again = server.invite("ada", &other, &address_of("bob"), "user").await;
        server.accept(known("bob"), &again).await;
    })
    .await;
}

/// One that ran out can be sent again, unless there is nobody left to send it to.
#[tokio::test]
async fn an_invitation_without_an_address_is_not_sent_again() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "studio").await;
        let invites = [
            server.invite("ada", &team, &address_of("bob"), "viewer").await,
            server.invite("ada", &team, &address_of("cy"), "viewer").await,
        ];
        let server = server.restart(Options::default().clock_offset(EIGHT_DAYS)).await;
        let request = EraseUserRequest { emails: vec![address_of("bob")], ..erasing("bob") };
        let answer = server.erase_with(request).await;
        assert_eq!(answer, EraseUserResponse { invitations_scrubbed: 1, ..Default::default() });
        let shown = server.invitation("ada", &team, &invites[0].id).await;
        assert_eq!((shown.email.as_str(), shown.state()), ("", InvitationState::Expired));
        let refused =
            assert_refused(server.try_resend("ada", &team, &invites[0].id).await, ErrorReason::NotPending);
        assert_eq!(refused.metadata.get("state").map(String::as_str), Some("EXPIRED"));
        server.resend("ada", &team, &invites[1].id).await;
    })
    .await;
}

#[tokio::test]
async fn whoever_comes_back_is_somebody_new() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        let link = server.create_link("ada", &team).await;
        server.remove("ada", &team, "bob").await;
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::Removed);
        let first = server.erase("bob").await;
        assert_eq!((first.memberships_ended, first.pseudonym.is_empty()), (0, false));
        // The removal was somebody else's.
        assert!(!server.redeem("bob", &link.token).await.already_member);
        let own = server.ensure_personal("bob").await;
        assert!(own.created);
        let request = EraseUserRequest { user_id: "bob".into(), ..Default::default() };
        let second = server.erase_with(request).await;
        assert_ne!(first.pseudonym, second.pseudonym);
        // An id that began with the time would begin alike, and tell when it was.
        assert_ne!(first.pseudonym[..13], second.pseudonym[..13]);
        assert_eq!((second.memberships_ended, second.teams_deleted), (2, 1));
        assert!(server.ensure_personal("bob").await.created, "and has a personal team of its own");
    })
    .await;
}

#[tokio::test]
async fn to_erase_nobody_and_to_erase_twice_is_nothing() {
    both(async |kind| {
        let server = Server::start(kind).await;
        server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        assert_eq!(server.erase("nobody").await, EraseUserResponse::default());
        assert_eq!(server.erase("bob").await.memberships_ended, 1);
        assert_eq!(server.erase("bob").await, EraseUserResponse::default());
        // Not even by itself does somebody become known who is to be forgotten.
        let own = actor("bob").header("x-caller-scopes", "privacy.erase");
        let answer = server.team_as(own).erase_user(erasing("bob")).await.unwrap().into_inner();
        assert_eq!(answer, EraseUserResponse::default());
        assert_eq!(server.erase("bob").await, EraseUserResponse::default());
    })
    .await;
}

/// The places that a deleted team still remembers are no memberships any more.
#[tokio::test]
async fn deleted_teams_are_left_as_they_are() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.team_of(&[("ada", ADMIN), ("bob", VIEWER)]).await;
        server.delete("ada", &team).await;
        let watcher = service("events.watch-all");
        let before = server.events(&watcher, &team).await;
        assert_eq!(server.erase("bob").await.memberships_ended, 0);
        let after = server.events(&watcher, &team).await;
        assert_eq!(after.len(), before.len());
        assert!(before.iter().any(|event| format!("{event:?}").contains("\"bob\"")));
        assert!(!after.iter().any(|event| format!("{event:?}").contains("\"bob\"")));
        let again = EraseUserRequest { resolutions: vec![end(&team)], ..erasing("ada") };
        roster_testkit::assert_invalid(
            "a dead team",
            server.try_erase(again).await,
            &["resolutions[0].team_id"],
        );
    })
    .await;
}

#[tokio::test]
async fn a_personal_team_of_one_goes_with_its_person() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.ensure_personal("bob").await.team.unwrap();
        let answer = server.erase("bob").await;
        assert_eq!((answer.memberships_ended, answer.teams_deleted), (1, 1));
        let refused = server.try_member("bob", &team.team_id, "bob").await;
        assert_refused(refused, ErrorReason::TeamNotAccessible);
        let events = server.events(service("events.watch-all"), &team.team_id).await;
        let last: Vec<_> =
            events.iter().take(2).map(|event| (event.revision, event.change.clone())).collect();
        let at = team.revision + 1;
        assert!(matches!(&last[0], (revision, Some(Change::TeamDeleted(_))) if *revision == at), "{last:?}");
        assert!(
            matches!(&last[1], (revision, Some(Change::MemberRemoved(_))) if *revision == at),
            "{last:?}"
        );
        server.create_under("zoe", PERSONAL).await;
    })
    .await;
}
