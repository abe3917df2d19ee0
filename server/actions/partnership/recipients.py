"""Who may see: agreeing that an agency may hold a role that sees a map, a list or a person (privacy rule A11).

Two people of two agencies agree. A partnership begins without anybody who could: until two agencies hold a role that agrees
to others, whoever enters workers at the terminal founds it, and the open list says so for ever.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.operation.orders import order_recipient
from server.problems import CONFLICTING, Failure, Invalid, NotFound, uncut
from server.queries.partnership import agencies, recipients
from server.queries.partnership.recipients import Recipient
from shared.model.codes import Role
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind
from shared.policy.recipients import needs_approval

AGENCIES_TO_AGREE = 2
SHORTEST_REASON, LONGEST_REASON = 10, 2_000


def is_founded(session: Session) -> bool:
    """Could two agencies agree? From then on nobody is added at a terminal alone."""
    return recipients.count_approving_agencies(session) >= AGENCIES_TO_AGREE


def admit(session: Session, agency_id: Id, role: Role, now: datetime, new_id: Callable[[], Id]) -> bool:
    """At the terminal, for a worker who is given a role: does their agency hold it?

    While the partnership is being founded it does from now on; afterwards a proposal is kept, for two agencies to agree.
    """
    if not needs_approval(role):
        return True
    known = recipients.find_recipient(session, agency_id, role)
    if known is not None:
        return known.holds
    founding = not is_founded(session)
    reason = "Entered when the partnership was founded" if founding else "Entered at the terminal"
    line = Recipient(id=new_id(), agency_id=agency_id, role=role, founding=founding, proposed_at=now, reason=reason)
    recipients.add_recipient(session, line)
    order_recipient(session, line, now, new_id())
    return founding


def found_partnership(session: Session, now: datetime, new_id: Callable[[], Id]) -> None:
    """Let every agency hold what its workers were given: how a partnership that is entered at once begins, once.

    Raises Failure when it has begun.
    """
    if recipients.list_recipients(session):
        raise Failure(CONFLICTING, "The partnership has begun: agencies agree to others from now on.")
    for agency_id, role in recipients.list_held_pairs(session):
        line = Recipient(
            id=new_id(), agency_id=agency_id, role=role, founding=True, proposed_at=now,
            reason="Entered when the partnership was founded",
        )  # fmt: skip
        recipients.add_recipient(session, line)
        order_recipient(session, line, now, new_id())


def propose(access: Access, agency_id: Id, role: Role | None, reason: str) -> Recipient:
    """Propose that an agency may hold a role; whoever proposes has agreed for their own.

    Raises Invalid without a reason, for an agency that is none, or where it was proposed before.
    """
    access.require(Act.APPROVE_RECIPIENT, _subject(agency_id), purpose="propose a recipient", detail=str(role or ""))
    wrong = []
    if agencies.find_agency(access.session, agency_id) is None:
        wrong.append("Choose the agency.")
    if role is None or not needs_approval(role):
        wrong.append("Choose the role.")
    elif recipients.find_recipient(access.session, agency_id, role) is not None:
        wrong.append("This is on the list already: agree to it there.")
    if len(reason.strip()) < SHORTEST_REASON:
        wrong.append("Say what they need it for, in a sentence. Every partner may read it.")
    if wrong or role is None:
        raise Invalid(*wrong)
    proposed = Recipient(
        id=access.new_id(), agency_id=agency_id, role=role, proposed_at=access.now,
        proposed_by=access.actor.worker_id, reason=uncut(reason, LONGEST_REASON), first_agency_id=access.actor.agency_id,
        first_by=access.actor.worker_id, first_at=access.now,
    )  # fmt: skip
    recipients.add_recipient(access.session, proposed)
    order_recipient(access.session, proposed, access.now, access.new_id())
    return proposed


def agree(access: Access, recipient_id: Id) -> Recipient:
    """Agree for one's agency. With the second of two agencies the role holds.

    Raises Invalid for a second voice of one agency, Failure where two have agreed.
    """
    found = recipients.get_proposal(access.session, recipient_id)
    if found is None:
        access.require(Act.APPROVE_RECIPIENT)
        raise NotFound
    access.require(
        Act.APPROVE_RECIPIENT, _subject(found.agency_id), purpose="agree to a recipient", detail=str(found.role)
    )
    if found.holds:
        raise Failure(CONFLICTING, "Two agencies have agreed to this already.")
    own, who = access.actor.agency_id, access.actor.worker_id
    if found.first_agency_id is None:
        agreed = msgspec.structs.replace(found, first_agency_id=own, first_by=who, first_at=access.now)
    elif own == found.first_agency_id:
        raise Invalid("Your agency has agreed. Somebody of another agency has to agree as well.")
    elif who == found.first_by:
        raise Invalid("You have agreed to this for another agency. Somebody else has to agree as well.")
    else:
        agreed = msgspec.structs.replace(found, second_agency_id=own, second_by=who, second_at=access.now)
    recipients.set_recipient(access.session, agreed)
    order_recipient(access.session, agreed, access.now, access.new_id())
    return agreed


def _subject(agency_id: Id) -> Subject:
    return Subject(kind=SubjectKind.AGENCY, id=agency_id)
