"""Likely duplicates on a labelled set: recall against how many comparisons a person makes at 300 alerts a week.

The set is invented, and its rule is this. Eight weeks, 300 events a week at 400 places of one town, busy ones busier; each is
described by one of 12 looks, 10 kinds of people, 10 kinds of place and 10 worries, each of which has three wordings that share
few words or none. 13 of 100 are told of once or twice more, by others: after 18 hours on average (exponential); with a pin 25 m
off (60 %), 120 m off (25 %), or none (15 %); in the same words (30 %), in others with some left out (45 %), or as "rough
sleeper" (25 %). The weights were fitted on four weeks of one seed; the other seed is measured, and so are others that nobody
looked at. Real reports are messier: nobody has labelled any that we may keep.

    python -m bench.duplicates
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from shared.geo.distance import near_distance_m
from shared.model.codes import AlertSource
from shared.model.position import Position
from shared.model.referral import Referral
from shared.rules.duplicates import likely_duplicates
from shared.rules.likeness import Rarity

RESULT = Path(__file__).parent / "results" / "duplicates.json"
WEEKS, EVENTS_A_WEEK, PLACES = 8, 300, 400
LOOKS = (
    "grey sleeping bag|dark quilt|grey bedding", "red hat|woolly hat|red beanie", "blue tent|small tent|blue shelter",
    "green coat|parka|long green jacket", "cardboard shelter|boxes|cardboard bed", "black rucksack|big bag|backpack",
    "orange blanket|bright cover|orange duvet", "white trainers|light shoes|trainers",
    "camouflage jacket|army coat|camo jacket",
    "pink suitcase|wheeled case|pink case", "shopping trolley|trolley with bags|supermarket trolley",
    "yellow raincoat|hi vis|yellow jacket",
)  # fmt: skip
WHO = ("a man|bloke|male", "a woman|lady|female", "an older man|elderly gentleman|old man", "a young woman|girl|teenage girl",
       "two people|pair|two men", "a couple|man and woman|two together", "a man with a dog|man and his dog|dog owner",
       "a bearded man|man with beard|long beard", "a tall woman|tall lady|woman",
       "three people|group of three|small group")  # fmt: skip
WHERE = ("doorway of the bank|bank entrance|outside barclays", "bus shelter|bus stop|shelter on the main road",
         "underpass|subway tunnel|tunnel under the road", "car park stairwell|multi storey stairs|stairs of the car park",
         "park bench|bench in the gardens|gardens", "church porch|st marys church|church door",
         "behind the chemist|alley by boots|rear of boots",
         "canal bridge|under the bridge|towpath", "library entrance|steps of the library|library doors",
         "station forecourt|outside the station|train station")  # fmt: skip
WORRIES = ("no shoes|barefoot|bare feet", "coughing badly|bad cough|ill", "shivering|freezing|very cold",
           "limping|hurt leg|injured foot",
           "crying|upset|distressed", "shouting|agitated|angry", "not eaten|hungry|asking for food",
           "wet through|soaked|soaking wet",
           "asleep all day|not moving much|drowsy", "")  # fmt: skip
"""Each is told in three ways, by chance."""


class Told(NamedTuple):
    """A report of the set, and the event that it tells of."""

    referral: Referral
    event: int


def make_set(seed: int, weeks: int = WEEKS) -> list[Told]:
    """The reports of one set in the order in which they came."""
    chance = Random(seed)
    places = [(51.63 + chance.random() * 0.06, -0.44 + chance.random() * 0.09) for _ in range(PLACES)]
    weights = [1 / (rank + 3) for rank in range(PLACES)]
    start = datetime(2026, 6, 1, tzinfo=UTC)
    told = []
    for event in range(weeks * EVENTS_A_WEEK):
        place = chance.choices(places, weights)[0]
        at = start + timedelta(weeks=weeks * chance.random())
        ways = (chance.choice(WHO), chance.choice(LOOKS), chance.choice(WHERE), chance.choice(WORRIES))
        first = tuple(chance.choice(each.split("|")) for each in ways)
        told.append(Told(_report(chance, f"{event}-0", place, at, first, "same", 0), event))
        if chance.random() < 0.13:
            for number in range(1, chance.choice((2, 3))):
                later = at + timedelta(hours=chance.expovariate(1 / 18))
                said = chance.choices(("same", "other", "vague"), (30, 45, 25))[0]
                off_m = chance.choices((25, 120, None), (60, 25, 15))[0]
                told.append(
                    Told(
                        _report(
                            chance, f"{event}-{number}", place, later, first if said == "same" else ways, said, off_m
                        ),
                        event,
                    )
                )
    return sorted(told, key=lambda each: each.referral.reported_at)


def _report(
    chance: Random,
    name: str,
    place: tuple[float, float],
    at: datetime,
    words: tuple[str, ...],
    said: str,
    off_m: int | None,
) -> Referral:
    who, look, where, worry = words
    if said == "other":
        who, look, where, worry = (
            chance.choice(part.split("|")) if chance.random() < kept else ""
            for part, kept in zip(words, (0.8, 0.7, 0.7, 0.5), strict=True)
        )
    if said == "vague":
        who, look, where, worry = (
            "rough sleeper",
            "",
            chance.choice(where.split("|")) if chance.random() < 0.5 else "",
            "",
        )
    position = None
    if off_m is not None:
        north, east = chance.gauss(0, off_m or 10) / 111_320, chance.gauss(0, off_m or 10) / 69_000
        position = Position(latitude=place[0] + north, longitude=place[1] + east)
    return Referral(
        id=name, number=name, alert_id=name, source=AlertSource.STREETLINK, reported_at=at, due_on=at.date(), position=position,
        place=where, description=f"{who} {look}".strip(), concerns=worry,
    )  # fmt: skip


def is_compared(one: Referral, other: Referral) -> bool:
    """What the server asks its tables for: within 250 m in four weeks, or one without a pin in four days."""
    apart = one.reported_at - other.reported_at
    if one.position is None or other.position is None:
        return apart <= timedelta(hours=96)
    return apart <= timedelta(days=28) and near_distance_m(one.position, other.position) <= 250


def measure(told: list[Told]) -> dict[str, float]:
    """Recall, and the comparisons that a person makes: each report with those before it that are offered."""
    found = wanted = offered = first = 0
    seen: list[Told] = []
    for each in told:
        near = [other.referral for other in seen if is_compared(each.referral, other.referral)]
        earlier = {other.referral.id for other in seen if other.event == each.event}
        month = each.referral.reported_at - timedelta(days=28)
        rarity = Rarity([each.referral, *(other.referral for other in seen if other.referral.reported_at >= month)])
        likely = [one.referral_id for one in likely_duplicates(each.referral, near, rarity=rarity)]
        offered += len(likely)
        if earlier:
            wanted += 1
            found += bool(earlier & set(likely))
            first += bool(likely) and likely[0] in earlier
        seen.append(each)
        seen = seen[-3000:]
    return {
        "reports": len(told), "repeats": wanted, "recall": round(found / wanted, 3), "first": round(first / wanted, 3),
        "comparisons_at_300_a_week": round(offered / len(told) * 300, 1),
    }  # fmt: skip


if __name__ == "__main__":
    told = {
        "weights set on (seed 1)": measure(make_set(1)),
        "held out (seed 2)": measure(make_set(2)),
        "held out (seed 77)": measure(make_set(77)),
    }
    RESULT.write_text(json.dumps({"rule": __doc__, "measured": told}, indent=2) + "\n")
    print(json.dumps(told, indent=2))
