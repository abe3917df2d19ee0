"""An alarm about somebody who promised to be heard and was not, and everything that came of it. Nothing is ever taken back:
where an alarm stands follows from what happened to it."""

from datetime import datetime
from enum import Enum

from shared.model.value import Id, Value


class AlarmStep(str, Enum):
    """Who is told, one step after another. EVERYBODY is no step that can be left out."""

    WORKER = "worker"
    COLLEAGUES = "colleagues"
    LEAD = "lead"
    DEPUTY = "deputy"
    MANAGER = "manager"
    EVERYBODY = "everybody"

    def __str__(self) -> str:
        return self.value


class AlarmEventKind(str, Enum):
    """What happened to an alarm. HELP: the worker themselves asked for help; DURESS: by a check-in that they were made to
    make, and nobody near them may notice that it was understood. TOLD: somebody is being told; SENT, FAILED: what
    became of the message. TAKEN: somebody has it. NOTED: what they did. HEARD, WELL, HOME: how it ended. PUT_BACK: the server
    was restored from an older backup, and what happened since that was made is not known any more. GIVEN_UP: whoever had it was
    let go."""

    HELP = "help"
    DURESS = "duress"
    TOLD = "told"
    SENT = "sent"
    FAILED = "failed"
    TAKEN = "taken"
    NOTED = "noted"
    HEARD = "heard"
    WELL = "well"
    HOME = "home"
    PUT_BACK = "put_back"
    GIVEN_UP = "given_up"

    def __str__(self) -> str:
        return self.value


ENDS = frozenset({AlarmEventKind.HEARD, AlarmEventKind.WELL, AlarmEventKind.HOME})
CALLS = frozenset({AlarmEventKind.HELP, AlarmEventKind.DURESS})
"""The worker themselves called for help, whether that may be seen or not."""
ANEW = CALLS | {AlarmEventKind.PUT_BACK, AlarmEventKind.GIVEN_UP}
"""After each of these somebody is needed anew, and everybody is told at once."""

BY_MAIL = "mail"
"""The note of what was SENT as a mail; of a message it is the gateway's channel."""


class AlarmEvent(Value, frozen=True, kw_only=True):
    """One line of an alarm's log. `worker_id` is who was told, or who did it; None for the server itself."""

    id: Id
    alarm_id: Id
    at: datetime
    kind: AlarmEventKind
    step: AlarmStep | None = None
    worker_id: Id | None = None
    note: str = ""


class Alarm(Value, frozen=True, kw_only=True):
    """A worker was due to be heard at `due_at` and was not. `events` are in the order in which they happened."""

    id: Id
    worker_id: Id
    team_id: Id
    due_at: datetime
    raised_at: datetime
    events: tuple[AlarmEvent, ...] = ()

    @property
    def promised_at(self) -> datetime:
        """When the promise was due: a second alarm about one promise stands microseconds after it (`add_alarm`)."""
        return self.due_at.replace(microsecond=self.due_at.microsecond // 1000 * 1000)

    @property
    def ended(self) -> AlarmEvent | None:
        return next((each for each in self.events if each.kind in ENDS), None)

    @property
    def taken(self) -> AlarmEvent | None:
        """Who has it now: the last one who said so. Whoever asks for help after that needs somebody anew; and after a restore
        nobody knows whether another took it over."""
        asked = ANEW | {AlarmEventKind.TAKEN}
        last = next((each for each in reversed(self.events) if each.kind in asked), None)
        return last if last is not None and last.kind is AlarmEventKind.TAKEN else None

    @property
    def help(self) -> AlarmEvent | None:
        """The last time that the worker asked for help; None where they were only not heard."""
        return next((each for each in reversed(self.events) if each.kind in CALLS), None)

    @property
    def put_back(self) -> AlarmEvent | None:
        """The restore since which nobody has said that they have it."""
        return self._untaken(AlarmEventKind.PUT_BACK)

    @property
    def given_up(self) -> AlarmEvent | None:
        """That whoever had it was let go, and since then nobody has said that they have it."""
        return self._untaken(AlarmEventKind.GIVEN_UP)

    def _untaken(self, kind: AlarmEventKind) -> AlarmEvent | None:
        last = next((each for each in reversed(self.events) if each.kind in (kind, AlarmEventKind.TAKEN)), None)
        return last if last is not None and last.kind is kind else None

    @property
    def is_silent(self) -> bool:
        """Whether whoever is about the worker may not notice it: nothing of it is shown where they are signed in."""
        return any(each.kind is AlarmEventKind.DURESS for each in self.events)

    @property
    def told_ids(self) -> frozenset[Id]:
        """Everybody who was told."""
        told = (each.worker_id for each in self.events if each.kind is AlarmEventKind.TOLD)
        return frozenset(each for each in told if each is not None)

    @property
    def reached_ids(self) -> frozenset[Id]:
        """Everybody for whom a message has left, by one way at least."""
        return self._settled(AlarmEventKind.SENT)

    @property
    def unreached_ids(self) -> frozenset[Id]:
        """Everybody of whom every way that was tried to its end has failed."""
        return self._settled(AlarmEventKind.FAILED) - self.reached_ids

    def _settled(self, kind: AlarmEventKind) -> frozenset[Id]:
        return frozenset(each.worker_id for each in self.events if each.kind is kind and each.worker_id is not None)


class OwnAlarm(Value, frozen=True, kw_only=True):
    """What the one who is missed is told of the search for them: who has it and since when, and for whom a message has left.
    `help_at` is when they asked for help, if they did."""

    help_at: datetime | None = None
    taken_by: str = ""
    taken_at: datetime | None = None
    reached: tuple[str, ...] = ()
