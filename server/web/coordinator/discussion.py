"""The page of the meeting itself: one case on the shared screen, typed into by several people, the next case by one
key.

What is typed goes to the server a moment after each pause and is kept in the browser until the server has it
(`static/discussion.js`); without scripts the same forms work with a button.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import discussion
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.discussion import CaseEnd, Saved
from server.actions.conferences.papers import compose_paper
from server.problems import Invalid, NotFound
from server.queries.cases import case_actions
from server.queries.conferences import conferences, seats
from server.queries.conferences import discussion as meeting
from server.queries.partnership import agencies
from server.queries.partnership.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.agency import Agency
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.agenda import CASES_AT_MOST
from shared.rules.bullets import read_bullet

CASE = SECTION + "/{conference_id:str}/discussion/{position:int}"


class NoteForm(Form, frozen=True, kw_only=True):
    """What was typed, and the text that the typing began from."""

    base: str = ""
    notes: str = ""
    outcome: str = ""


class ActionForm(Form, frozen=True, kw_only=True):
    """An action as one line, such as "CGL: assessment by 28 Nov"; the two fields below it say what the line does
    not."""

    line: str = ""
    agency: str = ""
    due: str = ""


class AttendanceForm(Form, frozen=True, kw_only=True):
    """Whether one agency came."""

    agency: str = ""
    came: str = ""
    name: str = ""


class EmptyForm(Form, frozen=True, kw_only=True):
    """A press of a button."""


EndForm = msgspec.defstruct(
    "EndForm",
    [(f"end_{position}", str, "next") for position in range(1, CASES_AT_MOST + 1)],
    bases=(Form,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)
ENDS = (
    (CaseEnd.NEXT.value, "Discussed: on to the next MDT"),
    (CaseEnd.NOT_REACHED.value, "Not reached: first next time"),
    (CaseEnd.CLOSE.value, "Close the case"),
)


@get(CASE, opt={"action": Act.RUN_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def show_case(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], position: FromPath[int]
) -> Response[str]:
    """One case of the meeting."""
    with door.open() as access:
        return _answer(request, access, conference_id, position)


@get(CASE + "/note", opt={"action": Act.RUN_CONFERENCE, "polls": True}, sync_to_thread=True, include_in_schema=False)
def read_note(door: NamedDependency[Door], conference_id: FromPath[Id], position: FromPath[int]) -> Response[Saved]:
    """What is stored now: other people's words reach this screen without a reload."""
    with door.open() as access:
        _, item = discussion.open_item(access, conference_id, position)
        note = conferences.look_at_note(access.session, item.id)
        return Response(Saved(version=note.version, notes=note.notes, outcome=note.outcome))


@post(CASE + "/note", opt={"action": Act.RUN_CONFERENCE}, status_code=200, sync_to_thread=True, include_in_schema=False)
def save_note(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    position: FromPath[int],
    data: URLEncodedBody[NoteForm],
) -> Response[Any]:
    """Stores what was typed; a script is answered with what is stored now, a form without one with the page."""
    with door.open() as access:
        saved = discussion.save_note(
            access, conference_id, position, base=data.base, notes=data.notes, outcome=data.outcome
        )
    if request.headers.get("accept", "").startswith("application/json"):
        return Response(saved)
    return go_to(_path(conference_id, position), "saved")


@post(CASE + "/action", opt={"action": Act.RUN_CONFERENCE}, sync_to_thread=True, include_in_schema=False)
def agree_action(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    position: FromPath[int],
    data: URLEncodedBody[ActionForm],
) -> Response[Any]:
    """Keeps an action agreed for the case."""
    try:
        with door.open() as access:
            names = {agency.id: agency.name for agency in agencies.list_agencies(access.session)}
            bullet = read_bullet(data.line, names, access.today)
            said = read_bullet(f"x by {data.due}", {}, access.today).due_on
            discussion.agree_action(
                access,
                conference_id,
                position,
                text=bullet.text,
                agency_id=data.agency or bullet.agency_id,
                due_on=said or bullet.due_on,
            )
        return go_to(_path(conference_id, position) + "#actions")
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, conference_id, position, {"line": " ".join(refused.problem.errors)}, data)


@post(
    CASE + "/action/{action_id:str}/remove",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def take_back_action(
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    position: FromPath[int],
    action_id: FromPath[Id],
    data: URLEncodedBody[EmptyForm],
) -> Response[Any]:
    """Takes away an action typed by mistake."""
    with door.open() as access:
        discussion.take_back_action(access, conference_id, action_id)
    return go_to(_path(conference_id, position) + "#actions")


@get(
    SECTION + "/{conference_id:str}/attendance",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_attendance(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """Who comes, who sent apologies, who sent an update."""
    with door.open() as access:
        conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
        return page(
            request, "coordinator/attendance.html", title="Who came", section=SECTION, worker=access.worker,
            conference=conference, seats=seats.list_seats(access.session, conference.district_id),
            attendance=conferences.list_attendance(access.session, conference_id), now=access.now,
            district=find_district(access.session, conference.district_id),
        )  # fmt: skip


@post(
    SECTION + "/{conference_id:str}/attendance",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def note_attendance(
    door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[AttendanceForm]
) -> Response[Any]:
    """Notes whether one agency came."""
    with door.open() as access:
        discussion.note_attendance(
            access, conference_id, data.agency, attended=data.came == "yes", apologies=data.came == "apologies",
            name=data.name,
        )  # fmt: skip
    return go_to(f"{SECTION}/{conference_id}/attendance", "saved")


@get(
    SECTION + "/{conference_id:str}/end",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_end(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """What becomes of each case; one without a word is taken as not reached, until somebody says otherwise."""
    with door.open() as access:
        sitting, _ = discussion.open_item(access, conference_id, 1)
        items = sitting.items
        notes = conferences.list_notes(access.session, conference_id)
        owed = {each.action.case_id for each in _agreed_now(access, [item.case_id for item in items])}
        people = case_actions.list_names(access.session, [item.case_id for item in items])
        access.note_seen(SubjectKind.CASE, [item.case_id for item in items], purpose="case conference")
        rows = [
            (item, people[item.case_id], "next" if item.id in notes or item.case_id in owed else "not_reached")
            for item in items
        ]
        return page(
            request, "coordinator/end.html", title="Finish", section=SECTION, worker=access.worker, rows=rows, ends=ENDS,
            conference=sitting.conference,
        )  # fmt: skip


@post(
    SECTION + "/{conference_id:str}/end",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def end(
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    data: URLEncodedBody[EndForm],  # type: ignore[valid-type]
) -> Response[Any]:
    """Ends the conference: minutes, actions by agency, and each case's next MDT number."""
    with door.open() as access:
        sitting, _ = discussion.open_item(access, conference_id, 1)
        known = {each.value for each in CaseEnd}
        said = {item.case_id: getattr(data, f"end_{item.position}") for item in sitting.items}
        ends = {case_id: CaseEnd(each) for case_id, each in said.items() if each in known}
        discussion.finish_conference(access, conference_id, ends)
    return go_to(f"{SECTION}/{conference_id}/minutes", "ended")


def _path(conference_id: Id, position: int) -> str:
    return f"{SECTION}/{conference_id}/discussion/{position}"


def _agreed_now(access: Access, case_ids: list[Id]) -> list[case_actions.OwnedAction]:
    """The actions agreed for these cases at the MDT number they stand at."""
    from server.queries.cases import cases

    numbers = {case.id: case.mdt_number for case in cases.list_cases_by_id(access.session, case_ids)}
    every = case_actions.list_actions(access.session, case_ids)
    return [each for each in every if each.action.mdt_number == numbers[each.action.case_id]]


def _answer(
    request: AnyRequest,
    access: Access,
    conference_id: Id,
    position: int,
    errors: Errors | None = None,
    form: ActionForm | None = None,
) -> Response[str]:
    sitting, item = discussion.open_item(access, conference_id, position)
    conference, last = sitting.conference, len(sitting.items)
    seated = seats.list_seats(access.session, conference.district_id)
    case = next(iter(compose_paper(access, conference, _own_agency(access, seated), only=[item]).cases), None)
    if case is not None:
        access.note_seen(SubjectKind.PERSON, [case.person_id], purpose="case conference")
    owed = case.actions if case is not None else ()
    now_agreed = {each.action.id for each in owed if case and each.action.mdt_number == case.mdt_number}
    return page(
        request, "coordinator/discussion.html", title=f"Case {position}", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, form=form or ActionForm(), conference=conference, item=item,
        case=case, written=meeting.find_written(access.session, item), today=access.today, now=access.now, last=last,
        now_agreed=now_agreed, district_name=sitting.district_name,
        owners=[("", "As the line says"), *((each.id, each.name) for each in seated)],
        started_at=conference.starts_at.isoformat(), path=_path(conference_id, position),
        previous_path=_path(conference_id, position - 1) if position > 1 else "",
        next_path=_path(conference_id, position + 1) if position < last else f"{SECTION}/{conference_id}/end",
    )  # fmt: skip


def _own_agency(access: Access, seated: Sequence[Agency]) -> Agency:
    """The reader's own agency, which mostly sits at the table as well. Raises NotFound."""
    own = next((each for each in seated if each.id == access.actor.agency_id), None)
    own = own or agencies.find_agency(access.session, access.actor.agency_id)
    if own is None:
        raise NotFound
    return own
