//! What happens to a team's invitations and codes.

use std::time::Duration;

use roster_proto::v1::event::Change;
use roster_proto::v1::{
    BatchCreateInvitationsRequest, CreateInvitationRequest, CreateTeamCodeRequest, InvitationAccepted,
    InvitationCancelled, InvitationCreated, InvitationDeclined, InvitationExpired, InvitationResent,
    JoinMethod, MemberEmailChanged, MemberJoined, MemberRemoved, MemberState, RemoveMemberRequest,
    TeamCodeAdopted, TeamCodeCreated, TeamCodeDeleted, TeamCodeRevoked, TeamCreated,
};
use roster_testkit::{
    By, Invite, OwnPolicy, Server, actor, address_of, code_to, eventually, invitation_row, invitation_to,
    known, new_team, on, request_id, return_token, row, row_invitation, service,
};

use crate::audit::{Story, WATCHER, event, joined};

/// A team whose invitations and codes come to every end that there is, and the service, whose clock has gone on.
pub(crate) async fn story(server: Server, policy: &OwnPolicy) -> (Server, Story) {
    let made = server.try_create("ada", new_team("everything")).await.expect("a team is made").into_inner();
    let team = made.team.expect("CreateTeam returns the team").team_id;
    server.add(&team, &[row("ben", "admin")]).await;
    let created = TeamCreated {
        policy: "everything".into(),
        display_name: "Team".into(),
        tier: "small".into(),
        ..TeamCreated::default()
    };
    let events = vec![
        event(1, "ada", "dev", "", Change::TeamCreated(created)),
        event(1, "ada", "dev", "", Change::MemberJoined(joined("ada", "owner", JoinMethod::Founder))),
        event(2, "", "dev", "", Change::MemberJoined(joined("ben", "admin", JoinMethod::Import))),
    ];
    let mut story = Story { team, events };
    invitations(&server, &mut story).await;
    codes(&server, &mut story).await;
    let server = ends(server, &mut story, policy).await;
    (server, story)
}

fn restricted() -> Vec<String> {
    vec!["brand".to_owned()]
}

/// Invitations are made, sent again and answered.
async fn invitations(server: &Server, story: &mut Story) {
    let team = story.team.as_str();
    let ids: [String; 2] = std::array::from_fn(|_| request_id());
    let one = on("brand", "one", "viewer");
    let to_dan = CreateInvitationRequest {
        grants: vec![one.clone()],
        request_id: ids[0].clone(),
        ..invitation_to(team, &address_of("dan"), "guest")
    };
    let ben = actor("ben").through("shop");
    let dan = server.invites_as(&ben).create_invitation(to_dan).await.expect("dan is invited").into_inner();
    let dan = dan.invitation.expect("the invitation");
    let batch = BatchCreateInvitationsRequest {
        team_id: team.into(),
        invitations: ["dea", "dov"].map(|user| invitation_row(&address_of(user), "admin")).to_vec(),
        delivery: return_token(),
        request_id: ids[1].clone(),
        ..BatchCreateInvitationsRequest::default()
    };
    let batch = server.invites_as("ada").batch_create_invitations(batch).await.expect("two are invited");
    let [dea, dov] = [0, 1].map(|place| row_invitation(&batch.get_ref().results[place]));
    let dan_again = server.resend("ada", team, &dan.invitation_id).await;
    let resent = server.invitation("ada", team, &dan.invitation_id).await;
    // Each is said twice, and happens once.
    for _ in 0..2 {
        server.accept(known("dan").through("app"), &dan_again).await;
        server.decline(known("dea"), By::Id(dea.invitation_id.clone())).await;
        server.cancel("ben", team, &dov.invitation_id).await;
    }

    let created = |role: &str, invitation: &roster_proto::v1::Invitation| InvitationCreated {
        invitation_id: invitation.invitation_id.clone(),
        role: role.into(),
        expire_time: invitation.expire_time,
        ..InvitationCreated::default()
    };
    let to_dan = InvitationCreated {
        grants: vec![one.clone()],
        restricted_kinds: restricted(),
        ..created("guest", &dan)
    };
    let again =
        InvitationResent { invitation_id: dan.invitation_id.clone(), expire_time: resent.expire_time };
    assert_ne!(dan.expire_time, resent.expire_time);
    let accepted = InvitationAccepted { invitation_id: dan.invitation_id.clone(), user_id: "dan".into() };
    let dan_joined = MemberJoined {
        invitation_id: dan.invitation_id,
        // Who sent it again took it over.
        invited_by_user_id: "ada".into(),
        grants: vec![one],
        restricted_kinds: restricted(),
        ..joined("dan", "guest", JoinMethod::Invitation)
    };
    let declined = InvitationDeclined { invitation_id: dea.invitation_id.clone(), user_id: "dea".into() };
    let cancelled = InvitationCancelled { invitation_id: dov.invitation_id.clone() };
    story.events.extend([
        event(3, "ben", "shop", &ids[0], Change::InvitationCreated(to_dan)),
        event(4, "ada", "dev", &ids[1], Change::InvitationCreated(created("admin", &dea))),
        event(4, "ada", "dev", &ids[1], Change::InvitationCreated(created("admin", &dov))),
        event(5, "ada", "dev", "", Change::InvitationResent(again)),
        event(6, "dan", "app", "", Change::InvitationAccepted(accepted)),
        event(6, "dan", "app", "", Change::MemberJoined(dan_joined)),
        event(7, "dea", "dev", "", Change::InvitationDeclined(declined)),
        event(8, "ben", "dev", "", Change::InvitationCancelled(cancelled)),
    ]);
}

/// Codes are made, used, taken over, revoked and deleted.
async fn codes(server: &Server, story: &mut Story) {
    let team = story.team.as_str();
    let two = on("brand", "two", "viewer");
    let bounded = CreateTeamCodeRequest {
        grants: vec![two.clone()],
        lifetime: "P7D".into(),
        max_uses: Some(3),
        request_id: request_id(),
        ..code_to(team, "guest")
    };
    let id = bounded.request_id.clone();
    let bounded = server.create_code_of("ben", bounded).await;
    let endless = server.create_code("ada", team, "guest").await;
    for _ in 0..2 {
        server.redeem_code(actor("eli").through("app"), &bounded.code).await;
    }
    let remove = RemoveMemberRequest {
        team_id: team.into(),
        user_id: "ben".into(),
        adopt_invites: true,
        ..RemoveMemberRequest::default()
    };
    server.team_as("ada").remove_member(remove).await.expect("the member is removed");
    for _ in 0..2 {
        server.revoke_code("ada", team, &endless.code_id).await;
    }
    server.delete_code("ada", team, &endless.code_id).await;

    let of_bounded = TeamCodeCreated {
        code_id: bounded.code_id.clone(),
        role: "guest".into(),
        grants: vec![two.clone()],
        expire_time: bounded.expire_time,
        max_uses: 3,
        restricted_kinds: restricted(),
    };
    assert!(bounded.expire_time.is_some());
    let of_endless = TeamCodeCreated {
        code_id: endless.code_id.clone(),
        role: "guest".into(),
        ..TeamCodeCreated::default()
    };
    let eli_joined = MemberJoined {
        code_id: bounded.code_id.clone(),
        invited_by_user_id: "ben".into(),
        grants: vec![two],
        restricted_kinds: restricted(),
        ..joined("eli", "guest", JoinMethod::TeamCode)
    };
    let removed = MemberRemoved {
        user_id: "ben".into(),
        role: "admin".into(),
        state: MemberState::Active.into(),
        ..MemberRemoved::default()
    };
    let adopted = TeamCodeAdopted { code_id: bounded.code_id };
    let revoked = TeamCodeRevoked { code_id: endless.code_id.clone() };
    let deleted = TeamCodeDeleted { code_id: endless.code_id };
    story.events.extend([
        event(9, "ben", "dev", &id, Change::TeamCodeCreated(of_bounded)),
        event(10, "ada", "dev", "", Change::TeamCodeCreated(of_endless)),
        event(11, "eli", "app", "", Change::MemberJoined(eli_joined)),
        event(12, "ada", "dev", "", Change::MemberRemoved(removed)),
        event(12, "ada", "dev", "", Change::TeamCodeAdopted(adopted)),
        event(13, "ada", "dev", "", Change::TeamCodeRevoked(revoked)),
        event(14, "ada", "dev", "", Change::TeamCodeDeleted(deleted)),
    ]);
}

/// Invitations end that nobody answered: one with a removal, one with its time.
async fn ends(server: Server, story: &mut Story, policy: &OwnPolicy) -> Server {
    let team = story.team.clone();
    let eli = server.invite("ada", &team, &address_of("eli"), "admin").await;
    // Eli shows its address only now, which is a change of its own.
    let code = server.codes("ada", &team).await.remove(0);
    server.redeem_code(known("eli"), &code.code).await;
    server.remove("ada", &team, "eli").await;
    let fox = server.invite("ada", &team, &address_of("fox"), "guest").await;
    let [of_eli, of_fox] =
        [made(&server, &team, &eli, "admin").await, made(&server, &team, &fox, "guest").await];
    let server = server.restart(policy.options().clock_offset(Duration::from_hours(8 * 24))).await;
    let told = async || {
        let events = server.events(service(WATCHER), &team).await;
        events.iter().any(|event| matches!(event.change, Some(Change::InvitationExpired(_)))).then_some(())
    };
    eventually("the sweep", told).await;

    let removed = MemberRemoved {
        user_id: "eli".into(),
        role: "guest".into(),
        grants: vec![on("brand", "two", "viewer")],
        state: MemberState::Active.into(),
        restricted_kinds: restricted(),
    };
    let cancelled = InvitationCancelled { invitation_id: eli.id };
    let address = MemberEmailChanged { user_id: "eli".into() };
    let expired = InvitationExpired { invitation_id: fox.id };
    story.events.extend([
        event(15, "ada", "dev", "", Change::InvitationCreated(of_eli)),
        event(16, "eli", "dev", "", Change::MemberEmailChanged(address)),
        event(17, "ada", "dev", "", Change::MemberRemoved(removed)),
        event(17, "ada", "dev", "", Change::InvitationCancelled(cancelled)),
        event(18, "ada", "dev", "", Change::InvitationCreated(of_fox)),
        event(19, "", "", "", Change::InvitationExpired(expired)),
    ]);
    server
}

async fn made(server: &Server, team: &str, invite: &Invite, role: &str) -> InvitationCreated {
    InvitationCreated {
        invitation_id: invite.id.clone(),
        role: role.into(),
        expire_time: server.invitation("ada", team, &invite.id).await.expire_time,
        ..InvitationCreated::default()
    }
}
