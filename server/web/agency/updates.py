"""The written updates of one agency on an agenda: one form for all its cases, so that sending one keeps the others."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.answers import withdraw_update, write_update
from server.http.gate import KEEPS_DRAFT
from server.http.services import Services
from server.problems import Invalid, NotFound
from server.queries.conferences import updates
from server.security.documents import DocumentKeys
from server.web.agency.actions import TODAY
from server.web.agency.agendas import PLACES, SECTION, answer_agenda, open_paper
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to
from shared.model.value import Id
from shared.policy import Act

NOT_KNOWN, NOTHING_NEW = "Not known to us.", "Known to us, nothing new."
SHORT = {"not_known": NOT_KNOWN, "nothing_new": NOTHING_NEW}
ALL, REST, WITHDRAW = "all", "rest_not_known", "withdraw"
NOTHING = "Nothing was sent: no box has a word in it. Write an update first."
OFF = "A case that you wrote about is on this agenda no longer. Nothing was sent yet: press again to send the others."

UpdatesForm = msgspec.defstruct(
    "UpdatesForm",
    [
        ("press", str, ""),
        ("back", str, ""),
        *((f"case_{place}", str, "") for place in PLACES),
        *((f"text_{place}", str, "") for place in PLACES),
    ],
    bases=(Form,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)
"""What stands in every box, each with its case, and which button was pressed: one of `SHORT` or "send" with a case behind a
colon, all that are written, or "not known" for all that have no word yet."""


@post(
    SECTION + "/{conference_id:str}/updates",
    opt={"action": Act.WRITE_UPDATE},
    sync_to_thread=True,
    include_in_schema=False,
)
def send_updates(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    conference_id: FromPath[Id],
    data: URLEncodedBody[UpdatesForm],  # type: ignore[valid-type]
) -> Response[Any]:
    """Sends what was pressed for, all of it or nothing, and keeps whatever else was written."""
    typed = {case_id: getattr(data, f"text_{place}") for place in PLACES if (case_id := getattr(data, f"case_{place}"))}
    what, _, update_id = getattr(data, "press").partition(":")  # noqa: B009
    if what == WITHDRAW:
        with door.open() as access:
            withdraw_update(access, conference_id, update_id)
        _keep_rest(request, door, services, conference_id, typed)
        return go_to(f"{SECTION}/{conference_id}", "update_withdrawn")
    with door.open() as access:
        wanted = _read_press(access, services.files, conference_id, getattr(data, "press"), typed)  # noqa: B009
    errors: dict[Id, str] = {} if wanted or what == REST else {"": NOTHING}
    try:
        with door.open() as access:
            for case_id, words in wanted.items():
                try:
                    write_update(access, conference_id, case_id, words)
                except Invalid as refused:
                    errors[case_id] = refused.problem.errors[0]
                except NotFound:
                    errors[case_id] = OFF
            if errors:
                raise _NotSent
    except _NotSent:
        with door.open() as access:
            return answer_agenda(request, access, services.files, conference_id, typed, errors)
    rest = {each: words for each, words in typed.items() if wanted.get(each) != words}
    _keep_rest(request, door, services, conference_id, rest)
    after = TODAY if getattr(data, "back") == TODAY else f"{SECTION}/{conference_id}"  # noqa: B009
    return go_to(after, "update_sent" if len(wanted) == 1 else "updates_sent")


class _NotSent(Exception):
    """Takes back what was written of the same press."""


def _read_press(
    access: Access, files: DocumentKeys, conference_id: Id, press: str, typed: Mapping[Id, str]
) -> dict[Id, str]:
    """What is to be sent, by case."""
    what, _, case_id = press.partition(":")
    if what == ALL:
        return {each: words for each, words in typed.items() if words.strip()}
    if what == REST:
        return dict.fromkeys(_list_unanswered(access, files, conference_id, typed), NOT_KNOWN)
    return {case_id: SHORT.get(what, typed.get(case_id, ""))}


def _list_unanswered(access: Access, files: DocumentKeys, conference_id: Id, typed: Mapping[Id, str]) -> list[Id]:
    """The cases of the reader's paper that have neither a word in their box nor an update. A service is never said not to know
    somebody it works with."""
    _, paper = open_paper(access, files, conference_id)
    written = updates.list_updates(access.session, conference_id)
    answered = {each.case_id for each in written if each.agency_id == access.actor.agency_id}
    return [
        case.case_id
        for case in paper.cases
        if case.case_id not in answered and not typed.get(case.case_id, "").strip() and not case.works_with
    ]


def _keep_rest(request: AnyRequest, door: Door, services: Services, conference_id: Id, rest: Mapping[Id, str]) -> None:
    path = f"{SECTION}/{conference_id}"
    request.scope["state"][KEEPS_DRAFT] = True
    left = [(case_id, words) for case_id, words in rest.items() if words.strip()]
    if not left:
        services.drafts.forget(door.worker.id, f"{path}/updates")
        return
    fields = {f"case_{place}": case_id for place, (case_id, _) in enumerate(left, 1)}
    fields |= {f"text_{place}": words for place, (_, words) in enumerate(left, 1)}
    services.drafts.keep(door.worker.id, path, f"{path}/updates", fields, door.now)
