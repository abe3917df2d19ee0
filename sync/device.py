"""The phone's half of the protocol: what an answer of the server means for what the phone keeps and shows.

Every function decides from values that the store hands in and returns values for the store to write in one transaction.
No SQL, no clock, no transport. What a phone shows of a change is never a flag that could go stale: it follows from what the
feeds have said of it (`standing`).
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Final

from msgspec import Struct, structs

from shared.model.value import NO_JSON
from sync import clock
from sync.wire import (
    ELSEWHERE,
    ERASE,
    EVICT,
    HELD,
    PUT,
    UNREAD,
    Cursor,
    PullAnswer,
    PullRequest,
    PushAnswer,
    Refusal,
    Row,
    is_null,
    read_change,
    read_held,
)

ACTIVE: Final = "active"
LEAVING: Final = "leaving"
WIPED: Final = "wiped"


class DeviceState(Struct, frozen=True, kw_only=True):
    """What a phone knows of itself. All of it is kept in one row and changes with the data it speaks of.

    `last_n` is the number of its last own change, `acked` the last that the server holds, `safe` the last that every backup
    holds. `granted` are the scopes the server last named. `is_whole` is False once a change of the log was forgotten.
    `forked_at` is the first number that another copy of this phone has used: it must take a new number.
    """

    device: int
    last_n: int = 0
    acked: int = 0
    safe: int = 0
    hlc: int = 0
    cursors: dict[str, Cursor] = {}
    granted: tuple[str, ...] = ()
    is_whole: bool = True
    status: str = ACTIVE
    forked_at: int | None = None


class Known(Struct, frozen=True):
    """What the store holds of one change. `n` is its number in the own log, None for a change of others.

    `words` is what each feed said last of it. `scope` is where it was recorded.
    """

    id: str
    n: int | None
    scope: str
    eff: int
    is_shown: bool
    words: Mapping[str, str]


class Standing(Enum):
    """Where a change stands on this phone. Only the first two are shown."""

    PLACED = auto()
    WAITING = auto()
    HELD = auto()
    GONE = auto()

    @property
    def is_shown(self) -> bool:
        return self is Standing.PLACED or self is Standing.WAITING


def standing(words: Iterable[str], n: int | None, acked: int, is_granted: bool) -> Standing:
    """Where a change stands, from what the feeds have said of it.

    A change that a feed puts is shown. One that no feed has spoken of yet is shown if it is the phone's own, and either
    unsent or recorded in a scope that is still granted: so an own change is visible from the moment it is saved.
    """
    said = set(words)
    if PUT in said:
        return Standing.PLACED
    if HELD in said:
        return Standing.HELD
    if n is None or said:
        return Standing.GONE
    return Standing.WAITING if n > acked or is_granted else Standing.GONE


# ------------------------------------------------------------------------------------------------------------ pushing


def acknowledge(state: DeviceState, acked: int, acked_id: str, own_id: str | None) -> DeviceState:
    """The state once the server said how much of the log it holds: more than before, or less after a restore.

    `own_id` is the change this phone holds by the number `acked`. Where the server holds more numbers than were ever given
    out here, or another change by the same number, this phone was copied or rolled back: then it takes a new number, or
    sends its whole log again so that the server names the first number that differs.
    """
    if acked > state.last_n:
        return structs.replace(state, forked_at=state.last_n + 1)
    if own_id is not None and acked_id and own_id != acked_id:
        return structs.replace(state, acked=0)
    return structs.replace(state, acked=acked)


def on_pushed(state: DeviceState, answer: PushAnswer, own_id: str | None) -> DeviceState:
    """The state after an answer to a push; an answer to another number than ours is from before a renewal."""
    if answer.device != state.device:
        return state
    return acknowledge(state, answer.acked, answer.acked_id, own_id)


def on_refused(state: DeviceState, refusal: Refusal, has_unsent: bool) -> DeviceState:
    """The state after a refusal. Those that only ask for patience, or for less at a time, change nothing."""
    match refusal.refused:
        case "gap" if refusal.need is not None:
            return on_gap(state, refusal.need)
        case "fork" if refusal.n is not None:
            return structs.replace(state, forked_at=refusal.n)
        case "wipe" | "revoked":
            stays = refusal.after_push and has_unsent
            return structs.replace(state, status=LEAVING if stays else WIPED)
        case _:
            return state


def on_gap(state: DeviceState, need: int) -> DeviceState:
    """The server lacks what it once had: send from there again."""
    return structs.replace(state, acked=min(max(need - 1, 0), state.last_n))


# ------------------------------------------------------------------------------------------------------------ pulling


class Fate(Struct, frozen=True):
    """What a page makes of one change. `said` maps a feed to its new word, or to None where it says nothing any more.

    `is_put` tells that a feed has just put it, with `body`, or without where that is the own change as the log has it.
    """

    known: Known
    eff: int
    said: Mapping[str, str | None]
    standing: Standing
    is_put: bool
    body: bytes | None
    is_erased: bool

    @property
    def is_changed(self) -> bool:
        """Must what is shown of it be made anew? What is put again may have another stamp, or come by another number."""
        return self.is_put or self.is_erased or self.standing.is_shown != self.known.is_shown

    @property
    def was_shown_otherwise(self) -> bool:
        """Was it shown as it is not any more?"""
        return self.known.is_shown and (self.is_erased or not self.standing.is_shown)

    @property
    def is_forgotten(self) -> bool:
        """A change of others that no feed of ours puts any more is not kept at all."""
        return self.known.n is None and self.standing is Standing.GONE


class PagePlan(Struct, frozen=True):
    """What a page comes to. `forget` are own changes that are hidden and contained in every backup.

    `unread` are rows that this app cannot read, to be kept as they came; `ended` are feeds of which nothing is kept unread any
    more, `settled` the (feed, change) that a row has spoken of anew, `erased` changes whose words are to be forgotten.
    """

    state: DeviceState
    fates: tuple[Fate, ...] = ()
    notes: Mapping[str, str] = {}
    config: bytes | None = None
    forget: tuple[str, ...] = ()
    unread: tuple[Row, ...] = ()
    ended: frozenset[str] = frozenset()
    settled: frozenset[tuple[str, str]] = frozenset()
    erased: frozenset[str] = frozenset()


def ask(state: DeviceState, limit: int, now_ms: int, app: str, unsent: int) -> PullRequest:
    """The question for the next page."""
    return PullRequest(
        device=state.device,
        cursors=state.cursors,
        limit=limit,
        trim=state.is_whole,
        app=app,
        now=now_ms,
        unsent=unsent,
    )


def is_timely(state: DeviceState, answer: PullAnswer) -> bool:
    """Does the answer belong to the question this phone would ask now? A late one speaks of another past."""
    return answer.device == state.device and answer.frm == state.cursors and (state.is_whole or not answer.trim)


def lost_scopes(state: DeviceState, answer: PullAnswer) -> set[str]:
    """The scopes that this phone may follow no longer."""
    return (set(state.cursors) | set(state.granted)) - set(answer.scopes)


def is_readable(row: Row) -> bool:
    """Does this app understand what a row carries? A word that it does not know carries nothing for it."""
    try:
        match row.op:
            case "put":
                if not is_null(row.body):
                    read_change(row.body)
            case "held":
                read_held(row.body)
            case "config":
                read_change(row.body)
    except NO_JSON:
        return False
    return row.op != UNREAD


def plan_again(state: DeviceState, row: Row, known: Mapping[str, Known]) -> PagePlan:
    """Decide a row that an earlier app could not read, as if its feed said it now."""
    reading = Reading(known)
    reading.take(row)
    settled = frozenset({(row.scope, row.id)})
    return PagePlan(state, reading.fates(state), reading.notes, reading.config, settled=settled)


def plan_page(
    state: DeviceState,
    answer: PullAnswer,
    known: Mapping[str, Known],
    own_id: str | None,
    wall_ms: int,
    unread: Sequence[Row] = (),
) -> PagePlan | None:
    """Decide a whole page; None for a late answer. `known` holds the changes of `concerned` and whatever the page names.

    `own_id` is the own change by the number `answer.acked`. `unread` are the rows that came with it and cannot be read.
    """
    if not is_timely(state, answer):
        return None
    if _is_body_missing(answer, known):
        return PagePlan(structs.replace(state, is_whole=False))
    ended = lost_scopes(state, answer) | set(answer.rewind)
    after = structs.replace(
        acknowledge(state, answer.acked, answer.acked_id, own_id),
        safe=answer.safe,
        hlc=_follow_clock(clock.come_back(state.hlc, wall_ms, answer.server_now), answer.rows, wall_ms),
        cursors={scope: cursor for scope, cursor in answer.next.items() if scope in answer.scopes},
        granted=tuple(answer.scopes),
    )
    reading = Reading(known)
    reading.drop(lost_scopes(state, answer))
    reading.rewind(set(answer.rewind))
    for row in answer.rows:
        reading.take(row)
    fates = reading.fates(after)
    forget = tuple(f.known.id for f in fates if may_forget(after, f))
    if forget:
        after = structs.replace(after, is_whole=False)
    return PagePlan(
        state=after,
        fates=fates,
        notes=reading.notes,
        config=reading.config,
        forget=forget,
        unread=tuple(unread),
        ended=frozenset(ended),
        settled=frozenset((row.scope, row.id) for row in answer.rows),
        erased=frozenset(row.id for row in answer.rows if row.op == ERASE),
    )


def may_forget(state: DeviceState, fate: Fate) -> bool:
    """May an own change be forgotten? Only one that is shown no more, and that no restore of the server could lose.

    A phone that must take a new number forgets nothing before: what is safe by the old one may be the other copy's.
    """
    n = fate.known.n
    if n is None or state.forked_at is not None:
        return False
    return fate.standing is Standing.GONE and n <= min(state.safe, state.acked)


def _is_body_missing(answer: PullAnswer, known: Mapping[str, Known]) -> bool:
    """Were we spared the body of a change that our log does not hold? Then it is not whole, or a copy of this phone has
    written under our number: ask again for all bodies."""
    spared = (row.id for row in answer.rows if row.op == PUT and is_null(row.body))
    return any(change_id not in known or known[change_id].n is None for change_id in spared)


def _follow_clock(hlc: int, rows: Iterable[Row], wall_ms: int) -> int:
    for row in rows:
        hlc = clock.merge(hlc, row.eff, wall_ms)
    return hlc


class Reading:
    """A page being read: what its feeds say of each change it concerns."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = dict(known)
        self._said: dict[str, dict[str, str | None]] = {change_id: {} for change_id in known}
        self._effs: dict[str, int] = {}
        self._bodies: dict[str, bytes] = {}
        self._erased: set[str] = set()
        self.notes: dict[str, str] = {}
        self.config: bytes | None = None

    def drop(self, scopes: set[str]) -> None:
        """Scopes that were withdrawn: of own changes it is remembered that they left, so that none comes back unasked."""
        for change in self._known.values():
            for scope in scopes & change.words.keys():
                self._said[change.id][scope] = None if change.n is None else EVICT

    def rewind(self, scopes: set[str]) -> None:
        """Feeds whose past is not the one this phone followed: nothing of what they said counts, and they begin anew."""
        for change in self._known.values():
            for scope in scopes & change.words.keys():
                if change.n is None or change.words[scope] != EVICT:
                    self._said[change.id][scope] = None

    def take(self, row: Row) -> None:
        """One row of the page."""
        match row.op:
            case "put":
                self._put(row)
            case "evict":
                self._say(row, EVICT)
            case "held":
                self.notes[row.id] = read_held(row.body).reason
                self._say(row, HELD)
            case "elsewhere":
                self._say(row, ELSEWHERE)
            case "erase":
                self._erased.add(row.id)
            case "config":
                self.config = bytes(read_change(row.body).p)
            case _:
                pass  # a word that only a newer app understands

    def _put(self, row: Row) -> None:
        if row.id not in self._known:
            self._meet(row)
        self._said[row.id][row.scope] = PUT
        self._effs[row.id] = row.eff
        if not is_null(row.body):
            self._bodies[row.id] = bytes(row.body)

    def _meet(self, row: Row) -> None:
        self._known[row.id] = Known(row.id, None, "", -1, is_shown=False, words={})
        self._said[row.id] = {}

    def _say(self, row: Row, word: str) -> None:
        """A word about a change; of a change of others only that it is gone matters, and of an unknown one nothing."""
        change = self._known.get(row.id)
        if change is not None:
            self._said[row.id][row.scope] = word if change.n is not None else None

    def fates(self, after: DeviceState) -> tuple[Fate, ...]:
        """What all of it makes of each change."""
        granted = frozenset(after.granted)
        return tuple(self._fate(change, after.acked, change.scope in granted) for change in self._known.values())

    def _fate(self, change: Known, acked: int, is_granted: bool) -> Fate:
        said = self._said[change.id]
        words = [word for word in (dict(change.words) | said).values() if word is not None]
        return Fate(
            known=change,
            eff=self._effs.get(change.id, change.eff),
            said=said,
            standing=standing(words, change.n, acked, is_granted),
            is_put=change.id in self._effs,
            body=self._bodies.get(change.id),
            is_erased=change.id in self._erased,
        )
