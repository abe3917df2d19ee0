"""Keeping nothing past its time (privacy rule A8): the table of rules in `shared.policy.retention`, carried out.

An exact place becomes the middle of its 250 m square after a year, on the server alone: phones forget the contact. After
two years it is gone. A person with whom nobody has dealt for seven years is forgotten everywhere, and stays so after a
restore; one of whom a safeguarding need was recorded waits for somebody to decide. Each piece is one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from server.actions.operation.orders import Ledger
from server.actions.people.erasure import forget_person
from server.actions.sync.projection.holding import hold_people
from server.database.engine import Database
from server.hotspots.grid import leaves_of_points
from server.places.projection import unproject
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine, LedgerEntry
from server.queries.people import documents, retention
from server.queries.people.retention import PLACES, TEXTS, Exact, Places, Point, Texts
from server.queries.street import looks
from server.queries.street.looks import Outing
from server.queries.sync import store as sync
from shared.geo.grid import cell_of, centre_m, parent
from shared.model.value import Id, Value
from shared.policy.retention import Kept, first_kept_day

PIECE = 500
NAME = "retention"


class Retained(Value, frozen=True, kw_only=True):
    """What was, or would be, done. `for_review` are people that somebody must decide about."""

    places_coarsened: int = 0
    places_deleted: int = 0
    pictures_deleted: int = 0
    people_forgotten: int = 0
    words_deleted: int = 0
    for_review: int = 0
    referrers_deleted: int = 0
    lines_deleted: int = 0

    @property
    def done(self) -> int:
        """How many records were changed or deleted."""
        return sum(getattr(self, name) for name in self.__struct_fields__ if name != "for_review")


@dataclass(frozen=True)
class Keeper:
    """Carries the rules out on one database, as of one moment. `heartbeat` is called between two pieces."""

    database: Database
    ledger: Ledger
    crs: str
    zone: ZoneInfo
    now: datetime
    new_id: Callable[[], Id]
    heartbeat: Callable[[], None] = lambda: None

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(self.zone).date()

    def look(self) -> Retained:
        """What is past its time now. Changes nothing."""
        with self.database.reading() as session:
            past = retention.list_people_past(session, self._before(Kept.PERSON))
            review = [each for each in past if retention.has_safeguarding_need(session, each)]
            coarse, gone = self._before(Kept.EXACT_PLACE), self._before(Kept.COARSE_PLACE)
            return Retained(
                places_coarsened=sum(retention.count_exact(session, places, coarse) for places in PLACES),
                places_deleted=sum(retention.count_placed(session, places, gone) for places in PLACES),
                pictures_deleted=documents.count_place_pictures(session, coarse),
                people_forgotten=len(past) - len(review),
                words_deleted=sum(retention.count_words(session, texts, self._before(Kept.NOTE)) for texts in TEXTS),
                for_review=len(review),
                referrers_deleted=retention.count_referrers_past(
                    session, self.today, self._before(Kept.REFERRER_CONTACT)
                ),
                lines_deleted=retention.count_lines_past(session, self._before(Kept.AUDIT)),
            )

    def keep_no_longer(self) -> Retained:
        """Let go of what is past its time, and write down how much."""
        # Coarsening comes first: it is what takes the place from the phones, also where two years went by unlooked at.
        coarsened = sum(self._coarsen(places) for places in PLACES)
        deleted = self._delete_places()
        forgotten, for_review = self._forget_people()
        with self.database.writing() as session:
            told = (self.today, self._before(Kept.REFERRER_CONTACT))
            referrers = retention.count_referrers_past(session, *told)
            retention.delete_referrers_past(session, *told)
            retention.delete_opened_boxes(session, self._before(Kept.EXACT_PLACE))
            # A picture of a place cannot be told less exactly: it goes when the exact place does.
            pictures = documents.delete_place_pictures(session, self._before(Kept.EXACT_PLACE))
        done = Retained(
            places_coarsened=coarsened, places_deleted=deleted, pictures_deleted=pictures,
            people_forgotten=forgotten, for_review=for_review,
            words_deleted=sum(self._delete_words(texts) for texts in TEXTS),
            referrers_deleted=referrers, lines_deleted=self._delete_lines(),
        )  # fmt: skip
        with self.database.writing() as session:
            detail = ", ".join(f"{getattr(done, name)} {name}" for name in done.__struct_fields__)
            audit.add_lines(
                session, [AuditLine(id=self.new_id(), at=self.now, action=NAME, purpose="A8", detail=detail)]
            )
        return done

    def _before(self, kept: Kept) -> datetime:
        """The local midnight before which everything of a kind is past its time."""
        return datetime.combine(first_kept_day(kept, self.today), time(), self.zone)

    def _delete_places(self) -> int:
        deleted = 0
        for places in PLACES:
            self.heartbeat()
            with self.database.writing() as session:
                before = self._before(Kept.COARSE_PLACE)
                outings = _outings_of(session, places, places.at < before)
                deleted += retention.delete_places(session, places, before)
                looks.renew_looks(session, outings)
        return deleted

    def _coarsen(self, places: Places) -> int:
        """What is coarse after this, phones have forgotten: no change that they hear says where it was."""
        before, coarsened = self._before(Kept.EXACT_PLACE), 0
        while True:
            self.heartbeat()
            with self.database.writing() as session:
                found = retention.list_exact(session, places, before, PIECE)
                if not found:
                    retention.drop_named_sites(session, before)
                    return coarsened
                outings = _outings_of(session, places, places.table.c.id.in_([each.id for each in found]))
                retention.set_coarse(session, places, coarse_points(found, self.crs))
                looks.renew_looks(session, outings)
                sync.erase_entities(session, [each.entity for each in found if each.entity], self._now_ms)
            coarsened += len(found)

    def _forget_people(self) -> tuple[int, int]:
        with self.database.reading() as session:
            past = retention.list_people_past(session, self._before(Kept.PERSON))
            review = [each for each in past if retention.has_safeguarding_need(session, each)]
        forgotten = 0
        for person_ids in past:
            if person_ids not in review:
                self.heartbeat()
                forgotten += self._forget(person_ids)
        return forgotten, len(review)

    def _forget(self, person_ids: Sequence[Id]) -> bool:
        """Forget one person, unless somebody has met them, or dealt with them, since they were found: that may be an hour ago."""
        with self.database.writing() as session:
            hold_people(session, person_ids)
            if list(person_ids) not in retention.list_people_past(session, self._before(Kept.PERSON), person_ids):
                return False
            for each in person_ids:
                entry = LedgerEntry(id=self.new_id(), at=self.now, kind="person_erased", subject_id=each)
                self.ledger.write(session, entry)
            audit.add_lines(session, [self._line(each) for each in person_ids])
            forget_person(session, person_ids, self._now_ms)
        return True

    def _line(self, person_id: Id) -> AuditLine:
        return AuditLine(
            id=self.new_id(), at=self.now, action="erase_person", subject_kind="person", subject_id=person_id,
            purpose="A8: seven years since anybody dealt with them",
        )  # fmt: skip

    def _delete_words(self, texts: Texts) -> int:
        """What was written of somebody whom no record names; phones forget it too."""
        deleted = 0
        while True:
            self.heartbeat()
            with self.database.writing() as session:
                found = retention.delete_words(session, texts, self._before(Kept.NOTE), PIECE)
                if not found:
                    return deleted
                if texts.entity:
                    sync.erase_entities(session, found, self._now_ms)
            deleted += len(found)

    def _delete_lines(self) -> int:
        deleted = 0
        while True:
            self.heartbeat()
            with self.database.writing() as session:
                found = retention.delete_lines_past(session, self._before(Kept.AUDIT), PIECE * 10)
            if not found:
                return deleted
            deleted += found

    @property
    def _now_ms(self) -> int:
        return int(self.now.timestamp() * 1000)


def _outings_of(session: Session, places: Places, condition: ColumnElement[bool]) -> set[Outing]:
    """Whose looks follow when places are told less exactly, or no more."""
    return looks.list_outings_placed(session, places.table, condition) if places.has_cell else set()


def coarse_points(found: Sequence[Exact], crs: str) -> dict[Id, Point]:
    """For each row the middle of its 250 m square and the leaf that holds it; what has no point may have a square."""
    placed = [each for each in found if each.latitude is not None and each.longitude is not None]
    leaves = {each.id: each.cell for each in found}
    if placed:
        known = leaves_of_points(crs, np.array([p.latitude for p in placed]), np.array([p.longitude for p in placed]))
        leaves |= dict(zip((each.id for each in placed), known.tolist(), strict=True))
    middles = {row_id: centre_m(parent(leaf)) for row_id, leaf in leaves.items() if leaf is not None}
    points: dict[Id, Point] = dict.fromkeys(leaves, (None, None, None))
    points |= {row_id: (None, None, cell_of(*middle)) for row_id, middle in middles.items()}
    for each in placed:
        latitude, longitude = unproject(crs, *middles[each.id])
        points[each.id] = (float(latitude), float(longitude), cell_of(*middles[each.id]))
    return points
