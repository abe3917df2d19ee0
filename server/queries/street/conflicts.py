"""Fields that two people changed without seeing one another's change: every side, with who and when, for the team to settle."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.positions import read_position
from server.queries.partnership.workers import list_short_names
from server.queries.people.concealment import not_concealed
from server.queries.sync.store import find_change
from server.tables.people.person import person
from server.tables.referrals.referral import referral
from server.tables.street.conflict import conflict
from server.tables.street.site import site
from server.tables.sync.sync import change, write
from shared.model.codes import SiteKind
from shared.model.person import Person
from shared.model.site import Site
from shared.model.value import Id, Value


class Side(Value, frozen=True, kw_only=True):
    """What one of them wrote. `value` is as on the wire: text, number, or a position's object; `device` is where it was written
    first, also of what was let in."""

    change_id: Id
    value: Any
    device: int = 0
    by: str = ""
    at: datetime | None = None


class Conflict(Value, frozen=True, kw_only=True):
    """One field with several sides, the one shown for now first. `called` is what the record is called on a list."""

    entity_id: Id
    kind: str
    field: str
    called: str
    noticed_at: datetime
    sides: tuple[Side, ...]


def gather_hands(conflicts: Collection[Conflict]) -> list[dict[str, Side]]:
    """What each hand wrote of one record, by field; the hand that is shown first in the first conflict comes first.

    A hand is a device: whoever writes on it later has seen what was written on it before. So what several wrote at desks, one
    after another, stood together. Where one has two words about a field, unseen by one another, the second is a hand of its own.
    """
    hands: dict[int | Id, dict[str, Side]] = {}
    for each in conflicts:
        for side in each.sides:
            hand = hands.setdefault(side.device, {})
            if each.field in hand:
                hand = hands.setdefault(side.change_id, {})
            hand[each.field] = side
    return list(hands.values())


@beyond_reader
def list_conflicts_of_teams(session: Session, team_ids: Collection[Id], district_ids: Collection[Id]) -> list[Conflict]:
    """Returns what waits to be settled on records of these teams or districts, the newest first.

    It is everybody's whose team wrote one of the sides, whoever pushed last.
    """
    scopes = [f"team:{each}" for each in sorted(team_ids)]
    wrote = (
        select(write.c.change_id)
        .join(change, change.c.id == write.c.change_id)
        .where(write.c.entity == conflict.c.entity_id, write.c.field == conflict.c.field, change.c.scope.in_(scopes))
        .exists()
    )
    districts = func.coalesce(person.c.district_id, site.c.district_id, referral.c.district_id)
    query = (
        select(
            conflict,
            person.c.name,
            person.c.alias,
            person.c.description,
            site.c.name.label("site_name"),
            referral.c.number,
        )
        .outerjoin(person, person.c.id == conflict.c.entity_id)
        .outerjoin(site, site.c.id == conflict.c.entity_id)
        .outerjoin(referral, referral.c.id == conflict.c.entity_id)
        .where(conflict.c.team_id.in_(sorted(team_ids)) | districts.in_(sorted(district_ids)) | wrote)
        .where(*not_concealed(session, conflict.c.entity_id))
        .order_by(conflict.c.noticed_at.desc(), conflict.c.entity_id, conflict.c.field)
    )
    return [_conflict(session, found) for found in session.execute(query).mappings()]


@beyond_reader
def find_site(session: Session, site_id: Id) -> Site | None:
    """A place as it is shown now."""
    row = session.execute(select(site).where(site.c.id == site_id)).mappings().first()
    if row is None:
        return None
    return Site(
        id=site_id, name=row["name"], kind=SiteKind(row["kind"]), position=read_position(row),
        access_notes=row["access_notes"], hazards=row["hazards"], in_use=row["in_use"],
    )  # fmt: skip


@beyond_reader
def find_conflict(session: Session, entity_id: Id, field: str) -> Conflict | None:
    """Returns one field's sides, or None where nothing is to be settled any more."""
    query = select(conflict).where(conflict.c.entity_id == entity_id, conflict.c.field == field)
    query = query.where(*not_concealed(session, conflict.c.entity_id))
    found = session.execute(query).mappings().first()
    return None if found is None else _conflict(session, found)


def _conflict(session: Session, found: Any) -> Conflict:
    sides = [_side(session, head) for head in msgspec.json.decode(found["heads"])]
    names = list_short_names(session, {side.by for side in sides})
    return Conflict(
        entity_id=found["entity_id"],
        kind=found["entity_kind"],
        field=found["field"],
        called=_called(found),
        noticed_at=found["noticed_at"],
        sides=tuple(msgspec.structs.replace(side, by=names.get(side.by, "")) for side in sides),
    )


def _called(found: Any) -> str:
    if found["entity_kind"] == "person" and found.get("description") is not None:
        return Person(id="", name=found["name"], alias=found["alias"], description=found["description"]).known_as
    return found.get("site_name") or found.get("number") or ""


def _side(session: Session, head: dict[str, Any]) -> Side:
    stored = find_change(session, head["change"])
    said = stored.change if stored else None
    at = datetime.fromtimestamp(said.at / 1000, UTC) if said and said.at > 0 else None
    held = find_change(session, said.adopts) if said is not None and said.adopts else None
    device = held.device if held is not None else head["device"]
    return Side(
        change_id=head["change"], value=head["value"], device=device, by=(said.who or "") if said else "", at=at
    )
