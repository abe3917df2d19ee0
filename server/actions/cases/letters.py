"""One letter for one thing that became of a case, to whom it concerns, without a name: what was decided on somebody whom they put
forward, a case that was handed over to their district, an action that an agency says is not theirs."""

from datetime import timedelta

from server.access import Access
from server.actions.operation.outbox import Outbox
from server.queries.cases.case_actions import OwnedAction
from server.queries.operation import addressees
from server.queries.operation.addressees import Listener
from server.queries.partnership.districts import find_district
from server.queries.people import concealment
from shared.model.case import Case, CaseMove
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id

USEFUL_FOR = timedelta(days=7)


def tell_who_put_forward(access: Access, case: Case) -> None:
    """Whoever put somebody forward hears that it was decided, unless they decided it themselves."""
    if case.put_forward_by is None or case.put_forward_by == access.actor.worker_id:
        return
    kind = MailKind.PUT_FORWARD_DECIDED
    for to in addressees.list_listeners(access.session, kind, access.now):
        if to.worker_id == case.put_forward_by and _may_know(access, case.person_id, to):
            Outbox(access.session, access.now, access.new_id).tell_worker(
                to, kind, f"decided/{case.id}", _facts(access, case.district_id), useful_until=access.now + USEFUL_FOR
            )


def tell_new_district(access: Access, move: CaseMove, person_id: Id) -> None:
    """The coordinators of the district that a case was handed over to."""
    _tell_coordinators(access, MailKind.CASE_HANDED_OVER, f"handed/{move.id}", move.to_district_id, person_id)


def tell_action_refused(access: Access, refused: OwnedAction) -> None:
    """The coordinators of a district: an agency says that an action is not theirs."""
    key = f"returned/{refused.action.id}/{access.today}"
    _tell_coordinators(access, MailKind.ACTION_RETURNED, key, refused.district_id, refused.person_id)


def _tell_coordinators(access: Access, kind: MailKind, key: str, district_id: Id, person_id: Id) -> None:
    outbox, facts = Outbox(access.session, access.now, access.new_id), _facts(access, district_id)
    for to in addressees.list_listeners(access.session, kind, access.now):
        is_theirs = district_id in to.district_ids and to.worker_id != access.actor.worker_id
        if is_theirs and _may_know(access, person_id, to):
            outbox.tell_worker(to, kind, key, facts, useful_until=access.now + USEFUL_FOR)


def _may_know(access: Access, person_id: Id, to: Listener) -> bool:
    """Of somebody who is hidden nobody else hears that anything became of them (A5)."""
    known_to = concealment.list_hidden(access.session).get(person_id)
    return known_to is None or to.agency_id in known_to


def _facts(access: Access, district_id: Id) -> MailFacts:
    district = find_district(access.session, district_id)
    return MailFacts(district=district.name if district else "")
