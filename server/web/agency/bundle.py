"""A person's own copy of everything held about them: what it is, and the press that makes it."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import SYSTEM, Door
from server.actions.people.bundle import compose_bundle
from server.actions.people.documents import list_for_copy
from server.http.services import Services
from server.problems import NotFound
from server.queries.people import subjects
from server.web.layout.bundle_files import make_zip
from server.web.layout.forms import EmptyForm
from server.web.layout.page import AnyRequest, page
from shared.model.value import Id
from shared.policy import Act

PATH = "/people/{person_id:str}/own-copy"


@get(PATH, opt={"action": Act.EXPORT_PERSON}, sync_to_thread=True, include_in_schema=False)
def show_own_copy(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """What the copy holds, and what is to be done before it is handed over."""
    with door.open() as access:
        person = access.open_person(person_id, "own copy asked about")
        if not access.allows(Act.EXPORT_PERSON, subjects.find_person(access.session, person_id) or SYSTEM):
            raise NotFound
        return page(request, "agency/own_copy.html", title="Own copy", worker=access.worker, person=person)


@post(PATH, opt={"action": Act.EXPORT_PERSON}, status_code=200, sync_to_thread=True, include_in_schema=False)
def make_own_copy(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[EmptyForm],
) -> Response[Any]:
    """Makes the copy. No name is in the file's name."""
    with door.open() as access:
        bundle = compose_bundle(access, person_id)
        papers = list_for_copy(access, services.filing, person_id)
    headers = {"content-disposition": 'attachment; filename="own-copy.zip"', "cache-control": "no-store"}
    return Response(make_zip(bundle, papers), media_type="application/zip", headers=headers)
