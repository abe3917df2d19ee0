"""The promise that is each worker's own call for help. Nothing reads one to anybody."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.tables.street.duress_sign import duress_sign
from shared.model.shift import CheckIn
from shared.model.value import Id, Value


class DuressSign(Value, frozen=True, kw_only=True):
    """From `chosen_at` on a check-in that promises `minutes` says that somebody makes its worker say so."""

    worker_id: Id
    minutes: int
    chosen_at: datetime

    def is_given(self, at: datetime, next_due_at: datetime | None, heard_at: datetime) -> bool:
        """Is it this check-in? `at` and `next_due_at` are its phone's clock, `heard_at` is the server's."""
        return (
            next_due_at is not None
            and heard_at >= self.chosen_at
            and round((next_due_at - at).total_seconds() / 60) == self.minutes
        )


def is_duress(made: CheckIn, sign: DuressSign | None, heard_at: datetime) -> bool:
    """Does this check-in call for help, in so many words or by its worker's own sign?"""
    return made.duress or (sign is not None and sign.is_given(made.at, made.next_due_at, heard_at))


@beyond_reader
def find_signs(session: Session, worker_ids: Collection[Id]) -> Mapping[Id, DuressSign]:
    """The signs of those of these workers who chose one: a lead who lets a held check-in in may not see it, and it is heard."""
    query = select(duress_sign).where(duress_sign.c.worker_id.in_(sorted(worker_ids)))
    return {row["worker_id"]: DuressSign(**row) for row in session.execute(query).mappings()}


def set_sign(session: Session, sign: DuressSign) -> None:
    """Keep it in the place of the one of before."""
    drop_sign(session, sign.worker_id)
    session.execute(insert(duress_sign), [{name: getattr(sign, name) for name in DuressSign.__struct_fields__}])


def drop_sign(session: Session, worker_id: Id) -> None:
    """Forget it: its worker leaves."""
    session.execute(delete(duress_sign).where(duress_sign.c.worker_id == worker_id))
