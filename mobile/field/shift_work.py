"""Going out and coming home: shifts, who is on them, and the check-ins of lone workers. Nobody is alerted from here."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mobile.device.location import position_of
from mobile.field import wording
from mobile.field.drafts import DraftRefused
from mobile.field.journal import Entry, Journal
from mobile.field.own_views import PlannedShift
from mobile.field.views import CheckInState, ShiftSummary
from mobile.opening.context import Context
from mobile.store import contacts, referrals, settings, shifts, visits
from mobile.store.database import Connection
from mobile.store.errors import NotHere
from mobile.store.rows import to_ms
from shared.geo.night import outreach_night
from shared.model.shift import CheckIn, Shift, ShiftEnded, ShiftJoined
from shared.model.value import Id
from shared.rules.check_ins import FIRST_CHECK_IN, Outing, due_at, is_forgotten
from shared.rules.shift_plans import MAY_BE_EARLY, PlanState, state_of

JOINED = "joined shift"
"""The setting that holds which colleague's shift this worker joined by their own hand."""
JOINABLE_HOURS = 18
PLANNED_AHEAD = timedelta(hours=24)
PLANNED_UNTIL = timedelta(hours=12)
"""How long after everybody should be home a plan is still asked about."""


class ShiftWork:
    """The shift of one unlocked phone."""

    def __init__(self, context: Context, journal: Journal) -> None:
        self._context, self._journal = context, journal
        self._is_going = self.current() is not None

    @property
    def is_going(self) -> bool:
        """Is this worker on a shift? Asked every second: remembered, not looked up."""
        return self._is_going

    def current(self) -> ShiftSummary | None:
        """The shift this worker is on."""
        with self._context.store.reading() as connection:
            shift = shifts.find_current(connection, self._context.worker_id, self._context.clock.now())
            return None if shift is None else self._summary(connection, shift)

    def forgotten(self) -> ShiftSummary | None:
        """The newest shift of an earlier night that this worker never ended."""
        now = self._context.clock.now()
        with self._context.store.reading() as connection:
            old = [
                each
                for each in shifts.list_unended(connection, self._context.worker_id)
                if is_forgotten(each.started_at, now)
            ]
            return self._summary(connection, old[0]) if old else None

    def end_forgotten(self) -> None:
        """I came home from every earlier shift that I never ended."""
        with self._journal.writing() as entry:
            self._end_forgotten(entry, self._context.clock.now())

    def _end_forgotten(self, entry: Entry, now: datetime) -> None:
        for old in shifts.list_unended(entry.connection, self._context.worker_id):
            if is_forgotten(old.started_at, now):
                ended = ShiftEnded(
                    id=self._context.new_id(), shift_id=old.id, worker_id=self._context.worker_id, at=now
                )
                entry.fact("shift.ended", ended, old.id)

    def joinable(self) -> list[ShiftSummary]:
        """Colleagues' shifts that are still going."""
        since_ms = to_ms(self._context.clock.now() - timedelta(hours=JOINABLE_HOURS))
        with self._context.store.reading() as connection:
            going = shifts.list_joinable(connection, self._context.worker_id, since_ms)
            return [self._summary(connection, shift) for shift in going]

    def planned(self) -> PlannedShift | None:
        """What is planned for this worker and not done with: the one that begins first."""
        me, now = self._context.worker_id, self._context.clock.now()
        with self._context.store.reading() as connection:
            plans = shifts.list_plans(connection, me, to_ms(now + PLANNED_AHEAD), to_ms(now - PLANNED_UNTIL))
            walks = shifts.list_current(connection, me, now)
            went_out_at = shifts.find_last_walk(connection, me) if plans else None
            since_ms = to_ms(plans[0].starts_at - MAY_BE_EARLY) if plans else 0
            acted_at = shifts.find_last_act(connection, me, since_ms) if plans else None
        for plan in plans:
            state = state_of(
                plan.starts_at,
                plan.back_at,
                went_out_at,
                is_out=bool(walks),
                now=now,
                acted_at=acted_at,
                out_since=walks[-1].started_at if walks else None,
            )
            if state is not PlanState.HOME:
                others = tuple(self._context.name_of(each) for each in plan.worker_ids if each != me)
                return PlannedShift(plan=plan, with_whom=others, state=state)
        return None

    def start(self, area: str, colleague_ids: Sequence[Id]) -> Shift:
        """Start a shift; one that is already going is returned instead. Colleagues named here join it."""
        now = self._context.clock.now()
        with self._journal.writing() as entry:
            going = shifts.find_current(entry.connection, self._context.worker_id, now)
            if going is not None:
                return going
            self._end_forgotten(entry, now)
            shift = Shift(
                id=self._context.new_id(),
                team_id=self._context.config.team.id,
                worker_id=self._context.worker_id,
                started_at=now,
                night=outreach_night(now),
                area=area,
            )
            entry.fact("shift.started", shift, shift.id)
            self._is_going = True
            for colleague_id in colleague_ids:
                joined = ShiftJoined(id=self._context.new_id(), shift_id=shift.id, worker_id=colleague_id, at=now)
                entry.fact("shift.joined", joined, shift.id)
        return shift

    def join(self, shift_id: Id) -> ShiftSummary:
        """Join a colleague's shift. Raises `NotHere`."""
        with self._journal.writing() as entry:
            shift = shifts.find_shift(entry.connection, shift_id)
            if shift is None:
                raise NotHere
            if self._context.worker_id not in shifts.list_workers(entry.connection, shift_id):
                joined = ShiftJoined(
                    id=self._context.new_id(),
                    shift_id=shift_id,
                    worker_id=self._context.worker_id,
                    at=self._context.clock.now(),
                )
                entry.fact("shift.joined", joined, shift_id)
                settings.put_setting(entry.connection, JOINED, shift_id)
            self._is_going = True
            return self._summary(entry.connection, shift)

    def end(self, summary: str) -> ShiftSummary:
        """I came home, from every shift that I was on: a colleague may have taken me along beside my own. Raises `DraftRefused`
        when there is none."""
        now = self._context.clock.now()
        with self._journal.writing() as entry:
            shift = self._going(entry.connection)
            for each in shifts.list_current(entry.connection, self._context.worker_id, now):
                ended = ShiftEnded(
                    id=self._context.new_id(),
                    shift_id=each.id,
                    worker_id=self._context.worker_id,
                    at=now,
                    summary=summary if each.id == shift.id else "",
                )
                entry.fact("shift.ended", ended, each.id)
            self._is_going = False
            return self._summary(entry.connection, shift)

    def check_in(self, next_due_minutes: int | None, duress: bool) -> CheckIn:
        """I am well (or, under duress, made to say so), and say so again in so many minutes. Raises `DraftRefused` without a
        shift."""
        now = self._context.clock.now()
        fix = self._context.whereabouts.last()
        with self._journal.writing() as entry:
            check_in = CheckIn(
                id=self._context.new_id(),
                shift_id=self._going(entry.connection).id,
                worker_id=self._context.worker_id,
                at=now,
                next_due_at=None if next_due_minutes is None else now + timedelta(minutes=next_due_minutes),
                position=None if fix is None else position_of(fix, self._context.clock.uptime_ms()),
                duress=duress,
            )
            entry.fact("checkin.made", check_in, check_in.shift_id)
        return check_in

    def check_in_state(self) -> CheckInState:
        """The timer, and whose check-in is late as far as this phone knows."""
        now = self._context.clock.now()
        with self._context.store.reading() as connection:
            walks = shifts.list_current(connection, self._context.worker_id, now)
            if not walks:
                return CheckInState()
            shift = walks[0]
            newest = {one.worker_id: one for one in shifts.list_newest_check_ins(connection, shift.id)}
            present = shifts.list_workers(connection, shift.id)
            unsent = self._journal.unsent_ids(connection)
            # A promise belongs to its worker: one given on the shift before a colleague took them along still stands.
            mine = shifts.find_newest_check_in(connection, self._context.worker_id, [each.id for each in walks])
            begun_at = self._begun_at(connection, walks, mine)
        begun = {shift.worker_id: shift.started_at, self._context.worker_id: begun_at}
        # Going out is a promise too: whoever began the shift is heard within the hour.
        said = newest if mine is None else newest | {self._context.worker_id: mine}
        due = {worker_id: _due_at(begun.get(worker_id), said.get(worker_id)) for worker_id in present}
        late = [worker_id for worker_id, due_at in due.items() if due_at is not None and due_at < now]
        along_with = self._context.name_of(shift.worker_id) if begun_at is None and mine is None else ""
        return CheckInState(
            shift_id=shift.id,
            last=mine,
            due_at=due.get(self._context.worker_id),
            is_overdue=self._context.worker_id in late,
            others_overdue=tuple(self._context.name_of(w) for w in late if w != self._context.worker_id),
            is_sent=shift.id not in unsent,
            along_with=along_with,
            message=_say_reach(mine, shift.id in unsent, along_with),
        )

    def _begun_at(self, connection: Connection, walks: Sequence[Shift], mine: CheckIn | None) -> datetime | None:
        """When this worker last went out by their own hand: began a shift, joined one, or did something after a colleague took
        them along; or when that colleague left them alone. None while none of it is so: the server waits for no word of theirs,
        and this phone must not say that it does.
        """
        me, joined_here = self._context.worker_id, settings.find_setting(connection, JOINED, str)
        came = {each.id: shifts.find_joined_at(connection, each.id, me) or each.started_at for each in walks}
        own = [came[each.id] for each in walks if each.worker_id == me or each.id == joined_here]
        if own or mine is not None:
            return max(own) if own else mine.at if mine is not None else None
        led = [each for each in walks if not _is_taken_home(connection, me, each, came[each.id])]
        if not led:
            return None
        acted_at = shifts.find_last_act(connection, me, to_ms(min(came[each.id] for each in led)))
        if acted_at is not None:
            return acted_at
        newest = max(led, key=lambda each: came[each.id])
        ends = shifts.list_ends(connection, newest.worker_id)
        left_at = next((at for known, at in ends if known != newest.id and at > newest.started_at), None)
        return None if left_at is None else max(came[newest.id], left_at)

    def _going(self, connection: Connection) -> Shift:
        shift = shifts.find_current(connection, self._context.worker_id, self._context.clock.now())
        if shift is None:
            raise DraftRefused("Start a shift first.")
        return shift

    def _summary(self, connection: Connection, shift: Shift) -> ShiftSummary:
        met = [row.contact for row in contacts.list_of_shift(connection, shift.id)]
        looked = visits.list_of_shift(connection, shift.id)
        since_ms = to_ms(shift.started_at)
        return ShiftSummary(
            shift=shift,
            is_mine=shift.worker_id == self._context.worker_id,
            joined=self._context.worker_id in shifts.list_workers(connection, shift.id),
            started_by=self._context.name_of(shift.worker_id),
            contacts=len(met),
            people=len({person for contact in met for person in contact.person_ids})
            + sum(contact.unidentified_people for contact in met),
            visits=len(looked),
            referrals_progressed=referrals.count_progressed(connection, self._context.worker_id, since_ms),
            not_yet_sent=self._journal.unsent_count(),
        )


def _is_taken_home(connection: Connection, worker_id: Id, shift: Shift, came_at: datetime) -> bool:
    """Has whoever took them along said that the walk is over, before they did anything by themselves? The server holds both for
    home."""
    home_at = next((at for known, at in shifts.list_ends(connection, shift.worker_id) if known == shift.id), None)
    return home_at is not None and not shifts.find_last_act(connection, worker_id, to_ms(came_at), to_ms(home_at))


def _due_at(begun_at: datetime | None, newest: CheckIn | None) -> datetime | None:
    """When a worker of a shift is heard next, as the server reckons too: whoever was only taken along promised nothing."""
    if newest is None:
        return None if begun_at is None else begun_at + FIRST_CHECK_IN
    promised_at = newest.next_due_at or newest.at + FIRST_CHECK_IN
    return due_at(Outing(since=begun_at or newest.at, checked_in_at=newest.at, promised_at=promised_at))


def _say_reach(mine: CheckIn | None, is_unsent: bool, along_with: str) -> str:
    """Honest words about who would notice."""
    if along_with:
        return f"You are out with {along_with} and promised nothing yourself. Check in to be looked after by yourself."
    when = "You have not checked in on this shift."
    if mine is not None:
        when = f"You said you were well at {wording.say_time(mine.at)}."
    if is_unsent:
        return f"{when} This phone is offline: nobody else knows that yet. Tell a colleague before you go on alone."
    return f"{when} Lantern has it. If you are late, your colleagues who are out are told first, then your lead."
