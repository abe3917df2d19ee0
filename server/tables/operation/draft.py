"""What was typed into a form and not sent yet: sealed with a key that the database does not hold."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from server.database.columns import loose_id, moment, table_of, text


class DraftRow(SQLModel, table=True):
    """The words of one worker in one form: `page` is where it stands, `action` where it is sent. Gone when it was sent."""

    __tablename__ = "draft"

    worker_id: str = loose_id(primary_key=True)
    action: str = Field(primary_key=True, max_length=200)
    page: str = Field(max_length=200)
    person_id: str | None = loose_id(optional=True, index=True)
    changed_at: datetime = moment(index=True)
    sealed: str = text()


draft = table_of(DraftRow)
