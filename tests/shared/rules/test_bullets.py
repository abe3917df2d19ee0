"""Actions as they are typed while people speak."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.bullets import Bullet, read_bullet, what_is_missing
from shared.rules.days import is_just_past, read_day, read_written_date, say_day

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


def test_an_owner_who_could_be_two_is_nobody_and_the_two_are_named():
    two = {"a": "Watford Housing", "b": "Watford Council"}
    bullet = read_bullet("Watford: x by Fri", two, TODAY)
    assert (bullet.agency_id, bullet.could_be) == (None, ("Watford Council", "Watford Housing"))
    assert what_is_missing(bullet, two, TODAY) == [
        "That could be Watford Council or Watford Housing. Write more of the name."
    ]


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


@given(st.dates(TODAY, date(2027, 8, 23)))
def test_a_day_written_without_its_year_comes_back(day):
    assert read_day(f"{day.day} {day:%b}", TODAY) == day


SUNDAY = date(2026, 11, 29)
EVERY_NAME = "Adult Care Services, CGL Spectrum, Community health, Lantern Outreach, Probation or Watford Housing"
AT_THE_TABLE = {
    "cgl": "CGL Spectrum", "housing": "Watford Housing", "outreach": "Lantern Outreach", "probation": "Probation",
    "care": "Adult Care Services", "health": "Community health",
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "text", "owner", "day"),
    [
        ("Housing: offer by 12/12", "offer", "housing", date(2026, 12, 12)),
        ("Outreach: see him by Mon 7 Dec", "see him", "outreach", date(2026, 12, 7)),
        ("CGL assessment by 12 Dec", "assessment", "cgl", date(2026, 12, 12)),
        ("CGL to ring him by Fri", "ring him", "cgl", date(2026, 12, 4)),
        ("CGL: assessment by 12 Dec 26", "assessment", "cgl", date(2026, 12, 12)),
        ("CGL: assessment by next week", "assessment", "cgl", date(2026, 12, 4)),
        ("CGL: see by end of month by 30 Dec", "see by end of month", "cgl", date(2026, 12, 30)),
        ("CGL: see him by end of month", "see him", "cgl", date(2026, 11, 30)),
        ("@hous viewing by tomorrow", "viewing", "housing", date(2026, 11, 30)),
        ("viewing with @prob on Tue 1 Dec", "viewing with", "probation", date(2026, 12, 1)),
        ("acs: needs assessment, by the 5th", "needs assessment", "care", date(2026, 12, 5)),
        ("Lantern outreach take him to the GP by in 2 weeks", "take him to the GP", "outreach", date(2026, 12, 13)),
        ("CGL: visit 7 Dec", "visit", "cgl", date(2026, 12, 7)),
    ],
)
def test_lines_are_read_as_people_write_them(line, text, owner, day):
    bullet = read_bullet(line, AT_THE_TABLE, SUNDAY)
    assert (bullet.text, bullet.agency_id, bullet.due_on) == (text, owner, day)
    assert what_is_missing(bullet, AT_THE_TABLE, SUNDAY) == []


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (
            "CGL: assessment by 28 Nov",
            "Sat 28 Nov, yesterday. Write another day, or 28 Nov 2027 if you mean next year.",
        ),
        ("CGL: x by 1/9", "Tue 1 Sep, 89 days ago. Write another day, or 1 Sep 2027 if you mean next year."),
        ("CGL: x by 28 Nov 2026", "The day it is due is past: Sat 28 Nov, yesterday."),
        ("CGL: x by 31 Feb", "Say by which day, such as “by Fri” or “by 12 Dec”."),
        ("CGL: x by Tue 7 Dec", "Say by which day, such as “by Fri” or “by 12 Dec”."),
        ("CGL: by Fri", "Say what will be done."),
        (
            "Police: ring by Fri",
            f"Name the agency that will do it, first in the line. You can name {EVERY_NAME}.",
        ),
    ],
)
def test_what_is_not_clear_is_asked_and_never_moved_on_a_year(line, asked):
    assert what_is_missing(read_bullet(line, AT_THE_TABLE, SUNDAY), AT_THE_TABLE, SUNDAY) == [asked]


@given(st.integers(1, 92))
def test_a_day_just_past_is_never_another_year(days):
    from datetime import timedelta

    day = TODAY - timedelta(days=days)
    assert read_day(f"{day.day} {day:%b}", TODAY) is None
    assert is_just_past(f"{day.day}/{day.month}", TODAY) == day


def test_the_day_is_echoed_with_how_far_it_is():
    assert say_day(date(2026, 12, 5), SUNDAY) == "Sat 5 Dec, in 6 days"
    assert say_day(date(2027, 1, 4), SUNDAY) == "Mon 4 Jan 2027, in 36 days"
    assert say_day(SUNDAY, SUNDAY) == "Sun 29 Nov, today"


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("1/2/80", date(1980, 2, 1)), ("01/02/1980", date(1980, 2, 1)), ("1 February 1980", date(1980, 2, 1)),
        ("1st Feb 80", date(1980, 2, 1)), ("01.02.1980", date(1980, 2, 1)), ("1980-02-01", date(1980, 2, 1)),
        ("Feb 1 1980", date(1980, 2, 1)), ("1-Feb-1980", date(1980, 2, 1)), ("31/2/80", None), ("1/2", None),
        ("1 2 1980", None), ("soon", None), ("1/2/26", date(2026, 2, 1)), ("1/2/27", date(1927, 2, 1)),
    ],
)  # fmt: skip
def test_a_date_of_birth_is_read_in_any_spelling_of_the_country(words, day):
    assert read_written_date(words, SUNDAY) == day


def test_a_very_long_line_is_read_at_once():
    from time import process_time

    for line in ("a " * 50_000, "by " * 50_000, "@" * 100_000, "1/" * 50_000, ": " * 50_000, " ," * 50_000):
        began = process_time()
        read_bullet(line, AT_THE_TABLE, SUNDAY)
        assert process_time() - began < 1
