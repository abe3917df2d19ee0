"""What a column of a table of reports can mean, in words, and what the columns of a file most likely mean."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from server.importers.columns import CONTACT
from server.importers.source import Source
from server.queries.referrals.imports import SavedMapping

NOUNS = {
    "reference": "Its reference",
    "opened": "When it was reported",
    "opened_time": "The time of day it was reported",
    "closed": "When it was closed",
    "status": "Open or closed",
    "outcome": "Its outcome",
    "parent": "The report that it repeats",
    "duplication": "Whether it repeats another",
    "latitude": "Latitude, or northing",
    "longitude": "Longitude, or easting",
    "postcode": "Postcode",
    "building": "Number of the building",
    "street": "Street",
    "details": "The place in words",
    "district": "Council",
    "time_seen": "When they were seen",
    "usual_time": "When they are usually there",
    "appearance": "What was seen",
    "concerns": "What worries",
    "age": "Age",
    "gender": "Gender",
    "people": "How many people",
    "first_name": "First name of the person who sleeps rough",
    "last_name": "Last name of the person who sleeps rough",
    "referrer": "What kind of person reported",
    "consent": "Whether they may be told what happened",
    "contact_name": "Name of whoever reported",
    "contact_email": "E-mail address of whoever reported",
    "contact_telephone": "Telephone of whoever reported",
}
ALIKE = 0.84
"""How alike a heading and a known one must be to be proposed (difflib's ratio, set by eye: a person sees what is proposed)."""
HALF = 0.5


def list_nouns(source: Source) -> list[tuple[str, str]]:
    """What a column of this source may mean, with the words for it."""
    return [(noun, words) for noun, words in NOUNS.items() if noun in source.nouns or noun in CONTACT]


def propose(headings: Sequence[str], source: Source, others: Iterable[Source]) -> dict[str, str]:
    """What each heading most likely means: what its source calls so, what another source does, what looks nearly so."""
    own = _by_heading(source)
    known = {
        **{name: noun for other in others for name, noun in _by_heading(other).items() if noun in source.nouns},
        **own,
    }
    return {heading: known.get(heading) or _find_alike(heading, known) for heading in headings}


def find_saved(headings: Sequence[str], saved: Sequence[SavedMapping]) -> SavedMapping | None:
    """The kept mapping that was made for such headings."""
    best = max(saved, key=lambda each: len(set(each.meanings) & set(headings)), default=None)
    if best is None or len(set(best.meanings) & set(headings)) <= HALF * len(headings):
        return None
    return best


def _by_heading(source: Source) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for noun, names in source.nouns.items():
        for name in names:
            found.setdefault(name, noun)
    return found


def _find_alike(heading: str, known: Mapping[str, str]) -> str:
    alike = difflib.get_close_matches(heading, list(known), n=1, cutoff=ALIKE)
    return known[alike[0]] if alike else ""
