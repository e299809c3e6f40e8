//! The rows of a batch: each has a result or a refusal of its own, judged after those before it.

use roster_proto::v1::{ErrorReason, InvitationState};
use roster_testkit::{
    ATELIER, By, Options, Server, assert_invitation_refused, atelier, both, invitation_row, known, on,
    row_invitation,
};

use super::said;

#[tokio::test]
async fn each_row_has_an_invitation_or_a_refusal_of_its_own() {
    let (_folder, options) = atelier();
    both(async |kind| {
        let server = Server::start_with(kind, options.clone()).await;
        let team = server.team_under(ATELIER, "ada", &[("fred", "foreman")]).await;
        let bob = server.invite("ada", &team, "bob@example.org", "apprentice").await;
        server.accept(known("bob"), &bob).await;
        let pending = server.invite("ada", &team, "pen@example.org", "apprentice").await;
        let mut granted = invitation_row("Gil@Example.org", "journeyman");
        granted.grants = vec![on("piece", "p1", "viewer"), on("room", "r1", "visitor")];
        let mut beyond = invitation_row("bey@example.org", "journeyman");
        beyond.grants = vec![on("piece", "p1", "maker")];
        let mut unknown = invitation_row("unk@example.org", "journeyman");
        unknown.grants = vec![on("garden", "g1", "keeper")];
        let rows = [
            invitation_row("new@example.org", "apprentice"),
            granted.clone(),
            invitation_row("BOB@example.org", "apprentice"),
            invitation_row("Pen@example.org", "journeyman"),
            invitation_row("NEW@example.org", "journeyman"),
            invitation_row("hig@example.org", "foreman"),
            invitation_row("bos@example.org", "boss"),
            beyond,
            unknown,
            invitation_row("las@example.org", "journeyman"),
        ];
        let before = server.team("ada", &team).await.revision;
        let answer = server.try_invite_all("fred", &team, &rows).await.unwrap().into_inner();
        assert_eq!((answer.results.len(), answer.revision), (rows.len(), before + 1), "one commit");
        let results = &answer.results;
        for (place, (email, role)) in [
            (0, ("new@example.org", "apprentice")),
            (1, ("Gil@Example.org", "journeyman")),
            (9, ("las@example.org", "journeyman")),
        ] {
            let made = row_invitation(&results[place]);
            assert_eq!((made.email.as_str(), made.role.as_str()), (email, role));
            assert_eq!((made.state(), made.inviter_user_id.as_str()), (InvitationState::Pending, "fred"));
            assert_eq!(server.invitation("ada", &team, &made.invitation_id).await, made);
            assert!(results[place].token.starts_with("rst_inv_"), "its secret");
        }
        assert_eq!(row_invitation(&results[1]).grants, granted.grants);
        assert_eq!(row_invitation(&results[1]).restricted_kinds, ["room"]);
        assert_invitation_refused(&results[2], ErrorReason::AlreadyMember);
        let refused = assert_invitation_refused(&results[3], ErrorReason::InvitationPending);
        assert_eq!(said(&refused, "invitation_id"), pending.id);
        let refused = assert_invitation_refused(&results[4], ErrorReason::InvitationPending);
        assert_eq!(said(&refused, "invitation_id"), row_invitation(&results[0]).invitation_id);
        let refused = assert_invitation_refused(&results[5], ErrorReason::RoleNotAssignable);
        assert_eq!(said(&refused, "role"), "foreman");
        assert_invitation_refused(&results[6], ErrorReason::RoleUnknown);
        assert_invitation_refused(&results[7], ErrorReason::BeyondOwnAccess);
        assert_invitation_refused(&results[8], ErrorReason::KindUnknown);
        assert_eq!(server.invitations_in("ada", &team, InvitationState::Pending).await.len(), 4);
        for (who, place) in [("new", 0), ("gil", 1), ("las", 9)] {
            let by = By::Token(results[place].token.clone());
            assert_eq!(server.accept(known(who), by).await.member.unwrap().invited_by_user_id, "fred");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_row_is_named_by_its_place() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under("ada", "brand").await;
        let mut wrong = invitation_row("ｂob@example.org", "No Role");
        wrong.grants =
            vec![on("brand", "b1", "viewer"), on("No Kind", "", "No Role"), on("brand", "b1", "admin")];
        let rows = [
            invitation_row("bob@example.org", "guest"),
            wrong,
            invitation_row("", ""),
            invitation_row("a@b\r\nBcc: c@d", "guest"),
        ];
        let answer = server.try_invite_all("ada", &team, &rows).await.unwrap().into_inner();
        assert_eq!(row_invitation(&answer.results[0]).email, "bob@example.org");
        let fields = |place: usize| {
            let mut named =
                assert_invitation_refused(&answer.results[place], ErrorReason::FieldInvalid).fields;
            named.sort();
            named
        };
        assert_eq!(
            fields(1),
            [
                "invitations[1].email",
                "invitations[1].grants[1].kind",
                "invitations[1].grants[1].resource_id",
                "invitations[1].grants[1].role",
                "invitations[1].grants[2]",
                "invitations[1].role",
            ]
        );
        assert_eq!(fields(2), ["invitations[2].email", "invitations[2].role"]);
        assert_eq!(fields(3), ["invitations[3].email"]);
        assert_eq!(server.invitations("ada", &team).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn seats_and_room_run_out_in_the_order_of_the_rows() {
    both(async |kind| {
        let three = Options::default().variable("ROSTER_LIMITS__PENDING_INVITATIONS_PER_TEAM", "3");
        let rows = |count: usize, role: &str| -> Vec<_> {
            (0..count).map(|i| invitation_row(&format!("p{i}@example.org"), role)).collect()
        };
        let server = Server::start(kind).await;
        let team = server.team_under("workspace", "ada", &[("abe", "admin")]).await;
        let answer = server.try_invite_all("abe", &team, &rows(5, "user")).await.unwrap().into_inner();
        for result in &answer.results[..3] {
            assert_eq!(row_invitation(result).state(), InvitationState::Pending);
        }
        for result in &answer.results[3..] {
            assert_eq!(said(&assert_invitation_refused(result, ErrorReason::NoSeat), "limit"), "5");
        }
        assert_eq!(server.seats("ada", &team).await, [5, 2, 0, 3]);

        let server = server.restart(three).await;
        let team = server.create_under("ada", "brand").await;
        let mut five = rows(5, "guest");
        five[1].role = "owner".into();
        let answer = server.try_invite_all("ada", &team, &five).await.unwrap().into_inner();
        assert_invitation_refused(&answer.results[1], ErrorReason::SoleRole);
        for place in [0, 2, 3] {
            assert_eq!(row_invitation(&answer.results[place]).role, "guest");
        }
        let refused = assert_invitation_refused(&answer.results[4], ErrorReason::CapReached);
        assert_eq!(said(&refused, "cap"), "pending_invitations_per_team");
    })
    .await;
}

#[tokio::test]
async fn an_account_with_one_seat_left_invites_many_for_it() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.account("ada", "agency").await;
        let rows: Vec<_> = (0..5).map(|i| invitation_row(&format!("p{i}@example.org"), "viewer")).collect();
        let answer = server.try_invite_all("ada", &team, &rows).await.unwrap().into_inner();
        assert!(answer.results.iter().all(|result| !row_invitation(result).invitation_id.is_empty()));
        assert_eq!(server.seats("ada", &team).await, [3, 1, 2, 5]);
    })
    .await;
}
