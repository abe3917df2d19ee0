"""Settling what two people changed: one side is kept, or both, as a new change of device 0 that has seen every side shown.

A press is bound to the sides that its reader saw: one that came meanwhile is said, and never written over unread. A place is
settled whole: its name, kind and pin come from the same hand, so that no name stands at another's pin.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from server.access import Access
from server.actions.sync.projection.holding import hold_people
from server.actions.sync.saying import say
from server.problems import CONFLICTING, Failure, Invalid
from server.queries.people import subjects
from server.queries.street.conflicts import Conflict, Side, find_conflict, find_site, gather_hands
from server.queries.sync.store import Project, find_scopes, place_entity
from shared.model.value import Id
from shared.policy import Act, Subject
from sync.authoring import NewChange

ACTS = {"person": Act.EDIT_PERSON, "site": Act.EDIT_SITE, "referral": Act.ASSIGN_REFERRAL}
PLACE_FIELDS = ("name", "kind", "position")
"""What together says which place a record is of."""
BOTH = "both"
NEWER = "A newer version has come meanwhile. Nothing was changed: read all of them, then choose."


JOINED = "Meanwhile somebody said who is the same person as this one. Nothing was changed: look again, then choose."


def list_joined(access: Access, conflict: Conflict) -> list[Id]:
    """Returns the other records that were found to be the same person as the one that two people changed."""
    if conflict.kind != "person":
        return []
    return [
        each for each in subjects.list_same_person(access.session, conflict.entity_id) if each != conflict.entity_id
    ]


def find_subject(access: Access, conflict: Conflict) -> Subject | None:
    """Returns the record as policy sees it."""
    finders = {"person": subjects.find_person, "site": subjects.find_site, "referral": subjects.find_referral}
    return finders[conflict.kind](access.session, conflict.entity_id)


def keep_side(
    access: Access,
    project: Project,
    entity_id: Id,
    field: str,
    change_id: Id,
    shown: Collection[Id] = (),
    joined: Collection[Id] = (),
) -> None:
    """Keeps what one change wrote, or with `BOTH` the words of all sides, or two places. `shown` are the sides that were seen,
    `joined` the records that were said to be the same person.

    Raises Failure where somebody else has settled it meanwhile, a side has come that the reader did not see, or the person was
    joined with another, or parted from one, since.
    """
    hold_people(access.session, [entity_id])
    found = find_conflict(access.session, entity_id, field)
    if found is None:
        raise Failure(CONFLICTING, "Somebody else has settled this meanwhile.")
    access.require(ACTS[found.kind], find_subject(access, found), purpose="settle", detail=field)
    sides = {each.change_id: each for each in found.sides}
    if change_id != BOTH and change_id not in sides:
        raise Failure(CONFLICTING, "Somebody else has settled this meanwhile, or a newer version has come.")
    _check_seen(found, shown)
    if shown and set(joined) != set(list_joined(access, found)):
        raise Failure(CONFLICTING, JOINED)
    now_ms = int(access.now.timestamp() * 1000)
    scopes = find_scopes(access.session, entity_id)
    settled = _settle(access, found, change_id, shown)
    new = [
        NewChange(
            id=access.new_id(), type=f"{found.kind}.patched", scope=sorted(scopes)[0], entity=entity,
            who=access.actor.worker_id, at_ms=now_ms, sets=sets,
        )
        for entity, sets in settled.items()
    ]  # fmt: skip
    say(access.session, project, new, access.now)
    if len(scopes) > 1:
        for entity in settled.keys() - {entity_id}:
            place_entity(access.session, entity, scopes)  # whoever heard of the one place hears of each


def _settle(access: Access, found: Conflict, change_id: Id, shown: Collection[Id]) -> Mapping[Id, Mapping[str, Any]]:
    """What is set, by record. Both of a place are two places: the one shown stays, every other becomes a record of its own."""
    if change_id != BOTH:
        side = next(each for each in found.sides if each.change_id == change_id)
        return {found.entity_id: _choose(access, found, side, shown)}
    if not _is_place(found):
        return {found.entity_id: {found.field: _join(found)}}
    contested = [found, *_list_others(access, found)]
    for each in contested:
        _check_seen(each, shown)
    here = find_site(access.session, found.entity_id)
    known = {name: msgspec.to_builtins(getattr(here, name)) for name in (*PLACE_FIELDS, "hazards")}
    shown_for_now = {each.field: known[each.field] for each in contested}
    told = [shown_for_now | {field: side.value for field, side in wrote.items()} for wrote in gather_hands(contested)]
    first, *others = (each for number, each in enumerate(told) if each not in told[:number])
    return {found.entity_id: first} | {access.new_id(): known | each for each in others}


def _join(found: Conflict) -> str:
    """Every side's words, the shown one first. Raises Invalid for what is no text."""
    words = [each.value for each in found.sides if isinstance(each.value, str) and each.value.strip()]
    if not words or any(not isinstance(each.value, str | None) for each in found.sides):
        raise Invalid("Only words can both be kept.")
    return "\n".join(dict.fromkeys(words))


def _choose(access: Access, found: Conflict, side: Side, shown: Collection[Id]) -> Mapping[str, Any]:
    """What the chosen side sets: of a place, whatever else the same hand wrote that is contested as well."""
    others = {each.field: each for each in _list_others(access, found)}
    hand = next(wrote for wrote in gather_hands([found, *others.values()]) if wrote.get(found.field) == side)
    for field in hand.keys() & others.keys():
        _check_seen(others[field], shown)
    return {field: theirs.value for field, theirs in hand.items()}


def _is_place(conflict: Conflict) -> bool:
    return conflict.kind == "site" and conflict.field in PLACE_FIELDS


def _list_others(access: Access, found: Conflict) -> list[Conflict]:
    """What else is contested of the same place."""
    names = [name for name in PLACE_FIELDS if name != found.field] if _is_place(found) else []
    others = [find_conflict(access.session, found.entity_id, name) for name in names]
    return [each for each in others if each is not None]


def _check_seen(conflict: Conflict, shown: Collection[Id]) -> None:
    sides = {each.change_id for each in conflict.sides}
    if sides - set(shown) if shown else len(sides) > 2:
        raise Failure(CONFLICTING, NEWER)
