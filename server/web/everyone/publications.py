"""What leaves the partnership as counts: what waits for approval, just as its readers would see it; what is told; what was
withdrawn, and why. Two people of two organisations approve (privacy rules, guarantee G).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.quarterly import read_shares
from server.actions.partnership import publications as acts
from server.actions.partnership.figures import ToldQuarter, read_figures
from server.hotspots.periods import Period, say_period
from server.hotspots.publication import say_visits
from server.problems import Invalid
from server.queries.maps.hotspots import list_regions
from server.queries.maps.publications import Release, list_releases
from server.queries.partnership import agencies, workers
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.progress_tables import DISTRICTS, EQUALITY, WORDS, make_tables
from server.web.layout.spreadsheets import Cell
from server.web.layout.words import say_day
from shared.model.codes import PublicationKind
from shared.model.value import Id, Value
from shared.policy import Act

SECTION = "/publications"
TITLES = {
    PublicationKind.MAP: "Map of the quarter",
    PublicationKind.SHARE: "Tables for Public Health",
}


class ApprovalForm(Form, frozen=True, kw_only=True):
    """A press of the button."""


class WithdrawalForm(Form, frozen=True, kw_only=True):
    """Why it is told no more."""

    reason: str = ""


class Line(Value, frozen=True, kw_only=True):
    """One publication. `rows` is what its readers would see, in words."""

    id: Id
    title: str
    period: str
    prepared: str
    approved: str
    withdrawn: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    may_approve: bool


@get(SECTION, opt={"action": Act.APPROVE_PUBLICATION}, sync_to_thread=True, include_in_schema=False)
def show_publications(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The ledger."""
    with door.open() as access:
        return _answer(request, access)


@post(
    SECTION + "/{release_id:str}/approve",
    opt={"action": Act.APPROVE_PUBLICATION},
    sync_to_thread=True,
    include_in_schema=False,
)
def approve(
    request: AnyRequest, door: NamedDependency[Door], release_id: FromPath[Id], data: URLEncodedBody[ApprovalForm]
) -> Response[Any]:
    """Approves for the reader's agency."""
    try:
        with door.open() as access:
            approved = acts.approve(access, release_id)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, {f"approve-{release_id}": refused.errors[0]})
    return go_to(SECTION, "publication_told" if approved.is_shown else "publication_approved")


@post(
    SECTION + "/{release_id:str}/withdraw",
    opt={"action": Act.APPROVE_PUBLICATION},
    sync_to_thread=True,
    include_in_schema=False,
)
def withdraw(
    request: AnyRequest, door: NamedDependency[Door], release_id: FromPath[Id], data: URLEncodedBody[WithdrawalForm]
) -> Response[Any]:
    """Takes it from its readers, with a reason."""
    try:
        with door.open() as access:
            acts.withdraw(access, release_id, data.reason)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, {f"reason-{release_id}": refused.errors[0]})
    return go_to(SECTION, "publication_withdrawn")


def _answer(request: AnyRequest, access: Access, errors: Errors | None = None) -> Response[str]:
    access.require(Act.APPROVE_PUBLICATION)
    found = [each for each in list_releases(access.session) if each.kind in TITLES]
    agency_names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    who = {each for line in found for each in (line.first_by, line.second_by, line.withdrawn_by) if each}
    people = workers.list_short_names(access.session, who)
    lines = [(each, _line(access, each, people, agency_names)) for each in found]
    return page(
        request, "everyone/publications.html", title="What is told", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {},
        waiting=[line for each, line in lines if not each.is_shown and each.withdrawn_at is None],
        told=[line for each, line in lines if each.is_shown],
        withdrawn=[line for each, line in lines if each.withdrawn_at is not None],
    )  # fmt: skip


def _line(access: Access, one: Release, people: Mapping[Id, str], names: Mapping[Id, str]) -> Line:
    heads, rows = _read(access, one)
    withdrawn = ""
    if one.withdrawn_at is not None:
        by = people.get(one.withdrawn_by or "", "")
        withdrawn = f"Withdrawn {say_day(one.withdrawn_at)} by {by}: {one.withdrawn_reason}"
    return Line(
        id=one.id, title=TITLES[one.kind], period=say_period(Period(one.starts_on, one.ends_on)),
        prepared=say_day(one.prepared_at), approved=_approved(one, people, names), withdrawn=withdrawn,
        heads=heads, rows=rows,
        may_approve=not one.is_shown and one.withdrawn_at is None and one.first_agency_id != access.actor.agency_id,
    )  # fmt: skip


def _approved(one: Release, people: Mapping[Id, str], names: Mapping[Id, str]) -> str:
    if one.founding:
        return "Told before approval was asked for"
    voices = [
        f"{people.get(who or '', '')}, {names.get(agency_id, '')}"
        for who, agency_id in ((one.first_by, one.first_agency_id), (one.second_by, one.second_agency_id))
        if agency_id is not None
    ]
    return " and ".join(voices) or "Nobody yet"


def _read(access: Access, one: Release) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """What its readers would see: the areas of a map, or the tables of a share, in words."""
    if one.kind is PublicationKind.MAP:
        areas = tuple(
            (
                f"Area {region.number}",
                "Fewer than the threshold, may be none" if region.shown is None else f"About {region.shown}",
                say_visits(region.visits),
            )
            for region in list_regions(access.session, one.id)
        )
        return ("Area or figure", "People seen", "Visits made"), (*areas, *_read_beside(one))
    shares = read_shares(one) if one.kind is PublicationKind.SHARE else {}
    rows = tuple(
        (share.area, table.title, row.label, ", ".join(row.cells))
        for share in shares.values()
        for table in share.tables
        for row in table.told
    )
    return ("Area", "Table", "Group", "Told"), rows


def _read_beside(one: Release) -> tuple[tuple[str, ...], ...]:
    """The figures that are told with a map: every one, in the words of the page on which they will stand."""
    found = read_figures(one)
    if found is None:
        return ()
    told = ToldQuarter(id=one.id, first=one.starts_on, last=one.ends_on, figures=found)
    tables = make_tables([told])
    return tuple(row for name, (heads, *lines) in tables.items() for line in lines for row in _turn(name, heads, line))


def _turn(name: str, heads: Sequence[Cell], line: Sequence[Cell]) -> Iterator[tuple[str, ...]]:
    """A line of one quarter as rows: what it is about, and what is told of it."""
    if name == DISTRICTS:
        yield str(line[0]), str(line[1]), ""
    elif name != WORDS:
        named = 3 if name == EQUALITY else 1  # how many cells say what the others are about
        about = [str(each) for each in line[1:named]]
        for head, cell in zip(heads[named:], line[named:], strict=True):
            yield ": ".join([*about, str(head)]), str(cell), ""
