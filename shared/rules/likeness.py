"""How likely two reports tell of the same: one number from metres against how exact both pins are, hours, and words by rarity.

The number is the logarithm of the odds, less the bar from which a pair is shown: above nought is worth a look. Its weights were
fitted (logistic regression) on one half of an invented set and measured on the other: `bench.duplicates`, and what came out in
`bench/results/duplicates.json`. Nothing is decided here: a person says whether they are the same.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from math import hypot, log

from shared.geo.distance import near_distance_m
from shared.model.referral import Referral
from shared.rules.wording import telling_words

PIN_ACCURACY_M = 30.0
"""How far a pin that somebody set on a map usually lies from the place."""
WINDOW_H = 28 * 24.0
PINLESS_WINDOW_H = 96.0
"""A report without a pin is compared with those of four days."""
LIKELY = 0.0
START = 0.45
PER_LAG, LAG_H, MOST_LAGS = -1.08, 18.0, 6.0
"""Reports of one event follow each other within hours; after four days more hours say nothing more."""
PINNED, SAME_SPREADS, PER_SPREAD_SQUARED, MOST_SPREADS_SQUARED = 3.5, 2.0, -0.18, 30.0
"""Two pins within two spreads are one place; from there each further one counts."""
PER_RARITY, MOST_RARITY, SHARED_PART = 0.12, 9.0, 1.3
UNLIKE = {"place": -3.1, "description": -2.5, "concerns": -1.1}
"""Both say something, and not one telling word is in both."""
NO_WORDS, SAME_DESCRIPTION = -1.6, 2.1
SAME_REFERRER = 1.5
"""Set by hand: the set has no referrers."""


class Rarity:
    """How rare each word is among the reports that are compared."""

    def __init__(self, reports: Iterable[Referral]) -> None:
        self._reports, self._bearing = 0, Counter[str]()
        for each in reports:
            self._reports += 1
            self._bearing.update(_all_words(each))

    def weigh(self, word: str) -> float:
        """Nought for a word of every second report, about four for one in sixty."""
        among = max(self._reports, 20)
        return max(0.0, log(among / (1 + self._bearing[word])))


def measure_likeness(one: Referral, other: Referral, rarity: Rarity, *, same_referrer: bool = False) -> float | None:
    """How alike two reports are; None where they are not compared at all."""
    hours = abs((one.seen_at or one.reported_at) - (other.seen_at or other.reported_at)).total_seconds() / 3600
    place = _weigh_pins(one, other)
    if hours > (WINDOW_H if place is not None else PINLESS_WINDOW_H):
        return None
    known = START + PER_LAG * min(hours / LAG_H, MOST_LAGS) + (place or 0.0) + _weigh_words(one, other, rarity)
    return known + (SAME_REFERRER if same_referrer else 0.0)


def _weigh_pins(one: Referral, other: Referral) -> float | None:
    """None where one of the two has no pin. Two pins of one postcode say less than two that were set on a map."""
    if one.position is None or other.position is None:
        return None
    spread_m = hypot(one.position.accuracy_m or PIN_ACCURACY_M, other.position.accuracy_m or PIN_ACCURACY_M)
    beyond = max(0.0, near_distance_m(one.position, other.position) / spread_m - SAME_SPREADS)
    vague = log(spread_m / hypot(PIN_ACCURACY_M, PIN_ACCURACY_M))
    return PINNED - vague + PER_SPREAD_SQUARED * min(beyond * beyond, MOST_SPREADS_SQUARED)


def _weigh_words(one: Referral, other: Referral, rarity: Rarity) -> float:
    left, right = _all_words(one), _all_words(other)
    if not left or not right:
        return NO_WORDS
    shared = sum(map(rarity.weigh, left & right))
    least = min(sum(map(rarity.weigh, left)), sum(map(rarity.weigh, right)))
    found = PER_RARITY * min(shared, MOST_RARITY) + (SHARED_PART * shared / least if least else 0.0)
    for name, weight in UNLIKE.items():
        ours, theirs = _words_of(getattr(one, name)), _words_of(getattr(other, name))
        found += weight if ours and theirs and not ours & theirs else 0.0
    return found + (SAME_DESCRIPTION if one.description and one.description == other.description else 0.0)


def _all_words(referral: Referral) -> frozenset[str]:
    return _words_of(f"{referral.place} {referral.description} {referral.concerns}")


@lru_cache(maxsize=16384)
def _words_of(text: str) -> frozenset[str]:
    """One text is compared with many others."""
    return telling_words(text)
