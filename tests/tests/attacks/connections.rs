//! Connections by the thousand: silent, half-way through a handshake, speaking something else, or idle.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use roster_testkit::frames::{
    DATA, END_HEADERS, FOE, HEADERS, PREFACE, call_headers, frame, settings, tcp_from, try_tcp_from,
};
use roster_testkit::{Data, Kind, Options, Server, all_at_once, call_raw, eventually, within};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic_health::pb::HealthCheckRequest;

use crate::endured;

const LIST_POLICIES: &str = "roster.v1.TeamService/ListPolicies";

/// Lets this process have as many files as the system lets it.
fn many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("the limit can be raised");
}

/// So many connections that say this and no more.
async fn connections(address: SocketAddr, count: usize, said: &[u8]) -> Vec<TcpStream> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let Ok(mut stream) = try_tcp_from(FOE, address).await else { continue };
        // It may be closed already.
        let _ = stream.write_all(said).await;
        streams.push(stream);
    }
    streams
}

/// Waits until the service has closed it, and returns all that it said before.
async fn end(mut stream: TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let _ = within("the end of a connection", stream.read_to_end(&mut said)).await;
    said
}

/// How many of these are still open. What the service said is read on the way.
fn still_open(streams: &[TcpStream]) -> usize {
    let open = |stream: &&TcpStream| {
        let mut said = [0; 1_024];
        loop {
            match stream.try_read(&mut said) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(e) => return e.kind() == std::io::ErrorKind::WouldBlock,
            }
        }
    };
    streams.iter().filter(open).count()
}

/// The service's process has no more than so many files.
fn files_of(server: &Server, most: u64) {
    let pid = i32::try_from(server.process_id()).ok().and_then(Pid::from_raw);
    let limit = Rlimit { current: Some(most), maximum: getrlimit(Resource::Nofile).maximum };
    prlimit(pid, Resource::Nofile, limit).expect("the limit of one's own process can be set");
}

#[tokio::test]
async fn connections_that_say_nothing_take_a_quarter_of_the_room_and_not_for_long() {
    many_files();
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let streams = connections(server.address(), 2_000, b"").await;
        eventually("the end of most of them", async || (still_open(&streams) <= 256).then_some(())).await;
        assert_eq!(still_open(&streams), 256);
        all_at_once(streams.into_iter().map(end)).await;
        let streams = connections(server.address(), 1, b"").await;
        assert_eq!(still_open(&streams), 1, "there is room again");
    })
    .await;
}

#[tokio::test]
async fn connections_that_break_off_or_speak_otherwise_are_closed_unanswered() {
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        let address = server.address();
        let mut streams = Vec::new();
        for said in [
            &PREFACE[..10],
            &PREFACE[..23],
            b"GET / HTTP/1.1\r\nHost: roster\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            &[0xff; 10_000],
        ] {
            streams.extend(connections(address, 40, said).await);
        }
        for said in all_at_once(streams.into_iter().map(end)).await {
            assert!(said.is_empty(), "{said:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_thousand_idle_connections_are_borne_and_more_are_not() {
    many_files();
    let options = |each: &str| {
        Options::default()
            .variable("ROSTER_LIMITS__CONNECTIONS_PER_ADDRESS", each)
            .variable("ROSTER_LIMITS__REQUESTS_IN_FLIGHT_PER_CALLER", "500")
    };
    let begun = [PREFACE, &settings(&[])].concat();
    let headers = call_headers(LIST_POLICIES, &[("x-caller", "greedy")]);
    let asking = [&begun[..], &frame(HEADERS, END_HEADERS, 1, &headers), &frame(DATA, 0, 1, b"\0")].concat();
    for said in [begun, asking] {
        let server = Server::start_with(Kind::Embedded, options("2000")).await;
        endured(server, 128, async |server| {
            let streams = connections(server.address(), 2_200, &said).await;
            eventually("the end of those beyond", async || (still_open(&streams) <= 2_000).then_some(()))
                .await;
            assert_eq!(still_open(&streams), 2_000);
        })
        .await;
    }
}

#[tokio::test]
async fn probes_are_answered_while_somebody_holds_all_connections_that_it_can() {
    let options = Options::default()
        .variable("ROSTER_SERVER__HEALTH_LISTEN", "127.0.0.1:0")
        .variable("ROSTER_LIMITS__CONNECTIONS_PER_ADDRESS", "16");
    let mut server = Server::start_with(Kind::Embedded, options).await;
    let address = server.health_address().await;
    let begun = [PREFACE, &settings(&[])].concat();
    endured(server, 48, async |_| {
        let streams = connections(address, 300, &begun).await;
        eventually("the end of those beyond", async || (still_open(&streams) <= 16).then_some(())).await;
        let path = "grpc.health.v1.Health/Check";
        call_raw(address, path, &[], &HealthCheckRequest::default()).await.expect("probes have room");
    })
    .await;
}

#[tokio::test]
async fn without_files_for_connections_those_that_are_there_are_served() {
    many_files();
    let server = Server::start(Kind::Embedded).await;
    endured(server, 48, async |server| {
        files_of(server, 256);
        let begun = [PREFACE, &settings(&[])].concat();
        let streams = connections(server.address(), 300, &begun).await;
        assert!(!streams.is_empty());
        let open = format!("/proc/{}/fd", server.process_id());
        let files = || fs::read_dir(&open).expect("the process runs").count();
        eventually("as many files as there may be", async || (files() >= 256).then_some(())).await;
        server.create_team("ada").await;
        // Whoever comes now waits until somebody goes.
        drop(streams);
        let mut late = tcp_from(FOE, server.address()).await;
        late.write_all(&begun).await.expect("it is taken");
        let mut said = [0; 9];
        within("the service's first frame", late.read_exact(&mut said)).await.expect("it is let in");
    })
    .await;
}

#[tokio::test]
async fn half_a_handshake_of_tls_is_closed() {
    let data = Arc::new(Data::fresh(Kind::Embedded).await);
    let pair =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate can be made");
    let (certificate, key) = (data.directory().join("cert.pem"), data.directory().join("key.pem"));
    fs::write(&certificate, pair.cert.pem()).expect("it can be written");
    fs::write(&key, pair.signing_key.serialize_pem()).expect("it can be written");
    let options = Options::default()
        .variable("ROSTER_TLS__CERT_FILE", certificate.display().to_string())
        .variable("ROSTER_TLS__KEY_FILE", key.display().to_string());
    let server = Server::start_on(data, options).await;

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificate).expect("PEM")).expect("a certificate");
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let tls = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").expect("a name");

    let mut streams = Vec::new();
    for said in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", PREFACE] {
        streams.extend(connections(server.address(), 60, said).await);
    }
    let through = tls.connect(name.clone(), tcp_from(FOE, server.address()).await).await;
    let mut through = through.expect("the handshake works beside them");
    through.write_all(&PREFACE[..20]).await.expect("it is taken");
    all_at_once(streams.into_iter().map(end)).await;
    let mut said = Vec::new();
    let _ = within("the end of the half-begun", through.read_to_end(&mut said)).await;
    assert!(said.is_empty(), "{said:?}");

    let whole = tls.connect(name, tcp_from(FOE, server.address()).await).await;
    let mut whole = whole.expect("the handshake works afterwards");
    whole.write_all(&[PREFACE, &settings(&[])].concat()).await.expect("it is taken");
    let mut said = [0; 9];
    within("the service's first frame", whole.read_exact(&mut said)).await.expect("it is let in");
    drop(whole);
    server.stop().await;
}
