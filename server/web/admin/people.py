"""Who works with Lantern: workers with their roles, and agencies with the agreements that they signed."""

from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from msgspec import structs

from server.access import Access, Door
from server.actions.operation.account import end_sessions_of
from server.actions.operation.orders import order_mailbox_moved
from server.actions.partnership.leaving import dismiss
from server.mail.smtp import is_address
from server.problems import Invalid
from server.queries.operation.addressees import list_shared_addresses, set_shared_address
from server.queries.partnership.agencies import list_agencies, list_every_agreement, list_teams
from server.queries.partnership.districts import list_districts
from server.queries.partnership.workers import list_workers
from server.queries.people import subjects
from server.web.layout.forms import Errors, Form, require_choice
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import lower_first, say, say_short_day
from shared.model.agency import Agency, Agreement
from shared.model.codes import AgreementKind
from shared.model.value import Id, Value
from shared.model.worker import Worker
from shared.policy import Act, Subject, SubjectKind
from shared.policy.actor import NEEDED_AGREEMENTS
from shared.policy.decide import TRAINING_LASTS_DAYS

SOON = timedelta(days=60)
LONGEST_ADDRESS = 254


class WorkerLine(Value, frozen=True, kw_only=True):
    """A worker as the page says it."""

    id: Id
    name: str
    agency: str
    roles: str
    where: str
    training: str
    is_training_due: bool
    is_training_soon: bool
    active: bool


class LeaveForm(Form, frozen=True, kw_only=True):
    """That the worker whom the page names is meant."""

    sure: str = ""


class Paper(Value, frozen=True, kw_only=True):
    """One kind of agreement of an agency: how it stands, and whether something is to be done."""

    name: str
    words: str
    is_missing: bool
    is_soon: bool


class AgencyLine(Value, frozen=True, kw_only=True):
    """An agency with its papers."""

    name: str
    kind: str
    papers: tuple[Paper, ...]
    sees_people: bool
    mailbox: str


class MailboxForm(Form, frozen=True, kw_only=True):
    """The shared mailbox of an agency; an empty address removes it."""

    agency: str = ""
    address: str = ""


@get("/workers", opt={"action": Act.MANAGE_WORKERS}, sync_to_thread=True, include_in_schema=False)
def show_workers(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Everyone who signs in or carries a phone."""
    with door.open() as access:
        own = Subject(kind=SubjectKind.AGENCY, owner_agency_id=access.actor.agency_id)
        theirs = structs.replace(own, district_ids=access.actor.district_ids)
        access.require(Act.MANAGE_WORKERS, theirs)
        lines = _worker_lines(access)
        manages_all = access.allows(Act.MANAGE_WORKERS, Subject(kind=SubjectKind.WORKER))
        return page(
            request, "admin/workers.html", title="Workers", section="/workers", worker=access.worker, workers=lines,
            manages_all=manages_all, has_systems=access.allows(Act.MANAGE_WORKERS, own),
            due=sum(1 for line in lines if line.is_training_due and line.active),
            soon=sum(1 for line in lines if line.is_training_soon and line.active),
        )  # fmt: skip


@post(
    "/workers/{worker_id:str}/end-sessions",
    opt={"action": Act.MANAGE_WORKERS},
    sync_to_thread=True,
    include_in_schema=False,
)
def end_worker_sessions(door: NamedDependency[Door], worker_id: FromPath[Id]) -> Response[Any]:
    """Ends every session of somebody: a laptop was lost, or they left."""
    with door.open() as access:
        end_sessions_of(access, worker_id)
    return go_to("/workers", "sessions_ended")


@post(
    "/workers/{worker_id:str}/leave", opt={"action": Act.MANAGE_WORKERS}, sync_to_thread=True, include_in_schema=False
)
def leave(
    request: AnyRequest,
    door: NamedDependency[Door],
    worker_id: FromPath[Id],
    data: URLEncodedBody[LeaveForm],
) -> Response[Any]:
    """Keeps a worker out: signed out everywhere, phones revoked."""
    if data.sure != "yes":
        raise Invalid("Tick the box to say whom you mean. Nothing was changed.")
    with door.open() as access:
        dismiss(access, worker_id)
    return go_to("/workers", done="left")


@get("/agencies", opt={"action": Act.SEE_AGREEMENTS}, sync_to_thread=True, include_in_schema=False)
def show_agencies(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The agencies whose agreements the reader may see."""
    with door.open() as access:
        return _answer_agencies(request, access, MailboxForm(), {})


@post("/agencies/mailbox", opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def keep_mailbox(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[MailboxForm]) -> Response[Any]:
    """Says where mails to an agency go: to its shared mailbox, or, without one, to its members."""
    address = data.address.strip()
    with door.open() as access:
        access.require(Act.MANAGE_DISTRICTS, detail=data.agency)
        errors: Errors = {}
        known = {each.id for each in list_agencies(access.session)}
        require_choice(errors, "agency", data.agency, known, "Choose the agency.")
        if address and not (is_address(address) and len(address) <= LONGEST_ADDRESS):
            errors["address"] = "Enter one e-mail address, such as mdt@agency.example, or leave it empty."
        if errors:
            return _answer_agencies(request, access, data, errors)
        if list_shared_addresses(access.session).get(data.agency) != (address or None):
            set_shared_address(access.session, data.agency, address or None)
            order_mailbox_moved(access.session, data.agency, access.now, access.new_id())
    return go_to("/agencies", "mailbox_kept" if address else "mailbox_removed")


def _answer_agencies(request: AnyRequest, access: Access, form: MailboxForm, errors: Errors) -> Response[str]:
    today = access.today
    agencies = [each for each in list_agencies(access.session) if access.allows(Act.SEE_AGREEMENTS, _of_agency(each))]
    mailboxes = list_shared_addresses(access.session)
    signed = list_every_agreement(access.session)
    lines = [_agency_line(each, signed.get(each.id, []), today, mailboxes.get(each.id, "")) for each in agencies]
    return page(
        request, "admin/agencies.html", title="Agencies and agreements", section="/agencies", worker=access.worker,
        agencies=sorted(lines, key=lambda line: (line.sees_people, line.name)), status=422 if errors else 200,
        shut_out=[line.name for line in lines if not line.sees_people], form=form, errors=errors,
        may_change=access.allows(Act.MANAGE_DISTRICTS), may_sign=access.allows(Act.MANAGE_AGREEMENTS),
        choices=[("", "Choose"), *((each.id, each.name) for each in agencies)],
    )  # fmt: skip


def _of_agency(agency: Agency) -> Subject:
    return Subject(kind=SubjectKind.AGENCY, id=agency.id, owner_agency_id=agency.id)


def _worker_lines(access: Access) -> list[WorkerLine]:
    today = access.today
    agencies = {each.id: each.name for each in list_agencies(access.session)}
    places = {each.id: each.name for each in list_teams(access.session)}
    places |= {each.id: each.name for each in list_districts(access.session)}
    return [
        _worker_line(each, agencies.get(each.agency_id, ""), places, today)
        for each, subject in subjects.list_workers(access.session, list_workers(access.session))
        if access.allows(Act.MANAGE_WORKERS, subject)
    ]


def _worker_line(worker: Worker, agency: str, places: dict[str, str], today: date) -> WorkerLine:
    ends = worker.trained_on + timedelta(days=TRAINING_LASTS_DAYS) if worker.trained_on else None
    training = "Not recorded: no access to people" if ends is None else f"Valid until {say_short_day(ends)}"
    if ends is not None and ends < today:
        training = f"Ended {say_short_day(ends)}: no access to people"
    roles = [say(role) for role in sorted(worker.roles)]
    return WorkerLine(
        id=worker.id, name=worker.name, agency=agency, active=worker.active, training=training,
        is_training_due=ends is None or ends < today,
        is_training_soon=ends is not None and today <= ends < today + SOON,
        roles=", ".join([*roles[:1], *(lower_first(role) for role in roles[1:])]),
        where=", ".join(places[each] for each in (*worker.team_ids, *worker.district_ids) if each in places),
    )  # fmt: skip


def _agency_line(agency: Agency, signed: list[Agreement], today: date, mailbox: str) -> AgencyLine:
    needed = [kind for kind in AgreementKind if kind in NEEDED_AGREEMENTS]
    papers = tuple(_paper(kind, [each for each in signed if each.kind is kind], today) for kind in needed)
    return AgencyLine(
        name=agency.name,
        kind=say(agency.kind),
        papers=papers,
        sees_people=not any(paper.is_missing for paper in papers),
        mailbox=mailbox,
    )


def _paper(kind: AgreementKind, signed: list[Agreement], today: date) -> Paper:
    """The version that lasts longest, of those that have begun."""
    newest = max((each for each in signed if each.signed_on <= today), key=lambda each: each.expires_on, default=None)
    if newest is None:
        return Paper(name=say(kind), words="Not signed", is_missing=True, is_soon=False)
    ended = newest.expires_on < today
    until = f"{'ended' if ended else 'valid until'} {say_short_day(newest.expires_on)}"
    words = f"Version {newest.version}, signed by {newest.signatory}, {until}"
    return Paper(name=say(kind), words=words, is_missing=ended, is_soon=not ended and newest.expires_on - today < SOON)
