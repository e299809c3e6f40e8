-- RedeemInviteLink as the service sends it, read off Postgres' log: begin; claim and lock; facts; all rows; commit.
--
-- Each transaction has a number of its own, and with it a team and a person who is not yet in it.
-- `base` and `clients` come from the command line, `n` counts within a client.
\set n :n + 1
\set number :base + :n * :clients + :client_id
\set team :number % 2000
\set person :number / 2000 % 96000
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

WITH held AS (SELECT id FROM people WHERE user_id = 'person-' || :person::bigint FOR KEY SHARE), made AS (INSERT INTO people (user_id, created_at) SELECT 'person-' || :person::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 0::bigint WHERE NOT EXISTS (SELECT FROM held) ON CONFLICT DO NOTHING RETURNING id), known AS (SELECT id FROM held UNION ALL SELECT id FROM made) SELECT c.now, (SELECT id FROM known), t.id, t.policy, t.display_name, t.tier, t.external_id, t.personal_person, (SELECT user_id FROM people WHERE id = t.personal_person), t.created_at, t.revision, t.version, t.deleted_at, (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = 1), i.created_at, (SELECT user_id FROM people WHERE id = i.maker), i.id, i.role, i.maker, i.revision, i.created_at, i.expires_at, i.revoked_at, i.uses, j.person, j.role, j.state, j.email, j.version, (SELECT revision FROM removals WHERE team_id = t.id AND person = (SELECT id FROM known)), h.person, h.role, h.state, h.email, h.version, h.restricted, CASE WHEN (SELECT 1 FROM grants WHERE team_id = h.team_id AND person = h.person LIMIT 1) = 1 THEN (SELECT json_agg(json_build_array(kind, resource, role) ORDER BY kind, resource)::text FROM grants WHERE team_id = h.team_id AND person = h.person) END, NULL, NULL, m.person, m.role, m.state, m.email, m.version, m.restricted, CASE WHEN (SELECT 1 FROM grants WHERE team_id = m.team_id AND person = m.person LIMIT 1) = 1 THEN (SELECT json_agg(json_build_array(kind, resource, role) ORDER BY kind, resource)::text FROM grants WHERE team_id = m.team_id AND person = m.person) END, (SELECT user_id FROM people WHERE id = m.person), m.joined_at, m.join_method, (SELECT user_id FROM people WHERE id = m.invited_by) FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 0::bigint AS now OFFSET 0) c CROSS JOIN teams t LEFT JOIN invite_links i ON i.id = lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid AND i.team_id IS NOT DISTINCT FROM t.id AND i.digest = sha256(int8send(:team::bigint)) LEFT JOIN members j ON j.team_id = t.id AND j.person = (SELECT id FROM known) LEFT JOIN members h ON h.team_id = t.id AND h.person = i.maker LEFT JOIN members m ON m.team_id = t.id AND m.person = (SELECT id FROM known) WHERE t.id = lpad(to_hex(:team::bigint), 32, '0')::uuid;

WITH p0 AS (UPDATE teams SET revision = (:team_revision + 1)::bigint, version = coalesce(NULL::bigint, version), display_name = coalesce(NULL::text, display_name),
  tier = coalesce(NULL::text, tier), deleted_at = coalesce(NULL::bigint, deleted_at)
WHERE id = lpad(to_hex(:team::bigint), 32, '0')::uuid AND revision = (:team_revision + 1)::bigint - 1 RETURNING 1), p1 AS (INSERT INTO members (team_id, person, role, state, email, email_key, restricted, joined_at, join_method,
  joined_through, invited_by, version)
SELECT lpad(to_hex(:team::bigint), 32, '0')::uuid, person, role, state, email, email_key, restricted, joined_at, join_method, joined_through, invited_by, (:team_revision + 1)::bigint
FROM jsonb_to_recordset(('[{"role": "viewer", "email": null, "state": 1, "person": ' || (:person::bigint + 1) || ', "email_key": null, "joined_at": ' || (extract(epoch FROM clock_timestamp()) * 1000000)::bigint || ', "invited_by": ' || (:team::bigint + 98001) || ', "restricted": "", "join_method": 2, "joined_through": "' || lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid || '"}]')::jsonb) AS r (person bigint, role text, state smallint, email text, email_key text,
  restricted text, joined_at bigint, join_method smallint, joined_through uuid, invited_by bigint)
WHERE true RETURNING 1), p2 AS (INSERT INTO member_counts (team_id, role, state, count) SELECT lpad(to_hex(:team::bigint), 32, '0')::uuid, role, state, count
FROM jsonb_to_recordset('[{"role": "viewer", "count": 1, "state": 1}]'::jsonb) AS r (role text, state smallint, count bigint) WHERE true ON CONFLICT (team_id, role, state) DO UPDATE SET count = member_counts.count + excluded.count RETURNING 1), p3 AS (UPDATE invite_links SET maker = coalesce(NULL::bigint, maker), revoked_at = coalesce(NULL::bigint, revoked_at), uses = uses + 1::bigint
WHERE id = ANY (ARRAY(SELECT r::uuid FROM jsonb_array_elements_text(('["' || lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid || '"]')::jsonb) AS r))
AND team_id IS NOT DISTINCT FROM lpad(to_hex(:team::bigint), 32, '0')::uuid RETURNING 1), p4 AS (INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, request_id, payload)
SELECT id, lpad(to_hex(:team::bigint), 32, '0')::uuid, (:team_revision + 1)::bigint, position, type, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (:person::bigint + 1), target, 'bench', lpad(to_hex(:number::bigint), 32, '0')::uuid, payload
FROM jsonb_to_recordset(('[{"id": "' || lpad(to_hex(:number::bigint * 2 + 0), 32, '0') || '", "type": "member_joined", "target": ' || (:person::bigint + 1) || ', "payload": {"role": "viewer", "type": "member_joined", "access": {"grants": [], "restricted": []}, "method": "invite_link", "through": "' || lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid || '", "invited_by": ' || (:team::bigint + 98001) || '}, "position": 0}]')::jsonb) AS r (id uuid, position smallint, type text, target bigint, payload jsonb) WHERE true RETURNING 1), p5 AS (UPDATE idempotency SET answer = decode(repeat('a7', 190), 'hex'), answered_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE key = sha256(int8send(:number::bigint)) RETURNING 1) SELECT (SELECT count(*) FROM p0), (SELECT count(*) FROM p1), (SELECT count(*) FROM p2), (SELECT count(*) FROM p3), (SELECT count(*) FROM p4), (SELECT count(*) FROM p5);
COMMIT;
