-- CreateTeam, by a person who is known. The texts are those that the service sends, read off Postgres' log.
\set person :number % 98000
WITH claim AS (
    INSERT INTO idempotency (key, request) VALUES (sha256(int8send(:number::bigint)), sha256(int8send(:number::bigint))) ON CONFLICT (key) DO NOTHING RETURNING 1
), held AS (
    SELECT id FROM people WHERE user_id = 'person-' || :person::bigint AND EXISTS (SELECT FROM claim) FOR NO KEY UPDATE
), made AS (
    INSERT INTO people (user_id, created_at)
    SELECT 'person-' || :person::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 0::bigint
    WHERE EXISTS (SELECT FROM claim) AND NOT EXISTS (SELECT FROM held)
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT (SELECT count(*) FROM claim) AS claimed, (SELECT id FROM held UNION ALL SELECT id FROM made) AS person \gset made_

SELECT c.now, (SELECT count(*) FROM teams WHERE creator = (:made_person)::bigint AND created_at > c.now - 86400000000::bigint AND personal_person IS NULL), NULL FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 0::bigint AS now OFFSET 0) c;

WITH p0 AS (INSERT INTO teams (id, policy, display_name, tier, external_id, personal_person, caller, creator, revision, version,
  created_at)
SELECT lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid, 'bench', 'Analytical Engines', NULL::text, NULL::text, NULL::bigint, 'bench', (:made_person)::bigint, 1::bigint, 1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE true RETURNING 1), p1 AS (INSERT INTO members (team_id, person, role, state, email, email_key, restricted, joined_at, join_method,
  joined_through, invited_by, version)
SELECT lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid, person, role, state, email, email_key, restricted, joined_at, join_method, joined_through, invited_by, 1::bigint
FROM jsonb_to_recordset(('[{"role": "admin", "email": null, "state": 1, "person": ' || (:made_person)::bigint || ', "email_key": null, "joined_at": ' || (extract(epoch FROM clock_timestamp()) * 1000000)::bigint || ', "invited_by": null, "restricted": "", "join_method": 1, "joined_through": null}]')::jsonb) AS r (person bigint, role text, state smallint, email text, email_key text,
  restricted text, joined_at bigint, join_method smallint, joined_through uuid, invited_by bigint)
WHERE true RETURNING 1), p2 AS (INSERT INTO member_counts (team_id, role, state, count) SELECT lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid, role, state, count
FROM jsonb_to_recordset('[{"role": "admin", "count": 1, "state": 1}]'::jsonb) AS r (role text, state smallint, count bigint) WHERE true ON CONFLICT (team_id, role, state) DO UPDATE SET count = member_counts.count + excluded.count RETURNING 1), p3 AS (INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, request_id, payload)
SELECT id, lpad(to_hex(:number::bigint + 4294967296), 32, '0')::uuid, 1::bigint, position, type, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (:made_person)::bigint, target, 'bench', lpad(to_hex(:number::bigint), 32, '0')::uuid, payload
FROM jsonb_to_recordset(('[{"id": "' || lpad(to_hex(:number::bigint * 2 + 0), 32, '0') || '", "type": "team_created", "target": null, "payload": {"tier": null, "type": "team_created", "policy": "bench", "personal": false, "external_id": null, "display_name": "Analytical Engines"}, "position": 0}, {"id": "' || lpad(to_hex(:number::bigint * 2 + 1), 32, '0') || '", "type": "member_joined", "target": ' || (:made_person)::bigint || ', "payload": {"role": "admin", "type": "member_joined", "access": {"grants": [], "restricted": []}, "method": "founder", "through": null, "invited_by": null}, "position": 1}]')::jsonb) AS r (id uuid, position smallint, type text, target bigint, payload jsonb) WHERE true RETURNING 1), p4 AS (UPDATE idempotency SET answer = decode(repeat('a7', 190), 'hex'), answered_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE key = sha256(int8send(:number::bigint)) RETURNING 1) SELECT (SELECT count(*) FROM p0), (SELECT count(*) FROM p1), (SELECT count(*) FROM p2), (SELECT count(*) FROM p3), (SELECT count(*) FROM p4);
COMMIT;
