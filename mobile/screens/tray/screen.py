"""Draws the sync tray. Binds it to `state.update`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mobile.field.views import ConflictChoice, SyncPhase, TrayItem
from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.tray.state import (
    BackPressed,
    BothPicked,
    ChoicePicked,
    CorrectPressed,
    DismissPressed,
    EnrolPressed,
    ItemPressed,
    ResendPressed,
    SendPressed,
    Ticked,
    TrayState,
    Typed,
    both,
    can_correct,
    half_written,
    silent_count,
    update,
    way_to,
)
from mobile.text.moments import join, say_clock, say_day, say_when, zone
from mobile.text.sync_words import trouble_of
from mobile.text.tray_words import say_choice, say_title, say_what_to_do
from mobile.widgets.buttons import BigButton
from mobile.widgets.card import Card
from mobile.widgets.field import TextField
from mobile.widgets.layout import Grid
from mobile.widgets.words import Words
from shared.model.codes import SyncState

load_layout(__file__)
SHOWN = 60
LEASE_SAID_BEFORE = timedelta(hours=24)


class TrayScreen(Screen):
    """The sync tray."""

    def start(self, arguments: Mapping[str, Any]) -> TrayState:
        """Empty until the service answers."""
        self._drawn: Any = None
        return TrayState()

    def decide(self, state: TrayState, event: Event) -> tuple[TrayState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def head_pressed(self) -> None:
        """Already here."""

    def each_second(self) -> None:
        """Things are sent while one looks; a correction that is being written stays."""
        if self.state.correcting is None:
            self.send(Ticked())

    def half_written(self) -> tuple[str, dict[str, str]]:
        """A correction that was not sent."""
        return "tray", half_written(self.state)

    def render(self) -> None:
        """One card an item."""
        state, ids = self.state, self.ids
        ids.failure.text = self.say_failure(state.failure)
        ids.trouble.text = self._trouble()
        ids.enrol.hidden = not self.desk.may_enrol()
        ids.newer_app.text = self._newer_app()
        ids.lease.text = self._lease()
        ids.next_try.text = self._next_try()
        ids.empty.text = self._rest()
        if self._drawn != (state.items, state.correcting):
            self._drawn = (state.items, state.correcting)
            ids.cards.put([self._card(item) for item in state.items[:SHOWN]])
            more = len(state.items) - SHOWN
            ids.more.text = self.say("tray.more", count=more) if more > 0 else ""
        ids.middle.ask_layout()

    def send_now(self) -> None:
        """Try now."""
        self.send(SendPressed())

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    def enrol(self) -> None:
        """A new code for a phone that the server knows no more."""
        self.send(EnrolPressed())

    def _rest(self) -> str:
        """What no row shows: notes of opened records that are on their way, or that nothing is."""
        notes = silent_count(self.state)
        if notes:
            return self.say("tray.notes", count=notes)
        return self.say("tray.empty") if self.state.loaded and not self.state.items else ""

    def _trouble(self) -> str:
        status = self.state.status
        return self.say(f"tray.trouble.{trouble_of(status)}") if status.phase == SyncPhase.FAILED else ""

    def _newer_app(self) -> str:
        count = self.state.status.needs_newer_app
        return self.say("tray.newer_app", count=count) if count else ""

    def _lease(self) -> str:
        """Said a day ahead, while there is time to find a signal (rule B6)."""
        until, now = self.state.status.lease_until, self.desk.now()
        if until is None or until - now > LEASE_SAID_BEFORE:
            return ""
        day = say_day(self.words, until.astimezone(zone()).date(), now.astimezone(zone()).date())
        return self.say("tray.lease", when=f"{day} {say_clock(until)}")

    def _next_try(self) -> str:
        status = self.state.status
        if status.phase in (SyncPhase.SENDING, SyncPhase.FETCHING):
            return self.say("tray.progress", sent=status.sent, received=status.received)
        if status.not_yet_sent and status.next_try_at is not None:
            return self.say("tray.next_try", clock=say_clock(status.next_try_at))
        return ""

    def _card(self, item: TrayItem) -> Card:
        pressing = item.state in (SyncState.CONFLICT, SyncState.QUARANTINED)
        card = Card()
        state = self.words.say_code("sync_state", item.state)
        card.add_widget(Words(text=state, role="small", bold=True, tone="warn" if pressing else "soft"))
        card.add_widget(Words(text=say_title(self.words, item), bold=True))
        card.add_widget(Words(text=say_when(self.words, item.at, self.desk.now()), role="small", tone="soft"))
        card.add_widget(Words(text=item.reason))
        card.add_widget(Words(text=say_what_to_do(self.words, item), tone="soft"))
        if way_to(item):
            card.add_widget(self._button("tray.open", lambda: self.send(ItemPressed(item_id=item.id))))
        if item.conflict is not None:
            self._add_conflict(card, item)
        if can_correct(item):
            self._add_correction(card, item)
        return card

    def _add_conflict(self, card: Card, item: TrayItem) -> None:
        choices = item.conflict.choices if item.conflict else ()
        for choice in choices:
            card.add_widget(self._keep_button(item, choice))
        if both(item) is not None:
            keep_both = BigButton(text=self.say("tray.keep_both"), role="body")
            keep_both.bind(on_release=lambda *_: self.send(BothPicked(item_id=item.id)))
            card.add_widget(keep_both)

    def _keep_button(self, item: TrayItem, choice: ConflictChoice) -> BigButton:
        keep = self.say("tray.keep_yours") if choice.is_mine else self.say("tray.keep_theirs", name=choice.who)
        field = item.conflict.field if item.conflict is not None else ""
        detail = join(say_choice(self.words, field, choice), say_when(self.words, choice.at, self.desk.now()))
        button = BigButton(text=keep, detail=detail, role="body", align="left")
        button.bind(on_release=lambda *_: self.send(ChoicePicked(item_id=item.id, choice=choice)))
        return button

    def _add_correction(self, card: Card, item: TrayItem) -> None:
        if self.state.correcting != item.id:
            grid = Grid(columns=2)
            grid.add_widget(self._button("tray.correct", lambda: self.send(CorrectPressed(item_id=item.id))))
            grid.add_widget(self._button("tray.leave", lambda: self.send(DismissPressed(item_id=item.id))))
            card.add_widget(grid)
            return
        for name, said in item.correctable_fields.items():
            text = self.state.written.get(name, said)
            field = TextField(label=self.words.say_code("field", name), text=text, lines=2)
            field.bind(text=lambda _, text, name=name: self.send(Typed(field=name, text=text)))
            card.add_widget(field)
        card.add_widget(self._button("tray.resend", lambda: self.send(ResendPressed())))

    def _button(self, key: str, pressed: Any) -> BigButton:
        button = BigButton(text=self.say(key), role="body")
        button.bind(on_release=lambda *_: pressed())
        return button
