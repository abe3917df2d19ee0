"""The accepted changes of one push, read and sorted by what they are. No table is known here."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct

from server.actions.sync.validation import FACTS, PATCHES, read_fact
from shared.model.value import Id
from sync.server import AcceptedChange

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEAM_SCOPE = "team:"


class Fact(Struct, frozen=True, gc=False):
    """One fact with when the server received it, when it happened by the server's clock, and in whose scope it was recorded."""

    value: Any
    received_at: datetime
    happened_at: datetime
    team_id: Id | None
    device: int
    who: Id | None
    change_id: Id


class Batch(Struct, frozen=True):
    """Facts by type in the order they came; the entities that were patched by type, with the team that patched first."""

    facts: dict[str, list[Fact]]
    patched: dict[str, dict[Id, Id | None]]
    received_at: datetime

    def values(self, change_type: str) -> list[Any]:
        """The facts of one type, without their wrapping."""
        return [fact.value for fact in self.facts.get(change_type, ())]

    def subjects(self) -> set[Id]:
        """The records from whose whole history something is derived once this batch is stored."""
        found = {entity for entities in self.patched.values() for entity in entities}
        found.update(each for told in self.values("contact.recorded") for each in told.person_ids)
        found.update(each.contact_id for each in self.values("contact.corrected"))
        found.update(each.person_id for each in self.values("verification.recorded"))
        found.update(each for told in self.values("person.merged") for each in (told.from_id, told.into_id))
        found.update(each.referral_id for each in self.values("referral.progressed"))
        found.update(each.person_id for kind in ("consent.said", "answer.given") for each in self.values(kind))
        return found


def read_batch(accepted: Sequence[AcceptedChange]) -> Batch:
    """Sort a batch. A skeleton says nothing; a type that nobody projects is passed over."""
    facts: dict[str, list[Fact]] = defaultdict(list)
    patched: dict[str, dict[Id, Id | None]] = defaultdict(dict)
    for each in accepted:
        change = each.change
        if change.t in PATCHES and change.e is not None:
            patched[change.t].setdefault(change.e, team_of(change.s))
        elif change.t in FACTS and not change.erased:
            value = read_fact(change) if each.meaning is None else each.meaning
            received_at = to_moment(each.received_at_ms)
            facts[change.t].append(
                Fact(
                    value,
                    received_at,
                    to_moment(_moment_ms(each, value)),
                    team_of(change.s),
                    each.device,
                    change.who,
                    change.id,
                )
            )
    return Batch(facts, patched, to_moment(accepted[0].received_at_ms))


def _moment_ms(accepted: AcceptedChange, fact: Any) -> int:
    """When it was made: as mended at its push, else by its author's clock, never after it was received. One that was let in, when
    it says itself: that may have been corrected, and the press is no sign of life of whoever wrote it."""
    told = accepted.happened_at_ms or accepted.change.at or accepted.received_at_ms
    if accepted.change.adopts is not None:
        said = next((getattr(fact, name) for name in ("seen_at", "started_at", "at") if hasattr(fact, name)), None)
        told = told if said is None else int(said.timestamp() * 1000)
    return min(told, accepted.received_at_ms)


def team_of(scope: str) -> Id | None:
    """The team whose feed a scope is."""
    return scope.removeprefix(TEAM_SCOPE) if scope.startswith(TEAM_SCOPE) else None


@lru_cache(maxsize=16)
def to_moment(milliseconds: int) -> datetime:
    """A moment from milliseconds since 1970, exactly."""
    return EPOCH + timedelta(milliseconds=milliseconds)
