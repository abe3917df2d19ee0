"""How strongly two records look like one person: the evidence of each field added up, with the reason in words.

Fellegi and Sunter's weights: log2 of how much likelier a field agrees so for one person than for two. Their sizes are set from
what is known of such files (a date of birth agrees by chance once in some ten thousand, a gender every second time) and are no
probabilities of this county. A person decides; nothing is joined here.

Source: Fellegi and Sunter (1969), A Theory for Record Linkage. Comparison levels as in common linkage practice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from shared.model.codes import Gender
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.rules.names import fold, latin, sounds
from shared.rules.wording import say_list, telling_words

SHOWN_FROM_BITS = 5.0
"""Below this a pair is not shown: it would be wrong more often than right."""
COMMON = 40
"""A key that more records share than this finds nobody by itself: it costs time and tells little."""
AGE_NEAR_YEARS, AGE_FAR_YEARS = 3, 12


class Match(Value, frozen=True, kw_only=True):
    """Two records, the evidence that they are one person in bits, and the reasons; against it stands in `doubts`."""

    person_id: Id
    bits: float
    reasons: tuple[str, ...]
    doubts: tuple[str, ...] = ()


class _Told(Value, frozen=True, kw_only=True):
    """One record taken to pieces once, for a comparison with many."""

    person: Person
    words: tuple[str, ...]
    heard: frozenset[str]
    alias: str
    described: frozenset[str]


class Index:
    """People to be found again, by how their names sound and by what two parts of their dates of birth have in common."""

    def __init__(self, known: Iterable[Person]) -> None:
        self._told = {person.id: _tell(person) for person in known}
        self._by_key: dict[str, list[Id]] = {}
        for told in self._told.values():
            for key in _keys(told):
                self._by_key.setdefault(key, []).append(told.person.id)

    def find(self, new: Person, limit: int = 5) -> list[Match]:
        """Who may be the same person as this one, the strongest evidence first."""
        told = _tell(new)
        near: Counter[Id] = Counter()
        for key in _keys(told):
            found = self._by_key.get(key, ())
            if len(found) <= COMMON or key.startswith("whole"):
                near.update(found)
        del near[new.id]
        matches = [_compare(told, self._told[other]) for other, _ in near.most_common(200)]
        shown = sorted((m for m in matches if m.bits >= SHOWN_FROM_BITS), key=lambda m: (-m.bits, m.person_id))
        return shown[:limit]

    def pairs(self) -> Iterator[tuple[Id, Match]]:
        """Every pair worth looking at, once each."""
        for told in self._told.values():
            for match in self.find(told.person):
                if told.person.id < match.person_id:
                    yield told.person.id, match


def compare(one: Person, other: Person) -> Match:
    """The evidence that `other` is the same person as `one`."""
    return _compare(_tell(one), _tell(other))


def _compare(one: _Told, other: _Told) -> Match:
    found = [*_names(one, other), *_birth(one.person, other.person), *_gender(one.person, other.person)]
    found += [*_alias(one, other), *_description(one, other), *_ages(one.person, other.person)]
    return Match(
        person_id=other.person.id,
        bits=round(sum(bits for bits, _ in found), 2),
        reasons=tuple(words for bits, words in found if bits > 0 and words),
        doubts=tuple(words for bits, words in found if bits < 0 and words),
    )


def _tell(person: Person) -> _Told:
    return _Told(
        person=person,
        words=tuple(latin(person.name).split()),
        heard=frozenset(sounds(f"{person.name} {person.alias}")),
        alias=fold(person.alias).strip(),
        described=telling_words(fold(person.description)),
    )


def _keys(told: _Told) -> Iterator[str]:
    yield from (f"heard {key}" for key in told.heard)
    if told.words:
        yield f"whole {' '.join(sorted(told.words))}"
    if told.alias:
        yield f"whole {told.alias}"
    born = told.person.date_of_birth
    if born is not None:
        yield f"whole {born}"
        parts: Sequence[tuple[str, int]] = (("y", born.year), ("m", born.month), ("d", born.day))
        yield from (
            f"two {a}{x}{b}{y}" for (a, x), (b, y) in ((parts[0], parts[1]), (parts[0], parts[2]), (parts[1], parts[2]))
        )
        if born.day <= 12:
            yield f"whole {date(born.year, born.day, born.month)}"
    if len(told.described) > 1:
        yield from (f"looks {word}" for word in told.described)


def _names(one: _Told, other: _Told) -> Iterator[tuple[float, str]]:
    mine, theirs = one.words, other.words
    if not mine or not theirs:
        return
    whole = len(mine) > 1 and len(theirs) > 1
    if mine == theirs:
        yield (8.0 if whole else 4.0), f"both called {other.person.name}"
    elif sorted(mine) == sorted(theirs):
        yield 7.5, "the same names in another order"
    elif _heard(mine) == _heard(theirs) and _heard(mine):
        yield (6.0 if whole else 3.0), f"{one.person.name} and {other.person.name} sound alike"
    elif shared := sorted((set(mine) & set(theirs)) | _alike(mine, theirs)):
        said = say_list(word.capitalize() for word in shared)
        yield (2.5 if not whole or len(shared) > 1 else 1.0), f"{said} in both names"
    else:
        yield -3.0, f"called {other.person.name}"


def _heard(words: tuple[str, ...]) -> list[str]:
    return sorted(sounds(" ".join(words)))


def _alike(mine: tuple[str, ...], theirs: tuple[str, ...]) -> set[str]:
    keys = {key for word in theirs for key in sounds(word)}
    return {word for word in mine if any(key in keys for key in sounds(word))}


def _birth(one: Person, other: Person) -> Iterator[tuple[float, str]]:
    mine, theirs = one.date_of_birth, other.date_of_birth
    if mine is None or theirs is None:
        return
    if mine == theirs:
        yield 9.0, "the same date of birth"
    elif (mine.year, mine.month, mine.day) == (theirs.year, theirs.day, theirs.month):
        yield 6.0, "day and month of birth exchanged"
    elif is_one_slip(mine.isoformat(), theirs.isoformat()):
        yield 4.5, "the date of birth differs in one digit"
    elif (mine.month, mine.day) == (theirs.month, theirs.day) or abs((mine - theirs).days) <= 1:
        yield 2.0, "nearly the same date of birth"
    else:
        yield -5.0, "another date of birth"


def is_one_slip(one: str, other: str) -> bool:
    """Do two dates differ in one digit, or in two neighbours exchanged?"""
    apart = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) == 2 and apart[1] - apart[0] == 1:
        return one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]
    return len(apart) == 1


def _gender(one: Person, other: Person) -> Iterator[tuple[float, str]]:
    both = {one.gender, other.gender}
    if both == {Gender.FEMALE, Gender.MALE}:
        yield -3.0, "another gender"
    elif len(both) == 1 and Gender.NOT_KNOWN not in both:
        yield 0.7, ""


def _alias(one: _Told, other: _Told) -> Iterator[tuple[float, str]]:
    if one.alias and one.alias == other.alias:
        yield 5.0, f"both known as {other.person.alias}"
    elif (one.alias and one.alias in other.words) or (other.alias and other.alias in one.words):
        yield 3.0, "what one is known as is the other's name"


def _description(one: _Told, other: _Told) -> Iterator[tuple[float, str]]:
    shared = sorted(one.described & other.described)
    if len(shared) > 1:
        yield min(1.8 * len(shared), 5.5), f"{say_list(shared[:4])} in both descriptions"


def _ages(one: Person, other: Person) -> Iterator[tuple[float, str]]:
    if one.date_of_birth and other.date_of_birth:
        return
    mine, theirs = one.approximate_age_years, other.approximate_age_years
    if mine is None or theirs is None:
        return
    if abs(mine - theirs) > AGE_FAR_YEARS:
        yield -3.0, "another age"
    elif abs(mine - theirs) <= AGE_NEAR_YEARS:
        yield 1.5, "about the same age"
