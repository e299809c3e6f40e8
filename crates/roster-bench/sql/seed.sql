-- What the pgbench scripts work on: 2,000 teams with a founder, a viewer and an invite link each, and people who are in none
-- of them. pgbench knows numbers only, so every id here is computed from one.

INSERT INTO people (user_id, created_at) SELECT 'person-' || n, 0 FROM generate_series(0, 99999) n ORDER BY n;

INSERT INTO teams (id, policy, display_name, caller, creator, revision, version, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'bench', 'Team ' || n, 'bench', n + 98001, 2, 1, 0
FROM generate_series(0, 1999) n;

INSERT INTO members (team_id, person, role, state, restricted, joined_at, join_method, version)
SELECT lpad(to_hex(n), 32, '0')::uuid, n + 98001, 'admin', 1, '', 0, 1, 1 FROM generate_series(0, 1999) n
UNION ALL
SELECT lpad(to_hex(n), 32, '0')::uuid, n + 96001, 'viewer', 1, '', 0, 2, 1 FROM generate_series(0, 1999) n;

-- More than there are, since the script of ChangeMemberRole does not look at which role it takes away.
INSERT INTO member_counts (team_id, role, state, count)
SELECT id, role, 1, 1000000 FROM teams, unnest(ARRAY['admin', 'editor', 'viewer']) role;

INSERT INTO invite_links
    (id, team_id, role, maker, revision, digest, salt, generation, key_id, created_at, expires_at, uses)
SELECT lpad(to_hex(n + 1048576), 32, '0')::uuid, t.id, 'viewer', t.creator, 2, sha256(int8send(n)),
    '\x00000000000000000000000000000000', 0, 'bench', 0, 9000000000000000, 0
FROM generate_series(0, 1999) n JOIN teams t ON t.id = lpad(to_hex(n), 32, '0')::uuid;
