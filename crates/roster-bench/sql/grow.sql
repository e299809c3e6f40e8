-- Fills a database with memberships beside those that calls made: people in several teams of 18 each, one large team of
-- 100,000, and an event for each membership. The words in capitals with braces are put in before it runs.

SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';

-- Indexes are faster to build once than to keep. Those of constraints stay.
CREATE TEMPORARY TABLE dropped AS
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename IN ('people', 'teams', 'members', 'events')
    AND indexname NOT IN (SELECT conname FROM pg_constraint);

DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM dropped LOOP EXECUTE format('DROP INDEX %I', name); END LOOP;
END $$;

CREATE TEMPORARY TABLE base AS SELECT max(id) AS person FROM people;

INSERT INTO people (user_id, created_at) SELECT 'grown-' || n, 0 FROM generate_series(1, {PEOPLE}) n ORDER BY n;

INSERT INTO teams (id, policy, display_name, caller, creator, revision, version, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'bench', 'Grown team ' || n, 'bench', base.person + 1 + n * 18 % {PEOPLE}, 19, 1, 0
FROM generate_series(1, {TEAMS}) n, base;

INSERT INTO members (team_id, person, role, state, restricted, joined_at, join_method, version)
SELECT lpad(to_hex(n), 32, '0')::uuid, base.person + 1 + (n * 18 + seat) % {PEOPLE},
    CASE seat WHEN 0 THEN 'admin' ELSE 'viewer' END, 1, '', seat, 1, seat + 2
FROM generate_series(1, {TEAMS}) n, generate_series(0, 17) seat, base;

INSERT INTO member_counts (team_id, role, state, count)
SELECT lpad(to_hex(n), 32, '0')::uuid, role, 1, count
FROM generate_series(1, {TEAMS}) n, (VALUES ('admin', 1), ('viewer', 17)) counts (role, count);

INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, payload)
SELECT gen_random_uuid(), team_id, version, 0, 'member_joined', joined_at, person, person, 'bench',
    '{"role": "viewer", "type": "member_joined", "access": {"grants": [], "restricted": []}, "method": "added"}'
FROM members WHERE joined_at < 18;

-- The large team: made by a call, with a few members.
INSERT INTO members (team_id, person, role, state, restricted, joined_at, join_method, version)
SELECT t.id, base.person + n, 'viewer', 1, '', 100 + n, 1, t.revision + n
FROM generate_series(1, 100000) n, base, teams t WHERE t.id = '{LARGE_TEAM}';

UPDATE member_counts SET count = count + 100000 WHERE team_id = '{LARGE_TEAM}' AND role = 'viewer' AND state = 1;

INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, payload)
SELECT gen_random_uuid(), m.team_id, m.version, 0, 'member_joined', m.joined_at, m.person, m.person, 'bench',
    '{"role": "viewer", "type": "member_joined", "access": {"grants": [], "restricted": []}, "method": "added"}'
FROM members m JOIN teams t ON t.id = m.team_id WHERE t.id = '{LARGE_TEAM}' AND m.version > t.revision;

UPDATE teams SET revision = revision + 100000 WHERE id = '{LARGE_TEAM}';

DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT indexdef FROM dropped LOOP EXECUTE definition; END LOOP;
END $$;
