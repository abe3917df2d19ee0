"""Puts a visit right: struck out with a reason, put back, or its place. Draws the entry and reports presses."""

from collections.abc import Callable
from typing import Any

from mobile.field.own_views import NightEntry
from mobile.program.effects import Event
from mobile.screens.night.state import PlacePressed, ReasonTyped, RestorePressed, StrikeGiven
from mobile.text import Catalogue
from mobile.text.moments import join
from mobile.text.places import say_place
from mobile.widgets.buttons import BigButton
from mobile.widgets.card import Banner, Choices
from mobile.widgets.field import TextField
from mobile.widgets.layout import Stack
from mobile.widgets.words import Words

REASONS = ("wrong_press", "twice")


class StopPart(Stack):
    """Built when first shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._is_built = False
        self._shown: str | None = None

    def show(self, entry: NightEntry | None, when: str, words: Catalogue, send: Callable[[Event], None]) -> None:
        """The visit, or nothing."""
        self.hidden = entry is None
        if entry is None:
            return
        if not self._is_built:
            self._build(words, send)
        self._what.text = join(words.say("visit.title"), when, say_place(words, entry.place), entry.note)
        self._undo.text = words.say("contact.struck_out", reason=entry.struck) if entry.struck else ""
        self._undo.action_text = words.say("contact.put_back") if entry.struck else ""
        self._strike.hidden = bool(entry.struck)
        self._place.hidden = entry.site_id is None

    def show_reason(self, entry: NightEntry | None, reason: str) -> None:
        """What is typed of the reason, when the visit is opened."""
        if entry is not None and self._shown != entry.id:
            self._own.text = reason
        self._shown = entry.id if entry is not None else None

    def _build(self, words: Catalogue, send: Callable[[Event], None]) -> None:
        self._is_built = True
        self._what = Words()
        self._undo = Banner(tone="warn")
        self._undo.bind(on_action=lambda *_: send(RestorePressed()))
        self._place = BigButton(icon="map", text=words.say("night.open_place"), role="body")
        self._place.bind(on_release=lambda *_: send(PlacePressed()))
        self._strike = Stack()
        said = [words.say(f"contact.reason.{name}") for name in REASONS]
        reasons = Choices(text=words.say("contact.why_not"), columns=1)
        reasons.show([(text, text) for text in said], set())
        reasons.bind(on_pick=lambda _, value: send(StrikeGiven(reason=value)))
        self._own = TextField(label=words.say("contact.own_reason"), lines=2)
        self._own.bind(text=lambda _, text: send(ReasonTyped(text=text)))
        done = BigButton(text=words.say("contact.strike"), least_height=80)
        done.bind(on_release=lambda *_: send(StrikeGiven()))
        kept = Words(text=words.say("night.stop_help"), role="small", tone="soft")
        for part in (reasons, self._own, kept, done):
            self._strike.add_widget(part)
        for whole in (self._what, self._undo, self._place, self._strike):
            self.add_widget(whole)
