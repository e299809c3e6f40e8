-- The invitations that the script of AcceptInvitation takes: of the transaction numbers from `$1` on, `$2` of them.
INSERT INTO invitations
    (id, team_id, email, email_key, role, restricted, state, maker, revision, version, digest, salt, generation, key_id,
    created_at, expires_at)
SELECT lpad(to_hex(n + 4294967296), 32, '0')::uuid, lpad(to_hex(n % 2000), 32, '0')::uuid, 'invited-' || n || '@example.org',
    'invited-' || n || '@example.org', 'viewer', '', 1, n % 2000 + 98001, 2, 2, sha256(int8send(n)),
    '\x00000000000000000000000000000000', 0, 'bench', 0, 9000000000000000
FROM generate_series($1::bigint, $1::bigint + $2::bigint - 1) n
