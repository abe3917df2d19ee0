"""CHAIN's three classes of people met sleeping rough in a year: flow, stock and returners. Everybody is in exactly one.

Source: CHAIN annual reports (Greater London Authority): flow, never met before the year; stock, met in the year before too;
returner, met before, and not in the year before. A year here ends with the month that is counted.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from types import MappingProxyType

from shared.model.value import Id
from shared.rules.indicators import SeenNight, months_later

MONTHS = 12


class ChainClass(str, Enum):
    """In the order in which CHAIN tells them."""

    FLOW = "flow"
    STOCK = "stock"
    RETURNER = "returner"


def chain_classes(
    nights: Iterable[SeenNight], month: date, known_since: Mapping[Id, date] = MappingProxyType({})
) -> dict[ChainClass, frozenset[Id]]:
    """Those met in the 12 months that end with this one (its first day is given), by class. `known_since` tells since when
    somebody was known before records were held here: as if they had been met that day, and on no other that is not held."""
    after = months_later(month, 1)
    since, before = months_later(after, -MONTHS), months_later(after, -2 * MONTHS)
    seen: dict[Id, set[date]] = {}
    for each in nights:
        if each.night < after:
            seen.setdefault(each.person_id, set()).add(each.night)
    classes: dict[ChainClass, set[Id]] = {each: set() for each in ChainClass}
    for person, nights_met in seen.items():
        if max(nights_met) < since:
            continue
        met = nights_met | {known_since.get(person, max(nights_met))}
        if min(met) >= since:
            classes[ChainClass.FLOW].add(person)
        elif any(before <= night < since for night in met):
            classes[ChainClass.STOCK].add(person)
        else:
            classes[ChainClass.RETURNER].add(person)
    return {each: frozenset(people) for each, people in classes.items()}
