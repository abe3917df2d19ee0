"""An action as it is typed while people speak: "CGL: assessment by 28 Nov". Reading it is kind, and never guesses an owner
nor a day: what could be two things is asked about. Days are read in `shared.rules.days`."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from shared.model.value import Id, Value
from shared.rules.days import is_just_past, read_day, say_day
from shared.rules.names import fold

LONGEST_DAY = 5
"""How many words a day has at most: "Monday 7 December 2026", "end of next month"."""
LONGEST_OWNER = 6
BEFORE_A_DAY = frozenset({"by", "on", "before", "until", "till", "due"})
DATED = re.compile(r"[/.-]|[a-z]{3}")
NEVER_AN_OWNER = frozenset({"a", "an", "the", "to", "and", "or", "of", "for", "in", "he", "she", "they", "we", "all"})


class Bullet(Value, frozen=True, kw_only=True):
    """What was read. `agency_id` or `due_on` is None where the words do not say it. `could_be` are the names that an owner who
    is not sure could be; `past` is a day just past that was named without its year."""

    text: str
    agency_id: Id | None = None
    due_on: date | None = None
    could_be: tuple[str, ...] = ()
    past: date | None = None


def read_bullet(line: str, agencies: Mapping[Id, str], today: date) -> Bullet:
    """Read one typed line. `agencies` are names by id; an owner stands first, with or without a colon, or after an @ anywhere,
    by the whole name, its beginning, its initials or any of its words, if only one agency is called so."""
    text = line.strip().lstrip("-•* ").strip()
    text, agency_id, could_be = _read_owner(text, agencies)
    text, due_on, past = _read_due(text, today)
    return Bullet(text=text, agency_id=agency_id, due_on=due_on, could_be=could_be, past=past)


def what_is_missing(bullet: Bullet, agencies: Mapping[Id, str], today: date) -> list[str]:
    """What has to be asked before a line can be an action, each as a sentence that says what to type."""
    missing = []
    if not bullet.text:
        missing.append("Say what will be done.")
    if bullet.agency_id is None and bullet.could_be:
        missing.append(f"That could be {_either(bullet.could_be)}. Write more of the name.")
    elif bullet.agency_id is None:
        missing.append(
            f"Name the agency that will do it, first in the line. You can name {_either(sorted(agencies.values()))}."
        )
    if bullet.due_on is None and bullet.past is not None:
        next_year = f"{bullet.past.day} {bullet.past:%b} {bullet.past.year + 1}"
        missing.append(f"{say_day(bullet.past, today)}. Write another day, or {next_year} if you mean next year.")
    elif bullet.due_on is None:
        missing.append("Say by which day, such as “by Fri” or “by 12 Dec”.")
    elif bullet.due_on < today:
        missing.append(f"The day it is due is past: {say_day(bullet.due_on, today)}.")
    return missing


def find_agency(words: str, agencies: Mapping[Id, str]) -> Id | None:
    """The one agency that is called so; None when none or several are."""
    found = list_called(words, agencies)
    return found[0] if len(found) == 1 else None


def list_called(words: str, agencies: Mapping[Id, str], *, loosely: bool = True) -> list[Id]:
    """Every agency that may be meant: by its whole name, else its first words, else its initials, else the first letters of its
    name, else (`loosely`) of any of its words."""
    said = " ".join(fold(words).split())
    if not said:
        return []
    folded = {agency_id: " ".join(fold(name).split()) for agency_id, name in agencies.items()}
    ways: list[Callable[[str], bool]] = [
        lambda name: name == said,
        lambda name: f"{name} ".startswith(f"{said} "),
        lambda name: "".join(word[0] for word in name.split()) == said,
    ]
    if loosely:
        ways += [
            lambda name: name.startswith(said),
            lambda name: f" {name} ".find(f" {said} ") >= 0,
            lambda name: f" {name}".find(f" {said}") >= 0,
        ]
    for fits in ways:
        found = [agency_id for agency_id, name in folded.items() if fits(name)]
        if found:
            return found
    return []


def _read_owner(text: str, agencies: Mapping[Id, str]) -> tuple[str, Id | None, tuple[str, ...]]:
    """The text without its owner, the owner, and who else it could be."""
    words = text.split()
    marked = next((at for at, word in enumerate(words) if word.startswith("@") and len(word) > 1), None)
    if marked is not None:
        called = list_called(words[marked][1:].rstrip(":,;"), agencies)
        rest = [*words[:marked], *words[marked + 1 :]]
        return _owned(" ".join(rest) if len(called) == 1 else text, called, agencies)
    owner, colon, after = text.partition(":")
    if colon:
        called = list_called(owner, agencies)
        return _owned(after.strip() if len(called) == 1 else text, called, agencies)
    for length in range(min(LONGEST_OWNER, len(words) - 1), 0, -1):
        called = list_called(" ".join(words[:length]), agencies, loosely=False)
        if len(called) == 1 and fold(words[0]) not in NEVER_AN_OWNER and len(words[0]) > 1:
            rest_words = words[length:]
            if rest_words[0].casefold() in {"to", "will", "-", "–"}:
                rest_words = rest_words[1:]
            return _owned(" ".join(rest_words), called, agencies)
    return text, None, ()


def _owned(text: str, called: Sequence[Id], agencies: Mapping[Id, str]) -> tuple[str, Id | None, tuple[str, ...]]:
    if len(called) == 1:
        return text, called[0], ()
    return text, None, tuple(sorted(agencies[each] for each in called))


def _read_due(text: str, today: date) -> tuple[str, date | None, date | None]:
    """The text without its day, the day, and a day just past that was named without its year."""
    words = text.rstrip(" .").split()
    lengths = range(1, min(LONGEST_DAY, len(words)) + 1)
    with_a_word = [n for n in lengths if n < len(words) and words[-n - 1].casefold() in BEFORE_A_DAY]
    dated = [n for n in lengths if _is_dated(words[-n:]) and not (n < len(words) and _could_begin_a_day(words[-n - 1]))]
    for length in (*with_a_word, *dated):
        tail = " ".join(words[-length:])
        past = is_just_past(tail, today)
        due_on = None if past else read_day(tail, today)
        if due_on is not None or past is not None:
            kept = words[: -length - 1] if length in with_a_word else words[:-length]
            return " ".join(kept).rstrip(" ,;"), due_on, past
    return text.strip(), None, None


def _is_dated(words: Sequence[str]) -> bool:
    """Is it a date beyond doubt, that needs no "by" before it: with a number and a month, or with strokes?"""
    joined = " ".join(words).casefold()
    return any(each.isdecimal() for each in joined) and DATED.search(joined) is not None


def _could_begin_a_day(word: str) -> bool:
    """Does a longer tail read better: "Mon 7 Dec" rather than "7 Dec"?"""
    return read_day(word, date(2000, 1, 3)) is not None or word.isdecimal()


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}" if names else "nobody"
