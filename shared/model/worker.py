"""Who uses the system: what they are called, to whom they belong, what they are."""

from datetime import date

from shared.model.codes import Role
from shared.model.value import Id, Value


class Worker(Value, frozen=True, kw_only=True):
    """Anyone who signs in or carries a phone. `short_name` is what other people's screens show ("Aisha N")."""

    id: Id
    name: str
    short_name: str
    agency_id: Id
    roles: frozenset[Role] = frozenset()
    team_ids: tuple[Id, ...] = ()
    district_ids: tuple[Id, ...] = ()
    trained_on: date | None = None
    active: bool = True


def shorten_name(name: str) -> str:
    """What other people's screens show: "Aisha N" for Aisha Noor."""
    first, *others = name.split()
    return f"{first} {others[-1][0]}" if others else first
