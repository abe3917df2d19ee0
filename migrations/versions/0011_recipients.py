"""Let two agencies agree before another sees anything; whoever sees now was there at the founding.

Revision 0011, after 0010.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROLES = ("worker", "team_lead", "coordinator", "agency_member", "commissioner", "administrator")
HELD = sa.text(
    "SELECT worker.agency_id, worker_role.role, min(worker.created_at) FROM worker_role "
    "JOIN worker ON worker.id = worker_role.worker_id WHERE worker_role.role <> 'administrator' "
    "GROUP BY worker.agency_id, worker_role.role"
)
FOUND = sa.text(
    "INSERT INTO recipient (id, agency_id, role, founding, proposed_at, reason) "
    "VALUES (:id, :agency_id, :role, true, :at, 'Held before two agencies had to agree')"
)


def upgrade() -> None:
    moment, key = sa.DateTime(timezone=True), sa.String(length=36)
    op.create_table(
        "recipient",
        sa.Column("id", key, nullable=False),
        sa.Column("agency_id", key, nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("founding", sa.Boolean(), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("proposed_by", key, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_agency_id", key, nullable=True),
        sa.Column("first_by", key, nullable=True),
        sa.Column("first_at", moment, nullable=True),
        sa.Column("second_agency_id", key, nullable=True),
        sa.Column("second_by", key, nullable=True),
        sa.Column("second_at", moment, nullable=True),
        sa.CheckConstraint(
            f"role IN ({', '.join(repr(role) for role in ROLES)})", name=op.f("ck_recipient_role_is_known")
        ),
        sa.CheckConstraint(
            "second_agency_id IS NULL OR (first_agency_id IS NOT NULL AND first_agency_id <> second_agency_id)",
            name=op.f("ck_recipient_two_agencies_agreed"),
        ),
        sa.CheckConstraint(
            "(first_at IS NULL) = (first_agency_id IS NULL)", name=op.f("ck_recipient_first_is_whole")
        ),
        sa.CheckConstraint(
            "(second_at IS NULL) = (second_agency_id IS NULL)", name=op.f("ck_recipient_second_is_whole")
        ),
        sa.CheckConstraint("NOT founding OR first_at IS NULL", name=op.f("ck_recipient_founding_asks_nobody")),
        *(
            sa.ForeignKeyConstraint([column], ["agency.id"], name=op.f(f"fk_recipient_{column}_agency"))
            for column in ("agency_id", "first_agency_id", "second_agency_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
        sa.UniqueConstraint("agency_id", "role", name=op.f("uq_recipient_agency_id_role")),
    )
    connection = op.get_bind()
    for agency_id, role, at in connection.execute(HELD).all():
        known_as = hashlib.sha256(f"{agency_id}/{role}".encode()).hexdigest()[:32]
        connection.execute(FOUND, {"id": known_as, "agency_id": agency_id, "role": role, "at": at})


def downgrade() -> None:
    op.drop_table("recipient")
