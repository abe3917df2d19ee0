"""A case study filled from the record without a name: months for days, bands for ages, kinds for agencies, and no free text.

Source: RS MDT toolkit, Sharing outcomes (case studies each quarter). What only people know, such as what made the difference,
is left for whoever completes it; and what they wrote is searched once more for names, places and days before it leaves.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from shared.model.codes import AgencyKind, Gender, ReceivingSupport, SupportNeed
from shared.model.value import Value
from shared.rules.address_hint import find_hints
from shared.rules.prioritisation import say_need
from shared.rules.wording import say_list

SECTIONS: Mapping[str, str] = {
    "background": "Background",
    "needs": "What they needed",
    "support": "What was done together",
    "changed": "What changed",
    "difference": "What made the difference",
    "learned": "What we learned",
    "words": "In their own words, if they agreed",
}
SHORTEST_NAME, SHORTEST_PLACE = 2, 3
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
EXACT_DAY = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{MONTHS}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b",
    re.IGNORECASE,
)


class StudiedNeed(Value, frozen=True, kw_only=True):
    """A need, with whether somebody helped when it was first and when it was last told."""

    need: SupportNeed
    first: ReceivingSupport
    last: ReceivingSupport


class StudyFacts(Value, frozen=True, kw_only=True):
    """All that a case study is filled from. None of it names anybody or any place."""

    age_band: str
    gender: Gender
    first_met_on: date | None
    last_rough_on: date | None
    rough_nights: int
    needs: Sequence[StudiedNeed] = ()
    reviews: int = 0
    actions_done: int = 0
    actions_agreed: int = 0
    agencies: Sequence[AgencyKind] = ()
    lead: AgencyKind | None = None
    is_closed: bool = False
    closed_on: date | None = None


def fill_case_study(facts: StudyFacts) -> dict[str, str]:
    """The text of each section; empty where only people know."""
    return {
        "background": _background(facts),
        "needs": _needs(facts),
        "support": _support(facts),
        "changed": _changed(facts),
        "difference": "",
        "learned": "",
        "words": "",
    }


def find_identifying(text: str, names: Iterable[str], places: Iterable[str], *, in_part: bool = True) -> list[str]:
    """What in a text still tells of somebody: a name or a place that the record knows, an exact day, an address, a number.

    Names are found as whole words with their capitals, so that "will" is no Will; places whatever their capitals. `in_part`: each
    word of a name by itself, too; among many people's names, May is a month as well.
    """
    found = [name for name in _words_of(names, in_part) if re.search(rf"\b{re.escape(name)}\b", text)]
    found += [
        place
        for place in places
        if len(place) >= SHORTEST_PLACE and re.search(rf"\b{re.escape(place)}\b", text, re.IGNORECASE)
    ]
    found += [match.group() for match in EXACT_DAY.finditer(text)]
    found += [hint.text for hint in find_hints(text)]
    return list(dict.fromkeys(found))


def _words_of(names: Iterable[str], in_part: bool) -> list[str]:
    """Each name, and each word of it: Jo and Al are names, a single letter is none."""
    words = {word for name in names for word in (name, *(name.split() if in_part else ()))}
    return sorted(word for word in words if len(word) >= SHORTEST_NAME and not word.islower())


def _background(facts: StudyFacts) -> str:
    who = {Gender.FEMALE: "A woman", Gender.MALE: "A man"}.get(facts.gender, "A person")
    age = "" if facts.age_band == "not known" else f", {facts.age_band}"
    lines = [f"{who}{age}."]
    if facts.first_met_on is not None:
        lines.append(f"Outreach first met them in {_month(facts.first_met_on)}.")
    if facts.rough_nights:
        nights = "one night" if facts.rough_nights == 1 else f"{facts.rough_nights} nights"
        last = f", the last in {_month(facts.last_rough_on)}" if facts.last_rough_on else ""
        lines.append(f"They were seen sleeping rough on {nights}{last}.")
    return " ".join(lines)


def _needs(facts: StudyFacts) -> str:
    unmet = [say_need(each.need) for each in facts.needs if each.first is not ReceivingSupport.YES]
    met = [say_need(each.need) for each in facts.needs if each.first is ReceivingSupport.YES]
    lines = [f"At first nobody helped with {say_list(unmet)}."] if unmet else []
    lines += [f"Somebody helped already with {say_list(met)}."] if met else []
    return " ".join(lines)


def _support(facts: StudyFacts) -> str:
    lines = []
    if facts.reviews:
        lines.append(f"The MDT discussed the case {'once' if facts.reviews == 1 else f'{facts.reviews} times'}.")
    if facts.actions_agreed:
        lines.append(f"{facts.actions_agreed} actions were agreed and {facts.actions_done} are done.")
    if facts.agencies:
        lines.append(f"Those who took part: {say_list([_kind(each) for each in facts.agencies])}.")
    if facts.lead is not None:
        lines.append(f"The lead was with {_kind(facts.lead)}.")
    return " ".join(lines)


def _changed(facts: StudyFacts) -> str:
    gained = [
        say_need(each.need)
        for each in facts.needs
        if each.first is not ReceivingSupport.YES and each.last is ReceivingSupport.YES
    ]
    lines = [f"Somebody helps now with {say_list(gained)}."] if gained else []
    if facts.is_closed and facts.closed_on is not None:
        lines.append(f"The case was closed in {_month(facts.closed_on)}.")
    return " ".join(lines)


def _month(day: date) -> str:
    return f"{day:%B %Y}"


def _kind(kind: AgencyKind) -> str:
    return {AgencyKind.OTHER: "another service", AgencyKind.VOLUNTARY_SECTOR: "the voluntary sector"}.get(
        kind, kind.value.replace("_", " ")
    )
