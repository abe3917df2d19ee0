"""What is not yet sent, was refused, or is contested: each in plain words with what to do, and the ways to settle it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, get_type_hints

import msgspec
from msgspec import Raw

from mobile.field import drafts, wording
from mobile.field.drafts import DraftRefused
from mobile.field.journal import Entry, Journal
from mobile.field.views import ConflictChoice, ConflictView, TrayItem
from mobile.opening.context import Context
from mobile.store import outbox, people, referrals, sites
from mobile.store.database import Connection
from mobile.store.errors import NotHere
from mobile.store.projection import FACTS
from mobile.store.record import Record
from mobile.store.rows import from_ms
from mobile.store.sync import HeldChange
from shared.model.codes import PinSource, SyncState
from shared.model.contact import Contact
from shared.model.person import Person
from shared.model.position import Position
from shared.model.site import Site
from shared.model.value import Id
from sync.merge import Field, Write
from sync.wire import Change

SILENT = frozenset({"record.read"})
"""Sent like everything else, and counted, but no worker need be told of each one."""

WAITING = "Nothing to do: it is kept safe on this phone and is sent when there is a network."
REFUSED = "Open it, correct it, and send it again. The server keeps the first one for your team lead."
CONTESTED = "Two people wrote this without seeing each other's words. Choose which one holds."

DAYS = frozenset(name for name, kind in get_type_hints(Person).items() if kind == date | None)
ENTITY_KINDS: dict[str, type[Any]] = {"person": Person, "site": Site}


def quick_item(entry_id: Id) -> TrayItem:
    """What was recorded on the locked screen: sealed, so that no more can be said of it here."""
    title, said = "Recorded on the locked screen", (("change", "quick"),)
    return TrayItem(id=entry_id, state=SyncState.QUEUED, title=title, said=said, what_to_do=WAITING)


class Tray:
    """The sync tray of one unlocked phone."""

    def __init__(self, context: Context, journal: Journal, record: Record) -> None:
        self._context, self._journal, self._record = context, journal, record

    # --- what is in it

    def items(self) -> list[TrayItem]:
        """Conflicts first, then what was refused, then what waits, oldest first."""
        with self._context.store.reading() as connection:
            held = self._held(connection)
            waiting = outbox.list_unsent(connection, self._record.sync.get_state().acked)
            return [
                *self._conflict_items(connection),
                *(self._refused_item(connection, one) for one in held),
                *(self._waiting_item(connection, change) for change in waiting if change.t not in SILENT),
            ]

    def needs_a_look(self) -> int:
        """How many items wait for a person rather than for a network."""
        with self._context.store.reading() as connection:
            return len(self._held(connection)) + len(self._record.sync.list_conflicts())

    def state_of_contact(self, change_ids: Sequence[Id]) -> SyncState:
        """The least settled state among the changes that make up a contact."""
        worst = (SyncState.QUARANTINED, SyncState.CONFLICT, SyncState.SENDING, SyncState.QUEUED)
        states = {self._record.sync.state_of(change_id) for change_id in change_ids}
        return next((state for state in worst if state in states), SyncState.ACCEPTED)

    def _held(self, connection: Connection) -> list[HeldChange]:
        dismissed = outbox.find_dismissed(connection)
        return [one for one in self._record.sync.list_quarantined() if one.change.id not in dismissed]

    def _waiting_item(self, connection: Connection, change: Change) -> TrayItem:
        return TrayItem(
            id=change.id,
            state=SyncState.QUEUED,
            title=self._title(connection, change),
            said=self._codes(connection, change),
            what_to_do=WAITING,
            at=from_ms(change.at),
            subject_kind=change.t.partition(".")[0],
            subject_id=change.e,
        )

    def _refused_item(self, connection: Connection, held: HeldChange) -> TrayItem:
        change = held.change
        return TrayItem(
            id=change.id,
            state=SyncState.QUARANTINED,
            title=self._title(connection, change),
            said=self._codes(connection, change),
            what_to_do=REFUSED,
            reason=held.reason,
            at=from_ms(change.at),
            subject_kind=change.t.partition(".")[0],
            subject_id=change.e,
            correctable_fields=_texts_of(change.t, {} if change.erased else self._said(change)),
        )

    def _conflict_items(self, connection: Connection) -> list[TrayItem]:
        items = []
        for contested in self._record.sync.list_conflicts():
            kind, name = self._subject(connection, contested.entity)
            conflict = self._conflict(kind, contested.entity, name, contested.field, contested.sides)
            items.append(
                TrayItem(
                    id=f"{kind}/{contested.entity}/{contested.field}",
                    state=SyncState.CONFLICT,
                    title=f"{name}: {wording.say_field(contested.field)}",
                    said=(_named(kind, name), ("field", contested.field)),
                    what_to_do=CONTESTED,
                    at=max((c.at for c in conflict.choices if c.at is not None), default=None),
                    subject_kind=kind,
                    subject_id=contested.entity,
                    conflict=conflict,
                )
            )
        return items

    # --- conflicts

    def conflicts_of(self, kind: str, entity_id: Id, name: str) -> tuple[ConflictView, ...]:
        """The contested fields of one record."""
        fields: Mapping[str, Field] = self._record.sync.get_fields(entity_id)
        return tuple(
            self._conflict(kind, entity_id, name, field, state.heads)
            for field, state in sorted(fields.items())
            if state.is_conflict
        )

    def _conflict(self, kind: str, entity_id: Id, name: str, field: str, sides: Sequence[Write]) -> ConflictView:
        choices = tuple(self._choice(field, write) for write in sides)
        return ConflictView(subject_kind=kind, subject_id=entity_id, subject_name=name, field=field, choices=choices)

    def _choice(self, field: str, write: Write) -> ConflictChoice:
        change = outbox.find_change(self._record.store.connection, write.id)
        value = msgspec.json.decode(write.value)
        return ConflictChoice(
            value=value,
            text=self._say(field, value),
            who=self._context.name_of(change.who or "") if change else "a colleague",
            at=from_ms(change.at) if change else None,
            is_mine=write.dev == self._record.sync.get_state().device,
        )

    def _say(self, field: str, value: Any) -> str:
        """A contested value in words: never an id, nor a date as machines write it."""
        if not isinstance(value, str) or not value:
            return say_value(value)
        if field == "team_id":
            team = self._context.config.team
            return team.name if value == team.id else "another team"
        if field.endswith("_id"):
            return self._context.name_of(value)
        return wording.say_written_day(value) if field in DAYS else say_value(value)

    def resolve(self, conflict: ConflictView, choice: ConflictChoice) -> None:
        """Write the chosen value over every head; both words stay in history.

        Raises `DraftRefused` where somebody has settled it, or written a word that was not shown, meanwhile.
        """
        kind = conflict.subject_kind
        with self._journal.writing() as entry:
            found = self._record.sync.get_fields(conflict.subject_id).get(conflict.field)
            words = [msgspec.json.decode(head.value) for head in found.heads] if found and found.is_conflict else []
            shown = [each.value for each in conflict.choices]
            if not words or any(each not in shown for each in words):
                raise DraftRefused("Somebody has written something else meanwhile. Look at it again.")
            entry.patch(f"{kind}.patched", conflict.subject_id, {conflict.field: choice.value})

    # --- refused items

    def correct(self, change_id: Id, fields: Mapping[str, Any]) -> Id:
        """Say a refused change anew with these fields changed. Raises `NotHere`, `DraftRefused`. Returns the new change's id."""
        with self._journal.writing() as entry:
            held = {one.change.id: one.change for one in self._held(entry.connection)}.get(change_id)
            if held is None:
                raise NotHere
            said = self._said(held)
            strange = set(fields) - set(_texts_of(held.t, said))
            if strange:
                raise DraftRefused(f"There is no {', '.join(sorted(strange))} to correct.")
            new = self._say_anew(entry, held, said | {k: msgspec.to_builtins(v) for k, v in fields.items()})
            outbox.put_dismissed(entry.connection, change_id)
        return new.id

    def dismiss(self, change_id: Id) -> None:
        """Leave a refused change to a supervisor."""
        with self._context.store.writing() as connection:
            outbox.put_dismissed(connection, change_id)

    def _say_anew(self, entry: Entry, held: Change, said: dict[str, Any]) -> Change:
        entity = held.e or ""
        if held.is_patch:
            return entry.patch(held.t, entity, said)
        known = FACTS.get(held.t)
        if known is None:
            return entry.fact(held.t, Raw(msgspec.json.encode(said)), entity)
        return entry.fact(held.t, drafts.read(said, known.kind), entity)

    def _said(self, change: Change) -> dict[str, Any]:
        """What a change said, as plain values."""
        if change.set_ is not None:
            return {name: msgspec.json.decode(value) for name, (value, _) in change.set_.items()}
        said: dict[str, Any] = msgspec.json.decode(change.p)
        return said

    # --- names

    def _title(self, connection: Connection, change: Change) -> str:
        """In one line: "Contact, 02:11: Bedded down, Marek"."""
        what = f"{wording.say_change(change.t)}, {wording.say_time(from_ms(change.at))}"
        about = self._about(connection, change)
        return f"{what}: {about}" if about else what

    def _codes(self, connection: Connection, change: Change) -> tuple[tuple[str, str], ...]:
        """The same for a catalogue."""
        what = ("change", change.t.replace(".", "_"))
        if change.t == "contact.recorded" and not change.erased:
            contact = msgspec.json.decode(change.p, type=Contact)
            met = people.list_people(connection, contact.person_ids)
            return (what, ("contact_state", str(contact.state)), *(("named", row.known_as) for row in met))
        kind, name = self._subject(connection, change.e or "") if change.e else ("", "")
        return (what, _named(kind, name)) if name else (what,)

    def _about(self, connection: Connection, change: Change) -> str:
        if change.t == "contact.recorded" and not change.erased:
            contact = msgspec.json.decode(change.p, type=Contact)
            met = [row.known_as for row in people.list_people(connection, contact.person_ids)]
            return ", ".join([wording.say_state(contact.state), *met])
        return self._subject(connection, change.e or "")[1] if change.e else ""

    def _subject(self, connection: Connection, entity: Id) -> tuple[str, str]:
        """What kind of record an id is of, and what it is called."""
        person = people.find_person(connection, entity)
        if person is not None:
            return "person", person.known_as
        site = sites.find_site(connection, entity)
        if site is not None:
            return "site", wording.say_site(site.site.name, site.site.kind)
        referral = referrals.find_referral(connection, entity)
        return ("referral", f"Referral {referral.referral.number}") if referral is not None else ("", "")


def _texts_of(change_type: str, said: Mapping[str, Any]) -> dict[str, str]:
    """The texts that a change says, or may say: ids, codes, times and places are put right on the record's own page."""
    known = FACTS.get(change_type)
    kind = known.kind if known is not None else ENTITY_KINDS.get(change_type.partition(".")[0])
    if kind is None:
        return {}
    names = said if known is None else kind.__struct_fields__
    kinds = get_type_hints(kind)
    texts = (name for name in names if kinds.get(name) is str and name != "id" and not name.endswith("_id"))
    return {name: said.get(name) or "" for name in texts}


def say_value(value: Any) -> str:
    """A contested value as a worker reads it."""
    if value is None or value == "":
        return "Nothing"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict) and {"latitude", "longitude"} <= value.keys():
        return _say_position(value)
    return str(value).replace("_", " ") if isinstance(value, str) and value.islower() else str(value)


def _say_position(value: dict[str, Any]) -> str:
    place = msgspec.convert(value, Position)
    how = {PinSource.MOVED_BY_WORKER: "pin moved by hand", PinSource.GPS: "GPS"}.get(place.source, "pin")
    return f"{how}, {place.latitude:.5f}, {place.longitude:.5f}"


def _named(kind: str, name: str) -> tuple[str, str]:
    """What a change is about, for a catalogue."""
    return ("referral", name.removeprefix("Referral ")) if kind == "referral" else ("named", name)
