"""The monthly return of a district: each figure opens to the people behind it and says, person by person, who came and who went
since the month before and why; what no figure holds; what was signed, and every time that it was signed again.
"""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.partnership.returns import FIGURES, Figure, Month, find_month, name_figures, sign_month
from server.problems import Invalid, NotFound
from server.queries.partnership import workers
from server.queries.people import people
from server.web.coordinator.conferences import choose_district
from server.web.coordinator.return_sheet import list_revisions, make_tables
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.spreadsheets import ODS, write_csv, write_ods
from server.web.layout.words import say_day
from shared.model.district import District
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.indicators import IndicatorPeriods, first_of_month, months_later
from shared.rules.return_changes import say_came, say_went

PATH = "/returns"
MONTHS_SHOWN = 12
EARLIEST = date(1900, 1, 1)
UNKNOWN = "Somebody whose record you may not open"


class SignForm(Form, frozen=True, kw_only=True):
    """The night and the definitions by which a month is signed, and why where it was signed before. `seen` names the figures that
    the page showed."""

    district: str = ""
    month: str = ""
    night: str = ""
    population: str = ""
    new_until_day_seen: str = ""
    long_term_before_month: str = ""
    returning_by_quarters: str = ""
    settled_only: str = ""
    not_met_before: str = ""
    night_with_unidentified: str = ""
    reason: str = ""
    seen: str = ""


class Named(Value, frozen=True, kw_only=True):
    """One person behind a figure: the nights on which they were met in the month, or why they came or went."""

    id: Id
    name: str
    words: str


class Row(Value, frozen=True, kw_only=True):
    """One figure: as it counts now, as it was signed last ("" while it was not), and who is behind it."""

    code: str
    label: str
    now: str
    signed: str
    before: str
    people: tuple[Named, ...]
    came: tuple[Named, ...]
    went: tuple[Named, ...]


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
    """Signs a month by the night and the definitions that the page showed; by others it is shown first."""
    try:
        with door.open() as access:
            chosen, first = choose_district(access, data.district, Act.SHARE_TRACKER), _read_month(access, data.month)
            night, living = _read_night(data.night, first), _read_population(data.population)
            sign_month(access, chosen.id, first, night, _settings(data), data.reason, living, seen=data.seen)
    except Invalid as refused:
        with door.open() as access:
            chosen = choose_district(access, data.district, Act.SHARE_TRACKER)
            return _answer(request, access, chosen, _read_month(access, data.month), data, refused.errors)
    return go_to(f"{PATH}?district={chosen.id}&month={first:%Y-%m}", "return_signed")


@get(PATH + "/sheet", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def download_return(
    door: NamedDependency[Door],
    district: FromQuery[str] = "",
    month: FromQuery[str] = "",
    kind: FromQuery[str] = "csv",
) -> Response[bytes]:
    """What was signed last, with its definitions, as CSV or as an .ods file; 404 while nothing was."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        counted = find_month(access.session, chosen.id, _read_month(access, month))
        if not counted.versions or kind not in ("csv", "ods"):
            raise NotFound
        tables = make_tables(chosen.name, counted, _who_signed(access, counted))
    if kind == "ods":
        made, media_type = write_ods(tables), ODS
    else:
        made, media_type = (
            write_csv([row for rows in tables.values() for row in (*rows, ())]),
            "text/csv; charset=utf-8",
        )
    headers = {
        "content-disposition": f'attachment; filename="return-{counted.month:%Y-%m}.{kind}"',
        "cache-control": "no-store",
    }
    return Response(made, media_type=media_type, headers=headers)


def _who_signed(access: Access, counted: Month) -> dict[Id, str]:
    return workers.list_short_names(access.session, {each.signed_by for each in counted.versions})


def _answer(
    request: AnyRequest,
    access: Access,
    district: District,
    first: date,
    form: SignForm | None = None,
    errors: tuple[str, ...] = (),
) -> Response[str]:
    night = _find_night(form.night, first) if form else None
    counted = find_month(access.session, district.id, first, night, _settings(form) if form else None)
    newest = first_of_month(access.today)
    months = [months_later(newest, -back) for back in range(MONTHS_SHOWN)]
    last = counted.versions[-1] if counted.versions else None
    revisions = list_revisions(counted, _who_signed(access, counted))[1:]
    return page(
        request, "coordinator/return.html", title="Monthly return", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors={"reason": " ".join(errors)} if errors else {},
        district=district, month=f"{first:%B %Y}", code=f"{first:%Y-%m}", rows=_rows(access, counted),
        coverage=counted.coverage, beside=_beside(counted), brought_in=counted.brought_in,
        held_since=say_day(counted.now.held_since) if counted.now.held_since else "", settings=counted.settings,
        stays_since=say_day(counted.stays_since) if counted.stays_since else "",
        night=counted.now.night, seen=name_figures(counted),
        busiest=counted.now.busiest_night, on_busiest=len(counted.now.seen_on_busiest_night),
        reason=form.reason if form else "", is_over=access.tonight >= months_later(first, 1), versions=revisions,
        population=form.population if form else str(last.population or "") if last else "",
        months=[(f"{each:%B %Y}", f"{PATH}?district={district.id}&month={each:%Y-%m}", each == first) for each in months],
    )  # fmt: skip


def _beside(counted: Month) -> list[tuple[str, int, str]]:
    """What is told beside the figures: words, as it counts now, as it was signed."""
    signed = counted.versions[-1] if counted.versions else None
    told = (
        ("Nights in the last 180 days", {b: len(p) for b, p in counted.now.nights_in_180_days.items()},
         signed.bands if signed else {}),
        ("Over the month", counted.parts, signed.parts if signed else {}),
        ("CHAIN, in 12 months", counted.chain, signed.chain if signed else {}),
    )  # fmt: skip
    return [
        (f"{title}: {name}", now.get(name, 0), str(kept.get(name, 0) if kept else "–"))
        for title, now, kept in told
        for name in dict.fromkeys((*now, *kept))
    ]


def _rows(access: Access, counted: Month) -> list[Row]:
    """The figures, with the names that the reader may open; that they were shown is written down."""
    every = {person for each in FIGURES for one in (counted.now, counted.before) for person in getattr(one, each.name)}
    allowed = {each for each in every if _may_open(access, each)}
    access.note_seen(SubjectKind.PERSON, sorted(allowed), purpose="monthly return")
    names = {
        each.id: each.name or each.alias or "No name yet"
        for each in people.list_people(access.session, sorted(allowed))
    }
    return [_row(counted, figure, names) for figure in FIGURES]


def _may_open(access: Access, person_id: Id) -> bool:
    subject, _ = access.find_person_and_same(person_id)
    return subject is not None and access.allows(Act.SEE_PERSON, subject)


def _row(counted: Month, figure: Figure, names: dict[Id, str]) -> Row:
    now, before = getattr(counted.now, figure.name), getattr(counted.before, figure.name)

    def named(ids: frozenset[Id], words: dict[Id, str]) -> tuple[Named, ...]:
        found = [
            Named(id=each if each in names else "", name=names.get(each, UNKNOWN), words=words[each]) for each in ids
        ]
        return tuple(sorted(found, key=lambda each: (each.name, each.words)))

    came, went = now - before, before - now
    signed = counted.versions[-1].counts if counted.versions else {}
    is_held = counted.is_held(figure.name)
    return Row(
        code=figure.code, label=figure.label, now=str(counted.count(figure.name)) if is_held else "Not held",
        before=str(counted.count_before(figure.name)) if is_held else "–", signed=str(signed.get(figure.name, "–")),
        people=named(now, {each: _say_nights(counted, each) for each in now}),
        came=named(
            came, {each: say_came(figure.name, counted.known[each], counted.month, counted.settings) for each in came}
        ),
        went=named(
            went,
            {
                each: say_went(figure.name, counted.known[each], counted.month, is_seen=each in counted.now.seen)
                for each in went
            },
        ),
    )  # fmt: skip


def _say_nights(counted: Month, person_id: Id) -> str:
    nights = [str(each.day) for each in counted.known[person_id].nights if each >= counted.month]
    if not nights:
        return "not met in the month"
    listed = nights[0] if len(nights) == 1 else f"{', '.join(nights[:-1])} and {nights[-1]}"
    return f"met on the night of {listed} {counted.month:%B}"


def _read_month(access: Access, text: str) -> date:
    """The month asked for; the last whole one when none is, none that can be read, or none of which anything can be held."""
    newest = first_of_month(access.today)
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        asked = date.max
    return asked if EARLIEST <= asked <= newest else months_later(newest, -1)


def _read_night(text: str, month: date) -> date | None:
    """The night that was chosen; none for an empty field. Raises Invalid: no other night is put in its place unsaid."""
    night = _find_night(text, month)
    if night is None and text.strip():
        raise Invalid("Choose a night of this month, such as 2026-11-12.")
    return night


def _find_night(text: str, month: date) -> date | None:
    try:
        night = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return night if first_of_month(night) == month else None


def _read_population(text: str) -> int | None:
    """People who live there; nothing for an empty field. Raises Invalid."""
    digits = text.replace(",", "").replace(" ", "")
    if not digits:
        return None
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 9:
        raise Invalid("Give how many people live in the area, as a whole number.")
    return int(digits)


def _settings(form: SignForm) -> IndicatorPeriods:
    return IndicatorPeriods(
        new_until_day_seen=bool(form.new_until_day_seen),
        long_term_with_this_month=not form.long_term_before_month,
        returning_after_quarters=2 if form.returning_by_quarters else 0,
        accommodated_settled_only=bool(form.settled_only),
        accommodated_met_before=not form.not_met_before,
        night_with_unidentified=bool(form.night_with_unidentified),
    )
