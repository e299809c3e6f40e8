//! After an erasure everything that the service keeps is searched for who the person was.

use std::fs;
use std::path::{Path, PathBuf};

use redis::AsyncCommands;
use roster_proto::v1::EraseUserRequest;
use roster_testkit::{
    ADMIN, EDITOR, Kind, Options, RedisServer, Server, actor, connect_postgres, dump, end, erasing, hand_to,
    on, request_id, row,
};

/// Texts that are nowhere by chance.
const USER: &str = "canary-quirinalis-7731";
const ADDRESSES: [&str; 4] = [
    "quirinalis@First.example.org",
    "quirinalis.second@example.org",
    "quirinalis.third@example.org",
    "quirinalis.fourth@example.org",
];

/// Does what leaves traces: in each kind of record, in teams that are left, deleted, handed on and unknown to the person.
async fn live(server: &Server) -> EraseUserRequest {
    let known = |place: usize| actor(USER).email(ADDRESSES[place]);
    let studio = server.create_under("ada", "studio").await;
    let accepted = server.invite("ada", &studio, ADDRESSES[0], "editor").await;
    server.accept(known(0), &accepted).await;
    let left = server.create_under("ada", "studio").await;
    let accepted = server.invite("ada", &left, ADDRESSES[1], "viewer").await;
    server.accept(known(1), &accepted).await;
    server.leave(USER, &left).await;
    let declined = server.invite("ada", &left, ADDRESSES[2], "viewer").await;
    server.decline(known(2), &declined).await;
    let pending = server.create_under("ada", "workspace").await;
    server.invite("ada", &pending, ADDRESSES[0], "user").await;
    server.invite("ada", &pending, ADDRESSES[3], "user").await;
    let deleted = server.team_under("brand", "ada", &[(USER, "admin")]).await;
    server.create_code(known(3), &deleted, "guest").await;
    server.delete("ada", &deleted).await;
    let removed = server.team_of(&[("ada", ADMIN), (USER, EDITOR)]).await;
    server.create_link("ada", &removed).await;
    server.remove("ada", &removed, USER).await;
    let owned = server.create_under(known(1), "brand").await;
    server.add(&owned, &[row("ben", "member")]).await;
    server.grant(USER, &owned, "ben", &[on("brand", "acme", "viewer")]).await;
    server.create_code(USER, &owned, "guest").await;
    server.invite(USER, &owned, "somebody.else@example.org", "guest").await;
    let ended = server.create_team(known(0)).await;
    server.create_link(USER, &ended).await;
    server.ensure_personal(known(0)).await;
    // Guesses and mails are counted, and answers are kept.
    let guess = server.try_redeem_code(actor(USER).header("x-actor-address", "192.0.2.7"), "SK-ZZZZZZ").await;
    assert!(guess.is_err());
    server.try_create_link_once(USER, &ended, &request_id()).await.expect("it may make links");
    EraseUserRequest {
        emails: vec![ADDRESSES[3].into()],
        resolutions: vec![hand_to(&owned, "ben"), end(&ended)],
        request_id: request_id(),
        ..erasing(USER)
    }
}

fn is_found(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).to_lowercase();
    text.contains("quirinalis")
}

#[tokio::test]
async fn postgres_and_redis_hold_nothing_of_the_person() {
    let redis = RedisServer::start().await;
    let server = Server::start_with(Kind::Full, Options::default().redis(&redis.url())).await;
    let request = live(&server).await;
    let database = connect_postgres(&server.data().postgres_url()).await;
    let tables = async || {
        let rows = dump(&database).await.into_iter();
        let found = rows.filter(|(_, row)| is_found(row.as_bytes())).map(|(table, _)| table);
        let mut found: Vec<_> = found.collect();
        found.sort();
        found.dedup();
        found
    };
    assert_eq!(tables().await, ["invitations", "members", "people"], "it is found where it should be");
    let events = async || {
        let count = database.query_one("SELECT count(*) FROM events", &[]).await.unwrap();
        count.get::<_, i64>(0)
    };
    let before = events().await;

    let answer = server.erase_with(request).await;
    assert_eq!((answer.teams_transferred, answer.teams_deleted), (1, 2), "{answer:?}");

    assert_eq!(tables().await, Vec::<String>::new());
    assert!(events().await > before, "the log has grown and lost nothing");
    let renamed = "SELECT count(*) FROM people WHERE user_id = $1";
    let renamed = database.query_one(renamed, &[&answer.pseudonym]).await.unwrap();
    assert_eq!(renamed.get::<_, i64>(0), 1);
    // The rows of a whole page of the log can still be read by whoever may.
    let mails = "SELECT count(*) FROM mails JOIN invitations i ON i.id = invitation_id WHERE i.email = ''";
    assert_eq!(database.query_one(mails, &[]).await.unwrap().get::<_, i64>(0), 0);
    let mut connection = redis.connect().await;
    let keys: Vec<String> = connection.keys("*").await.expect("Redis answers");
    assert!(!keys.is_empty(), "links and guesses are there");
    for key in keys {
        let value: Vec<u8> = connection.get(&key).await.expect("each is a plain value");
        assert!(!is_found(key.as_bytes()) && !is_found(&value), "{key}");
    }
    let logs = server.stop().await.output;
    assert!(!is_found(logs.as_bytes()), "the logs never held it");
}

/// Not in any table, and not where a row was either.
#[tokio::test]
async fn the_files_of_the_embedded_kind_hold_nothing_of_the_person() {
    let server = Server::start(Kind::Embedded).await;
    let request = live(&server).await;
    let data = server.data();
    let holding = || {
        let files = files(data.directory()).into_iter();
        files.filter(|path| is_found(&fs::read(path).expect("a file"))).collect::<Vec<_>>()
    };
    assert!(!holding().is_empty(), "it is found before");
    let answer = server.erase_with(request).await;
    assert_eq!((answer.teams_transferred, answer.teams_deleted), (1, 2), "{answer:?}");
    // At once: the write-ahead log is emptied as well.
    assert_eq!(holding(), Vec::<PathBuf>::new());
    server.stop().await;
    assert_eq!(holding(), Vec::<PathBuf>::new());
}

/// Every file below that folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
