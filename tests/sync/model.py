"""Every history of a small scope: recording, pushing with the answer lost or not, pulling, forgetting, backing up, restoring,
copying a phone and taking a new number, in whatever order, as far as a budget goes.

Nothing is drawn by lot: all states that can be reached are visited once. What the server and the phones decide is decided by
the functions of `sync` that they really run; the model has only what a store does with the answer.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from msgspec import Raw, structs

from shared.model.codes import DeviceStatus
from sync import device, renewal, server
from sync.past import KnownNumbers
from sync.reading import DecodedBatch, Record
from sync.safety import safe_numbers
from sync.wire import Change, PushAnswer, Refused, encode

RETAINED = 2
SCOPE = "team:a"
QUIET_ROUNDS = 12


@dataclass(frozen=True)
class Office:
    """The server's database. `log` maps (device, number) to an id, `acked` a device to how far it is acknowledged."""

    log: tuple[tuple[tuple[int, int], str], ...] = ()
    acked: tuple[tuple[int, tuple[int, str]], ...] = ()
    safe: tuple[tuple[int, int], ...] = ()

    @property
    def ids(self) -> set[str]:
        return {change_id for _, change_id in self.log}


@dataclass(frozen=True)
class Phone:
    """A phone: what it knows of itself, and its log (None where a change was forgotten)."""

    name: str
    number: int
    acked: int = 0
    safe: int = 0
    forked_at: int | None = None
    log: tuple[str | None, ...] = ()

    @property
    def state(self) -> device.DeviceState:
        return device.DeviceState(
            device=self.number, last_n=len(self.log), acked=self.acked, safe=self.safe, forked_at=self.forked_at
        )

    def own_id(self, n: int) -> str | None:
        return self.log[n - 1] if 1 <= n <= len(self.log) else None

    def taken(self, state: device.DeviceState) -> "Phone":
        return replace(self, acked=state.acked, safe=state.safe, forked_at=state.forked_at)


@dataclass(frozen=True)
class Budget:
    """How often each may happen in one history."""

    records: int = 2
    backups: int = 2
    restores: int = 1
    copies: int = 1
    lost_answers: int = 1

    def spend(self, name: str) -> "Budget | None":
        left = getattr(self, name)
        return replace(self, **{name: left - 1}) if left else None


@dataclass(frozen=True)
class State:
    """Everything there is. `numbers` is the last number that was given out: the ledger keeps it through restores."""

    office: Office
    phones: tuple[Phone, ...]
    backups: tuple[Office, ...]
    numbers: int
    budget: Budget
    recorded: frozenset[str] = frozenset()

    def with_phone(self, phone: Phone) -> "State":
        return replace(self, phones=tuple(phone if each.name == phone.name else each for each in self.phones))


@dataclass
class Checked:
    """What came of it."""

    states: int = 0
    faults: list[str] = field(default_factory=list)


def begin(budget: Budget) -> State:
    return State(Office(), (Phone("a", 1),), (), 1, budget)


# -------------------------------------------------------------------------------------------------------- what happens


def change(phone: Phone, n: int) -> Change | None:
    change_id = phone.own_id(n)
    if change_id is None:
        return None
    return Change(id=change_id, dev=phone.number, n=n, hlc=n, t="visit.recorded", s=SCOPE, p=Raw(b"{}"))


def push(state: State, phone: Phone, *, is_heard: bool = True) -> State:
    """Send all that is not acknowledged; the server takes it, or says no; the phone hears of it, or does not."""
    known = dict(state.office.acked).get(phone.number, (0, ""))
    here = server.DeviceState(
        number=phone.number,
        status=DeviceStatus.OK,
        acked=known[0],
        acked_id=known[1],
        safe=0,
        scopes=frozenset({SCOPE}),
    )
    records = tuple(_record(phone, n) for n in range(phone.acked + 1, len(phone.log) + 1))
    if not records:
        return state
    batch = DecodedBatch(phone.number, 1, phone.own_id(phone.acked) or "", "", len(records), records)
    log = dict(state.office.log)
    try:
        plan = server.plan_push(here, batch, _known(log, here, batch), 1)
    except Refused as refused:
        heard = device.on_refused(phone.state, refused.refusal, has_unsent=True)
        return state.with_phone(phone.taken(heard)) if is_heard else state
    log |= {(each.device, each.n): each.id for each in plan.stored}
    acked = dict(state.office.acked) | {phone.number: (plan.acked, plan.acked_id)}
    office = replace(state.office, log=tuple(sorted(log.items())), acked=tuple(sorted(acked.items())))
    after = replace(state, office=office)
    if not is_heard:
        return after
    answer = PushAnswer(device=phone.number, acked=plan.acked, acked_id=plan.acked_id, server_now=1)
    return after.with_phone(phone.taken(device.on_pushed(phone.state, answer, phone.own_id(plan.acked))))


def _record(phone: Phone, n: int) -> Record:
    said = change(phone, n)
    return Record(n, b"{}", is_hole=True) if said is None else Record(n, encode(said), said)


def _known(log: dict[tuple[int, int], str], here: server.DeviceState, batch: DecodedBatch) -> KnownNumbers:
    """As `server.queries.sync.changes.find_numbers` tells it."""
    stored = set(log.values())
    ids = {n: change_id for (number, n), change_id in log.items() if number == here.number and n <= here.acked}
    for each in batch.records:
        if each.n <= here.acked and each.n not in ids:
            mine = server.record_id(each, here.number)
            ids[each.n] = mine if mine in stored else ""
    reasons = {each.key: None for each in batch.records if each.key in stored}
    return KnownNumbers(ids, reasons)


def pull(state: State, phone: Phone) -> State:
    """Hear how far the server holds the log, and what every backup holds."""
    acked, acked_id = dict(state.office.acked).get(phone.number, (0, ""))
    heard = device.acknowledge(phone.state, acked, acked_id, phone.own_id(acked))
    return state.with_phone(phone.taken(structs.replace(heard, safe=dict(state.office.safe).get(phone.number, 0))))


def forget(state: State, phone: Phone) -> State:
    """Forget all that may be forgotten: as if everything had left the phone's scopes."""
    log = tuple(None if _may_forget(phone, n) else each for n, each in enumerate(phone.log, start=1))
    return state.with_phone(replace(phone, log=log))


def _may_forget(phone: Phone, n: int) -> bool:
    known = device.Known(phone.own_id(n) or "", n, SCOPE, 0, is_shown=False, words={})
    gone = device.Fate(known, 0, {}, device.Standing.GONE, is_put=False, body=None, is_erased=False)
    return device.may_forget(phone.state, gone)


def renew(state: State, phone: Phone) -> State:
    """Take a new number, and send the log again under it."""
    log = [each for n in range(1, len(phone.log) + 1) if (each := change(phone, n)) is not None]
    renewed = renewal.renew(phone.state, log, state.numbers + 1)
    fresh = Phone(phone.name, state.numbers + 1, log=tuple(each.id for each in renewed.log))
    return replace(state, numbers=state.numbers + 1).with_phone(fresh)


def back_up(state: State) -> State:
    backups = (*state.backups, state.office)[-RETAINED:]
    acked = [{number: n for number, (n, _) in each.acked} for each in backups]
    safe = tuple(sorted(safe_numbers(acked, RETAINED).items()))
    return replace(state, backups=backups, office=replace(state.office, safe=safe))


def steps(state: State) -> Iterator[tuple[str, State]]:
    """All that may happen next."""
    for phone in state.phones:
        if left := state.budget.spend("records"):
            change_id = f"{phone.name}{left.records}"
            said = replace(state, budget=left, recorded=state.recorded | {change_id})
            yield f"{phone.name} records {change_id}", said.with_phone(replace(phone, log=(*phone.log, change_id)))
        if phone.forked_at is None:
            yield f"{phone.name} pushes", push(state, phone)
            if left := state.budget.spend("lost_answers"):
                yield f"{phone.name} pushes unheard", push(replace(state, budget=left), phone, is_heard=False)
        else:
            yield f"{phone.name} renews", renew(state, phone)
        yield f"{phone.name} pulls", pull(state, phone)
        yield f"{phone.name} forgets", forget(state, phone)
    if left := state.budget.spend("backups"):
        yield "backup", back_up(replace(state, budget=left))
    if left := state.budget.spend("restores"):
        for number, kept in enumerate(state.backups):
            yield f"restore {number}", replace(state, office=kept, budget=left)
    if (left := state.budget.spend("copies")) and len(state.phones) == 1:
        copy = replace(state.phones[0], name="b")
        yield "copy", replace(state, phones=(*state.phones, copy), budget=left)


# ------------------------------------------------------------------------------------------------------------ checking


def why_lost(state: State) -> str | None:
    """A change that is in no log must be wherever the server can be restored to, and on the server."""
    kept = {change_id for phone in state.phones for change_id in phone.log if change_id is not None}
    for change_id in sorted(state.recorded - kept):
        if change_id not in state.office.ids:
            return f"{change_id} is nowhere"
        if any(change_id not in each.ids for each in state.backups):
            return f"{change_id} would be lost by a restore"
    return None


def why_not_quiet(state: State) -> str | None:
    """When nothing disturbs them any more, the phones hand over everything within a few rounds."""
    for _ in range(QUIET_ROUNDS):
        before = state
        for name in [phone.name for phone in state.phones]:
            for act in (push, _renew_if_forked, push, pull):
                state = act(state, next(phone for phone in state.phones if phone.name == name))
        if state == before:
            break
    missing = state.recorded - state.office.ids
    unsent = [phone.name for phone in state.phones if phone.acked < len(phone.log) or phone.forked_at is not None]
    return f"{sorted(missing)} did not arrive, {unsent} have something left" if missing or unsent else None


def _renew_if_forked(state: State, phone: Phone) -> State:
    return renew(state, phone) if phone.forked_at is not None else state


def check(budget: Budget, states_max: int = 10_000_000) -> Checked:
    """Visit every state within a budget; the first faults with the history that leads to each."""
    first = begin(budget)
    seen: dict[State, tuple[State | None, str]] = {first: (None, "")}
    waiting = deque([first])
    checked = Checked()
    while waiting and len(seen) < states_max and len(checked.faults) < 3:
        state = waiting.popleft()
        checked.states += 1
        fault = why_lost(state) or why_not_quiet(state)
        if fault is not None:
            checked.faults.append(f"{fault}: {' / '.join(_history(state, seen))}")
            continue
        for words, after in steps(state):
            if after not in seen:
                seen[after] = (state, words)
                waiting.append(after)
    return checked


def _history(state: State, seen: dict[State, tuple[State | None, str]]) -> list[str]:
    words: list[str] = []
    at: State | None = state
    while at is not None:
        at, said = seen[at]
        words.append(said)
    return [each for each in words[::-1] if each]
