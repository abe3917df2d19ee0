"""Say at which conference an action was agreed; one agreed between two has none.

Revision 0091, after 0090. Of what lies there already it is the conference that had the case on its agenda and was under way: its
day had begun, it had not ended. The newest of several; of what fits none it stays unknown.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

MORNING = timedelta(hours=12)
"""Conferences are held by day: so long before one its day has begun, and the day before has nearly ended."""


def upgrade() -> None:
    op.add_column("case_action", sa.Column("conference_id", sa.String(length=36), nullable=True))
    op.create_index(op.f("ix_case_action_conference_id"), "case_action", ["conference_id"])
    moment = sa.DateTime(timezone=True)
    action = sa.table("case_action", sa.column("case_id"), sa.column("agreed_at", moment), sa.column("conference_id"))
    item = sa.table("agenda_item", sa.column("case_id"), sa.column("conference_id"))
    held = sa.table(
        "case_conference", sa.column("id"), sa.column("starts_at", moment), sa.column("finished_at", moment)
    )
    connection = op.get_bind()
    every = sa.select(held.c.id, held.c.starts_at, held.c.finished_at).order_by(held.c.starts_at, held.c.id)
    for conference_id, starts_at, finished_at in connection.execute(every).all():
        discussed = sa.select(item.c.case_id).where(item.c.conference_id == conference_id)
        there = [action.c.case_id.in_(discussed), action.c.agreed_at >= starts_at - MORNING]
        if finished_at is not None:
            there.append(action.c.agreed_at <= finished_at)
        connection.execute(sa.update(action).where(*there).values(conference_id=conference_id))


def downgrade() -> None:
    op.drop_index(op.f("ix_case_action_conference_id"), "case_action")
    op.drop_column("case_action", "conference_id")
