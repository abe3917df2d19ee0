"""Say who set a held change aside, and let every number of a device fit its column.

Revision 0022, after 0021. The server's own numbers follow the clock and are larger than PostgreSQL's integer;
the audit names phones alone, and stays as it is sealed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NUMBERS = {
    "enrolment_code": ("device_number", True),
    "device_enrolment": ("number", False),
    "device_token": ("device_number", False),
    "used_nonce": ("device_number", False),
    "sealed_outbox": ("device_number", False),
}

MET = "ix_contact_person_person_id_team_id_district_id_seen_at"
"""Who met somebody, where, and when last: a relation ends."""


def upgrade() -> None:
    with op.batch_alter_table("sync_change") as batch:
        batch.add_column(sa.Column("closed_by", sa.String(length=80), nullable=True))
        batch.add_column(sa.Column("closed_at_ms", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("closed_why", sa.String(length=500), nullable=True))
    _retype(sa.Integer(), sa.BigInteger())
    op.drop_index("ix_contact_person_person_id_team_id_district_id", table_name="contact_person")
    op.create_index(MET, "contact_person", ["person_id", "team_id", "district_id", "seen_at"])


def downgrade() -> None:
    op.drop_index(MET, table_name="contact_person")
    op.create_index(
        "ix_contact_person_person_id_team_id_district_id", "contact_person", ["person_id", "team_id", "district_id"]
    )
    _retype(sa.BigInteger(), sa.Integer())
    with op.batch_alter_table("sync_change") as batch:
        for name in ("closed_why", "closed_at_ms", "closed_by"):
            batch.drop_column(name)


def _retype(old: sa.types.TypeEngine[int], new: sa.types.TypeEngine[int]) -> None:
    for table, (column, nullable) in NUMBERS.items():
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=old, type_=new, existing_nullable=nullable)
