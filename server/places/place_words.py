"""Where people's words are: "14 High Street, Watford", "corner of Clarendon Rd and Station Rd". Answered from the operator's
gazetteer, with how sure that is.

Every run of a few words is looked up as a name. Streets have the same names everywhere, so a name counts for much where a town is
said with it, or is the only one of its name for miles, and for little where there are several. Nothing here asks the internet.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from sqlalchemy.orm import Session

from server.places.gazetteer import list_towns, make_name_key
from server.queries.maps.gazetteer import NamedPlace, list_by_keys
from shared.geo.distance import near_distance_m
from shared.model.codes import PinSource
from shared.model.position import Position

SURE, LIKELY, UNSURE = 0.9, 0.6, 0.3
PLACED_FROM = 0.5
"""From here on a report is put there, marked as a guess; below, its places are only offered."""
MOST_WORDS, LONGEST_NAME = 60, 5
SHORTEST_ALONE = 5
"""A single word of fewer letters is no place."""
TOWN_REACH_M = 6_000.0
ONE_STREET_M = 800.0
"""Points of one name that lie nearer are pieces of one street."""
CORNER_M = 250.0
CORNER_DEGREES = 0.003
"""Of latitude: more than `CORNER_M`."""
MOST_SPOTS = 20
"""So many places of one name are offered: nobody reads more."""
STREET_ACCURACY_M, SPOT_ACCURACY_M = 250.0, 100.0
WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*")
SHORT = {
    "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "cl": "close", "sq": "square", "dr": "drive", "ct": "court",
    "pl": "place", "gdns": "gardens", "cres": "crescent", "tce": "terrace", "stn": "station", "pk": "park",
}  # fmt: skip
SETTLEMENTS = frozenset(
    {"town", "city", "village", "suburb", "hamlet", "suburban area", "other settlement", "populated place"}
)
STREETS = re.compile(r"road|street|way|lane|thoroughfare", re.IGNORECASE)


class Asked(NamedTuple):
    """What somebody wrote of a place, and what else says where about it is: a council's name."""

    words: str
    near: str = ""


class Guess(NamedTuple):
    """A place that words may mean; `confidence` is from 0 to 1."""

    name: str
    kind: str
    latitude: float
    longitude: float
    confidence: float

    @property
    def position(self) -> Position:
        """Its pin: looked up, and no more exact than a name is."""
        accuracy = STREET_ACCURACY_M if STREETS.search(f"{self.kind} {self.name}") else SPOT_ACCURACY_M
        return Position(
            latitude=self.latitude, longitude=self.longitude, source=PinSource.ADDRESS_LOOKUP, accuracy_m=accuracy
        )

    def say(self) -> str:
        """What was taken for what, in a sentence."""
        kind = f" ({self.kind.lower()})" if self.kind else ""
        return f"Its words name {self.name}{kind}: {round(100 * self.confidence)} % sure that it is the one on the map."


Points = Mapping[str, Sequence[NamedPlace]]


def find_places(session: Session, asked: Sequence[Asked]) -> list[tuple[Guess, ...]]:
    """The places that each text may mean, the surest first; one round to the database for all of them."""
    runs = [list(_list_runs(each.words)) for each in asked]
    named = list_by_keys(session, {key for found in runs for _, _, key in found})
    return [_judge(each, found, named) for each, found in zip(asked, runs, strict=True)]


def find_place(session: Session, words: str, near: str = "") -> Guess | None:
    """The place that words mean, where that is sure enough to put a report there."""
    found = find_places(session, [Asked(words, near)])[0]
    return found[0] if found and found[0].confidence >= PLACED_FROM else None


def _list_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Every run of up to five words: where it begins and ends, and the key that a name is looked up by."""
    words = [matched[0].casefold() for matched in WORD.finditer(text)][:MOST_WORDS]
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST_NAME, len(words)) + 1):
            run = words[start:end]
            if end - start == 1 and len(run[0]) < SHORTEST_ALONE:
                continue
            yield start, end, make_name_key("".join(_spell_out(run)))


def _spell_out(run: Sequence[str]) -> list[str]:
    """ "st" is a saint before a name and a street after one; the other short forms are themselves."""
    words = [SHORT.get(word, word) for word in run]
    return [*words[:-1], "street"] if len(words) > 1 and words[-1] == "st" else words


def _judge(asked: Asked, runs: Sequence[tuple[int, int, str]], named: Points) -> tuple[Guess, ...]:
    found = _longest([run for run in runs if run[2] in named or list_towns(run[2])])
    towns = [point for key in [*found, make_name_key(asked.near)] if key for point in _list_town_points(key, named)]
    names = {
        key: places for key in found if (places := [each for each in named.get(key, ()) if not _is_settlement(each)])
    }
    corner = _find_corner(names, towns)
    if corner is not None:
        return (corner,)
    guesses = [guess for places in names.values() for guess in _judge_name(places, towns)]
    return tuple(sorted(guesses, key=lambda guess: -guess.confidence))


def _longest(runs: Sequence[tuple[int, int, str]]) -> list[str]:
    """Of runs that share a word the longest: "Station Road" is no station."""
    taken: set[int] = set()
    kept = []
    for start, end, key in sorted(runs, key=lambda run: (run[0] - run[1], run[0])):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            kept.append(key)
    return list(dict.fromkeys(kept))


def _list_town_points(key: str, named: Points) -> list[Position]:
    known = [(each.latitude, each.longitude) for each in named.get(key, ()) if _is_settlement(each)]
    known += [(latitude, longitude) for _, latitude, longitude in list_towns(key)]
    return [Position(latitude=latitude, longitude=longitude) for latitude, longitude in known]


def _is_settlement(place: NamedPlace) -> bool:
    return place.kind.casefold() in SETTLEMENTS


def _judge_name(places: Sequence[NamedPlace], towns: Sequence[Position]) -> list[Guess]:
    """One of its name near a town that is said is sure, the only one of its name is likely, of several none is."""
    near = [each for each in places if any(_away_m(each, town) <= TOWN_REACH_M for town in towns)]
    spots = _merge_pieces(near or places)
    confidence = UNSURE if len(spots) > 1 or (towns and not near) else SURE if near else LIKELY
    return [_guess(each, confidence) for each in spots]


def _merge_pieces(places: Sequence[NamedPlace]) -> list[NamedPlace]:
    """One point for each street or place of the name, the first of them where there are many."""
    spots: list[NamedPlace] = []
    for each in sorted(places, key=lambda place: (place.latitude, place.longitude)):
        if all(_away_m(each, _at(spot)) > ONE_STREET_M for spot in spots):
            spots.append(each)
        if len(spots) == MOST_SPOTS:
            break
    return spots


def _find_corner(names: Points, towns: Sequence[Position]) -> Guess | None:
    """Two names that meet in one place alone, or in one place of the town that is said."""
    meetings = [pair for first, second in combinations(names.values(), 2) for pair in _list_corners(first, second)]
    near = [pair for pair in meetings if any(_away_m(pair[0], town) <= TOWN_REACH_M for town in towns)]
    spots = _merge_pieces([one for one, _ in near or meetings])
    if len(spots) != 1 or (towns and not near):
        return None
    one, other = min(near or meetings, key=lambda pair: _away_m(pair[0], _at(pair[1])))
    return Guess(
        f"{one.name} by {other.name}",
        "",
        (one.latitude + other.latitude) / 2,
        (one.longitude + other.longitude) / 2,
        SURE,
    )


def _list_corners(first: Sequence[NamedPlace], second: Sequence[NamedPlace]) -> list[tuple[NamedPlace, NamedPlace]]:
    """Which of two names lie beside each other. Only what lies as far north is measured: there are thousands of High Streets."""
    ordered = sorted(second, key=_north)
    return [
        (one, other)
        for one in first
        for other in ordered[
            bisect_left(ordered, one.latitude - CORNER_DEGREES, key=_north) : bisect_right(
                ordered, one.latitude + CORNER_DEGREES, key=_north
            )
        ]
        if _away_m(one, _at(other)) <= CORNER_M
    ]


def _north(place: NamedPlace) -> float:
    return place.latitude


def _guess(place: NamedPlace, confidence: float) -> Guess:
    return Guess(place.name, place.kind, place.latitude, place.longitude, confidence)


def _at(place: NamedPlace) -> Position:
    return Position(latitude=place.latitude, longitude=place.longitude)


def _away_m(place: NamedPlace, point: Position) -> float:
    return near_distance_m(_at(place), point)
