"""Let an alarm's log say that the server was put back to an earlier state while it was open, and that whoever had it was let go.

Revision 0097, after 0096. Going back, the first stands as a fault of the server, in the same words, the second as a note.
"""

from alembic import op

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None

BEFORE = ("help", "duress", "told", "sent", "failed", "taken", "noted", "heard", "well", "home")
NAME = "ck_alarm_event_kind_is_known"


def upgrade() -> None:
    _allow((*BEFORE, "put_back", "given_up"))


def downgrade() -> None:
    op.execute("UPDATE alarm_event SET kind = 'failed' WHERE kind = 'put_back'")
    op.execute("UPDATE alarm_event SET kind = 'noted', note = 'Works here no more.' WHERE kind = 'given_up'")
    _allow(BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{each}'" for each in kinds)
    with op.batch_alter_table("alarm_event") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.create_check_constraint(op.f(NAME), f"kind IN ({words})")
