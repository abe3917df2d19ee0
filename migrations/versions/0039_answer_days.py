"""Let each district say in how many working days it promises an outcome to whoever reported somebody.

Revision 0039, after 0038.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("district") as table:
        table.add_column(sa.Column("answer_days", sa.Integer(), nullable=False, server_default="10"))
        table.create_check_constraint(op.f("ck_district_answers_within_sixty_days"), "answer_days BETWEEN 1 AND 60")
    with op.batch_alter_table("district") as table:
        table.alter_column("answer_days", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("district") as table:
        table.drop_constraint(op.f("ck_district_answers_within_sixty_days"), type_="check")
        table.drop_column("answer_days")
