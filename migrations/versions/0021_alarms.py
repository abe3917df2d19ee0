"""Look after who is out: alarms with their log, who is on duty, times by the server's clock, telephones.

Revision 0021, after 0020. Whoever was on a shift that began more than 36 hours before the newest one is taken for having
gone home: nobody closed those shifts, and no alarm is to be raised for them now.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = ("told", "sent", "failed", "taken", "noted", "heard", "well", "home")
STATES = ("waiting", "sent", "failed")
MOMENT, KEY = sa.DateTime(timezone=True), sa.String(length=36)


def upgrade() -> None:
    _add_columns()
    _add_alarms()
    _add_duties_and_passes()
    _close_old_walks()


def _add_columns() -> None:
    with op.batch_alter_table("shift_worker") as batch_op:
        batch_op.add_column(sa.Column("named_by", KEY, nullable=True))
        batch_op.add_column(sa.Column("ended_at", MOMENT, nullable=True))
    with op.batch_alter_table("check_in") as batch_op:
        batch_op.add_column(sa.Column("heard_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("due_at", MOMENT, nullable=True))
    op.create_index("ix_check_in_worker_id_at", "check_in", ["worker_id", "at"])
    with op.batch_alter_table("worker") as batch_op:
        batch_op.add_column(sa.Column("telephone", sa.String(length=32), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("emergency_contact", sa.String(length=200), nullable=False, server_default=""))
    op.create_table(
        "sign_of_life",
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_sign_of_life")),
    )


def _add_alarms() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index("ix_alarm_worker_id_due_at", "alarm", ["worker_id", "due_at"], unique=True)
    op.create_index("ix_alarm_raised_at", "alarm", ["raised_at"])
    op.create_table(
        "alarm_event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("alarm_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=True),
        sa.Column("worker_id", KEY, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(_one_of("kind", KINDS), name=op.f("ck_alarm_event_kind_is_known")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_alarm_event_numbers_count_up")),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_event_alarm_id_alarm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_event")),
    )
    op.create_index("ix_alarm_event_alarm_id_at", "alarm_event", ["alarm_id", "at"])
    op.create_index("ix_alarm_event_kind", "alarm_event", ["kind"])
    op.create_table(
        "alarm_message",
        sa.Column("id", KEY, nullable=False),
        sa.Column("alarm_id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.CheckConstraint("length(step) BETWEEN 1 AND 64", name=op.f("ck_alarm_message_step_is_a_code")),
        sa.CheckConstraint(_one_of("state", STATES), name=op.f("ck_alarm_message_state_is_known")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_alarm_message_attempts_not_negative")),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_message_alarm_id_alarm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_message")),
    )
    op.create_index("ix_alarm_message_alarm_id", "alarm_message", ["alarm_id"])
    op.create_index("ix_alarm_message_state_next_try_at", "alarm_message", ["state", "next_try_at"])


def _add_duties_and_passes() -> None:
    op.create_table(
        "duty",
        sa.Column("id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("post", sa.String(length=64), nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("set_by", KEY, nullable=True),
        sa.CheckConstraint("length(post) BETWEEN 1 AND 64", name=op.f("ck_duty_post_is_a_code")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_team_id_team")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_duty_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_index("ix_duty_team_id_post_since", "duty", ["team_id", "post", "since"])
    op.create_index("ix_duty_worker_id", "duty", ["worker_id"])
    op.create_table(
        "wall_pass",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_wall_pass_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_wall_pass")),
    )
    op.create_index("ix_wall_pass_worker_id", "wall_pass", ["worker_id"])
    op.create_index("ix_wall_pass_expires_at", "wall_pass", ["expires_at"])


def _close_old_walks() -> None:
    shift = sa.table("shift", sa.column("id", KEY), sa.column("started_at", MOMENT), sa.column("ended_at", MOMENT))
    walk = sa.table("shift_worker", sa.column("shift_id", KEY), sa.column("joined_at", MOMENT), sa.column("ended_at", MOMENT))
    connection = op.get_bind()
    newest = connection.scalar(sa.select(sa.func.max(shift.c.started_at)))
    if newest is None:
        return
    if not isinstance(newest, datetime):
        newest = datetime.fromisoformat(newest)
    newest = newest if newest.tzinfo else newest.replace(tzinfo=UTC)
    old = sa.select(shift.c.id).where(shift.c.started_at < newest - timedelta(hours=36))
    connection.execute(walk.update().where(walk.c.shift_id.in_(old)).values(ended_at=walk.c.joined_at))


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def downgrade() -> None:
    for table in ("wall_pass", "duty", "alarm_message", "alarm_event", "alarm", "sign_of_life"):
        op.drop_table(table)
    op.drop_index("ix_check_in_worker_id_at", "check_in")
    for table, columns in {
        "worker": ("telephone", "emergency_contact"),
        "check_in": ("heard_at", "due_at"),
        "shift_worker": ("named_by", "ended_at"),
    }.items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
