"""Which counts may be published beside each other, so that neither one of them nor any difference points at a few people.

The partnership's disclosure rule (privacy rules, part D): no count under the threshold, the rest rounded, zero treated like
small, and no difference of published counts that leaves fewer than the threshold. What is hidden because it is small and what
is hidden to protect that look alike. Maps have a rule of their own (`server.hotspots.disclosure`).

The rule is public, so "not shown" must not prove "fewer than the threshold": two hidden parts of a known sum would have
somebody in each. Each part is therefore once in twenty hidden by secret lot, large or not (decision 86).
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias, TypeVar

Key = TypeVar("Key", bound=Hashable)

THRESHOLD = 10
ROUNDED_TO = 5
NOT_SHOWN = "not shown"
"""Stands for whatever could point at a few people, alone or by taking one number from another."""

Lot: TypeAlias = Callable[[], bool]
"""Is this part hidden by lot? Secret and fresh wherever something is told; drawn once, for what was told never changes."""
HIDDEN_BY_LOT = 0.05


def show_count(count: int, threshold: int = THRESHOLD, rounded_to: int = ROUNDED_TO) -> str:
    """A count that stands alone, as it may be published: rounded, or "fewer than 10, may be none"."""
    if count < threshold:
        return f"fewer than {threshold}, may be none"
    return round_count(count, rounded_to)


def round_count(count: int, rounded_to: int = ROUNDED_TO) -> str:
    """A count that may be published, to the nearest 5: never more than 2 from the truth."""
    return str(rounded_to * ((count + rounded_to // 2) // rounded_to))


def show_part(part: int, whole: int, threshold: int = THRESHOLD, rounded_to: int = ROUNDED_TO) -> str:
    """A part of a whole that is published too. Where the part or the rest is under the threshold neither can be told."""
    if part < threshold or whole - part < threshold:
        return NOT_SHOWN
    return round_count(part, rounded_to)


def shown_parts(
    parts: Mapping[Key, int],
    lot: Lot,
    *,
    wholes: Mapping[Key, int] = MappingProxyType({}),
    is_safe: Callable[[Collection[Key]], bool] = lambda hidden: True,
    threshold: int = THRESHOLD,
) -> frozenset[Key]:
    """Which parts of a published whole may stand beside it, so that what is left of the whole is never a few people.

    The parts add up to the whole. `wholes` gives a second published whole that a part belongs to as well, such as all
    people of an age: the rest of that is not a few people either. `is_safe` says, where the parts are sums of districts,
    whether the sum of some parts would tell what a district hides. Smallest parts are hidden first.
    """
    hidden = {
        key
        for key, count in parts.items()
        if lot() or count < threshold or not is_safe({key}) or (key in wholes and wholes[key] - count < threshold)
    }
    for key in sorted(parts, key=lambda each: (parts[each], str(each))):
        if hidden and (sum(parts[each] for each in hidden) < threshold or not is_safe(hidden)):
            hidden.add(key)
    return frozenset(parts) - hidden


def is_sum_safe(hidden: Mapping[Key, int], wholes: Mapping[Key, int], threshold: int = THRESHOLD) -> bool:
    """May a sum over districts be told of which these ones hide their part? Not where it tells one of the parts.

    Every part could be hidden by lot, but for those of a district that is small as a whole (`wholes`, by district): nobody
    need be in such a one as long as the others can hold all that is hidden, and that is no few people.
    """
    large = [each for each in hidden if wholes[each] >= threshold]
    held = sum(hidden[each] for each in large)
    return not hidden or (held >= threshold and sum(hidden.values()) <= sum(wholes[each] for each in large))


def is_whole_shown(wholes: Iterable[int], threshold: int = THRESHOLD, rounded_to: int = ROUNDED_TO) -> bool:
    """May the sum of wholes be published, each told beside it unless it is small? Nothing is hidden by lot here, so small
    is what it says: three small ones at least, and so few people in them that any one of them may be empty."""
    small = [each for each in wholes if each < threshold]
    told = [each for each in wholes if each >= threshold]
    if not small:
        return True
    off = rounded_to // 2
    at_least = int(round_count(sum(small) + sum(told))) - off - sum(int(round_count(each)) + off for each in told)
    return len(small) > 2 and sum(small) >= threshold and at_least <= (threshold - 1) * (len(small) - 1)
