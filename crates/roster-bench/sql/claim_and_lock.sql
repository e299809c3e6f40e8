-- The claim of a request and the lock of its team, as the service sends them.
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
