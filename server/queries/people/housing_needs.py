"""What tells of immigration status (privacy rule A10): the one place that reads or writes the table that holds it.

It is read for one person at a time, by whoever works with them. For the order of discussion it answers one thing more, by
person: is there an unmet need that is recorded with Housing? Nothing else may ask.
"""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.statements import ids
from server.queries.people.subjects import list_same_person
from server.tables.people.person import person_merge, person_restricted
from shared.model.codes import ReceivingSupport
from shared.model.value import Id, Value

NO_RECOURSE = "none"
HAS_RECOURSE = "has"


class HousingNeeds(Value, frozen=True, kw_only=True):
    """What is recorded of one person. `recourse` is `none`, `has` or empty: not known."""

    person_id: Id
    recourse: str = ""
    receiving_support: ReceivingSupport = ReceivingSupport.NOT_KNOWN
    left_asylum_support: bool = False
    left_asylum_support_on: date | None = None
    recorded_at: datetime
    recorded_by: Id


def find_housing_needs(session: Session, person_id: Id) -> HousingNeeds | None:
    """The newest word, of every record that is the same person."""
    same = list_same_person(session, person_id)
    newest = select(person_restricted).where(person_restricted.c.person_id.in_(same))
    row = session.execute(newest.order_by(person_restricted.c.recorded_at.desc())).mappings().first()
    if row is None:
        return None
    return HousingNeeds(
        person_id=row["person_id"], recourse=row["recourse_to_public_funds"] or "",
        receiving_support=ReceivingSupport(row["receiving_support"]),
        left_asylum_support=bool(row["left_asylum_support"]), left_asylum_support_on=row["left_asylum_support_on"],
        recorded_at=row["recorded_at"], recorded_by=row["recorded_by"],
    )  # fmt: skip


def set_housing_needs(session: Session, told: HousingNeeds) -> None:
    """Keep what is recorded of one person now; an older word on the same record is replaced."""
    row = {
        "person_id": told.person_id, "recourse_to_public_funds": told.recourse or None,
        "receiving_support": str(told.receiving_support), "left_asylum_support": told.left_asylum_support,
        "left_asylum_support_on": told.left_asylum_support_on,
        "recorded_at": told.recorded_at, "recorded_by": told.recorded_by, "nationality_group": None,
    }  # fmt: skip
    bulk.upsert(session, person_restricted, [row], keep=("nationality_group",))


_MERGED = (
    select(person_merge.c.into_id, person_merge.c.from_id)
    .where(person_merge.c.undone.is_(False), person_merge.c.into_id.in_(ids("person_ids")))
)  # fmt: skip
_TOLD = (
    select(person_restricted.c.person_id, person_restricted.c.recourse_to_public_funds, person_restricted.c.receiving_support)
    .where(person_restricted.c.person_id.in_(ids("person_ids")))
    .order_by(person_restricted.c.recorded_at)
)  # fmt: skip


def list_unmet(session: Session, person_ids: Collection[Id]) -> frozenset[Id]:
    """Those of these people who have such a need and nobody who helps with it."""
    shown_as = {each: each for each in person_ids}
    for merged in session.execute(_MERGED, {"person_ids": list(person_ids)}):
        shown_as[merged.from_id] = merged.into_id
    newest: dict[Id, bool] = {}
    for row in session.execute(_TOLD, {"person_ids": list(shown_as)}):
        is_unmet = row.recourse_to_public_funds == NO_RECOURSE and row.receiving_support == str(ReceivingSupport.NO)
        newest[shown_as[row.person_id]] = is_unmet
    return frozenset(person_id for person_id, is_unmet in newest.items() if is_unmet)
