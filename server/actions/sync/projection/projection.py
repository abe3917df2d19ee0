"""The order in which a batch reaches the tables:

descriptions first, so that facts find the sites they name; then facts; then what follows from them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from server.actions.sync.account import keep_account
from server.actions.sync.projection.batch import Batch, Fact, read_batch
from server.actions.sync.projection.contacts import project_contacts
from server.actions.sync.projection.descriptions import project_people, project_referral_fields, project_sites
from server.actions.sync.projection.documents import project_documents
from server.actions.sync.projection.erased import without_erased
from server.actions.sync.projection.holding import hold_named
from server.actions.sync.projection.joined import settle_joins
from server.actions.sync.projection.journeys import (
    project_answers,
    project_consents,
    project_merges,
    project_needs,
    project_referral_steps,
    project_shifts,
    project_verifications,
    project_visits,
    settle_answered,
    tell_moved_days,
)
from server.actions.sync.projection.places import Districts
from server.actions.sync.projection.relations import flag_new_relations
from server.actions.sync.projection.times import settle_times
from server.actions.sync.projection.told_record import tell_records
from server.actions.sync.projection.verification import derive_verification
from server.actions.sync.projection.wall import judge
from server.places.projection import project as project_points
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.partnership.workers import list_agency_ids
from server.queries.people.rebuilding import renew_districts
from server.queries.street import looks
from server.queries.street.looks import Outing, Square
from shared.geo.night import DEFAULT_ZONE
from shared.model.value import Id
from shared.policy import Act
from sync.past import Withheld
from sync.server import AcceptedChange, Stored

KEPT_UNSENT = timedelta(days=14)
"""How long a phone without a server keeps what it holds readable (privacy rule B6)."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Projects accepted changes. `districts` tells where points lie; `crs` is the grid's projection."""

    districts: Districts
    new_id: Callable[[], Id]
    crs: str = "EPSG:27700"
    timezone: str = DEFAULT_ZONE

    def make_ready(self, session: Session) -> None:
        """Load now what the first push would wait for: where the districts are, and the tools of the grid's projection."""
        self.districts.get_finder(session, date.max)
        project_points(self.crs, [0.0], [0.0])

    def project(self, session: Session, accepted: Sequence[AcceptedChange]) -> None:
        """Let the tables say what these changes mean.

        Raises Withheld for what policy would not allow, before anything is written, and whatever a table refuses: the caller
        undoes and quarantines.
        """
        if not accepted:
            return
        # First: what was hidden, erased, joined or parted by somebody whom this waited for is so when it is judged.
        held = hold_named(session, read_batch(accepted))
        accepted = without_erased(session, accepted)
        if not accepted:
            return
        timely = settle_times(accepted, self.timezone)
        verdicts = judge(session, timely.changes, self.timezone)
        if timely.reasons or verdicts.reasons:
            raise Withheld(timely.reasons | verdicts.reasons)
        batch = read_batch(timely.changes)
        changing = _looks_changed(session, batch)
        project_people(session, batch)
        project_sites(session, batch, self.districts, self.crs)
        project_referral_fields(session, batch)
        project_shifts(session, batch)
        project_visits(session, batch, self.districts, self.crs)
        project_needs(session, batch)
        project_consents(session, batch)
        project_answers(session, batch)
        project_documents(session, batch)
        moved = project_referral_steps(session, batch, self.new_id)
        flag_new_relations(session, batch, self.new_id)
        touched = project_contacts(session, batch, self.districts, self.crs, verdicts)
        settle_answered(session, batch)
        renew_districts(session, touched | set(batch.patched.get("person.patched", ())))
        touched |= project_verifications(session, batch) | project_merges(session, batch)
        derive_verification(session, touched, held, batch.received_at, self.new_id, self.timezone, _parted(batch))
        looks.renew_looks(session, changing | _looks_changed(session, batch))
        looks.renew_squares(session, _squares_added_to(session, batch))
        audit.add_lines(session, self._reads(session, batch))
        tell_moved_days(session, batch, moved, self.new_id)
        told = tell_records(session, batch, self.timezone, self.new_id)
        told += settle_joins(session, batch, self.new_id)
        if told:
            self.project(session, told)

    def keep_account(self, session: Session, stored: Sequence[Stored]) -> None:
        """Let the audit say what became of each change that phones have just brought."""
        keep_account(session, stored, self.new_id)

    def _reads(self, session: Session, batch: Batch) -> list[AuditLine]:
        """A line for each record that somebody opened offline."""
        reads = batch.facts.get("record.read", ())
        agency_ids = list_agency_ids(session, {fact.value.worker_id for fact in reads}) if reads else {}
        return [
            AuditLine(
                id=fact.value.id,
                at=_told_at(fact),
                actor_id=fact.value.worker_id,
                agency_id=agency_ids.get(fact.value.worker_id),
                device_number=fact.device,
                action=str(Act.SEE_PERSON if fact.value.subject_kind == "person" else Act.SEE_PLACE),
                subject_kind=fact.value.subject_kind[:40],
                subject_id=fact.value.subject_id[:64],
                purpose=fact.value.purpose[:200],
                detail=f"read on the phone, heard of at {fact.received_at.isoformat(timespec='seconds')}",
            )
            for fact in reads
        ]


def _told_at(fact: Fact) -> datetime:
    """When somebody says that they read a record: no later than it was heard of, and no earlier than a phone could keep it."""
    told: datetime = fact.value.at
    return max(fact.received_at - KEPT_UNSENT, min(told, fact.received_at))


def _looks_changed(session: Session, batch: Batch) -> set[Outing]:
    """The outings that corrections and merges may take somebody from, or bring somebody to. Asked before and after."""
    return looks.list_outings(
        session,
        contact_ids={each.contact_id for each in batch.values("contact.corrected")},
        visit_ids={each.visit_id for each in batch.values("visit.struck")},
        person_ids=_joined(batch),
    )


def _squares_added_to(session: Session, batch: Batch) -> set[Square]:
    return looks.list_squares(
        session,
        {each.id for each in batch.values("contact.recorded")},
        {each.id for each in batch.values("visit.recorded")},
    )


def _parted(batch: Batch) -> set[Id]:
    return {each for told in batch.values("person.merged") if told.undone for each in (told.from_id, told.into_id)}


def _joined(batch: Batch) -> set[Id]:
    return {person_id for each in batch.values("person.merged") for person_id in (each.from_id, each.into_id)}
