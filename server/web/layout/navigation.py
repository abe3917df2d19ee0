"""Where somebody may go from any page: one entry for each page that their roles may open. Showing an entry grants
nothing;
each handler asks the policy for itself.
"""

from functools import cache
from typing import Any, NamedTuple

from markupsafe import Markup

from shared.model.codes import Role
from shared.policy import Act
from shared.policy.grid import GRID


class Entry(NamedTuple):
    """One entry of the navigation, and the action its page names."""

    path: str
    text: str
    action: Act


class Waiting(NamedTuple):
    """How many wait in a tray that the reader owns: at an entry of the navigation, or in a tray of its own `under` one."""

    path: str
    number: int
    text: str = ""
    under: str = ""


ENTRIES = (
    Entry("/today", "Today", Act.WRITE_UPDATE),
    Entry("/cases", "Case list", Act.SEE_CASE_LIST),
    Entry("/conferences", "Conferences", Act.PREPARE_CONFERENCE),
    Entry("/actions", "Actions", Act.SEE_ACTIONS),
    Entry("/chase", "Chase", Act.CHASE_ACTION),
    Entry("/assessment-questions", "Questions", Act.MANAGE_QUESTIONS),
    Entry("/wishes", "Wishes", Act.SEE_OWN_RECORD),
    Entry("/agendas", "Agendas", Act.WRITE_UPDATE),
    Entry("/questions", "Asked of us", Act.ASK_SERVICE),
    Entry("/waiting", "Waiting for us", Act.RECORD_AT_DOOR),
    Entry("/places", "Places", Act.CHANGE_CASE),
    Entry("/notices", "Notices", Act.CHANGE_CASE),
    Entry("/referrals", "Referrals", Act.ASSIGN_REFERRAL),
    Entry("/contacts/new", "Record a contact", Act.RECORD_CONTACT),
    Entry("/my-shift", "My shift", Act.RECORD_CONTACT),
    Entry("/on-shift", "On shift", Act.SEE_SHIFTS),
    Entry("/cold-nights", "Cold nights", Act.SEE_SHIFTS),
    Entry("/live-map", "Live map", Act.SEE_LIVE_MAP),
    Entry("/tonight", "Where people are", Act.PLAN_SHIFT),
    Entry("/conflicts", "Two versions", Act.SETTLE_VERSIONS),
    Entry("/same-person", "Same person?", Act.MERGE_PEOPLE),
    Entry("/held", "Held", Act.DECIDE_HELD),
    Entry("/harm", "Deaths and near misses", Act.REVIEW_HARM),
    Entry("/hotspots", "Hotspots", Act.SEE_HOTSPOTS),
    Entry("/progress", "By quarter", Act.SEE_HOTSPOTS),
    Entry("/publications", "What is told", Act.APPROVE_PUBLICATION),
    Entry("/services", "Services", Act.SEE_SERVICES),
    Entry("/devices", "Phones", Act.SEE_DEVICES),
    Entry("/workers", "Workers", Act.MANAGE_WORKERS),
    Entry("/county", "County", Act.MANAGE_DISTRICTS),
    Entry("/agencies", "Agencies", Act.SEE_AGREEMENTS),
    Entry("/access-reviews", "Reviews", Act.REVIEW_ACCESS),
    Entry("/outbox", "E-mails", Act.SEE_OUTBOX),
    Entry("/server", "Server", Act.SEE_OUTBOX),
    Entry("/shelf", "Case studies", Act.SEE_LEARNING),
    Entry("/board", "Notice board", Act.SEE_LEARNING),
    Entry("/who-can-see", "Who can see what", Act.SEE_RECIPIENTS),
)


FIT = 10
"""So many entries fit on two lines of a wide screen. Where there are more, the seldom ones stand under "More"."""
SELDOM = frozenset({
    "/assessment-questions", "/cold-nights", "/conflicts", "/same-person", "/held", "/harm", "/progress", "/publications",
    "/services", "/shelf", "/board", "/devices", "/agencies", "/access-reviews", "/who-can-see",
})  # fmt: skip


STARTS = (
    (Role.COORDINATOR, "/cases"),
    (Role.TEAM_LEAD, "/referrals"),
    (Role.WORKER, "/my-shift"),
    (Role.ADMINISTRATOR, "/workers"),
)
"""Where these start, whoever has several of the roles at the first."""


def entries_for(roles: frozenset[Role]) -> list[Entry]:
    """Returns the entries that any of the roles may open, in the order of the page."""
    allowed = {action for role in roles for action in GRID.get(role, {})}
    # Whoever prepares conferences finds each agenda there; the entries are for those who are only sent them. Whoever is out in
    # the street has a day of another kind; what else waits for their service stands on a page of its own.
    hidden = {"/agendas", "/today"} if Act.PREPARE_CONFERENCE in allowed else set()
    hidden |= {"/today"} if Act.RECORD_CONTACT in allowed else {"/waiting"}
    return [entry for entry in ENTRIES if entry.action in allowed and entry.path not in hidden]


@cache
def has_entry(roles: frozenset[Role], path: str) -> bool:
    """Does the navigation of these roles lead there?"""
    return any(entry.path == path for entry in entries_for(roles))


def first_page(roles: frozenset[Role]) -> str:
    """Returns where somebody starts after signing in: at the list of the night's work rather than at the first entry, for those
    who walk or send others out and prepare no conference; and at who works here for those who administer."""
    entries = [each.path for each in entries_for(roles)]
    own = next((path for role, path in STARTS if role in roles), None)
    if own in entries:
        return own
    return entries[0] if entries else "/welcome"


def navigation_of(
    roles: frozenset[Role], section: str, waiting: tuple[Waiting, ...] = ()
) -> tuple[list[dict[str, Any]], list[Entry]]:
    """Returns the entries in the shape that GOV.UK's service navigation takes, the current section marked; and those that stand
    under "More". The section that somebody is in always stands with the first."""
    entries = entries_for(roles)
    seldom = SELDOM | ({"/workers"} if Role.COORDINATOR in roles else set())
    more = [each for each in entries if each.path in seldom and each.path != section] if len(entries) > FIT else []
    shown = [each for each in entries if each not in more]
    numbers = {each.path: each for each in waiting}
    items = []
    for each in shown:
        items.append(_item(each.path, each.text, numbers.get(each.path), is_here=each.path == section))
        items += [_item(tray.path, tray.text, tray, is_here=False) for tray in waiting if tray.under == each.path]
    return items, more


def _item(path: str, text: str, waiting: "Waiting | None", *, is_here: bool) -> dict[str, Any]:
    if waiting is None or not waiting.number:
        return {"href": path, "text": text, "active": is_here}
    told = Markup('{} <strong class="lantern-count">{}<span class="govuk-visually-hidden"> waiting</span></strong>')
    return {"href": path, "html": told.format(text, waiting.number), "active": is_here}
