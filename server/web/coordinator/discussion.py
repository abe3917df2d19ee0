"""The page of the meeting itself: one case on the shared screen, typed into by several people, the next case by one
key.

What is typed goes to the server a moment after each pause and is kept in the browser until the server has it
(`static/discussion.js`); without scripts the same forms work with a button.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import discussion
from server.actions.conferences.discussion import Saved
from server.actions.conferences.papers import compose_paper
from server.actions.conferences.readers import list_readers
from server.actions.people.plans import list_reaching
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.conferences import conferences, guests
from server.queries.conferences import discussion as meeting
from server.queries.partnership import agencies
from server.web.coordinator.conferences import SECTION
from server.web.layout.forms import EmptyForm, Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.agency import Agency
from shared.model.conference import AgendaItem, CaseConference
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.bullets import Bullet, read_bullet, what_is_missing
from shared.rules.days import read_day, say_day

CASE = SECTION + "/{conference_id:str}/discussion/{item_id:str}"


class NoteForm(Form, frozen=True, kw_only=True):
    """The notes as typed, the text that the typing began from, and who typed."""

    base: str = ""
    notes: str = ""
    typed_by: str = ""


class OutcomeForm(Form, frozen=True, kw_only=True):
    """The outcome as typed, its code where one is asked for, the version that the typing began from, and who typed."""

    based_on: int = 0
    outcome: str = ""
    code: str | None = None
    typed_by: str = ""


class ActionForm(Form, frozen=True, kw_only=True):
    """An action as one line, such as "CGL: assessment by 28 Nov"; the two fields below it say what the line does
    not. `key` is the id that a screen gave it, so that what is sent twice is one action."""

    line: str = ""
    agency: str = ""
    due: str = ""
    key: str = ""


class LineRead(Value, frozen=True, kw_only=True):
    """How a line was read: in words, what has to be asked, and whether its owner is told nothing."""

    said: str
    missing: tuple[str, ...] = ()
    warning: str = ""


@get(CASE, opt={"action": Act.RUN_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def show_case(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], item_id: FromPath[str]
) -> Response[str]:
    """One case of the meeting, by its item; a number shows the case that has this place on the agenda now."""
    with door.open() as access:
        if item_id.isdecimal() and len(item_id) < 4:
            items = discussion.open_sitting(access, conference_id).items
            item_id = next((item.id for item in items if item.position == int(item_id)), "")
        return _answer(request, access, conference_id, item_id)


@get(CASE + "/note", opt={"action": Act.RUN_CONFERENCE, "polls": True}, sync_to_thread=True, include_in_schema=False)
def read_note(door: NamedDependency[Door], conference_id: FromPath[Id], item_id: FromPath[Id]) -> Response[Saved]:
    """What is stored now: other people's words reach this screen without a reload."""
    with door.open() as access:
        return Response(discussion.read_saved(access, conference_id, item_id))


@post(CASE + "/note", opt={"action": Act.RUN_CONFERENCE}, status_code=200, sync_to_thread=True, include_in_schema=False)
def save_note(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    item_id: FromPath[Id],
    data: URLEncodedBody[NoteForm],
) -> Response[Any]:
    """Stores the notes; a script is answered with what is stored now, a form without one with the page."""
    with door.open() as access:
        refuse_words_of_another(access, data.typed_by)
        saved = discussion.save_note(access, conference_id, item_id, base=data.base, notes=data.notes)
    return Response(saved) if _is_script(request) else go_to(_path(conference_id, item_id), "saved")


@post(
    CASE + "/outcome",
    opt={"action": Act.RUN_CONFERENCE},
    status_code=200,
    sync_to_thread=True,
    include_in_schema=False,
)
def save_outcome(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    item_id: FromPath[Id],
    data: URLEncodedBody[OutcomeForm],
) -> Response[Any]:
    """Stores the outcome alone. One that began from an older outcome is shown beside the newer, never over it."""
    with door.open() as access:
        refuse_words_of_another(access, data.typed_by)
        saved = discussion.save_outcome(
            access, conference_id, item_id, based_on=data.based_on, outcome=data.outcome, code=data.code
        )
        if _is_script(request):
            return Response(saved)
        if saved.stale:
            errors = {
                "outcome": f"Meanwhile somebody else wrote “{saved.outcome}”. Save again to put yours in its place."
            }
            return _answer(request, access, conference_id, item_id, errors, outcome=data.outcome)
    return go_to(_path(conference_id, item_id), "saved")


@post(CASE + "/action", opt={"action": Act.RUN_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def agree_action(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    item_id: FromPath[Id],
    data: URLEncodedBody[ActionForm],
) -> Response[Any]:
    """Keeps an action agreed for the case."""
    try:
        with door.open() as access:
            names = {agency.id: agency.name for agency in agencies.list_agencies(access.session)}
            bullet = _as_chosen(read_bullet(data.line, names, access.today), data, access.today)
            missing = what_is_missing(bullet, _seated_names(access, conference_id, names), access.today)
            if missing:
                raise Invalid(*missing)
            discussion.agree_action(
                access,
                conference_id,
                item_id,
                text=bullet.text,
                agency_id=bullet.agency_id,
                due_on=bullet.due_on,
                key=read_key(data.key),
            )
            if _is_script(request):
                sitting = discussion.open_sitting(access, conference_id)
                return Response(_say_line(access, sitting.conference, bullet, names), status_code=200)
        return go_to(_path(conference_id, item_id) + "#actions")
    except Invalid as refused:
        if _is_script(request):
            raise
        with door.open() as access:
            return _answer(request, access, conference_id, item_id, {"line": " ".join(refused.problem.errors)}, data)


@post(CASE + "/line", opt={"action": Act.RUN_CONFERENCE}, status_code=200, sync_to_thread=True, include_in_schema=False)
def echo_line(
    door: NamedDependency[Door], conference_id: FromPath[Id], item_id: FromPath[Id], data: URLEncodedBody[ActionForm]
) -> Response[LineRead]:
    """How the line of an action would be read, before it is added. Stores nothing."""
    with door.open() as access:
        sitting, _ = discussion.open_item(access, conference_id, item_id)
        names = {agency.id: agency.name for agency in agencies.list_agencies(access.session)}
        bullet = _as_chosen(read_bullet(data.line, names, access.today), data, access.today)
        return Response(_say_line(access, sitting.conference, bullet, names))


@post(
    CASE + "/action/{action_id:str}/remove",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def take_back_action(
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    item_id: FromPath[Id],
    action_id: FromPath[Id],
    data: URLEncodedBody[EmptyForm],
) -> Response[Any]:
    """Takes away an action typed by mistake."""
    with door.open() as access:
        discussion.take_back_action(access, conference_id, action_id)
    return go_to(_path(conference_id, item_id) + "#actions")


def _is_script(request: AnyRequest) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


def refuse_words_of_another(access: Access, typed_by: Id) -> None:
    """Words typed by one worker are never saved in the name of another who signed in on the same browser since."""
    if typed_by and typed_by != access.actor.worker_id:
        raise Failure(
            CONFLICTING, "Somebody else is signed in here now. What you typed is still on this page: sign in yourself."
        )


def _path(conference_id: Id, item_id: Id) -> str:
    return f"{SECTION}/{conference_id}/discussion/{item_id}"


def _answer(
    request: AnyRequest,
    access: Access,
    conference_id: Id,
    item_id: Id,
    errors: Errors | None = None,
    form: ActionForm | None = None,
    outcome: str | None = None,
) -> Response[str]:
    sitting, item = discussion.open_item(access, conference_id, item_id)
    conference = sitting.conference
    seated = guests.list_table(access.session, conference.id, conference.district_id)
    case = next(iter(compose_paper(access, conference, _own_agency(access, seated), only=[item]).cases), None)
    if case is not None:
        access.note_seen(SubjectKind.PERSON, [case.person_id], purpose="case conference")
    owed = case.actions if case is not None else ()
    now_agreed = {each.action.id for each in owed if each.action.conference_id == conference.id}
    written = meeting.find_written(access.session, item)
    before, after = _neighbours(sitting.items, item)
    return page(
        request, "coordinator/discussion.html", title=f"Case {item.position}", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, form=form or ActionForm(), conference=conference, item=item,
        case=case, written=written, today=access.today, now=access.now, last=len(sitting.items),
        outcome=written.note.outcome if outcome is None else outcome, worker_id=access.actor.worker_id,
        reaching=list_reaching(access, [case.person_id] if case is not None else []),
        withheld=list_withheld(access, conference), now_agreed=now_agreed, district_name=sitting.district_name,
        agenda_mark=discussion.mark_of(sitting.items),
        owners=[("", "As the line says"), *((each.id, each.name) for each in seated)],
        may_prepare=access.allows(Act.PREPARE_CONFERENCE, conferences.subject_of(conference)),
        started_at=conference.starts_at.isoformat(), path=_path(conference_id, item.id),
        previous_path=_path(conference_id, before.id) if before else "",
        next_path=_path(conference_id, after.id) if after else f"{SECTION}/{conference_id}/end",
    )  # fmt: skip


def _neighbours(items: Sequence[AgendaItem], item: AgendaItem) -> tuple[AgendaItem | None, AgendaItem | None]:
    """The items before and after one; for an item taken off, those around the place that it had."""
    before = [each for each in items if each.position < item.position and each.id != item.id]
    after = [each for each in items if each.position >= item.position and each.id != item.id]
    return before[-1] if before else None, after[0] if after else None


def _as_chosen(bullet: Bullet, form: ActionForm, today: date) -> Bullet:
    """The line with the owner and the day that were chosen below it, where they were. Raises Invalid for a day that is none: the
    line's own is not taken in its place unseen."""
    if form.agency:
        bullet = msgspec.structs.replace(bullet, agency_id=form.agency, could_be=())
    due_on = read_day(form.due, today) if form.due.strip() else None
    if form.due.strip() and due_on is None:
        raise Invalid("Write a day, such as 12 Dec, Fri or next week.")
    return bullet if due_on is None else msgspec.structs.replace(bullet, due_on=due_on, past=None)


def _say_line(access: Access, conference: CaseConference, bullet: Bullet, names: Mapping[Id, str]) -> LineRead:
    """How a line was read, in words."""
    missing = what_is_missing(bullet, _seated_names(access, conference.id, names), access.today)
    day = "" if bullet.due_on is None else say_day(bullet.due_on, access.today)
    said = [names.get(bullet.agency_id or "", ""), bullet.text, day]
    warning = list_withheld(access, conference).get(bullet.agency_id or "", "")
    return LineRead(said=" · ".join(each for each in said if each), missing=tuple(missing), warning=warning)


def read_key(text: str) -> Id | None:
    """The id that a screen gave an action. Raises Invalid for what is none."""
    if not text:
        return None
    try:
        return str(UUID(text))
    except ValueError as error:
        raise Invalid("Load the page again: this screen's number is none.") from error


def _seated_names(access: Access, conference_id: Id, names: Mapping[Id, str]) -> dict[Id, str]:
    """The agencies that a line may be told to name: those with a seat, else all."""
    conference = conferences.find_conference(access.session, conference_id)
    seated = [] if conference is None else guests.list_table(access.session, conference.id, conference.district_id)
    return {agency.id: agency.name for agency in seated} or dict(names)


def list_withheld(access: Access, conference: CaseConference) -> dict[Id, str]:
    """Why an agency is told nothing of what it takes on, by agency; those that are told are left out."""
    return {reader.agency.id: reader.withheld for reader in list_readers(access, conference) if reader.withheld}


def _own_agency(access: Access, seated: Sequence[Agency]) -> Agency:
    """The reader's own agency, which mostly sits at the table as well. Raises NotFound."""
    own = next((each for each in seated if each.id == access.actor.agency_id), None)
    own = own or agencies.find_agency(access.session, access.actor.agency_id)
    if own is None:
        raise NotFound
    return own
