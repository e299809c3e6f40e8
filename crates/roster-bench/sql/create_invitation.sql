-- CreateInvitation as the service sends it, read off Postgres' log: begin; claim and lock; facts; all rows; commit.
--
-- Each transaction has a number of its own, and with it a team and an address that was not invited before.
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

SELECT c.now, t.id, t.policy, t.display_name, t.tier, t.external_id, t.personal_person, (SELECT user_id FROM people WHERE id = t.personal_person), t.created_at, t.revision, t.version, t.deleted_at, (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = 1), a.person, a.role, a.state, a.email, a.version, a.restricted, CASE WHEN (SELECT 1 FROM grants WHERE team_id = a.team_id AND person = a.person LIMIT 1) = 1 THEN (SELECT json_agg(json_build_array(kind, resource, role) ORDER BY kind, resource)::text FROM grants WHERE team_id = a.team_id AND person = a.person) END, (SELECT json_agg(x)::text FROM (SELECT (SELECT json_build_array(i.id, i.email, i.role, i.maker, i.revision, i.version, i.generation, i.expires_at, i.state, i.answered_by, i.restricted, CASE WHEN (SELECT 1 FROM offered_grants WHERE offer_id = i.id LIMIT 1) = 1 THEN (SELECT json_agg(json_build_array(kind, resource, role) ORDER BY kind, resource)::text FROM offered_grants WHERE offer_id = i.id) END) FROM invitations i WHERE i.team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND i.email_key = k.value AND i.state = 1) AS x FROM jsonb_array_elements_text(('["guest-' || :number::bigint || '@example.org"]')::jsonb) k(value)) y WHERE x IS NOT NULL), (SELECT json_agg(k.value)::text FROM jsonb_array_elements_text(('["guest-' || :number::bigint || '@example.org"]')::jsonb) k(value) WHERE (SELECT 1 FROM members WHERE team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND email_key = k.value LIMIT 1) = 1), (SELECT json_agg(json_build_array(i.role, (SELECT role FROM members WHERE team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND person = i.maker AND state = 1), i.count))::text FROM (SELECT role, maker, count(*) AS count FROM invitations WHERE team_id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND state = 1 AND expires_at > c.now GROUP BY role, maker) i), (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = 2) FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 0::bigint AS now OFFSET 0) c CROSS JOIN teams t LEFT JOIN members a ON a.team_id = t.id AND a.person = (SELECT id FROM people WHERE user_id = 'person-' || (:team::bigint + 98000)) WHERE t.id = lpad(to_hex(:team::bigint), 32, '0')::uuid;

WITH p0 AS (UPDATE teams SET revision = (:team_revision + 1)::bigint, version = coalesce(NULL::bigint, version), display_name = coalesce(NULL::text, display_name),
  tier = coalesce(NULL::text, tier), deleted_at = coalesce(NULL::bigint, deleted_at)
WHERE id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND revision = (:team_revision + 1)::bigint - 1 RETURNING 1), p1 AS (INSERT INTO invitations (id, team_id, email, email_key, role, restricted, state, maker, revision, version, digest,
  salt, generation, key_id, created_at, expires_at, answered_by, answered_at)
SELECT id, lpad(to_hex(:team::bigint), 32, '0')::uuid, email, email_key, role, restricted, state, maker, (:team_revision + 1)::bigint, (:team_revision + 1)::bigint, decode(digest, 'hex'), decode(salt, 'hex'),
  generation, key_id, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, expires_at, answered_by, answered_at
FROM jsonb_to_recordset(('[{"id": "' || lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid || '", "role": "viewer", "salt": "6c716b30a5007e522147763a507c4a0a", "email": "guest-' || :number::bigint || '@example.org", "maker": ' || (:team::bigint + 98001) || ', "state": 1, "digest": "' || encode(sha256(int8send(:number::bigint)), 'hex') || '", "key_id": "bench", "email_key": "guest-' || :number::bigint || '@example.org", "expires_at": 9000000000000000, "generation": 0, "restricted": "", "answered_at": null, "answered_by": null}]')::jsonb) AS r (id uuid, email text, email_key text, role text, restricted text, state smallint,
  maker bigint, digest text, salt text, generation integer, key_id text, expires_at bigint, answered_by bigint,
  answered_at bigint)
WHERE true RETURNING 1), p2 AS (INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, request_id, payload)
SELECT id, lpad(to_hex(:team::bigint), 32, '0')::uuid, (:team_revision + 1)::bigint, position, type, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (:team::bigint + 98001), target, 'bench', lpad(to_hex(:number::bigint), 32, '0')::uuid, payload
FROM jsonb_to_recordset(('[{"id": "' || lpad(to_hex(:number::bigint * 2 + 0), 32, '0') || '", "type": "invitation_created", "target": null, "payload": {"role": "viewer", "type": "invitation_created", "access": {"grants": [], "restricted": []}, "expires_at": 9000000000000000, "invitation": "' || lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid || '"}, "position": 0}]')::jsonb) AS r (id uuid, position smallint, type text, target bigint, payload jsonb) WHERE true RETURNING 1), p3 AS (UPDATE idempotency SET answer = decode(repeat('a7', 190), 'hex'), answered_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE key = sha256(int8send(:number::bigint)) RETURNING 1) SELECT (SELECT count(*) FROM p0), (SELECT count(*) FROM p1), (SELECT count(*) FROM p2), (SELECT count(*) FROM p3);
COMMIT;
