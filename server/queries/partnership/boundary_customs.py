"""What was agreed for a district, and goes on in those that follow it: who speaks for an agency at the table, how many places are
kept for newcomers, what the headings of its tracker mean, a tracker that waits to be brought in, and nights on which everybody is
let in. What is going on is in `boundary_changes`."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.people.offers import BEDS_MAX
from server.tables.conferences.conference import newcomer_places
from server.tables.partnership.agency import representative
from server.tables.people.brought_in import caseload_batch, caseload_mapping
from server.tables.people.offer import cold_nights
from shared.model.value import Id


def carry_over(
    session: Session, ended: Collection[Id], begun: Sequence[Id], now: datetime, by: Id, new_id: Callable[[], Id]
) -> None:
    """Say of the districts that begin what was said of those that end: of two of these the later word."""
    for table, key, said_at in (
        (representative, representative.c.agency_id, representative.c.said_at),
        (newcomer_places, None, newcomer_places.c.said_at),
        (caseload_mapping, caseload_mapping.c.name, caseload_mapping.c.changed_at),
    ):
        newest = _list_newest(session, table, key, said_at, ended)
        rows = [
            row | {"district_id": each} | ({"id": new_id()} if "id" in table.c else {})
            for each in begun
            for row in newest
        ]
        bulk.insert_new(session, table, rows)
    waits = caseload_batch.c.district_id.in_(sorted(ended)) & caseload_batch.c.applied_at.is_(None)
    session.execute(update(caseload_batch).where(waits).values(district_id=begun[0]))
    _keep_cold_nights_open(session, ended, begun, now, by, new_id)


def _list_newest(
    session: Session, table: Table, key: Column[Any] | None, said_at: Column[Any], ended: Collection[Id]
) -> list[dict[str, Any]]:
    query = select(table).where(table.c.district_id.in_(sorted(ended))).order_by(said_at)
    return list(
        {row[key.name] if key is not None else "": dict(row) for row in session.execute(query).mappings()}.values()
    )


def count_cold_nights(session: Session, district_ids: Collection[Id]) -> int:
    """In how many of these districts everybody is let in just now."""
    return len(_list_open(session, district_ids))


def _list_open(session: Session, district_ids: Collection[Id]) -> list[dict[str, Any]]:
    open_ = cold_nights.c.district_id.in_(sorted(district_ids)) & cold_nights.c.closed_at.is_(None)
    rows = session.execute(select(cold_nights).where(open_).order_by(cold_nights.c.opened_at)).mappings()
    return [dict(row) for row in rows]


def _keep_cold_nights_open(
    session: Session, ended: Collection[Id], begun: Sequence[Id], now: datetime, by: Id, new_id: Callable[[], Id]
) -> None:
    """Nobody who is let in tonight stands before a shut door for a change of boundaries; what came of them until now stays with
    the districts that end."""
    before = _list_open(session, ended)
    if not before:
        return
    ids = [row["id"] for row in before]
    session.execute(update(cold_nights).where(cold_nights.c.id.in_(ids)).values(closed_at=now, closed_by=by))
    lines = dict.fromkeys(line for row in before for line in row["phones"].splitlines() if line.strip())
    told = {
        "opened_at": now, "opened_by": before[0]["opened_by"], "why": before[0]["why"],
        "beds": min(sum(row["beds"] for row in before), BEDS_MAX), "phones": "\n".join(lines),
    }  # fmt: skip
    bulk.insert_new(session, cold_nights, [told | {"id": new_id(), "district_id": each} for each in begun])
