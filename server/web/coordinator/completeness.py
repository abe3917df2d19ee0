"""What is still to ask, by the agency that met the person last month: a score to watch and a list to work from."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.access import Door
from server.queries import completeness, people
from server.web.coordinator.conferences import choose_district
from server.web.layout.page import AnyRequest, page
from shared.geo.night import outreach_night
from shared.policy import Act, SubjectKind
from shared.rules.completeness import measure_completeness
from shared.rules.indicators import first_of_month, months_later


@get("/still-to-ask", opt={"action": Act.SEE_PERSON_LIST}, sync_to_thread=True, include_in_schema=False)
def show_completeness(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """This month and each agency's people, for everyone who works on the street there or coordinates it."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SEE_PERSON_LIST)
        first = first_of_month(outreach_night(access.now))
        met = completeness.list_met(access.session, chosen.id, first, months_later(first, 1))
        everyone = sorted({person_id for ids in met.values() for person_id in ids})
        known = {person.id: person for person in people.list_people(access.session, everyone)}
        asked = completeness.list_asked(access.session, everyone)
        access.note_seen(SubjectKind.PERSON, sorted(known), purpose="still to ask")
        scores = [
            (name, measure_completeness([(known[each], each in asked) for each in ids if each in known]))
            for (_, name), ids in met.items()
        ]
        return page(
            request, "coordinator/completeness.html", title="Still to ask", section="/cases", worker=access.worker,
            district=chosen, month=f"{first:%B %Y}", scores=scores,
        )  # fmt: skip
