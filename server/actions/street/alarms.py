"""Looking after who is out: raising an alarm for whoever was not heard, telling one person after another, and its end.

What happens is written in one transaction with the mails and messages that tell it, so that a server that stops in between
loses nothing and says nothing twice. Who is told when is `shared.rules.alarms`; sending is a job's.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.street.owing import Owed, find_ending, first_team, is_owed, list_owed
from server.actions.street.own_alarm import show_to
from server.actions.street.reaching import EVERY_WAY, Reach, Ways
from server.database.context import raised
from server.database.locks import lock_records
from server.database.sql import storable_words
from server.problems import CONFLICTING, Failure, Invalid, InvalidFields, NotFound
from server.queries.operation import outbox
from server.queries.people import subjects
from server.queries.street import alarms, duress, duties, leaves, shifts
from server.queries.street.duties import Duty, Reachable
from server.queries.street.held_walks import HeldWalk, list_held_walks
from server.queries.street.lone_working import list_on_shift
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.mail import Mail, MailFacts, MailKind
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind
from shared.rules.alarms import AGAIN, Ladder, late_comers, next_steps

USEFUL_FOR = timedelta(hours=12)
NOTE_LENGTH = 1000
REACHED = "reached"
"""A sign of life that a colleague reports: they were reached and go on."""
ONE_WATCH = "the watch over who is out"
"""Held by whoever raises alarms: two at once would each raise one about the same worker, and tell everybody twice."""


@dataclass
class Watch:
    """One look at everybody who is out, in one transaction."""

    session: Session
    now: datetime
    new_id: Callable[[], Id]
    ladder: Ladder
    ways: Ways = EVERY_WAY
    faults: list[Exception] = field(default_factory=list)
    """What went wrong about one alarm or another while the others were looked after."""

    def look(self) -> int:
        """Raise, carry on and end alarms; returns how many things happened."""
        lock_records(self.session, [ONE_WATCH])
        # Whoever ends or takes one at this moment goes first, and what they did is seen.
        lock_records(self.session, [alarm.id for alarm in alarms.list_open_alarms(self.session)])
        done = self._hear_duress()
        open_alarms = alarms.list_open_alarms(self.session)
        out = {each.worker_id: each for each in list_on_shift(self.session)}
        walks = self._list_walks(open_alarms)
        owed = list_owed(self.session, self.now, out, walks, open_alarms)
        still = []
        for alarm in open_alarms:
            is_out = alarm.worker_id in out or alarm.worker_id in walks
            if alarm.help is not None or is_owed(alarm, is_out, owed):
                still.append(alarm)
            else:
                ending, why = find_ending(self.session, alarm, is_out)
                event = AlarmEvent(id=self.new_id(), alarm_id=alarm.id, at=self.now, kind=ending, note=why)
                done += self._by_itself(alarm, partial(self.end, alarm, event))
        raised = self._raise(owed, open_alarms)
        reach = Reach(self.session, self.now, self.ladder, out, self.ways)
        for alarm in [*still, *raised]:
            done += self._by_itself(alarm, partial(self._carry_on, alarm, reach))
        return done

    def _by_itself(self, alarm: Alarm, do: Callable[[], int]) -> int:
        """Do something about one alarm. Where that fails it stands in that alarm's log, and the others are told all the same."""
        try:
            with self.session.begin_nested():
                return do()
        except Exception as error:
            # Whatever it was: somebody else is missed too. Whoever runs the watch is told of every fault.
            self.faults.append(error)
            self._write_fault(alarm, type(error).__name__)
            return 0

    def _write_fault(self, alarm: Alarm, fault: str) -> None:
        note = f"A fault of this server kept it from going on here: {fault}. It tries again at once."
        if any(each.note == note and each.at > self.now - AGAIN for each in alarm.events):
            return
        event = AlarmEvent(id=self.new_id(), alarm_id=alarm.id, at=self.now, kind=AlarmEventKind.FAILED, note=note)
        with suppress(DBAPIError), self.session.begin_nested():  # a log that takes no line holds nobody else up either
            alarms.add_events(self.session, [event])

    def _hear_duress(self) -> int:
        """Take every check-in under duress for the call for help that it is; returns how many there were."""
        signs = duress.list_unheard_duress(self.session)
        for sign in signs:
            mine = (each for each in alarms.list_open_alarms(self.session) if each.worker_id == sign.worker_id)
            alarm = next(mine, None) or self._call_for(sign)
            event = AlarmEvent(
                id=sign.id, alarm_id=alarm.id, at=self.now, kind=AlarmEventKind.DURESS, worker_id=sign.worker_id
            )
            alarms.add_events(self.session, [event])
            _ask_no_more(self.session, alarm)
        return len(signs)

    def _call_for(self, sign: duress.Duress) -> Alarm:
        """A new alarm, of the team of her shift or, where the shift has not arrived, of her first team."""
        team_id = sign.team_id or first_team(self.session, sign.worker_id)
        alarm = Alarm(id=self.new_id(), worker_id=sign.worker_id, team_id=team_id, due_at=self.now, raised_at=self.now)
        return alarms.add_alarm(self.session, alarm)

    def find_missed(self) -> list[Alarm]:
        """Everybody who is missed at this moment, raised where that was not; tells nobody and ends nothing."""
        open_alarms = alarms.list_open_alarms(self.session)
        out = {each.worker_id: each for each in list_on_shift(self.session)}
        owed = list_owed(self.session, self.now, out, self._list_walks(open_alarms), open_alarms)
        return [*open_alarms, *self._raise(owed, open_alarms)]

    def _list_walks(self, open_alarms: Sequence[Alarm]) -> dict[Id, HeldWalk]:
        known = {alarm.worker_id for alarm in open_alarms}
        return {each.worker_id: each for each in list_held_walks(self.session, self.now, known)}

    def _raise(self, owed: Sequence[Owed], open_alarms: Sequence[Alarm]) -> list[Alarm]:
        known = {alarm.worker_id for alarm in open_alarms}
        raised: dict[Id, Alarm] = {}
        for each in owed:
            if each.worker_id in known or each.worker_id in raised:
                continue
            if alarms.is_answered(self.session, each.worker_id, each.due_at):
                continue
            alarm = Alarm(
                id=self.new_id(), worker_id=each.worker_id, team_id=each.team_id, due_at=each.due_at, raised_at=self.now
            )
            raised[each.worker_id] = alarms.add_alarm(self.session, alarm)
        return list(raised.values())

    def _carry_on(self, alarm: Alarm, reach: Reach) -> int:
        """Tell whoever must be told now; returns how many."""
        people = reach.list_people(alarm)
        steps = next_steps(alarm, self.ladder, [step for step, found in people.items() if found], self.now)
        told = {step: people.get(step, []) for step in steps}
        if not steps:
            held = {step: [each.worker_id for each in found] for step, found in people.items()}
            told = {
                step: [each for each in people[step] if each.worker_id in late]
                for step, late in late_comers(alarm, held).items()
            }
        events = [event for step, found in told.items() for event in self._tell(alarm, step, found)]
        if events:
            alarms.add_events(self.session, events)
            self._write(alarm, events, [each for found in told.values() for each in found], MailKind.LONE_WORKER)
        return sum(len(found) for found in told.values())

    def _tell(self, alarm: Alarm, step: AlarmStep, found: Sequence[Reachable]) -> list[AlarmEvent]:
        """The lines that these of a step are told, or that there is nobody."""
        event = AlarmEvent(id="", alarm_id=alarm.id, at=self.now, kind=AlarmEventKind.TOLD, step=step)
        if not found:
            note = "There is nobody to tell: nobody has a telephone or an e-mail address that this server can reach."
            return [msgspec.structs.replace(event, id=self.new_id(), note=note)]
        return [msgspec.structs.replace(event, id=self.new_id(), worker_id=each.worker_id) for each in found]

    def end(self, alarm: Alarm, ending: AlarmEvent) -> int:
        """Write how it ended, and say so to everybody who was told of it; returns that it is one thing."""
        alarms.add_events(self.session, [ending])
        outbox.give_up_waiting(self.session, alarm.id, MailKind.LONE_WORKER, "It was over.")
        told = duties.list_reachable(self.session, alarm.told_ids - {alarm.worker_id, ending.worker_id})
        events = [
            AlarmEvent(id=self.new_id(), alarm_id=alarm.id, at=self.now, kind=ending.kind, worker_id=each.worker_id)
            for each in told
        ]
        self._write(alarm, events, told, MailKind.LONE_WORKER_OVER)
        return 1

    def _write(self, alarm: Alarm, events: Sequence[AlarmEvent], people: Sequence[Reachable], kind: MailKind) -> None:
        """Mails and messages that say no more than a first name."""
        about = duties.list_reachable(self.session, [alarm.worker_id], also_left=True)
        facts = MailFacts(
            first_name=alarms.first_name(about[0].name if about else ""), alarm_id=alarm.id,
            asks_help=alarm.help is not None, is_silent=alarm.is_silent, is_put_back=alarm.put_back is not None,
        )  # fmt: skip
        by_id = {each.worker_id: each for each in people}
        mails = [
            Mail(
                id=self.new_id(), key=f"{kind}/{each.id}", kind=kind, queued_at=self.now,
                useful_until=self.now + USEFUL_FOR, facts=facts, about_id=alarm.id, worker_id=each.worker_id,
                agency_id=by_id[each.worker_id].agency_id,
            )
            for each in events
            if each.worker_id in by_id and by_id[each.worker_id].email
        ]  # fmt: skip
        if mails:
            outbox.add_mails(self.session, mails)
        alarms.add_messages(self.session, events, is_over=kind is MailKind.LONE_WORKER_OVER)


def _ask_no_more(session: Session, alarm: Alarm) -> None:
    """Whoever called for help is not asked to be heard: what waits for her would stand on a screen that others may look at."""
    outbox.give_up_waiting(session, alarm.id, MailKind.LONE_WORKER, alarms.CALLED, alarm.worker_id)


# ------------------------------------------------------------------------------------------------- what a person does


def open_alarm(access: Access, alarm_id: Id) -> Alarm:
    """An alarm for whoever may see who is out on that team, or was told of it; as they may see it. Raises NotFound, Forbidden."""
    alarm = show_to(access.session, access.actor.worker_id, _find(access, alarm_id), access.now)
    if alarm is None:
        raise NotFound
    return alarm


def _find(access: Access, alarm_id: Id) -> Alarm:
    with raised(access.session):  # whoever was told may be of another service's team
        alarm = alarms.find_alarm(access.session, alarm_id)
    team = subjects.find_team(access.session, alarm.team_id) if alarm else None
    if alarm is not None and access.actor.worker_id in alarm.told_ids:
        # Also where no team is known: whoever called had none any more, or its end was not waited for.
        known = team or Subject(kind=SubjectKind.SHIFT, id=alarm.team_id)
        team = msgspec.structs.replace(known, worker_id=access.actor.worker_id)
    access.require(Act.SEE_SHIFTS, team, purpose="lone working", detail=alarm_id)
    if alarm is None:
        raise NotFound
    return alarm


def ask_for_help(access: Access, team_id: Id, words: str, ladder: Ladder, ways: Ways = EVERY_WAY) -> Id:
    """Everybody of the team is told at once that the actor asks for help; returns the alarm. Asking again adds the words."""
    mine = access.actor.worker_id
    lock_records(access.session, [ONE_WATCH])
    # Whoever takes it at this moment goes first: what they have is not yet a call for help.
    lock_records(access.session, [each.id for each in _list_own(access)])
    open_alarms = _list_own(access)
    if open_alarms:
        alarm = open_alarms[0]
    else:
        alarm = Alarm(id=access.new_id(), worker_id=mine, team_id=team_id, due_at=access.now, raised_at=access.now)
        alarm = alarms.add_alarm(access.session, alarm)
    is_again = alarm.help is not None and alarm.help.kind is AlarmEventKind.HELP and alarm.taken is None
    kind = AlarmEventKind.NOTED if is_again else AlarmEventKind.HELP
    if words.strip() or not is_again:
        alarms.add_events(access.session, [_said(access, alarm, kind, storable_words(words)[:NOTE_LENGTH])])
    _ask_no_more(access.session, alarm)
    Watch(access.session, access.now, access.new_id, ladder, ways).look()
    return alarm.id


def _list_own(access: Access) -> list[Alarm]:
    return [each for each in alarms.list_open_alarms(access.session) if each.worker_id == access.actor.worker_id]


def take(access: Access, alarm_id: Id, instead_of: Id | None = None) -> None:
    """ "I have it": the first one owns it; another only by taking it over from whoever has it. Raises Failure otherwise.

    It is never the one whom nobody has heard: whoever holds her telephone must not be able to call the others off."""
    alarm = _hold(access, alarm_id)
    if alarm.worker_id == access.actor.worker_id:
        raise Failure(CONFLICTING, "This is about you: say that you go on, or that you are home.")
    holder = alarm.taken.worker_id if alarm.taken else None
    if holder == access.actor.worker_id:
        return
    if holder != instead_of:
        raise Failure(CONFLICTING, "Somebody else has it already. Look again to see who.")
    alarms.add_events(access.session, [_said(access, alarm, AlarmEventKind.TAKEN, "")])


def hear_at_once(access: Access, ladder: Ladder, ways: Ways = EVERY_WAY) -> None:
    """End the search for whoever has just said that they are well, out or home: no page of theirs says any more that they are
    missed. A sign of duress is heard at once too, and looks the same."""
    mine = access.actor.worker_id
    with raised(access.session):  # the watch judges everybody's, also of teams of which this worker sees nothing
        if any(each.worker_id == mine for each in alarms.list_open_alarms(access.session)):
            Watch(access.session, access.now, access.new_id, ladder, ways).look()


def note(access: Access, alarm_id: Id, words: str) -> None:
    """What whoever has it did. Raises Invalid for no words or too many."""
    alarm = _hold(access, alarm_id)
    alarms.add_events(access.session, [_said(access, alarm, AlarmEventKind.NOTED, _check(words))])


def close(access: Access, alarm_id: Id, ending: AlarmEventKind, words: str, ladder: Ladder) -> None:
    """They were reached and go on (WELL: they are expected to be heard again), or are home. It is said how that is known."""
    alarm = _hold(access, alarm_id)
    if alarm.help is not None and alarm.worker_id == access.actor.worker_id:
        raise Failure(CONFLICTING, "You asked for help. A colleague ends this once they have spoken with you.")
    event = _said(access, alarm, ending, _check(words))
    is_made_to = alarm.worker_id == access.actor.worker_id and _find(access, alarm_id).is_silent
    if ending is AlarmEventKind.WELL:
        shifts.note_signs_of_life(access.session, {alarm.worker_id: (access.now, REACHED)})
    elif ending is AlarmEventKind.HOME:
        shifts.go_home(access.session, alarm.worker_id, "", access.now)
    else:
        raise Invalid("Say whether they go on or are home.")
    if is_made_to:  # it is the open search that ends on her screen alone
        alarms.add_events(access.session, [msgspec.structs.replace(event, kind=AlarmEventKind.NOTED)])
        return
    Watch(access.session, access.now, access.new_id, ladder).end(alarm, event)


def hand_over(access: Access, team_id: Id, post: AlarmStep, worker_id: Id) -> None:
    """From now on somebody else holds a post of a team. Raises NotFound, Forbidden, Invalid."""
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team_id), purpose="on duty", detail=str(post))
    if worker_id not in duties.list_eligible(access.session, team_id) or post not in duties.POSTS:
        raise InvalidFields({"worker": "Choose who it is."})
    if worker_id in leaves.find_away(access.session, access.now):
        raise InvalidFields({"worker": "They are on leave. Choose somebody else, or say first that they are back."})
    duties.set_duty(access.session, Duty(
        id=access.new_id(), team_id=team_id, post=post, worker_id=worker_id, since=access.now,
        set_by=access.actor.worker_id,
    ))  # fmt: skip


def _hold(access: Access, alarm_id: Id) -> Alarm:
    """The alarm, held to the end of the transaction so that two presses are one after the other. Raises Failure once it ended."""
    lock_records(access.session, [alarm_id])
    alarm = open_alarm(access, alarm_id)
    if alarm.ended is not None:
        raise Failure(CONFLICTING, "This has ended meanwhile: they were heard, or somebody closed it.")
    return alarm


def _said(access: Access, alarm: Alarm, kind: AlarmEventKind, words: str) -> AlarmEvent:
    return AlarmEvent(
        id=access.new_id(), alarm_id=alarm.id, at=access.now, kind=kind, worker_id=access.actor.worker_id, note=words
    )


def _check(words: str) -> str:
    words = words.strip()
    if not words or len(words) > NOTE_LENGTH or "\0" in words:
        raise Invalid(f"Say what was done, in at most {NOTE_LENGTH} characters.")
    return words
