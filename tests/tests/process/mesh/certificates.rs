//! Which certificates get through the handshake, and what happens when they change on disk.

use roster_proto::v1::ListPoliciesRequest;
use roster_proto::v1::team_service_client::TeamServiceClient;
use roster_testkit::{Authority, Data, Kind, Naming, Options, Pair, Server, TlsFiles, call_raw, eventually};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::mesh::{Mesh, SHOP};

async fn asks(channel: Channel) -> Result<(), Code> {
    let policies = TeamServiceClient::new(channel).list_policies(ListPoliciesRequest::default()).await;
    // The service's own refusals have details; a connection that ends is one of several codes to this library.
    policies.map(drop).map_err(
        |status| {
            if status.details().is_empty() { Code::Unavailable } else { status.code() }
        },
    )
}

#[tokio::test]
async fn only_certificates_of_the_authority_get_in() {
    let mesh = Mesh::start(Kind::Embedded).await;
    let address = mesh.server.address();
    let good = mesh.authority.client(Naming { uris: &[SHOP], expired: false });
    asks(mesh.authority.channel(address, Some(&good))).await.expect("a good one gets in");

    let refused = async |what: &str, channel: Channel| {
        assert_eq!(asks(channel).await, Err(Code::Unavailable), "{what} does not get in");
    };
    refused("nobody", mesh.authority.channel(address, None)).await;
    let expired = mesh.authority.client(Naming { uris: &[SHOP], expired: true });
    refused("an expired one", mesh.authority.channel(address, Some(&expired))).await;
    let foreign = Authority::new().client(Naming { uris: &[SHOP], expired: false });
    refused("a stranger's", mesh.authority.channel(address, Some(&foreign))).await;
    let for_servers = mesh.authority.server();
    refused("a server's", mesh.authority.channel(address, Some(&for_servers))).await;
    let plain = Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL");
    refused("plaintext", plain.connect_lazy()).await;
}

#[tokio::test]
async fn new_certificates_are_shown_and_demanded_without_a_restart() {
    let mesh = Mesh::start(Kind::Embedded).await;
    let (address, data) = (mesh.server.address(), mesh.server.data());
    let files = TlsFiles::new(data.directory());
    let caller = mesh.authority.client(Naming { uris: &[SHOP], expired: false });
    let open = mesh.authority.channel(address, Some(&caller));
    asks(open.clone()).await.expect("the first ones are in force");

    let next = Authority::new();
    files.put(&next.server());
    asks(next.channel(address, Some(&caller))).await.expect("the new certificate is shown");
    assert_eq!(asks(mesh.authority.channel(address, Some(&caller))).await, Err(Code::Unavailable));
    asks(open.clone()).await.expect("who is connected stays");

    let of_next = next.client(Naming { uris: &[SHOP], expired: false });
    assert_eq!(asks(next.channel(address, Some(&of_next))).await, Err(Code::Unavailable));
    files.put_authority(&next.pem);
    asks(next.channel(address, Some(&of_next))).await.expect("the new authority counts");
    assert_eq!(
        asks(next.channel(address, Some(&caller))).await,
        Err(Code::Unavailable),
        "the old one does not"
    );
    asks(open).await.expect("who is connected stays");

    // What cannot be used changes nothing, and is logged once, however many connections come.
    let nonsense = Pair { certificate: "nonsense".into(), key: of_next.key.clone() };
    // A certificate whose key has not come yet.
    let half = Pair { certificate: next.server().certificate, key: next.server().key };
    for unusable in [nonsense, half] {
        files.put(&unusable);
        for _ in 0..3 {
            asks(next.channel(address, Some(&of_next))).await.expect("those before stay in force");
        }
    }
    let last = Authority::new();
    files.put(&last.server());
    asks(last.channel(address, Some(&of_next))).await.expect("the last certificate is shown");
    let logged = |what: &str| mesh.server.logs().matches(what).count();
    eventually("the line on the third reload", async || {
        (logged("new certificates are in force") == 3).then_some(())
    })
    .await;
    assert_eq!(logged("new certificates cannot be used, the old ones stay"), 2, "once for each change");
    assert!(!mesh.server.logs().contains("PRIVATE"), "no key is shown");
}

#[tokio::test]
async fn health_has_a_socket_of_its_own_without_certificates() {
    let options = Options::default().variable("ROSTER_SERVER__HEALTH_LISTEN", "127.0.0.1:0");
    let mut mesh = Mesh::start_with(Kind::Embedded, options).await;
    let address = mesh.server.health_address().await;
    let probes =
        Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL").connect_lazy();
    let answer = HealthClient::new(probes.clone()).check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.into_inner().status, 1, "it serves");
    assert_eq!(asks(probes).await, Err(Code::Unimplemented), "nobody has a certificate there");
    let path = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let reflection = call_raw(address, path, &[], &()).await;
    assert_eq!(reflection.map_err(|status| status.code()), Err(Code::Unimplemented));
    mesh.server.stop().await;
}

#[tokio::test]
async fn tls_without_client_certificates_suits_other_modes() {
    let authority = Authority::new();
    let data = Data::fresh(Kind::Embedded).await;
    let files = TlsFiles::new(data.directory());
    files.put(&authority.server());
    let options = files.options(Options::default());
    let server = Server::start_on(data.into(), options).await;
    asks(authority.channel(server.address(), None)).await.expect("it is encrypted, and believes everybody");
    let plain =
        Endpoint::from_shared(format!("http://{}", server.address())).expect("an address makes a URL");
    assert_eq!(asks(plain.connect_lazy()).await, Err(Code::Unavailable));
}

#[tokio::test]
async fn certificates_that_cannot_be_used_stop_the_start() {
    let data = Data::fresh(Kind::Embedded).await;
    let files = TlsFiles::new(data.directory());
    let check = async |expected: &str| {
        let finished = data.run(&["serve"], files.options(Options::default())).await;
        assert!(!finished.status.success());
        assert!(finished.output.contains(expected), "{expected}: {}", finished.output);
        assert!(!finished.output.contains("hidden"), "{}", finished.output);
    };
    check("tls.cert_file").await;
    let authority = Authority::new();
    let pair = authority.server();
    files.put(&Pair { certificate: "hidden".into(), key: pair.key.clone() });
    check("tls.cert_file").await;
    files.put(&Pair { certificate: pair.certificate.clone(), key: "hidden".into() });
    check("tls.key_file").await;
    files.put(&Pair { certificate: pair.certificate.clone(), key: authority.server().key });
    check("tls.cert_file and tls.key_file").await;
    files.put(&pair);
    files.put_authority("hidden");
    check("tls.client_ca_file").await;
}
