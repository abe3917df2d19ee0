"""Keep for which district a file of notices was brought, and show its refused rows to nobody else.

Revision 0079, after 0078.
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

REACH = "(SELECT lantern_reach())::text[]"
SEES_STREET = "EXISTS (SELECT FROM unnest((SELECT lantern_reach())) mark WHERE mark LIKE 's:%')"
SEEN = f"""
EXISTS (SELECT FROM import_batch batch WHERE batch.id = refused_row.batch_id AND CASE
    WHEN batch.district_id IS NULL THEN {SEES_STREET} ELSE {REACH} && ARRAY['d:' || batch.district_id] END)
"""


def _guard(rows: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        driver = op.get_bind().connection.driver_connection
        driver.execute("SELECT lantern_guard('refused_row', %s, 'policy sync')", (rows,))


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("district_id", sa.String(length=36), nullable=True))
    _guard(SEEN)


def downgrade() -> None:
    """Before it, whoever takes reports in saw every refused row, of whatever district: those of notices name somebody."""
    op.execute("DELETE FROM refused_row WHERE batch_id IN (SELECT id FROM import_batch WHERE district_id IS NOT NULL)")
    _guard(SEES_STREET)
    op.drop_column("import_batch", "district_id")
