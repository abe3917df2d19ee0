"""The evidence that two records are one person, field by field, in bits; against it in bits below nought. Pure.

Fellegi and Sunter's weights: log2 of how much likelier a field agrees so for one person than for two. What a name or a word of a
description is worth follows from how rare it is among the records at hand; the other sizes are set from what is known of such
files (a date of birth agrees by chance once in some ten thousand), and were looked at on the invented file that
`bench/identity.py` tells of. They are no probabilities of a county, and nothing is joined here.

Source: Fellegi and Sunter (1969), A Theory for Record Linkage. Comparison levels as in common linkage practice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from math import inf, log2
from typing import Final

from shared.geo.distance import near_distance_m, say_distance
from shared.model.codes import Gender
from shared.model.person import Person
from shared.model.position import Position
from shared.model.value import Id, Value
from shared.rules.finding import differs_by_one
from shared.rules.names import fold, full_name, latin, sounds
from shared.rules.wording import say_duration, say_list, telling_words

AGE_NEAR_YEARS, AGE_FAR_YEARS = 3, 12
SAME_PLACE_M, NEAR_M = 50.0, 250.0
PLACE_HOLDS_DAYS = 28
"""at which site somebody was met tells little after that."""
OTHER_TEAM: Final = -1.5
"""Bits where two records were met by different teams: of five meetings one is by another team than the last."""
EVERYBODY: Final = 200
"""As if so many more people were known whom no list holds: a name that stands alone among six records is still not rare."""
NEW_YEAR: Final = (1, 1)
"""What forms fill in for whoever knows the year of their birth alone."""
WORD_LENGTH_MIN: Final = 4
"""A shorter word with one letter changed is another word."""

Piece = tuple[float, str]
"""Evidence in bits, and its reason in words; some has none."""


class Sighting(Value, frozen=True, kw_only=True):
    """A record with where and when the person was last met, as far as known."""

    person: Person
    seen_at: datetime | None = None
    position: Position | None = None
    site_id: Id | None = None
    team_id: Id | None = None


class Told(Value, frozen=True, kw_only=True):
    """One record taken to pieces once, for a comparison with many."""

    sighting: Sighting
    words: tuple[str, ...]
    heard: tuple[frozenset[str], ...]
    alias: str
    described: frozenset[str]

    @property
    def person(self) -> Person:
        return self.sighting.person

    @property
    def places(self) -> list[Id]:
        """The team and the site, as far as known."""
        return [each for each in (self.sighting.team_id, self.sighting.site_id) if each is not None]


class Rarity:
    """How much it tells that two records have a word in common, from how many of these records have it."""

    def __init__(self, told: Iterable[Told] = (), total: int = 0) -> None:
        self._named: Counter[str] = Counter()
        self._described: Counter[str] = Counter()
        self._places: Counter[Id] = Counter()
        self._count, self._total = 0, total
        self._bits_of_name: dict[str, float] = {}
        for each in told:
            self.add(each)

    @property
    def total(self) -> int:
        """Of how many people these are."""
        return max(self._total, self._count)

    def add(self, told: Told) -> None:
        """One more record."""
        self._count += 1
        self._bits_of_name.clear()
        self._named.update({*told.words, *((told.alias,) if told.alias else ())})
        self._described.update(told.described)
        self._places.update(told.places)

    def take(self, told: Told) -> None:
        """One record fewer."""
        self._count -= 1
        self._bits_of_name.clear()
        self._named.subtract({*told.words, *((told.alias,) if told.alias else ())})
        self._described.subtract(told.described)
        self._places.subtract(told.places)

    def of_name(self, word: str) -> float:
        """Bits of a name or an alias in common."""
        found = self._bits_of_name.get(word)
        if found is None:
            found = min(log2((self.total + EVERYBODY) / (self._named[word] + 1)), 11.0)
            self._bits_of_name[word] = found
        return found

    def most_of_names(self, told: Told) -> float:
        """More bits than these the names of a record give with no other's."""
        return sum(max(self.of_name(word), 1.0) for word in told.words)

    def of_team(self, team_id: Id) -> float:
        """Bits of the same team: it tells nearly nothing where one team knows everybody, and much among thirty."""
        return min(max(log2(max(self.total, 1) / (self._places[team_id] + 1)) - 0.3, 1.0), 6.0)

    def of_site(self, site_id: Id) -> float:
        """Bits of the same site within some weeks, the team's among them: one of three is met again where they were."""
        return min(max(log2((self.total + EVERYBODY) / (self._places[site_id] + 1)) - 1.6, 4.0), 8.0)

    def of_look(self, word: str) -> float:
        """Bits of a word in both descriptions: who is described twice is described otherwise two times of three."""
        return max(log2((self.total + EVERYBODY) / (self._described[word] + 6)) - 1.5, 0.0)


def tell(sighting: Sighting) -> Told:
    """Take a record to pieces."""
    person = sighting.person
    words = tuple(latin(person.name).replace("-", " ").split())
    return Told(
        sighting=sighting,
        words=words,
        heard=tuple(frozenset((*sounds(word), *sounds(full_name(word)))) for word in words),
        alias=fold(person.alias).strip(),
        described=telling_words(fold(person.description)),
    )


def weigh(one: Told, other: Told, rarity: Rarity, least: float = -inf) -> tuple[list[Piece], list[Piece]]:
    """What speaks for and against: who they are, and where and how they were met, apart: a place alone makes nobody the same.

    Nothing of either where what is told beside the names does not come to `least`: names take half the time.
    """
    rest = [*_gender(one.person, other.person), *_ages(one.sighting, other.sighting)]
    rest += _place(one.sighting, other.sighting, rarity)
    who = [*_birth(one.person, other.person), *_alias(one, other, rarity), *_looks(one, other, rarity)]
    if least > -inf and sum([bits for bits, _ in who]) + sum([bits for bits, _ in rest]) < least:
        return [], []
    return [*_names(one, other, rarity), *who], rest


# -------------------------------------------------------------------------------------------------------------- names
def _names(one: Told, other: Told, rarity: Rarity) -> Iterator[Piece]:
    if not one.words or not other.words:
        return
    bits, alike, is_exact = 0.0, list[str](), True
    left = list(range(len(other.words)))
    unmatched = 0
    for n, word in enumerate(one.words):
        most, found = 0.0, -1
        for m in left:
            if (likeness := _likeness(one, n, other, m, rarity)) > most:
                most, found = likeness, m
        if found < 0:
            unmatched += 1
            continue
        left.remove(found)
        bits += most
        alike.append(other.words[found])
        is_exact = is_exact and word == other.words[found]
    if not alike:
        yield -5.0, f"called {other.person.name}"
        return
    bits -= 4.5 * min(unmatched, len(left)) + 0.5 * abs(unmatched - len(left))
    yield bits, _say_names(one, other, alike, is_exact, is_whole=not unmatched and not left)


def _likeness(one: Told, n: int, other: Told, m: int, rarity: Rarity) -> float:
    """Bits of two words of names: the same, the same to the ear, a short form, one letter gone wrong, or an initial."""
    mine, theirs = one.words[n], other.words[m]
    if mine == theirs:
        return rarity.of_name(mine)
    rare = min(rarity.of_name(mine), rarity.of_name(theirs))
    is_near = abs(len(mine) - len(theirs)) <= 1 and differs_by_one(mine, theirs)
    if one.heard[n] & other.heard[m]:
        # Byrne and Brown have the same consonants: what only sounds alike tells less than one letter written otherwise.
        return max(rare - (1.5 if is_near or full_name(mine) == full_name(theirs) else 4.5), 1.0)
    if is_near and min(len(mine), len(theirs)) >= WORD_LENGTH_MIN:
        return max(rare - 3.0, 0.5)
    return 0.7 if 1 in (len(mine), len(theirs)) and mine[0] == theirs[0] else 0.0


def _say_names(one: Told, other: Told, alike: list[str], is_exact: bool, *, is_whole: bool) -> str:
    if one.words == other.words:
        return f"both called {other.person.name}"
    if is_whole and is_exact:
        return "the same names in another order"
    if is_whole:
        return f"{one.person.name} and {other.person.name} sound or look alike"
    return f"{say_list(sorted(word.capitalize() for word in alike))} in both names"


def _alias(one: Told, other: Told, rarity: Rarity) -> Iterator[Piece]:
    if one.alias and one.alias == other.alias:
        yield max(rarity.of_name(one.alias), 3.0), f"both known as {other.person.alias}"
        return
    for mine, theirs in ((one, other), (other, one)):
        if mine.alias and mine.alias in theirs.words:
            yield max(rarity.of_name(mine.alias) - 2.5, 2.0), "what one is known as is the other's name"
            return
        if theirs.described and (shared := sorted(theirs.described.intersection(mine.alias.split() or mine.words))):
            yield 2.5, f"{say_list(shared)} in what both are called or look like"
            return


# -------------------------------------------------------------------------------------------------- born, gender, age
def _birth(one: Person, other: Person) -> Iterator[Piece]:
    mine, theirs = one.date_of_birth, other.date_of_birth
    if mine is None or theirs is None:
        return
    if mine == theirs:
        yield (8.0 if (mine.month, mine.day) == NEW_YEAR else 12.0), "the same date of birth"
    elif (mine.year, mine.month, mine.day) == (theirs.year, theirs.day, theirs.month):
        yield 8.0, "day and month of birth exchanged"
    elif is_one_slip(mine.isoformat(), theirs.isoformat()):
        yield 5.0, "the date of birth differs in one digit"
    elif (mine.month, mine.day) == (theirs.month, theirs.day) or abs((mine - theirs).days) <= 1:
        yield 2.0, "nearly the same date of birth"
    elif mine.year == theirs.year and NEW_YEAR in ((mine.month, mine.day), (theirs.month, theirs.day)):
        yield 2.0, "the same year of birth"
    else:
        yield -9.0, "another date of birth"


def is_one_slip(one: str, other: str) -> bool:
    """Do two dates differ in one digit, or in two neighbours exchanged?"""
    apart = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) == 2 and apart[1] - apart[0] == 1:
        return one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]
    return len(apart) == 1


def _gender(one: Person, other: Person) -> Iterator[Piece]:
    both = {one.gender, other.gender}
    if both == {Gender.FEMALE, Gender.MALE}:
        yield -4.0, "another gender"
    elif both == {Gender.FEMALE}:
        yield 2.0, ""
    elif len(both) == 1 and Gender.NOT_KNOWN not in both:
        yield 0.4, ""


def _ages(one: Sighting, other: Sighting) -> Iterator[Piece]:
    if one.person.date_of_birth and other.person.date_of_birth:
        return
    mine, theirs = _age_of(one, other.seen_at), _age_of(other, one.seen_at)
    if mine is None or theirs is None:
        return
    if abs(mine - theirs) > AGE_FAR_YEARS:
        yield -3.0, "another age"
    elif abs(mine - theirs) <= AGE_NEAR_YEARS:
        yield 1.5, "about the same age"


def _age_of(told: Sighting, at: datetime | None) -> int | None:
    """The age that somebody guessed, else the age on the day on which the other one's was guessed."""
    born: date | None = told.person.date_of_birth
    if born is None or at is None:
        return told.person.approximate_age_years
    return at.year - born.year


# ------------------------------------------------------------------------------------------------ looks, and the place
def _looks(one: Told, other: Told, rarity: Rarity) -> Iterator[Piece]:
    """Words of a description come together ("grey sleeping bag"), so each further one tells less."""
    shared = sorted(one.described & other.described, key=lambda word: (-rarity.of_look(word), word))
    bits = sum(rarity.of_look(word) * share for word, share in zip(shared, (1.0, 0.6, 0.4, 0.3), strict=False))
    if bits > 0:
        yield min(bits, 8.0), f"{say_list(sorted(shared[:4]))} in both descriptions"


def _place(one: Sighting, other: Sighting, rarity: Rarity) -> Iterator[Piece]:
    team = 0.0
    if one.team_id is not None and other.team_id is not None:
        team = rarity.of_team(one.team_id) if one.team_id == other.team_id else OTHER_TEAM
    bits, words = _met_near(one, other, rarity)
    # Whoever is met at the same site is met by the same team: the two are no separate evidence.
    if found := max(team, bits) if bits else team:
        yield found, words


def _met_near(one: Sighting, other: Sighting, rarity: Rarity) -> Piece:
    """The same site, or close by, within some weeks."""
    if one.seen_at is None or other.seen_at is None:
        return 0.0, ""
    apart = abs(one.seen_at - other.seen_at)
    if apart > timedelta(days=PLACE_HOLDS_DAYS):
        return 0.0, ""
    if one.site_id is not None and one.site_id == other.site_id:
        return rarity.of_site(one.site_id), f"seen at the same site {say_duration(apart)} apart"
    if one.position is not None and other.position is not None:
        metres = near_distance_m(one.position, other.position)
        if metres <= NEAR_M:
            bits = 4.0 if metres <= SAME_PLACE_M else 3.0
            return bits, f"seen {say_distance(metres)} and {say_duration(apart)} apart"
    return 0.0, ""
