"""One referral: what was said, what is known around it, what has been done, and the four things a team lead does next."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.referrals import answers
from server.actions.referrals.desk import find_shift, send_on_shift, undo
from server.actions.referrals.referrals import (
    assign_referral,
    close_referral,
    offer_referral,
    progress_referral,
    reopen_referral,
)
from server.actions.referrals.versions import confirm_guesses as confirm
from server.actions.referrals.versions import settle_version
from server.problems import Invalid, NotFound
from server.queries.maps.boundaries import list_districts_on
from server.queries.operation import outbox
from server.queries.operation.outbox import Posted
from server.queries.people import subjects
from server.queries.referrals import desk, inbox, told, versions
from server.queries.referrals.folded import find_head, list_folded
from server.queries.referrals.inbox import InboxRow
from server.queries.referrals.referral_steps import TAKEN_BACK
from server.queries.referrals.versions import OpenVersion
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.around import Surroundings, look_around
from server.web.lead.assignees import list_shifts, read_assignee
from server.web.lead.inbox import say_due
from shared.model.codes import ReferralState
from shared.model.mail import MailKind, MailState
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.referral import OUTCOMES, OutcomeGroup, is_late, is_open, may_follow
from shared.rules.replies import reply_to_referrer

OUTCOME_GROUPS = [
    (group.value.capitalize(), [(outcome.code, outcome.text.partition(" - ")[2] or outcome.text) for outcome in OUTCOMES.values()
                                if outcome.group is group])
    for group in OutcomeGroup
]  # fmt: skip


NOUNS = {
    "place": "Place", "appearance": "What was seen", "concerns": "Worry", "seen_text": "When seen", "age_group": "Age",
    "gender": "Gender", "postcode": "Postcode", "people_count": "How many", "point": "Point on the map", "closed": "Closed",
    "reopened": "Open again",
}  # fmt: skip
"""What a newer version may say otherwise, as the page calls it."""


ANSWERS = (MailKind.REFERRAL_OUTCOME, MailKind.REFERRAL_QUESTION, MailKind.REFERRAL_LATE)
"""What is written to whoever raised an alert."""


class Answer(Value, frozen=True, kw_only=True):
    """A mail to whoever raised this alert or one that was folded into it, with what it says and what became of it."""

    posted: Posted
    words: str
    has_failed: bool


class ReferralForm(Form, frozen=True, kw_only=True):
    """What the forms of the page may send: each sends some of it."""

    assignee: str = ""
    note: str = ""
    district: str = ""
    other: str = ""
    outcome: str = ""
    confirmed: str = ""
    take: str = ""


@get("/referrals/{referral_id:str}", opt={"action": Act.SEE_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def show_referral(request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id]) -> Response[str]:
    """The page of one referral."""
    with door.open() as access:
        return _answer(request, access, referral_id)


@post(
    "/referrals/{referral_id:str}/assign",
    opt={"action": Act.ASSIGN_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def assign(
    request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Gives it to a team, to one of its workers, or to a planned shift."""
    chosen = read_assignee(data.assignee)

    def act(access: Access) -> None:
        shift = find_shift(access, chosen.plan_id) if chosen.plan_id else None
        assign_referral(access, referral_id, shift.team_id if shift else chosen.team_id, chosen.worker_id)
        if shift is not None:
            send_on_shift(access, shift, [referral_id])

    return _act(request, door, referral_id, data, act, "assignee", "assigned")


@post(
    "/referrals/{referral_id:str}/information",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def ask_for_information(
    request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Says that more must be known before anybody can look."""

    def act(access: Access) -> None:
        progress_referral(access, referral_id, ReferralState.NEEDS_INFORMATION, note=data.note.strip())

    return _act(request, door, referral_id, data, act, "information", "needs_information")


@post(
    "/referrals/{referral_id:str}/duplicate",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def mark_duplicate(
    request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Says that another referral reports the same; that one is worked on."""

    def act(access: Access) -> None:
        progress_referral(
            access, referral_id, ReferralState.DUPLICATE_OF, duplicate_of=data.other, confirmed=data.confirmed == "yes"
        )

    return _act(request, door, referral_id, data, act, "other", "duplicate")


@post(
    "/referrals/{referral_id:str}/offer",
    opt={"action": Act.ASSIGN_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def offer(
    request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Gives it to another district."""

    def act(access: Access) -> None:
        offer_referral(access, referral_id, data.district)

    return _act(request, door, referral_id, data, act, "district", "offered", leaves=True)


@post(
    "/referrals/{referral_id:str}/close",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def close(
    request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Closes it with its outcome."""

    def act(access: Access) -> None:
        close_referral(access, referral_id, data.outcome, data.note.strip())

    return _act(request, door, referral_id, data, act, "outcome", "closed")


@post(
    "/referrals/{referral_id:str}/reopen",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def reopen(
    request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Makes it work again: a closing, a fold and a sending away can all be taken back."""

    def act(access: Access) -> None:
        reopen_referral(access, referral_id, data.note.strip())

    return _act(request, door, referral_id, data, act, "reopen", "reopened")


@post(
    "/referrals/{referral_id:str}/undo",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def take_back(
    request: AnyRequest, door: NamedDependency[Door], referral_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Takes the reader's own last step back, for ten minutes."""
    return _act(request, door, referral_id, data, lambda access: undo(access, referral_id), "undo", "desk_undone")


@post(
    "/referrals/{referral_id:str}/answers/{mail_id:str}",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def send_answer_again(door: NamedDependency[Door], referral_id: FromPath[Id], mail_id: FromPath[Id]) -> Response[Any]:
    """Lets an answer that could not be sent be tried again."""
    with door.open() as access:
        answers.send_again(access, referral_id, mail_id)
    return go_to(f"/referrals/{referral_id}", done="mail_again")


@post(
    "/referrals/{referral_id:str}/versions/{version_id:str}",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def settle(
    door: NamedDependency[Door], referral_id: FromPath[Id], version_id: FromPath[Id], data: URLEncodedBody[ReferralForm]
) -> Response[Any]:
    """Takes what the source says now, or leaves ours."""
    is_taken = data.take == "yes"
    with door.open() as access:
        settle_version(access, referral_id, version_id, is_taken=is_taken)
    return go_to(f"/referrals/{referral_id}", done="version_taken" if is_taken else "version_left")


@post(
    "/referrals/{referral_id:str}/guesses",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def confirm_guesses(door: NamedDependency[Door], referral_id: FromPath[Id]) -> Response[Any]:
    """Says that what was guessed is right."""
    with door.open() as access:
        confirm(access, referral_id)
    return go_to(f"/referrals/{referral_id}", done="guesses_confirmed")


def _act(
    request: AnyRequest,
    door: Door,
    referral_id: Id,
    data: ReferralForm,
    act: Callable[[Access], None],
    field: str,
    done: str,
    *,
    leaves: bool = False,
) -> Response[Any]:
    """Does it in one transaction; what cannot be done is told on the page, beside its field, with what was typed."""
    try:
        with door.open() as access:
            act(access)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, referral_id, form=data, errors={field: " ".join(refused.errors)})
    return go_to("/referrals" if leaves else f"/referrals/{referral_id}", done=done)


def _answer(
    request: AnyRequest, access: Access, referral_id: Id, form: ReferralForm | None = None, errors: Errors | None = None
) -> Response[str]:
    subject = access.require(Act.SEE_REFERRAL, subjects.find_referral(access.session, referral_id), purpose="referral")
    row = inbox.find_inbox_row(access.session, referral_id)
    if row is None:
        raise NotFound
    today = access.today
    around = look_around(access, [row.referral])[referral_id]
    standing = list_districts_on(access.session, access.today)
    head, folded = _find_head(access, referral_id), _list_folded(access, referral_id)
    elsewhere = [each for each in standing if each.id != row.referral.district_id]
    return page(
        request, "lead/referral.html", title=f"Referral {row.referral.number}", section="/referrals", worker=access.worker,
        now=access.now, status=422 if errors else 200, row=row, referral=row.referral, form=form or ReferralForm(),
        errors=errors or {}, due=say_due(row.referral.due_on, today), is_late=is_late(row.referral, today),
        told=told.find_told(access.session, referral_id), versions=versions.list_versions(access.session, referral_id),
        head=head, folded=folded, folded_versions=_list_waiting(access, folded), nouns=NOUNS,
        may_settle=access.allows(Act.PROGRESS_REFERRAL, subject) and is_open((head or row).referral),
        around=around, steps=inbox.list_steps(access.session, referral_id), answers=_list_answers(access, referral_id),
        may=_may(row, around, access.allows(Act.ASSIGN_REFERRAL, subject), access.allows(Act.PROGRESS_REFERRAL, subject)),
        assignee_options=_assignees(access, row), outcome_groups=OUTCOME_GROUPS,
        may_undo=_may_undo(access, referral_id),
        district_options=[("", "Choose a district"), *((each.id, each.name) for each in elsewhere)],
    )  # fmt: skip


def _may_undo(access: Access, referral_id: Id) -> bool:
    """Is the newest step the reader's own, no older than ten minutes, and no taking back?"""
    since = access.now - desk.UNDO_WITHIN
    found = desk.list_newest_steps(access.session, [referral_id], access.actor.worker_id, since).get(referral_id)
    return bool(found and found[0].note != TAKEN_BACK)


def _list_answers(access: Access, referral_id: Id) -> list[Answer]:
    """What whoever told us was written, the newest first: never to whom."""
    found = [each for kind in ANSWERS for each in outbox.list_posted_about(access.session, referral_id, kind)]
    return [
        Answer(posted=each, words=_say_answer(each), has_failed=each.state is MailState.FAILED)
        for each in sorted(found, key=lambda each: each.mail.queued_at, reverse=True)
        if each.mail.alert_id is not None
    ]


def _say_answer(posted: Posted) -> str:
    facts = posted.mail.facts
    if facts.outcome in OUTCOMES:
        return reply_to_referrer(OUTCOMES[facts.outcome])
    if posted.mail.kind is MailKind.REFERRAL_LATE and facts.day is not None:
        return f"We promised an answer by {facts.day.day} {facts.day:%B}, and are late. We are sorry."
    return "Thank you. From what we have, our team cannot find the place. Can you say a little more?"


def _may(row: InboxRow, around: Surroundings, assigns: bool, progresses: bool) -> dict[str, bool]:
    """What can be done next: by the rules of a referral's life, and by the reader's role."""
    state = row.referral.state
    return {
        "assign": assigns and may_follow(state, ReferralState.ASSIGNED),
        "reassign": assigns and state is ReferralState.ASSIGNED,
        "information": progresses and may_follow(state, ReferralState.NEEDS_INFORMATION),
        "duplicate": progresses and may_follow(state, ReferralState.DUPLICATE_OF),
        "keep": progresses and _could_be_folded_in(around),
        "offer": assigns and may_follow(state, ReferralState.WRONG_AREA),
        "note": progresses and is_open(row.referral),
        "reopen": progresses and not is_open(row.referral),
        "close": progresses and is_open(row.referral) and may_follow(state, ReferralState.CLOSED),
    }


def _find_head(access: Access, referral_id: Id) -> InboxRow | None:
    """The referral that this one was folded into and that is worked on, where the reader may know of it."""
    head_id = find_head(access.session, referral_id)
    if head_id == referral_id:
        return None
    subject = subjects.find_referral(access.session, head_id)
    if subject is None or not access.allows(Act.SEE_REFERRAL, subject):
        return None
    return inbox.find_inbox_row(access.session, head_id)


def _list_folded(access: Access, referral_id: Id) -> list[InboxRow]:
    """What was folded into this one, where the reader may know of it."""
    found = []
    for each in sorted(list_folded(access.session, [referral_id]).keys() - {referral_id}):
        subject = subjects.find_referral(access.session, each)
        row = inbox.find_inbox_row(access.session, each)
        if row is not None and subject is not None and access.allows(Act.SEE_REFERRAL, subject):
            found.append(row)
    return sorted(found, key=lambda row: row.referral.reported_at)


def _list_waiting(access: Access, folded: Sequence[InboxRow]) -> list[tuple[InboxRow, OpenVersion]]:
    """What reports that are folded into this one say anew, and nobody has decided about."""
    found = ((row, each) for row in folded for each in versions.list_versions(access.session, row.referral.id))
    return [(row, each) for row, each in found if each.settled_at is None]


def _could_be_folded_in(around: Surroundings) -> bool:
    """Of two alike, the other one can still become a duplicate of this one."""
    return len(around.duplicates) == 1 and may_follow(around.duplicates[0].referral.state, ReferralState.DUPLICATE_OF)


def _assignees(access: Access, row: InboxRow) -> list[tuple[str, str]]:
    found = inbox.list_assignees(access.session, row.referral.district_id)
    walking = {each.team_id for each in found}
    shifts = [each for each in list_shifts(access) if read_assignee(each[0]).team_id in walking]
    return [
        (f"{each.team_id}/{each.worker_id}", f"{each.team_name}: {each.worker_name}")
        if each.worker_id
        else (each.team_id, f"{each.team_name} (anyone)")
        for each in found
    ] + shifts
