-- Who may do what in one Lantern database. Run in that database as its superuser, before the first `lantern migrate`, and again
-- after each upgrade and restore; running it again changes nothing:
--     sudo -u postgres psql -d lantern -f grants.sql
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO lantern_owner', current_database());
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM lantern_app, lantern_reader', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO lantern_app', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO lantern_reader', current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- Nobody but the owner makes anything in it: the owner's functions would call a function of the same name that stands there.
REVOKE CREATE ON SCHEMA public FROM lantern_app, lantern_reader;
GRANT USAGE, CREATE ON SCHEMA public TO lantern_owner;
GRANT USAGE ON SCHEMA public TO lantern_app, lantern_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO lantern_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO lantern_app;
-- What contexts are signed with is the owner's alone: by it row-level security knows for whom a transaction is.
DO $$
BEGIN
    IF to_regclass('public.context_key') IS NOT NULL THEN
        REVOKE ALL ON public.context_key FROM lantern_app;
    END IF;
END $$;

-- Tables that the owner makes from now on, also those of a restore, which comes into a schema of its own and takes public's place.
ALTER DEFAULT PRIVILEGES FOR ROLE lantern_owner GRANT USAGE ON SCHEMAS TO lantern_app, lantern_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE lantern_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO lantern_app;
ALTER DEFAULT PRIVILEGES FOR ROLE lantern_owner GRANT USAGE, SELECT ON SEQUENCES TO lantern_app;

-- The reader: how jobs went, and which revision stands.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['job', 'alembic_version'] LOOP
        IF to_regclass('public.' || name) IS NOT NULL THEN
            EXECUTE format('GRANT SELECT ON public.%I TO lantern_reader', name);
        END IF;
    END LOOP;
END $$;
