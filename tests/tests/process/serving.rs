//! The process itself: what it tells of itself, how it starts, how it refuses to start, how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use roster_proto::v1::{
    CreateTeamRequest, CreateTeamResponse, ErrorReason, GetTeamRequest, ListTeamsRequest,
};
use roster_testkit::{
    Data, Kind, Options, POLICY, Process, Server, actor, assert_refused, both, call_raw, grpcurl, refused,
    setting, within,
};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::process::Command;
use tonic::codec::CompressionEncoding;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
use tonic_reflection::pb::{v1, v1alpha};

#[tokio::test]
async fn both_versions_of_reflection_list_the_services_also_to_clients_that_compress() {
    let server = Server::start(Kind::Embedded).await;
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(server.channel())
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let mut answers =
        client.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
    let listed = format!("{:?}", answers.message().await.unwrap());
    assert!(
        listed.contains("roster.v1.TeamService") && listed.contains("roster.v1.InvitationService"),
        "{listed}"
    );

    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::ListServices(String::new()),
        ),
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(server.channel())
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let mut answers =
        client.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
    let listed = format!("{:?}", answers.message().await.unwrap());
    assert!(
        listed.contains("roster.v1.TeamService") && listed.contains("roster.v1.InvitationService"),
        "{listed}"
    );
}

#[tokio::test]
async fn grpcurl_needs_no_files_to_list_describe_and_read_errors() {
    let server = Server::start(Kind::Embedded).await;
    let listed = grpcurl(&[], server.address(), &["list"]).await;
    assert!(listed.success, "{listed:?}");
    for service in ["roster.v1.TeamService", "roster.v1.InvitationService", "grpc.health.v1.Health"] {
        assert!(listed.stdout.lines().any(|line| line == service), "{service} in {}", listed.stdout);
    }
    let described = grpcurl(&[], server.address(), &["describe", "roster.v1.TeamService.CreateTeam"]).await;
    assert!(described.stdout.contains("the policy's founder role"), "the manual in {described:?}");
    let described = grpcurl(&[], server.address(), &["describe", "roster.v1.CreateTeamRequest"]).await;
    assert!(described.stdout.contains("Brought to Unicode NFC"), "the manual in {described:?}");

    let nothing = ["-H", "x-actor-user-id: ada", "-d", r#"{"team_id": "nothing", "user_id": ""}"#];
    let refused = grpcurl(&nothing, server.address(), &["roster.v1.TeamService/GetMember"]).await;
    assert!(!refused.success);
    for readable in ["InvalidArgument", "ERROR_REASON_FIELD_INVALID", "\"roster.v1\"", "team_id", "user_id"] {
        assert!(refused.stderr.contains(readable), "{readable} in {}", refused.stderr);
    }
}

#[tokio::test]
async fn health_is_told_to_anybody_also_in_gzip() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut client = HealthClient::new(server.channel())
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
        let status = client.check(HealthCheckRequest::default()).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving);
        let told = grpcurl(&[], server.address(), &["grpc.health.v1.Health/Check"]).await;
        assert!(told.stdout.contains("\"SERVING\""), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn calls_may_be_compressed_and_are_answered_under_their_own_id() {
    let server = Server::start(Kind::Embedded).await;
    let ada = actor("ada").header("x-request-id", "my-call-17");
    let mut client = server
        .team_as(&ada)
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let answer = client.list_teams(ListTeamsRequest::default()).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "my-call-17");
    let refusal = client.get_team(GetTeamRequest::default()).await.unwrap_err();
    assert_eq!(refusal.metadata().get("x-request-id").unwrap(), "my-call-17");
    let answer = server.team_as("ada").list_teams(ListTeamsRequest::default()).await.unwrap();
    assert!(answer.metadata().contains_key("x-request-id"), "a call without an id is given one");
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_refused_with_a_reason() {
    let server = Server::start(Kind::Embedded).await;
    for method in ["roster.v1.TeamService/Disband", "roster.v2.TeamService/GetTeam", "x"] {
        let outcome = call_raw(server.address(), method, &[("x-actor-user-id", "ada")], &()).await;
        assert_refused(outcome, ErrorReason::MethodUnknown);
    }
}

#[tokio::test]
async fn a_compression_that_is_not_supported_is_refused_with_a_reason() {
    let server = Server::start(Kind::Embedded).await;
    let headers = [("x-actor-user-id", "ada"), ("grpc-encoding", "zstd")];
    let request = ListTeamsRequest::default();
    let outcome = call_raw(server.address(), "roster.v1.TeamService/ListTeams", &headers, &request).await;
    assert_refused(outcome, ErrorReason::EncodingUnknown);
}

#[tokio::test]
async fn a_message_of_another_shape_is_the_callers_fault() {
    let server = Server::start(Kind::Embedded).await;
    // Its second field is a message where CreateTeam wants a text that is UTF-8.
    let wrong = CreateTeamResponse { member: Some(roster_proto::v1::Member::default()), team: None };
    let headers = [("x-actor-user-id", "ada")];
    let good = CreateTeamRequest {
        policy: POLICY.into(),
        display_name: "Team".into(),
        ..CreateTeamRequest::default()
    };
    let method = "roster.v1.TeamService/CreateTeam";
    call_raw(server.address(), method, &headers, &good).await.unwrap();
    let outcome = call_raw(server.address(), method, &headers, &wrong).await;
    assert_refused(outcome, ErrorReason::FieldInvalid);
    let outcome = call_raw(server.address(), method, &headers, &vec![0xff_u8; 20]).await;
    assert_eq!(refused(outcome).code, tonic::Code::InvalidArgument);
}

#[tokio::test]
async fn asked_to_stop_it_ends_well_even_with_silent_and_idle_connections() {
    both(async |kind| {
        let server = Server::start(kind).await;
        server.create_team("ada").await;
        let mut silent = TcpStream::connect(server.address()).await.unwrap();
        server.stop().await;
        let mut rest = Vec::new();
        let closed = within("the end of the silent connection", silent.read_to_end(&mut rest)).await;
        assert!(closed.is_ok() || closed.is_err(), "either way it is closed");
    })
    .await;
}

#[tokio::test]
async fn without_any_configuration_it_serves_from_a_folder_of_its_own() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut command = Command::new(setting("ROSTER_TEST_BIN"));
    command.arg("serve").current_dir(folder.path()).env_clear().env("ROSTER_LISTEN", "127.0.0.1:0");
    let mut process = Process::start(command);
    process.line("Roster serves on 127.0.0.1:").await;
    let keys = folder.path().join("roster-data/keys.toml");
    assert_eq!(
        fs::metadata(&keys).unwrap().permissions().mode() & 0o777,
        0o600,
        "nobody else reads the keys"
    );
    assert!(folder.path().join("roster-data/roster.db").exists());
    let output = process.output();
    assert!(output.contains("grpcurl"), "a line to try in {output}");
    assert!(output.contains("not secure"), "dev mode says what it is in {output}");
}

#[tokio::test]
async fn a_second_process_on_the_same_files_is_refused() {
    let server = Server::start(Kind::Embedded).await;
    let second = server.data().run(&["serve"], Options::default()).await;
    assert!(!second.status.success(), "{}", second.output);
    let directory = server.data().directory().display().to_string();
    assert!(second.output.contains(&directory), "it says which in {}", second.output);
    server.create_team("ada").await;
    let data = server.crash().await;
    let server = Server::start_on(data, Options::default()).await;
    server.create_team("ada").await;
}

#[tokio::test]
async fn what_is_wrong_with_the_configuration_stops_the_start_and_is_named() {
    let data = Data::fresh(Kind::Embedded).await;
    let check = async |name: &str, value: &str, named: &[&str]| {
        let finished = data.run(&["serve"], Options::default().variable(name, value)).await;
        assert!(!finished.status.success(), "{name}={value}: {}", finished.output);
        for text in named {
            assert!(finished.output.contains(text), "{text} for {name}={value} in {}", finished.output);
        }
        assert!(!finished.output.contains("hunter2"), "a secret is shown: {}", finished.output);
        assert!(!finished.output.contains("panicked"), "{}", finished.output);
    };
    check("ROSTER_LISTEN", "0.0.0.0:0", &["listen", "loopback"]).await;
    check("ROSTER_LISTEN", "[::]:0", &["listen"]).await;
    check("ROSTER_LISTEN", "nowhere", &["listen"]).await;
    check("ROSTER_LIMITS__LIVE_LINKS", "3", &["live_links"]).await;
    check("ROSTER_LIMITS__LIVE_LINKS_PER_TEAM", "many", &["live_links_per_team"]).await;
    check("ROSTER_LISTENN", "127.0.0.1:0", &["listenn"]).await;
    check("ROSTER_DATABASE__URL", "mysql://roster:hunter2@127.0.0.1/roster", &["database.url"]).await;
    check("ROSTER_REDIS__URL", "http://roster:hunter2@127.0.0.1/", &["redis.url"]).await;
    check("ROSTER_DEV__CLOCK_OFFSET", "soon", &["clock_offset"]).await;
}

#[tokio::test]
async fn a_postgres_without_the_schema_stops_the_start_and_says_what_to_do() {
    let data = Arc::new(Data::without_schema().await);
    let finished = data.run(&["serve"], Options::default()).await;
    assert!(!finished.status.success(), "{}", finished.output);
    assert!(finished.output.contains("roster migrate up"), "{}", finished.output);

    let (first, second) = tokio::join!(
        data.run(&["migrate", "up"], Options::default()),
        data.run(&["migrate", "up"], Options::default()),
    );
    assert!(first.status.success() && second.status.success(), "two at once: {first:?} {second:?}");
    data.migrate().await;
    let server = Server::start_on(data, Options::default()).await;
    server.create_team("ada").await;
}
