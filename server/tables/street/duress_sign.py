"""Which promise of a worker says that somebody makes them say that they are well."""

from datetime import datetime

from sqlmodel import SQLModel

from server.database.columns import id_of, moment, table_of


class DuressSignRow(SQLModel, table=True):
    """A check-in that promises `minutes` is a call for help, from `chosen_at` on. Gone when its worker leaves."""

    __tablename__ = "duress_sign"

    worker_id: str = id_of("worker.id", cascade=True, primary_key=True)
    minutes: int
    chosen_at: datetime = moment()


duress_sign = table_of(DuressSignRow)
