"""Where people circle and get stuck: who went from the street into a place and back, whom services turned away, who is with
many."""

from datetime import UTC, date, datetime

import pytest

from shared.model.codes import StayKind
from shared.model.door import DoorFact, DoorKind
from shared.model.stay import Stay
from shared.rules.flow import FLOWS, REFERRALS, find_flows, find_referrals

FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)
AT = datetime(2026, 11, 12, tzinfo=UTC)


def stay(kind, moved_in_on, left_on=None):
    return Stay(
        id="s", person_id="marek", district_id="w", kind=kind, moved_in_on=date.fromisoformat(moved_in_on),
        left_on=left_on and date.fromisoformat(left_on), recorded_at=AT, recorded_by="tom",
    )  # fmt: skip


def fact(code="", agency="a", on="2026-11-01", person="marek", kind=DoorKind.ANSWERED, about=None):
    return DoorFact(
        id=f"{kind}-{person}-{on}",
        about_id=about,
        person_id=person,
        kind=kind,
        on=date.fromisoformat(on),
        code=code,
        agency_id=agency,
        recorded_at=AT,
        recorded_by="tom",
    )


def flows(nights=(), stays=(), facts=()):
    met = {"marek": {date.fromisoformat(each) for each in nights}}
    return {name for name, those in find_flows(met, stays, facts, FIRST, LAST).items() if "marek" in those}


@pytest.mark.parametrize(
    ("nights", "one", "ways"),
    [
        (["2026-09-20"], (StayKind.HOSTEL, "2026-10-01"), {"street_to_temporary"}),
        (["2026-06-20"], (StayKind.HOSTEL, "2026-10-01"), set()),
        (["2026-09-20"], (StayKind.SOCIAL_TENANCY, "2026-10-01"), {"street_to_home"}),
        (["2026-09-20"], (StayKind.SOCIAL_TENANCY, "2027-01-01"), set()),
        (["2026-09-20"], (StayKind.PRISON, "2026-10-01"), set()),
        (["2026-11-20"], (StayKind.HOSTEL, "2026-05-01", "2026-11-01"), {"temporary_to_street"}),
        (["2026-11-20"], (StayKind.PRIVATE_TENANCY, "2025-05-01", "2026-09-01"), {"home_to_street"}),
        (["2026-11-20"], (StayKind.HOSPITAL, "2026-10-01", "2026-11-20"), {"institution_to_street"}),
        (["2026-11-20"], (StayKind.HOSPITAL, "2026-01-01", "2026-02-20"), set()),
        (["2026-09-20"], (StayKind.HOSPITAL, "2026-08-01", "2026-09-01"), set()),
    ],
)
def test_a_way_has_its_end_in_the_quarter_and_steps_of_ninety_days(nights, one, ways):
    assert flows(nights, [stay(*one)]) == ways


def test_who_was_turned_away_and_taken_by_nobody_is_stuck():
    assert flows(facts=[fact("refused")]) == {"only_refused"}
    assert flows(facts=[fact("refused"), fact("accepted", on="2026-12-01")]) == set()
    assert flows(facts=[fact("refused", on="2026-09-30")]) == set()
    assert flows(facts=[fact("waiting")]) == set()


def test_who_is_with_three_services_circles():
    three = [fact(agency=each, kind=DoorKind.CAME_BY) for each in "abc"]
    assert flows(facts=three) == {"many_services"}
    assert flows(facts=[*three[:2], fact(agency="c", person="red")]) == set()


def test_each_way_is_named_once():
    assert set(find_flows({}, [], [], FIRST, LAST)) == set(FLOWS)


def test_who_was_referred_and_taken_on_within_the_quarter():
    sent = fact(kind=DoorKind.REFERRED)
    before = fact(kind=DoorKind.REFERRED, on="2026-09-30", person="red")
    answers = [fact("accepted", about=sent.id, on="2026-12-31"), fact("accepted", about=before.id, person="red")]
    late = fact("started", about=sent.id, on="2027-01-01")

    def referred(*facts):
        found = find_referrals(facts, FIRST, LAST)
        assert set(found) == set(REFERRALS)
        return found["referred"], found["taken_on"]

    assert referred(sent, before, *answers) == ({"marek"}, {"marek"})
    assert referred(sent, late) == ({"marek"}, set())
    assert referred(sent, fact("refused", about=sent.id)) == ({"marek"}, set())
    assert referred(before, answers[1]) == (set(), set())
