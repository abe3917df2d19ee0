"""Let lines of the audit be sealed, and never be rewritten; keep from which address something was tried.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WRITTEN = (
    "id", "at", "actor_id", "agency_id", "device_number", "action", "subject_kind", "subject_id", "purpose", "allowed",
    "reason", "detail", "address",
)  # fmt: skip
CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in WRITTEN)


def upgrade() -> None:
    op.add_column("audit", sa.Column("address", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("audit", sa.Column("seal", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("audit") as table:
        table.alter_column("address", server_default=None)
        table.create_index(op.f("ix_audit_seal"), ["seal"])
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
    )
    if op.get_bind().dialect.name == "sqlite":
        changed = CHANGED.replace("IS DISTINCT FROM", "IS NOT")
        op.execute(
            f"CREATE TRIGGER audit_is_written_once BEFORE UPDATE ON audit WHEN {changed} OR OLD.seal IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'a line of the audit is written once'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'a line of the audit is written once'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_is_written_once BEFORE UPDATE ON audit FOR EACH ROW "
        f"WHEN ({CHANGED} OR OLD.seal IS NOT NULL) EXECUTE FUNCTION audit_is_written_once()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_is_written_once")
    else:
        op.execute("DROP TRIGGER audit_is_written_once ON audit")
        op.execute("DROP FUNCTION audit_is_written_once()")
    op.drop_table("audit_seal")
    with op.batch_alter_table("audit") as table:
        table.drop_index(op.f("ix_audit_seal"))
        table.drop_column("seal")
        table.drop_column("address")
