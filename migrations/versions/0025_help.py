"""Let a worker ask for help: one more thing that happens to an alarm.

Revision 0025, after 0024. Going back, what was asked stands as a note.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BEFORE = ("told", "sent", "failed", "taken", "noted", "heard", "well", "home")
NAME = "ck_alarm_event_kind_is_known"


def upgrade() -> None:
    _allow(("help", *BEFORE))


def downgrade() -> None:
    op.execute("UPDATE alarm_event SET kind = 'noted' WHERE kind = 'help'")
    _allow(BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in kinds)
    with op.batch_alter_table("alarm_event") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.create_check_constraint(op.f(NAME), f"kind IN ({words})")
