"""Where somebody may go from any page: one entry for each page that their roles may open. Showing an entry grants nothing;
each handler asks the policy for itself.
"""

from typing import Any, NamedTuple

from shared.model.codes import Role


class Entry(NamedTuple):
    """One entry of the navigation and the roles it is for."""

    path: str
    text: str
    roles: frozenset[Role]


def _entry(path: str, text: str, *roles: Role) -> Entry:
    return Entry(path, text, frozenset(roles))


ENTRIES = (
    _entry("/cases", "Case list", Role.COORDINATOR, Role.AGENCY_MEMBER),
    _entry("/conferences", "Conferences", Role.COORDINATOR, Role.AGENCY_MEMBER),
    _entry("/referrals", "Referrals", Role.TEAM_LEAD, Role.COORDINATOR),
    _entry("/tonight", "Where people are", Role.TEAM_LEAD, Role.COORDINATOR),
    _entry("/hotspots", "Hotspots", Role.COMMISSIONER, Role.COORDINATOR),
    _entry("/devices", "Phones", Role.ADMINISTRATOR, Role.TEAM_LEAD),
    _entry("/workers", "Workers", Role.ADMINISTRATOR),
    _entry("/agencies", "Agencies", Role.ADMINISTRATOR, Role.COORDINATOR),
)


def entries_for(roles: frozenset[Role]) -> list[Entry]:
    """Returns the entries that any of the roles may open, in the order of the page."""
    return [entry for entry in ENTRIES if entry.roles & roles]


def first_page(roles: frozenset[Role]) -> str:
    """Returns where somebody starts after signing in."""
    found = entries_for(roles)
    return found[0].path if found else "/welcome"


def navigation_of(actor: Any, section: str) -> list[dict[str, Any]]:
    """Returns the entries in the shape that GOV.UK's service navigation takes, the current section marked."""
    return [
        {"href": entry.path, "text": entry.text, "active": entry.path == section} for entry in entries_for(actor.roles)
    ]
