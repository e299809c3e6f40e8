//! No secret, no address and no name where they do not belong: texts that can be found again are planted in a whole
//! run, and then everything that the service wrote is searched.

use std::fs;
use std::path::Path;

use redis::AsyncCommands;
use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::{
    BatchAddMembersRequest, CreateTeamRequest, ErrorReason, ListMembersRequest, RedeemInviteLinkRequest,
    list_members_request,
};
use roster_tests::{
    Actor, Collector, EDITOR, Kind, Link, Options, POLICY, RedisServer, Server, actor, assert_refused,
    assert_row_refused, both, connect_postgres, dump, new_team, on, request_id, row, row_member, service,
};

#[tokio::test]
async fn no_secret_address_or_name_is_in_any_span_or_log_line() {
    both(async |kind| {
        for filter in ["info", "debug"] {
            let collector = Collector::start().await;
            let options = Options::default()
                .variable("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
                .variable("ROSTER_LOG__FILTER", filter);
            let server = Server::start_with(kind, options).await;
            let canaries = run_with_canaries(&server).await;
            let logs = server.stop().await.output;
            let spans = collector.everything();
            assert!(
                logs.contains("RedeemInviteLink") && spans.contains("RedeemInviteLink"),
                "there is something"
            );
            for canary in canaries.secrets.iter().chain(&canaries.addresses).chain(&canaries.names) {
                assert_absent(canary, &logs, "the logs");
                assert_absent(canary, &spans, "the spans");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_secret_is_at_rest_and_addresses_are_with_the_members_alone() {
    let redis = RedisServer::start().await;
    let server = Server::start_with(Kind::Full, Options::default().redis(&redis.url())).await;
    let canaries = run_with_canaries(&server).await;

    let rows = dump(&connect_postgres(&server.data().postgres_url()).await).await;
    assert!(rows.len() > 20, "there is something in the database");
    let with = |address: &str| {
        rows.iter().filter(|(table, row)| table == "members" && row.contains(address)).count()
    };
    assert!(with(&canaries.addresses[0]) > 0, "the search finds what is there");
    for (table, row) in &rows {
        let place = format!("a row of {table}");
        for secret in &canaries.secrets {
            assert_absent(secret, row, &place);
        }
        for address in canaries.addresses.iter().filter(|_| table != "members") {
            assert_absent(address, row, &place);
        }
    }

    let mut connection = redis.connect().await;
    let keys: Vec<String> = connection.keys("*").await.unwrap();
    assert!(!keys.is_empty(), "there is something in Redis");
    for key in keys {
        let value: Vec<u8> = connection.get(&key).await.unwrap();
        for canary in canaries.secrets.iter().chain(&canaries.addresses) {
            assert_absent(canary, &key, "a key of Redis");
            assert_absent(canary, &String::from_utf8_lossy(&value), "a value of Redis");
        }
    }
}

#[tokio::test]
async fn no_secret_is_in_the_files_of_the_embedded_kind() {
    let server = Server::start(Kind::Embedded).await;
    let canaries = run_with_canaries(&server).await;
    let data = server.crash().await;
    let mut files = 0;
    for entry in fs::read_dir(data.directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files += 1;
            assert_file_holds_none(&path, &canaries.secrets);
        }
    }
    assert!(files >= 2, "the database and the keys");
}

/// What must not be found.
struct Canaries {
    /// Tokens, and their secret parts alone.
    secrets: Vec<String>,
    addresses: Vec<String>,
    names: Vec<String>,
}

/// Makes calls that succeed and calls that fail, with texts that can be found again.
async fn run_with_canaries(server: &Server) -> Canaries {
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

    let secret = |token: &str| token.split('_').nth(2).expect("kind, secret and checksum").to_owned();
    let secrets: Vec<_> = links.into_iter().flat_map(|link| [secret(&link.token), link.token]).collect();
    assert!(secrets.iter().all(|secret| secret.len() >= 20), "long enough to be found by chance nowhere");
    let mut addresses = [&addresses[..], &["broken.canary".into()]].concat();
    let mut names = names.to_vec();
    import_with_canaries(server, &mut addresses, &mut names).await;
    Canaries { secrets, addresses, names }
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

/// Fails if the text holds the canary, as it is, in another case, or as hexadecimal digits.
#[track_caller]
fn assert_absent(canary: &str, text: &str, place: &str) {
    let hex = canary.bytes().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    for form in [canary.to_owned(), canary.to_lowercase(), hex] {
        if let Some(at) = text.find(&form) {
            let line = text[..at].matches('\n').count();
            let around: String = text.lines().nth(line).unwrap_or_default().chars().take(600).collect();
            panic!("{canary:?} is in {place}: {around}");
        }
    }
}

fn assert_file_holds_none(path: &Path, secrets: &[String]) {
    let bytes = fs::read(path).expect("the file can be read");
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{} holds a secret", path.display());
    }
}
