-- RedeemInviteLink in five round trips, written by hand: begin; claim and lock; facts; all rows; commit.
--
-- Each transaction has a number of its own, and with it a team and a person who is not yet in it. `base` and `clients` come
-- from the command line, `n` counts within a client.
\set n :n + 1
\set number :base + :n * :clients + :client_id
\set team :number % 2000
\set person :number / 2000 % 98000
\startpipeline
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 5000;
\endpipeline

-- The lock reads the claim: a lost claim locks nothing.
WITH claim AS (
    INSERT INTO idempotency (key, request) VALUES (sha256(int8send(:number::bigint)), sha256(int8send(:number::bigint))) ON CONFLICT DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM claim) AS claimed, t.*
FROM (VALUES (1)) v
LEFT JOIN LATERAL (
    SELECT id, policy, display_name, tier, external_id, personal_person, created_at, revision, version, deleted_at
    FROM teams
    WHERE id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND EXISTS (SELECT FROM claim)
    FOR NO KEY UPDATE
) t ON true \gset team_

SELECT
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
    l.role, l.maker, l.revision, l.expires_at, l.revoked_at,
    p.id AS person,
    m.role AS member_role, m.state AS member_state, m.version AS member_version,
    r.revision AS removal,
    i.role AS inviter_role, i.state AS inviter_state, u.user_id AS inviter,
    (SELECT coalesce(sum(count), 0)::bigint FROM member_counts WHERE team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND state = 1) AS members
FROM (VALUES (1)) v
LEFT JOIN invite_links l ON l.id = lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid AND l.team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND l.digest = sha256(int8send(:team::bigint))
LEFT JOIN LATERAL (
    SELECT id FROM people WHERE user_id = 'person-' || :person::bigint FOR KEY SHARE
) p ON true
LEFT JOIN members m ON m.team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND m.person = p.id
LEFT JOIN removals r ON r.team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND r.person = p.id
LEFT JOIN members i ON i.team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND i.person = l.maker
LEFT JOIN people u ON u.id = i.person \gset facts_

\set revision :team_revision + 1
WITH raised AS (
    UPDATE teams SET revision = :revision WHERE id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND revision = :team_revision RETURNING 1
), joined AS (
    INSERT INTO members
        (team_id, person, role, state, email, email_key, restricted, joined_at, join_method, joined_through, invited_by, version)
    VALUES (lpad(to_hex(:team::bigint), 32, '0')::uuid, :facts_person, 'viewer', 1, 'person-' || :person::bigint || '@example.org',
        'person-' || :person::bigint || '@example.org', '', :facts_now, 2, lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid, :facts_maker, :revision)
    RETURNING 1
), counted AS (
    INSERT INTO member_counts (team_id, role, state, count) VALUES (lpad(to_hex(:team::bigint), 32, '0')::uuid, 'viewer', 1, 1)
    ON CONFLICT (team_id, role, state) DO UPDATE SET count = member_counts.count + 1
    RETURNING 1
), used AS (
    UPDATE invite_links SET uses = uses + 1 WHERE id = lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid AND team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid RETURNING 1
), logged AS (
    INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, request_id, payload)
    VALUES (lpad(to_hex(:number::bigint), 32, 'e')::uuid, lpad(to_hex(:team::bigint), 32, '0')::uuid, :revision, 0, 'member_joined', :facts_now, :facts_person,
        :facts_person, 'bench', lpad(to_hex(:number::bigint), 32, 'f')::uuid,
        ('{"role": "viewer", "type": "member_joined", "access": {"grants": [], "restricted": []}, "method": "invite_link", "through": "' || lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid || '", "invited_by": ' || :facts_maker::bigint || '}')::jsonb)
    RETURNING 1
), kept AS (
    UPDATE idempotency SET answer = decode(repeat('a7', 190), 'hex'), answered_at = :facts_now WHERE key = sha256(int8send(:number::bigint)) RETURNING 1
)
SELECT (SELECT count(*) FROM raised), (SELECT count(*) FROM joined), (SELECT count(*) FROM counted),
    (SELECT count(*) FROM used), (SELECT count(*) FROM logged), (SELECT count(*) FROM kept);
COMMIT;
