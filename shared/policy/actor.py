"""Who wants to do something: the facts about them that a decision rests on. Loading them is the server's work."""

from collections.abc import Iterable
from datetime import date

from shared.model.agency import Agreement
from shared.model.codes import AgreementKind, Role
from shared.model.value import Id, Value


class Actor(Value, frozen=True, kw_only=True):
    """A signed-in worker as policy sees them.

    `agreements_valid_until` is the last day on which every agreement that their agency needs is valid (None: one is
    missing);
    see `agreements_valid_until()`. `trained_on` is when they last took data protection training.
    """

    worker_id: Id
    agency_id: Id
    roles: frozenset[Role]
    team_ids: frozenset[Id] = frozenset()
    district_ids: frozenset[Id] = frozenset()
    agreements_valid_until: date | None = None
    trained_on: date | None = None


NEEDED_AGREEMENTS = frozenset({AgreementKind.TERMS_OF_REFERENCE, AgreementKind.INFORMATION_SHARING})


def is_in_force(agreements: Iterable[Agreement], kind: AgreementKind, today: date) -> bool:
    """Has an agency signed this, and does it hold today?"""
    return any(each.kind is kind and each.signed_on <= today <= each.expires_on for each in agreements)


def agreements_valid_until(agreements: Iterable[Agreement], today: date) -> date | None:
    """The last day on which an agency's Terms of Reference and Information Sharing Agreement are both valid.

    Of several versions of one kind the longest that has begun counts; a signature in the future does not. None when
    a kind is missing. Source: RS MDT
    toolkit, Terms of Reference and Information Sharing: both are signed before an agency attends or sees a case.
    """
    last_days: dict[AgreementKind, date] = {}
    for agreement in agreements:
        if agreement.signed_on <= today:
            last_days[agreement.kind] = max(agreement.expires_on, last_days.get(agreement.kind, agreement.expires_on))
    if not last_days.keys() >= NEEDED_AGREEMENTS:
        return None
    return min(last_days[kind] for kind in NEEDED_AGREEMENTS)
