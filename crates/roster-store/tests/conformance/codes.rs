//! Team codes: made, used, revoked, deleted.

use roster_domain::{
    Change, CodeId, JoinedBy, MemberState, NewMember, NewTeamCode, PersonKey, TeamId, Timestamp,
};
use roster_store::{ErrorKind, JoinMethod, Payload};

use crate::asks::Asks;
use crate::database::{Database, on_both};
use crate::scene::{
    access, change, code, context, finish, guild, last_event, lock, new_code, newcomer, person, shown, team,
    write,
};

/// A code as it is stored, without its id and its times.
async fn stored(db: &Database, id: CodeId) -> Option<String> {
    let sql = format!(
        "SELECT code || ' ' || role || ' ' || restricted || ' ' || maker || ' ' || revision || ' ' || uses || ' ' ||
           COALESCE(CAST(max_uses AS TEXT), '-') || ' ' || COALESCE(CAST(expires_at AS TEXT), '-') || ' ' ||
           CASE WHEN revoked_at IS NULL THEN 'open' ELSE 'revoked' END
         FROM team_codes WHERE id = {}",
        db.uuid(id.uuid())
    );
    db.texts(&sql).await.pop()
}

/// Somebody joins by the code, or the database has something against it.
async fn join(
    db: &Database,
    team: TeamId,
    name: &str,
    (id, maker): (CodeId, PersonKey),
) -> Option<ErrorKind> {
    let who = person(&db.store, name).await;
    let by = JoinedBy::TeamCode { code: id, maker };
    let mut locked = lock(&db.store, team).await;
    let joins = Change::MemberJoined(NewMember { by, ..newcomer(who, "guest") });
    match write(&mut locked.tx, &context(who), team, &[joins]).await {
        Ok(_) => {
            finish(locked.tx, b"").await;
            None
        }
        Err(error) => Some(error.kind()),
    }
}

#[tokio::test]
async fn one_is_made_and_used() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let given = access(&[("brand", "acme", "viewer"), ("shelf", "*", "reader")], &["brand", "shelf"]);
        let (expires_at, max_uses) = (Some(Timestamp::from_micros(77)), Some(2));
        let full = NewTeamCode { access: given, expires_at, max_uses, ..new_code(ada, "GD-FULL") };
        let full = code(store, team, full).await;
        let bare = code(store, team, new_code(ada, "GD-BARE")).await;
        let kept = format!("GD-FULL guest brand,shelf {} 2 0 2 77 open", ada.0);
        assert_eq!(stored(db, full.id).await, Some(kept));
        assert_eq!(stored(db, bare.id).await, Some(format!("GD-BARE guest  {} 3 0 - - open", ada.0)));
        assert_eq!(db.number("SELECT count(*) FROM offered_grants").await, 2);

        assert_eq!(join(db, team, "bob", (full.id, ada)).await, None);
        let bob = shown(store, team, "bob").await;
        assert_eq!((bob.join_method, bob.invited_by.as_deref()), (JoinMethod::TeamCode, Some("ada")));
        let event = last_event(db, team).await;
        assert_eq!((event.target.as_deref(), event.other.as_deref()), (Some("bob"), Some("ada")));
        let Payload::MemberJoined { method, through, .. } = event.payload else { panic!("another event") };
        assert_eq!((method, through), (JoinMethod::TeamCode, Some(full.id.uuid())));
        assert!(stored(db, full.id).await.unwrap().contains(" 2 1 2 "), "its use was not counted");
        assert!(stored(db, bare.id).await.unwrap().contains(" 3 0 - "), "another's use was counted");
    })
    .await;
}

/// The last line of defence.
#[tokio::test]
async fn one_is_not_used_more_often_than_it_may_be() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let twice = NewTeamCode { max_uses: Some(2), ..new_code(ada, "GD-TWICE") };
        let twice = code(store, team, twice).await;
        let any = code(store, team, new_code(ada, "GD-ANY")).await;
        assert_eq!(join(db, team, "a", (twice.id, ada)).await, None);
        assert_eq!(join(db, team, "b", (twice.id, ada)).await, None);
        assert_eq!(join(db, team, "c", (twice.id, ada)).await, Some(ErrorKind::Internal));
        for name in ["c", "d", "e"] {
            assert_eq!(join(db, team, name, (any.id, ada)).await, None);
        }
        let count = store.count_members(team, MemberState::Active, None).await.unwrap();
        assert_eq!(count, 6);
        // One text leads to one team, whoever makes it.
        let other = crate::scene::team(store, &guild(), "ada").await;
        let mut locked = lock(store, other).await;
        let same = Change::TeamCodeCreated(new_code(ada, "GD-ANY"));
        let failed = write(&mut locked.tx, &context(ada), other, &[same]).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Internal);
        assert!(
            !failed.to_string().contains("GD-ANY") && !format!("{failed:?}").contains("GD-ANY"),
            "{failed}"
        );
        locked.tx.undo().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn one_is_revoked_and_deleted() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let mut codes = Vec::new();
        for text in ["GD-ONE", "GD-TWO"] {
            let access = access(&[("brand", "acme", "viewer"), ("shelf", "a", "reader")], &[]);
            codes.push(code(store, team, NewTeamCode { access, ..new_code(ada, text) }).await.id);
        }
        change(store, team, ada, &[Change::TeamCodeRevoked { code: codes[0] }]).await;
        assert!(stored(db, codes[0]).await.unwrap().ends_with("revoked"));
        assert!(stored(db, codes[1]).await.unwrap().ends_with("open"));
        let event = last_event(db, team).await;
        assert_eq!(event.payload, Payload::TeamCodeRevoked { code: codes[0].uuid() });
        assert_eq!(db.number("SELECT max(revoked_at) FROM team_codes").await, event.at.micros());

        change(store, team, ada, &[Change::TeamCodeDeleted { code: codes[0] }]).await;
        assert_eq!(stored(db, codes[0]).await, None);
        assert!(stored(db, codes[1]).await.is_some());
        assert_eq!(last_event(db, team).await.payload, Payload::TeamCodeDeleted { code: codes[0].uuid() });
        let offers =
            format!("SELECT count(*) FROM offered_grants WHERE offer_id = {}", db.uuid(codes[1].uuid()));
        assert_eq!(db.number("SELECT count(*) FROM offered_grants").await, 2, "what the deleted one brought");
        assert_eq!(db.number(&offers).await, 2, "what the other brings");
        // Its text can be made again.
        code(store, team, new_code(ada, "GD-ONE")).await;
    })
    .await;
}
