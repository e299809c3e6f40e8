-- How each script begins. A transaction has a number of its own, and with it a team. `base` and `clients` come from the command
-- line, `n` counts within a client.
\set n :n + 1
\set number :base + :n * :clients + :client_id
\set team :number % 2000
\startpipeline
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = 5000;
\endpipeline
