"""Keep what comes again with other content, what was guessed, and apart from it what may name whoever reported.

Columns of older rows that are not known to be free of that move to the referrer's row, which is deleted in time.

Revision 0015, after 0014.
"""

import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEPT_DAYS = 90
TELLS_WHO = ("name", "mail", "phone", "mobile", "tel", "contact", "reporter", "reported_by", "requester", "account", "device")
"""Headings of older rows that hold one of these may name somebody. New rows are judged by a list of what may stay."""


def upgrade() -> None:
    key, moment = sa.String(length=36), sa.DateTime(timezone=True)
    empty_text, empty_object, empty_list = sa.text("''"), sa.text("'{}'"), sa.text("'[]'")
    op.add_column("alert", sa.Column("district_name", sa.String(length=200), nullable=False, server_default=empty_text))
    op.add_column("alert", sa.Column("guesses", sa.Text(), nullable=False, server_default=empty_list))
    op.add_column("alert", sa.Column("guesses_confirmed_at", moment, nullable=True))
    op.add_column("alert_referrer", sa.Column("extras", sa.Text(), nullable=False, server_default=empty_object))
    op.add_column("refused_row", sa.Column("cells", sa.Text(), nullable=False, server_default=empty_object))
    op.add_column("refused_row", sa.Column("settled_at", moment, nullable=True))
    op.add_column("refused_row", sa.Column("settled_by", key, nullable=True))
    op.create_table(
        "alert_version",
        sa.Column("id", key, nullable=False),
        sa.Column("alert_id", key, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("extras", sa.Text(), nullable=False),
        sa.Column("delete_on", sa.Date(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("applied", sa.Text(), nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("settled_by", key, nullable=True),
        sa.Column("import_batch_id", key, nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_version_alert_id_alert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_version")),
    )
    for column in ("alert_id", "delete_on", "import_batch_id"):
        op.create_index(op.f(f"ix_alert_version_{column}"), "alert_version", [column])
    _move_names()


def _move_names() -> None:
    connection = op.get_bind()
    alert = sa.table("alert", *(sa.column(name) for name in ("id", "raw", "reported_at", "received_at")))
    dates = sa.table("alert", sa.column("id"), sa.column("reported_at", sa.DateTime(timezone=True)),
                     sa.column("received_at", sa.DateTime(timezone=True)), sa.column("raw"))  # fmt: skip
    referrer = sa.table("alert_referrer", sa.column("alert_id"), sa.column("name"), sa.column("email"),
                        sa.column("telephone"), sa.column("extras"), sa.column("delete_on", sa.Date()))  # fmt: skip
    for found in connection.execute(sa.select(dates)).all():
        raw = json.loads(found.raw or "{}")
        told = {name: text for name, text in raw.items() if any(word in name for word in TELLS_WHO)
                and not name.startswith("local_authority") and name != "contact_consent"}  # fmt: skip
        if not told:
            continue
        left = {name: text for name, text in raw.items() if name not in told}
        connection.execute(sa.update(alert).where(alert.c.id == found.id).values(raw=json.dumps(left, ensure_ascii=False)))
        extras = json.dumps(told, ensure_ascii=False)
        known = connection.execute(
            sa.update(referrer).where(referrer.c.alert_id == found.id).values(extras=extras)
        ).rowcount
        if not known:
            since = found.reported_at or found.received_at or datetime(1970, 1, 1, tzinfo=UTC)
            connection.execute(sa.insert(referrer).values(
                alert_id=found.id, name="", email="", telephone="", extras=extras,
                delete_on=(since + timedelta(days=KEPT_DAYS)).date(),
            ))  # fmt: skip


def downgrade() -> None:
    op.drop_table("alert_version")
    for table, columns in (
        ("refused_row", ("settled_by", "settled_at", "cells")),
        ("alert_referrer", ("extras",)),
        ("alert", ("guesses_confirmed_at", "guesses", "district_name")),
    ):
        for column in columns:
            op.drop_column(table, column)
