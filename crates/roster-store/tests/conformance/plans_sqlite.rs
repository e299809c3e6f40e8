//! The plans of SQLite for what partial indexes are for. They are found by literals alone, and a plan of Postgres would not
//! show it.

use roster_domain::TeamId;
use roster_store::{Inviting, KeyFingerprint};

use crate::database::{Database, on_sqlite};
use crate::listen::Listening;
use crate::outbox::LEASE;
use crate::scene::{ask, email, guild, team, user};

/// Sends what the action sends, and returns how SQLite looks for rows of that table.
async fn searches<T>(db: &Database, table: &str, action: impl AsyncFnOnce() -> T) -> Vec<String> {
    let listening = Listening::begin();
    action().await;
    let texts = listening.take().texts;
    drop(listening);
    let mut found = Vec::new();
    for sql in texts {
        let details = db.details(&format!("EXPLAIN QUERY PLAN {sql}")).await;
        found.extend(details.into_iter().filter(|detail| detail.contains(&format!(" {table} "))));
    }
    found
}

fn assert_by(index: &str, searches: &[String]) {
    assert!(!searches.is_empty(), "nothing is looked for");
    for search in searches {
        assert!(search.contains(&format!(" INDEX {index}")), "not by {index}: {search}");
    }
}

#[tokio::test]
async fn plans_are_stable() {
    on_sqlite(async |db| {
        let options = db.texts("SELECT compile_options FROM pragma_compile_options").await;
        assert!(
            options.iter().any(|option| option == "ENABLE_QPSG"),
            "LIBSQLITE3_FLAGS was not in force: {options:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn due_mails_are_found_by_their_index() {
    on_sqlite(async |db| {
        let found = searches(db, "mails", async || db.store.next_mail().await.unwrap()).await;
        assert_by("mails_due", &found);
        let team = team(&db.store, &guild(), "ada").await;
        crate::outbox::mail(&db.store, team, "eve@example.org").await;
        let found = searches(db, "mails", async || db.store.claim_mails(5, LEASE).await.unwrap()).await;
        assert_by("mails_due", &found[..1]);
    })
    .await;
}

#[tokio::test]
async fn overdue_invitations_are_found_by_their_index() {
    on_sqlite(async |db| {
        let found = searches(db, "invitations", async || {
            db.store.teams_with_overdue_invitations(None, 10).await.unwrap()
        })
        .await;
        assert_by("invitations_overdue", &found);
    })
    .await;
}

#[tokio::test]
async fn keys_in_use_are_found_by_their_indexes() {
    on_sqlite(async |db| {
        let keys = [KeyFingerprint { id: "first".into(), fingerprint: "abc".into() }];
        let compare = async || db.store.compare_keys(&keys).await.unwrap();
        assert_by("invitations_key", &searches(db, "invitations", compare).await);
        assert_by("invite_links_signed", &searches(db, "invite_links", compare).await);
    })
    .await;
}

#[tokio::test]
async fn policies_and_tiers_in_use_are_found_by_their_index() {
    on_sqlite(async |db| {
        let needs = async || db.store.policy_needs(&[guild()]).await.unwrap();
        assert_by("teams_tier", &searches(db, "teams", needs).await);
    })
    .await;
}

#[tokio::test]
async fn the_pending_invitation_of_an_address_is_found_by_its_index() {
    on_sqlite(async |db| {
        let team: TeamId = team(&db.store, &guild(), "ada").await;
        let (actor, emails) = (&user("ada"), &[email("eve@example.org"), email("zed@example.org")]);
        let question = Inviting { actor, emails, pending_cap: 0 };
        let found = searches(db, "i", async || ask(&db.store, team, &[guild()], question).await).await;
        assert!(found.iter().any(|search| search.contains("invitations_pending")), "{found:?}");
    })
    .await;
}
