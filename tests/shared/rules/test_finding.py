"""Finding somebody however their name was written."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.finding import Search, Sought, read_sought
from shared.rules.names import may_sound, sounds

TODAY = date(2026, 11, 29)


def fits(sought: Sought, named: Sequence[str], told: str, born: date | None) -> bool:
    """Whether a search that saw nobody before finds this person."""
    return Search(sought).fits(named, told, born)


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


NAMES = st.lists(
    st.lists(st.sampled_from(["Marek", "Mark", "Łukasz", "Lucas", "O’Brien", "Brian", "Ольга", "Olga", "´s"]), max_size=3)
    .map(" ".join)
)  # fmt: skip


@given(st.sampled_from(["marek", "lukas obrien", "olga", "brien mark", "zz"]), NAMES)
def test_whom_a_search_finds_hangs_on_nobody_it_saw_before(typed, names):
    sought = read_sought(typed, TODAY)
    search = Search(sought)
    assert [search.fits([each], "", None) for each in names] == [fits(sought, [each], "", None) for each in names]


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


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12))
def test_no_word_sounds_as_its_first_letter_says_that_it_could_not(word: str) -> None:
    for heard in sounds(word):
        assert may_sound(word, heard)


@given(
    st.text("abcdefghij", min_size=6, max_size=9), st.integers(0, 8), st.sampled_from(("change", "drop", "add", "swap"))
)
def test_one_mistake_anywhere_in_a_long_name_still_finds_it(name: str, at: int, mistake: str) -> None:
    at, letters = at % (len(name) - 1), list(name)
    if mistake == "swap":
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    else:
        letters[at : at + (mistake != "add")] = [] if mistake == "drop" else ["x"]
    assert fits(read_sought("".join(letters), TODAY), [name], "", None)
