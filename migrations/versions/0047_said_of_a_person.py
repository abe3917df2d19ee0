"""Let a referral say the age and the gender that were reported, so that whoever looks knows whom to look for.

Revision 0047, after 0046.
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

SAID = ("age_group", "gender")


def upgrade() -> None:
    for name in SAID:
        op.add_column("referral", sa.Column(name, sa.String(length=200), nullable=False, server_default=""))
        told = f"SELECT {name} FROM alert WHERE alert.id = referral.alert_id"  # noqa: S608 - two names of ours
        op.execute(f"UPDATE referral SET {name} = COALESCE(({told}), '')")  # noqa: S608 - see above
    with op.batch_alter_table("referral") as table:
        for name in SAID:
            table.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("referral") as table:
        for name in SAID:
            table.drop_column(name)
