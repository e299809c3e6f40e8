//! A service that is bound by names to all that is served does not hear of what is not.

use roster_proto::v1::ErrorReason;
use roster_proto::v1::ExportUserRequest;
use roster_proto::v1::export_record::Record;
use roster_testkit::{ADMIN, Actor, Options, Server, VIEWER, assert_refused, both, erasing};

use crate::mesh::{BILLING, Mesh, WIKI};

const CALLERS: &str = "
    authn.mode = 'mesh'
    enabled_policies = ['organization']
    [callers.wiki]
    uri = 'spiffe://example.org/ns/wiki/sa/backend'
    scopes = ['privacy.erase']
    policies = ['organization']
    [callers.billing]
    uri = 'spiffe://example.org/ns/billing/sa/jobs'
    scopes = ['privacy.erase']
    policies = ['*']
";

#[tokio::test]
async fn who_is_bound_by_names_does_not_hear_of_other_policies() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let ordinary = server.team_of(&[("ada", ADMIN), ("bob", VIEWER), ("cy", VIEWER)]).await;
        let other = server.team_under("brand", "ada", &[("bob", "member")]).await;
        let data = server.data();
        server.stop().await;
        let mesh = Mesh::start_on(data, CALLERS, Options::default()).await;

        let shown = async |uri: &str| {
            let request = ExportUserRequest { user_id: "bob".into(), ..ExportUserRequest::default() };
            let answer = mesh.teams(uri, Actor::nobody()).export_user(request).await.unwrap().into_inner();
            let records: Vec<_> = answer.records.into_iter().filter_map(|one| one.record).collect();
            assert!(matches!(records.first(), Some(Record::Person(_))), "{records:?}");
            let text = format!("{records:?}");
            [text.contains(&ordinary), text.contains(&other)]
        };
        assert_eq!((shown(WIKI).await, shown(BILLING).await), ([true, false], [true, true]));

        let mut wiki = mesh.teams(WIKI, Actor::nobody());
        let refused = assert_refused(wiki.erase_user(erasing("bob")).await, ErrorReason::CallerNotAllowed);
        assert!(!format!("{refused:?}").contains("brand"), "{refused:?}");
        let refused = mesh.teams(BILLING, Actor::nobody()).erase_user(erasing("bob")).await;
        assert_refused(refused, ErrorReason::PolicyNotServed);
        assert_eq!(wiki.erase_user(erasing("cy")).await.unwrap().into_inner().memberships_ended, 1);
    })
    .await;
}
