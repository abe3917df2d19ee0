"""Invitations by which somebody sets their own first, or next, password."""

from datetime import datetime

from sqlmodel import SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of


class InvitationRow(SQLModel, table=True):
    """A link that lives a day and works once. Its secret half is in no table: it follows from the id and the server's secret."""

    __tablename__ = "invitation"

    id: str = id_key()
    worker_id: str = id_of("worker.id", index=True, cascade=True)
    made_at: datetime = moment()
    made_by: str | None = loose_id(optional=True)
    expires_at: datetime = moment()
    used_at: datetime | None = moment(optional=True)


invitation = table_of(InvitationRow)
