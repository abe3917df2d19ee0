"""The law of lone working, as a machine of phones that are wrong, dark, locked or dead, forgotten shifts, restarting servers:

whoever promised to be heard and was not is named to a living person within five minutes of grace, and nobody else is.

What the machine knows is the truth: real times, and what has reached the server. It never asks the rules it tests.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete

from server.actions.street.alarms import Watch
from server.actions.sync.validation import validate
from server.database.context import Kind, acting
from server.http.services import Services
from server.queries.street import alarms, plans
from server.queries.street.plans import ShiftPlan
from server.queries.sync import store as sync
from server.tables.operation.device import device_enrolment
from server.tables.operation.mail import mail
from server.tables.operation.session import sign_in_session
from server.tables.street.alarm import alarm, alarm_event, alarm_message
from server.tables.street.plan import shift_plan, shift_plan_worker
from server.tables.street.shift import check_in, shift, shift_worker, sign_of_life, visit
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined, Visit
from shared.rules.alarms import DEFAULT_LADDER
from sync.authoring import NewChange
from sync.authoring import number as number_change
from sync.reading import decode_batch
from sync.wire import Change
from tests.server.cast import make_settings
from tests.server.running import services_as_served
from tests.web import county

TEAM = "watford-outreach"
HOUR, GRACE = timedelta(hours=1), timedelta(minutes=5)
LATE, EARLY = timedelta(minutes=15), timedelta(hours=3)
BEGUN = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
"""The night in which clocks here go back."""
WALKERS = ("aisha", "dean")
EMPTIED = (
    shift_plan_worker,
    shift_plan,
    alarm_message,
    alarm_event,
    alarm,
    check_in,
    visit,
    shift_worker,
    shift,
    sign_of_life,
    mail,
)


class Phone:
    """A phone: how wrong its clock is, whether it has signal, and what it has not sent. Its uptime is always right."""

    def __init__(self, number: int, who: str) -> None:
        self.number, self.who = number, who
        self.is_off, self.fast, self.is_locked, self.is_dead = False, timedelta(0), False, False
        self.counted, self.acked = 0, 0
        self.unsent: list[tuple[Change, Callable[[], None]]] = []

    @property
    def is_usable(self) -> bool:
        """Whether more than a check-in can be made on it."""
        return not (self.is_dead or self.is_locked)


class Walk(NamedTuple):
    """A worker's part of a shift: since when, and who took them along if they did not come by themselves."""

    since: datetime
    taken_by: str | None


class Truth:
    """What a worker really did, as far as the server has been told."""

    def __init__(self) -> None:
        self.walks: dict[str, Walk] = {}
        self.known: set[str] = set()
        """Every shift that they ever walked: whoever has gone home from it is not taken along on it again."""
        self.taken_home: dict[str, tuple[Walk, datetime]] = {}
        """The shifts from which a colleague took them home, and when."""
        self.went_out_at: datetime | None = None
        """When they last went out by their own hand, since they were last at home."""
        self.left_alone_at: datetime | None = None
        self.promise: tuple[datetime, datetime] | None = None
        """Their newest check-in, and when it said that they would be heard."""
        self.acted: datetime | None = None
        self.planned: tuple[datetime, datetime] | None = None
        """From when to when a plan expects them; the last one that was made."""
        self.went_out: datetime | None = None
        self.last_act: datetime | None = None

    @property
    def out_since(self) -> datetime | None:
        return min((each.since for each in self.walks.values()), default=None)

    def owes_word_at(self) -> datetime | None:
        """When they must have been heard, by what the server was told: the earliest of a check-in and what was planned."""
        owed = [each for each in (self._owes_check_in_at(), self._owes_the_plan_at()) if each is not None]
        return min(owed, default=None)

    def come_home(self) -> None:
        """What is still true of somebody who has come home: what was planned, and what they did."""
        self.walks, self.went_out_at, self.left_alone_at, self.promise, self.acted = {}, None, None, None, None

    def _owes_the_plan_at(self) -> datetime | None:
        if self.planned is None:
            return None
        starts, back = self.planned
        if self.out_since is not None:
            is_on_it = self.out_since < back
            return back + LATE if is_on_it and not (self.last_act and self.last_act >= back) else None
        signs = [each for each in (self.went_out, self.last_act) if each is not None and each >= starts - EARLY]
        return None if signs else starts + LATE

    def _owes_check_in_at(self) -> datetime | None:
        if not self.walks:
            return None
        begun = self._answers_for_themselves_since()
        if begun is None:
            return None
        due = begun + HOUR
        if self.promise is not None:
            # Going out once more puts a promise that stands neither off nor forward, but adds its own.
            said_at, promised = self.promise
            due = promised if said_at >= begun else min(promised, due) if promised > begun else due
            begun = max(begun, said_at) if said_at >= begun else begun
        return due if self.acted is None or self.acted < due else self.acted + min(due - begun, HOUR)

    def _answers_for_themselves_since(self) -> datetime | None:
        """None while somebody else answers for them: whoever was taken along and did nothing."""
        if self.went_out_at is not None:
            return self.went_out_at
        if self.promise is not None or self.acted is not None:
            return self.promise[0] if self.promise is not None else self.acted
        return self.left_alone_at


class Night(RuleBasedStateMachine):
    """One night over one server."""

    services: ClassVar[Services]
    numbers: ClassVar[int] = 100

    @initialize()
    def begin(self) -> None:
        with self.services.database.writing() as session:
            for table in EMPTIED:
                session.execute(delete(table))
        self.now, self.count = BEGUN, 0
        Night.numbers += 100
        self.phones = {who: Phone(Night.numbers + place, who) for place, who in enumerate(WALKERS)}
        self.truth = {who: Truth() for who in WALKERS}
        self.shifts: dict[str, str] = {}
        self.along = ""
        """The shift of Aisha's that Dean walks along on, once the server knows."""
        self.numbers_used = len(WALKERS)
        for phone in self.phones.values():
            self.register(phone)

    # --- what people do

    @rule(who=st.sampled_from(WALKERS))
    def goes_out(self, who: str) -> None:
        if not self.phones[who].is_usable:
            return
        at, known = self.said_now(who), self.new_id()
        self.shifts[who] = known
        begun = Shift(id=known, team_id=TEAM, worker_id=who, started_at=at, night=at.date())
        self.write(who, "shift.started", begun, lambda at=self.now: self.heard_out(who, known, at))

    @precondition(lambda self: "aisha" in self.shifts and self.phones["aisha"].is_usable)
    @rule()
    def takes_dean_along(self) -> None:
        """Whether he is out already or not, and perhaps for the second time."""
        shift_id = self.shifts["aisha"]
        joined = ShiftJoined(id=self.new_id(), shift_id=shift_id, worker_id="dean", at=self.said_now("aisha"))
        self.write("aisha", "shift.joined", joined, lambda at=self.now: self.heard_along(shift_id, at))

    @rule(who=st.sampled_from(WALKERS), minutes=st.sampled_from((10, 30, 60, 90, 120, None)))
    def checks_in(self, who: str, minutes: int | None) -> None:
        shift_id = self.walks_on(who)
        if shift_id:
            at = self.said_now(who)
            length = HOUR if minutes is None else timedelta(minutes=minutes)
            made = CheckIn(
                id=self.new_id(), shift_id=shift_id, worker_id=who, at=at,
                next_due_at=None if minutes is None else at + length,
            )  # fmt: skip
            self.write(who, "checkin.made", made, lambda at=self.now: self.heard_well(who, shift_id, at, length))

    @rule(who=st.sampled_from(WALKERS))
    def looks_somewhere(self, who: str) -> None:
        shift_id = self.walks_on(who)
        if shift_id:
            at = self.said_now(who)
            made = Visit(id=self.new_id(), team_id=TEAM, worker_id=who, at=at, night=at.date(), shift_id=shift_id)
            self.write(who, "visit.recorded", made, lambda at=self.now: self.heard_acting(who, shift_id, at))

    @rule(who=st.sampled_from(WALKERS))
    def goes_home(self, who: str) -> None:
        shift_id = self.walks_on(who)
        if shift_id and self.phones[who].is_usable:
            self.now += timedelta(minutes=1)  # nobody is home in the instant in which they went out
            self.look()
            self.shifts.pop(who, None)
            self.along = "" if who == "dean" else self.along
            ended = ShiftEnded(id=self.new_id(), shift_id=shift_id, worker_id=who, at=self.said_now(who))
            self.write(who, "shift.ended", ended, lambda at=self.now: self.heard_home(who, shift_id, at))

    @rule(who=st.sampled_from(WALKERS), in_minutes=st.sampled_from((0, 30)), hours=st.sampled_from((1, 3)))
    def is_planned(self, who: str, in_minutes: int, hours: int) -> None:
        """A lead plans on a page: the server knows at once."""
        if self.truth[who].planned is not None:
            return
        begun = self.now + timedelta(minutes=in_minutes)
        plan = ShiftPlan(
            id=self.new_id(), team_id=TEAM, area="", starts_at=begun, back_at=begun + timedelta(hours=hours), set_by="tom",
            set_at=self.now, worker_ids=(who,),
        )  # fmt: skip
        with self.services.database.writing() as session:
            plans.add_plan(session, plan)
        self.truth[who].planned = (plan.starts_at, plan.back_at)

    # --- what befalls phones and servers

    @rule(who=st.sampled_from(WALKERS), is_locked=st.booleans())
    def phone_is_locked(self, who: str, is_locked: bool) -> None:
        """A locked phone hands its sealed outbox on; only a check-in can be made on it."""
        self.phones[who].is_locked = is_locked

    @rule(who=st.sampled_from(WALKERS))
    def phone_dies(self, who: str) -> None:
        """What it had not sent is gone, nothing comes from it any more; the next one knows of no shift: forgotten."""
        self.phones[who].unsent.clear()
        self.shifts.pop(who, None)
        self.along = "" if who == "dean" else self.along
        self.phones[who].is_dead = True

    @precondition(lambda self: any(each.is_dead for each in self.phones.values()))
    @rule(who=st.sampled_from(WALKERS))
    def takes_another_phone(self, who: str) -> None:
        if self.phones[who].is_dead:
            self.phones[who] = Phone(Night.numbers + self.numbers_used, who)
            self.numbers_used += 1
            self.register(self.phones[who])

    @rule(is_in=st.booleans())
    def lead_signs_in_or_out(self, is_in: bool) -> None:
        """Whoever is told need not be looking: a session of the lead's changes nothing."""
        with self.services.database.writing() as session:
            session.execute(delete(sign_in_session))
            if is_in:
                county.add(session, sign_in_session, {
                    "token_hash": self.new_id(), "worker_id": "tom", "csrf_token": "x", "created_at": self.now,
                    "last_seen_at": self.now,
                })  # fmt: skip

    @rule()
    def server_is_restarted(self) -> None:
        """Everything that it knew beside the database is gone."""
        old = Night.services
        Night.services = services_as_served(old.settings, old.clock, old.new_id)
        old.database.close()

    @rule(who=st.sampled_from(WALKERS), hours=st.sampled_from((-2, 0, 0, 6, 24 * 365)))
    def clock_is_set(self, who: str, hours: int) -> None:
        self.phones[who].fast = timedelta(hours=hours)

    @rule(who=st.sampled_from(WALKERS), is_off=st.booleans())
    def signal(self, who: str, is_off: bool) -> None:
        self.phones[who].is_off = is_off
        self.send(who)

    @rule(minutes=st.sampled_from((1, 4, 12, 31)))
    def time_passes(self, minutes: int) -> None:
        for _ in range(max(1, minutes // 2)):
            self.now += timedelta(minutes=minutes / max(1, minutes // 2))
            self.look()

    @rule(hours=st.sampled_from((3, 40)))
    def server_is_off(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.look()
        self.now += timedelta(minutes=3)

    # --- the law

    @invariant()
    def whoever_was_not_heard_is_named_and_nobody_else(self) -> None:
        if not hasattr(self, "now"):
            return
        self.look()
        with self.services.database.reading() as session:
            named = {each.worker_id: each for each in alarms.list_open_alarms(session)}
        for who, truth in self.truth.items():
            due = truth.owes_word_at()
            if due is None or due > self.now:
                assert who not in named, f"{who} was named, and owes no word before {due}"
            elif due + GRACE <= self.now:
                assert who in named, f"{who} was not heard since {due}, and nobody was told"
                assert named[who].told_ids - {who}, f"{who} was named to nobody else"

    # --- how it is done

    def look(self) -> None:
        """A round of the job, by a server that knows nothing but what is stored."""
        with acting(Kind.JOB), self.services.database.writing() as session:
            Watch(session, self.now, self.services.new_id, DEFAULT_LADDER).look()

    def register(self, phone: Phone) -> None:
        with self.services.database.writing() as session:
            sync.register_device(
                session, scopes=[f"team:{TEAM}"], label=phone.who, now_ms=ms(self.now), number=phone.number
            )
            county.add(session, device_enrolment, {
                "number": phone.number, "worker_id": phone.who, "team_id": TEAM, "label": "", "signing_key": "",
                "enrolled_at": self.now, "confirmed_at": self.now,
            })  # fmt: skip

    def new_id(self) -> str:
        self.count += 1
        return f"n{Night.numbers}-{self.count}"

    def walks_on(self, who: str) -> str:
        """The shift that their phone puts what they do on: their own, else the one that they walk along on."""
        return self.shifts.get(who) or (self.along if who == "dean" else "")

    def said_now(self, who: str) -> datetime:
        return self.now + self.phones[who].fast

    def write(self, who: str, kind: str, fact: Any, heard: Callable[[], None]) -> None:
        phone = self.phones[who]
        if not phone.is_usable and (phone.is_dead or kind != "checkin.made"):
            return
        phone.counted += 1
        at_ms = ms(self.said_now(who))
        new = NewChange(
            id=f"c{phone.number}-{phone.counted}", type=kind, scope=f"team:{TEAM}", entity=fact.id, who=who, at_ms=at_ms,
            up_ms=ms(self.now) - ms(BEGUN), boot="b1", payload=msgspec.Raw(msgspec.json.encode(fact)),
        )  # fmt: skip
        change = number_change(new, phone.number, phone.counted, at_ms << 16, {})
        phone.unsent.append((change, heard))
        self.send(who)

    def send(self, who: str) -> None:
        phone = self.phones[who]
        if phone.is_off or phone.is_dead or not phone.unsent:
            return
        body = {
            "device": phone.number, "now": ms(self.said_now(who)), "app": "0.1.0", "up": ms(self.now) - ms(BEGUN),
            "boot": "b1", "events": [change for change, _ in phone.unsent],
        }  # fmt: skip
        batch = decode_batch(msgspec.json.encode(body), validate=validate)
        with self.services.database.writing() as session:
            sync.push(session, phone.number, batch, ms(self.now), self.services.project)
            assert [each.reason for each in sync.list_quarantined(session, phone.number)] == []
        for _, heard in phone.unsent:
            heard()
        phone.unsent.clear()

    # --- the truth, once the server has been told

    def heard_out(self, who: str, shift_id: str, at: datetime) -> None:
        truth = self.truth[who]
        truth.walks[shift_id] = Walk(at, None)
        truth.went_out_at = max(at, truth.went_out_at or at)
        truth.went_out = max(at, truth.went_out or at)

    def heard_along(self, shift_id: str, at: datetime) -> None:
        truth = self.truth["dean"]
        if shift_id not in truth.known:
            truth.known.add(shift_id)
            truth.walks[shift_id] = Walk(at, "aisha")
            truth.went_out = max(at, truth.went_out or at)
            truth.left_alone_at = None
        self.along = shift_id

    def heard_well(self, who: str, shift_id: str, at: datetime, length: timedelta) -> None:
        truth = self.truth[who]
        self.take_up_again(truth, shift_id, at, is_check_in=True)
        truth.promise = at, at + length
        truth.acted = truth.last_act = max(at, truth.last_act or at)

    def heard_acting(self, who: str, shift_id: str, at: datetime) -> None:
        truth = self.truth[who]
        self.take_up_again(truth, shift_id, at, is_check_in=False)
        truth.acted = truth.last_act = max(at, truth.last_act or at)

    def take_up_again(self, truth: Truth, shift_id: str, at: datetime, is_check_in: bool) -> None:
        """Whoever was taken home by a colleague is out still where they did something before that, or say so after it."""
        walk, home_at = truth.taken_home.get(shift_id, (None, at))
        if walk is not None and (walk.since <= at < home_at or (is_check_in and at > home_at)):
            truth.walks[shift_id] = walk
            del truth.taken_home[shift_id]

    def heard_home(self, who: str, shift_id: str, at: datetime) -> None:
        truth, dean = self.truth[who], self.truth["dean"]
        truth.come_home()
        if who == "dean":
            truth.taken_home.clear()
            return
        led = {known: walk for known, walk in dean.walks.items() if walk.taken_by == who}
        walk = led.get(shift_id)
        if walk is not None and not (dean.acted and dean.acted >= walk.since):
            dean.taken_home[shift_id] = (dean.walks.pop(shift_id), at)
            if not dean.walks:
                dean.come_home()
        if led and dean.walks:
            dean.left_alone_at = at


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_whoever_was_not_heard_is_named_to_a_living_person_and_nobody_else_is(
    database: Any, database_url: str, tmp_path: Any, clock: Any, new_id: Callable[[], str]
) -> None:
    with database.writing() as session:
        county.fill(session, BEGUN)
    services = services_as_served(make_settings(database_url, tmp_path / "data"), clock, new_id)
    Night.services = services
    checks = (HealthCheck.too_slow, HealthCheck.data_too_large)
    chosen = settings(max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=checks)
    try:
        run_state_machine_as_test(Night, settings=chosen)
    finally:
        Night.services.database.close()
