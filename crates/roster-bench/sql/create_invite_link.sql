-- CreateInviteLink as the service sends it, read off Postgres' log: begin; claim and lock; facts; all rows; commit.
--
-- Each transaction has a number of its own, and with it a team, by its founder.
-- `base` and `clients` come from the command line, `n` counts within a client.
\set n :n + 1
\set number :base + :n * :clients + :client_id
\set team :number % 2000
\startpipeline
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = 5000;
\endpipeline

WITH claim AS (
    INSERT INTO idempotency (key, request) VALUES (sha256(int8send(:number::bigint)), sha256(int8send(:number::bigint))) ON CONFLICT (key) DO NOTHING RETURNING 1
)
SELECT (SELECT count(*) FROM claim) AS claimed, team.*
FROM (VALUES (1)) AS one
LEFT JOIN LATERAL (
    SELECT policy, revision, deleted_at FROM teams
    WHERE id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND EXISTS (SELECT FROM claim)
    FOR NO KEY UPDATE
) AS team ON true \gset team_

SELECT c.now, t.id, t.policy, t.display_name, t.tier, t.external_id, t.personal_person, (SELECT user_id FROM people WHERE id = t.personal_person), t.created_at, t.revision, t.version, t.deleted_at, (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = 1), a.person, a.role, a.state, a.email, a.version, a.restricted, CASE WHEN (SELECT 1 FROM grants WHERE team_id = a.team_id AND person = a.person LIMIT 1) = 1 THEN (SELECT json_agg(json_build_array(kind, resource, role) ORDER BY kind, resource)::text FROM grants WHERE team_id = a.team_id AND person = a.person) END, (SELECT json_agg(json_build_array(i.role, (SELECT role FROM members WHERE team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND person = i.maker AND state = 1), i.count))::text FROM (SELECT role, maker, count(*) AS count FROM invite_links WHERE team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND revoked_at IS NULL AND expires_at > c.now AND expires_at <= 9223372036854775807 GROUP BY role, maker) i) FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 0::bigint AS now OFFSET 0) c CROSS JOIN teams t LEFT JOIN members a ON a.team_id = t.id AND a.person = (SELECT id FROM people WHERE user_id = 'person-' || (:team::bigint + 98000)) WHERE t.id = lpad(to_hex(:team::bigint), 32, '0')::uuid;

WITH p0 AS (UPDATE teams SET revision = (:team_revision + 1)::bigint, version = coalesce(NULL::bigint, version), display_name = coalesce(NULL::text, display_name),
  tier = coalesce(NULL::text, tier), deleted_at = coalesce(NULL::bigint, deleted_at)
WHERE id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND revision = (:team_revision + 1)::bigint - 1 RETURNING 1), p1 AS (INSERT INTO invite_links (id, team_id, role, maker, revision, digest, salt, generation, key_id, created_at,
  expires_at, revoked_at, uses)
SELECT lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid, lpad(to_hex(:team::bigint), 32, '0')::uuid, 'viewer', (:team::bigint + 98001), (:team_revision + 1)::bigint, sha256(int8send(:number::bigint)), decode(repeat('00', 16), 'hex'), 0, 'bench', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, NULL::bigint, 0::bigint WHERE true RETURNING 1), p2 AS (INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, request_id, payload)
SELECT id, lpad(to_hex(:team::bigint), 32, '0')::uuid, (:team_revision + 1)::bigint, position, type, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (:team::bigint + 98001), target, 'bench', lpad(to_hex(:number::bigint), 32, '0')::uuid, payload
FROM jsonb_to_recordset(('[{"id": "' || lpad(to_hex(:number::bigint * 2 + 0), 32, '0') || '", "type": "invite_link_created", "target": null, "payload": {"link": "' || lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid || '", "role": "viewer", "type": "invite_link_created", "expires_at": ' || (extract(epoch FROM clock_timestamp()) * 1000000)::bigint || '}, "position": 0}]')::jsonb) AS r (id uuid, position smallint, type text, target bigint, payload jsonb) WHERE true RETURNING 1), p3 AS (UPDATE idempotency SET answer = decode(repeat('a7', 190), 'hex'), answered_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE key = sha256(int8send(:number::bigint)) RETURNING 1) SELECT (SELECT count(*) FROM p0), (SELECT count(*) FROM p1), (SELECT count(*) FROM p2), (SELECT count(*) FROM p3);
COMMIT;
