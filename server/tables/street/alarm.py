"""Alarms about workers who promised to be heard and were not: an append-only log of who was told when, and what came of it;
the messages that wait for the telephone gateway; and who leads a team, deputises and is on duty."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, check_one_of, code, id_key, id_of, loose_id, moment, table_of, text
from shared.model.alarm import AlarmEventKind, AlarmStep
from shared.model.mail import MailState


class AlarmRow(SQLModel, table=True):
    """A worker was due at `due_at` and was not heard. One alarm for each such moment; never changed."""

    __tablename__ = "alarm"
    __table_args__ = (Index(None, "worker_id", "due_at", unique=True), Index(None, "raised_at"))

    id: str = id_key()
    worker_id: str = loose_id()
    team_id: str = loose_id()
    due_at: datetime = moment()
    raised_at: datetime = moment()


class AlarmEventRow(SQLModel, table=True):
    """One thing that happened to an alarm; never changed. `number` counts them within the alarm."""

    __tablename__ = "alarm_event"
    __table_args__ = (
        Index(None, "alarm_id", "at"),
        Index(None, "kind"),
        check_one_of("kind", AlarmEventKind),
        CheckConstraint("number >= 0", name="numbers_count_up"),
    )

    id: str = id_key()
    alarm_id: str = id_of("alarm.id")
    number: int
    at: datetime = moment()
    kind: str = code()
    step: str | None = Field(default=None, max_length=64)
    worker_id: str | None = loose_id(optional=True)
    note: str = text()


class AlarmMessageRow(SQLModel, table=True):
    """A message for somebody's telephone. The number is looked up when it is sent, and kept nowhere else."""

    __tablename__ = "alarm_message"
    __table_args__ = (
        *check_code("step"),
        check_one_of("state", MailState),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        Index(None, "state", "next_try_at"),
    )

    id: str = id_key()
    alarm_id: str = id_of("alarm.id", index=True)
    worker_id: str = loose_id()
    step: str = code(AlarmStep.WORKER)
    is_over: bool = False
    queued_at: datetime = moment()
    state: str = code(MailState.WAITING)
    attempts: int = 0
    next_try_at: datetime = moment()
    last_error: str = text()


class DutyRow(SQLModel, table=True):
    """From `since` on somebody holds a post of a team: lead, deputy or manager. The newest row of a post stands."""

    __tablename__ = "duty"
    __table_args__ = (Index(None, "team_id", "post", "since"), *check_code("post"))

    id: str = id_key()
    team_id: str = id_of("team.id")
    post: str = code()
    worker_id: str = id_of("worker.id", index=True)
    since: datetime = moment()
    set_by: str | None = loose_id(optional=True)


alarm = table_of(AlarmRow)
alarm_event = table_of(AlarmEventRow)
alarm_message = table_of(AlarmMessageRow)
duty = table_of(DutyRow)
