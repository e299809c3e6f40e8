//! Teams under policies that a calling service is not bound to are absent to it everywhere.

use roster_proto::v1::accept_invitation_request::Invitation::{InvitationId as ById, Token as ByToken};
use roster_proto::v1::{
    AcceptInvitationRequest, DeleteTeamRequest, ErrorReason, GetPolicyRequest, GetTeamRequest,
    ListEventsRequest, ListMembersRequest, ListPoliciesRequest, ListReceivedInvitationsRequest,
    ListTeamsRequest, PreviewInviteRequest, RedeemInviteLinkRequest, TransferOwnershipRequest,
};
use roster_testkit::{Actor, actor, assert_refused, both, invitation_to, new_team, request_id};

use crate::mesh::{BILLING, Mesh, SHOP, WIKI};

#[tokio::test]
async fn teams_of_another_product_do_not_exist() {
    both(async |kind| {
        let mesh = Mesh::start(kind).await;
        let ada = || actor("ada").email("ada@example.org");
        let team = mesh
            .teams(WIKI, ada())
            .create_team(new_team("organization"))
            .await
            .unwrap()
            .into_inner()
            .team
            .unwrap();
        let id = team.team_id;
        let mut wiki = mesh.invites(WIKI, ada());
        let request = roster_proto::v1::CreateInviteLinkRequest { team_id: id.clone(), ..Default::default() };
        let link = wiki.create_invite_link(request).await.unwrap().into_inner();
        let invited = {
            let other =
                mesh.teams(WIKI, ada()).create_team(new_team("workspace")).await.unwrap().into_inner();
            let other = other.team.unwrap().team_id;
            wiki.create_invitation(invitation_to(&other, "bob@example.org", "user")).await.unwrap()
        };

        // Its owner, through the other product's service.
        let mut shop = mesh.teams(SHOP, ada());
        let absent =
            |outcome: Result<(), tonic::Status>| assert_refused(outcome, ErrorReason::TeamNotAccessible);
        let get = GetTeamRequest { team_id: id.clone() };
        let there = absent(shop.get_team(get.clone()).await.map(drop));
        let nowhere = GetTeamRequest { team_id: "team_01h455vb4pex5vsknk084sn02q".into() };
        let not_there = absent(shop.get_team(nowhere).await.map(drop));
        assert_eq!(there.message, not_there.message, "it is as if it were not there");
        let members = ListMembersRequest { team_id: id.clone(), ..Default::default() };
        absent(shop.list_members(members).await.map(drop));
        let events = ListEventsRequest { team_id: id.clone(), ..Default::default() };
        absent(shop.list_events(events.clone()).await.map(drop));
        let delete =
            DeleteTeamRequest { team_id: id.clone(), request_id: request_id(), ..Default::default() };
        absent(shop.delete_team(delete.clone()).await.map(drop));
        let listed = shop.list_teams(ListTeamsRequest::default()).await.unwrap().into_inner();
        assert!(listed.teams.is_empty(), "{listed:?}");
        assert_refused(shop.create_team(new_team("organization")).await, ErrorReason::FieldInvalid);
        let policy = shop.get_policy(GetPolicyRequest { name: "organization".into() }).await;
        assert_refused(policy, ErrorReason::PolicyNotFound);
        let policies =
            shop.list_policies(ListPoliciesRequest::default()).await.unwrap().into_inner().policies;
        assert_eq!(policies.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["account"]);

        // Ways in lead nowhere, and look like nothing.
        let bob = || actor("bob").email("bob@example.org");
        let mut shop = mesh.invites(SHOP, bob());
        let token = link.token;
        let preview = PreviewInviteRequest { token: token.clone(), ..Default::default() };
        assert_refused(shop.preview_invite(preview).await, ErrorReason::InviteNotFound);
        let redeem = RedeemInviteLinkRequest { token, ..Default::default() };
        assert_refused(shop.redeem_invite_link(redeem).await, ErrorReason::InviteNotFound);
        let received = ListReceivedInvitationsRequest::default();
        let received_here = shop.list_received_invitations(received.clone()).await.unwrap().into_inner();
        assert!(received_here.invitations.is_empty());
        let through_wiki = mesh.invites(WIKI, bob()).list_received_invitations(received).await;
        assert_eq!(through_wiki.unwrap().into_inner().invitations.len(), 1, "it is there");
        let invited = invited.into_inner();
        for by in [ById(invited.invitation.unwrap().invitation_id), ByToken(invited.token)] {
            let accept = AcceptInvitationRequest { invitation: Some(by), ..Default::default() };
            let refused = assert_refused(shop.accept_invitation(accept).await, ErrorReason::InviteNotFound);
            assert!(refused.metadata.is_empty());
        }

        // Nor for a service by itself, unless it is bound to all.
        let mut wiki = mesh.teams(WIKI, Actor::nobody());
        wiki.list_events(events.clone()).await.unwrap();
        let account = mesh.teams(SHOP, ada()).create_team(new_team("account")).await.unwrap().into_inner();
        let of_account = ListEventsRequest { team_id: account.team.unwrap().team_id, ..Default::default() };
        absent(wiki.list_events(of_account.clone()).await.map(drop));
        let transfer = TransferOwnershipRequest {
            team_id: of_account.team_id,
            user_id: "nobody".into(),
            ..Default::default()
        };
        let all = mesh.teams(BILLING, Actor::nobody()).transfer_ownership(transfer).await;
        assert_refused(all, ErrorReason::MemberNotFound);

        // And a retry of what was done through one service tells another nothing.
        mesh.teams(WIKI, ada()).delete_team(delete.clone()).await.unwrap();
        absent(mesh.teams(SHOP, ada()).delete_team(delete).await.map(drop));
    })
    .await;
}
