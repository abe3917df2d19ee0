"""Exact counts, for one kind of reader: the named analyst of an agency whose agreement covers it, for a purpose that is written
down; every look is, too. They are frozen with what is told of the same quarter, and not for publication.
"""

import msgspec

from server.access import Access
from server.actions.cases.quarterly import Share
from server.actions.operation.orders import order_analyst_ended
from server.database.locks import lock_records
from server.hotspots.periods import Period
from server.problems import Invalid, NotFound
from server.queries.maps.publications import Release, list_releases
from server.queries.partnership import agencies, analysts, workers
from server.queries.partnership.analysts import NamedAnalyst
from shared.model.codes import AgreementKind, PublicationKind
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind
from shared.policy.actor import is_in_force

NOT_FOR_PUBLICATION = "Exact counts. Not for publication: a small number can point at somebody."
SHORTEST_PURPOSE, LONGEST_PURPOSE = 10, 2_000


class ExactQuarter(Value, frozen=True, kw_only=True):
    """A frozen quarter with every number as it is, by district, all of them together last."""

    period: Period
    shares: tuple[Share, ...]
    purpose: str


def name_analyst(access: Access, worker_id: Id, purpose: str) -> NamedAnalyst:
    """Name somebody of an agency whose agreement covers it, for a purpose. Raises Invalid."""
    access.require(Act.MANAGE_AGREEMENTS, purpose="name an analyst", detail=worker_id)
    found = next((each for each in workers.list_workers(access.session) if each.id == worker_id and each.active), None)
    if found is None:
        raise Invalid("Choose who is to read exact counts.")
    if worker_id == access.actor.worker_id:
        raise Invalid("Nobody names themselves. Ask another coordinator or an administrator.")
    if not covers(access, found.agency_id):
        raise Invalid("Their organisation has no agreement on exact counts that holds today. Enter it first.")
    if len(purpose.strip()) < SHORTEST_PURPOSE:
        raise Invalid("Say in a sentence what they need exact counts for.")
    if len(purpose.strip()) > LONGEST_PURPOSE:
        raise Invalid(f"Use {LONGEST_PURPOSE:,} characters or fewer.")
    lock_records(access.session, [worker_id])
    before = analysts.find_analyst(access.session, worker_id, found.agency_id)
    if before is not None:
        return before
    named = NamedAnalyst(
        id=access.new_id(), agency_id=found.agency_id, worker_id=worker_id, purpose=purpose.strip(),
        named_at=access.now, named_by=access.actor.worker_id,
    )  # fmt: skip
    analysts.add_analyst(access.session, named)
    return named


def end_naming(access: Access, analyst_id: Id) -> None:
    """From now on they read none."""
    access.require(Act.MANAGE_AGREEMENTS, purpose="end an analyst's naming", detail=analyst_id)
    analysts.end_analyst(access.session, analyst_id, access.now, access.actor.worker_id)
    order_analyst_ended(access.session, analyst_id, access.actor.worker_id, access.now)


def covers(access: Access, agency_id: Id) -> bool:
    """Has this agency an agreement on exact counts that holds today?"""
    signed = agencies.list_every_agreement(access.session).get(agency_id, ())
    return is_in_force(signed, AgreementKind.EXACT_COUNTS, access.today)


def list_quarters(access: Access) -> list[Release]:
    """The quarters that the reader may see exactly, the latest first: told, and not withdrawn. Raises NotFound, Forbidden."""
    _require(access, "")
    return _list_told(access)


def read_exact(access: Access, release_id: Id) -> ExactQuarter:
    """A quarter with every number as it is; the look is written down with its purpose. Raises NotFound, Forbidden."""
    purpose = _require(access, release_id)
    release = next((each for each in _list_told(access) if each.id == release_id), None)
    content = None if release is None else analysts.find_exact(access.session, release_id)
    if release is None or content is None:
        raise NotFound
    shares = msgspec.json.decode(content, type=dict[Id, Share])
    return ExactQuarter(
        period=Period(release.starts_on, release.ends_on), shares=tuple(shares.values()), purpose=purpose
    )


def _list_told(access: Access) -> list[Release]:
    kept = analysts.list_exact(access.session)
    return [each for each in list_releases(access.session, PublicationKind.SHARE) if each.is_shown and each.id in kept]


def _require(access: Access, release_id: Id) -> str:
    """Let nobody through but who is named, for an agency whose agreement covers it. Returns what they are named for."""
    named = analysts.find_analyst(access.session, access.actor.worker_id, access.actor.agency_id)
    holds = named is not None and covers(access, named.agency_id)
    purpose = named.purpose if named is not None else ""
    owner = named.worker_id if named is not None and holds else None
    subject = Subject(kind=SubjectKind.AGENCY, id=access.actor.agency_id, worker_id=owner)
    access.require(Act.SEE_EXACT_COUNTS, subject, purpose=f"exact counts: {purpose}", detail=release_id)
    return purpose
