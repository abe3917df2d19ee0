"""Where people circle and where they get stuck, in one stretch of time: who went from the street into a place and back, whom
services
turned away, and who is known to many services at once. Pure; which of it may be told is not decided here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from shared.model.door import DoorFact, DoorKind, ServiceAnswer
from shared.model.stay import Stay
from shared.model.value import Id
from shared.rules.stays import INSTITUTIONS, SETTLED

FLOWS = (
    "street_to_temporary", "street_to_home", "temporary_to_street", "home_to_street", "institution_to_street",
    "only_refused", "many_services",
)  # fmt: skip
REFERRALS = ("referred", "taken_on")
NEAR = timedelta(days=90)
"""Steps further apart than this are not one way."""
MANY_SERVICES = 3
TAKEN = frozenset({str(ServiceAnswer.ACCEPTED), str(ServiceAnswer.STARTED)})
REFUSED = str(ServiceAnswer.REFUSED)


def find_flows(
    nights: Mapping[Id, Collection[date]], stays: Iterable[Stay], facts: Iterable[DoorFact], first: date, last: date
) -> dict[str, frozenset[Id]]:
    """Who took each way with its end within these days. `nights`: on which each was met sleeping rough, also before. All names
    are
    those that somebody's records share."""
    found: dict[str, set[Id]] = {name: set() for name in FLOWS}
    for stay in stays:
        met = nights.get(stay.person_id, ())
        kind = "home" if stay.kind in SETTLED else "institution" if stay.kind in INSTITUTIONS else "temporary"
        came = first <= stay.moved_in_on <= last and any(
            stay.moved_in_on - NEAR <= each <= stay.moved_in_on for each in met
        )
        if came and kind != "institution":
            found[f"street_to_{kind}"].add(stay.person_id)
        if stay.left_on is not None and any(
            first <= each <= last and stay.left_on <= each <= stay.left_on + NEAR for each in met
        ):
            found[f"{kind}_to_street"].add(stay.person_id)
    _add_services(found, [each for each in facts if first <= each.on <= last])
    return {name: frozenset(those) for name, those in found.items()}


def find_referrals(facts: Iterable[DoorFact], first: date, last: date) -> dict[str, frozenset[Id]]:
    """Whom somebody referred to a service within these days, and whom of them one has taken on since, up to the last of them."""
    within = [each for each in facts if first <= each.on <= last]
    of = {each.id: each.person_id for each in within if each.kind is DoorKind.REFERRED}
    taken = {of[each.about_id] for each in within if each.about_id in of and each.code in TAKEN}
    return {"referred": frozenset(of.values()), "taken_on": frozenset(taken)}


def _add_services(found: dict[str, set[Id]], facts: list[DoorFact]) -> None:
    answers: dict[Id, set[str]] = defaultdict(set)
    agencies: dict[Id, set[Id]] = defaultdict(set)
    for each in facts:
        agencies[each.person_id].add(each.agency_id)
        if each.kind is DoorKind.ANSWERED:
            answers[each.person_id].add(each.code)
    found["only_refused"] |= {who for who, said in answers.items() if REFUSED in said and not said & TAKEN}
    found["many_services"] |= {who for who, those in agencies.items() if len(those) >= MANY_SERVICES}
