"""One freeze for what leaves the partnership as counts: prepared once, approved by two people of two agencies, then told; and
withdrawn with a reason, never changed (privacy rules D5 and G).
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.cases.quarterly import compose_exact, compose_quarter
from server.actions.operation.orders import order_withdrawal
from server.hotspots.authority import load_authority
from server.hotspots.disclosure import Chance, Rule
from server.hotspots.periods import Period
from server.hotspots.publication import Beside, count_people, publish_map
from server.hotspots.quarter import count_quarter, name_leaves
from server.problems import CONFLICTING, Failure, Invalid, NotFound, uncut
from server.queries.maps.hotspots import list_looked_at
from server.queries.maps.publications import Release, add_release, find_of_period, find_release, set_release
from server.queries.partnership.analysts import add_exact
from server.settings import Settings
from shared.model.codes import PublicationKind
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind

SHORTEST_REASON, LONGEST_REASON = 10, 2_000


def prepare_map(
    session: Session, settings: Settings, period: Period, now: datetime, new_id: Callable[[], Id], chance: Chance
) -> int:
    """Freeze the map of a quarter and the figures beside it; 0 where that was done before, where nobody looked, and where no
    district is drawn.

    Raises RefusedToPublish for a map that could find somebody.
    """
    if find_of_period(session, PublicationKind.MAP, *period) is not None:
        return 0
    ground = load_authority(session, settings.data, settings.crs, period.last)
    if not len(ground.leaves) or not list_looked_at(session, period.first, period.last):
        return 0
    people = count_people(session, period, settings.crs, ground)
    district_of_leaf = name_leaves(session, settings.data, period.last, settings.crs, ground)
    beside = Beside(count_quarter(session, period, settings.crs, ground, district_of_leaf), district_of_leaf)
    publish_map(session, people, ground, period, settings.crs, Rule(), now, new_id, chance, beside=beside)
    return 1


def prepare_share(session: Session, period: Period, now: datetime, new_id: Callable[[], Id], chance: Chance) -> int:
    """Freeze what is shared of a quarter, of every district at once, as it is told and as it is; 0 where that was done before."""
    if find_of_period(session, PublicationKind.SHARE, *period) is not None:
        return 0
    content = msgspec.json.encode(compose_quarter(session, period, chance)).decode()
    release_id = new_id()
    add_release(
        session,
        Release(
            id=release_id, kind=PublicationKind.SHARE, starts_on=period.first, ends_on=period.last, prepared_at=now,
            content=content,
        ),
    )  # fmt: skip
    add_exact(session, release_id, msgspec.json.encode(compose_exact(session, period)).decode())
    return 1


def approve(access: Access, release_id: Id) -> Release:
    """Approve for one's agency. With the second of two agencies it is told.

    Raises NotFound, Invalid for a second voice of one agency, Failure where two have approved or it was withdrawn.
    """
    found = _get(access, release_id, "approve a publication")
    if found.withdrawn_at is not None or found.is_shown:
        raise Failure(CONFLICTING, "Two organisations have approved this already, or it was withdrawn.")
    own, who = access.actor.agency_id, access.actor.worker_id
    if found.first_agency_id is None:
        approved = msgspec.structs.replace(found, first_agency_id=own, first_by=who, first_at=access.now)
    elif own == found.first_agency_id:
        raise Invalid("Your organisation has approved. Somebody of another organisation has to approve as well.")
    elif who == found.first_by:
        raise Invalid("You have approved this for another organisation. Somebody else has to approve as well.")
    else:
        approved = msgspec.structs.replace(found, second_agency_id=own, second_by=who, second_at=access.now)
    set_release(access.session, approved)
    return approved


def withdraw(access: Access, release_id: Id, reason: str) -> Release:
    """Tell it no more. It stays in the ledger, and nothing takes its place. Raises NotFound, Invalid without a reason."""
    found = _get(access, release_id, "withdraw a publication")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid("Say why, in a sentence. It is kept, and both organisations read it.")
    if found.withdrawn_at is not None:
        raise Failure(CONFLICTING, "It was withdrawn already.")
    gone = msgspec.structs.replace(
        found,
        withdrawn_by=access.actor.worker_id,
        withdrawn_at=access.now,
        withdrawn_reason=uncut(reason, LONGEST_REASON),
    )
    set_release(access.session, gone)
    order_withdrawal(access.session, release_id, access.actor.worker_id, access.now)
    return gone


def _get(access: Access, release_id: Id, purpose: str) -> Release:
    this = Subject(kind=SubjectKind.SYSTEM, id=release_id)
    access.require(Act.APPROVE_PUBLICATION, this, purpose=purpose, detail=release_id)
    found = find_release(access.session, release_id)
    if found is None or found.kind is PublicationKind.RETURN:
        raise NotFound  # a return is signed by its district, and goes to the ministry alone
    return found
