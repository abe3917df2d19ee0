"""Actions as they are typed while people speak."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.bullets import Bullet, read_bullet, read_day

AGENCIES = {"cgl": "CGL Spectrum", "housing": "Watford Housing", "probation": "Probation", "beacon": "Beacon Outreach"}
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("line", "bullet"),
    [
        ("CGL: assessment by 28 Nov", Bullet(text="assessment", agency_id="cgl", due_on=date(2026, 11, 28))),
        ("- Watford Housing: viewing by 1/12.", Bullet(text="viewing", agency_id="housing", due_on=date(2026, 12, 1))),
        ("wh: keys, by Friday", Bullet(text="keys", agency_id="housing", due_on=date(2026, 11, 27))),
        ("probation: licence check", Bullet(text="licence check", agency_id="probation")),
        ("ring his sister by tomorrow", Bullet(text="ring his sister", due_on=date(2026, 11, 25))),
        ("note: he likes tea", Bullet(text="note: he likes tea")),
        ("Beacon: stand by the door", Bullet(text="stand by the door", agency_id="beacon")),
    ],
)
def test_a_line_is_read_as_it_was_meant(line, bullet):
    assert read_bullet(line, AGENCIES, TODAY) == bullet


def test_an_owner_who_could_be_two_is_nobody():
    assert read_bullet("Watford: x", {"a": "Watford Housing", "b": "Watford Council"}, TODAY).agency_id is None


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("3 January", date(2027, 1, 3)), ("28/11/26", date(2026, 11, 28)), ("2026-12-24", date(2026, 12, 24)),
        ("tuesday", date(2026, 12, 1)), ("today", TODAY), ("31 Feb", None), ("soon", None), ("29 feb", None),
        ("1st Dec", date(2026, 12, 1)),
    ],
)  # fmt: skip
def test_a_day_is_read_and_never_guessed(words, day):
    assert read_day(words, TODAY) == day


@given(st.text(max_size=40))
def test_whatever_is_typed_is_kept(line):
    bullet = read_bullet(line, AGENCIES, TODAY)
    assert bullet.agency_id is None or bullet.agency_id in AGENCIES


@given(st.dates(TODAY, date(2027, 11, 23)))
def test_a_day_written_without_its_year_comes_back(day):
    assert read_day(f"{day.day} {day:%b}", TODAY) == day
