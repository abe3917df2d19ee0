"""One letter for one thing that became of a case, to whom it concerns, without a name: what was decided on somebody whom they put
forward, a case that was handed over to their district, an action that an agency says is not theirs."""

from datetime import timedelta

from server.access import Access
from server.actions.operation.outbox import Outbox
from server.queries.operation import addressees
from server.queries.partnership.districts import find_district
from shared.model.case import Case
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id

USEFUL_FOR = timedelta(days=7)


def tell_who_put_forward(access: Access, case: Case) -> None:
    """Whoever put somebody forward hears that it was decided, unless they decided it themselves."""
    if case.put_forward_by is None or case.put_forward_by == access.actor.worker_id:
        return
    kind = MailKind.PUT_FORWARD_DECIDED
    for to in addressees.list_listeners(access.session, kind, access.now):
        if to.worker_id == case.put_forward_by:
            Outbox(access.session, access.now, access.new_id).tell_worker(
                to, kind, f"decided/{case.id}", _facts(access, case.district_id), useful_until=access.now + USEFUL_FOR
            )


def tell_new_district(access: Access, move_id: Id, to_district_id: Id) -> None:
    """The coordinators of the district that a case was handed over to."""
    kind = MailKind.CASE_HANDED_OVER
    outbox, facts = Outbox(access.session, access.now, access.new_id), _facts(access, to_district_id)
    for to in addressees.list_listeners(access.session, kind, access.now):
        if to_district_id in to.district_ids and to.worker_id != access.actor.worker_id:
            outbox.tell_worker(to, kind, f"handed/{move_id}", facts, useful_until=access.now + USEFUL_FOR)


def tell_action_refused(access: Access, action_id: Id, district_id: Id) -> None:
    """The coordinators of a district: an agency says that an action is not theirs."""
    kind = MailKind.ACTION_RETURNED
    outbox, facts = Outbox(access.session, access.now, access.new_id), _facts(access, district_id)
    for to in addressees.list_listeners(access.session, kind, access.now):
        if district_id in to.district_ids and to.worker_id != access.actor.worker_id:
            outbox.tell_worker(
                to, kind, f"returned/{action_id}/{access.today}", facts, useful_until=access.now + USEFUL_FOR
            )


def _facts(access: Access, district_id: Id) -> MailFacts:
    district = find_district(access.session, district_id)
    return MailFacts(district=district.name if district else "")
