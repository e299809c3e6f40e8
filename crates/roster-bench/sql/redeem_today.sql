-- The statements of RedeemInviteLink as the service sent them at commit 7bc6590, read off Postgres' log: 19 round trips.
--
-- Each transaction has a number of its own, and with it a team and a person who is not yet in it. `base` and `clients` come
-- from the command line, `n` counts within a client.
\set n :n + 1
\set number :base + :n * :clients + :client_id
\set team :number % 2000
\set person :number / 2000 % 98000
BEGIN;
\startpipeline
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = 5000;
SET LOCAL statement_timeout = 10000;
\endpipeline
INSERT INTO "idempotency" ("key", "request", "answer", "answered_at") VALUES (sha256(int8send(:number::bigint)), sha256(int8send(:number::bigint)), NULL, NULL) ON CONFLICT ("key") DO NOTHING;
SELECT "teams"."id" FROM "teams" WHERE "teams"."id" = lpad(to_hex(:team::bigint), 32, '0')::uuid LIMIT 1 FOR NO KEY UPDATE;
SELECT "teams"."id", "teams"."policy", "teams"."display_name", "teams"."tier", "teams"."external_id", "teams"."personal_person", "teams"."created_at", "teams"."revision", "teams"."version", "teams"."deleted_at", (SELECT "user_id" FROM "people" WHERE "people"."id" = "teams"."personal_person") AS "personal_user_id", (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM "member_counts" WHERE "member_counts"."team_id" = "teams"."id" AND "member_counts"."state" = 1) AS "member_count", (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS "now" FROM "teams" WHERE "teams"."id" = lpad(to_hex(:team::bigint), 32, '0')::uuid LIMIT 1 \gset team_
SELECT "invite_links"."id", "invite_links"."team_id", "invite_links"."role", "invite_links"."maker", "invite_links"."revision", "invite_links"."digest", "invite_links"."salt", "invite_links"."generation", "invite_links"."key_id", "invite_links"."created_at", "invite_links"."expires_at", "invite_links"."revoked_at", "invite_links"."uses" FROM "invite_links" WHERE "invite_links"."id" = lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid AND "invite_links"."team_id" = lpad(to_hex(:team::bigint), 32, '0')::uuid AND "invite_links"."digest" = sha256(int8send(:team::bigint)) LIMIT 1 \gset link_
SELECT "people"."id", "people"."user_id", "people"."created_at" FROM "people" WHERE "people"."user_id" = 'person-' || :person::bigint LIMIT 1 FOR KEY SHARE \gset person_
SELECT "members"."team_id", "members"."person", "members"."role", "members"."state", "members"."email", "members"."email_key", "members"."restricted", "members"."joined_at", "members"."join_method", "members"."joined_through", "members"."invited_by", "members"."version" FROM "members" WHERE "members"."team_id" = lpad(to_hex(:team::bigint), 32, '0')::uuid AND "members"."person" = :person_id LIMIT 1;
SELECT "removals"."team_id", "removals"."person", "removals"."revision" FROM "removals" WHERE "removals"."team_id" = lpad(to_hex(:team::bigint), 32, '0')::uuid AND "removals"."person" = :person_id LIMIT 1;
SELECT "members"."team_id", "members"."person", "members"."role", "members"."state", "members"."email", "members"."email_key", "members"."restricted", "members"."joined_at", "members"."join_method", "members"."joined_through", "members"."invited_by", "members"."version" FROM "members" WHERE "members"."team_id" = lpad(to_hex(:team::bigint), 32, '0')::uuid AND "members"."person" = :link_maker LIMIT 1;
\set revision :team_revision + 1
UPDATE "teams" SET "revision" = :revision WHERE "teams"."id" = lpad(to_hex(:team::bigint), 32, '0')::uuid AND "teams"."revision" = :team_revision;
INSERT INTO "members" ("team_id", "person", "role", "state", "email", "email_key", "restricted", "joined_at", "join_method", "joined_through", "invited_by", "version") VALUES (lpad(to_hex(:team::bigint), 32, '0')::uuid, :person_id, 'viewer', 1, 'person-' || :person::bigint || '@example.org', 'person-' || :person::bigint || '@example.org', '', :team_now, 2, lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid, :link_maker, :revision);
INSERT INTO "member_counts" ("team_id", "role", "state", "count") VALUES (lpad(to_hex(:team::bigint), 32, '0')::uuid, 'viewer', 1, 1) ON CONFLICT ("team_id", "role", "state") DO UPDATE SET "count" = "member_counts"."count" + 1;
UPDATE "invite_links" SET "uses" = "uses" + 1 WHERE "invite_links"."id" = lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid AND "invite_links"."team_id" = lpad(to_hex(:team::bigint), 32, '0')::uuid;
INSERT INTO "events" ("id", "team_id", "revision", "position", "type", "at", "actor", "target", "caller", "request_id", "payload") VALUES (lpad(to_hex(:number::bigint), 32, 'e')::uuid, lpad(to_hex(:team::bigint), 32, '0')::uuid, :revision, 0, 'member_joined', :team_now, :person_id, :person_id, 'bench', lpad(to_hex(:number::bigint), 32, 'f')::uuid, ('{"role": "viewer", "type": "member_joined", "access": {"grants": [], "restricted": []}, "method": "invite_link", "through": "' || lpad(to_hex(:team::bigint + 1048576), 32, '0')::uuid || '", "invited_by": ' || :link_maker::bigint || '}')::jsonb);
SELECT "members"."person", "members"."email", "members"."role", "members"."state", "members"."restricted", "members"."joined_at", "members"."join_method", "members"."version", "people"."user_id", "inviter"."user_id" AS "inviter", (SELECT 1 FROM "grants" WHERE "grants"."team_id" = "members"."team_id" AND "grants"."person" = "members"."person" LIMIT 1) AS "granted" FROM "members" LEFT JOIN "people" ON "members"."person" = "people"."id" LEFT JOIN "people" AS "inviter" ON "members"."invited_by" = "inviter"."id" WHERE "members"."team_id" = lpad(to_hex(:team::bigint), 32, '0')::uuid AND "members"."person" IN (:person_id);
SELECT "teams"."id", "teams"."policy", "teams"."display_name", "teams"."tier", "teams"."external_id", "teams"."personal_person", "teams"."created_at", "teams"."revision", "teams"."version", "teams"."deleted_at", (SELECT "user_id" FROM "people" WHERE "people"."id" = "teams"."personal_person") AS "personal_user_id", (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM "member_counts" WHERE "member_counts"."team_id" = "teams"."id" AND "member_counts"."state" = 1) AS "member_count", (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS "now" FROM "teams" WHERE "teams"."id" = lpad(to_hex(:team::bigint), 32, '0')::uuid LIMIT 1;
UPDATE "idempotency" SET "answer" = decode(repeat('a7', 190), 'hex'), "answered_at" = :team_now WHERE "idempotency"."key" = sha256(int8send(:number::bigint));
COMMIT;
