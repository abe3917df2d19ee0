"""Mails that wait to be sent, were sent or could not be, and what each worker chose to hear of.

No address and no text is kept: a mail is its kind and its facts (`shared.model.mail`), and whose address it goes to.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, check_one_of, code, id_key, id_of, loose_id, moment, table_of, text
from shared.model.mail import MailChoice, MailState

KEY_LENGTH = 200


class MailRow(SQLModel, table=True):
    """One mail to one address. `facts` is JSON; `last_error` is what a mail server said, without any address."""

    __tablename__ = "mail"
    __table_args__ = (
        *check_code("kind"),
        check_one_of("state", MailState),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at_some_time"),
        Index(None, "state", "next_try_at"),
        Index(None, "about_id"),
        Index(None, "queued_at"),
    )

    id: str = id_key()
    key: str = Field(max_length=KEY_LENGTH, unique=True)
    kind: str = code()
    facts: str = text("{}")
    about_id: str | None = loose_id(optional=True)
    agency_id: str | None = loose_id(optional=True)
    worker_id: str | None = loose_id(optional=True)
    alert_id: str | None = loose_id(optional=True)
    queued_at: datetime = moment()
    useful_until: datetime = moment()
    state: str = code(MailState.WAITING)
    attempts: int = 0
    next_try_at: datetime = moment()
    last_error: str = text()
    sent_at: datetime | None = moment(optional=True)


class MailChoiceRow(SQLModel, table=True):
    """What a worker chose about one kind of mail. Without a row the default of `shared.policy.mail` holds."""

    __tablename__ = "mail_choice"
    __table_args__ = (*check_code("kind"), check_one_of("choice", MailChoice))

    worker_id: str = id_of("worker.id", primary_key=True, cascade=True)
    kind: str = Field(primary_key=True, max_length=64)
    choice: str = Field(max_length=64)


class MailLineRow(SQLModel, table=True):
    """What a worker who chose so hears of in one mail in the morning; gone once it was put into that."""

    __tablename__ = "mail_line"
    __table_args__ = (*check_code("kind"), Index(None, "worker_id", "at"))

    key: str = Field(primary_key=True, max_length=KEY_LENGTH)
    worker_id: str = id_of("worker.id", cascade=True)
    kind: str = code()
    district: str = Field(default="", max_length=200)
    at: datetime = moment()


mail = table_of(MailRow)
mail_line = table_of(MailLineRow)
mail_choice = table_of(MailChoiceRow)
