"""Words of two records that were found to be one person, and what is shared with all for good."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.model.consent import ConsentSaid
from shared.model.telling import ConsentAnswer, LawfulBasis, Shareable
from shared.rules.consent import as_one_person, is_shared, is_shared_with_all

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
TODAY = date(2026, 12, 1)
YES, NO = ConsentAnswer.AGREED, ConsentAnswer.REFUSED


def say(person: str, day: int, answer: ConsentAnswer = YES, to: str | None = None, **more: object) -> ConsentSaid:
    told = {"what": Shareable.ASSESSMENT, "agency_id": to, "answer": answer, "worker_id": "w", **more}
    return ConsentSaid(id=f"{person}{day}{to}", person_id=person, at=START + timedelta(days=day), **told)  # type: ignore[arg-type]


def joined(day: int, one: str = "a", other: str = "b") -> tuple[datetime, str, str]:
    return START + timedelta(days=day), one, other


@pytest.mark.parametrize(
    ("said", "joins", "shared"),
    [
        ([say("a", 2), say("b", 1, NO)], [joined(3)], False),  # the yes is newer, and was heard of somebody else
        ([say("a", 1, NO), say("b", 2)], [joined(3)], False),
        ([say("a", 2), say("b", 1, NO)], [joined(3, "b", "a")], False),
        ([say("a", 2), say("b", 1, NO, "us")], [joined(3)], False),
        ([say("a", 2, to="us"), say("b", 1, NO)], [joined(3)], False),
        ([say("a", 2), say("b", 1, NO), say("b", 4)], [joined(3)], True),  # asked again once they were one
        ([say("a", 2), say("b", 0, NO), say("b", 1)], [joined(3)], True),  # the no was no more when they were joined
        ([say("a", 2), say("b", 1, NO, "others")], [joined(3)], True),
        ([say("a", 2), say("b", 1, ConsentAnswer.WITHDRAWN)], [joined(3)], False),
        ([say("a", 2), say("b", 1, NO, what=Shareable.PLAN)], [joined(3)], True),
        ([say("a", 2), say("b", 4, NO), say("a", 5)], [joined(3)], True),  # of one person the last word, as ever
        ([say("a", 4), say("b", 1, NO), say("c", 2)], [joined(3), joined(6, "b", "c")], True),
        ([say("a", 4), say("b", 2), say("c", 1, NO)], [joined(3), joined(6, "c", "b")], False),
        ([say("a", 2, basis=LawfulBasis.LEGAL_OBLIGATION), say("b", 1, NO)], [joined(3)], True),
        ([say("a", 2)], [joined(3)], True),
        ([say("a", 2), say("b", 1, NO)], [], True),  # not joined: each asks of their own words; this is the rule without it
    ],
)  # fmt: skip
def test_a_no_of_either_record_counts_as_of_the_join(
    said: list[ConsentSaid], joins: list[object], shared: bool
) -> None:
    for order in (said, said[::-1]):
        words = as_one_person(order, joins)  # type: ignore[arg-type]
        assert is_shared(words, Shareable.ASSESSMENT, "us", TODAY) is shared
        assert {each.id for each in words} == {each.id for each in said}


@pytest.mark.parametrize(
    ("said", "shared"),
    [
        ([say("a", 1)], True),
        ([say("a", 1, until=TODAY)], False),
        ([say("a", 1), say("a", 2, to="us", until=TODAY)], False),  # tomorrow that service reads no more
        ([say("a", 2), say("a", 1, to="us", until=TODAY)], True),
        ([say("a", 1), say("a", 2, NO, "us")], False),
        ([say("a", 1), say("a", 2, NO, "us"), say("a", 3, to="us", basis=LawfulBasis.LEGAL_OBLIGATION)], True),
    ],
)
def test_what_stands_on_the_record_is_shared_with_every_service_for_good(said: list[ConsentSaid], shared: bool) -> None:
    assert is_shared_with_all(said, Shareable.ASSESSMENT) is shared
