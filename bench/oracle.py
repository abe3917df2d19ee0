"""Splink as the oracle of `bench.identity`: a published linker judges the same labelled files by the same fields.

It is no part of Lantern: it wants a database engine of its own, looks at all records at once, and learns its weights from the
very file that it judges, which a door that asks about one newcomer cannot. What it finds is what a published linker with plain
settings finds in such a file; our figures stand beside it. Install it beside the tree: `pip install -e .[oracle]`.

Its settings: names in small Latin letters without marks, forename and surname by Jaro-Winkler, also exchanged; the date of birth
by digits; age, gender, alias, what they look like by words in common; team and site. Weights by expectation maximisation, chance
agreement by sampling with a fixed seed. It is told how many of the newcomers are known.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from time import process_time
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_level_library as levels
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.identity import Known
from shared.rules.names import latin

SEED = 7
SHOWN = 5
KNOWN_ALREADY = 2 / 3
"""It is told how many of the newcomers are known: at a door nobody knows that."""
THRESHOLDS = (0.01, 0.05, 0.2, 0.5, 0.9)
LEAST = min(THRESHOLDS)


def judge(people: Sequence[Known], newcomers: Sequence[Known]) -> dict[str, Any]:
    """How often the right one is among the five likeliest, and how often what is shown holds it, at each probability."""
    began = process_time()
    found = _predict(people, newcomers)
    spent = process_time() - began
    truly = {each.sighting.person.id: each.truly for each in people}
    return {
        "newcomer_ms": round(spent / len(newcomers) * 1000, 2),
        "at_probability": {str(least): _count(found, truly, newcomers, least) for least in THRESHOLDS},
    }


def _count(
    found: Mapping[str, Sequence[tuple[float, str]]], truly: Mapping[str, int], newcomers: Sequence[Known], least: float
) -> dict[str, float]:
    known = set(truly.values())
    wanted = right = shown = 0
    for new in newcomers:
        likely = sorted((each for each in found.get(new.sighting.person.id, ()) if each[0] >= least), reverse=True)
        is_right = new.truly in [truly[person_id] for _, person_id in likely[:SHOWN]]
        wanted, right, shown = wanted + (new.truly in known), right + is_right, shown + bool(likely)
    return {"right_one_in_five": round(right / wanted, 3), "of_those_shown_right": round(right / max(shown, 1), 3)}


def _predict(people: Sequence[Known], newcomers: Sequence[Known]) -> Mapping[str, Sequence[tuple[float, str]]]:
    """Of each newcomer whoever they may be, with how likely that is."""
    engine = DuckDBAPI(connection=duckdb.connect(config={"threads": 1}))
    known = engine.register(_as_table(people), dataset_display_name="known")
    new = engine.register(_as_table(newcomers), dataset_display_name="new")
    linker = Linker([known, new], _settings(KNOWN_ALREADY / len(people)), log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=SEED)
    for rule in (block_on("dob"), block_on("surname", "forename")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=LEAST).as_record_list()
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for pair in pairs:
        one, other = pair["unique_id_l"], pair["unique_id_r"]
        known_id, new_id = (one, other) if one.startswith("p") else (other, one)
        found[new_id].append((pair["match_probability"], known_id))
    return found


def _settings(prior: float) -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        probability_two_random_records_match=prior,
        comparisons=[
            compare.ForenameSurnameComparison("forename", "surname", forename_surname_concat_col_name="whole"),
            compare.DateOfBirthComparison("dob", input_is_string=True),
            compare.ExactMatch("alias").configure(term_frequency_adjustments=True),
            compare.ExactMatch("gender"),
            compare.CustomComparison(
                output_column_name="age",
                comparison_levels=[
                    levels.NullLevel("age"),
                    levels.AbsoluteDifferenceLevel("age", difference_threshold=3),
                    levels.AbsoluteDifferenceLevel("age", difference_threshold=8),
                    levels.ElseLevel(),
                ],
            ),
            compare.ArrayIntersectAtSizes("looks", [3, 2, 1]),
            compare.ExactMatch("team"),
            compare.ExactMatch("site"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("dob"),
            block_on("surname"),
            block_on("forename", "team"),
            block_on("alias"),
            block_on("substr(surname, 1, 3)", "substr(forename, 1, 1)"),
            block_on("forename", "substr(dob, 1, 4)"),
            block_on("site"),
        ],
    )


def _as_table(people: Sequence[Known]) -> pa.Table:
    return pa.Table.from_pylist([_as_row(each) for each in people], schema=SCHEMA)


SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("unique_id", "forename", "surname", "whole", "dob", "alias", "gender")),
        ("age", pa.int64()),
        ("looks", pa.list_(pa.string())),
        ("team", pa.string()),
        ("site", pa.string()),
    ]
)


def _as_row(known: Known) -> dict[str, Any]:
    person = known.sighting.person
    words = latin(person.name).split()
    born = person.date_of_birth
    return {
        "unique_id": person.id,
        "forename": words[0] if words else None,
        "surname": words[-1] if len(words) > 1 else None,
        "whole": " ".join(words) or None,
        "dob": born.isoformat() if born else None,
        "age": 2026 - born.year if born else person.approximate_age_years,
        "alias": latin(person.alias) or None,
        "gender": str(person.gender),
        "looks": person.description.split() or None,
        "team": known.sighting.team_id,
        "site": known.sighting.site_id,
    }
