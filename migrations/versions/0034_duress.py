"""Let a check-in say that it was made under duress, and an alarm's log that it was understood.

Revision 0034, after 0033. Going back, what was understood stands as a call for help.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BEFORE = ("help", "told", "sent", "failed", "taken", "noted", "heard", "well", "home")
NAME = "ck_alarm_event_kind_is_known"


def upgrade() -> None:
    _allow(("help", "duress", *BEFORE[1:]))
    op.add_column("check_in", sa.Column("duress", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_check_in_duress", "check_in", ["at"],
        sqlite_where=sa.text("duress = 1"), postgresql_where=sa.text("duress"),
    )  # fmt: skip


def downgrade() -> None:
    op.execute("UPDATE alarm_event SET kind = 'help' WHERE kind = 'duress'")
    _allow(BEFORE)
    op.drop_index("ix_check_in_duress", "check_in")
    op.drop_column("check_in", "duress")


def _allow(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in kinds)
    with op.batch_alter_table("alarm_event") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.create_check_constraint(op.f(NAME), f"kind IN ({words})")
