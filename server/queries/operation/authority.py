"""What PostgreSQL lets the server's own role do."""

from sqlalchemy.orm import Session

from server.database.sql import Sql


def is_superuser(session: Session) -> bool:
    """May this role do anything at all?"""
    return bool(Sql(session).rows("select rolsuper from pg_roles where rolname = current_user")[0][0])


def count_owned_tables(session: Session) -> int:
    """Tables that this role could drop, or whose triggers it could switch off: its own, and those of roles it belongs to."""
    counted = "select count(*) from pg_tables where schemaname = 'public' and pg_has_role(tableowner, 'USAGE')"
    return int(Sql(session).rows(counted)[0][0])
