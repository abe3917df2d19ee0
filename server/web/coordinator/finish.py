"""Finish: what becomes of each case when the conference ends. It is done to exactly what its reader saw, else it asks."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.conferences import discussion
from server.actions.conferences.discussion import CaseEnd, Ending
from server.http.local_time import to_local
from server.problems import Invalid
from server.queries.cases import case_actions
from server.web.coordinator.conferences import SECTION
from server.web.layout.check import Check, ask
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import count, say_day
from shared.model.conference import CaseConference
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.agenda import CASES_AT_MOST

EndForm = msgspec.defstruct(
    "EndForm",
    [
        ("seen", str, ""),
        ("sure", str, ""),
        *((f"item_{place}", str, "") for place in range(1, CASES_AT_MOST + 1)),
        *((f"end_{place}", str, "next") for place in range(1, CASES_AT_MOST + 1)),
    ],
    bases=(Form,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)
"""What becomes of each case, each said of the item that its reader saw, and the mark of all that they saw."""
ENDS = (
    (CaseEnd.NEXT.value, "Discussed: on to the next MDT"),
    (CaseEnd.NOT_REACHED.value, "Not reached: first next time"),
    (CaseEnd.CLOSE.value, "Close the case"),
)


@get(
    SECTION + "/{conference_id:str}/end",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_end(request: AnyRequest, door: NamedDependency[Door], conference_id: FromPath[Id]) -> Response[str]:
    """What becomes of each case; one without a word is taken as not reached, until somebody says otherwise."""
    with door.open() as access:
        return _answer_end(request, access, conference_id, {})


@post(
    SECTION + "/{conference_id:str}/end",
    opt={"action": Act.RUN_CONFERENCE},
    sync_to_thread=True,
    include_in_schema=False,
)
def end(
    request: AnyRequest,
    door: NamedDependency[Door],
    conference_id: FromPath[Id],
    data: URLEncodedBody[EndForm],  # type: ignore[valid-type]
) -> Response[Any]:
    """Ends the conference, once it was checked what that makes of each case: minutes, actions by agency, and each case's next MDT
    number. What its reader did not see is asked about first."""
    places = range(1, CASES_AT_MOST + 1)
    said = {getattr(data, f"item_{place}"): getattr(data, f"end_{place}") for place in places}
    known = {each.value for each in CaseEnd}
    try:
        with door.open() as access:
            conference, endings, mark = discussion.list_endings(access, conference_id)
            ends = {
                each.item.case_id: CaseEnd(said[each.item.id])
                for each in endings
                if said.get(each.item.id, "") in known
            }
            if not getattr(data, "sure"):  # noqa: B009
                if mark != getattr(data, "seen"):  # noqa: B009
                    raise Invalid(discussion.CHANGED)
                return _check(request, access, conference, endings, ends, data)
            discussion.finish_conference(access, conference_id, ends, getattr(data, "seen"))  # noqa: B009
        return go_to(f"{SECTION}/{conference_id}/minutes", "ended")
    except Invalid as refused:
        with door.open() as access:
            return _answer_end(request, access, conference_id, {"seen": refused.errors[0]}, said)


def _check(
    request: AnyRequest,
    access: Access,
    conference: CaseConference,
    endings: Sequence[Ending],
    ends: Mapping[Id, CaseEnd],
    data: Any,
) -> Response[str]:
    """What Finish will do, by what becomes of the cases."""
    people = case_actions.list_names(access.session, [each.item.case_id for each in endings])
    over = [people[each.item.case_id] for each in endings if each.is_over]
    rows = [
        (words, ", ".join(people[each.item.case_id] for each in endings if _becomes(each, ends) == end) or "Nobody")
        for end, words in ENDS
    ]
    rows += [("Ended meanwhile, stays so", ", ".join(over))] if over else []
    if to_local(conference.starts_at).date() > access.today:
        rows.insert(0, ("Called for", f"{say_day(conference.starts_at)}: that day has not come"))
    told = sum(1 for each in endings if each.agreed)
    rows.append(("Actions", f"The agencies are told by e-mail of what was agreed for {count(told, 'case')}."))
    sent = {
        name: getattr(data, name) for name in data.__struct_fields__ if name not in (*Form.__struct_fields__, "sure")
    }
    path = f"{SECTION}/{conference.id}/end"
    check = Check(
        rows=rows, action=path, press="Finish the conference", back=path,
        fields={**sent, "sure": "yes"}, warning="A conference that has ended is not opened again. Minutes can be corrected.",
    )  # fmt: skip
    return ask(request, check, title="Check before you finish", section=SECTION, worker=access.worker)


def _becomes(ending: Ending, ends: Mapping[Id, CaseEnd]) -> str:
    return "" if ending.is_over else str(ends.get(ending.item.case_id, CaseEnd.NEXT).value)


def _answer_end(
    request: AnyRequest, access: Access, conference_id: Id, errors: Errors, said: dict[str, str] | None = None
) -> Response[str]:
    conference, endings, seen = discussion.list_endings(access, conference_id)
    people = case_actions.list_names(access.session, [each.item.case_id for each in endings])
    access.note_seen(SubjectKind.CASE, [each.item.case_id for each in endings], purpose="case conference")
    chosen = {
        each.item.id: (said or {}).get(each.item.id) or ("next" if each.has_words else "not_reached")
        for each in endings
    }
    return page(
        request, "coordinator/end.html", title="Finish", section=SECTION, worker=access.worker, ends=ENDS, seen=seen,
        status=422 if errors else 200, errors=errors, conference=conference, endings=endings, people=people,
        chosen=chosen, new=() if said is None else [each.item.id for each in endings if each.item.id not in said],
    )  # fmt: skip
