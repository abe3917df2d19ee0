"""Which counts may be published beside each other, so that neither one of them nor any difference points at a few people.

The partnership's disclosure rule (privacy rules, part D): no count under the threshold, the rest rounded, zero treated like
small, and no difference of published counts that leaves fewer than the threshold. What is hidden because it is small and what
is hidden to protect that look alike. Maps have a rule of their own (`server.hotspots.disclosure`).
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

THRESHOLD = 10
ROUNDED_TO = 5
NOT_SHOWN = "not shown"
"""Stands for whatever could point at a few people, alone or by taking one number from another."""


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
    parts: Mapping[Key, int], wholes: Mapping[Key, int] | None = None, threshold: int = THRESHOLD
) -> frozenset[Key]:
    """Which parts of a published whole may stand beside it, so that what is left of the whole is never a few people.

    The parts add up to the whole. `wholes` gives a second published whole that a part belongs to as well, such as all
    people of an age: the rest of that is not a few people either. Smallest parts are hidden first.
    """
    beside = wholes or {}
    hidden = {
        key for key, count in parts.items() if count < threshold or (key in beside and beside[key] - count < threshold)
    }
    for key in sorted(parts, key=lambda each: (parts[each], str(each))):
        if hidden and sum(parts[each] for each in hidden) < threshold:
            hidden.add(key)
    return frozenset(parts) - hidden


def is_sum_shown(parts: Iterable[tuple[int, bool]], threshold: int = THRESHOLD) -> bool:
    """May the sum of parts be published, some of which are (count, shown)? Not where it would tell the hidden ones."""
    every = list(parts)
    hidden = [count for count, is_shown in every if not is_shown]
    return sum(count for count, _ in every) >= threshold and (not hidden or sum(hidden) >= threshold)
