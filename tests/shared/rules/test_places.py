"""Which places suit somebody, with the reasons, and when to ask whether a home is still theirs."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.model.codes import Gender, StayKind, SupportNeed
from shared.model.offer import HomeAsked, StillThere, Takes, Vacancy
from shared.model.person import Person
from shared.model.stay import Stay
from shared.rules.places import fit, list_to_ask

TODAY = date(2026, 11, 12)
NOW = datetime(2026, 11, 12, tzinfo=UTC)


def place(**told: Any) -> Vacancy:
    return Vacancy(
        id="v", district_id="d", name="Charter House", kind=StayKind.HOSTEL, opened_at=NOW, opened_by="priya", **told
    )


@pytest.mark.parametrize(
    ("vacancy", "person", "reasons", "ask", "against"),
    [
        ({}, {"approximate_age_years": 40}, ("40 years old, for people of 18 and older",), (), ()),
        ({}, {"date_of_birth": date(2008, 11, 13)}, (), (), ("for people of 18 and older, and they are 17",)),
        ({}, {"date_of_birth": date(2008, 11, 12)}, ("18 years old, for people of 18 and older",), (), ()),
        ({"age_to": 25}, {"approximate_age_years": 26}, (), (), ("for people of 18 to 25, and they are 26",)),
        ({"takes": Takes.WOMEN}, {"gender": Gender.MALE}, (), ("for people of 18 and older: their age is not known",),
         ("takes women only",)),
        ({"takes": Takes.WOMEN}, {}, (), ("it takes women: their gender is not known",
                                          "for people of 18 and older: their age is not known"), ()),
        ({"takes": Takes.MEN}, {"gender": Gender.MALE, "approximate_age_years": 50},
         ("takes men", "50 years old, for people of 18 and older"), (), ()),
    ],
)  # fmt: skip
def test_whom_a_place_suits(vacancy: Any, person: Any, reasons: Any, ask: Any, against: Any) -> None:
    found = fit(place(**vacancy), Person(id="p", **person), (), TODAY)
    assert (found.reasons, found.ask, found.against) == (reasons, ask, against)
    assert found.is_open is (against == ())


def test_needs_that_it_supports_speak_for_it_and_others_are_asked_about() -> None:
    found = fit(
        place(supports=(SupportNeed.ALCOHOL,)), Person(id="p", approximate_age_years=40),
        (SupportNeed.ALCOHOL, SupportNeed.MENTAL_HEALTH), TODAY,
    )  # fmt: skip
    assert "supports alcohol, which nobody helps with yet" in found.reasons
    assert found.ask == ("who helps with mental health? The place does not",)


def home(moved_in_on: date, kind: StayKind = StayKind.SOCIAL_TENANCY, **told: Any) -> Stay:
    return Stay(
        id="s",
        person_id="p",
        district_id="d",
        kind=kind,
        moved_in_on=moved_in_on,
        recorded_at=NOW,
        recorded_by="w",
        **told,
    )


@pytest.mark.parametrize(
    ("moved_in_on", "asked", "months"),
    [
        (date(2026, 8, 13), 0, None),
        (date(2026, 8, 12), 0, 3),
        (date(2026, 8, 12), 3, None),
        (date(2026, 5, 12), 3, 6),
        (date(2026, 5, 13), 3, None),
        (date(2025, 11, 12), 0, 12),
        (date(2020, 1, 1), 12, None),
    ],
)
def test_a_home_is_asked_about_once_after_three_six_and_twelve_months(
    moved_in_on: date, asked: int, months: int | None
) -> None:
    said = [
        HomeAsked(stay_id="s", person_id="p", months=asked, answer=StillThere.YES, asked_on=TODAY, asked_by="w")
    ] if asked else []  # fmt: skip
    assert [each.months for each in list_to_ask([home(moved_in_on)], said, TODAY)] == ([months] if months else [])


def test_no_hostel_no_home_that_was_left_and_none_struck_out_is_asked_about() -> None:
    old = date(2025, 1, 1)
    stays = [
        home(old, StayKind.HOSTEL), home(old, StayKind.PRISON), home(old, left_on=date(2025, 6, 1)),
        home(old, struck_at=NOW, struck_by="w"),
    ]  # fmt: skip
    assert list_to_ask(stays, [], TODAY) == []
