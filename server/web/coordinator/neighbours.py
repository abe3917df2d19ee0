"""Between districts, as a case list shows it: who was seen here and is on a neighbour's list, and which of its own people were
seen elsewhere or came from elsewhere. Partners read none of it.
"""

from collections.abc import Collection

from server.access import Access
from server.queries.cases import case_moves
from server.queries.cases.case_moves import NeighbourCase
from server.queries.partnership import districts
from server.web.layout.words import count, say_short_day
from shared.model.value import Id, Value
from shared.policy import SubjectKind


class Neighbour(Value, frozen=True, kw_only=True):
    """Somebody who was seen here and is on another district's list: whose, and whom to ask."""

    case: NeighbourCase
    seen: str
    ask: str


def list_neighbours(access: Access, district_id: Id) -> list[Neighbour]:
    """The neighbours' cases that this district is told of; each is noted as read."""
    found = case_moves.list_neighbour_cases(access.session, district_id, access.today)
    if not found:
        return []
    access.note_seen(SubjectKind.PERSON, [each.person_id for each in found], purpose="on a neighbour's list")
    asked = case_moves.list_whom_to_ask(access.session, {each.district_id for each in found})
    return [
        Neighbour(case=each, seen=_say_seen(each), ask=" or ".join(asked.get(each.district_id, ["its coordinator"])))
        for each in found
    ]


def list_lines(access: Access, district_id: Id, case_ids: Collection[Id]) -> dict[Id, list[str]]:
    """What to say of a district's own cases: where else the person was seen, and whose list they came from."""
    lines: dict[Id, list[str]] = {}
    for case_id, told in case_moves.list_told_elsewhere(access.session, case_ids, access.today).items():
        seen = [f"{name} ({count(each.nights, 'night')} in 28 days)" for name, each in told if each.nights]
        if seen:
            lines.setdefault(case_id, []).append(f"Seen bedded down in {' and '.join(seen)} too")
    moves = case_moves.list_moves(access.session, case_ids)
    names = {each.id: each.name for each in districts.list_districts(access.session)} if moves else {}
    for case_id, theirs in moves.items():
        move = theirs[-1]
        came = f"Came from {names.get(move.from_district_id, 'another district')} on {say_short_day(move.at)}"
        lines.setdefault(case_id, []).append(came)
    return lines


def _say_seen(case: NeighbourCase) -> str:
    if not case.nights:
        return "Handed over from here"
    return f"Seen bedded down here on {count(case.nights, 'night')} of the last 28, last on {say_short_day(case.last_night)}"
