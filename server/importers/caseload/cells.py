"""What one cell of a caseload says: names, dates of birth, yes and no as people type them. What cannot be read raises Unread,
in words; what says more than is taken is handed back, to be kept as a note. Pure."""

import re
from datetime import date
from typing import Any

from server.actions.cases.tracker_cells import GENDERS, UNKNOWN, Unread, read_day
from shared.model.codes import InstitutionLeft
from shared.rules.days import read_written_date

__all__ = [
    "Unread",
    "is_description",
    "left_of_names",
    "read_birth",
    "read_date",
    "read_gender",
    "read_institution",
    "read_names",
    "read_status",
    "read_yes",
]

AKA = re.compile(r"\(? ?(?:a\.?k\.?a\.?|\balias|\bknown as|\bgoes by|\bnickname) ?:?([^)]{0,200})\)?", re.IGNORECASE)
QUOTED = re.compile(r"[\"“']([^\"”']{2,40})[\"”']")
PAIR = re.compile(r"[&+/]|\band\b", re.IGNORECASE)
BRACKETS = re.compile(r"\(([^()]{0,200})\)")
UNSURE = re.compile(r"\?|\b(?:unknown|surname not known|nk)\b", re.IGNORECASE)
NOBODY = frozenset(
    {"unknown", "not known", "n/k", "nk", "?", "??", "name unknown", "no name", "unnamed", "tbc", "-", "n/a"}
)
YES = re.compile(r"^(yes|y|true|1|x|✓|✔|ticked)\b\W*(.*)$|^([✓✔])\W*(.*)$", re.IGNORECASE | re.DOTALL)
NO = re.compile(
    r"^(not applicable|none known|none|no|n/a|n|na|false|0)(?![/\w])\W*(.*)$|^(-|✗|✘)$", re.IGNORECASE | re.DOTALL
)
AGE = re.compile(
    r"(?:c\.?|circa|approx\.?|about|age[d]?|~)?\s*(\d{1,3})(?:s|ish| ?y(?:ea)?rs?(?: old)?| ?y/?o)?\??", re.IGNORECASE
)
YEAR = re.compile(r"(?:c\.?|circa|approx\.?|about|~|b\.?|born)?\s*(19\d\d|20\d\d)(s)?\??", re.IGNORECASE)
OPEN_WORDS = ("open", "active", "current", "live", "ongoing", "new", "o")
CLOSED_WORDS = ("closed", "close", "inactive", "ended", "archived", "housed", "discharged", "moved on", "c")
WAITING_WORDS = ("candidate", "waiting", "pending", "referred", "to be discussed")
INSTITUTIONS = {
    "prison": InstitutionLeft.PRISON, "hmp": InstitutionLeft.PRISON, "jail": InstitutionLeft.PRISON,
    "hospital": InstitutionLeft.HOSPITAL, "ward": InstitutionLeft.HOSPITAL, "army": InstitutionLeft.UK_ARMED_FORCES,
    "armed forces": InstitutionLeft.UK_ARMED_FORCES, "care": InstitutionLeft.CARE_LEAVER_UNDER_25,
    "approved premises": InstitutionLeft.OTHER_JUSTICE_ACCOMMODATION, "none": InstitutionLeft.NONE,
    "no": InstitutionLeft.NONE, "n": InstitutionLeft.NONE,
}  # fmt: skip
GENDERS_MORE = {
    "males": "m",
    "mle": "m",
    "w": "f",
    "woman": "f",
    "girl": "f",
    "boy": "m",
    "trans woman": "f",
    "trans man": "m",
}
OLDEST = 110


def read_names(text: str) -> list[tuple[str, str, bool]]:
    """Everybody whom a cell names: name, alias, and whether the name is sure. "Dave & Karen (couple)" are two."""
    if text.strip().casefold() in NOBODY:
        return []
    alias, rest = "", " ".join(text.split())
    if (found := AKA.search(rest)) and found[1].strip():
        alias, rest = found[1].strip(" .,"), (rest[: found.start()] + " " + rest[found.end() :])
    elif found := QUOTED.search(rest):
        alias, rest = found[1].strip(), (rest[: found.start()] + " " + rest[found.end() :])
    rest = BRACKETS.sub(" ", rest)
    parts = [part for part in PAIR.split(rest) if part.strip(" .,;?")]
    if len(parts) == 2 and len(parts[0].split()) == 1 and len(parts[1].split()) > 1 and not alias:
        # "Dave and Karen Jones": one family name for both.
        parts[0] = f"{parts[0].strip()} {parts[1].split()[-1]}"
    named = [(say_name(part), UNSURE.search(part) is None) for part in parts]
    return [(name, alias if len(named) == 1 else "", sure) for name, sure in named if name]


def is_description(text: str) -> bool:
    """Is this how somebody would be known again, rather than a name: "tall, red scarf, Polish", "man in blue tent"?"""
    words = text.split()
    return text.count(",") > 1 or (
        len(words) > 2 and not any(word[:1].isupper() for word in words[:2]) and text[:1].isascii()
    )


def left_of_names(text: str) -> str:
    """What a cell of names says besides: "(couple)"."""
    rest = AKA.sub(" ", " ".join(text.split()))
    return "; ".join(found.strip() for found in BRACKETS.findall(rest) if found.strip())


def say_name(text: str) -> str:
    """A name as it is said: family name last, no shouting. "SMITH, John" and "SMITH John" are John Smith."""
    plain = " ".join(UNSURE.sub(" ", text).split()).strip(" .,;")
    first, comma, second = plain.partition(",")
    if comma and second.strip():
        plain = f"{second.strip()} {first.strip()}"
    else:
        words = plain.split()
        shouted = [word for word in words if len(word) > 1 and word.isupper()]
        if words and shouted and len(shouted) < len(words) and words[0] in shouted:
            plain = " ".join([*(word for word in words if word not in shouted), *shouted])
    return " ".join(_calm(word) for word in plain.split())


def _calm(word: str) -> str:
    if len(word) < 2 or not word.isupper():
        return word
    calm = "-".join(part.capitalize() for part in word.split("-"))
    return re.sub(r"\b(Mc|O')(\w)", lambda found: found[1] + found[2].upper(), calm)


def read_birth(text: str, today: date, *, month_first: bool = False) -> tuple[date | None, int | None]:
    """A date of birth, or an approximate age in years where only a year or an age is told; neither for "DOB unknown"."""
    said = " ".join(text.casefold().replace("dob", " ").replace("d.o.b", " ").strip(" :.").split())
    if (
        said in UNKNOWN
        or said in NOBODY
        or not said
        or re.fullmatch(r"(?:is )?(?:not known|unknown|refused|declined)\b.*", said)
    ):
        return None, None
    if (year := YEAR.fullmatch(said)) and int(year[1]) <= today.year:
        return None, _likely_age(today.year - int(year[1]) - (5 if year[2] else 0))
    if (age := AGE.fullmatch(said)) and len(age[1]) <= 2:
        return None, _likely_age(int(age[1]))
    if month_first:
        said = re.sub(r"^(\d{1,2})([/.-])(\d{1,2})", r"\3\2\1", said)
    born = _read_written(said, today)
    if born is None:
        raise Unread("Write a date of birth such as 2 March 1975 or 2/3/75, a year, or an age.")
    if born > today:
        raise Unread("That date of birth is still to come.")
    _likely_age(today.year - born.year)
    return born, None


def _likely_age(years: int) -> int:
    if not 0 <= years <= OLDEST:
        raise Unread("Nobody is so old: is the year right?")
    return years


def _read_written(said: str, today: date) -> date | None:
    if said.isdecimal() and len(said) == 5:
        return read_day(int(said), today)
    clock = re.sub(r"[ t]\d{1,2}:\d\d(:\d\d)?(\.\d+)?$", "", said)
    return read_written_date(clock, today)


def read_date(text: str, today: date, *, month_first: bool = False) -> date | None:
    """A day of the past or to come; None for one that is not known. Raises Unread."""
    said = " ".join(text.casefold().strip(" :.").split())
    if said in UNKNOWN or said in NOBODY:
        return None
    if month_first:
        said = re.sub(r"^(\d{1,2})([/.-])(\d{1,2})", r"\3\2\1", said)
    # A year of two figures may be to come: an MDT that is called already.
    found = _read_written(said, today)
    if found is None and (short := re.fullmatch(r"([a-z]{3,9})[ -]'?(\d{4})", said)):
        found = read_written_date(f"1 {short[1]} {short[2]}", today)
    if found is None:
        raise Unread("Write a day with its year, such as 12 October 2026 or 12/10/26.")
    if not 1990 <= found.year <= today.year + 2:
        raise Unread("Is the year right?")
    return found


def read_yes(text: str) -> tuple[bool | None, str]:
    """Yes, no, or None for not known; and what is said besides. Raises Unread."""
    said = text.strip()
    if said.casefold() in UNKNOWN and said.casefold() not in {"n/a", "na"}:
        return None, ""
    if found := YES.match(said):
        return True, (found[2] or found[4] or "").strip()
    if found := NO.match(said):
        return False, (found[2] or "").strip()
    raise Unread("Write yes, no or ?.")


def read_gender(text: str) -> Any:
    """A gender by the words of the country. Raises Unread."""
    said = text.strip().strip(".").casefold()
    said = GENDERS_MORE.get(said, said)
    if said in UNKNOWN:
        return None
    if said not in GENDERS:
        raise Unread("Write female, male, other or ?.")
    return GENDERS[said]


def read_status(text: str) -> tuple[str, str]:
    """open, closed or candidate, and the outcome that stands beside it: "Closed - housed". Raises Unread."""
    said = text.strip()
    if not said:
        return "open", ""
    for status, words in (("closed", CLOSED_WORDS), ("open", OPEN_WORDS), ("candidate", WAITING_WORDS)):
        for word in sorted(words, key=len, reverse=True):
            rest = said[len(word) :]
            if said.casefold().startswith(word) and not rest[:1].isalnum():
                beside = rest.strip(" -–:,()")
                is_told = status == "closed" and word not in ("closed", "close", "c")
                return status, said if is_told else beside
    raise Unread("Write open, closed or waiting.")


def read_institution(text: str) -> Any:
    """What they left. Raises Unread."""
    said = text.strip().casefold()
    if said in UNKNOWN:
        return None
    words = f" {' '.join(re.findall(r'[a-z]+', said))} "
    found = next((code for word, code in INSTITUTIONS.items() if f" {word} " in words), None)
    if found is None:
        raise Unread("Write prison, hospital, armed forces, care, other justice accommodation or none.")
    return found
