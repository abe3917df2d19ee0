"""The figures by quarter, as a commissioner's page and its files tell them: rounded, and in words where they are not told."""

from datetime import date

from litestar import get
from litestar.di import NamedDependency

from server.access import Door
from server.actions.partnership.figures import ToldQuarter, list_told_quarters
from server.hotspots.figures import GROUPS
from server.queries.partnership.systems import Scope
from server.web.api.shape import BASE, Told, reading
from server.web.layout.progress_tables import NOT_TOLD, say_district, say_likely, say_number, say_people
from shared.policy import Act, SubjectKind


class ToldDistrict(Told, frozen=True, kw_only=True):
    """A district's people, as a band in words."""

    district: str
    people: str


class ToldFigures(Told, frozen=True, kw_only=True):
    """A quarter. Every number is text: some are told as words, such as "not shown". They overlap, and never add up."""

    first: date
    last: date
    people_met: str
    may_have_been: str
    squares_looked_at: str
    reports: str
    answered_in_time: str
    groups: dict[str, str]
    districts: list[ToldDistrict]


class FigureList(Told, frozen=True, kw_only=True):
    """Every quarter that is told, the oldest first."""

    quarters: list[ToldFigures]


@get(f"{BASE}/figures", **reading(Act.SEE_HOTSPOTS, Scope.FIGURES))
def list_figures(door: NamedDependency[Door]) -> FigureList:
    """The quarters that two organisations have approved."""
    with door.open() as access:
        access.require(Act.SEE_HOTSPOTS)
        told = list_told_quarters(access.session)
        ids = [each.id for each in told]
        access.note_seen(SubjectKind.SYSTEM, ids, action=Act.SEE_HOTSPOTS, purpose="figures by quarter")
    return FigureList(quarters=[_show(each) for each in told])


def _show(told: ToldQuarter) -> ToldFigures:
    figures = told.figures
    return ToldFigures(
        first=told.first, last=told.last, people_met=say_people(told), may_have_been=say_likely(told),
        squares_looked_at=say_number(figures.looks), reports=say_number(figures.reports),
        answered_in_time=say_number(figures.in_time),
        groups={name: figures.groups.get(name, NOT_TOLD) for name in GROUPS},
        districts=[
            ToldDistrict(district=each.name, people=say_district(told, each.name)) for each in figures.districts
        ],
    )  # fmt: skip
