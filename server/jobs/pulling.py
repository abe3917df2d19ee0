"""Reports pulled from another system's Open311 server: new ones, and how those that we hold stand there now. What says nothing
new leaves no trace; whatever happens in between, it is asked for again and known by its number."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.http.services import Services
from server.importers.accounting import Importing
from server.importers.files import Refusal
from server.importers.keys import is_the_same
from server.importers.open311.client import GeoreportClient
from server.importers.open311.parse import parse
from server.importers.referrals import import_referrals
from server.importers.report import Reading, Report
from server.jobs.runner import Moment
from server.queries.referrals import pulled
from server.queries.referrals.versions import Held, find_held
from shared.model.codes import AlertSource

LOOK_BACK = timedelta(days=7)
"""A report may come to be told late: so long before the newest that we hold is asked for again."""
FIRST_LOOK_BACK = timedelta(days=30)
FOLLOWED = timedelta(days=90)
AT_ONCE = 500


def pull_reports(services: Services, moment: Moment) -> int:
    """Bring in what is new there; returns how many reports that were. Without a server to ask there are none."""
    settings = services.settings.georeport
    if not settings.url:
        return 0
    client = GeoreportClient(settings, services.clock, moment.heartbeat)
    with services.database.reading() as session:
        newest = pulled.find_newest(session)
        followed = pulled.list_open(session, moment.now - FOLLOWED)
    since = max(newest - LOOK_BACK, moment.now - FOLLOWED) if newest else moment.now - FIRST_LOOK_BACK
    found = {str(each["service_request_id"]): each for each in client.list_since(since, moment.now)}
    # What is new is kept before anything else is asked: whatever goes wrong with the others holds it up no longer.
    brought = sum(_bring_in(services, moment, piece) for piece in _pieces(list(found.values())))
    left = [number for number in followed if number not in found]
    followed_up = {str(each["service_request_id"]): each for each in client.list_numbered(left)}
    return brought + sum(_bring_in(services, moment, piece) for piece in _pieces(list(followed_up.values())))


def _bring_in(services: Services, moment: Moment, requests: Sequence[Mapping[str, Any]]) -> int:
    moment.heartbeat()
    data = json.dumps(requests).encode()
    rows = _list_fresh(services, parse(data, Reading(services.settings.timezone, moment.now)), moment)
    if rows:
        run = Importing(
            "referrals", "open311", "Open311", data, moment.now, services.new_id, services.settings.timezone,
            tray=services.tray,
        )  # fmt: skip
        import_referrals(services.database, run, rows, services.settings.data)
    return len(rows)


def _list_fresh(services: Services, rows: Sequence[Report | Refusal], moment: Moment) -> list[Report | Refusal]:
    """Those that say something else than what is held, or was refused before: a round without news writes nothing."""
    references = {row.reference for row in rows if isinstance(row, Report)}
    with services.database.reading() as session:
        held = find_held(session, AlertSource.OPEN311, references, moment.now.astimezone(moment.zone).date())
        marks = {row.raw: services.tray.list_marks(row.raw) for row in rows if isinstance(row, Refusal)}
        refused = pulled.list_refused(session, {mark for each in marks.values() for mark in each})
    return [
        row
        for row in rows
        if (
            refused.isdisjoint(marks[row.raw])
            if isinstance(row, Refusal)
            else row.reference not in held or _is_news(row, held[row.reference])
        )
    ]


def _is_news(row: Report, held: Held) -> bool:
    """Does it say something else than what its source said last, and not from before that? A server may answer from a copy of
    itself that lags behind: what it closed would be open again every other round."""
    said_at, known_at = (_read_updated(raw.get("updated_datetime", "")) for raw in (row.raw, held.raws[-1]))
    return not is_the_same(row, held) and (said_at is None or known_at is None or said_at >= known_at)


def _read_updated(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _pieces(requests: list[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    return [requests[start : start + AT_ONCE] for start in range(0, len(requests), AT_ONCE)]
