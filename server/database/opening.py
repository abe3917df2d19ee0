"""The database of one server's settings: with the key that signs whom a transaction is for, where there is one."""

from server.database.context import pads
from server.database.engine import Database, parse_url
from server.security.keys import find_context_key, list_context_keys, name_key
from server.settings import Settings

_TABLE = """
CREATE TABLE IF NOT EXISTS context_key (
    id text PRIMARY KEY, inner_pad bytea NOT NULL, outer_pad bytea NOT NULL
)
"""
_TAKE_BACK = """
DO $$
DECLARE
    other text;
BEGIN
    FOR other IN SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
        FROM pg_class, aclexplode(relacl) WHERE oid = 'context_key'::regclass AND grantee <> relowner
    LOOP
        EXECUTE 'REVOKE ALL ON context_key FROM ' || other;
    END LOOP;
END $$
"""


def open_database(settings: Settings, *, pool_size: int = 10) -> Database:
    """The database that LANTERN_DATABASE names. Raises ValueError for a key that cannot be read."""
    is_sqlite = parse_url(settings.database).get_backend_name() == "sqlite"
    key = None if is_sqlite else find_context_key(settings)
    return Database(settings.database, pool_size=pool_size, context_key=key)


def teach_key(settings: Settings) -> None:
    """Let PostgreSQL believe what this server signs. Come as the tables' owner: nobody else may read or change what is told."""
    if parse_url(settings.database).get_backend_name() == "sqlite":
        return
    rows = [(name_key(key), *pads(key)) for key in list_context_keys(settings)]
    database = Database(settings.database, pool_size=1)
    try:
        with database.engine.begin() as connection:
            for statement in (_TABLE, _TAKE_BACK):
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("DELETE FROM context_key")
            connection.exec_driver_sql("INSERT INTO context_key VALUES (%s, %s, %s)", rows)
    finally:
        database.close()
