//! A run with links and with people who are added, some of it refused.

use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::{
    BatchAddMembersRequest, CreateTeamRequest, ErrorReason, ListMembersRequest, RedeemInviteLinkRequest,
    list_members_request,
};
use roster_testkit::{
    Actor, EDITOR, Link, POLICY, Server, actor, assert_refused, assert_row_refused, new_team, on, request_id,
    row, row_member, service,
};

use crate::canaries::{Canaries, assert_absent};

/// Makes calls that succeed and calls that fail, with texts that can be found again.
pub(crate) async fn run(server: &Server, canaries: &mut Canaries) {
    let addresses = ["ada", "bob", "cyd"].map(|name| format!("{name}.canary@example.org"));
    let [ada, bob, cyd] =
        [("ada", 0), ("bob", 1), ("cyd", 2)].map(|(name, i)| actor(name).email(&addresses[i]));
    let names = ["Canary Society".to_owned(), "Canary\u{202e}Wrong".to_owned()];
    let create = |name: &str| CreateTeamRequest {
        policy: POLICY.into(),
        display_name: name.into(),
        request_id: request_id(),
        ..CreateTeamRequest::default()
    };
    let made =
        server.team_as(&ada).create_team(create(&names[0])).await.expect("a team is made").into_inner();
    assert_refused(server.team_as(&ada).create_team(create(&names[1])).await, ErrorReason::FieldInvalid);
    let team = made.team.expect("CreateTeam returns the team").team_id;

    let mut links = Vec::new();
    for _ in 0..3 {
        let id = request_id();
        let made = server.try_create_link_once(&ada, &team, &id).await.expect("a link is made").into_inner();
        server.try_create_link_once(&ada, &team, &id).await.expect("and told again");
        let id = made.invite_link.expect("CreateInviteLink returns the link").link_id;
        links.push(Link { id, token: made.token });
    }
    use_links(server, &team, &links, [&ada, &bob, &cyd]).await;
    let filter = list_members_request::Filter { email_prefix: addresses[1].clone(), ..Default::default() };
    let request =
        ListMembersRequest { team_id: team.clone(), filter: Some(filter), ..ListMembersRequest::default() };
    server.team_as(&ada).list_members(request).await.expect("members are listed");
    let broken = actor("ada").email("broken.canary");
    assert_refused(server.try_create_link(broken, &team).await, ErrorReason::CredentialsInvalid);

    for link in links {
        canaries.token(&link.token);
    }
    let mut addresses = [&addresses[..], &["broken.canary".into()]].concat();
    let mut names = names.to_vec();
    import_with_canaries(server, &mut addresses, &mut names).await;
    canaries.addresses.extend(addresses);
    canaries.names.extend(names);
}

/// Adds people with addresses and grants, and fails to: neither is in any error, and nor is what they are granted.
async fn import_with_canaries(server: &Server, addresses: &mut Vec<String>, names: &mut Vec<String>) {
    let [known, wrong] = ["imported.canary@example.org", "no.address.canary"].map(str::to_owned);
    let [resource, overlong, key] = ["canary-resource", "canary-overlong", "canary-key"].map(str::to_owned);
    let create = CreateTeamRequest { external_id: key.clone(), ..new_team("brand") };
    let made = server.try_create("ada", create.clone()).await.expect("a team is made").into_inner();
    let team = made.team.expect("CreateTeam returns the team").team_id;
    let mut errors = vec![server.try_create("ada", create).await.expect_err("the key is taken")];

    let with = |user: &str, role: &str, email: &str, resource: &str| {
        let grants = vec![on("brand", resource, "viewer")];
        Row { email: email.into(), grants, ..row(user, role) }
    };
    let rows = [
        with("ida", "guest", &known, &resource),
        with("ivo", "guest", &wrong, &overlong.repeat(10)),
        with("ivy", "owner", &known, &resource),
    ];
    let request = BatchAddMembersRequest {
        team_id: team.clone(),
        members: rows.to_vec(),
        request_id: request_id(),
        ..BatchAddMembersRequest::default()
    };
    for _ in 0..2 {
        let mut importer = server.team_as(service("members.import"));
        let answer = importer.batch_add_members(request.clone()).await.expect("rows are taken").into_inner();
        assert_eq!(row_member(&answer.results[0]).email, known);
        let refused = [
            assert_row_refused(&answer.results[1], ErrorReason::FieldInvalid),
            assert_row_refused(&answer.results[2], ErrorReason::SoleRole),
        ];
        for refused in refused {
            for canary in [&known, &wrong, &resource, &overlong] {
                assert_absent(canary, &format!("{refused:?}"), "the refusal of a row");
            }
        }
    }
    let granted = [on("brand", &resource, "viewer")];
    server.change_role("ada", &team, "ida", "member").await;
    server.grant("ada", &team, "ida", &granted).await;
    errors.extend(server.try_grant("ida", &team, "ida", &granted).await.err());
    errors.extend(server.try_grant("ada", &team, "ida", &[on("brand", &resource, "boss")]).await.err());
    errors.extend(server.try_grant("ada", &team, "ida", &[on("project", &resource, "viewer")]).await.err());
    errors.extend(server.try_grant("ada", &team, "ida", &[granted.clone(), granted].concat()).await.err());
    errors.extend(server.try_purge("ada", &team, "brand", &overlong.repeat(10)).await.err());
    errors.extend(server.try_purge("ida", &team, "brand", &resource).await.err());
    server.try_purge("ada", &team, "brand", &resource).await.expect("the resource is purged");
    assert_eq!(errors.len(), 7, "each was refused");
    for error in errors {
        let text = format!("{} {}", error.message(), String::from_utf8_lossy(error.details()));
        for canary in [&known, &wrong, &resource, &overlong, &key] {
            assert_absent(canary, &text, "an error");
        }
    }
    let events = format!("{:?}", server.events("ada", &team).await);
    assert!(events.contains(&resource), "the log says what was granted");
    for address in [&known, &wrong] {
        assert_absent(address, &events, "the log");
    }
    addresses.extend([known, wrong]);
    names.extend([resource, overlong, key]);
}

async fn use_links(server: &Server, team: &str, links: &[Link], [ada, bob, cyd]: [&Actor; 3]) {
    let [used, revoked, last] = links else { panic!("three links") };
    server.preview(bob, &used.token).await;
    let redeem = RedeemInviteLinkRequest { token: used.token.clone(), request_id: request_id() };
    for _ in 0..2 {
        server.invites_as(bob).redeem_invite_link(redeem.clone()).await.expect("a person joins");
    }
    server.change_role(ada, team, "bob", EDITOR).await;
    server.link(ada, team, &used.id).await;
    server.revoke(ada, team, &revoked.id).await;
    assert_refused(server.try_redeem(cyd, &revoked.token).await, ErrorReason::Revoked);
    let tampered = format!("{}x", last.token);
    assert_refused(server.try_redeem(cyd, &tampered).await, ErrorReason::InviteNotFound);
    assert_refused(server.try_preview(cyd, &tampered).await, ErrorReason::InviteNotFound);
    server.redeem(cyd, &last.token).await;
    server.remove(ada, team, "cyd").await;
    assert_refused(server.try_redeem(cyd, &last.token).await, ErrorReason::Removed);
}
