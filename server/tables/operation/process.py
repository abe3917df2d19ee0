"""The processes that serve: when each began, was last seen, and ended. One that ended without saying so has died."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from server.database.columns import id_key, moment, table_of


class ServerProcessRow(SQLModel, table=True):
    """One process. `host` is the name of its machine."""

    __tablename__ = "server_process"

    id: str = id_key()
    host: str = Field(max_length=100)
    number: int
    started_at: datetime = moment()
    seen_at: datetime = moment(index=True)
    ended_at: datetime | None = moment(optional=True)


server_process = table_of(ServerProcessRow)
