//! The clients in `examples` walk to the end, also where every answer is lost once, and then nothing happens twice.

use std::fs;
use std::path::Path;

use roster_proto::v1::{ListMembersRequest, ListTeamsRequest};
use roster_testkit::{Process, Server, both, setting};
use tempfile::TempDir;
use tokio::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const LOSSY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/lossy_peer.py");

#[tokio::test]
async fn the_rust_client_walks_to_the_end() {
    walks_to_the_end(|| Command::new(rust_client())).await;
}

#[tokio::test]
async fn the_python_client_walks_to_the_end() {
    let folder = generated().await;
    walks_to_the_end(|| python_client(folder.path())).await;
}

#[tokio::test]
async fn clients_obey_a_service_that_wants_no_retries() {
    let folder = generated().await;
    both(async |kind| {
        let server = Server::start(kind).await;
        for command in [Command::new(rust_client()), python_client(folder.path())] {
            let (mut wire, address) = lossy(&server, &["--pushback=-1"]).await;
            let (success, client) = run(command, &address).await;
            assert!(!success, "it has no answer:\n{}", client.output());
            assert!(client.stderr().contains("the answer was lost"), "it says why:\n{}", client.output());
            end(&mut wire).await;
            assert_eq!(attempts(&wire), ["lost CreateTeam"], "it tries once");
        }
    })
    .await;
}

#[tokio::test]
async fn clients_say_that_the_service_is_away() {
    let folder = generated().await;
    // A port that is taken and where nobody listens.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    for command in [Command::new(rust_client()), python_client(folder.path())] {
        let (success, client) = run(command, &address).await;
        assert!(!success, "there is nobody to answer:\n{}", client.output());
        let said = client.stderr().to_lowercase();
        assert!(said.starts_with("error: unavailable: "), "it says so:\n{}", client.output());
    }
}

/// Runs a client straight, and over a wire that loses the first answer to every request.
async fn walks_to_the_end(client: impl Fn() -> Command) {
    both(async |kind| {
        let server = Server::start(kind).await;
        let address = server.address().to_string();
        let (success, straight) = run(client(), &address).await;
        assert!(success, "it fails:\n{}", straight.output());
        assert_walked(&straight);
        assert_happened_once(&server, 1).await;

        let (mut wire, address) = lossy(&server, &[]).await;
        let (success, over_wire) = run(client(), &address).await;
        end(&mut wire).await;
        assert!(success, "it fails where answers are lost:\n{}{}", over_wire.output(), wire.output());
        assert_walked(&over_wire);
        let calls = [
            "CreateTeam",
            "CreateInvitation",
            "AcceptInvitation",
            "ListMembers",
            "ListMembers",
            "CreateInvitation",
        ];
        let expected = calls.map(|call| [format!("lost {call}"), format!("answered {call}")]).concat();
        assert_eq!(attempts(&wire), expected, "each request is sent again once, as it was and not too early");
        assert_happened_once(&server, 2).await;
    })
    .await;
}

/// The client printed what `examples/walk.txt` tells, where `…` stands for what differs, and no secret.
fn assert_walked(client: &Process) {
    let told = fs::read_to_string(Path::new(ROOT).join("examples/walk.txt")).expect("there is walk.txt");
    let output = client.stdout();
    assert_eq!(output.lines().count(), told.lines().count(), "the lines of a walk:\n{output}");
    for (line, told) in output.lines().zip(told.lines()) {
        assert!(told.split('…').all(|part| line.contains(part)), "{line:?} is told as {told:?}");
    }
    assert!(!output.contains("rst_inv_"), "a secret is printed:\n{output}");
}

/// So many walks have made so many teams, with two members each and no invitation left.
async fn assert_happened_once(server: &Server, walks: usize) {
    let listed = server.team_as("ada").list_teams(ListTeamsRequest::default()).await.expect("Ada lists");
    let teams = listed.into_inner().teams;
    assert_eq!(teams.len(), walks, "one team a walk");
    for team in teams {
        let request = ListMembersRequest { team_id: team.team_id, ..ListMembersRequest::default() };
        let page = server.team_as("ada").list_members(request).await.expect("a member lists").into_inner();
        assert_eq!((page.members.len(), page.pending_invitations.len()), (2, 0), "members and invitations");
    }
}

/// Ends the wire and waits for the last of its output.
async fn end(wire: &mut Process) {
    wire.kill().await;
    wire.ended().await;
}

fn attempts(wire: &Process) -> Vec<String> {
    wire.stdout().lines().skip(1).map(str::to_owned).collect()
}

async fn lossy(server: &Server, arguments: &[&str]) -> (Process, String) {
    let mut command = Command::new(setting("ROSTER_TEST_PYTHON"));
    command.arg("-B").arg(LOSSY).arg(server.address().to_string()).args(arguments);
    let mut process = Process::start(command);
    let line = process.line("ready ").await;
    let address = line.rsplit(' ').next().unwrap_or_default().to_owned();
    (process, address)
}

async fn run(mut client: Command, address: &str) -> (bool, Process) {
    client.arg(address);
    let mut process = Process::start(client);
    let success = process.ended().await.success();
    (success, process)
}

/// Built beside the service.
fn rust_client() -> std::path::PathBuf {
    let name = format!("roster-example{}", std::env::consts::EXE_SUFFIX);
    Path::new(&setting("ROSTER_TEST_BIN")).with_file_name(name)
}

fn python_client(folder: &Path) -> Command {
    let mut command = Command::new(setting("ROSTER_TEST_PYTHON"));
    command.arg("-B").arg(folder.join("python/client.py"));
    command
}

/// A folder with the Python client and the code that it needs, made as its page says.
async fn generated() -> TempDir {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let home = folder.path().join("python");
    fs::create_dir(&home).expect("a folder can be made");
    for file in ["service_config.json", "python/client.py"] {
        fs::copy(Path::new(ROOT).join("examples").join(file), folder.path().join(file))
            .expect("the example can be copied");
    }
    let proto = Path::new(ROOT).join("proto");
    let mut command = Command::new(setting("ROSTER_TEST_PYTHON"));
    command.args(["-m", "grpc_tools.protoc", "--python_out=.", "--grpc_python_out=.", "-I"]).arg(&proto);
    let contract = fs::read_dir(proto.join("roster/v1")).expect("the contract can be listed");
    command.args(contract.map(|file| file.expect("the contract can be listed").path()));
    command.current_dir(&home);
    let mut protoc = Process::start(command);
    assert!(protoc.ended().await.success(), "grpcio-tools fails:\n{}", protoc.output());
    folder
}
