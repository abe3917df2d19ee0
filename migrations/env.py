"""How Alembic meets our tables.

It is always given an open connection by `server.migrate`; nothing here reads settings.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from server.database.columns import UTCDateTime
from server.tables import metadata

OURS = frozenset(metadata.tables)


def is_ours(thing: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Leave alone what others keep in the same database (PostGIS and its like)."""
    return name in OURS if kind == "table" else True


def render_type(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write plain SQLAlchemy types, so that a migration never depends on code that may change later."""
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, AutoString):
        return f"sa.String(length={thing.length})" if thing.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
    include_object=is_ours,
    render_item=render_type,
)
with context.begin_transaction():
    context.run_migrations()
