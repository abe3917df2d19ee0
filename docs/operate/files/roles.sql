-- The three roles of a Lantern database. Run once a cluster, as its superuser; running it again changes nothing:
--     sudo -u postgres psql -f roles.sql
-- lantern_owner owns the tables and changes the schema: `lantern migrate` and `lantern restore` come as it, nothing else does.
-- lantern_app reads and writes rows: `lantern serve` and everything else comes as it. It cannot drop, alter or disable anything.
-- lantern_reader sees how the jobs went, for watching. It cannot read a row about anybody.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['lantern_owner', 'lantern_app', 'lantern_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name);
        END IF;
    END LOOP;
END $$;
ALTER ROLE lantern_app SET idle_in_transaction_session_timeout = '5min';
ALTER ROLE lantern_reader SET default_transaction_read_only = on;
ALTER ROLE lantern_reader SET statement_timeout = '10s';
