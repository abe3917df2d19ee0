"""Finding somebody however their name was written."""

from datetime import date

import pytest

from shared.rules.finding import fits, read_sought

TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("lukasz", "Łukasz Żuk"), ("Łukasz", "Lukasz"), ("elodie", "Élodie"), ("ÁNGEL", "Ángel"), ("ольга", "Ольга"),
        ("Olga", "Ольга"), ("O'Brien", "Pat O’Brien"), ("obrien", "Pat O'Brien"), ("soren", "Søren"), ("gross", "Groß"),
        ("dordevic", "Đorđević"), ("mohammed", "Muhamad"), ("Stephen", "Stefen"), ("marek nowak", "Nowak, Marek"),
        ("Nowka", "Nowak"), ("Novak", "Nowak"), ("smudge", "Smudge"),
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_was_written(typed, name):
    assert fits(read_sought(typed, TODAY), [name, ""], "", None)


@pytest.mark.parametrize(("typed", "name"), [("marek", "Joan Carter"), ("ann", "Tom"), ("marek carter", "Marek Nowak")])
def test_somebody_else_is_not_found(typed, name):
    assert not fits(read_sought(typed, TODAY), [name], "", None)


@pytest.mark.parametrize("typed", ["1/2/80", "01/02/1980", "1 February 1980", "1980-02-01"])
def test_a_date_of_birth_is_found_in_any_spelling_and_no_other(typed):
    sought = read_sought(typed, TODAY)
    assert fits(sought, ["Marek"], "", date(1980, 2, 1))
    assert not fits(sought, ["Marek"], "1/2/80", date(1980, 1, 2))
    assert not fits(sought, ["Marek"], "", None)


def test_a_description_is_looked_through():
    assert fits(read_sought("red scarf", TODAY), ["", ""], "tall, red scarf, Polish", None)
