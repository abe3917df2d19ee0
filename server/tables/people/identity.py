"""Who may be the same person, as evidence says, and what people judged: no word of a name stands here, only which two records."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_one_of, id_key, loose_id, moment, table_of
from shared.model.codes import IdentityWord

IN_ORDER = "one_id < other_id"


class LikelySameRow(SQLModel, table=True):
    """Derived, and made anew every night: two records, and the evidence that they are one person. The reasons are worked out
    when somebody reads them."""

    __tablename__ = "likely_same"
    __table_args__ = (CheckConstraint(IN_ORDER, name="in_order"),)

    one_id: str = loose_id(primary_key=True)
    other_id: str = loose_id(primary_key=True, index=True)
    bits: float
    found_at: datetime = moment()


class IdentityJudgementRow(SQLModel, table=True):
    """A fact: what somebody said of two records, the one whose id is lower first. `saw_one` and `saw_other` tell which of the two
    they could open when they said so: between two districts each sees their own."""

    __tablename__ = "identity_judgement"
    __table_args__ = (
        CheckConstraint(IN_ORDER, name="in_order"),
        CheckConstraint("saw_one OR saw_other", name="saw_somebody"),
        check_one_of("said", IdentityWord),
    )

    id: str = id_key()
    one_id: str = loose_id(index=True)
    other_id: str = loose_id(index=True)
    said: str = Field(max_length=16)
    at: datetime = moment()
    worker_id: str = loose_id()
    saw_one: bool
    saw_other: bool


likely_same = table_of(LikelySameRow)
identity_judgement = table_of(IdentityJudgementRow)
