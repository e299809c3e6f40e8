//! Policies of a deployment's own: served beside the presets, refused where they are wrong, narrowed, and never to the
//! loss of what stored teams need.

use std::fs;

use roster_proto::v1::{
    CreateTeamRequest, ErrorReason, GetPolicyRequest, ListPoliciesRequest, ListTeamsRequest, Policy,
};
use roster_testkit::{
    Actor, Data, Kind, Options, Outcome, POLICY, Server, Target, assert_invalid, assert_refused, both,
    request_id,
};
use tempfile::TempDir;

/// The policy that ships as an example.
const CODE_HOST: &str = include_str!("../../../deploy/policies/code-host.toml");

/// A policy with links, so that teams can have more members than founders.
const GUILD: &str = r#"
name = "guild"
title = "Guild"

[[roles]]
name = "master"
founder = true
permissions = ["*"]
assigns = ["apprentice"]

[[roles]]
name = "apprentice"
permissions = ["team.read"]

[invite_links]
lifetime = "P1D"
role = "apprentice"
"#;

/// A folder of policy files.
struct Folder(TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().expect("a temporary folder can be made"));
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).expect("the folder takes files");
    }

    /// A run with this folder.
    fn options(&self) -> Options {
        Options::default().variable("ROSTER_POLICIES_DIR", self.0.path().display().to_string())
    }

    /// A run with this folder and some of all policies.
    fn enabling(&self, names: &str) -> Options {
        self.options().variable("ROSTER_ENABLED_POLICIES", names)
    }
}

async fn try_create(server: &Server, founder: &str, policy: &str) -> Outcome<String> {
    let request = CreateTeamRequest {
        policy: policy.into(),
        display_name: "Team".into(),
        ..CreateTeamRequest::default()
    };
    let response = server.team_as(founder).create_team(request).await?;
    Ok(response.map(|answer| answer.team.expect("CreateTeam returns the team").team_id))
}

async fn create(server: &Server, founder: &str, policy: &str) -> String {
    try_create(server, founder, policy).await.expect("the team is created").into_inner()
}

async fn get_policy(server: &Server, name: &str) -> Outcome<Policy> {
    let request = GetPolicyRequest { name: name.into() };
    let response = server.team_as(Actor::nobody()).get_policy(request).await?;
    Ok(response.map(|answer| answer.policy.expect("GetPolicy returns the policy")))
}

async fn listed_policies(server: &Server) -> Vec<String> {
    let request = ListPoliciesRequest { page_size: 200, ..ListPoliciesRequest::default() };
    let page = server.team_as(Actor::nobody()).list_policies(request).await;
    page.expect("policies are listed").into_inner().policies.into_iter().map(|policy| policy.name).collect()
}

async fn listed_teams(server: &Server, person: &str) -> Vec<String> {
    let page = server.team_as(person).list_teams(ListTeamsRequest::default()).await;
    page.expect("teams are listed").into_inner().teams.into_iter().map(|team| team.team_id).collect()
}

/// Fails unless the service refuses to start and says all of these.
async fn assert_stopped(data: &Data, options: Options, expected: &[&str]) {
    let finished = data.run(&["serve"], options).await;
    assert!(!finished.status.success(), "it starts:\n{}", finished.output);
    for text in expected {
        assert!(finished.output.contains(text), "{text} is not in:\n{}", finished.output);
    }
    assert!(!finished.output.contains("Roster serves on"), "{}", finished.output);
    assert!(!finished.output.contains("panicked"), "{}", finished.output);
}

#[tokio::test]
async fn policies_of_a_folder_are_served_beside_the_presets() {
    let folder = Folder::of(&[("code-host.toml", CODE_HOST), ("notes.txt", "no policy")]);
    both(async |kind| {
        let presets = listed_policies(&Server::start(kind).await).await;
        assert_eq!(presets, ["account", "brand", "organization", "studio", "workspace"]);
        let server = Server::start_with(kind, folder.options()).await;
        let all = ["account", "brand", "code-host", "organization", "studio", "workspace"];
        assert_eq!(listed_policies(&server).await, all);

        let policy = get_policy(&server, "code-host").await.unwrap().into_inner();
        assert_eq!(policy.title, "Code host organization");
        let roles: Vec<_> = policy.roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(roles, ["owner", "member"]);
        let team = create(&server, "ada", "code-host").await;
        assert_eq!(server.team("ada", &team).await.policy, "code-host");
        assert_eq!(server.members("ada", &team).await[0].role, "owner");

        for preset in presets {
            create(&server, "ada", &preset).await;
        }
    })
    .await;
}

#[tokio::test]
async fn policies_of_a_folder_are_shown_and_checked_by_the_command_line() {
    let folder = Folder::of(&[("code-host.toml", CODE_HOST)]);
    let data = Data::fresh(Kind::Embedded).await;
    let shown = data.run(&["policy", "show", "code-host"], folder.options()).await;
    assert!(shown.status.success() && shown.output.starts_with("code-host: Code host"), "{}", shown.output);
    let unknown = data.run(&["policy", "show", "code-host"], Options::default()).await;
    assert!(!unknown.status.success(), "{}", unknown.output);
    assert!(unknown.output.contains("there are: account, brand, organization"), "{}", unknown.output);
    let well = data.run(&["config", "check"], folder.options()).await;
    assert!(well.status.success(), "{}", well.output);

    folder.write("guild.toml", "name = 7");
    let wrong = data.run(&["config", "check"], folder.options()).await;
    assert!(!wrong.status.success(), "{}", wrong.output);
    assert!(wrong.output.contains("guild.toml:1: name: expected a name"), "{}", wrong.output);
    let one_file = folder.0.path().join("code-host.toml").display().to_string();
    let checked = data.run(&["policy", "check", &one_file], folder.enabling("[nonsense]")).await;
    assert!(checked.status.success(), "a file is checked whatever the configuration: {}", checked.output);
}

#[tokio::test]
async fn policies_that_are_wrong_stop_the_start_with_their_place() {
    let data = Data::fresh(Kind::Embedded).await;
    let folder = Folder::of(&[
        ("a.toml", &GUILD.replace("assigns = [\"apprentice\"]", "assigns = [\"page\"]")),
        ("b.toml", "name = \"b\"\ntitle = \"B\"\nroles = 3\n"),
    ]);
    let expected = [
        "a.toml:9: roles[0].assigns[0]: expected the name of one of this policy's roles (master, apprentice), found \
         \"page\"",
        "b.toml:3: roles: expected tables under [[roles]], found 3",
    ];
    assert_stopped(&data, folder.options(), &expected).await;

    let preset = GUILD.replace("\"guild\"", &format!("{POLICY:?}"));
    let folder = Folder::of(&[("a.toml", GUILD), ("b.toml", GUILD), ("c.toml", &preset)]);
    let expected = [
        "b.toml:2: name: expected a name that no other policy has, found \"guild\", which",
        "a.toml has",
        "c.toml:2: name: expected a name that no other policy has, found \"organization\", which a preset has",
    ];
    assert_stopped(&data, folder.options(), &expected).await;

    let nowhere = Options::default().variable("ROSTER_POLICIES_DIR", "no-such-folder");
    assert_stopped(&data, nowhere, &["policies_dir no-such-folder: No such file or directory"]).await;
    let presets = "there is no policy \"guilt\"; there are: account, brand, organization, studio, workspace";
    let unknown = Options::default().variable("ROSTER_ENABLED_POLICIES", format!("[{POLICY:?}, \"guilt\"]"));
    assert_stopped(&data, unknown, &["enabled_policies: ", presets]).await;
    let none = Options::default().variable("ROSTER_ENABLED_POLICIES", "[]");
    assert_stopped(&data, none, &["enabled_policies: must name at least one policy"]).await;
}

#[tokio::test]
async fn policies_that_are_not_enabled_exist_for_nobody_until_they_are() {
    let folder = Folder::of(&[("code-host.toml", CODE_HOST)]);
    both(async |kind| {
        let server = Server::start_with(kind, folder.options()).await;
        let kept = create(&server, "ada", "code-host").await;
        let absent = server.create_team("ada").await;
        let link = server.create_link("ada", &absent).await;

        let server = server.restart(folder.enabling("[\"code-host\"]")).await;
        assert_eq!(listed_policies(&server).await, ["code-host"]);
        assert_eq!(listed_teams(&server, "ada").await, [kept.as_str()]);
        assert_eq!(server.team("ada", &kept).await.policy, "code-host");
        assert_refused(get_policy(&server, POLICY).await, ErrorReason::PolicyNotFound);
        assert_invalid("CreateTeam", try_create(&server, "ada", POLICY).await, &["policy"]);
        let target = Target { link: link.id.clone(), request_id: request_id(), ..Target::of(&absent, "ada") };
        for (_, outcome) in server.every_team_call("ada", &target).await {
            assert_refused(outcome, ErrorReason::TeamNotAccessible);
        }
        assert_refused(server.try_preview("bob", &link.token).await, ErrorReason::InviteNotFound);
        assert_refused(server.try_redeem("bob", &link.token).await, ErrorReason::InviteNotFound);
        let logs = server.logs();
        let warning = logs.lines().find(|line| line.contains("a policy that is not enabled"));
        let warning = warning.unwrap_or_else(|| panic!("no warning in:\n{logs}"));
        for text in ["\"WARN\"", "\"policy\":\"organization\""] {
            assert!(warning.contains(text), "{text} is not in {warning}");
        }
        if kind == Kind::Embedded {
            assert!(logs.contains("{\"policy\": \"code-host\""), "a line to try in {logs}");
        }

        let server = server.restart(folder.options()).await;
        server.redeem("bob", &link.token).await;
        assert_eq!(server.members("ada", &absent).await.len(), 2);
        assert!(!server.logs().contains("not enabled"), "{}", server.logs());
    })
    .await;
}

#[tokio::test]
async fn policies_that_lost_a_role_or_are_lost_stop_the_start_while_teams_need_them() {
    both(async |kind| {
        let folder = Folder::of(&[("code-host.toml", CODE_HOST), ("guild.toml", GUILD)]);
        let server = Server::start_with(kind, folder.options()).await;
        create(&server, "ada", "code-host").await;
        create(&server, "bob", "code-host").await;
        let guild = create(&server, "ada", "guild").await;
        let link = server.create_link("ada", &guild).await;
        for person in ["bob", "cleo", "dora"] {
            server.redeem(person, &link.token).await;
        }
        let data = server.data();
        server.stop().await;

        folder.write("code-host.toml", &CODE_HOST.replace("owner", "boss"));
        folder.write("guild.toml", &GUILD.replace("apprentice", "page"));
        let expected = [
            "policy code-host has no role \"owner\", which 2 members in 2 teams hold: put the role back",
            "policy guild has no role \"apprentice\", which 3 members in 1 team hold: put the role back",
        ];
        assert_stopped(&data, folder.options(), &expected).await;

        folder.write("guild.toml", GUILD);
        fs::remove_file(folder.0.path().join("code-host.toml")).unwrap();
        let expected = ["there is no policy code-host, which 2 teams follow: put its file back"];
        assert_stopped(&data, folder.options(), &expected).await;
        let server = Server::start_on(data, folder.enabling("[\"guild\"]")).await;
        assert_eq!(listed_teams(&server, "ada").await, [guild]);

        folder.write("code-host.toml", CODE_HOST);
        let server = server.restart(folder.options()).await;
        assert_eq!(listed_teams(&server, "ada").await.len(), 2, "nothing was lost");
    })
    .await;
}
