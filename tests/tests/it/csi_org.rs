//! A real organization joins by one link, and the service lists exactly what its file records.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use roster_proto::v1::{CreateTeamRequest, ListMembersRequest, Member};
use roster_testkit::{ADMIN, POLICY, Process, Server, VIEWER, all_at_once, both, micros, setting};
use tokio::process::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/kubernetes-csi-org.yaml");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/csi_org.py");

#[tokio::test]
async fn ninety_four_people_join_by_one_link_and_are_listed_as_the_file_records() {
    let text = fs::read_to_string(FILE).unwrap();
    let (admins, members) = (names(&text, "admins:"), names(&text, "members:"));
    assert_eq!((admins.len(), members.len()), (10, 84), "people in the file");
    let recorded: BTreeMap<_, _> = admins
        .iter()
        .map(|name| (name.clone(), ADMIN.to_owned()))
        .chain(members.iter().map(|name| (name.clone(), VIEWER.to_owned())))
        .collect();
    assert_eq!(recorded.len(), 94, "nobody is in the file twice");

    both(async |kind| {
        let server = Server::start(kind).await;
        let founder = &admins[0];
        let request = CreateTeamRequest {
            policy: POLICY.into(),
            display_name: "Kubernetes CSI".into(),
            ..CreateTeamRequest::default()
        };
        let team = server.team_as(founder).create_team(request).await.unwrap().into_inner().team.unwrap();
        let link = server.create_link(founder, &team.team_id).await;
        all_at_once(admins[1..].iter().chain(&members).map(|person| {
            let (mut client, token) = (server.invites_as(person), link.token.clone());
            async move {
                let request = roster_proto::v1::RedeemInviteLinkRequest { token, request_id: String::new() };
                client.redeem_invite_link(request).await.unwrap();
            }
        }))
        .await;
        for person in &admins[1..] {
            server.change_role(founder, &team.team_id, person, ADMIN).await;
        }

        for page_size in [10, 50] {
            let listed = page_by_page(&server, &members[0], &team.team_id, page_size).await;
            assert_eq!(listed.len(), 94, "each is listed once, by pages of {page_size}");
            assert!(listed.is_sorted_by_key(|member| micros(member.join_time)), "by join time");
            let listed: BTreeMap<_, _> = listed.into_iter().map(|m| (m.user_id, m.role)).collect();
            assert_eq!(listed, recorded, "by pages of {page_size}");
        }
        assert_eq!(server.team(founder, &team.team_id).await.member_count, 94);
        assert_eq!(server.link(founder, &team.team_id, &link.id).await.0.use_count, 93);
    })
    .await;
}

#[tokio::test]
async fn a_python_client_with_nothing_but_reflection_sees_the_same() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let mut command = Command::new(setting("ROSTER_TEST_PYTHON"));
        command.arg("-B").arg(Path::new(SCRIPT)).arg(server.address().to_string()).arg(FILE);
        let mut python = Process::start(command);
        let status = python.ended().await;
        assert!(status.success(), "the script ends with {status}:\n{}", python.output());
        assert_eq!(python.stdout().trim(), "10 admins and 84 viewers, as the file records");
    })
    .await;
}

/// The plain list under a key at the left margin of a YAML file.
fn names(text: &str, key: &str) -> Vec<String> {
    let list = text.lines().skip_while(|line| *line != key).skip(1);
    list.map_while(|line| line.strip_prefix("- ")).map(str::to_owned).collect()
}

async fn page_by_page(server: &Server, actor: &str, team: &str, page_size: i32) -> Vec<Member> {
    let mut request = ListMembersRequest { team_id: team.into(), page_size, ..ListMembersRequest::default() };
    let mut client = server.team_as(actor);
    let mut members = Vec::new();
    loop {
        let page = client.list_members(request.clone()).await.expect("a member lists").into_inner();
        assert_eq!(page.total_size, Some(94), "the size of the whole list");
        let last = page.next_page_token.is_empty();
        assert!(
            last || i32::try_from(page.members.len()) == Ok(page_size),
            "only the last page may be short"
        );
        members.extend(page.members);
        if last {
            return members;
        }
        request.page_token = page.next_page_token;
    }
}
