"""What is not yet sent, what was refused, and where two people wrote different things. Pure.

A conflict is resolved field by field; a refused record is corrected and sent again, or left for a supervisor.
"""

from typing import Any

import msgspec

from mobile.field.views import ConflictChoice, SyncStatus, TrayItem
from mobile.program.effects import Back, Effect, Event, Failed, Feel, Go, Opened, WordsFound, ask
from shared.model.codes import SyncState
from shared.model.value import Id, Value


class TrayState(Value, frozen=True, kw_only=True):
    """The tray."""

    items: tuple[TrayItem, ...] = ()
    status: SyncStatus = SyncStatus()
    loaded: bool = False
    correcting: Id | None = None
    written: dict[str, str] = {}
    half: dict[str, str] = {}
    """What was being written when the phone locked: field and record -> text."""
    failure: Failed | None = None


class ItemsFound(Event, frozen=True, kw_only=True):
    """The items, most pressing first."""

    items: tuple[TrayItem, ...]


class StatusFound(Event, frozen=True, kw_only=True):
    """What the sync is doing."""

    status: SyncStatus


class ChoicePicked(Event, frozen=True, kw_only=True):
    """Keep this value."""

    item_id: Id
    choice: ConflictChoice


class BothPicked(Event, frozen=True, kw_only=True):
    """Keep both: one text after the other."""

    item_id: Id


class CorrectPressed(Event, frozen=True, kw_only=True):
    """Correct this refused record."""

    item_id: Id


class Typed(Event, frozen=True, kw_only=True):
    """One field of the correction."""

    field: str
    text: str


class ResendPressed(Event, frozen=True, kw_only=True):
    """Send the correction."""


class DismissPressed(Event, frozen=True, kw_only=True):
    """Leave it for a supervisor."""

    item_id: Id


class SendPressed(Event, frozen=True, kw_only=True):
    """Try now."""


class EnrolPressed(Event, frozen=True, kw_only=True):
    """Enter a new code."""


class Changed(Event, frozen=True, kw_only=True):
    """The tray is not what it was; a correction of `done` is sent, or given up."""

    done: Id | None = None


class Ticked(Event, frozen=True, kw_only=True):
    """A second went by."""


class ItemPressed(Event, frozen=True, kw_only=True):
    """Open the record that an item is about."""

    item_id: Id


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[TrayState, tuple[Effect, ...]]


def update(state: TrayState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened() | Ticked():
            return state, _load()
        case ItemsFound(items=items):
            return _with(state, items=items, loaded=True), ()
        case StatusFound(status=status):
            return _with(state, status=status), ()
        case Changed(done=done):
            return _with(_forget(state, done), failure=None), (Feel(name="saved"), *_load())
        case WordsFound(words=words):
            return _with(state, half={**words, **state.half}), ()
        case BackPressed():
            return state, (Back(),)
        case EnrolPressed():
            return state, (Go(screen="enrol"),)
        case SendPressed():
            return state, (ask(lambda phone: phone.sync_now(), lambda _: Opened()),)
        case Failed():
            return _with(state, failure=event, loaded=True), (Feel(name="refused"),)
    return _resolving(state, event)


def _resolving(state: TrayState, event: Event) -> Result:
    match event:
        case ChoicePicked(item_id=item_id, choice=choice):
            return state, _resolve(state, item_id, choice)
        case BothPicked(item_id=item_id):
            return state, _resolve(state, item_id, both(_item(state, item_id)))
        case CorrectPressed(item_id=item_id):
            return _open(state, item_id), ()
        case Typed(field=field, text=text):
            return _with(state, written={**state.written, field: text}), ()
        case ResendPressed():
            return state, _resend(state)
        case ItemPressed(item_id=item_id):
            return state, way_to(_item(state, item_id))
        case DismissPressed(item_id=item_id):
            return state, _dismiss(item_id)
    return state, ()


def half_written(state: TrayState) -> dict[str, str]:
    """Corrections that were not sent, of every record."""
    return state.half | {f"{name} {state.correcting}": text for name, text in state.written.items()}


def _open(state: TrayState, item_id: Id) -> TrayState:
    """A record with what was written of its correction before."""
    half = half_written(state)
    fields = {key.partition(" ")[0]: text for key, text in half.items() if key.partition(" ")[2] == item_id}
    return _with(state, correcting=item_id, written=fields, half=half)


def _forget(state: TrayState, done: Id | None) -> TrayState:
    """Nothing is being corrected; what was written of other records waits."""
    half = {key: text for key, text in half_written(state).items() if key.partition(" ")[2] != done}
    return _with(state, correcting=None, written={}, half=half)


SCREEN_OF = {"contact": "contact", "person": "person", "need": "person", "site": "site", "referral": "referral"}
"""What a change is about -> the screen that shows it; that screen takes `<kind>_id`."""


def way_to(item: TrayItem | None) -> tuple[Effect, ...]:
    """To the record of an item; nowhere for what no screen shows, such as a check-in."""
    screen = SCREEN_OF.get(item.subject_kind) if item is not None else None
    if item is None or screen is None or item.subject_id is None:
        return ()
    return (Go(screen=screen, arguments={f"{screen}_id": item.subject_id}),)


def silent_count(state: TrayState) -> int:
    """Notes that records were opened: sent like everything, and no row of the tray."""
    waiting = sum(1 for item in state.items if item.state in (SyncState.QUEUED, SyncState.SENDING))
    return max(0, state.status.not_yet_sent - waiting)


def both(item: TrayItem | None) -> ConflictChoice | None:
    """One value that holds what both people wrote; None where the values are not texts."""
    if item is None or item.conflict is None:
        return None
    choices = item.conflict.choices
    if not all(isinstance(choice.value, str) for choice in choices):
        return None
    text = " / ".join(choice.value for choice in choices)
    return ConflictChoice(value=text, text=text, who="", is_mine=True)


def can_correct(item: TrayItem) -> bool:
    """A refused record with something to correct."""
    return item.state == SyncState.QUARANTINED and bool(item.correctable_fields)


def _with(state: TrayState, **changes: Any) -> TrayState:
    return msgspec.structs.replace(state, **changes)


def _item(state: TrayState, item_id: Id) -> TrayItem | None:
    return next((one for one in state.items if one.id == item_id), None)


def _load() -> tuple[Effect, ...]:
    return (
        ask(lambda phone: phone.sync_tray(), lambda items: ItemsFound(items=tuple(items))),
        ask(lambda phone: phone.sync_status(), lambda status: StatusFound(status=status)),
    )


def _resolve(state: TrayState, item_id: Id, choice: ConflictChoice | None) -> tuple[Effect, ...]:
    item = _item(state, item_id)
    conflict = item.conflict if item is not None else None
    if conflict is None or choice is None:
        return ()
    return (ask(lambda phone: phone.resolve_conflict(conflict, choice), lambda _: Changed()),)


def _dismiss(item_id: Id) -> tuple[Effect, ...]:
    return (ask(lambda phone: phone.dismiss_quarantined(item_id), lambda _: Changed(done=item_id)),)


def _resend(state: TrayState) -> tuple[Effect, ...]:
    item_id, written = state.correcting, state.written
    if item_id is None or not written:
        return ()
    return (ask(lambda phone: phone.correct_quarantined(item_id, written), lambda _: Changed(done=item_id)),)
