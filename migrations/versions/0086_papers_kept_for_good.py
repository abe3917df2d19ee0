"""Say with which key each case of a kept paper was sealed, so that a new secret can seal it anew; and let the place of a conference be
as long as the link of a video meeting.

Revision 0086, after 0085. Of what lies there already the key is not known: the server's next round seals it with the key of today.
"""

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

WITH_A_PLACE = ("case_conference", "circulation")


def upgrade() -> None:
    op.add_column("circulated_case", sa.Column("key_name", sa.String(length=64), nullable=False, server_default=""))
    op.create_index(op.f("ix_circulated_case_key_name"), "circulated_case", ["key_name"])
    for name in WITH_A_PLACE:
        with op.batch_alter_table(name) as table:
            table.alter_column("place", existing_type=sa.String(length=200), type_=sa.Text(), existing_nullable=False)


def downgrade() -> None:
    for name in WITH_A_PLACE:
        op.execute(f"UPDATE {name} SET place = substr(place, 1, 200)")  # noqa: S608 - names of ours
        with op.batch_alter_table(name) as table:
            table.alter_column("place", existing_type=sa.Text(), type_=sa.String(length=200), existing_nullable=False)
    op.drop_index(op.f("ix_circulated_case_key_name"), "circulated_case")
    op.drop_column("circulated_case", "key_name")
