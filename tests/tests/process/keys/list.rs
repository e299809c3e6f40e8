//! What `roster keys` says and refuses.

use std::fs;

use roster_testkit::{Data, Kind, Options, Server, both};

use super::{file, line, step, table, try_step};

#[tokio::test]
async fn the_list_fails_where_a_start_would() {
    both(async |kind| {
        let server = Server::start(kind).await;
        let data = server.data();
        let team = server.create_team("ada").await;
        server.create_link("ada", &team).await;
        let first = fs::read_to_string(file(&data)).unwrap();

        // Another secret under the same id.
        fs::remove_file(file(&data)).unwrap();
        step(&data, &["add", "--id", "k1"]).await;
        let list = try_step(&data, &["list"]).await;
        assert!(!list.status.success(), "{}", list.output);
        assert_eq!(line(&list.output, "k1")[2..5], ["DIFFERS", "1", "0"], "{}", list.output);

        // The key is gone.
        fs::remove_file(file(&data)).unwrap();
        step(&data, &["add", "--id", "k2"]).await;
        let list = try_step(&data, &["list"]).await;
        assert!(!list.status.success(), "{}", list.output);
        assert_eq!(line(&list.output, "k1")[1..4], ["MISSING", "1", "0"], "{}", list.output);

        fs::write(file(&data), table(&first, "k1")).unwrap();
        let list = step(&data, &["list"]).await;
        let words = line(&list, "k1");
        assert_eq!((words[1].len(), &words[2..5]), (16, &["signs", "1", "0"][..]), "{list}");
        assert!(words[5].ends_with('Z') && words[5].len() == 20, "until when: {list}");
    })
    .await;
}

#[tokio::test]
async fn a_step_that_cannot_be_is_refused() {
    let server = Server::start(Kind::Embedded).await;
    let data = server.data();
    for (arguments, expected) in [
        (&["promote", "k9"][..], "has no key \"k9\"; it has: k1"),
        (&["add", "--id", "k1"], "`id` must not be that of another key"),
    ] {
        let finished = try_step(&data, arguments).await;
        assert!(!finished.status.success(), "{arguments:?}");
        assert!(finished.output.contains(expected), "{}", finished.output);
    }

    let nothing = Data::fresh(Kind::Embedded).await;
    let finished = nothing.run(&["keys", "list"], Options::default()).await;
    assert!(finished.output.contains("keys.toml: cannot be read"), "{}", finished.output);
    let finished = nothing.run(&["keys", "add"], Options::default()).await;
    assert!(finished.status.success(), "{}", finished.output);
    let finished = nothing.run(&["keys", "list"], Options::default()).await;
    assert!(!finished.status.success(), "{}", finished.output);
    assert!(finished.output.contains("nothing was served yet"), "{}", finished.output);
}
