//! Each product's way of inviting, as its manual tells it. The quoted sentences are the manuals'.

use roster_proto::v1::list_members_request::Filter;
use roster_proto::v1::{CreateInvitationRequest, ErrorReason, Grant, InvitationState, JoinMethod};
use roster_testkit::{
    By, Server, actor, assert_refused, both, invitation_to, known, micros, numbers, on, on_all,
};

use super::state;

const DAY: i64 = 24 * 3_600 * 1_000_000;

#[tokio::test]
async fn studio_invites_an_assistant() {
    both(async |kind| {
        let server = Server::start(kind).await;
        // "Every Valise account is part of a team, even if it's a team of one."
        let team = server.ensure_personal("ada").await.team.unwrap().team_id;
        // "To invite a team member, open the Member settings for your team. Then, press the Invite button."
        let editor = server.invite("ada", &team, "eve@example.org", "editor").await;
        let viewer = server.invite("ada", &team, "vic@example.org", "viewer").await;
        assert_refused(server.try_member("eve", &team, "eve").await, ErrorReason::TeamNotAccessible);
        // "When you invite a team member, they will receive an email with a link to accept the invitation."
        let prompt = server.preview(known("eve"), &editor.token).await;
        assert_eq!((prompt.role_title.as_str(), prompt.inviter_user_id.as_str()), ("Editor", "ada"));
        assert_refused(server.try_accept(known("zoe"), &editor).await, ErrorReason::EmailMismatch);
        // "Once they accept the invitation, they will be able to access your works."
        for (user, role, invite) in [("eve", "editor", &editor), ("vic", "viewer", &viewer)] {
            server.accept(known(user), invite).await;
            assert_eq!(server.member(user, &team, user).await.role, role);
        }
        // "They cannot edit team settings or invite/remove team members."
        for helper in ["eve", "vic"] {
            let outcomes = [
                server.try_invite(helper, &team, "new@example.org", "viewer").await.map(drop),
                server.try_rename(helper, &team, "Mine").await.map(drop),
                server.try_remove(helper, &team, "vic").await.map(drop),
            ];
            for outcome in outcomes {
                assert_refused(outcome, ErrorReason::RoleLacksPermission);
            }
        }
        // "you can 'suspend' their account": what is suspended is not let in by another invitation.
        server.suspend("ada", &team, "eve").await;
        let outcome = server.try_invite("ada", &team, "eve@example.org", "editor").await;
        assert_refused(outcome, ErrorReason::AlreadyMember);
        assert_refused(server.try_accept(known("eve"), &editor).await, ErrorReason::Suspended);
        // "This will immediately restore their access".
        server.restore("ada", &team, "eve").await;
        assert!(server.accept(known("eve"), &editor).await.already_member);
    })
    .await;
}

#[tokio::test]
async fn account_fills_its_seats() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let ada = known("ada");
        let team = server.account("ada", "agency").await;
        // "Account owner invites team members via email"
        let bob = server.invite(&ada, &team, "bob@example.org", "editor").await;
        // "Invited users create accounts or link existing ones": the account may have an address of its own.
        let member = server.accept(actor("bob").email("bob@own.example"), &bob).await.member.unwrap();
        assert_eq!((member.role.as_str(), member.email.as_str()), ("editor", "bob@own.example"));

        // "role": "viewer", "projects": [...]: "Read-only access (optionally scoped to specific projects)"
        let projects = [on("project", "p1", "viewer"), on("project", "p2", "viewer")];
        let scoped = |role: &str| CreateInvitationRequest {
            grants: projects.to_vec(),
            ..invitation_to(&team, "vic@example.org", role)
        };
        for role in ["editor", "admin"] {
            let outcome = server.invites_as(&ada).create_invitation(scoped(role)).await;
            assert_refused(outcome.map(drop), ErrorReason::GrantsNotAllowed);
        }
        let made = server.invites_as(&ada).create_invitation(scoped("viewer")).await.unwrap().into_inner();
        let invitation = made.invitation.unwrap();
        // "status": "pending", "invited_at": ..., "expires_at": ...
        assert_eq!((invitation.state(), invitation.role.as_str()), (InvitationState::Pending, "viewer"));
        let days = (micros(invitation.expire_time) - micros(invitation.create_time)) / DAY;
        assert!((28..=31).contains(&days), "a month of the calendar: {days} days");

        // "members": two of them; "pending_invitations": one; "seats_available": 1
        let listed = server.page(&ada, &team, Filter::default()).await;
        assert_eq!(listed.members.len(), 2);
        assert_eq!(listed.pending_invitations, [invitation]);
        assert_eq!(numbers(listed.seats), [3, 2, 1, 1]);

        // "Once they accept, they appear in your Team Members list with their role and last active date."
        let vic = server.accept(known("vic"), By::Token(made.token)).await.member.unwrap();
        assert_eq!(
            (vic.grants.as_slice(), vic.restricted_kinds.as_slice()),
            (&projects[..], &["project".to_owned()][..])
        );
        let listed = server.page(&ada, &team, Filter::default()).await;
        assert_eq!((listed.members.len(), listed.pending_invitations.len()), (3, 0));
        assert_eq!(numbers(listed.seats), [3, 3, 0, 0]);
        // "Agency: 3"
        let outcome = server.try_invite(&ada, &team, "more@example.org", "viewer").await;
        assert_refused(outcome, ErrorReason::NoSeat);
        // "Immediate removal. User loses all access."
        server.remove(&ada, &team, "bob").await;
        server.invite(&ada, &team, "more@example.org", "viewer").await;
        // "Free: 1 (owner only)"
        let free = server.create_under("ada", "account").await;
        let outcome = server.try_invite(&ada, &free, "bob@example.org", "viewer").await;
        assert_refused(outcome, ErrorReason::NoSeat);
    })
    .await;
}

#[tokio::test]
async fn brand_invites_with_brand_access() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team =
            server.team_under("brand", "ada", &[("abe", "admin"), ("mia", "member"), ("gus", "guest")]).await;
        // "Members and Guests can view the team list but cannot invite, change roles, or remove anyone."
        for person in ["mia", "gus"] {
            let outcome = server.try_invite(person, &team, "new@example.org", "guest").await;
            assert_refused(outcome, ErrorReason::RoleLacksPermission);
        }
        let invite = async |role: &str, grants: &[Grant]| {
            let request = CreateInvitationRequest {
                grants: grants.to_vec(),
                ..invitation_to(&team, "new@example.org", role)
            };
            server.invites_as("abe").create_invitation(request).await
        };
        let standard = [on("brand", "b1", "standard")];
        // "For Admin: a banner confirms Admins have access to all brands. No picker appears."
        assert_refused(invite("admin", &standard).await.map(drop), ErrorReason::GrantsNotAllowed);
        // "For Guest: the same picker appears with the per-brand role locked to Viewer."
        assert_refused(invite("guest", &standard).await.map(drop), ErrorReason::GrantsNotAllowed);
        // "For Member: ... Check the brands you want to grant, then set the per-brand role (Admin, Standard, or
        // Viewer) for each selected brand. Use Select All to grant every brand at once."
        let chosen = [on("brand", "b1", "admin"), on("brand", "b2", "standard"), on_all("brand", "viewer")];
        let made = invite("member", &chosen).await.unwrap().into_inner();
        let invitation = made.invitation.unwrap();
        // "The invitation appears under the Pending Invitations tab and expires after 7 days."
        let pending = server.invitations_in("abe", &team, InvitationState::Pending).await;
        assert_eq!(pending, [invitation.invitation_id.as_str()]);
        assert_eq!(micros(invitation.expire_time) - micros(invitation.create_time), 7 * DAY);
        // "The signup email is locked to the invited address. They cannot claim the invitation with a different email."
        let token = By::Token(made.token);
        assert_refused(server.try_accept(known("eve"), token.clone()).await, ErrorReason::EmailMismatch);
        let member = server.accept(known("new"), token.clone()).await.member.unwrap();
        let mut granted = member.grants;
        granted.sort_by_key(|grant| chosen.iter().position(|one| one == grant));
        assert_eq!((member.role.as_str(), granted.as_slice()), ("member", &chosen[..]));
        // "Email invitations are one-to-one".
        let outcome = server.try_accept(actor("eve").email("new@example.org"), token).await;
        assert_refused(outcome, ErrorReason::NotPending);
        // "no brands selected by default"
        let plain = server.invite("abe", &team, "cyd@example.org", "member").await;
        assert!(server.accept(known("cyd"), &plain).await.member.unwrap().grants.is_empty());
        // "To cancel it before the recipient accepts, click Cancel from that tab."
        let cancelled = server.invite("ada", &team, "dan@example.org", "admin").await;
        server.cancel("abe", &team, &cancelled.id).await;
        assert_refused(server.try_accept(known("dan"), &cancelled).await, ErrorReason::NotPending);
        assert!(server.invitations_in("abe", &team, InvitationState::Pending).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn workspace_lists_what_one_received() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let team = server.create_under(known("ada"), "workspace").await;
        server.rename("ada", &team, "Atoms").await;
        // "Admins and creators can invite new members"; "Select role (User or Admin)".
        let abe = server.invite(known("ada"), &team, "abe@example.org", "admin").await;
        server.accept(known("abe"), &abe).await;
        let outcome = server.try_invite("abe", &team, "x@example.org", "creator").await;
        assert_refused(outcome, ErrorReason::SoleRole);
        let invite = server.invite(known("abe"), &team, "bob@example.org", "user").await;
        let other = server.create_under(known("cyd"), "workspace").await;
        let second = server.invite(known("cyd"), &other, "bob@example.org", "admin").await;
        // "See all pending invitations"; "Each invitation shows: Workspace name, Inviter's email, Your assigned role,
        // Invitation date".
        let received = server.received(known("bob")).await;
        let shown: Vec<_> = received
            .iter()
            .map(|one| (one.team_display_name.as_str(), one.inviter_email.as_str(), one.role.as_str()))
            .collect();
        assert_eq!(shown, [("Team", "cyd@example.org", "admin"), ("Atoms", "abe@example.org", "user")]);
        assert!(received.iter().all(|one| micros(one.create_time) > 0));
        // "Decline: Click "Decline" → Invitation removed"
        server.decline(known("bob"), second.by_id()).await;
        let left = server.received(known("bob")).await;
        assert_eq!(left.len(), 1);
        assert!(server.page("cyd", &other, Filter::default()).await.pending_invitations.is_empty());
        assert!(server.invitations_in("cyd", &other, InvitationState::Pending).await.is_empty());
        // "Accept: Click "Accept" → Join workspace → Switch to new workspace"
        let joined = server.accept(known("bob"), By::Id(left[0].invitation_id.clone())).await;
        assert_eq!(joined.team.unwrap().display_name, "Atoms");
        assert!(server.received(known("bob")).await.is_empty());
        // "Email address", "Role", "Join date", "Who invited them".
        let bob = server.member("abe", &team, "bob").await;
        assert_eq!((bob.email.as_str(), bob.role.as_str()), ("bob@example.org", "user"));
        assert_eq!((bob.join_method(), bob.invited_by_user_id.as_str()), (JoinMethod::Invitation, "abe"));
        assert!(micros(bob.join_time) > 0);
        // "No member management access".
        let outcome = server.try_invite("bob", &team, "x@example.org", "user").await;
        assert_refused(outcome, ErrorReason::RoleLacksPermission);
        // "Member invitations are limited by your workspace's member limit."
        for i in 0..2 {
            server.invite("abe", &team, &format!("p{i}@example.org"), "user").await;
        }
        let outcome = server.try_invite("abe", &team, "p2@example.org", "user").await;
        assert_refused(outcome, ErrorReason::NoSeat);
        assert_eq!(state(&server, &team, &invite.id).await, InvitationState::Accepted);
    })
    .await;
}
