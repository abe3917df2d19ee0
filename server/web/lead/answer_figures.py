"""How well reports are answered, counted of reports and never of people: a page, the same as a workbook, and the file of outcomes
that goes back to whoever sent the alerts, in StreetLink's own columns."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.access import Access, Door, of_theirs
from server.problems import Invalid
from server.queries.referrals import courses
from server.queries.referrals.courses import Outcome
from server.web.layout.page import AnyRequest, page
from server.web.layout.spreadsheets import ODS, Cell, Rows, write_csv, write_ods
from server.web.layout.words import say
from server.web.lead.inbox import list_tabs
from shared.model.codes import AlertSource
from shared.policy import Act, SubjectKind
from shared.rules.referral_figures import Course, Figures, count_figures, split
from shared.rules.wording import upper_first

PATH = "/referrals/figures"
WEEKS = 13
LONGEST = timedelta(days=366 * 3)
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
NOWHERE = "In no district of ours"
KINDS = {"csv": "text/csv; charset=utf-8", "ods": ODS}
MEASURES = (
    "Reports", "Repeats", "Place known", "Visited", "Hours to the first visit", "Visited within a day", "Outcome",
    "Person found", "Hours to the outcome", "Answered in time",
)  # fmt: skip
DEFINITIONS: Rows = (
    ("Word", "What it means"),
    ("Reports", "Alerts reported on these days, of any source. One person may be reported often: never add them up as people"),
    ("Repeats", "Reports that were folded into another. They are not measured again: the shares are of the others"),
    ("Place known", "We have a point for it, sent or found by a postcode"),
    ("Visited", "A team recorded that it was there; where it did not, the outcome says that it must have been"),
    ("Hours", "The median from the report to then, nights and weekends included. Not known is left out"),
    ("Person found", "Of the outcomes: those that say that somebody was found"),
    ("Answered in time", "Of those that are closed or overdue: closed by the promised day. The day moves while we wait for more"),
    ("Outcomes by group", "StreetLink's 26 outcomes, by the part before the hyphen"),
)  # fmt: skip
STREETLINK_COLUMNS = (
    "alert_id", "alert_number", "datetime_opened", "local_authority_name", "duplication_status", "parent_alert_id",
    "date_of_first_attempt", "closed_date", "outcome_summary", "feedback_provided", "status",
)  # fmt: skip


@get(PATH, opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def show_answer_figures(
    request: AnyRequest, door: NamedDependency[Door], since: FromQuery[str] = "", until: FromQuery[str] = ""
) -> Response[str]:
    """The figures of the reader's districts; of the last thirteen weeks unless they say."""
    with door.open() as access:
        first, last, errors = _read_days(access, since, until)
        tables = _make_tables(_list(access, first, last), access) if not errors else {}
        return page(
            request, "lead/answer_figures.html", title="How reports are answered", section="/referrals",
            worker=access.worker, now=access.now, tabs=list_tabs(access, "figures"), first=first, last=last,
            since=since or first.isoformat(), until=until or last.isoformat(), errors=errors,
            tables=[(name, rows[0], rows[1:]) for name, rows in tables.items()],
            sources=[(str(each), say(each)) for each in AlertSource], status=422 if errors else 200,
        )  # fmt: skip


@get(f"{PATH}/file", opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def download_answer_figures(
    door: NamedDependency[Door], since: FromQuery[str] = "", until: FromQuery[str] = "", kind: FromQuery[str] = "ods"
) -> Response[bytes]:
    """The same tables as a workbook, or one after another as CSV."""
    with door.open() as access:
        first, last = _need_days(access, since, until)
        tables = _make_tables(_list(access, first, last), access)
    if kind not in KINDS:
        raise Invalid("Ask for ods or csv.")
    made = (
        write_ods(tables)
        if kind == "ods"
        else write_csv([row for name, rows in tables.items() for row in ((name,), *rows, ())])
    )
    return _file(made, kind, f"reports-{first}-to-{last}.{kind}")


@get(f"{PATH}/outcomes", opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def download_outcomes(
    door: NamedDependency[Door],
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    source: FromQuery[str] = "streetlink",
) -> Response[bytes]:
    """What became of a source's alerts that ended on these days, in StreetLink's columns: nothing about anybody."""
    known = {str(each): each for each in AlertSource}
    if source not in known:
        raise Invalid("There is no such source.")
    with door.open() as access:
        first, last = _need_days(access, since, until)
        access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="file of outcomes", detail=source)
        start, end = _moments(access, first, last)
        found = courses.list_outcomes(
            access.session,
            access.actor.district_ids,
            access.teams_within(Act.ASSIGN_REFERRAL),
            known[source],
            start,
            end,
        )
        ids = [each.referral_id for each in found]
        access.note_seen(SubjectKind.REFERRAL, ids, action=Act.SEE_REFERRAL, purpose="file of outcomes")
        rows = [STREETLINK_COLUMNS, *(_outcome_row(each, access) for each in found)]
    return _file(write_csv(rows), "csv", f"outcomes-{source}-{first}-to-{last}.csv")


def _list(access: Access, first: date, last: date) -> list[Course]:
    access.require(
        Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="figures of reports", detail=f"{first} to {last}"
    )
    start, end = _moments(access, first, last)
    teams = access.teams_within(Act.ASSIGN_REFERRAL)
    return courses.list_courses(access.session, access.actor.district_ids, teams, start, end)


def _make_tables(found: Sequence[Course], access: Access) -> dict[str, Rows]:
    """By name, the heads first."""

    whole = count_figures(found, access.today, access.zone.key)

    def lay(noun: str, parts: dict[str, list[Course]], *, with_all: bool = False) -> Rows:
        """A column for each part, a line for each measure: as wide as what is compared."""
        figures = {name: count_figures(of, access.today, access.zone.key) for name, of in parts.items()}
        figures |= {"All": whole} if with_all else {}
        columns = [_column(each) for each in figures.values()]
        return [(noun, *figures), *((name, *cells) for name, *cells in zip(MEASURES, *columns, strict=True))]

    return {
        "By district": lay("Of each district", split(found, lambda each: each.district or NOWHERE), with_all=True),
        "By source": lay("Of each source", split(found, lambda each: say(AlertSource(each.source)))),
        "Outcomes by group": [
            ("Outcome", "Reports"), *((upper_first(name), number) for name, number in whole.groups),
        ],
        "Definitions": DEFINITIONS,
    }  # fmt: skip


def _column(of: Figures) -> tuple[Cell, ...]:
    return (
        of.reports, of.repeats, _share(of.placed, of.own), _share(of.visited, of.own), _hours(of.hours_to_visit),
        _share(of.visited_in_a_day, of.visited), _share(of.closed, of.own), _share(of.found, of.closed),
        _hours(of.hours_to_outcome), _share(of.in_time, of.owed),
    )  # fmt: skip


def _share(part: int, whole: int) -> str:
    """A share with what it is of: a percentage alone flatters three reports."""
    return f"{part} of {whole} ({round(100 * part / whole)} %)" if whole else "none"


def _hours(hours: float | None) -> Cell:
    return "not known" if hours is None else round(hours, 1)


def _outcome_row(each: Outcome, access: Access) -> tuple[Cell, ...]:
    return (
        each.reference, each.number, _local(each.reported_at, access), each.council,
        "Duplicate" if each.head_reference else "", each.head_reference,
        _local(each.looked_at, access) if each.looked_at else "", _local(each.closed_at, access), each.outcome,
        "Yes" if each.was_told else "No", "Closed",
    )  # fmt: skip


def _local(moment: datetime, access: Access) -> str:
    return f"{moment.astimezone(access.zone):%d/%m/%Y %H:%M}"


def _moments(access: Access, first: date, last: date) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last."""
    return (
        datetime.combine(first, time(), access.zone),
        datetime.combine(last + timedelta(days=1), time(), access.zone),
    )


def _read_days(access: Access, since: str, until: str) -> tuple[date, date, dict[str, str]]:
    """The days that are asked for; by default the thirteen weeks up to today."""
    errors: dict[str, str] = {}
    last = _day(until, access.today, "until", errors)
    first = _day(since, last - timedelta(weeks=WEEKS), "since", errors)
    if not errors and not timedelta() <= last - first <= LONGEST:
        errors["until"] = "Give a last day that is not before the first, and at most three years after it."
    return first, last, errors


def _day(text: str, usual: date, field: str, errors: dict[str, str]) -> date:
    if not text.strip():
        return usual
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if EARLIEST <= day <= LATEST:
        return day
    errors[field] = "Give a day, such as 2026-11-30."
    return usual


def _need_days(access: Access, since: str, until: str) -> tuple[date, date]:
    first, last, errors = _read_days(access, since, until)
    if errors:
        raise Invalid(*errors.values())
    return first, last


def _file(made: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made, media_type=KINDS[kind], headers=headers)
