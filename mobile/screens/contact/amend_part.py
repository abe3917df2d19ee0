"""The steps that put a contact right: when it was, and that it did not happen. Draws `state` and reports presses."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mobile.program.effects import Event
from mobile.screens.contact.values import (
    ConfirmPressed,
    ContactScreenState,
    ReasonTyped,
    RestorePressed,
    Step,
    StrikeGiven,
    StrikePressed,
    TimeGiven,
    TimeTyped,
    WhenPressed,
    WhoPressed,
)
from mobile.text import Catalogue
from mobile.text.moments import say_when
from mobile.widgets.buttons import BigButton
from mobile.widgets.card import Banner, Choices
from mobile.widgets.field import TextField
from mobile.widgets.layout import Grid, Stack
from mobile.widgets.words import Words
from shared.model.quick_entry import is_to_confirm

MINUTES_AGO = (15, 30, 60, 120)
REASONS = ("wrong_press", "twice", "not_there")


class AmendPart(Stack):
    """Built when first shown: the four-press path never pays for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._is_built = False

    def show(
        self, state: ContactScreenState, words: Catalogue, send: Callable[[Event], None], now: Callable[[], datetime]
    ) -> None:
        """The buttons on the page, or one of the two steps."""
        if not self._is_built:
            self._build(words, send, now)
        on_page = state.step == Step.STATE
        self._page.hidden, self._when.hidden = not on_page, state.step != Step.WHEN
        self._strike.hidden = state.step != Step.STRIKE
        self._undo.text = words.say("contact.struck_out", reason=state.struck) if state.struck else ""
        self._undo.action_text = words.say("contact.put_back") if state.struck else ""
        asks = bool(state.contact_id) and not state.struck and is_to_confirm(state.details.note)
        self._confirm.text = words.say("contact.to_confirm") if asks else ""
        self._confirm.action_text = words.say("contact.confirm") if asks else ""
        seen = say_when(words, state.seen_at, now()) if state.seen_at is not None else words.say("contact.just_now")
        self._time.text, self._time.detail = words.say("contact.seen", when=seen), words.say("contact.change_time")
        self._time.hidden = bool(state.struck)
        self._who.hidden = self._not.hidden = not state.is_saved or bool(state.struck)
        self._unclear.text = words.say("contact.time_unclear") if state.time_is_unclear else ""

    def show_words(self, state: ContactScreenState) -> None:
        """What is typed of a time and of a reason."""
        self._clock.text, self._own.text = state.time_text, state.reason

    def _build(self, words: Catalogue, send: Callable[[Event], None], now: Callable[[], datetime]) -> None:
        self._is_built = True
        self._page, self._when, self._strike = Stack(), Stack(), Stack()
        for part in (self._page, self._when, self._strike):
            self.add_widget(part)
        self._build_page(words, send)
        self._build_when(words, send, now)
        self._build_strike(words, send)

    def _build_page(self, words: Catalogue, send: Callable[[Event], None]) -> None:
        self._undo = Banner(tone="warn")
        self._undo.bind(on_action=lambda *_: send(RestorePressed()))
        self._confirm = Banner(tone="warn")
        self._confirm.bind(on_action=lambda *_: send(ConfirmPressed()))
        self._time = BigButton(align="left", role="body")
        self._time.bind(on_release=lambda *_: send(WhenPressed()))
        self._who = BigButton(text=words.say("contact.other_person"), role="body")
        self._who.bind(on_release=lambda *_: send(WhoPressed()))
        self._not = BigButton(text=words.say("contact.did_not_happen"), role="body")
        self._not.bind(on_release=lambda *_: send(StrikePressed()))
        pair = Grid(columns=2)
        pair.add_widget(self._who)
        pair.add_widget(self._not)
        for part in (self._undo, self._confirm, self._time, pair):
            self._page.add_widget(part)

    def _build_when(self, words: Catalogue, send: Callable[[Event], None], now: Callable[[], datetime]) -> None:
        ago = Choices(text=words.say("contact.when"))
        ago.show([(str(m), words.say("contact.minutes_ago", minutes=m)) for m in MINUTES_AGO], set())
        ago.bind(on_pick=lambda _, value: send(TimeGiven(now=now(), minutes_ago=int(value))))
        self._clock = TextField(label=words.say("contact.clock"))
        self._clock.bind(text=lambda _, text: send(TimeTyped(text=text)))
        self._unclear = Banner(tone="warn")
        done = BigButton(text=words.say("action.done"), tone="primary", least_height=80)
        done.bind(on_release=lambda *_: send(TimeGiven(now=now())))
        for part in (ago, self._clock, self._unclear, done):
            self._when.add_widget(part)

    def _build_strike(self, words: Catalogue, send: Callable[[Event], None]) -> None:
        said = [words.say(f"contact.reason.{name}") for name in REASONS]
        reasons = Choices(text=words.say("contact.why_not"), columns=1)
        reasons.show([(text, text) for text in said], set())
        reasons.bind(on_pick=lambda _, value: send(StrikeGiven(reason=value)))
        self._own = TextField(label=words.say("contact.own_reason"), lines=2)
        self._own.bind(text=lambda _, text: send(ReasonTyped(text=text)))
        done = BigButton(text=words.say("contact.strike"), least_height=80)
        done.bind(on_release=lambda *_: send(StrikeGiven()))
        kept = Words(text=words.say("contact.strike_help"), role="small", tone="soft")
        for part in (reasons, self._own, kept, done):
            self._strike.add_widget(part)
