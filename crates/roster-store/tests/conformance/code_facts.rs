//! Team codes: found however they are typed, and what making, ending and redeeming one needs.

use roster_domain::decide::redeem_code;
use roster_domain::{
    Change, CodeId, CodeKey, CodeText, MemberState, NewTeamCode, Policy, PolicyName, Refusal, TeamId,
};
use roster_store::{CodeChange, CodeCreation, CodeInvite, Joining, Locked, Store};
use uuid::Uuid;

use crate::asks::{Asks, Onlooker, Preview};
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, access, after, ask, change, code, context, finish, fresh, guild, lock, member, new_code, person,
    policy_name, removed, role, role_changed, set, shown, suspended, team, user, write,
};

fn key(typed: &str) -> CodeKey {
    CodeKey::read(typed).unwrap()
}

#[tokio::test]
async fn one_is_found_however_it_is_typed() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let made = code(store, team, new_code(ada, "GD-10AB01CD")).await;
        let beside = code(store, other, new_code(ada, "GD-10AB01CE")).await;
        for typed in ["GD-10AB01CD", "gd10ab01cd", " g d_1o.AB-oIcd", "GDLOABOlCD"] {
            assert_eq!(store.team_of(&CodeInvite(&key(typed))).await.unwrap(), Some(team), "{typed}");
        }
        assert_eq!(store.team_of(&CodeInvite(&key("gd 10ab 01ce"))).await.unwrap(), Some(other));
        for typed in ["GD-10AB01C", "GD-10AB01CDX", "10AB01CD", "GD-1QAB01CD"] {
            assert_eq!(store.team_of(&CodeInvite(&key(typed))).await.unwrap(), None, "{typed}");
        }
        let redeem = async |team, typed: &str| {
            let question = Joining { invite: CodeInvite(&key(typed)), user: &user("eve") };
            ask(store, team, &[guild()], question).await.map(|joiner| joiner.facts.code.id)
        };
        assert_eq!(redeem(team, "gd10abo1cd").await, Some(made.id));
        assert_eq!(redeem(other, "gd10ab01ce").await, Some(beside.id));
        assert_eq!(redeem(other, "gd10ab01cd").await, None, "another team");
        assert_eq!(redeem(team, "gd10ab01ce").await, None, "another team's code");
        assert_eq!(db.texts("SELECT user_id FROM people").await, ["ada"], "a question made somebody known");
    })
    .await;
}

/// Two codes that people type alike are one code, whatever teams they are of and however they were made.
#[tokio::test]
async fn one_text_is_one_code_over_all_teams() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "bob").await;
        let ada = person(store, "ada").await;
        let made = code(store, team, new_code(ada, "GD-10AB")).await;
        for (team, text) in [(team, "GD-10AB"), (other, "GD-10AB"), (other, "G-D1OAB")] {
            let mut locked = lock(store, team).await;
            let again = Change::TeamCodeCreated(new_code(ada, text));
            write(&mut locked.tx, &context(ada), team, &[again]).await.unwrap_err();
            locked.tx.undo().await.unwrap();
        }
        // Deleted, it is nobody's; revoked, it is still that team's.
        change(store, team, ada, &[Change::TeamCodeRevoked { code: made.id }]).await;
        assert_eq!(store.team_of(&CodeInvite(&key("gd10ab"))).await.unwrap(), Some(team));
        change(store, team, ada, &[Change::TeamCodeDeleted { code: made.id }]).await;
        assert_eq!(store.team_of(&CodeInvite(&key("gd10ab"))).await.unwrap(), None);
        code(store, other, new_code(ada, "GD-10AB")).await;
        assert_eq!(store.team_of(&CodeInvite(&key("gd10ab"))).await.unwrap(), Some(other));
    })
    .await;
}

/// What somebody who makes a code gets, of texts of one sign each.
async fn making(store: &Store, team: TeamId, signs: &[u8], policies: &[Policy]) -> (Option<CodeText>, u64) {
    let random: Vec<_> = signs.iter().map(|sign| [*sign; 32]).collect();
    let question = CodeCreation { actor: &user("ada"), random: &random };
    let coding = ask(store, team, policies, question).await;
    assert_eq!(coding.facts.actor.unwrap().role, role("owner"));
    (coding.free, coding.facts.live_codes)
}

#[tokio::test]
async fn a_new_one_gets_the_first_text_that_is_free() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        code(store, team, new_code(ada, "GD-00000000")).await;
        // Of another team, revoked, and made when the prefix was written another way.
        let gone = code(store, other, new_code(ada, "G-D-11111111")).await;
        change(store, other, ada, &[Change::TeamCodeRevoked { code: gone.id }]).await;
        for (signs, free) in [
            (&[2, 3][..], Some("GD-22222222")),
            (&[0, 3], Some("GD-33333333")),
            (&[1, 0, 4, 5], Some("GD-44444444")),
            (&[0, 1], None),
            (&[], None),
        ] {
            let found = making(store, team, signs, &[guild()]).await.0;
            assert_eq!(found.as_ref().map(CodeText::reveal), free, "{signs:?}");
        }
        let without = Policy { team_codes: None, ..guild() };
        assert_eq!(making(store, team, &[2], &[without]).await.0, None);
    })
    .await;
}

#[tokio::test]
async fn those_that_are_live_are_counted() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let other = crate::scene::team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let now = store.now().await.unwrap();
        let mut made = Vec::new();
        for (n, name) in ["demoted", "gone", "away", "stays"].into_iter().enumerate() {
            let maker = member(store, team, name, "owner").await;
            code(store, team, new_code(maker, &format!("GD-000{n}"))).await;
            made.push(maker);
        }
        code(store, other, new_code(ada, "GD-9999")).await;
        let live = async || making(store, team, &[], &[guild()]).await.1;
        assert_eq!(live().await, 4);
        change(store, team, ada, &[role_changed(made[0], "owner", "steward")]).await;
        change(store, team, ada, &[removed(made[1], "owner")]).await;
        change(store, team, ada, &[suspended(made[2], "owner")]).await;
        assert_eq!(live().await, 1);
        for (n, (expires_at, uses, max_uses, more)) in [
            (Some(after(now, -1)), 0, None, 0),
            (Some(after(now, HOUR)), 0, None, 1),
            (Some(after(now, HOUR)), 1, Some(2), 1),
            (None, 2, Some(2), 0),
        ]
        .into_iter()
        .enumerate()
        {
            let before = live().await;
            let new = NewTeamCode { expires_at, max_uses, ..new_code(ada, &format!("GD-100{n}")) };
            let id = db.uuid(code(store, team, new).await.id.uuid());
            db.execute(&format!("UPDATE team_codes SET uses = {uses} WHERE id = {id}")).await;
            assert_eq!(live().await - before, more, "{expires_at:?}, {uses} of {max_uses:?}");
        }
        let revoked = code(store, team, new_code(ada, "GD-2000")).await.id;
        change(store, team, ada, &[Change::TeamCodeRevoked { code: revoked }]).await;
        assert_eq!(live().await, 3);
        let without = Policy { team_codes: None, ..guild() };
        assert_eq!(making(store, team, &[], &[without]).await.1, 0);
        assert_eq!(making(store, team, &[], &[]).await.1, 0);
    })
    .await;
}

#[tokio::test]
async fn one_that_is_to_end_is_found_in_its_own_team_only() {
    on_both(async |db| {
        let store = &db.store;
        let (one, two) = (team(store, &guild(), "ada").await, team(store, &guild(), "ada").await);
        let (ada, bob) = (person(store, "ada").await, member(store, one, "bob", "owner").await);
        let given = access(&[("brand", "acme", "viewer")], &["shelf"]);
        let made = code(store, one, NewTeamCode { access: given.clone(), ..new_code(bob, "GD-0000") }).await;
        let load = async |team, code: CodeId| {
            let question = CodeChange { actor: &user("ada"), code };
            let (facts, stored) = ask(store, team, &[guild()], question).await;
            assert_eq!(facts.actor.unwrap().person, ada);
            assert_eq!(facts.code, stored.map(|stored| stored.code));
            (facts.code.map(|code| (code.id, code.access)), facts.maker.map(|maker| maker.membership.person))
        };
        assert_eq!(load(one, made.id).await, (Some((made.id, given)), Some(bob)));
        change(store, one, ada, &[removed(bob, "owner")]).await;
        assert_eq!(load(one, made.id).await.1, None);
        assert_eq!(load(two, made.id).await, (None, None));
        assert_eq!(load(one, CodeId::from_uuid(Uuid::now_v7())).await, (None, None));
    })
    .await;
}

/// Redeems as the service does.
async fn redeem(db: &Database, team: TeamId, name: &str) -> Result<usize, Refusal> {
    let (user, key, policies) = (&user(name), &key("gd-once"), &set(&[guild()]));
    let (invite, question) = (CodeInvite(key), Joining { invite: CodeInvite(key), user });
    let loaded = db.store.lock_by_invite(invite, None, policies, |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let entering = facts.unwrap();
    let changes = redeem_code(&guild(), &entering.facts, entering.person().unwrap(), None, tx.now())?;
    tx.apply(&context(entering.person().unwrap()), team, &changes).await.unwrap();
    finish(tx, b"").await;
    Ok(changes.len())
}

#[tokio::test]
async fn joining_from_the_text_to_the_team() {
    on_both(async |db| {
        let store = &db.store;
        let team = team(store, &guild(), "ada").await;
        let ada = person(store, "ada").await;
        let given = access(&[("brand", "acme", "viewer")], &["shelf"]);
        let new = NewTeamCode { access: given.clone(), max_uses: Some(1), ..new_code(ada, "GD-ONCE") };
        let made = code(store, team, new).await;
        assert_eq!(store.team_of(&CodeInvite(&key("gd once"))).await.unwrap(), Some(team));
        let look = async |name: &str, policy: &str| {
            let visible = |seen: &PolicyName| *seen == policy_name(policy);
            let onlooker = Onlooker { user: &user(name), policies: &set(&[guild()]), visible };
            store.preview_code(team, &key("gdonce"), onlooker).await.unwrap()
        };
        let before = db.row_counts().await;
        let Preview { facts, maker_user_id, .. } = look("bob", "guild").await.unwrap();
        assert_eq!((facts.code.id, facts.code.uses, maker_user_id.as_deref()), (made.id, 0, Some("ada")));
        assert_eq!((facts.joining.membership, facts.code.access), (None, given.clone()));
        assert_eq!(db.row_counts().await, before, "a look made a person known");
        assert!(look("bob", "choir").await.is_none());

        assert_eq!(redeem(db, team, "bob").await, Ok(1));
        assert_eq!(redeem(db, team, "bob").await, Ok(0), "a member already");
        assert_eq!(redeem(db, team, "cleo").await, Err(Refusal::Exhausted));
        assert_eq!(shown(store, team, "bob").await.access, given);
        assert_eq!(look("cleo", "guild").await.unwrap().facts.code.uses, 1);
        let count = store.count_members(team, MemberState::Active, None).await.unwrap();
        assert_eq!((count, db.number("SELECT uses FROM team_codes").await), (2, 1));
        assert!(db.try_execute("UPDATE team_codes SET uses = 2").await.is_err(), "more than it may be used");
    })
    .await;
}
