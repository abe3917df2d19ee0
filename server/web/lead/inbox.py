"""The referral inbox: what is new, what waits, what is likely the same, and who is already known at the place."""

from collections.abc import Sequence
from datetime import date

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.access import Access, Door, of_theirs
from server.queries.referrals import duty, imports, inbox
from server.queries.referrals.inbox import InboxRow
from server.web.layout.page import AnyRequest, page
from server.web.lead.around import Surroundings, look_around
from shared.model.codes import ReferralState
from shared.model.value import Value
from shared.policy import Act, SubjectKind
from shared.rules.referral import is_late, is_open

PAGE_LENGTH = 30
SHOW: dict[str, tuple[str, tuple[ReferralState, ...]]] = {
    "new": ("New", (ReferralState.RECEIVED,)),
    "information": ("Needs information", (ReferralState.NEEDS_INFORMATION,)),
    "assigned": ("With a team", (ReferralState.ASSIGNED, ReferralState.LOOKED_FOR, ReferralState.FOUND)),
    "closed": ("Closed", (ReferralState.CLOSED, ReferralState.DUPLICATE_OF, ReferralState.WRONG_AREA)),
}


class Tab(Value, frozen=True, kw_only=True):
    """One choice of what to show, and how many there are, where something waits there."""

    path: str
    text: str
    is_shown: bool
    number: int | None = None


class Card(Value, frozen=True, kw_only=True):
    """A referral as the inbox shows it."""

    row: InboxRow
    around: Surroundings
    due: str
    is_late: bool


@get("/referrals", opt={"action": Act.SEE_REFERRALS}, sync_to_thread=True, include_in_schema=False)
def show_inbox(
    request: AnyRequest, door: NamedDependency[Door], show: FromQuery[str] = "new", page_number: FromQuery[int] = 1
) -> Response[str]:
    """The referrals of the reader's districts and teams."""
    chosen = show if show in SHOW else "new"
    number = max(1, page_number)
    with door.open() as access:
        access.require(Act.SEE_REFERRALS, of_theirs(access.actor), purpose="inbox")
        counts = count_theirs(access)
        cards, is_more = _cards(access, chosen, number)
        return page(
            request, "lead/inbox.html", title="Referrals", section="/referrals", worker=access.worker, now=access.now,
            cards=cards, tabs=list_tabs(access, chosen), summary=_summary(access, counts, cards), heading=SHOW[chosen][0],
            previous_path=f"/referrals?show={chosen}&page_number={number - 1}" if number > 1 else "",
            next_path=f"/referrals?show={chosen}&page_number={number + 1}" if is_more else "",
        )  # fmt: skip


def _cards(access: Access, chosen: str, number: int) -> tuple[list[Card], bool]:
    found = inbox.list_inbox(
        access.session, access.actor.district_ids, access.teams_within(Act.SEE_REFERRAL), SHOW[chosen][1],
        limit=PAGE_LENGTH + 1, offset=(number - 1) * PAGE_LENGTH,
    )  # fmt: skip
    rows = found[:PAGE_LENGTH]
    access.note_seen(SubjectKind.REFERRAL, [row.referral.id for row in rows], action=Act.SEE_REFERRAL, purpose="inbox")
    around = look_around(access, [row.referral for row in rows])
    today = access.today
    return [
        Card(
            row=row, around=around[row.referral.id],
            due=say_due(row.referral.due_on, today) if is_open(row.referral) else "",
            is_late=is_late(row.referral, today),
        )
        for row in rows
    ], len(found) > PAGE_LENGTH  # fmt: skip


def say_due(due_on: date, today: date) -> str:
    """Returns when an answer is due, as a team lead plans: by weekday within the week, else by date."""
    days = (due_on - today).days
    if days < 0:
        return f"was due {due_on.day} {due_on:%b}, {-days} day{'' if days == -1 else 's'} late"
    if days < 2:
        return ("due today", "due tomorrow")[days]
    return f"due {due_on:%A}" if days < 7 else f"due {due_on:%A} {due_on.day} {due_on:%b}"


def count_theirs(access: Access, action: Act = Act.SEE_REFERRAL) -> dict[str, int]:
    """How many referrals of the reader's districts and teams stand in each state, of those that an action reaches."""
    return inbox.count_by_state(access.session, access.actor.district_ids, access.teams_within(action))


def list_tabs(access: Access, chosen: str) -> list[Tab]:
    """Where an alert can be, each with how many are there: the states of an inbox, and the partnership's two trays."""
    counts = count_theirs(access)
    tabs = [
        Tab(path=f"/referrals?show={key}", text=text, is_shown=key == chosen,
            number=sum(counts.get(str(state), 0) for state in states))
        for key, (text, states) in SHOW.items()
    ]  # fmt: skip
    theirs = of_theirs(access.actor)
    if access.allows(Act.ASSIGN_REFERRAL, theirs):
        number = duty.count_duty(access.session)
        waiting = count_theirs(access, Act.ASSIGN_REFERRAL).get(str(ReferralState.RECEIVED), 0)
        tabs.insert(0, Tab(path="/referrals/desk", text="Triage desk", is_shown=chosen == "desk", number=waiting))
        tabs.append(Tab(path="/referrals/duty", text="Duty tray", is_shown=chosen == "duty", number=number))
        tabs.append(Tab(path="/referrals/figures", text="Figures", is_shown=chosen == "figures"))
    if access.allows(Act.IMPORT_REFERRALS, theirs):
        number = imports.count_refused(access.session)
        tabs.append(Tab(path="/referrals/refused", text="Refused rows", is_shown=chosen == "refused", number=number))
        held = len(imports.list_held(access.session, access.actor.worker_id))
        tabs.append(Tab(path="/imports", text="Bring a file", is_shown=chosen == "imports", number=held))
    return tabs


def _summary(access: Access, counts: dict[str, int], cards: Sequence[Card]) -> str:
    """How many there are of all, and then what is true of this page alone."""
    new = counts.get(str(ReferralState.RECEIVED), 0)
    parts = [f"{new} new" if new else "Nothing new"]
    late = inbox.count_late(
        access.session, access.actor.district_ids, access.teams_within(Act.SEE_REFERRAL), access.today
    )
    if late:
        parts.append(f"{late} late")
    alike = sum(1 for card in cards if card.around.duplicates)
    known = sum(1 for card in cards if card.around.sites)
    here = [
        *([f"{alike} likely reported twice"] if alike else []),
        *([f"{known} near a place you know"] if known else []),
    ]
    return ", ".join(parts) + "." + (f" On this page: {', '.join(here)}." if here else "")
