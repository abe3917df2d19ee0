"""Two versions as people read them: fields and values in words, what differs, how far two pins are apart. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import get_type_hints

from markupsafe import Markup, escape

from server.web.layout.words import say, say_day, say_distance
from shared.geo.distance import near_distance_m
from shared.model.codes import Code
from shared.model.person import Person
from shared.model.position import Position
from shared.model.site import Site
from shared.model.value import Id
from shared.rules.lines import align

FIELDS = {
    "name": "name", "alias": "alias", "description": "description", "date_of_birth": "date of birth", "hazards": "hazards",
    "safety_needs": "safety needs", "safety_signs": "signs that things get worse", "safety_helps": "what helps",
    "safety_call": "whom to call", "safety_avoid": "what not to do", "best_way": "best way to reach them",
     "wants_first": "what they want first", "in_use": "whether people still sleep there",
    "position": "where it is", "assigned_worker_id": "who looks into it", "team_id": "which team looks into it",
    "access_notes": "how to get there", "place": "the place in words", "institution_left": "where they had left",
    "gender_self_described": "gender in their own words", "name_quality": "how sure the name is",
    "dob_quality": "how sure the date of birth is", "approximate_age_years": "about how old they are",
    "institution_left_on": "when they had left it", "died_on": "the day they died", "kind": "what kind of place it is",
}  # fmt: skip
_TYPES = get_type_hints(Person) | get_type_hints(Site)
CODES: Mapping[str, type[Code]] = {
    name: kind for name, kind in _TYPES.items() if isinstance(kind, type) and issubclass(kind, Code)
}
DAYS = frozenset(name for name, kind in _TYPES.items() if kind == date | None)


def say_field(name: str) -> str:
    """Returns what a field is called on a page."""
    return FIELDS.get(name, name.removesuffix("_id").replace("_", " "))


def say_value(field: str, value: object, names: Mapping[Id, str]) -> str:
    """Returns a value as a person reads it; `names` are those of workers and teams, by id."""
    if value is None or value == "":
        return "Nothing"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        how = str(value.get("pin_source") or value.get("source") or "pin").replace("_", " ")
        return f"A pin, {how}: {value.get('latitude', 0):.5f}, {value.get('longitude', 0):.5f}"
    text = str(value)
    if field.endswith("_id"):
        return names.get(text, "Somebody who is not known here")
    if field in CODES:
        known = {str(each): each for each in CODES[field]}
        return say(known.get(text, text))
    return _say_day(text) if field in DAYS else text


def _say_day(text: str) -> str:
    try:
        return say_day(date.fromisoformat(text))
    except ValueError:
        return text


def mark_difference(text: str, other: str) -> Markup:
    """Returns the text with what the other one lacks marked, word by word."""
    words = text.split(" ")
    same = align(words, other.split(" "))
    pieces = []
    for is_same, places in groupby(range(len(words)), lambda place: place in same):
        said = escape(" ".join(words[place] for place in places))
        if said:
            pieces.append(said if is_same else Markup("<mark>{}</mark>").format(said))
    return Markup(" ").join(pieces)


def say_apart(values: Sequence[object]) -> str:
    """Returns how far apart the pins of two sides are; nothing where they are no pins."""
    pins = [
        Position(latitude=each["latitude"], longitude=each["longitude"])
        for each in values
        if isinstance(each, dict) and {"latitude", "longitude"} <= each.keys()
    ]
    if len(pins) < 2:
        return ""
    return f"{say_distance(max(near_distance_m(pins[0], each) for each in pins[1:]))} apart"
