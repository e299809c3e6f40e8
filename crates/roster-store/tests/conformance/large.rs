//! A database in which a mistake in a plan shows.

use roster_domain::TeamId;
use uuid::Uuid;

use crate::database::Database;

const MEMBERS: &str = "INSERT INTO members
    (team_id, person, role, state, email, email_key, restricted, joined_at, join_method, version)";

const INVITATIONS: &str =
    "INSERT INTO invitations (id, team_id, email, email_key, role, restricted, state, maker,
    revision, version, digest, salt, generation, key_id, created_at, expires_at)
    SELECT gen_random_uuid()";

const NO_SALT: &str = "decode(repeat('00', 16), 'hex')";

/// A team of 20,000 with 3,000 links, 3,000 codes, 20,000 invitations that are over and 60,000 events, and 20,000
/// small ones, of which `user-7` is in 2,000.
///
/// The person `n` is `user-n`. Of the large team's members every hundredth is suspended. The person has the brand
/// `b` and its number modulo 2,000.
pub(crate) async fn large(db: &Database) -> TeamId {
    let team = TeamId::from_uuid(Uuid::now_v7());
    let id = db.uuid(team.uuid());
    for sql in [people_and_teams(&id), ways_in(&id), grants(&id)].concat() {
        db.execute(&sql).await;
    }
    db.execute("VACUUM ANALYZE").await;
    team
}

fn people_and_teams(id: &str) -> Vec<String> {
    let teams =
        "INSERT INTO teams (id, policy, display_name, caller, creator, revision, version, created_at)";
    vec![
        "INSERT INTO people (user_id, created_at) SELECT 'user-' || n, 0 FROM generate_series(1, 40000) n".into(),
        format!("{teams} VALUES ({id}, 'club', 'Large', 'front-end', 1, 20000, 1, 0)"),
        format!(
            "{teams} SELECT gen_random_uuid(), CASE WHEN n % 3 = 0 THEN 'choir' ELSE 'club' END, 'Small',
               'front-end', n, 1, 1, 0 FROM generate_series(1, 20000) n"
        ),
        format!(
            "{MEMBERS} SELECT {id}, n, CASE WHEN n <= 3 THEN 'owner' WHEN n % 2 = 0 THEN 'steward' ELSE 'guest' END,
               CASE WHEN n % 100 = 57 THEN 2 ELSE 1 END, 'User-' || n || '@example.org',
               'user-' || n || '@example.org', '', n * 1000, 1, 1
             FROM generate_series(1, 20000) n"
        ),
        format!("{MEMBERS} SELECT id, creator, 'owner', 1, NULL, NULL, '', 0, 1, 1 FROM teams WHERE id <> {id}"),
        format!(
            "{MEMBERS} SELECT id, 7, 'guest', 1, NULL, NULL, '', 1, 2, 1 FROM teams
               WHERE creator % 10 = 0 AND id <> {id}"
        ),
        "INSERT INTO member_counts (team_id, role, state, count)
           SELECT team_id, role, state, count(*) FROM members GROUP BY 1, 2, 3"
            .into(),
        format!(
            "INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, payload)
             SELECT gen_random_uuid(), {id}, n / 3 + 1, n % 3, 'member_suspended', n, n % 1000 + 1, n, 'front-end',
               '{{\"type\": \"member_suspended\", \"role\": \"guest\"}}' FROM generate_series(0, 59999) n"
        ),
        "INSERT INTO removals (team_id, person, revision) SELECT team_id, person, 1 FROM members".into(),
    ]
}

/// Of the links and codes the last ten are live. Of the invitations 60 are pending, the oldest, and 40 of them have not
/// expired at the time 1,000,000; in the small teams one each, and in 66 of them one of the same address. A hundred each
/// were declined, cancelled, and marked as expired. All were mailed; of those to the one address the mails are due.
fn ways_in(id: &str) -> Vec<String> {
    vec![
        format!(
            "INSERT INTO invite_links (id, team_id, role, maker, revision, digest, salt, generation, key_id,
               created_at, expires_at, revoked_at, uses)
             SELECT gen_random_uuid(), {id}, 'guest', 2 * n, n, sha256(n::text::bytea), {NO_SALT}, 0, 'first', 0,
               CASE WHEN n > 2990 THEN 9000000000000000 ELSE n END, NULL, 0 FROM generate_series(1, 3000) n"
        ),
        format!(
            "INSERT INTO team_codes
               (id, team_id, code, code_key, role, restricted, maker, revision, created_at, revoked_at, uses)
             SELECT gen_random_uuid(), {id}, 'GD-' || n, 'GD' || n, 'guest', '', 2 * n, n, 0,
               CASE WHEN n <= 2990 THEN n END, 0 FROM generate_series(1, 3000) n"
        ),
        format!(
            "INSERT INTO team_codes
               (id, team_id, code, code_key, role, restricted, maker, revision, created_at, uses)
             SELECT gen_random_uuid(), id, 'GX-' || creator, 'GX' || creator, 'guest', '', creator, 1, 0, 0 FROM teams WHERE id <> {id}"
        ),
        format!(
            "{INVITATIONS}, {id}, 'User-' || n || '@example.org', 'user-' || n || '@example.org', 'guest', '',
               CASE n % 200 WHEN 0 THEN 3 WHEN 1 THEN 4 WHEN 2 THEN 5 ELSE 2 END,
               1, n, n, sha256(('a' || n)::bytea), {NO_SALT}, 0, 'first', n, n, n, n FROM generate_series(1, 20000) n"
        )
        .replacen("expires_at)", "expires_at, answered_by, answered_at)", 1),
        format!(
            "{INVITATIONS}, {id}, 'user-' || n || '@example.org', 'user-' || n || '@example.org', 'guest', '', 1,
               1, n, n, sha256(('p' || n)::bytea), {NO_SALT}, 0, 'first', n - 6000,
               CASE WHEN n % 3 = 1 THEN n ELSE 9000000000000000 END FROM generate_series(6000, 6059) n"
        ),
        format!(
            "{INVITATIONS}, id, 'x@example.org', 'x@example.org', 'guest', '', 1, creator, 1, 1,
               sha256(('s' || creator)::bytea), {NO_SALT}, 0, 'first', 0, 9000000000000000 FROM teams WHERE id <> {id}"
        ),
        format!(
            "{INVITATIONS}, id, 'Often@example.org', 'often@example.org', 'guest', '', 1, creator, 2, 2,
               sha256(('o' || creator)::bytea), {NO_SALT}, 0, 'first', creator, 9000000000000000
             FROM teams WHERE id <> {id} AND creator % 300 = 0"
        ),
        "INSERT INTO mails (invitation_id, generation, locale, state, failure, attempts, due_at, created_at, sent_at)
           SELECT id, 0, '', CASE WHEN email_key LIKE 'often%' THEN 1 ELSE 2 END, 0, 0, created_at, created_at, NULL
           FROM invitations"
            .into(),
    ]
}

fn grants(id: &str) -> Vec<String> {
    let brand = "'brand', 'b' || (n % 2000), 'editor'";
    vec![
        format!("INSERT INTO grants SELECT {id}, n, {brand} FROM generate_series(1, 20000) n"),
        format!("INSERT INTO grants SELECT {id}, n, 'shelf', '', 'reader' FROM generate_series(2, 20000, 2) n"),
        format!(
            "INSERT INTO grants SELECT team_id, person, 'brand', 'b1', 'editor' FROM members WHERE team_id <> {id}"
        ),
        "INSERT INTO offered_grants SELECT id, team_id, 'brand', 'b' || (created_at % 2000), 'editor' FROM invitations"
            .into(),
        "INSERT INTO offered_grants SELECT id, team_id, 'brand', 'b' || revision, 'editor' FROM team_codes".into(),
    ]
}
