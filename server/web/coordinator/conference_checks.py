"""What undoes the preparing of a conference: it is called off, taken away, or its cases are chosen anew. Each is checked first,
and then done to what its reader saw."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import conferences as acts
from server.actions.conferences.circulating import mark_of
from server.problems import Invalid
from server.queries.cases import case_actions
from server.queries.conferences import conferences
from server.queries.partnership import agencies
from server.queries.partnership.districts import find_district
from server.web.coordinator.conferences import SECTION
from server.web.layout.check import Check, ask
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to
from server.web.layout.words import count, say_moment
from shared.model.conference import CaseConference
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind

CHANGED = "The conference has changed since you opened this page. Look at what follows, and press then."


class SureForm(Form, frozen=True, kw_only=True):
    """A press; `seen` is the mark of what its reader has checked, empty for who has yet to."""

    seen: str = ""


Rows = list[tuple[str, str]]


class Undoing(Value, frozen=True, kw_only=True):
    """One of them: what it says it will do, and how it is done."""

    name: str
    title: str
    press: str
    classes: str
    warning: str
    rows: Callable[[Access, CaseConference], Rows]


@post(
    SECTION + "/{conference_id:str}/call-off",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def call_off(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[SureForm]
) -> Response[Any]:
    """Calls a conference off, once it was checked; whoever was sent its agenda is told."""

    def act(access: Access) -> Response[Any]:
        acts.call_off(access, conference_id)
        return go_to(f"{SECTION}/{conference_id}", "called_off")

    return _check_then(request, door, conference_id, data.seen, CALL_OFF, act)


@post(
    SECTION + "/{conference_id:str}/remove",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def remove(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[SureForm]
) -> Response[Any]:
    """Takes away a conference that was called by mistake, once it was checked."""

    def act(access: Access) -> Response[Any]:
        district_id = acts.open_conference(access, conference_id, Act.PREPARE_CONFERENCE).district_id
        acts.remove_conference(access, conference_id)
        return go_to(f"{SECTION}?district={district_id}", "conference_removed")

    return _check_then(request, door, conference_id, data.seen, REMOVE, act)


@post(
    SECTION + "/{conference_id:str}/again",
    opt={"action": Act.PREPARE_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def choose_again(
    request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id], data: URLEncodedBody[SureForm]
) -> Response[Any]:
    """Chooses the cases anew by rule, once it was checked who comes on and who goes off."""

    def act(access: Access) -> Response[Any]:
        acts.choose_cases_again(access, conference_id)
        return go_to(f"{SECTION}/{conference_id}", "chosen_again")

    return _check_then(request, door, conference_id, data.seen, AGAIN, act)


def _check_then(
    request: AnyRequest,
    door: Door,
    conference_id: Id,
    seen: str,
    undoing: Undoing,
    act: Callable[[Access], Response[Any]],
) -> Response[Any]:
    try:
        with door.open() as access:
            conference = acts.open_unfinished(access, conference_id)
            if not seen:
                return _ask(request, access, conference, undoing, {})
            if seen != mark_of(access, conference):
                raise Invalid(CHANGED)
            return act(access)
    except Invalid as refused:
        with door.open() as access:
            conference = acts.open_conference(access, conference_id, Act.PREPARE_CONFERENCE)
            return _ask(request, access, conference, undoing, {"checked": refused.problem.errors[0]})


def _ask(
    request: AnyRequest, access: Access, conference: CaseConference, undoing: Undoing, errors: Errors
) -> Response[str]:
    district = find_district(access.session, conference.district_id)
    path = f"{SECTION}/{conference.id}"
    called = ("Conference", f"{district.name if district else ''}, {say_moment(conference.starts_at)}")
    check = Check(
        rows=[called, *undoing.rows(access, conference)], action=f"{path}/{undoing.name}", press=undoing.press, back=path,
        fields={"seen": mark_of(access, conference)}, warning=undoing.warning, classes=undoing.classes,
        otherwise="Go back and leave it as it is",
    )  # fmt: skip
    return ask(request, check, title=undoing.title, section=SECTION, worker=access.worker, errors=errors)


def _say_who_is_told(access: Access, conference: CaseConference) -> Rows:
    sent = {row.agency_id for row in conferences.list_circulated(access.session, conference.id) if not row.withheld}
    names = sorted(each.name for each in agencies.list_agencies(access.session) if each.id in sent)
    listed = len(conferences.list_items(access.session, conference.id))
    return [
        (
            "On the agenda",
            f"{count(listed, 'case')}: no MDT number rises, and what was written of them waits for the next",
        ),
        ("Told by e-mail", ", ".join(names) or "Nobody: nobody was sent its agenda"),
    ]


def _say_what_goes(access: Access, conference: CaseConference) -> Rows:
    return [("On the agenda", count(len(conferences.list_items(access.session, conference.id)), "case"))]


def _say_who_changes(access: Access, conference: CaseConference) -> Rows:
    now = [item.case_id for item in conferences.list_items(access.session, conference.id)]
    then = [chosen.case_id for chosen in acts.choose_by_rule(access, conference).chosen]
    names = case_actions.list_names(access.session, {*now, *then})
    access.note_seen(SubjectKind.CASE, sorted({*now, *then}), purpose=acts.PURPOSE)

    def say(case_ids: Sequence[Id]) -> str:
        return ", ".join(names.get(each, "") for each in case_ids) or "Nobody"

    return [
        ("Put on", say([each for each in then if each not in now])),
        ("Taken off", say([each for each in now if each not in then])),
        ("Stay on, in the order of the rule", count(len({*now} & {*then}), "case")),
    ]


CALL_OFF = Undoing(
    name="call-off", title="Check before you call it off", press="Call this conference off",
    classes="govuk-button--warning", warning="A conference that was called off is not taken up again.",
    rows=_say_who_is_told,
)  # fmt: skip
REMOVE = Undoing(
    name="remove", title="Check before you take it away", press="Take this conference away",
    classes="govuk-button--warning", warning="Its agenda, with each case put on by hand, goes with it.", rows=_say_what_goes,
)  # fmt: skip
AGAIN = Undoing(
    name="again", title="Check before the cases are chosen again", press="Choose the cases again by rule", classes="",
    warning="What was put on, taken off or swapped by hand is undone.", rows=_say_who_changes,
)  # fmt: skip
