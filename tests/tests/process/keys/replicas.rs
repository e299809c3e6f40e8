//! While a step of a rotation is rolled out, replicas run with the file of before and of after.

use std::fs;

use roster_proto::v1::ListInviteLinksRequest;
use roster_testkit::{Kind, Options, Server, assert_same_link, is_replay, request_id};

use super::{file, step};

/// Each replica makes a link, and the other shows it, admits by it, repeats its answer and goes on with its list.
async fn agree(one: &Server, other: &Server, step: &str) {
    for (index, (here, there)) in [(one, other), (other, one)].into_iter().enumerate() {
        let team = here.create_team("ada").await;
        let id = request_id();
        let made = here.try_create_link_once("ada", &team, &id).await.expect("a link");
        let again = there.try_create_link_once("ada", &team, &id).await.expect("a link");
        assert!(is_replay(&again), "{step}");
        assert_same_link(&made, &again);
        there.redeem(format!("bob-{index}").as_str(), &made.get_ref().token).await;

        here.create_link("ada", &team).await;
        let page = |page_token: String| ListInviteLinksRequest {
            team_id: team.clone(),
            page_size: 1,
            page_token,
            ..ListInviteLinksRequest::default()
        };
        let first =
            here.invites_as("ada").list_invite_links(page(String::new())).await.expect("a page").into_inner();
        let rest =
            there.invites_as("ada").list_invite_links(page(first.next_page_token)).await.expect("a page");
        assert_eq!(rest.into_inner().invite_links.len(), 1, "{step}");
    }
}

#[tokio::test]
async fn replicas_at_neighbouring_steps_understand_each_other() {
    let first = Server::start(Kind::Full).await;
    let data = first.data();
    let rolled_out = async |name: &str| {
        let copy = data.directory().join(name);
        fs::copy(file(&data), &copy).unwrap();
        let options = Options::default().variable("ROSTER_KEYS_FILE", copy.display().to_string());
        Server::start_on(data.clone(), options).await
    };

    step(&data, &["add", "--id", "k2"]).await;
    let second = rolled_out("appended.toml").await;
    agree(&first, &second, "one lacks the new key, which signs nothing").await;
    step(&data, &["promote", "k2"]).await;
    let third = rolled_out("promoted.toml").await;
    agree(&second, &third, "each signs with another key, and both have both").await;

    // Why the two steps are not one: a replica that lacks a key which signs can admit, and cannot show.
    let team = third.create_team("ada").await;
    let link = third.create_link("ada", &team).await;
    first.redeem("cyd", &link.token).await;
    let shown = first.try_link("ada", &team, &link.id).await;
    assert_eq!(shown.err().map(|status| status.code()), Some(tonic::Code::Internal));
}
