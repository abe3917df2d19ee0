"""What a stay counts as in the national figures, and which stays cannot be.

Source: MHCLG, Ending rough sleeping data framework (institutions of indicator P2) and its technical note of June 2025
(accommodated; returner from settled accommodation). Which kinds of home are settled follows H-CLIC: a home to stay in, with
family or friends too, and not a hostel, a shelter or temporary accommodation.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from shared.model.codes import InstitutionLeft, StayKind
from shared.model.stay import Stay
from shared.rules.indicators import InstitutionExit, MovedIn

SETTLED = frozenset(
    {
        StayKind.SOCIAL_TENANCY, StayKind.PRIVATE_TENANCY, StayKind.SUPPORTED_HOUSING, StayKind.HOUSING_FIRST,
        StayKind.WITH_FAMILY_OR_FRIENDS, StayKind.CARE_HOME,
    }
)  # fmt: skip
INSTITUTIONS = {
    StayKind.PRISON: InstitutionLeft.PRISON,
    StayKind.OTHER_JUSTICE_ACCOMMODATION: InstitutionLeft.OTHER_JUSTICE_ACCOMMODATION,
    StayKind.HOSPITAL: InstitutionLeft.HOSPITAL,
    StayKind.UK_ARMED_FORCES: InstitutionLeft.UK_ARMED_FORCES,
}


def list_moves(stays: Iterable[Stay]) -> list[MovedIn]:
    """The moves into accommodation: an institution is none."""
    return [
        MovedIn(person_id=each.person_id, moved_in_on=each.moved_in_on, settled=each.kind in SETTLED)
        for each in stays
        if each.kind not in INSTITUTIONS and each.struck_at is None
    ]


def list_exits_of(stays: Iterable[Stay]) -> list[InstitutionExit]:
    """The institutions that somebody has left."""
    return [
        InstitutionExit(person_id=each.person_id, institution=INSTITUTIONS[each.kind], left_on=each.left_on)
        for each in stays
        if each.kind in INSTITUTIONS and each.left_on is not None and each.struck_at is None
    ]


def find_faults(moved_in_on: date | None, left_on: date | None, today: date, others: Sequence[Stay] = ()) -> list[str]:
    """What is wrong with a stay, in words; nothing where it can be. `others` are the person's other stays."""
    if moved_in_on is None:
        return ["Give the day on which they moved in."]
    wrong = []
    if moved_in_on > today or (left_on is not None and left_on > today):
        wrong.append("Give days that have been.")
    if left_on is not None and left_on < moved_in_on:
        wrong.append("They cannot have left before they moved in.")
    end = left_on or date.max
    if any(
        each.struck_at is None and moved_in_on < (each.left_on or date.max) and each.moved_in_on < end
        for each in others
    ):
        wrong.append("They stayed elsewhere at that time: say first when they left, or strike that out.")
    return wrong
