"""Where reports are: their pins and districts, found together; and what was taken for granted in finding them.

A council's name is understood as people write it ("Watford Borough Council", "Three Rivers DC", "St. Albans"), halves of a
point that only fit when exchanged are exchanged: each time marked as a guess. Whatever no district can be found for has
none, and lies in the partnership's duty tray.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from server.importers.accounting import Importing
from server.importers.report import Report
from server.places.districts import DistrictFinder, load_district_finder, load_england_finder, name_of_unlisted
from server.places.place_words import PLACED_FROM, Asked, Guess, find_places
from server.places.postcodes import find_positions
from server.queries.partnership.districts import add_district, by_code, list_districts
from shared.model.codes import PinSource
from shared.model.district import District
from shared.model.position import Position
from shared.model.value import Id

COUNCIL_WORDS = re.compile(
    r"\b(?:london borough|royal borough|metropolitan|borough|district|city|county|unitary|council|authority|local|of|the|"
    r"[bdcl]c|mbc|[lr]b|cc|ua)\b"
)


@dataclass(frozen=True)
class Placed:
    """A report with where it is: its pin and its district, as far as known, and what was guessed in finding them."""

    report: Report
    position: Position | None
    district_id: Id | None
    guesses: tuple[str, ...] = ()
    is_by_words: bool = False
    """Is the pin where its words were taken to be? It never goes before another."""


class Placer:
    """Gives reports their pins and districts. Made once an import: what it looks them up in takes a while to prepare.

    `data` is where postcodes are cached.
    """

    def __init__(self, session: Session, run: Importing, data: Path) -> None:
        # An operator who has named no district yet has all of England; the first named one ends that.
        self._is_england = all(each.name == name_of_unlisted(each.code) for each in list_districts(session))
        self._finder = (
            load_england_finder(data) if self._is_england else load_district_finder(session, data, run.day_of(run.now))
        )
        self._run = run

    def place(self, session: Session, reports: Sequence[Report], *, may_open: bool = True) -> list[Placed]:
        """Give each its place. Where no district is named yet, those that are met are opened, if they may be."""
        positions = _find_pins(reports)
        by_words = _find_by_words(session, reports, positions)
        found = _find_districts(self._finder, positions)
        unplaced = [None if area else at for at, area in zip(positions, found, strict=True)]
        swapped = _find_districts(self._finder, [_swap(at) for at in unplaced])
        mirrored = _find_districts(self._finder, [_mirror(at) for at in unplaced])
        if self._is_england and may_open:
            codes = {code for code in (*found, *swapped) if code is not None}
            opened = _open_districts(session, codes, self._run)
            found, swapped = ([None if code is None else opened[code] for code in each] for each in (found, swapped))
        names = DistrictNames(list_districts(session))
        of_words = (
            [] if self._is_england else _find_districts(self._finder, [each and each.position for each in by_words])
        )
        words = list(zip(by_words, of_words or [None] * len(by_words), strict=True))
        return [
            _judge(report, position, district_id, other_way, bool(west), names, *said)
            for report, position, district_id, other_way, west, said in zip(
                reports, positions, found, swapped, mirrored, words, strict=True
            )
        ]


class DistrictNames:
    """Districts by what people call them."""

    def __init__(self, districts: Collection[District]) -> None:
        self._exact = {each.name.casefold(): each.id for each in districts}
        plain: dict[str, list[District]] = {}
        for each in districts:
            plain.setdefault(simplify_name(each.name), []).append(each)
        self._plain = {name: found[0] for name, found in plain.items() if len(found) == 1}

    def find(self, name: str) -> tuple[Id | None, str]:
        """The district that a council's name means, and the guess in words where it was not written as we write it."""
        exact = self._exact.get(name.casefold())
        if exact is not None or not name:
            return exact, ""
        found = self._plain.get(simplify_name(name))
        return (None, "") if found is None else (found.id, f"The council “{name}” was taken for {found.name}.")


def simplify_name(name: str) -> str:
    """A council's name less the words that say that it is one: "St. Albans City & District Council" is "st albans"."""
    plain = re.sub(r"[^a-z0-9 ]+", " ", name.casefold().replace("'", "").replace(".", "").replace("saint ", "st "))
    return " ".join(word for word in COUNCIL_WORDS.sub(" ", plain).split() if word != "and")


def _judge(
    report: Report,
    position: Position | None,
    district_id: Id | None,
    other_way: Id | None,
    west_instead: bool,
    names: DistrictNames,
    by_words: Guess | None,
    of_words: Id | None,
) -> Placed:
    if position is None:
        named, guess = names.find(report.district_name)
        guesses = tuple(filter(None, [guess]))
        if by_words is None or of_words is None or named not in {None, of_words}:
            return Placed(report, None, named, guesses)
        return Placed(report, by_words.position, of_words, (*guesses, by_words.say()), is_by_words=True)
    if other_way is not None:
        said = f"Latitude and longitude were exchanged: {position.latitude}, {position.longitude} is in none of our districts."
        swapped = replace_point(position, position.longitude, position.latitude)
        return Placed(report, swapped, other_way, (said,))
    if west_instead:
        said = (
            f"With {-position.longitude} as its longitude the point would be in one of our districts. Was a minus lost?"
        )
        return Placed(report, position, None, (said,))
    return Placed(report, position, district_id)


def replace_point(position: Position, latitude: float, longitude: float) -> Position:
    """The same kind of pin elsewhere."""
    return Position(latitude=latitude, longitude=longitude, source=position.source, accuracy_m=position.accuracy_m)


def _find_pins(reports: Sequence[Report]) -> list[Position | None]:
    by_postcode = find_positions([each.postcode for each in reports if each.point is None and each.postcode])
    return [
        by_postcode.get(each.postcode)
        if each.point is None
        else Position(latitude=each.point[0], longitude=each.point[1], source=PinSource.REFERRAL)
        for each in reports
    ]


def _find_by_words(
    session: Session, reports: Sequence[Report], positions: Sequence[Position | None]
) -> list[Guess | None]:
    """Where the words of those without a pin are, as far as that is sure enough."""
    asked = [
        at for at, (report, pin) in enumerate(zip(reports, positions, strict=True)) if pin is None and report.place
    ]
    found: list[Guess | None] = [None] * len(reports)
    guesses = find_places(session, [Asked(reports[at].place, simplify_name(reports[at].district_name)) for at in asked])
    for at, guess in zip(asked, guesses, strict=True):
        found[at] = guess[0] if guess and guess[0].confidence >= PLACED_FROM else None
    return found


def _find_districts(finder: DistrictFinder, positions: Sequence[Position | None]) -> list[Id | None]:
    """The district of each position; None where there is no position or no district."""
    where = [number for number, position in enumerate(positions) if position is not None]
    known = [position for position in positions if position is not None]
    found: list[Id | None] = [None] * len(positions)
    if not where:
        return found
    answers = finder.find_many([each.latitude for each in known], [each.longitude for each in known])
    for number, district_id in zip(where, answers, strict=True):
        found[number] = district_id
    return found


def _swap(position: Position | None) -> Position | None:
    """The point with its halves exchanged, where that is a point at all."""
    if position is None or abs(position.longitude) > 90 or position.source is not PinSource.REFERRAL:
        return None
    return replace_point(position, position.longitude, position.latitude)


def _mirror(position: Position | None) -> Position | None:
    """The point west of Greenwich that an eastern one would be if its sign was lost."""
    if position is None or position.longitude <= 0 or position.source is not PinSource.REFERRAL:
        return None
    return replace_point(position, position.latitude, -position.longitude)


def _open_districts(session: Session, codes: set[str], run: Importing) -> Mapping[str, Id]:
    """The district of each code, opened where there is none yet; a boundary file will give them their names."""
    known = by_code(session)
    opened = {code: run.new_id() for code in sorted(codes - known.keys())}
    for code, district_id in opened.items():
        add_district(session, District(id=district_id, code=code, name=name_of_unlisted(code)))
    return known | opened
