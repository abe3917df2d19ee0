"""Papers of a person: what is on the record, adding one, reading one, taking one off that should not be there."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import documents
from server.http.services import Services
from server.problems import Failure, Invalid
from server.queries.partnership import agencies, workers
from server.queries.people import people
from server.settings import DOCUMENT_FORM_BYTES
from server.web.layout.forms import Errors, Form, read_upload
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.codes import DocumentKind
from shared.model.document import DOCUMENT_BYTES_MAX
from shared.model.value import Id
from shared.policy import Act

PATH = "/people/{person_id:str}/documents"
ENOUGH = "You have filed very much in a day, and this server takes no more of you. File the rest tomorrow."
SAFE_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
}


class RemovalForm(Form, frozen=True, kw_only=True):
    """Which document is taken off, and why."""

    document_id: str = ""
    reason: str = ""


@get(PATH, opt={"action": Act.SEE_DOCUMENT}, sync_to_thread=True, include_in_schema=False)
def show_documents(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """What is on the record, with the form that adds to it."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(
    PATH,
    opt={"action": Act.ADD_DOCUMENT},
    sync_to_thread=True,
    include_in_schema=False,
    request_max_body_size=DOCUMENT_FORM_BYTES,
)
def add_document(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Files a document. What it is, its bytes say; its name is forgotten."""
    kind, title = str(data.get("kind", "")), str(data.get("title", ""))
    _, content = read_upload(data.get("data"), DOCUMENT_BYTES_MAX + 1)
    with door.open() as access:
        documents.require_adding(access, person_id)
    errors = _read(kind, title, content)
    if not errors:
        try:
            safe = services.filing.judge(content)
            with door.open() as access:
                documents.add_document(access, services.filing, person_id, DocumentKind(kind), title, content, safe)
        except Invalid as refused:
            errors["data"] = refused.errors[0]
        except Failure as failed:
            if failed.kind.status not in (413, 429, 503):
                raise
            errors["data"] = ENOUGH if failed.kind.status == 429 else failed.detail
    if not errors:
        return go_to(f"/people/{person_id}/documents", "document_added")
    with door.open() as access:
        return _answer(request, access, person_id, errors, {"kind": kind, "title": title})


@get(PATH + "/{document_id:str}", opt={"action": Act.SEE_DOCUMENT}, sync_to_thread=True, include_in_schema=False)
def read_document(
    door: NamedDependency[Door], services: NamedDependency[Services], person_id: FromPath[Id], document_id: FromPath[Id]
) -> Response[bytes]:
    """One document: a picture on the screen, a PDF as a file to save. No name of anybody is in the file's name."""
    with door.open() as access:
        found, content = documents.read_document(access, services.filing, person_id, document_id)
    shown = "inline" if documents.is_shown(found) else "attachment"
    headers = {
        **SAFE_HEADERS,
        "content-disposition": f'{shown}; filename="document.{documents.name_ending(found)}"',
    }
    return Response(content, media_type=found.media_type, headers=headers)


@post(
    "/people/{person_id:str}/remove-document",
    opt={"action": Act.SEE_DOCUMENT},
    sync_to_thread=True,
    include_in_schema=False,
)
def remove_document(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[RemovalForm]
) -> Response[Any]:
    """Erases a document that this agency filed and that should not be there."""
    try:
        with door.open() as access:
            documents.remove_document(access, data.document_id, data.reason)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {"reason-" + data.document_id: refused.errors[0]}, {})
    return go_to(f"/people/{person_id}/documents", "document_removed")


def _read(kind: str, title: str, content: bytes) -> Errors:
    errors: Errors = {}
    if kind not in {str(each) for each in documents.KINDS_OF_A_PERSON}:
        errors["kind"] = "Choose what it is."
    if len(title) > documents.LONGEST_TITLE:
        errors["title"] = f"Use {documents.LONGEST_TITLE} characters or fewer."
    if not content:
        errors["data"] = "Choose a file."
    elif len(content) > DOCUMENT_BYTES_MAX:
        errors["data"] = "The file is larger than 5 MB. Send a smaller one."
    return errors


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None, form: dict[str, str] | None = None
) -> Response[str]:
    found = documents.list_documents(access, person_id)
    places = documents.list_place_pictures(access, person_id)
    person = people.find_person(access.session, person_id)
    subject, _ = access.find_person_and_same(person_id)
    return page(
        request, "agency/documents.html", title="Documents", worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, form=form or {}, person_id=person_id,
        known_as=person.known_as if person else "", documents=found, places=places,
        agencies={each.id: each.name for each in agencies.list_agencies(access.session)},
        authors=workers.list_short_names(access.session, {each.worker_id for each in (*found, *places)}),
        may_add=subject is not None and access.allows(Act.ADD_DOCUMENT, subject), own_agency=access.actor.agency_id,
        kinds=[("", "Choose"), *((str(kind), say(kind)) for kind in documents.KINDS_OF_A_PERSON)],
    )  # fmt: skip
