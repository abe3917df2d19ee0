"""Circulating an agenda: what each agency will be sent, checked, and then sent as it was checked."""

from collections.abc import Iterator
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import circulating
from server.actions.conferences import conferences as acts
from server.actions.conferences.papers import compose_papers
from server.actions.conferences.readers import list_readers
from server.http.services import Services
from server.problems import Invalid
from server.queries.conferences import conferences
from server.queries.partnership.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.check import Check, ask
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to
from server.web.layout.words import count, say_moment
from shared.model.conference import CaseConference
from shared.model.value import Id
from shared.policy import Act
from shared.rules.agenda import circulation_warning


class CirculateForm(Form, frozen=True, kw_only=True):
    """A press; `seen` is the mark of what its reader had checked."""

    seen: str = ""


@get(
    SECTION + "/{conference_id:str}/circulate",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def check_circulating(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """What each agency will be sent."""
    with door.open() as access:
        return _answer(request, access, conference_id)


@post(
    SECTION + "/{conference_id:str}/circulate",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def circulate(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    conference_id: FromPath[Id],
    data: URLEncodedBody[CirculateForm],
) -> Response[Any]:
    """Gives every agency its paper, as it was checked."""
    try:
        with door.open() as access:
            circulating.circulate(access, services.files, conference_id, data.seen)
        return go_to(f"{SECTION}/{conference_id}", "circulated")
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, conference_id, {"checked": refused.errors[0]})


def _open(access: Access, conference_id: Id) -> CaseConference:
    return acts.open_conference(access, conference_id, Act.PREPARE_CONFERENCE)


def _answer(request: AnyRequest, access: Access, conference_id: Id, errors: Errors | None = None) -> Response[str]:
    conference = _open(access, conference_id)
    path, again = f"{SECTION}/{conference_id}", conference.circulated_at is not None
    check = Check(
        rows=list(_list_rows(access, conference)), action=f"{path}/circulate", back=path,
        press="Circulate again" if again else "Circulate", fields={"seen": circulating.mark_of(access, conference)},
        lead="Each agency whose agreements hold is told by e-mail, without a name, and its calendar gets the conference.",
        warning=(circulation_warning(conference.starts_at, access.now) or "").replace("Circulated", "If circulated now:"),
    )  # fmt: skip
    return ask(request, check, title="Check before you circulate", section=SECTION, worker=access.worker, errors=errors)


def _list_rows(access: Access, conference: CaseConference) -> Iterator[tuple[str, str]]:
    district = find_district(access.session, conference.district_id)
    yield "Conference", f"{district.name if district else ''}, {say_moment(conference.starts_at)}"
    yield "Where, or how to join", conference.place or "Not said"
    yield "On the agenda", count(len(conferences.list_items(access.session, conference.id)), "case")
    readers = list_readers(access, conference)
    papers = compose_papers(access, conference, readers)
    for reader in readers:
        yield reader.agency.name, reader.withheld or f"{count(len(papers[reader.agency.id].cases), 'case')}"
