"""Enrolling a phone: a code shown once, large and as a picture to scan, and four digits to compare on both screens (B12).

The code is in no address of ours and no cookie: it is on this one page, works once, and dies after ten minutes. The picture is a
link that a phone's own camera app opens Lantern with, so that the app asks for no camera.
"""

import segno
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.operation.enrolment import issue_code
from server.http.services import Services
from server.problems import Invalid, NotFound
from server.queries.operation import devices
from server.queries.partnership.agencies import list_teams
from server.queries.partnership.workers import find_worker, list_workers_of_team
from server.queries.people import subjects
from server.web.admin.phones import of_team
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import say_moment
from shared.model.enrolment_link import EnrolmentLink, write_link
from shared.model.value import Id, Value
from shared.policy import Act

QR_SCALE = 6


class EnrolForm(Form, frozen=True, kw_only=True):
    """Whose phone it will be: `team/worker`."""

    carrier: str = ""


class Waiting(Value, frozen=True, kw_only=True):
    """Where a code stands: waiting, used with digits to compare, or over."""

    code_id: Id
    number: int | None = None
    digits: str = ""
    is_confirmed: bool = False
    is_over: bool = False


@get("/devices/enrol", opt={"action": Act.ENROL_DEVICE}, sync_to_thread=True, include_in_schema=False)
def show_enrol_form(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Whose phone?"""
    with door.open() as access:
        return _form(request, access, "", {})


@post("/devices/enrol", opt={"action": Act.ENROL_DEVICE}, status_code=200, sync_to_thread=True, include_in_schema=False)
def make_code(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[EnrolForm],
) -> Response[str]:
    """Makes the code and shows it, once."""
    team_id, _, worker_id = data.carrier.partition("/")
    try:
        with door.open() as access:
            if not worker_id:
                raise Invalid("Choose who will carry the phone.")
            issued = issue_code(access, worker_id, team_id, services.settings)
            carrier = find_worker(access.session, worker_id)
            server = services.settings.address
            link = write_link(EnrolmentLink(server=server, code=issued.code))
            return page(
                request, "admin/code.html", title="Enrolment code", section="/devices", worker=access.worker,
                code=issued.code, picture=segno.make(link, error="m").svg_data_uri(scale=QR_SCALE, border=2),
                server=server, carrier=carrier.name if carrier else "",
                expires=say_moment(issued.expires_at)[-5:], waiting=Waiting(code_id=issued.id),
            )  # fmt: skip
    except Invalid as refused:
        with door.open() as access:
            return _form(request, access, data.carrier, {"carrier": " ".join(refused.errors)})


@get("/devices/enrol/{code_id:str}", opt={"action": Act.ENROL_DEVICE}, sync_to_thread=True, include_in_schema=False)
def show_waiting(request: AnyRequest, door: NamedDependency[Door], code_id: FromPath[Id]) -> Response[str]:
    """The part of the code's page that changes: asked for again by the page itself until the phone has come."""
    with door.open() as access:
        code = devices.get_code(access.session, code_id)
        if code is None:
            raise NotFound
        access.require(Act.ENROL_DEVICE, subjects.find_team(access.session, code.team_id), purpose="enrolment watched")
        enrolment = devices.find_enrolment(access.session, code.device_number) if code.device_number else None
        waiting = Waiting(
            code_id=code.id, number=code.device_number, digits=code.match_digits or "",
            is_confirmed=bool(enrolment and enrolment.confirmed_at),
            is_over=code.used_at is None and (access.now > code.expires_at or code.tries >= devices.TRIES_MAX),
        )  # fmt: skip
        return page(request, "admin/waiting.html", title="", worker=access.worker, waiting=waiting)


def _form(request: AnyRequest, access: Access, chosen: str, errors: Errors) -> Response[str]:
    teams = [team for team in list_teams(access.session) if access.allows(Act.ENROL_DEVICE, of_team(team))]
    access.require(Act.ENROL_DEVICE, of_team(teams[0]) if teams else None, purpose="enrolment")
    options = [
        (f"{team.id}/{carrier.id}", f"{carrier.name}, {team.name}")
        for team in teams
        for carrier in list_workers_of_team(access.session, team.id)
    ]
    return page(
        request, "admin/enrol.html", title="Enrol a phone", section="/devices", worker=access.worker, errors=errors,
        chosen=chosen, options=[("", "Choose a person"), *options], status=422 if errors else 200,
    )  # fmt: skip
