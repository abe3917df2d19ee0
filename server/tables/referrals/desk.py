"""What whoever triages keeps of how they look at the desk."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, table_of


class DeskFilterRow(SQLModel, table=True):
    """What one worker looks for on the triage desk, by a name of their own. Gone when they drop it or leave."""

    __tablename__ = "desk_filter"
    __table_args__ = (UniqueConstraint("worker_id", "name"),)

    id: str = id_key()
    worker_id: str = id_of("worker.id", cascade=True)
    name: str = Field(max_length=60)
    words: str = Field(default="", max_length=100)
    only: str = Field(default="", max_length=20)


desk_filter = table_of(DeskFilterRow)
