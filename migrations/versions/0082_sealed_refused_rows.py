"""Keep refused rows of imports as one text that is sealed, and nothing of those that somebody has seen to.

Revision 0082, after 0081. The key lies outside the database: what waits is kept as it was in the new place, and the server's first
round seals it. Of importers that no page mends the rows go, and so do
counties' files that nobody applied: they are kept for a day, and sealed from now on.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

MENDED = "('referrals', 'notices')"


def upgrade() -> None:
    empty = sa.text("''")
    op.add_column("refused_row", sa.Column("held", sa.Text(), nullable=False, server_default=empty))
    op.add_column("refused_row", sa.Column("mark", sa.String(length=60), nullable=False, server_default=empty))
    op.execute(
        f"DELETE FROM refused_row WHERE batch_id IN (SELECT id FROM import_batch WHERE kind NOT IN {MENDED})"  # noqa: S608
    )
    op.execute("DELETE FROM county_batch WHERE applied_at IS NULL")
    _write("reason, raw, cells", "settled_at IS NULL", _as_one)
    with op.batch_alter_table("refused_row") as table:
        for name in ("reason", "raw", "cells"):
            table.drop_column(name)
        table.alter_column("held", server_default=None)
        table.alter_column("mark", server_default=None)


def downgrade() -> None:
    """What is sealed cannot be opened here, and what was seen to has no words: both go. What was not sealed yet comes back."""
    op.execute("DELETE FROM county_batch WHERE applied_at IS NULL")
    op.execute("DELETE FROM refused_row WHERE held NOT LIKE '{%'")
    op.add_column("refused_row", sa.Column("reason", sa.String(length=400), nullable=False, server_default=sa.text("''")))
    op.add_column("refused_row", sa.Column("raw", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("refused_row", sa.Column("cells", sa.Text(), nullable=False, server_default=sa.text("'{}'")))
    _write("held", "1 = 1", _apart)
    with op.batch_alter_table("refused_row") as table:
        for name in ("held", "mark"):
            table.drop_column(name)
        for name in ("reason", "raw"):
            table.alter_column(name, server_default=None)


def _as_one(row: Any) -> dict[str, str]:
    cells = json.loads(row.cells or "{}")
    return {"held": json.dumps({"reason": row.reason, "raw": row.raw, "cells": cells})}


def _apart(row: Any) -> dict[str, str]:
    words = json.loads(row.held)
    return {"reason": words["reason"], "raw": words["raw"], "cells": json.dumps(words.get("cells", {}))}


def _write(columns: str, condition: str, to: Any) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text(f"SELECT batch_id, row_number, {columns} FROM refused_row WHERE {condition}")).all()  # noqa: S608
    for row in rows:
        values = to(row)
        sets = ", ".join(f"{name} = :{name}" for name in values)
        statement = sa.text(f"UPDATE refused_row SET {sets} WHERE batch_id = :batch_id AND row_number = :row_number")  # noqa: S608
        connection.execute(statement, {"batch_id": row.batch_id, "row_number": row.row_number, **values})
