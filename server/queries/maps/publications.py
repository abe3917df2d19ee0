"""The ledger of publications: what was prepared, who approved it, what was withdrawn. Content is written once."""

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from server.tables.maps.publication import publication
from shared.model.codes import PublicationKind
from shared.model.value import Id, Value


class Release(Value, frozen=True, kw_only=True):
    """One line of the ledger. Periods include both days; `area_id` is "" for the whole partnership."""

    id: Id
    kind: PublicationKind
    starts_on: date
    ends_on: date
    prepared_at: datetime
    content: str
    area_id: Id = ""
    founding: bool = False
    first_agency_id: Id | None = None
    first_by: Id | None = None
    first_at: datetime | None = None
    second_agency_id: Id | None = None
    second_by: Id | None = None
    second_at: datetime | None = None
    withdrawn_by: Id | None = None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""

    @property
    def is_shown(self) -> bool:
        """May its readers see it?"""
        return (self.founding or self.second_at is not None) and self.withdrawn_at is None


def add_release(session: Session, new: Release) -> None:
    """Write a line. Raises IntegrityError where the same was prepared before."""
    session.execute(insert(publication), [_plain(new)])


def set_release(session: Session, changed: Release) -> None:
    """Write who approved or withdrew it; its content stays as it is."""
    values = {name: value for name, value in _plain(changed).items() if name != "content"}
    session.execute(update(publication).where(publication.c.id == changed.id).values(**values))


def set_content(session: Session, release_id: Id, content: str) -> None:
    """Write a return's versions anew: the caller keeps every earlier one in them."""
    a_return = publication.c.kind == str(PublicationKind.RETURN)
    session.execute(update(publication).where(publication.c.id == release_id, a_return).values(content=content))


def list_releases(session: Session, kind: PublicationKind | None = None) -> list[Release]:
    """Every line, the latest period first."""
    query = select(publication).order_by(publication.c.ends_on.desc(), publication.c.kind, publication.c.area_id)
    return _read(session, query if kind is None else query.where(publication.c.kind == str(kind)))


def find_release(session: Session, release_id: Id) -> Release | None:
    """One line, held until the transaction ends: two who approve at once do so one after the other."""
    return next(iter(_read(session, select(publication).where(publication.c.id == release_id).with_for_update())), None)


def find_of_period(
    session: Session, kind: PublicationKind, first: date, last: date, area_id: Id = ""
) -> Release | None:
    """What was prepared of a period, if anything."""
    same = (publication.c.kind == str(kind)) & (publication.c.area_id == area_id)
    period = (publication.c.starts_on == first) & (publication.c.ends_on == last)
    return next(iter(_read(session, select(publication).where(same, period))), None)


def _read(session: Session, query: Select[Any]) -> list[Release]:
    names = Release.__struct_fields__
    return [
        Release(**({name: row[name] for name in names} | {"kind": PublicationKind(row["kind"])}))
        for row in session.execute(query).mappings()
    ]


def _plain(release: Release) -> dict[str, Any]:
    return msgspec.structs.asdict(release) | {"kind": str(release.kind)}
