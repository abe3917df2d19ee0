"""Who may be the same person, on labelled files of invented people: how often the right one is among five, and how often others.

The file is invented, and its rule is this. A county's records: names drawn by rank (the first few are common), of several
languages; one in six goes by a first name or an alias alone; two in three have a date of birth, else a guessed age; four in five
are described by three to five things out of sixty. They are met by one of thirty teams at one of twenty places each. Of the
newcomers two thirds are known already, written down by somebody else: a short form, another spelling to the ear, a letter gone
wrong, names exchanged, an initial, no surname, another script or no marks; a date of birth not asked for, with a digit off or day
and month exchanged; half of the looks told again; seen by the same team four times of five. The other third are new.
The sizes of the evidence were looked at on seed 1; seeds 2 and 3 are held out. Real files are messier, and name two people alike
whom nobody could tell apart.

A file of others can be measured beside it: CSV with the columns `person`, `name`, `date_of_birth`, each person's first row being
the record, and every further one a newcomer.

With `--oracle` a published linker, Splink, judges the same files: `bench/oracle.py`, installed by `pip install -e .[oracle]`.

    python -m bench.identity [FILE.csv] [--people 50000] [--oracle]
"""

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time
from typing import Any, NamedTuple

from shared.model.codes import Gender
from shared.model.person import Person
from shared.rules.evidence import Sighting
from shared.rules.names import FULL_NAMES
from shared.rules.same_person import Index

RESULT = Path(__file__).parent / "results" / "identity.json"


def _words(text: str) -> list[str]:
    return text.split()


NOW = datetime(2026, 11, 2, 22, tzinfo=UTC)
MEN = _words("""
John David Michael James Robert Paul Mark Andrew Peter Stephen Daniel Thomas Anthony Christopher William Kevin Gary Ian
Alan Lee Patrick Sean Liam Craig Darren Jason Shane Wayne Terence Kenneth Raymond Colin Derek Marek Piotr Tomasz
Krzysztof Andrzej Paweł Łukasz Michał Grzegorz Zbigniew Stanisław Wojciech Jerzy Mateusz Constantin Gheorghe Ion Vasile
Alexandru Nicolae Mihai Florin Mohammed Ahmed Ali Hassan Hussein Ibrahim Abdullah Yusuf Omar Khalid Tesfay Yonas Samuel
Filmon Abel Dawit Kidane Oleksandr Volodymyr Serhiy Dmytro Andriy Ivan Mykola Gurpreet Harjit Rajesh Imran Tariq Declan
Ciaran Seamus Niall Joshua Jordan Connor Ryan Reece
""")
WOMEN = _words("""
Sarah Susan Margaret Jennifer Karen Julie Elizabeth Emma Nicola Tracey Michelle Claire Amanda Lisa Joanne Rebecca Kelly
Samantha Katarzyna Małgorzata Agnieszka Joanna Magdalena Ewa Maria Elena Ioana Mihaela Fatima Aisha Amina Hodan Selam
Bethlehem Olena Oksana Natalia Iryna Siobhan Aoife Bernadette Patricia Victoria Catherine Deborah Jacqueline Stephanie
Kimberley
""")
FAMILIES = _words("""
Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts Green
Hall Wood Jackson Clarke Harris Clark Scott Turner Hill Moore Cooper Ward Morris King Watson Baker Harrison Allen Murphy
Kelly Ryan Byrne Doyle Walsh Kowalski Nowak Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak
Dąbrowski Kozłowski Popescu Ionescu Popa Dumitru Stan Gheorghiu Munteanu Khan Ahmed Hussain Ali Begum Singh Kaur Sharma
Mohamed Abdi Hassan Warsame Tekle Haile Gebremedhin Tesfay Shevchenko Kovalenko Bondarenko Melnyk Tkachenko MacDonald
Stewart Campbell Fraser Gallagher O'Brien O'Connor McCarthy Fitzgerald Brennan Nolan Whitehead Pritchard Hargreaves
Thistlethwaite Ramsbottom Cholmondeley Okafor Adeyemi Mensah Boateng Silva Santos Pereira Fernandes Costa Papadopoulos
Novák Horváth Nagy Szabó Ivanov Petrov Georgiev Dimitrov
""")
BEGINS = _words("Ash Brad Cal Dun El Fair Gar Hol Ing Kel Lang Mar Nor Old Pem Rad Sal Thorn")
ENDS = _words("bourne by combe den field ford ham hurst ley low man more ridge stead ton well wick")
LOOKS = _words("""
beard ginger tall short thin glasses limp crutch wheelchair tattoo neck scar earring bald dreadlocks ponytail moustache
dog brown staffie black red green hat beanie hood parka trainers boots rucksack trolley tent blue grey quilt guitar
reads quiet drinks cider coughs scottish irish polish romanian welsh accent stammer army jacket camouflage blanket
suitcase bike hi-vis chess sketches singing walking stick
""")
ALIASES = _words("""
Red Smiley Ginge Big Taff Jock Scouse Mouse Stretch Captain Shakespeare Dusty Spider Sparky Chalky Curly Tiny Bear Fox
Moth Doc Duke
""")
SPELT = (
    ("ph", "f"), ("ck", "k"), ("y", "i"), ("ie", "y"), ("ll", "l"), ("nn", "n"), ("c", "k"), ("sch", "sh"), ("w", "v"),
    ("ee", "ea"), ("j", "y"), ("z", "s"), ("th", "t"), ("e", "a"),
)  # fmt: skip
SHORT: dict[str, list[str]] = {}
for _short, _full in FULL_NAMES.items():
    SHORT.setdefault(_full, []).append(_short.capitalize())
MARKS = str.maketrans("łńśźżóąęćŁŃŚŹŻÓĄĘĆáőúû", "lnszzoaecLNSZZOAECaouu")


class Known(NamedTuple):
    """A record of the file, and who it truly is."""

    sighting: Sighting
    truly: int


def make_people(chance: Random, count: int) -> list[Known]:
    """The records of a county, each of another person."""
    families = FAMILIES + [begin + end for begin in BEGINS for end in ENDS]
    ranks = [1 / (rank + 8) for rank in range(len(families))]
    men, women = ([1 / (rank + 10) for rank in range(len(names))] for names in (MEN, WOMEN))
    people = []
    for truly in range(count):
        is_woman = chance.random() < 0.16
        first = chance.choices(WOMEN if is_woman else MEN, women if is_woman else men)[0]
        family = chance.choices(families, ranks)[0]
        age = min(max(round(chance.gauss(43, 12)), 18), 85)
        born = date(2026 - age, 1, 1) + timedelta(days=chance.randrange(365))
        is_born, is_called = chance.random() < 0.66, chance.random()
        team = chance.randrange(30)
        people.append(
            Known(
                Sighting(
                    person=Person(
                        id=f"p{truly}",
                        name=first if is_called < 0.1 else "" if is_called < 0.16 else f"{first} {family}",
                        alias=_alias(chance) if chance.random() < (0.15 if is_called >= 0.16 else 0.9) else "",
                        date_of_birth=born if is_born else None,
                        approximate_age_years=None if is_born else age + chance.randrange(-4, 5),
                        gender=Gender.FEMALE if is_woman else Gender.MALE,
                        description=" ".join(chance.sample(LOOKS, chance.randrange(3, 6))) if chance.random() < 0.8 else "",
                    ),
                    team_id=f"t{team}", site_id=f"s{team}-{chance.randrange(20)}",
                    seen_at=NOW - timedelta(days=chance.expovariate(1 / 120)),
                ),
                truly,
            )
        )  # fmt: skip
    return people


def _alias(chance: Random) -> str:
    """What somebody is known as: one word, or a first name with something to it."""
    if chance.random() < 0.5:
        return chance.choice(ALIASES)
    return (
        f"{chance.choice(('Big', 'Little', 'Irish', 'Scots', 'Polish', 'Young', 'Old', 'Welsh'))} {chance.choice(MEN)}"
    )


def make_newcomers(chance: Random, people: Sequence[Known], count: int) -> list[Known]:
    """Who is written down anew: two thirds are somebody of these, the others nobody."""
    strangers = make_people(chance, count)
    found = []
    for number in range(count):
        if chance.random() < 2 / 3:
            known = chance.choice(people)
            found.append(Known(_write_again(chance, known.sighting, f"n{number}"), known.truly))
        else:
            found.append(Known(_named(strangers[number].sighting, f"n{number}"), -1 - number))
    return found


def _named(told: Sighting, person_id: str) -> Sighting:
    person = Person(**{name: getattr(told.person, name) for name in Person.__struct_fields__} | {"id": person_id})
    return Sighting(person=person, seen_at=NOW, team_id=told.team_id, site_id=told.site_id)


def _write_again(chance: Random, told: Sighting, person_id: str) -> Sighting:
    """The same person as somebody else writes them down."""
    before = told.person
    age = 2026 - before.date_of_birth.year if before.date_of_birth else before.approximate_age_years
    born = _born_again(chance, before.date_of_birth)
    looks = [look for look in before.description.split() if chance.random() < 0.5]
    looks += chance.sample(LOOKS, chance.randrange(0, 3))
    same_team = chance.random() < 0.8
    return Sighting(
        person=Person(
            id=person_id,
            name=_name_again(chance, before.name),
            alias=before.alias if chance.random() < 0.6 else "",
            date_of_birth=born,
            approximate_age_years=None if born or age is None else age + chance.randrange(-4, 5),
            gender=before.gender if chance.random() < 0.95 else Gender.NOT_KNOWN,
            description=" ".join(looks) if chance.random() < 0.8 else "",
        ),
        seen_at=NOW,
        team_id=told.team_id if same_team else f"t{chance.randrange(30)}",
        site_id=told.site_id
        if same_team and chance.random() < 0.4
        else f"s{chance.randrange(30)}-{chance.randrange(20)}",
    )


def _name_again(chance: Random, name: str) -> str:
    first, _, family = name.partition(" ")
    how = chance.random()
    if not first or how < 0.42:
        return name
    if how < 0.52:
        return f"{chance.choice(SHORT.get(first.lower(), [first]))} {family}".strip()
    if how < 0.62:
        return _misheard(chance, name)
    if how < 0.70:
        return _mistyped(chance, name)
    if how < 0.75:
        return f"{family} {first}".strip()
    if how < 0.79:
        return f"{first[0]} {family}".strip()
    if how < 0.90:
        return first
    return name.translate(MARKS)


def _misheard(chance: Random, name: str) -> str:
    ways = [(one, other) for one, other in SPELT if one in name.lower()]
    if not ways:
        return name
    one, other = chance.choice(ways)
    return name.lower().replace(one, other, 1).title()


def _mistyped(chance: Random, name: str) -> str:
    at = chance.randrange(1, len(name))
    how = chance.randrange(3)
    if how == 0:
        return name[:at] + name[at + 1 :]
    if how == 1:
        return name[:at] + chance.choice("abcdefghijklmnoprstuvwyz") + name[at + 1 :]
    return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]


def _born_again(chance: Random, born: date | None) -> date | None:
    how = chance.random()
    if born is None or how < 0.33:
        return None
    with suppress(ValueError):
        if how < 0.38:
            return date(born.year, born.day, born.month)
        if how < 0.47:
            text = born.isoformat()
            at = chance.choice((2, 3, 6, 8, 9))
            return date.fromisoformat(text[:at] + str(chance.randrange(10)) + text[at + 1 :])
        if how < 0.50:
            return date(born.year, 1, 1)
    return born


def measure(people: Sequence[Known], newcomers: Sequence[Known]) -> dict[str, float]:
    """How often the right one is shown, how often what is shown holds the right one, and what that costs."""
    began = process_time()
    index = Index(each.sighting for each in people)
    indexed = process_time() - began
    ids = {each.sighting.person.id: each.truly for each in people}
    known = {each.truly for each in people}
    wanted = right = shown = shown_right = first = lines = 0
    began = process_time()
    for new in newcomers:
        found = [ids[match.person_id] for match in index.find(new.sighting)]
        wanted += new.truly in known
        right += new.truly in found
        first += bool(found) and found[0] == new.truly
        shown += bool(found)
        shown_right += new.truly in found
        lines += len(found)
    spent = process_time() - began
    began = process_time()
    pairs = sum(1 for _ in index.pairs())
    return {
        "people": len(people), "newcomers": len(newcomers), "known_already": wanted,
        "right_one_in_five": round(right / wanted, 3), "right_one_first": round(first / wanted, 3),
        "of_those_shown_right": round(shown_right / max(shown, 1), 3), "lines_shown": round(lines / max(shown, 1), 2),
        "index_s": round(indexed, 2), "newcomer_ms": round(spent / len(newcomers) * 1000, 2),
        "county_s": round(process_time() - began, 1), "county_pairs": pairs,
    }  # fmt: skip


def read_people(path: Path) -> Iterator[Known]:
    """The rows of a labelled file, as they stand in it."""
    numbers: dict[str, int] = {}
    with path.open(newline="", encoding="utf-8-sig") as lines:
        for row, told in enumerate(csv.DictReader(lines)):
            born = None
            with suppress(ValueError):
                born = date.fromisoformat(told["date_of_birth"].strip())
            person = Person(id=f"r{row}", name=told["name"].strip(), date_of_birth=born)
            yield Known(Sighting(person=person), numbers.setdefault(told["person"], len(numbers)))


def measure_file(path: Path) -> dict[str, float]:
    """A labelled file: of each person the first row is the record, the others come anew."""
    rows = list(read_people(path))
    known: dict[int, Known] = {}
    newcomers = [each for each in rows if known.setdefault(each.truly, each) is not each]
    return measure(list(known.values()), newcomers)


def ask_oracle(people: Sequence[Known], newcomers: Sequence[Known]) -> dict[str, Any]:
    """What Splink finds in the same file. Raises ImportError where it is not installed."""
    from bench.oracle import judge

    return judge(people, newcomers)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, and writes what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="*", type=Path)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--oracle", action="store_true")
    asked = parser.parse_args(arguments)
    told: dict[str, dict[str, Any]] = {}
    for seed, people in ((1, 2_000), (2, 2_000), (3, asked.people)):
        chance = Random(seed)
        known = make_people(chance, people)
        name = f"{'looked at' if seed == 1 else 'held out'} (seed {seed})"
        newcomers = make_newcomers(chance, known, 1_500)
        told[name] = measure(known, newcomers)
        if asked.oracle:
            told[name]["splink"] = ask_oracle(known, newcomers)
        print(name, json.dumps(told[name]))
    for path in asked.file:
        told[path.name] = measure_file(path)
        print(path.name, json.dumps(told[path.name]))
    RESULT.write_text(json.dumps({"rule": __doc__, "measured": told}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
