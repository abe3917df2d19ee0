"""A person's own page by a link of theirs, and what they wished or put right there."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, id_of, loose_id, moment, table_of, text


class OwnLinkRow(SQLModel, table=True):
    """A link that opens once, with the PIN that the person chose; its hash alone is kept."""

    __tablename__ = "own_link"

    id: str = id_key()
    person_id: str = loose_id(index=True)
    agency_id: str = id_of("agency.id")
    made_at: datetime = moment()
    made_by: str = loose_id()
    expires_at: datetime = moment()
    pin_hash: str = Field(max_length=200)
    wrong_tries: int = 0
    opened_at: datetime | None = moment(optional=True)
    ended_at: datetime | None = moment(optional=True)


class OwnWishRow(SQLModel, table=True):
    """What somebody wished, or said is wrong, on their own page: a task for the service that gave them the link."""

    __tablename__ = "own_wish"
    __table_args__ = (
        *check_code("kind"),
        CheckConstraint("words <> ''", name="says_something"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_by_somebody"),
    )

    id: str = id_key()
    person_id: str = loose_id(index=True)
    link_id: str = loose_id(index=True)
    agency_id: str = id_of("agency.id", index=True)
    kind: str = code()
    words: str = text()
    at: datetime = moment()
    settled_at: datetime | None = moment(optional=True)
    settled_by: str | None = loose_id(optional=True)
    answer: str = text()


own_link = table_of(OwnLinkRow)
own_wish = table_of(OwnWishRow)
