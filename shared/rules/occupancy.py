"""How likely somebody is at a place tonight, and how many: from looks that found somebody or nobody, drawn to what places are
like (shrinkage), and in words that say no more than is known.

Beta-binomial and gamma-Poisson with priors from the places themselves (empirical Bayes; Casella, 1985): a place that was looked
at once is judged mostly by the others, one that was looked at often by itself. Pure: numbers in, numbers and words out.
"""

from collections.abc import Mapping, Sequence
from math import exp, lgamma, log

from shared.model.value import Value

LEAST_PRIOR, MOST_PRIOR = 1.0, 12.0
"""The others count as so many nights of one's own."""
USUAL_CHANCE, USUAL_WEIGHT = 0.25, 2.5
"""Taken for the others where fewer than five places were looked at more than once: there is nothing to learn them from."""
FEWEST_PLACES = 5
TAIL = 0.1
SIZE = 3.0
"""How even groups are from night to night (of a negative binomial: the smaller, the wider). Chosen on San Diego's night
counts, so that four in five lie between what is said."""
MOST_PEOPLE = 60


class Nights(Value, frozen=True, kw_only=True):
    """What looks at one place found, older ones fading: nights looked at, nights with somebody, and people met in all.

    `squares` is the sum of the squared weights of the nights looked at: fading nights tell more than their sum says.
    """

    looked: float
    found: float
    people: float
    squares: float

    @property
    def worth(self) -> float:
        """As many nights of full weight would tell as much (Kish's effective number)."""
        return self.looked**2 / self.squares if self.squares else 0.0

    @property
    def share(self) -> float:
        """Of the nights looked at, those with somebody."""
        return self.found / self.looked if self.looked else 0.0


class Occupancy(Value, frozen=True, kw_only=True):
    """`chance`: that somebody is there tonight. `about`, `low`, `high`: how many, if somebody is, with four in five between."""

    chance: float
    about: int
    low: int
    high: int


def judge(places: Mapping[int, Nights]) -> dict[int, Occupancy]:
    """Each place, judged by its own looks and by what the others are like."""
    every = list(places.values())
    usual, weight = _fit_chance(every)
    party, party_weight = _usual_party(every)
    judged = {}
    for place, nights in places.items():
        chance = (nights.worth * nights.share + weight * usual) / (nights.worth + weight)
        more = (max(nights.people - nights.found, 0.0) + party_weight * party) / (nights.found + party_weight)
        about, low, high = _people(SIZE, SIZE / more)
        judged[place] = Occupancy(chance=chance, about=about, low=low, high=high)
    return judged


def say_chance(chance: float) -> str:
    """In tenths, as people say it."""
    tenths = round(10 * chance)
    if tenths <= 0:
        return "Less than 1 in 10 that somebody is there tonight"
    if tenths >= 10:
        return "More than 9 in 10 that somebody is there tonight"
    return f"{tenths} in 10 that somebody is there tonight"


def say_people(told: Occupancy) -> str:
    """How many, if somebody is."""
    people = "1 person" if told.about == 1 else f"{told.about} people"
    return f"about {people}" if told.low == told.high else f"about {people}, {told.low} to {told.high}"


def _fit_chance(every: Sequence[Nights]) -> tuple[float, float]:
    """The usual chance, and how many nights it counts as: by the spread of places that were looked at more than once."""
    often = [each for each in every if each.worth >= 2]
    if len(often) < FEWEST_PLACES:
        return USUAL_CHANCE, USUAL_WEIGHT
    usual = (sum(each.found for each in every) + USUAL_CHANCE) / (sum(each.looked for each in every) + 1)
    # Of a beta-binomial: the variance of the share found is m(1-m)(1/n + (1 - 1/n)/(s+1)), solved for s.
    within = usual * (1 - usual)
    worth = sum(each.worth for each in often)
    spread = sum(each.worth * (each.share - usual) ** 2 for each in often) / worth
    inverse = len(often) / worth
    between = (spread / within - inverse) / (1 - inverse) if within > 0 and inverse < 1 else 0.0
    weight = 1 / between - 1 if between > 0 else MOST_PRIOR
    return usual, min(MOST_PRIOR, max(LEAST_PRIOR, weight))


def _usual_party(every: Sequence[Nights]) -> tuple[float, float]:
    """How many more than one are usually there, and the nights that it counts as."""
    found = sum(each.found for each in every)
    more = sum(max(each.people - each.found, 0.0) for each in every)
    return (more + 0.5) / (found + 1.0), 1.0


def _people(shape: float, rate: float) -> tuple[int, int, int]:
    """One and a negative binomial: its median, and what four in five lie between."""
    total = 0.0
    bounds: list[int] = []
    for more in range(MOST_PEOPLE):
        total += _chance_of(more, shape, rate)
        while len(bounds) < 3 and total >= (TAIL, 0.5, 1 - TAIL)[len(bounds)]:
            bounds.append(1 + more)
        if len(bounds) == 3:
            break
    bounds += [MOST_PEOPLE] * (3 - len(bounds))
    return bounds[1], bounds[0], bounds[2]


def _chance_of(more: int, shape: float, rate: float) -> float:
    """Of a gamma-Poisson mixture."""
    share = rate / (1 + rate)
    return exp(lgamma(shape + more) - lgamma(shape) - lgamma(more + 1) + shape * log(share) + more * log(1 - share))
