"""The notes of services about one person. A service that does not work with them hears whom to ask, and may break
the glass
in need: for a day, with a reason, and every time reviewed."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import notes
from server.http.services import Services
from server.problems import Forbidden, Invalid
from server.queries.partnership import agencies, workers
from server.queries.people import people
from server.web.layout.forms import Errors, Form
from server.web.layout.kept import kept_form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act
from shared.rules.address_hint import PROMPT, find_hints

PATH = "/people/{person_id:str}/notes"


class NoteForm(Form, frozen=True, kw_only=True):
    """A note; `sure` when the prompt about an address was answered."""

    text: str = ""
    sure: str = ""


class GlassForm(Form, frozen=True, kw_only=True):
    """Why it cannot wait."""

    cause: str = ""
    reason: str = ""


@get(PATH, opt={"action": Act.SEE_NOTES}, sync_to_thread=True, include_in_schema=False)
def show_notes(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], person_id: FromPath[Id]
) -> Response[str]:
    """The notes, or whom to ask for them."""
    path = f"/people/{person_id}/notes"
    return _answer(request, door, person_id, form=kept_form(services, door.worker.id, path, path, NoteForm()))


@post(PATH, opt={"action": Act.SEE_NOTES}, sync_to_thread=True, include_in_schema=False)
def write_note(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[NoteForm]
) -> Response[Any]:
    """Writes a note. One that seems to hold an address or a number is asked about once (privacy rule A12)."""
    if not data.sure and len(data.text) <= notes.LONGEST_TEXT and find_hints(data.text):
        return _answer(request, door, person_id, {"text": PROMPT}, data)
    try:
        with door.open() as access:
            notes.write_note(access, person_id, data.text)
    except Invalid as refused:
        return _answer(request, door, person_id, {"text": refused.problem.errors[0]}, data)
    return go_to(f"/people/{person_id}/notes", "saved")


@post(PATH + "/open", opt={"action": Act.BREAK_GLASS}, sync_to_thread=True, include_in_schema=False)
def break_glass(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[GlassForm]
) -> Response[Any]:
    """Breaks the glass for a day."""
    try:
        with door.open() as access:
            notes.break_the_glass(access, person_id, data.cause, data.reason)
    except Invalid as refused:
        return _answer(request, door, person_id, {"reason": " ".join(refused.problem.errors)}, glass=data)
    return go_to(f"/people/{person_id}/notes", "glass_broken")


def _answer(
    request: AnyRequest,
    door: Door,
    person_id: Id,
    errors: Errors | None = None,
    form: NoteForm | None = None,
    glass: GlassForm | None = None,
) -> Response[str]:
    try:
        with door.open() as access:
            return _shown(request, access, person_id, errors or {}, form or NoteForm())
    except Forbidden as refused:
        with door.open() as access:
            return _refused(request, access, person_id, refused.detail, errors or {}, glass or GlassForm())


def _shown(request: AnyRequest, access: Access, person_id: Id, errors: Errors, form: NoteForm) -> Response[str]:
    found = notes.read_notes(access, person_id)
    opened = notes.list_openings(access, person_id)
    person = people.find_person(access.session, person_id)
    names = {agency.id: agency.name for agency in agencies.list_agencies(access.session)}
    authors = workers.list_short_names(access.session, {note.worker_id for note in found})
    return page(
        request, "agency/notes.html", title="Notes", worker=access.worker, status=422 if errors else 200, errors=errors,
        form=form, person_id=person_id, known_as=person.known_as if person else "", now=access.now,
        opened=[(names[each.agency_id], notes.EVERY_CAUSE.get(each.cause, each.cause), each) for each in opened],
        notes=[(names[note.agency_id], authors.get(note.worker_id, ""), note) for note in found],
    )  # fmt: skip


def _refused(
    request: AnyRequest, access: Access, person_id: Id, reason: str, errors: Errors, form: GlassForm
) -> Response[str]:
    """Nothing of the person is on this page: not the name, not how many notes there are, nor since when."""
    subject, _ = notes.find_notes_subject(access, person_id)
    return page(
        request, "agency/notes_refused.html", title="Notes of another service", worker=access.worker,
        status=422 if errors else 403, errors=errors, form=form, reason=reason, person_id=person_id,
        causes=[("", "Choose"), *notes.CAUSES.items()],
        may_ask=subject is not None and access.allows(Act.ASK_SERVICE, subject),
        may_break=subject is not None and access.allows(Act.BREAK_GLASS, subject),
    )  # fmt: skip
