"""Notes that several people type at once: no line that anybody wrote is ever lost. Pure text; nobody is asked to
choose."""

from difflib import SequenceMatcher


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
    for _, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = old[old_from:old_to] == new[new_from:new_to]
        told += [("same" if same else "gone", line) for line in old[old_from:old_to]]
        told += [] if same else [("new", line) for line in new[new_from:new_to]]
    return told


def _split(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n")] if text else []


def _merge_stretch(old: list[str], left: list[str], right: list[str]) -> list[str]:
    if left in (old, right):
        return right
    if right == old:
        return left
    kept = [line for line in right if line in left or line not in old]
    return kept + [line for line in left if line not in right and line not in old]


def _stretches(start: list[str], left: list[str], right: list[str]) -> list[tuple[list[str], list[str], list[str]]]:
    """Cut the three texts at the lines that all of them share, in order (as diff3 does)."""
    in_left, in_right = _partners(start, left), _partners(start, right)
    cuts = [index for index in range(len(start)) if index in in_left and index in in_right]
    found, at = [], (0, 0, 0)
    for index in cuts:
        here = index, in_left[index], in_right[index]
        found.append((start[at[0] : here[0]], left[at[1] : here[1]], right[at[2] : here[2]]))
        found.append(([start[index]], [start[index]], [start[index]]))
        at = here[0] + 1, here[1] + 1, here[2] + 1
    found.append((start[at[0] :], left[at[1] :], right[at[2] :]))
    return found


def _partners(start: list[str], other: list[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, start, other, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}
