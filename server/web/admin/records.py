"""One district, agency, team, worker or agreement on a page of its own, by the same rules as a county's file."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.operation.invitations import invite, mail_invitation
from server.http.services import Services
from server.importers.county import store
from server.importers.county.ending import ENDING, make_ending
from server.importers.county.plan import REMOVED, Line, Verb, make_plan
from server.importers.county.sheets import APART, BY_NAME, County, Row, Sheet
from server.problems import Failure, Invalid, NotFound
from server.queries.operation import sessions
from server.queries.partnership import identities, workers
from server.queries.partnership.county import hold_county
from server.queries.people import subjects
from server.web.admin.county import box_of
from server.web.admin.giving import (
    ACTS,
    apart,
    find_agency_id,
    find_beyond,
    find_out_of_hand,
    is_lead_of,
    list_given,
    rules_all,
    words_of,
)
from server.web.layout.forms import EmptyForm, Errors, Form, require_choice
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import lower_first, say
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind

NEW = "new"
PLACES = {
    "Districts": "/records/districts", "Agencies": "/records/agencies", "Teams": "/records/teams", "Workers": "/workers",
    "Agreements": "/agreements",
}  # fmt: skip
ONE = {"Districts": "district", "Agencies": "agency", "Teams": "team", "Workers": "worker", "Agreements": "agreement"}
HINTS = {
    "Trained on": "The day of data protection training, such as 3 11 2026. It lasts 24 months.",
    "From": "The day it begins, if it did not always stand.",
    "Until": "Its last day, where it ends.",
    "Mailbox": "Agendas, actions and reminders go there in the place of its members.",
    "E-mail": "What they sign in with.",
    "Telephone": "Rung when they, or a colleague on the shift, are not heard. Such as +44 7700 900123.",
    "Emergency contact": "Whom to ring for them, with the number. Only who answers an alarm sees it.",
    "Last day": "At most 12 months after it was signed.",
}
LABELS = {
    "Answer in days": "Working days to answer a report",
    "Verified only": "The list takes verified people only",
    "Active": "Works here",
    "Kind": "What it is",
}


SEVERAL = frozenset({"Roles", "Teams", "Districts"})


KNOWN_BY = (
    ("met", "They are here with me"),
    ("rang", "I rang the number on their record and they answered"),
    ("vouched", "I asked whoever leads their team, who spoke with them"),
)
"""How an administrator knows that another way in is asked for by its owner, and not by whoever reads their mails."""


class InviteForm(Form, frozen=True, kw_only=True):
    """How it is known who asks, where the link takes the place of more than a password."""

    known_by: str = ""


class Field(Value, frozen=True, kw_only=True):
    """One column as the page asks for it: `kind` is text, choice or several."""

    name: str
    label: str
    kind: str
    value: str = ""
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""


@get("/records/{sheet_name:str}", opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def show_records(request: AnyRequest, door: NamedDependency[Door], sheet_name: FromPath[str]) -> Response[str]:
    """Every district, agency or team, by name, each leading to its page."""
    sheet = _find_sheet(sheet_name)
    with door.open() as access:
        access.require(ACTS[sheet.name])
        rows = sorted(store.read_standing(access.session).of(sheet.name), key=lambda row: row.cells["Name"].casefold())
        columns = [column for column in sheet.columns if column not in {"Id", "Name"}]
        return page(
            request, "admin/records.html", title=sheet.name, section=PLACES[sheet.name], worker=access.worker,
            sheet=sheet.name, columns=columns, rows=[row.cells for row in rows], one=ONE[sheet.name],
        )  # fmt: skip


@get(
    "/records/{sheet_name:str}/{record_id:str}",
    opt={"action": Act.SIGNED_IN},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_record(
    request: AnyRequest, door: NamedDependency[Door], sheet_name: FromPath[str], record_id: FromPath[Id]
) -> Response[str]:
    """The form for one, or for a new one."""
    sheet = _find_sheet(sheet_name)
    with door.open() as access:
        standing = store.read_standing(access.session)
        stood = _find(access, sheet, standing, record_id)
        return _answer(request, access, sheet, record_id, standing, stood, {})


@post(
    "/records/{sheet_name:str}/{record_id:str}",
    opt={"action": Act.SIGNED_IN},
    sync_to_thread=True,
    include_in_schema=False,
)
def keep_record(
    request: AnyRequest,
    door: NamedDependency[Door],
    sheet_name: FromPath[str],
    record_id: FromPath[Id],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Keeps it, or says beside each field what is wrong with it."""
    sheet = _find_sheet(sheet_name)
    with door.open() as access:
        hold_county(access.session)
        standing = store.read_standing(access.session)
        stood = _find(access, sheet, standing, record_id)
        said, stale = _lay_over(_read(sheet, data, record_id), stood, _read_shown(data))
        line = make_plan(County({sheet.name: (Row(2, said),)}), standing).lines[0]
        errors = {_field(fault.column): fault.words for fault in line.faults} | find_beyond(access, sheet, line) | stale
        if record_id == NEW and line.verb is Verb.CHANGE:
            # What was typed for a new one is no word about the one that stands, and its empty fields take nothing from it.
            errors = {_field(sheet.key[0]): f"This {ONE[sheet.name]} is in Lantern already: change it there."} | errors
        if not errors and line.verb is not Verb.SAME:
            errors = _keep(access, sheet, line)
        if errors:
            typed = {name: "" if text == REMOVED else text or stood[name] for name, text in said.items()}
            return _answer(request, access, sheet, record_id, standing, stood | typed, errors, stood)
    return go_to(PLACES[sheet.name], "kept_record")


@post(
    "/records/{sheet_name:str}/{record_id:str}/end", opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True,
    include_in_schema=False,
)  # fmt: skip
def end_record(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    sheet_name: FromPath[str],
    record_id: FromPath[Id],
    data: URLEncodedBody[EmptyForm],
) -> Response[Any]:
    """Shows what ends with an agency or a team, as a plan of the county that is applied in one press and undone as one."""
    sheet = _find_sheet(sheet_name)
    with door.open() as access:
        for act in (Act.MANAGE_DISTRICTS, Act.MANAGE_WORKERS, Act.MANAGE_AGREEMENTS):
            access.require(act, detail=f"{ONE[sheet.name]} ends")
        standing = store.read_standing(access.session)
        ending = make_ending(standing, sheet.name, record_id, access.today)
        if ending is None:
            raise NotFound
        name = next(row.cells["Name"] for row in standing.of(sheet.name) if row.cells["Id"] == record_id)
        by = access.actor.worker_id
        batch = store.keep_plan(
            access.session, box_of(services), ending, f"{name} ends", by, access.now, access.new_id()
        )
    return go_to(f"/county/{batch.id}")


@post(
    "/workers/{record_id:str}/invite", opt={"action": Act.MANAGE_WORKERS}, sync_to_thread=True, include_in_schema=False
)
def invite_worker(
    request: AnyRequest, door: NamedDependency[Door], record_id: FromPath[Id], data: URLEncodedBody[InviteForm]
) -> Response[Any]:
    """Sends a link by which they set their own password, and another second factor in the place of one that they lost."""
    sheet = BY_NAME["Workers"]
    with door.open() as access:
        standing = store.read_standing(access.session)
        stood = _find(access, sheet, standing, record_id)
        refused_here = {} if rules_all(access, sheet) else find_out_of_hand(access, record_id, standing)
        if refused_here:
            return _answer(request, access, sheet, record_id, standing, stood, refused_here)
        if _is_more_than_a_password(access, record_id):
            errors: Errors = {}
            require_choice(
                errors, "known_by", data.known_by, set(dict(KNOWN_BY)), "Say how you know that it is them who ask."
            )
            if errors:
                return _answer(request, access, sheet, record_id, standing, stood, errors)
        try:
            worker = workers.get_worker(access.session, record_id)
            subject = subjects.find_worker(access.session, record_id)
            access.require(Act.MANAGE_WORKERS, subject, purpose="invite", detail=data.known_by[:20])
            made = invite(access.session, worker, access.actor.worker_id, access.now, access.new_id)
        except Invalid as refused:
            return _answer(request, access, sheet, record_id, standing, stood, {"e_mail": " ".join(refused.errors)})
        mail_invitation(access.session, made, worker.agency_id, access.now, access.new_id)
    return go_to("/workers", "invited")


def _is_more_than_a_password(access: Access, worker_id: Id) -> bool:
    """Is what the link replaces an authenticator, or their organisation's account, which whoever reads their mails has not?"""
    return sessions.has_second_factor(access.session, worker_id) or identities.is_tied(access.session, worker_id)


def _keep(access: Access, sheet: Sheet, line: Line) -> Errors:
    try:
        with access.session.begin_nested():
            store.write_line(access.session, line, access.now, access.new_id)
    except Failure as failure:
        return {_field(sheet.key[0]): failure.detail}
    return {}


def _find_sheet(name: str) -> Sheet:
    found = BY_NAME.get(name.capitalize())
    if found is None:
        raise NotFound
    return found


def _find(access: Access, sheet: Sheet, standing: County, record_id: Id) -> dict[str, str]:
    """The record as it stands, once the reader may change it. Raises NotFound and Forbidden."""
    rows = {row.cells["Id"]: row.cells for row in standing.of(sheet.name)}
    stood = dict.fromkeys(sheet.columns, "") if record_id == NEW else rows.get(record_id)
    subject = None if stood is None else _subject(access, sheet, standing, record_id, stood)
    access.require(ACTS[sheet.name], subject, purpose=f"{ONE[sheet.name]} changed")
    return dict(stood or {})


def _subject(access: Access, sheet: Sheet, standing: County, record_id: Id, stood: Mapping[str, str]) -> Subject | None:
    """A record as policy sees it; a new one is of the reader's own service and districts."""
    if record_id == NEW:
        own = access.actor
        return Subject(kind=SubjectKind.WORKER, owner_agency_id=own.agency_id, district_ids=own.district_ids)
    if sheet.name == "Workers":
        return subjects.find_worker(access.session, record_id)
    owner = find_agency_id(standing, stood["Agency"]) if stood.get("Agency") else None
    return Subject(kind=SubjectKind.WORKER, id=record_id, owner_agency_id=owner)


def _read(sheet: Sheet, data: Mapping[str, Any], record_id: Id) -> dict[str, str]:
    """What was sent, as a row of the file: an empty field takes away, since the page shows what stands; one that was not on the
    page leaves it. Of a list nothing is sent where nothing is ticked."""
    said = {}
    for column in sheet.columns:
        if _field(column) not in data and column not in SEVERAL:
            said[column] = ""
            continue
        value = data.get(_field(column), "")
        text = APART.join(str(each) for each in value if each) if isinstance(value, list) else str(value).strip()
        said[column] = text or REMOVED
    if sheet.name == "Teams" and record_id != NEW and said["Agency"] == REMOVED:
        said["Agency"] = ""
    return said | {"Id": "" if record_id == NEW else record_id}


def _read_shown(data: Mapping[str, Any]) -> dict[str, str]:
    """What stood when the page was shown, by column; nothing where that was not sent along."""
    try:
        return msgspec.json.decode(str(data.get("shown") or "{}"), type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def _lay_over(
    said: dict[str, str], stood: Mapping[str, str], shown: Mapping[str, str]
) -> tuple[dict[str, str], Errors]:
    """What was changed on the page, over what stands now; and the fields that somebody else has changed meanwhile, too.

    A field that the page shows as it stood leaves what stands: an old page puts nothing old back.
    """
    over, stale = dict(said), {}
    for column, before in shown.items():
        if column not in said or column == "Id":
            continue
        now, text = stood[column], "" if said[column] == REMOVED else said[column]
        if apart(text) == apart(before):
            over[column] = ""
        elif apart(now) != apart(before) and apart(now) != apart(text):
            stale[_field(column)] = (
                f"Somebody changed this to “{now or 'nothing'}” since you opened the page. Keep it again to say yours."
            )
    return over, stale


def _field(column: str) -> str:
    return column.lower().replace(" ", "_").replace("-", "_")


def _answer(
    request: AnyRequest,
    access: Access,
    sheet: Sheet,
    record_id: Id,
    standing: County,
    cells: Mapping[str, str],
    errors: Errors,
    stood: Mapping[str, str] | None = None,
) -> Response[str]:
    """The form; `stood` is what stands where `cells` hold what was typed."""
    limited = not rules_all(access, sheet)
    fields = [
        _ask(sheet, column, cells[column], standing, access, limited) for column in sheet.columns if column != "Id"
    ]
    is_new = record_id == NEW
    return page(
        request, "admin/record.html", title=f"Add a {ONE[sheet.name]}" if is_new else cells.get("Name") or sheet.name,
        section=PLACES[sheet.name], worker=access.worker, status=422 if errors else 200, errors=errors, fields=fields,
        path=f"/records/{sheet.name.lower()}/{record_id}", back_path=PLACES[sheet.name], back_text=sheet.name, is_new=is_new,
        may_invite=sheet.name == "Workers" and not is_new, may_end=sheet.name in ENDING and not is_new,
        shown="" if is_new else msgspec.json.encode(dict(cells if stood is None else stood)).decode(),
        known_by=KNOWN_BY if sheet.name == "Workers" and _is_more_than_a_password(access, record_id) else (),
    )  # fmt: skip


def _ask(sheet: Sheet, column: str, value: str, standing: County, access: Access, limited: bool) -> Field:
    options = _options(sheet, column, value, standing, access, limited)
    usual = {"Active": "yes", "Verified only": "no"}.get(column, "")
    return Field(
        name=_field(column), label=LABELS.get(column, column), hint=HINTS.get(column, ""), value=value or usual,
        kind="text" if options is None else "several" if column in SEVERAL else "choice",
        chosen=tuple(value.split(APART)), options=options or (),
    )  # fmt: skip


def _options(
    sheet: Sheet, column: str, value: str, standing: County, access: Access, limited: bool
) -> tuple[tuple[str, str], ...] | None:
    """What may be chosen for a column; None where it is typed."""
    own = access.actor.agency_id if limited else None
    if column == "Agency":
        rows = [
            row.cells for row in standing.of("Agencies") if own in {None, row.cells["Id"]} or row.cells["Name"] == value
        ]
        return (("", "Choose"), *((cells["Name"], cells["Name"]) for cells in rows))
    if column == "Districts":
        rows = [row.cells for row in standing.of("Districts")]
        may_give = access.actor.district_ids if limited else {cells["Id"] for cells in rows}
        chosen = value.split(APART)
        return tuple(
            (cells["Code"], cells["Name"]) for cells in rows if cells["Id"] in may_give or cells["Code"] in chosen
        )
    if column == "Teams":
        of: dict[str, list[str]] = {}
        for row in standing.of("Teams"):
            of.setdefault(row.cells["Name"], []).append(row.cells["Agency"])
        return tuple((name, f"{name} ({', '.join(walking)})") for name, walking in of.items())
    if column == "Roles":
        roles = list_given(is_lead_of(access, access.actor.agency_id)) if limited else tuple(Role)
        held = apart(value)
        return tuple((words_of(each), upper(say(each))) for each in Role if each in roles or words_of(each) in held)
    if column in {"Active", "Verified only"}:
        return (("yes", "Yes"), ("no", "No"))
    if column == "Kind":
        kinds = AgreementKind if sheet.name == "Agreements" else AgencyKind
        return (("", "Choose"), *((words_of(kind), say(kind)) for kind in kinds))
    return None


def upper(text: str) -> str:
    return text[:1].upper() + lower_first(text)[1:]
