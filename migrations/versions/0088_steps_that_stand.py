"""Find the steps of referrals by the contact or the visit by which they were taken, and leave the referrals where they stand
without those that are struck out.

Revision 0088, after 0087.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

COLUMNS = ("contact_id", "visit_id")
THERE = ("looked_for", "found")


def upgrade() -> None:
    for column in COLUMNS:
        present = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_referral_progress_{column}", "referral_progress", [column], sqlite_where=present, postgresql_where=present
        )
    _settle(Session(op.get_bind()))


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"ix_referral_progress_{column}", table_name="referral_progress")


def _settle(session: Session) -> None:
    """Only referrals that still stand at a step that is struck out move; what came after it was decided by somebody."""
    struck = _list_struck(session)
    if not struck:
        return
    steps = session.execute(sa.text("SELECT id, referral_id, state, contact_id, visit_id FROM referral_progress ORDER BY at, id"))
    newest: dict[str, tuple[str, bool]] = {}
    left: dict[str, str] = {}
    for row in steps:
        stands = row.state not in THERE or not {row.contact_id, row.visit_id} & struck
        newest[row.referral_id] = (row.state, stands)
        if stands:
            left[row.referral_id] = row.state
    for referral_id, (state, stands) in newest.items():
        if not stands:
            session.execute(
                sa.text("UPDATE referral SET state = :left WHERE id = :id AND state = :state"),
                {"left": left.get(referral_id, "received"), "id": referral_id, "state": state},
            )
    session.flush()


def _list_struck(session: Session) -> set[str]:
    words = session.execute(sa.text("SELECT contact_id, reason FROM contact_correction ORDER BY at, id")).all()
    newest = {row.contact_id: row.reason for row in words}
    contacts = {each for each, reason in newest.items() if reason.startswith("struck out: ")}
    visits = session.scalars(sa.text("SELECT id FROM visit WHERE is_struck")).all()
    return contacts | set(visits)
