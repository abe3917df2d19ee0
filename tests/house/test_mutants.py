"""The mistakes that `make mutants` plants are mistakes, each one change; a survivor would be seen."""

import ast

from tests.mutants.__main__ import EQUIVALENT, ROOMS, list_mutants, list_tests
from tests.mutants.changes import mutate

SOURCE = '''"""Of no behaviour: 1."""

class Night(Struct, frozen=True):
    """Neither: 2."""

    longest: Literal[3] = 4


def is_late(hours, limit=5):
    """Is it?"""
    if hours > limit and not hours in (6,):
        return hours + 7
    return "eight" + "nine"
'''


def test_each_is_one_change_to_what_has_behaviour() -> None:
    changes = [mutant.name.partition(": ")[2] for mutant in mutate("night.py", SOURCE)]

    assert changes == [
        "Night: 4 -> 5",
        "is_late: 5 -> 6",
        "is_late: hours > limit and (not hours in (6,)) -> hours > limit or not hours in (6,)",
        "is_late: hours > limit -> hours >= limit",
        "is_late: not hours in (6,) -> not not hours in (6,)",
        "is_late: hours in (6,) -> hours not in (6,)",
        "is_late: 6 -> 7",
        "is_late: hours + 7 -> hours - 7",
        "is_late: 7 -> 8",
    ]


def test_every_mutant_can_be_read_and_is_another_module() -> None:
    plain = ast.unparse(ast.parse(SOURCE))
    made = [mutant.source() for mutant in mutate("night.py", SOURCE)]

    assert len(set(made)) == len(made)
    assert all(ast.unparse(ast.parse(source)) != plain for source in made)


def test_a_module_is_tried_against_the_files_that_import_it() -> None:
    assert list_tests("shared/rules/bullets.py") == ["tests/shared/rules/test_bullets.py"]
    assert "tests/sync/test_small_rules.py" in list_tests("sync/pacing.py")


def test_whatever_is_taken_for_equivalent_is_a_change_that_could_be_made() -> None:
    known = EQUIVALENT.read_text().splitlines()
    made = {mutant.name for mutant in list_mutants(ROOMS, known=())}

    assert len(known) == len(set(known))
    assert [name for name in known if name not in made] == []
