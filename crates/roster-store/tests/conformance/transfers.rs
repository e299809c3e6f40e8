//! The role with exactly one holder moves.

use roster_domain::decide::{TransferBy, transfer_ownership};
use roster_domain::{Access, Change, MemberState, NewMember};
use roster_store::{Locked, Payload, Transfer};

use crate::database::on_both;
use crate::scene::{
    access, ask, change, club, crew, finish, fresh, last_event, member, newcomer, person, role, service, set,
    shown, suspended, team, user,
};

#[tokio::test]
async fn a_service_moves_it_by_itself() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &crew(), "ada").await;
        member(store, team, "bob", "guest").await;
        member(store, team, "cleo", "guest").await;
        let question = Transfer { actor: None, target: &user("bob") };
        let loaded = store.lock_and_load(team, None, &set(&[crew()]), |_| true, question).await.unwrap();
        let Locked { mut tx, facts, .. } = fresh(loaded);
        let facts = facts.facts;
        let changes = transfer_ownership(&crew(), &facts, TransferBy::Service).unwrap();
        assert_eq!(changes.len(), 1);
        assert_eq!(tx.apply(&service(), team, &changes).await.unwrap(), 4);
        finish(tx, b"").await;

        let (ada, bob) = (shown(store, team, "ada").await, shown(store, team, "bob").await);
        assert_eq!((ada.role, ada.version, ada.state), (role("steward"), 4, MemberState::Active));
        assert_eq!((bob.role, bob.version, bob.state), (role("owner"), 4, MemberState::Active));
        assert_eq!(shown(store, team, "cleo").await.version, 3);
        let counts =
            "SELECT role || ' ' || state || ' ' || count FROM member_counts WHERE count > 0 ORDER BY 1";
        assert_eq!(db.texts(counts).await, ["guest 1 1", "owner 1 1", "steward 1 1"]);

        let event = last_event(db, team).await;
        assert_eq!((event.actor, event.caller.as_str()), (None, "front-end"));
        assert_eq!((event.target.as_deref(), event.other.as_deref()), (Some("bob"), Some("ada")));
        let told = Payload::OwnershipTransferred {
            role: "owner".into(),
            old_role: "guest".into(),
            former: ada.person.0,
            former_new_role: "steward".into(),
        };
        assert_eq!(event.payload, told);
    })
    .await;
}

#[tokio::test]
async fn facts_tell_of_the_holder_whoever_acts() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &crew(), "ada").await;
        let ada = person(store, "ada").await;
        let bob = person(store, "bob").await;
        let given = access(&[("brand", "acme", "viewer")], &["shelf"]);
        let new = NewMember { access: given.clone(), ..newcomer(bob, "guest") };
        change(store, team, ada, &[Change::MemberJoined(new)]).await;
        member(store, team, "cleo", "steward").await;
        let rules = [crew()];
        let facts_of = async |actor: Option<&str>, target: &str| {
            let (actor, target) = (actor.map(user), user(target));
            let found = ask(store, team, &rules, Transfer { actor: actor.as_ref(), target: &target }).await;
            for (member, shown) in [(&found.facts.holder, found.holder), (&found.facts.target, found.target)]
            {
                let shown = shown.map(|shown| (shown.person, shown.role, shown.state));
                assert_eq!(member.as_ref().map(|one| (one.person, one.role.clone(), one.state)), shown);
            }
            found.facts
        };
        let facts = facts_of(Some("cleo"), "bob").await;
        assert_eq!(facts.actor.unwrap().role, role("steward"));
        assert_eq!((facts.holder.unwrap().person, facts.holder_access), (ada, Access::default()));
        assert_eq!((facts.target.unwrap().person, facts.target_access), (bob, given.clone()));
        let facts = facts_of(None, "ada").await;
        assert_eq!((facts.actor, facts.holder.as_ref()), (None, facts.target.as_ref()));
        let facts = facts_of(Some("stranger"), "nobody").await;
        assert_eq!((facts.actor, facts.target, facts.holder.unwrap().person), (None, None, ada));

        let moved = Change::OwnershipTransferred {
            role: role("owner"),
            from: ada,
            from_state: MemberState::Active,
            from_becomes: role("steward"),
            from_lowered: true,
            to: bob,
            to_was: role("guest"),
            to_lowered: false,
        };
        change(store, team, ada, &[moved]).await;
        change(store, team, bob, &[suspended(ada, "steward")]).await;
        let facts = facts_of(Some("bob"), "ada").await;
        assert_eq!((facts.holder.unwrap().person, facts.holder_access), (bob, given));
        assert_eq!(facts.target.unwrap().state, MemberState::Suspended);

        // Where no role has exactly one holder, nobody is it.
        db.execute("UPDATE teams SET policy = 'club'").await;
        let rules = [club()];
        let question = Transfer { actor: None, target: &user("bob") };
        let facts = ask(store, team, &rules, question).await.facts;
        assert_eq!((facts.holder, facts.target_access), (None, Access::default()));
    })
    .await;
}
