"""Notes that several people type at once: no line that anybody wrote is ever lost. Pure text; nobody is asked to
choose."""

from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher

MOST_COMPARED = 10_000
"""So many pairs of lines are compared one by one: what stands between two lines that both texts have once. A text of lines that
all repeat would keep a processor busy for minutes; beyond this its lines count as changed, and both versions are kept."""


def merge_lines(base: str, mine: str, theirs: str) -> str:
    """Bring together two texts that both began as `base`, line by line; `theirs` was saved first.

    A line that one side left alone follows the other side. Where both changed the same lines, both versions are kept,
    theirs above mine. Trailing spaces of lines do not count as changes.
    """
    if mine in (theirs, base):
        return theirs
    if theirs == base:
        return mine
    start, ours, other = _split(base), _split(mine), _split(theirs)
    merged: list[str] = []
    for old, left, right in _stretches(start, ours, other):
        merged += _merge_stretch(old, left, right)
    return "\n".join(merged)


def is_merged(base: str, mine: str, theirs: str) -> bool:
    """Did somebody else change the text since `base`, so that what is stored is not just `mine`?"""
    return theirs not in (base, mine)


def differences(before: str, now: str) -> list[tuple[str, str]]:
    """The lines of two texts in order, each with what became of it: "same", "gone" or "new"."""
    old, new = _split(before), _split(now)
    told: list[tuple[str, str]] = []
    at, here = 0, 0
    for index, partner in (*sorted(align(old, new).items()), (len(old), len(new))):
        told += [("gone", line) for line in old[at:index]] + [("new", line) for line in new[here:partner]]
        told += [("same", line) for line in old[index : index + 1]]
        at, here = index + 1, partner + 1
    return told


def _split(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n")] if text else []


def _merge_stretch(old: list[str], left: list[str], right: list[str]) -> list[str]:
    if left in (old, right):
        return right
    if right == old:
        return left
    was, mine, theirs = set(old), set(left), set(right)
    kept = [line for line in right if line in mine or line not in was]
    return kept + [line for line in left if line not in theirs and line not in was]


def _stretches(start: list[str], left: list[str], right: list[str]) -> list[tuple[list[str], list[str], list[str]]]:
    """Cut the three texts at the lines that all of them share, in order (as diff3 does)."""
    in_left, in_right = align(start, left), align(start, right)
    cuts = [index for index in range(len(start)) if index in in_left and index in in_right]
    found, at = [], (0, 0, 0)
    for index in cuts:
        here = index, in_left[index], in_right[index]
        found.append((start[at[0] : here[0]], left[at[1] : here[1]], right[at[2] : here[2]]))
        found.append(([start[index]], [start[index]], [start[index]]))
        at = here[0] + 1, here[1] + 1, here[2] + 1
    found.append((start[at[0] :], left[at[1] :], right[at[2] :]))
    return found


def align(start: list[str], other: list[str]) -> dict[int, int]:
    """Which line (or word) of `other` each of `start` is, both rising."""
    found: dict[int, int] = {}
    at, here = 0, 0
    for index, partner in (*_anchors(start, other), (len(start), len(other))):
        found |= _compare(start, other, (at, index), (here, partner))
        if index < len(start):
            found[index] = partner
        at, here = index + 1, partner + 1
    return found


def _anchors(start: list[str], other: list[str]) -> list[tuple[int, int]]:
    """The lines that both texts have once, as far as they stand in the same order (patience diff)."""
    once, there = Counter(start), Counter(other)
    places = {line: place for place, line in enumerate(other)}
    pairs = [(index, places[line]) for index, line in enumerate(start) if once[line] == there[line] == 1]
    ends: list[int] = []
    chains: list[tuple[int, int, int]] = []
    heads: list[int] = []
    for index, partner in pairs:
        length = bisect_left(ends, partner)
        chains.append((index, partner, heads[length - 1] if length else -1))
        ends[length : length + 1] = [partner]
        heads[length : length + 1] = [len(chains) - 1]
    longest: list[tuple[int, int]] = []
    place = heads[-1] if heads else -1
    while place >= 0:
        index, partner, place = chains[place]
        longest.append((index, partner))
    return longest[::-1]


def _compare(start: list[str], other: list[str], old: tuple[int, int], new: tuple[int, int]) -> dict[int, int]:
    """The same of two stretches: their common beginning and end, and what lies between where it is short enough."""
    (at, to), (here, there) = old, new
    found: dict[int, int] = {}
    while at < to and here < there and start[at] == other[here]:
        found[at] = here
        at, here = at + 1, here + 1
    while at < to and here < there and start[to - 1] == other[there - 1]:
        to, there = to - 1, there - 1
        found[to] = there
    if 0 < (to - at) * (there - here) <= MOST_COMPARED:
        blocks = SequenceMatcher(None, start[at:to], other[here:there], autojunk=False).get_matching_blocks()
        found |= {at + block.a + step: here + block.b + step for block in blocks for step in range(block.size)}
    return found
