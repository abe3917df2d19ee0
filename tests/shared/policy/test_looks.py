"""What a line of the audit says was looked at (privacy rule A6)."""

import pytest

from shared.policy import Act
from shared.policy.actions import is_personal
from shared.policy.looks import FIELD_CLASS, FieldClass, field_class


def test_every_action_that_shows_a_person_says_what_of_them():
    shows = {act for act in Act if is_personal(act) and act.value.startswith("see_")}
    of_nobody_in_particular = {
        Act.SEE_SHIFTS, Act.SEE_REFERRALS, Act.SEE_REFERRAL, Act.SEE_CASE_LIST, Act.SEE_CONFERENCE,
        Act.SEE_LEARNING,
    }  # fmt: skip
    assert shows - of_nobody_in_particular <= FIELD_CLASS.keys()
    assert FieldClass.NOTHING not in FIELD_CLASS.values()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("see_notes", FieldClass.NOTES),
        ("export_person", FieldClass.EVERYTHING),
        ("sync", FieldClass.NOTHING),
        ("something_newer", FieldClass.RECORD),
    ],
)
def test_a_line_is_read_by_its_action(action, expected):
    assert field_class(action) is expected
