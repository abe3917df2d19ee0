"""Where a planned shift goes, and plans found by when everybody is to be back.

Revision 0041, after 0040.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

THEIR_TEAMS = (
    "(SELECT lantern_reach()) && ARRAY['t:' || team_id] OR 't:' || team_id = ANY ((SELECT lantern_teams(true))::text[])"
)
"""As shifts themselves: a plan says where people are likely."""


def upgrade() -> None:
    op.add_column("shift_plan", sa.Column("stops", sa.Text(), nullable=False, server_default="[]"))
    op.create_index("ix_shift_plan_back_at", "shift_plan", ["back_at"])
    if op.get_bind().dialect.name == "postgresql":
        rows = THEIR_TEAMS.replace("'", "''")
        op.execute(f"SELECT lantern_guard('shift_plan', '{rows}')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP POLICY seen ON shift_plan")
        op.execute("ALTER TABLE shift_plan NO FORCE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE shift_plan DISABLE ROW LEVEL SECURITY")
    op.drop_index("ix_shift_plan_back_at", table_name="shift_plan")
    with op.batch_alter_table("shift_plan") as batch:
        batch.drop_column("stops")
