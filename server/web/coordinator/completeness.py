"""What is still to ask, by the agency that met the person, month by month: a score to watch and a list to work from."""

from datetime import date

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.access import Access, Door
from server.queries.cases import completeness
from server.queries.people import people
from server.web.coordinator.conferences import choose_district
from server.web.layout.page import AnyRequest, page
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.completeness import Completeness, measure_completeness
from shared.rules.indicators import first_of_month, months_later

MONTHS_SHOWN = 6
PATH = "/still-to-ask"


@get(PATH, opt={"action": Act.SEE_PERSON_LIST}, sync_to_thread=True, include_in_schema=False)
def show_completeness(
    request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "", month: FromQuery[str] = ""
) -> Response[str]:
    """A month and each agency's people, for everyone who works on the street there or coordinates it; and the months before,
    by what is known today."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SEE_PERSON_LIST)
        newest = first_of_month(access.tonight)
        months = [months_later(newest, -back) for back in range(MONTHS_SHOWN)]
        first = next((each for each in months if f"{each:%Y-%m}" == month), newest)
        measured = {each: _measure(access, chosen.id, each) for each in months}
        scores = measured[first]
        shown = [each.person_id for _, score in scores for each in score.still_to_ask]
        access.note_seen(SubjectKind.PERSON, sorted(set(shown)), purpose="still to ask")
        return page(
            request, "coordinator/completeness.html", title="Still to ask", section="/cases", worker=access.worker,
            district=chosen, month=f"{first:%B %Y}", scores=scores,
            months=[(f"{each:%B %Y}", f"{PATH}?district={chosen.id}&month={each:%Y-%m}", each == first) for each in months],
            trend=_trend(months, measured),
        )  # fmt: skip


def _measure(access: Access, district_id: Id, first: date) -> list[tuple[str, Completeness]]:
    """Each agency's score for the people whom it met in one month; of somebody who died nothing is asked."""
    met = completeness.list_met(access.session, district_id, first, months_later(first, 1))
    everyone = sorted({person_id for ids in met.values() for person_id in ids})
    known = {each.id: each for each in people.list_people(access.session, everyone) if each.died_on is None}
    asked = completeness.list_asked(access.session, everyone)
    return [
        (name, measure_completeness([(known[each], each in asked) for each in ids if each in known]))
        for (_, name), ids in met.items()
    ]


def _trend(months: list[date], measured: dict[date, list[tuple[str, Completeness]]]) -> list[tuple[str, list[str]]]:
    """Each agency's score in each month, the newest first; a month in which it met nobody has a dash."""
    names = sorted({name for scores in measured.values() for name, _ in scores})
    by_month = {month: {name: score.score_percent for name, score in scores} for month, scores in measured.items()}
    return [
        (name, ["–" if (score := by_month[month].get(name)) is None else f"{score} %" for month in months])
        for name in names
    ]
