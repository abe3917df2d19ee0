"""Whether a database holds together: how many facts it has, and what in it is broken."""

from sqlalchemy import func, inspect, select, table
from sqlalchemy.orm import Session

from server.database.sql import Sql

FACTS = ("sync_change", "contact", "person", "mdt_case", "worker", "agency", "ledger", "audit")


def count_facts(session: Session) -> dict[str, int]:
    """The rows of each kind of fact that this revision of the schema has."""
    there = set(inspect(session.connection()).get_table_names())
    return {
        name: session.execute(select(func.count()).select_from(table(name))).scalar_one()
        for name in FACTS
        if name in there
    }


def find_broken(session: Session) -> list[str]:
    """The tables in which a row refers to one that is not there, and what SQLite finds damaged. PostgreSQL checks as it loads."""
    sql = Sql(session)
    if sql.is_postgres:
        return []
    verdict = sql.rows("pragma quick_check(1)")[0][0]
    return ([] if verdict == "ok" else ["damaged pages"]) + sorted(
        {row[0] for row in sql.rows("pragma foreign_key_check")}
    )
