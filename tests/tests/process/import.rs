//! `roster import` makes a team what a file records, through the service and its rules.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use roster_proto::v1::batch_add_members_request::Row;
use roster_proto::v1::batch_add_members_response::Result;
use roster_proto::v1::batch_add_members_response::result::Outcome;
use roster_proto::v1::grant::Target;
use roster_proto::v1::{BatchAddMembersRequest, ListTeamsRequest, Member, SuspendMemberRequest};
use roster_testkit::{
    Actor, Data, Finished, Kind, Options, Process, Proxy, Server, Wire, both, connect_postgres, eventually,
    setting,
};
use tokio::process::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/kubernetes-csi-org.yaml");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/import_check.py");
const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/policies");

/// Three people; ada is the only owner.
const GUILD: &str = "\
admins:
- Ada
members:
- Bob
- cy
name: Guild
teams:
  millers:
    members:
    - bob
    - CY
    repos:
      wheel: write
      sluice: read
";

#[tokio::test]
async fn a_real_organization_is_there_as_its_file_records_and_twice_changes_nothing() {
    both(async |kind| {
        let server = start(kind).await;
        let first = import(&server, FILE, &[]).await;
        assert!(first.status.success(), "{}", first.output);
        assert!(
            first.output.contains("created: 93 added, 0 changed, 0 removed, 1 unchanged"),
            "{}",
            first.output
        );
        let team = team_id(&first);
        let found = check(&server, Path::new(FILE), &team, "cblecker").await;
        assert_eq!(found, "10 owners and 84 members with 157 roles on 23 repositories");

        let before = state(&server, "cblecker", &team).await;
        let second = import(&server, FILE, &["--prune"]).await;
        assert!(second.status.success(), "{}", second.output);
        assert_eq!(second.output.trim(), format!("{team}: nothing changed; 94 members as the file records"));
        assert_eq!(state(&server, "cblecker", &team).await, before, "no new revision and no new event");
    })
    .await;
}

#[tokio::test]
async fn two_thousand_people_in_nested_teams_are_there_as_their_file_records() {
    both(async |kind| {
        let server = start(kind).await;
        let file = file(&server, "large.yaml", &large_organization());
        let first = import(&server, &file, &[]).await;
        assert!(first.status.success(), "{}", first.output);
        assert!(first.output.contains("1999 added"), "{}", first.output);
        let told = first.output.lines().filter(|line| line.ends_with(" of 2000")).count();
        assert_eq!(told, 4, "a line for every 500: {}", first.output);
        let team = team_id(&first);
        let found = check(&server, Path::new(&file), &team, "admin-0").await;
        assert!(found.starts_with("20 owners and 1980 members with "), "{found}");

        let before = state(&server, "admin-0", &team).await;
        let second = import(&server, &file, &[]).await;
        assert!(second.output.contains("nothing changed; 2000 members"), "{}", second.output);
        assert_eq!(state(&server, "admin-0", &team).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    both(async |kind| {
        let server = start(kind).await;
        let path = file(&server, "guild.yaml", GUILD);
        let dry = import(&server, &path, &["--dry-run"]).await;
        assert!(dry.status.success(), "{}", dry.output);
        let expected = "+ Ada: owner, 0 grants\n+ Bob: member, 2 grants\n+ cy: member, 2 grants\n\
                        a new team: 3 to add, 0 to change, 0 to remove; = 0 unchanged; \
                        this was a dry run, and nothing was changed";
        assert_eq!(dry.output.trim(), expected);
        let teams = server.team_as("Ada").list_teams(ListTeamsRequest::default()).await.unwrap().into_inner();
        assert!(teams.teams.is_empty(), "no team is made");

        let team = team_id(&import(&server, &path, &[]).await);
        let before = state(&server, "Ada", &team).await;
        // Bob is to be the only owner beside Ada, cy is gone, Dan is new, and the team has less.
        let text = "admins: [Ada, Bob]\nmembers: [Dan]\nname: Guild\nteams:\n  millers:\n    members: [bob]\n    \
                    repos: {wheel: read, pond: admin}\n";
        let path = file(&server, "guild.yaml", text);
        let dry = import(&server, &path, &["--dry-run", "--prune"]).await;
        assert!(dry.status.success(), "{}", dry.output);
        let expected = format!(
            "+ Dan: member, 0 grants\n~ Bob: member -> owner, +admin on pond, -read on sluice, write -> read on \
             wheel\n- cy: removed\n{team}: 1 to add, 1 to change, 1 to remove; = 1 unchanged; this was a dry run, \
             and nothing was changed"
        );
        assert_eq!(dry.output.trim(), expected);
        assert_eq!(state(&server, "Ada", &team).await, before);
        // What the service would refuse is said at once.
        let long = "x".repeat(129);
        let path = file(&server, "guild.yaml", &GUILD.replace("- cy", &format!("- {long}\n- cy")));
        let dry = import(&server, &path, &["--dry-run"]).await;
        assert!(!dry.status.success() && dry.output.contains(&format!("{path}:5: {long} is not added")), "{}", dry.output);
        assert_eq!(state(&server, "Ada", &team).await, before);
    })
    .await;
}

#[tokio::test]
async fn logins_are_the_same_in_any_case() {
    both(async |kind| {
        let server = start(kind).await;
        let path = file(&server, "guild.yaml", GUILD);
        let team = team_id(&import(&server, &path, &[]).await);
        assert_eq!(
            shown(&server, "Ada", &team).await,
            ["Ada owner", "Bob member sluice=read wheel=write", "cy member sluice=read wheel=write"]
        );
        let before = state(&server, "Ada", &team).await;
        let text = GUILD.replace("- Bob", "- BOB").replace("- Ada", "- ADA").replace("- CY", "- Cy");
        let path = file(&server, "guild.yaml", &text);
        // The only admin is spelt as nobody in the team is, so that somebody has to say who acts.
        let lost = import(&server, &path, &[]).await;
        assert!(!lost.status.success() && lost.output.contains("--actor names who acts"), "{}", lost.output);
        let again = import(&server, &path, &["--actor", "Ada", "--prune"]).await;
        assert!(again.status.success(), "{}", again.output);
        assert!(again.output.contains("nothing changed; 3 members"), "{}", again.output);
        assert_eq!(state(&server, "Ada", &team).await, before);
    })
    .await;
}

#[tokio::test]
async fn bad_rows_are_named_with_their_lines_and_the_rest_is_there() {
    both(async |kind| {
        let server = start(kind).await;
        let long = "x".repeat(129);
        let text = format!(
            "admins:\n- Ada\nmembers:\n- Bob\n- bob\n- {long}\n- cy\n- [dan]\nname: Guild\nteams:\n  millers:\n    \
             members:\n    - Bob\n    - eve\n    - cy\n    repos:\n      wheel: write\n      sluice: push\n"
        );
        let path = file(&server, "guild.yaml", &text);
        let run = import(&server, &path, &[]).await;
        assert_eq!(run.status.code(), Some(1), "{}", run.output);
        for expected in [
            ":5: bob is listed at line 4 already".to_owned(),
            format!(":6: {long} is not added: "),
            ":8: a login must be a text".to_owned(),
            ":14: eve is in team millers and neither an admin nor a member".to_owned(),
            ":18: team millers: \"push\" is no role on a repository".to_owned(),
        ] {
            assert!(run.output.contains(&format!("{path}{expected}")), "{expected}:\n{}", run.output);
        }
        assert!(run.output.contains("5 rows could not be imported"), "{}", run.output);
        let team = team_id(&run);
        let expected = ["Ada owner", "Bob member wheel=write", "cy member wheel=write"];
        assert_eq!(shown(&server, "Ada", &team).await, expected);
        // Whom the file means where it cannot be read may be anybody.
        add(&server, &team, "stranger").await;
        let run = import(&server, &path, &["--prune"]).await;
        assert!(run.output.contains("nobody is removed while"), "{}", run.output);
        assert!(run.output.contains("- stranger: not in the file; stays"), "{}", run.output);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_before_anything_happens() {
    let server = start(Kind::Embedded).await;
    for (text, expected) in [
        ("admins: [Ada", ""),
        ("admins: &a [Ada]\nmembers: *a", ":2: aliases are not read"),
        ("members: [Bob]", ":1: the list admins is missing or empty"),
        ("admins: [Ada]", "the file has no name; --name gives the team one"),
    ] {
        let path = file(&server, "none.yaml", text);
        let run = import(&server, &path, &[]).await;
        assert!(!run.status.success() && run.output.contains(expected), "{text}: {}", run.output);
    }
    let path = file(&server, "guild.yaml", GUILD);
    for (arguments, expected) in [
        (["--founder", "Bob"], "the founder Bob is not among the admins"),
        (["--member-role", "guest"], "policy code-host has no role guest; it has: owner, member"),
        (["--kind", "board"], "policy code-host has no kind board; it has: repository"),
        (["--policy", "nowhere"], "ERROR_REASON_POLICY_NOT_FOUND"),
    ] {
        let arguments = [["--name", "Guild"], arguments].concat();
        let run = import(&server, &path, &arguments).await;
        assert!(!run.status.success() && run.output.contains(expected), "{arguments:?}: {}", run.output);
    }
    let teams = server.team_as("Ada").list_teams(ListTeamsRequest::default()).await.unwrap().into_inner();
    assert!(teams.teams.is_empty(), "no team is made");
}

#[tokio::test]
async fn what_changed_in_the_file_changes_in_the_team() {
    both(async |kind| {
        let server = start(kind).await;
        let path = file(&server, "guild.yaml", GUILD);
        let team = team_id(&import(&server, &path, &[]).await);
        // Bob is raised and keeps his grants, which lie dormant; cy's are lowered.
        let text = "admins: [Ada, Bob]\nmembers: [cy]\nname: Guild\nteams:\n  millers:\n    members: [bob]\n    \
                    repos: {wheel: write, sluice: read}\n  helpers: {members: [cy], repos: {wheel: triage}}\n";
        let run = import(&server, &file(&server, "guild.yaml", text), &[]).await;
        assert!(run.output.contains("0 added, 2 changed, 0 removed, 1 unchanged"), "{}", run.output);
        assert_eq!(
            shown(&server, "Ada", &team).await,
            ["Ada owner", "Bob owner sluice=read wheel=write", "cy member wheel=triage"]
        );
        // The owners change places: the new one is raised before the old one, who does it, is lowered.
        let text = "admins: [cy, Bob]\nmembers: [Ada]\nname: Guild\n";
        let path = file(&server, "guild.yaml", text);
        let run = import(&server, &path, &[]).await;
        assert!(!run.status.success(), "{}", run.output);
        assert!(run.output.contains("the team's founder Ada is no admin in the file any more"), "{}", run.output);
        let run = import(&server, &path, &["--founder", "BOB", "--actor", "Ada"]).await;
        assert!(run.status.success(), "{}", run.output);
        assert_eq!(shown(&server, "Bob", &team).await, ["Ada member", "Bob owner", "cy owner"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_removed_without_being_asked_for() {
    both(async |kind| {
        let server = start(kind).await;
        let path = file(&server, "guild.yaml", GUILD);
        let team = team_id(&import(&server, &path, &[]).await);
        let path = file(&server, "guild.yaml", &GUILD.replace("- cy\n", "").replace("    - CY\n", ""));
        let before = state(&server, "Ada", &team).await;
        let run = import(&server, &path, &[]).await;
        assert!(run.status.success(), "{}", run.output);
        assert!(run.output.contains("- cy: not in the file; stays"), "{}", run.output);
        assert_eq!(state(&server, "Ada", &team).await, before);
        let run = import(&server, &path, &["--prune"]).await;
        assert!(run.output.contains("0 added, 0 changed, 1 removed, 2 unchanged"), "{}", run.output);
        assert_eq!(shown(&server, "Ada", &team).await, ["Ada owner", "Bob member sluice=read wheel=write"]);
    })
    .await;
}

#[tokio::test]
async fn the_founder_is_an_admin_of_choice() {
    both(async |kind| {
        let server = start(kind).await;
        let text = GUILD.replace("- Ada\n", "- Ada\n- Zoe\n");
        let path = file(&server, "guild.yaml", &text);
        let run =
            import(&server, &path, &["--founder", "zoe", "--name", "Other", "--external-id", "g 1"]).await;
        let team = team_id(&run);
        let found = server.team("Zoe", &team).await;
        assert_eq!((found.display_name.as_str(), found.external_id.as_str()), ("Other", "g 1"));
        let events = server.events("Zoe", &team).await;
        assert_eq!(events.last().expect("an event").actor_user_id, "Zoe");
        // Whoever founded it is found again, though another admin is listed before.
        let path = file(&server, "guild.yaml", &text.replace("- cy\n", "- dan\n").replace("- CY", "- dan"));
        let run = import(&server, &path, &["--external-id", "g 1", "--prune"]).await;
        assert_eq!(team_id(&run), team);
        let removed = server.events("Ada", &team).await.remove(0);
        assert_eq!(removed.actor_user_id, "Zoe");
        // Under another key it is another team.
        assert_ne!(team_id(&import(&server, &path, &[]).await), team);
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_grants_to_itself_but_another_admin_does() {
    both(async |kind| {
        let server = start(kind).await;
        let teams = "name: Guild\nteams:\n  millers:\n    members: [ada]\n    repos: {wheel: write}\n";
        let path = file(&server, "guild.yaml", &format!("admins: [Ada]\n{teams}"));
        let run = import(&server, &path, &[]).await;
        assert!(run.status.success(), "{}", run.output);
        assert!(run.output.contains("! Ada: its grants, which count for nothing now"), "{}", run.output);
        let team = team_id(&run);
        assert_eq!(shown(&server, "Ada", &team).await, ["Ada owner"]);
        let path = file(&server, "guild.yaml", &format!("admins: [Ada, Bob]\n{teams}"));
        let dry = import(&server, &path, &["--dry-run"]).await;
        assert!(dry.status.success() && dry.output.contains("~ Ada: +write on wheel"), "{}", dry.output);
        let run = import(&server, &path, &[]).await;
        assert!(run.status.success(), "{}", run.output);
        assert_eq!(shown(&server, "Ada", &team).await, ["Ada owner wheel=write", "Bob owner"]);
        assert_eq!(server.events("Ada", &team).await[0].actor_user_id, "Bob");
    })
    .await;
}

#[tokio::test]
async fn suspended_members_are_left_and_told() {
    both(async |kind| {
        let server = start(kind).await;
        let text = "admins: [Ada]\nmembers: [Bob]\nname: Guild\n";
        let team =
            team_id(&import(&server, &file(&server, "guild.yaml", text), &["--policy", "studio"]).await);
        let request = SuspendMemberRequest {
            team_id: team.clone(),
            user_id: "Bob".into(),
            ..SuspendMemberRequest::default()
        };
        server.team_as("Ada").suspend_member(request).await.expect("Ada suspends Bob");
        let before = state(&server, "Ada", &team).await;
        let path = file(&server, "guild.yaml", "admins: [Ada, bob]\nname: Guild\n");
        let run = import(&server, &path, &["--policy", "studio", "--prune"]).await;
        assert!(run.status.success(), "{}", run.output);
        assert!(run.output.contains("! Bob: suspended; left as it is"), "{}", run.output);
        assert_eq!(state(&server, "Ada", &team).await, before);
    })
    .await;
}

#[tokio::test]
async fn rules_of_other_products_hold_for_imports_too() {
    both(async |kind| {
        let server = start(kind).await;
        // Five seats, one creator, and no roles on anything.
        let people = (0..7).map(|n| format!("- person-{n}")).collect::<Vec<_>>().join("\n");
        let path = file(&server, "w.yaml", &format!("admins:\n- Ada\n- Bob\nmembers:\n{people}\nname: W\n"));
        let run = import(&server, &path, &["--policy", "workspace", "--admin-role", "admin"]).await;
        assert_eq!(run.status.code(), Some(1), "{}", run.output);
        let team = team_id(&run);
        assert_eq!(
            shown(&server, "Ada", &team).await,
            ["Ada creator", "Bob admin", "person-0 user", "person-1 user", "person-2 user"]
        );
        for line in 8..=11 {
            assert!(
                run.output.contains(&format!("{path}:{line}: person-{} is not added", line - 5)),
                "{}",
                run.output
            );
        }
        assert!(run.output.contains("ERROR_REASON_NO_SEAT"), "{}", run.output);
        let run = import(&server, FILE, &["--policy", "workspace"]).await;
        assert!(run.output.contains("policy workspace has no kind of resource"), "{}", run.output);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_lost_at_the_commit_makes_nothing_twice() {
    let data = std::sync::Arc::new(Data::fresh(Kind::Full).await);
    let (proxy, url) = Proxy::to_postgres(&data.postgres_url()).await;
    let options = Options::default().variable("ROSTER_POLICIES_DIR", POLICIES);
    let server = Server::start_on(data, options.variable("ROSTER_DATABASE__URL", url)).await;
    let path = file(&server, "guild.yaml", GUILD);
    let watcher = connect_postgres(&server.data().postgres_url()).await;
    proxy.set(Wire::CutAfterCommit);
    let address = server.address().to_string();
    let arguments = ["import", &path, "--policy", "code-host", "--address", &address];
    let mut running = server.data().start(&arguments, Options::default());
    eventually("a team", async || {
        let rows = watcher.query("SELECT 1 FROM teams", &[]).await.expect("Postgres answers");
        (!rows.is_empty()).then_some(())
    })
    .await;
    proxy.set(Wire::Whole);
    let status = running.ended().await;
    assert!(status.success(), "{}", running.output());
    let rows = watcher.query("SELECT 1 FROM teams", &[]).await.expect("Postgres answers");
    assert_eq!(rows.len(), 1);
    let run = import(&server, &path, &[]).await;
    assert!(run.output.contains("nothing changed; 3 members"), "{}", run.output);
}

async fn start(kind: Kind) -> Server {
    Server::start_with(kind, Options::default().variable("ROSTER_POLICIES_DIR", POLICIES)).await
}

/// Runs the import of a file under the policy of code hosts, unless another is among the arguments.
async fn import(server: &Server, file: &str, more: &[&str]) -> Finished {
    let address = server.address().to_string();
    let mut arguments = vec!["import", file, "--address", &address];
    if !more.contains(&"--policy") {
        arguments.extend(["--policy", "code-host"]);
    }
    arguments.extend(more);
    server.data().run(&arguments, Options::default()).await
}

/// Adds a member whom no file names.
async fn add(server: &Server, team: &str, user: &str) {
    let row = Row { user_id: user.into(), role: "member".into(), ..Row::default() };
    let request = BatchAddMembersRequest {
        team_id: team.into(),
        members: vec![row],
        ..BatchAddMembersRequest::default()
    };
    let caller = Actor::nobody().header("x-caller-scopes", "members.import");
    let answer = server.team_as(caller).batch_add_members(request).await.expect("people can be added");
    let results = answer.into_inner().results;
    assert!(matches!(results[..], [Result { outcome: Some(Outcome::Member(_)), .. }]), "{results:?}");
}

/// Compares the team with the file by other means, and returns what was seen.
async fn check(server: &Server, file: &Path, team: &str, actor: &str) -> String {
    let mut command = Command::new(setting("ROSTER_TEST_PYTHON"));
    command.arg("-B").arg(SCRIPT).arg(server.address().to_string()).arg(file).arg(team).arg(actor);
    let mut python = Process::start(command);
    let status = python.ended().await;
    assert!(status.success(), "the script ends with {status}:\n{}", python.output());
    python.stdout().trim().to_owned()
}

/// The team that an import names.
fn team_id(run: &Finished) -> String {
    let start = run.output.find("team_").unwrap_or_else(|| panic!("a team is named: {}", run.output));
    run.output[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn file(server: &Server, name: &str, text: &str) -> String {
    let path: PathBuf = server.data().directory().join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path.to_str().expect("the path is text").to_owned()
}

/// The team's revision and how many events it has.
async fn state(server: &Server, actor: &str, team: &str) -> (i64, usize) {
    (server.team(actor, team).await.revision, server.events(actor, team).await.len())
}

/// The active members, each as `id role resource=role …`, by id.
async fn shown(server: &Server, actor: &str, team: &str) -> Vec<String> {
    let show = |member: Member| {
        let mut text = format!("{} {}", member.user_id, member.role);
        for grant in member.grants {
            let Some(Target::ResourceId(resource)) = grant.target else { panic!("{grant:?}") };
            write!(text, " {resource}={}", grant.role).expect("a text grows");
        }
        text
    };
    let shown: BTreeSet<String> = server.members(actor, team).await.into_iter().map(show).collect();
    shown.into_iter().collect()
}

/// A file of 2,000 people in teams three levels deep, each with roles on repositories of its own and of others.
fn large_organization() -> String {
    let mut text = String::from("admins:\n");
    for n in 0..20 {
        writeln!(text, "- admin-{n}").expect("a text grows");
    }
    text.push_str("members:\n");
    for n in 0..1_980 {
        writeln!(text, "- Person-{n}").expect("a text grows");
    }
    text.push_str("name: Large\nteams:\n");
    let roles = ["read", "triage", "write", "maintain", "admin"];
    for top in 0..40_usize {
        for (level, indent) in [(0, ""), (1, "    "), (2, "        ")] {
            writeln!(
                text,
                "{indent}  team-{top}-{level}:\n{indent}    maintainers:\n{indent}    - ADMIN-{}",
                top % 20
            )
            .expect("a text grows");
            writeln!(text, "{indent}    members:").expect("a text grows");
            for n in (top..1_980).step_by(40 * (level + 1)) {
                writeln!(text, "{indent}    - person-{}", (n + level * 7) % 1_980).expect("a text grows");
            }
            writeln!(text, "{indent}    repos:").expect("a text grows");
            for repo in [top, top + 1, top + 2 + 5 * level] {
                let role = roles[(repo * 3 + level) % 5];
                writeln!(text, "{indent}      repo-{}: {role}", repo % 40).expect("a text grows");
            }
            if level < 2 {
                writeln!(text, "{indent}    teams:").expect("a text grows");
            }
        }
    }
    text
}
