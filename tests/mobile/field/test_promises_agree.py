"""Whatever walks there were: her phone and the server wait for her at the same minute, or neither does."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from mobile.field.service import FieldService
from mobile.field.views import VisitDraft
from server.app import create_services
from server.database.engine import Database
from server.http.services import Services
from server.queries.street.lone_working import list_on_shift
from server.queries.sync import store as sync
from server.tables.street.shift import check_in, shift, shift_worker, sign_of_life, visit
from shared.geo.night import outreach_night
from shared.model.shift import Shift, ShiftEnded, ShiftJoined, Visit
from sync.authoring import NewChange
from sync.server import AcceptedChange
from tests.mobile.feeding import feed
from tests.mobile.rig import Rig
from tests.server.cast import make_settings
from tests.web import county

ME, DEAN, TEAM = "aisha", "dean", "watford-outreach"
STEPS = st.one_of(
    st.tuples(st.just("goes out"), st.just(0)),
    st.tuples(st.just("checks in"), st.sampled_from((15, 60, 120))),
    st.tuples(st.just("looks"), st.just(0)),
    st.tuples(st.just("joins"), st.just(0)),
    st.tuples(st.just("goes home"), st.just(0)),
    st.tuples(st.just("dean goes out"), st.just(0)),
    st.tuples(st.just("dean takes her along"), st.just(0)),
    st.tuples(st.just("dean goes home"), st.just(0)),
)


def each_after(*steps: str) -> list[tuple[tuple[str, int], int]]:
    return [((step, 0), 7) for step in steps]


@pytest.fixture
def database_kind() -> str:
    """What a promise is hangs on no database."""
    return "sqlite"


class Night:
    """One night of hers and Dean's, told to her phone and to the server alike."""

    def __init__(self, rig: Rig, services: Services, new_id: Callable[[], str]) -> None:
        self.rig, self.field, self.services, self.new_id = rig, rig.field, services, new_id
        self.her_shifts: list[str] = []
        self.deans: str = ""
        rig.clocks.pass_(hours=48)
        with services.database.writing() as session:
            for table in (check_in, visit, shift_worker, shift, sign_of_life):
                session.execute(delete(table))

    @property
    def now(self) -> datetime:
        return self.rig.clocks.now()

    def do(self, what: str, minutes: int) -> None:
        {
            "goes out": self.goes_out, "looks": self.looks, "joins": self.joins, "goes home": self.goes_home,
            "checks in": lambda: self.checks_in(minutes), "dean goes out": self.dean_goes_out,
            "dean takes her along": self.dean_takes_her_along, "dean goes home": self.dean_goes_home,
        }[what]()  # fmt: skip

    def goes_out(self) -> None:
        if self.field.current_shift() is None:
            self.hear("shift.started", ME, msgspec.structs.replace(self.field.start_shift(), team_id=TEAM))

    def checks_in(self, minutes: int) -> None:
        if self.field.current_shift() is not None:
            self.hear("checkin.made", ME, self.field.check_in(minutes))

    def looks(self) -> None:
        current = self.field.current_shift()
        if current is not None:
            visit_id = self.field.record_visit(VisitDraft(bedding_present=False))
            made = Visit(
                id=visit_id, team_id=TEAM, worker_id=ME, at=self.now, night=outreach_night(self.now),
                shift_id=current.shift.id,
            )  # fmt: skip
            self.hear("visit.recorded", ME, made)

    def joins(self) -> None:
        if self.deans in {each.shift.id for each in self.field.shifts_to_join()}:
            self.field.join_shift(self.deans)
            joined = ShiftJoined(id=self.new_id(), shift_id=self.deans, worker_id=ME, at=self.now)
            self.hear("shift.joined", ME, joined)

    def goes_home(self) -> None:
        current = self.field.current_shift()
        if current is not None:
            self.field.end_shift("")
            ended = ShiftEnded(id=self.new_id(), shift_id=current.shift.id, worker_id=ME, at=self.now)
            self.hear("shift.ended", ME, ended)

    def dean_goes_out(self) -> None:
        """Perhaps once more: his phone died, and the new one knows of no shift."""
        self.deans = self.new_id()
        begun = Shift(id=self.deans, team_id=TEAM, worker_id=DEAN, started_at=self.now, night=outreach_night(self.now))
        self.both_hear("shift.started", begun)

    def dean_takes_her_along(self) -> None:
        if self.deans:
            joined = ShiftJoined(id=self.new_id(), shift_id=self.deans, worker_id=ME, at=self.now)
            self.both_hear("shift.joined", joined)

    def dean_goes_home(self) -> None:
        if self.deans:
            ended = ShiftEnded(id=self.new_id(), shift_id=self.deans, worker_id=DEAN, at=self.now)
            self.deans = ""
            self.both_hear("shift.ended", ended)

    def both_hear(self, kind: str, fact: Any) -> None:
        feed(self.rig, kind, fact, who=DEAN)
        self.hear(kind, DEAN, fact)

    def hear(self, kind: str, who: str, fact: Any) -> None:
        at_ms = int(self.now.timestamp() * 1000)
        entity = fact.shift_id if kind == "shift.ended" else fact.id
        new = NewChange(
            id=self.new_id(), type=kind, scope=f"team:{TEAM}", entity=entity, who=who, at_ms=at_ms,
            payload=msgspec.Raw(msgspec.json.encode(fact)),
        )  # fmt: skip
        with self.services.database.writing() as session:
            published = sync.publish(session, [new], at_ms)
            self.services.project(session, [AcceptedChange(each, each.hlc, at_ms, 0) for each in published])

    def server_waits_until(self) -> datetime | None:
        with self.services.database.reading() as session:
            return next((each.next_due_at for each in list_on_shift(session) if each.worker_id == ME), None)


@pytest.mark.slow
def test_a_phone_and_the_server_wait_for_the_same_minute(
    rig: Rig, field: FieldService, database: Database, database_url: str, tmp_path: Any, clock: Any, new_id: Any
) -> None:
    with database.writing() as session:
        county.fill(session, clock.now)
    services = create_services(make_settings(database_url, tmp_path / "server"), clock, new_id)

    @example(each_after("dean goes out", "dean takes her along", "dean goes out", "dean goes home"))
    @example(each_after("dean goes out", "dean takes her along", "dean goes home", "looks"))
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(STEPS, st.integers(1, 50)), min_size=1, max_size=9))
    def holds(steps: list[tuple[tuple[str, int], int]]) -> None:
        night = Night(rig, services, new_id)
        for step, minutes in steps:
            night.do(*step)
            assert field.check_in_state().due_at == night.server_waits_until(), (step, night.now)
            rig.clocks.pass_(minutes=minutes)

    try:
        holds()
    finally:
        services.database.close()
