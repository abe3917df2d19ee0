"""The phone's store for sync: what a worker records, what the server said, and what is shown of both.

Each public call is one transaction of its own, or part of the caller's when one is open. What an answer means is decided in
`sync/`; here the decision is written and the phone's own tables are told (`Projection`), all or nothing. No network.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from msgspec import Raw, Struct, structs

from mobile.store import sync_rows as rows
from mobile.store.sync_attempts import attempt, is_about_what_came
from mobile.store.sync_projection import NoProjection, Projection
from mobile.store.sync_rows import Connection
from shared.model.codes import SyncState
from sync import clock, device, merge, renewal
from sync.authoring import NewChange, number
from sync.device import WIPED, DeviceState, Fate, PagePlan
from sync.wire import (
    HELD,
    LIMITS,
    PUT,
    UNREAD,
    Change,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    Refusal,
    Row,
    encode,
    private_scope,
    read_change,
)


class NotEnrolled(Exception):
    """This phone has no number in the protocol: it was never enrolled, or it was wiped."""


class ChangeTooLarge(Exception):
    """A change that the server would never take. The worker must say it in fewer words, or as an attachment."""


class HeldChange(Struct, frozen=True):
    """An own change in quarantine, and why."""

    change: Change
    reason: str


PUSH_BYTES_MAX: Final = LIMITS.compressed_bytes_max
"""A push is cut here before it is squeezed, so that it is never too large after."""

NO_POLICIES: Final[Mapping[str, merge.Policy]] = {}


class _TriedOnly(Exception):
    """Ends a trial that went well."""


def _is_row(row: Row) -> bool:
    return row.op != UNREAD


def _within_limits(events: Iterable[Raw]) -> list[Raw]:
    """As many of the events as one request should hold; always at least one, so that none can block the log."""
    chosen: list[Raw] = []
    size = 0
    for event in events:
        size += len(bytes(event))
        if chosen and size > PUSH_BYTES_MAX:
            break
        chosen.append(event)
    return chosen


class SyncStore:
    """Sync's part of the phone's encrypted file, over a connection that leaves transactions to us (isolation_level None)."""

    def __init__(
        self,
        connection: Connection,
        projection: Projection | None = None,
        policies: Mapping[str, merge.Policy] = NO_POLICIES,
    ) -> None:
        self._db = connection
        self._projection = projection or NoProjection()
        self._policies = policies
        self._sending_to = 0
        with self._transaction():
            rows.create_tables(self._db)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """One transaction, or a part of the caller's."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise

    # ---------------------------------------------------------------------------------------------------- the phone

    def enrol(self, device_number: int, scopes: tuple[str, ...] = ()) -> None:
        """Begin with this number and an empty log. A phone that has one keeps it."""
        with self._transaction():
            if rows.find_state(self._db) is None:
                rows.set_state(self._db, DeviceState(device=device_number, granted=scopes))

    def get_state(self) -> DeviceState:
        """What the phone knows of itself. Raises `NotEnrolled`."""
        state = rows.find_state(self._db)
        if state is None:
            raise NotEnrolled
        return state

    def find_config(self) -> bytes | None:
        """The settings that the server last sent (encoded JSON)."""
        return rows.find_meta(self._db, rows.CONFIG)

    # -------------------------------------------------------------------------------------------------- recording

    def record(self, new: NewChange, wall_ms: int) -> Change:
        """Keep something that was just said or done. It is durable, numbered and shown when this returns."""
        with self._transaction():
            state = self.get_state()
            hlc = clock.tick(state.hlc, wall_ms)
            seen = rows.list_writes(self._db, new.entity) if new.sets and new.entity else {}
            change = number(new, state.device, state.last_n + 1, hlc, seen)
            body = encode(change)
            if len(body) > LIMITS.change_bytes_max:
                raise ChangeTooLarge
            rows.insert_own(self._db, change, body)
            rows.set_state(self._db, structs.replace(state, last_n=change.n, hlc=hlc))
            self._show([(change, hlc)], [])
        return change

    # ---------------------------------------------------------------------------------------- the conversation's port

    def next_push(self, batch: int, now_ms: int, app: str) -> PushRequest | None:
        """The next changes to send, byte for byte as they were recorded; None when everything was acknowledged."""
        state = self.get_state()
        last = min(state.acked + batch, state.last_n)
        if last <= state.acked:
            return None
        bodies = rows.list_log(self._db, state.acked, batch)
        events = [self._event(n, bodies.get(n)) for n in range(state.acked + 1, last + 1)]
        self._sending_to = last
        return PushRequest(
            device=state.device,
            now=now_ms,
            prior=rows.find_own_id(self._db, state.acked) or "",
            app=app,
            unsent=state.last_n - state.acked,
            events=_within_limits(events),
        )

    @staticmethod
    def _event(n: int, body: bytes | None) -> Raw:
        """A record of the log, or a hole where the phone was told to forget it."""
        return Raw(body if body is not None else encode({"n": n, "hole": True}))

    def next_pull(self, page: int, now_ms: int, app: str) -> PullRequest:
        """The question for the next page. An app that this store has not met before reads first what others could not."""
        if rows.find_meta(self._db, rows.APP) != app.encode():
            self._read_again(app)
        state = self.get_state()
        return device.ask(state, page, now_ms, app, state.last_n - state.acked)

    def apply_pushed(self, answer: PushAnswer) -> None:
        """What an answer to a push means."""
        self._sending_to = 0
        self._change_state(lambda state: device.on_pushed(state, answer, rows.find_own_id(self._db, answer.acked)))

    def apply_refused(self, refusal: Refusal) -> None:
        """What a refusal means. A wipe is carried out in the transaction that hears of it."""
        self._sending_to = 0
        with self._transaction():
            self._change_state(lambda state: device.on_refused(state, refusal, state.acked < state.last_n))
            if self.get_state().status == WIPED:
                self.wipe()

    def _change_state(self, change: Callable[[DeviceState], DeviceState]) -> None:
        with self._transaction():
            before = self.get_state()
            after = change(before)
            if after != before:
                rows.set_state(self._db, after)

    def apply_pulled(self, answer: PullAnswer, wall_ms: int) -> bool:
        """Store a page, its cursors, and all it means, in one transaction. False for a late one, which changes nothing.

        A row that this app cannot read, or show, is kept as it came and passed, so that none stops what comes after it.
        """
        with self._transaction():
            for judge in (_is_row, device.is_readable, partial(self._can_apply, answer, wall_ms)):
                try:
                    return self._apply_page(answer, wall_ms, [row for row in answer.rows if not judge(row)])
                except Exception as fault:
                    if not is_about_what_came(fault):
                        raise
            return self._apply_page(answer, wall_ms, answer.rows)

    def _apply_page(self, answer: PullAnswer, wall_ms: int, unread: Sequence[Row]) -> bool:
        """Apply a page without the rows that are only to be kept, all or nothing."""
        set_aside = {id(row) for row in unread}
        left = [row for row in answer.rows if id(row) not in set_aside] if unread else answer.rows
        page = structs.replace(answer, rows=left)
        with attempt(self._db):
            state = self.get_state()
            known = rows.list_known(self._db, self._concerned(state, page))
            own_id = rows.find_own_id(self._db, answer.acked)
            plan = device.plan_page(state, page, known, own_id, wall_ms, unread)
            if plan is None:
                return False
            self._write_plan(plan)
            rows.set_state(self._db, plan.state)
        return True

    def _can_apply(self, answer: PullAnswer, wall_ms: int, row: Row) -> bool:
        """Could a page of this row alone be applied? Nothing of it stays."""
        try:
            with attempt(self._db):
                self._apply_page(structs.replace(answer, rows=[row]), wall_ms, ())
                raise _TriedOnly
        except _TriedOnly:
            return device.is_readable(row)
        except Exception as fault:
            if not is_about_what_came(fault):
                raise
            return False

    def _read_again(self, app: str) -> None:
        """Read what an earlier app could not, and show anew all that is shown: this one may understand more of it."""
        with self._transaction():
            if rows.find_state(self._db) is None:
                return
            for scope, row_id, row in rows.list_unread(self._db):
                if not device.is_readable(row):
                    continue
                try:
                    with attempt(self._db):
                        known = rows.list_known(self._db, {row.id})
                        self._write_plan(device.plan_again(self.get_state(), row, known))
                        rows.forget_unread(self._db, scope, row_id)
                except Exception as fault:
                    if not is_about_what_came(fault):
                        raise
            self._show(rows.list_shown(self._db), [])
            rows.set_meta(self._db, rows.APP, app.encode())

    def renew(self, device_number: int) -> None:
        """Take a new number; what could be missing on the server is sent again under it."""
        with self._transaction():
            state = self.get_state()
            log = [read_change(body) for body in rows.list_whole_log(self._db)]
            renewed = renewal.renew(state, log, device_number)
            rows.replace_log(self._db, renewed.log, private_scope(state.device))
            rows.set_state(self._db, renewed.state)
            self._show(rows.list_shown(self._db), [])

    def wipe(self) -> None:
        """Delete everything that was ever recorded or received; only the number stays, to send the receipt."""
        with self._transaction():
            state = self.get_state()
            rows.delete_all(self._db)
            rows.set_state(self._db, DeviceState(device=state.device, status=WIPED))
            self._projection.wiped()

    # ------------------------------------------------------------------------------------------------ writing a page

    def _concerned(self, state: DeviceState, answer: PullAnswer) -> set[str]:
        """The changes that a page may concern: named in it, in feeds that it ends, own ones it may settle or let go."""
        ids = {row.id for row in answer.rows} | rows.list_unheard(self._db)
        ended = device.lost_scopes(state, answer) | set(answer.rewind)
        if ended:
            ids |= rows.list_ids_in(self._db, ended)
        return ids | rows.list_hidden_own(self._db, min(answer.safe, answer.acked))

    def _write_plan(self, plan: PagePlan) -> None:
        came = {f.known.id: (f.body, read_change(f.body)) for f in plan.fates if f.body is not None}
        changed = [fate for fate in plan.fates if fate.is_changed]
        hidden = [self._get_change(f.known.id) for f in changed if f.was_shown_otherwise]
        bodies = {f.known.id: f.body for f in plan.fates if f.body is not None and not self._is_logged(f)}
        rows.write_words(self._db, plan.fates)
        rows.write_fates(self._db, plan.fates, bodies, {i: c.adopts for i, (_, c) in came.items() if c.adopts})
        for fate in changed:
            if fate.is_erased:
                rows.strip(self._db, fate.known.id)
        self._show([(self._change_of(f, came), f.eff) for f in changed if f.standing.is_shown], hidden)
        rows.write_notes(self._db, plan.notes)
        rows.write_unread(self._db, plan)
        rows.forget_own(self._db, plan.forget)
        if plan.config is not None:
            rows.set_meta(self._db, rows.CONFIG, plan.config)

    def _change_of(self, fate: Fate, came: Mapping[str, tuple[bytes, Change]]) -> Change:
        """A change as it is after the page: as it came, unless it was erased or its body was spared."""
        if fate.is_erased or fate.known.id not in came:
            return self._get_change(fate.known.id)
        return came[fate.known.id][1]

    def _is_logged(self, fate: Fate) -> bool:
        """Does the log hold this very body?"""
        n = fate.known.n
        return n is not None and rows.list_log(self._db, n - 1, 1).get(n) == fate.body

    def _get_change(self, change_id: str) -> Change:
        body = rows.find_body(self._db, change_id)
        if body is None:
            raise KeyError(change_id)
        return read_change(body)

    def _show(self, applied: Sequence[tuple[Change, int]], dropped: Sequence[Change]) -> None:
        """Bring the merged fields, and after them the phone's own tables, up to date."""
        for change in dropped:
            if change.is_patch:
                rows.delete_writes(self._db, change.id)
        for change, eff in applied:
            if change.is_patch:
                rows.insert_writes(self._db, change, eff)
        if applied or dropped:
            self._projection.changed([change for change, _ in applied], dropped)

    # ---------------------------------------------------------------------------------------------------- looking

    @property
    def unsent_count(self) -> int:
        """How many own changes the server has not acknowledged."""
        state = self.get_state()
        return state.last_n - state.acked

    @property
    def unread_count(self) -> int:
        """Of how many records the server sent something that only a newer app can read."""
        return rows.count_unread(self._db)

    def state_of(self, change_id: str) -> SyncState:
        """What a worker is told about one record. A change that was never recorded is a draft."""
        body = rows.find_body(self._db, change_id)
        if body is None:
            return SyncState.DRAFT
        words = rows.list_words(self._db, change_id)
        if PUT not in words and HELD in words and not rows.is_adopted(self._db, change_id):
            return SyncState.QUARANTINED
        n = rows.find_number(self._db, change_id)
        if n is not None and n > self.get_state().acked:
            return SyncState.SENDING if n <= self._sending_to else SyncState.QUEUED
        return SyncState.CONFLICT if self._is_contested(read_change(body)) else SyncState.ACCEPTED

    def _is_contested(self, change: Change) -> bool:
        if change.set_ is None or change.e is None:
            return False
        return any(
            state.is_conflict and change.id in {head.id for head in state.heads}
            for state in self.get_fields(change.e).values()
        )

    def get_fields(self, entity: str) -> dict[str, merge.Field]:
        """The merged fields of an entity; empty for an unknown one."""
        resolved = {
            name: merge.resolve(writes, self._policies.get(name, merge.newest))
            for name, writes in rows.list_writes(self._db, entity).items()
        }
        return {name: state for name, state in resolved.items() if state is not None}

    def list_conflicts(self) -> list[merge.FieldConflict]:
        """The fields that people must be asked about."""
        return [
            merge.FieldConflict(entity, name, state.heads)
            for entity in rows.list_contested(self._db)
            for name, state in sorted(self.get_fields(entity).items())
            if state.is_conflict
        ]

    def list_quarantined(self) -> list[HeldChange]:
        """Own changes in quarantine, oldest first."""
        return [HeldChange(read_change(body), reason) for body, reason in rows.list_held(self._db)]

    def list_effective(self) -> list[tuple[Change, int]]:
        """Every change that is shown, with its stamp: what the phone's own tables are made of, should they be made anew."""
        return rows.list_shown(self._db)
