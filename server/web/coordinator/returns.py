"""The monthly return of a district: each figure opens to the people behind it and says who came and who went since the month
before; what no figure holds; what was signed, and every time that it was signed again.
"""

import csv
import io
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.partnership.returns import FIGURES, Month, find_month, sign_month
from server.problems import Invalid, NotFound
from server.queries.partnership import workers
from server.queries.people import people
from server.web.coordinator.conferences import choose_district
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say_day
from shared.model.district import District
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.indicators import IndicatorPeriods, first_of_month, months_later

PATH = "/returns"
MONTHS_SHOWN = 12
NOT_HELD = ("Moved into accommodation in the month", "Returned from settled accommodation")


class SignForm(Form, frozen=True, kw_only=True):
    """The night and the definitions by which a month is signed, and why where it was signed before."""

    district: str = ""
    month: str = ""
    night: str = ""
    new_until_day_seen: str = ""
    long_term_before_month: str = ""
    reason: str = ""


class Row(Value, frozen=True, kw_only=True):
    """One figure: as it counts now, as it was signed last ("" while it was not), and who is behind it."""

    label: str
    now: int
    signed: str
    before: int
    people: tuple[tuple[Id, str], ...]
    came: tuple[str, ...]
    went: tuple[str, ...]


@get(PATH, opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def show_return(
    request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "", month: FromQuery[str] = ""
) -> Response[str]:
    """A month, the last whole one unless another is asked for."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        return _answer(request, access, chosen, _read_month(access, month))


@post(PATH, opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def sign_return(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[SignForm]) -> Response[Any]:
    """Signs a month."""
    try:
        with door.open() as access:
            chosen, first = choose_district(access, data.district, Act.SHARE_TRACKER), _read_month(access, data.month)
            sign_month(access, chosen.id, first, _read_night(data.night), _settings(data), data.reason)
    except Invalid as refused:
        with door.open() as access:
            chosen = choose_district(access, data.district, Act.SHARE_TRACKER)
            return _answer(request, access, chosen, _read_month(access, data.month), data, refused.errors)
    return go_to(f"{PATH}?district={chosen.id}&month={first:%Y-%m}", "return_signed")


@get(PATH + "/sheet", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def download_return(
    door: NamedDependency[Door], district: FromQuery[str] = "", month: FromQuery[str] = ""
) -> Response[bytes]:
    """What was signed last, as CSV, with its definitions; 404 while nothing was."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        counted = find_month(access.session, chosen.id, _read_month(access, month))
        if not counted.versions:
            raise NotFound
        made = write_sheet(chosen.name, counted)
    headers = {
        "content-disposition": f'attachment; filename="return-{counted.month:%Y-%m}.csv"',
        "cache-control": "no-store",
    }
    return Response(made, media_type="text/csv; charset=utf-8", headers=headers)


def write_sheet(area: str, counted: Month) -> bytes:
    """The last signed version as CSV: a line a figure, then what it leaves out, then the definitions."""
    version = counted.versions[-1]
    file = io.StringIO()
    sheet = csv.writer(file, lineterminator="\r\n")
    sheet.writerow(("Area", area))
    sheet.writerow(("Month", f"{counted.month:%Y-%m}"))
    sheet.writerow(("Signed", version.signed_at.isoformat(), "version", len(counted.versions)))
    sheet.writerows((label, version.counts[name]) for name, label in FIGURES)
    sheet.writerows((f"Nights in the last 180 days: {band}", count) for band, count in version.bands.items())
    sheet.writerows((label, "not held") for label in NOT_HELD)
    sheet.writerow(("Typical night", version.night or ""))
    sheet.writerow(("Held since", version.held_since or ""))
    sheet.writerow(("In no figure: sightings of people nobody knew", version.coverage.unidentified))
    sheet.writerow(("In the figures: people without a place", version.coverage.without_place))
    sheet.writerow(("In the figures: people not verified", version.coverage.not_verified))
    for name in version.settings.__struct_fields__:
        sheet.writerow((f"Definition: {name.replace('_', ' ')}", getattr(version.settings, name)))
    return file.getvalue().encode("utf-8-sig")


def _answer(
    request: AnyRequest,
    access: Access,
    district: District,
    first: date,
    form: SignForm | None = None,
    errors: tuple[str, ...] = (),
) -> Response[str]:
    night = _read_night(form.night) if form else None
    counted = find_month(access.session, district.id, first, night, _settings(form) if form else None)
    rows = _rows(access, counted)
    who = workers.list_short_names(access.session, {each.signed_by for each in counted.versions})
    newest = first_of_month(access.today)
    months = [months_later(newest, -back) for back in range(MONTHS_SHOWN)]
    return page(
        request, "coordinator/return.html", title="Monthly return", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors={"reason": " ".join(errors)} if errors else {},
        district=district, month=f"{first:%B %Y}", code=f"{first:%Y-%m}", rows=rows, not_held=NOT_HELD,
        coverage=counted.coverage, bands={band: len(each) for band, each in counted.now.nights_in_180_days.items()},
        brought_in=counted.brought_in,
        held_since=say_day(counted.now.held_since) if counted.now.held_since else "", settings=counted.settings,
        night=counted.now.night, busiest=counted.now.busiest_night, on_busiest=len(counted.now.seen_on_busiest_night),
        reason=form.reason if form else "", is_over=access.today >= months_later(first, 1),
        versions=[
            (number, say_day(each.signed_at.date()), who.get(each.signed_by, ""), each.counts["seen"], each.reason)
            for number, each in enumerate(counted.versions, start=1)
        ],
        months=[(f"{each:%B %Y}", f"{PATH}?district={district.id}&month={each:%Y-%m}", each == first) for each in months],
    )  # fmt: skip


def _rows(access: Access, counted: Month) -> list[Row]:
    """The figures, with names; that they were shown is written down."""
    every = {person for name, _ in FIGURES for one in (counted.now, counted.before) for person in getattr(one, name)}
    access.note_seen(SubjectKind.PERSON, sorted(every), purpose="monthly return")
    names = {
        each.id: each.name or each.alias or "No name yet" for each in people.list_people(access.session, sorted(every))
    }

    def named(ids: frozenset[Id]) -> tuple[str, ...]:
        return tuple(sorted(names.get(each, "No name yet") for each in ids))

    signed = counted.versions[-1].counts if counted.versions else {}
    found = []
    for name, label in FIGURES:
        now, before = getattr(counted.now, name), getattr(counted.before, name)
        listed = tuple(sorted(((each, names.get(each, "No name yet")) for each in now), key=lambda pair: pair[1]))
        found.append(
            Row(
                label=label,
                now=len(now),
                before=len(before),
                signed=str(signed.get(name, "")),
                people=listed,
                came=named(now - before),
                went=named(before - now),
            )
        )
    return found


def _read_month(access: Access, text: str) -> date:
    """The month asked for; the last whole one when none is, or none that can be read."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return months_later(first_of_month(access.today), -1)


def _read_night(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _settings(form: SignForm) -> IndicatorPeriods:
    return IndicatorPeriods(
        new_until_day_seen=bool(form.new_until_day_seen), long_term_with_this_month=not form.long_term_before_month
    )
