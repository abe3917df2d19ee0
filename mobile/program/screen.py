"""The loop that every screen runs: event -> `update` -> new state -> drawn -> effects performed.

No screen calls the service itself: a `Call` goes to the app's work thread and comes back as an event on the screen's thread,
unless the screen was left or the phone locked in the meantime.
"""

from collections.abc import Mapping
from typing import Any

from mobile.program.desk import Desk
from mobile.program.effects import (
    ApplySettings,
    Back,
    Call,
    Dial,
    Directions,
    Effect,
    Event,
    Failed,
    Feel,
    Go,
    Home,
    Opened,
    Photograph,
    WordsFound,
    ask,
)
from mobile.widgets.frame import Frame


class Screen(Frame):
    """A screen on the glass. Subclasses give `start`, `decide` and `render`."""

    shows_sync = True

    def __init__(self, desk: Desk, arguments: Mapping[str, Any], **kwargs: Any) -> None:
        self.desk = desk
        self.words = desk.words
        self.is_open = True
        self._kept: tuple[str, dict[str, str]] | None = None
        self.state: Any = self.start(arguments)
        super().__init__(**kwargs)
        self.head.bind(on_release=lambda *_: self.head_pressed())

    def start(self, arguments: Mapping[str, Any]) -> Any:
        """The first state, from what the screen before handed over."""
        raise NotImplementedError

    def decide(self, state: Any, event: Event) -> tuple[Any, tuple[Effect, ...]]:
        """The screen's pure `update`."""
        raise NotImplementedError

    def render(self) -> None:
        """Bring the widgets up to `self.state`."""
        raise NotImplementedError

    def half_written(self) -> tuple[str, dict[str, str]] | None:
        """The name of this page and its words that are typed and not saved; None for a page that takes none."""
        return None

    def unkept(self) -> tuple[Call, ...]:
        """Half-written words as they stand now, if they differ from those that were last kept."""
        half = self.half_written()
        before, self._kept = self._kept, half
        if half is None or half == before:
            return ()
        keep = (ask(lambda phone: phone.keep_words(*half)),)
        if before is None or before[0] == half[0]:
            return keep
        # The words first under the new name, then none under the old: a kill between the two costs nothing.
        return (*keep, ask(lambda phone: phone.keep_words(before[0], {})))

    def unwritten(self) -> tuple[Call, ...]:
        """Words for a record that is saved already, which wait for a pause in the typing: written before this page goes."""
        return ()

    def each_second(self) -> None:
        """Once a second while on the glass; most screens need nothing."""

    def synced(self) -> None:
        """A sync has ended while this was on the glass; most screens need nothing."""

    def link_opened(self, link: str) -> None:
        """An enrolment link was opened with this app: to where it can be used."""
        self.desk.go("enrol", {"link": link})

    def back(self) -> None:
        """The screen's own Back, and Android's: to the screen before. One that holds words overrides it."""
        self.desk.back()

    def head_pressed(self) -> None:
        """The sync line was pressed: show what is not yet sent."""
        if self.shows_sync:
            self.desk.go("tray", {})

    def open(self) -> None:
        """Draw the first state and load."""
        self.render()
        self.send(Opened())
        self._kept = self.half_written()
        if self._kept is not None:
            page = self._kept[0]
            self._ask(ask(lambda phone: phone.find_words(page), lambda words: WordsFound(words=words)))

    def close(self) -> None:
        """Answers that are still on their way are dropped."""
        self.is_open = False

    def send(self, event: Event) -> None:
        """One turn of the loop."""
        if not self.is_open:
            return
        self.state, effects = self.decide(self.state, event)
        self.render()
        for effect in effects:
            self._perform(effect)

    def say(self, key: str, **values: object) -> str:
        """A sentence of the catalogue."""
        return self.words.say(key, **values)

    def say_failure(self, failure: Failed | None) -> str:
        """What went wrong and what to do, in the worker's language where the catalogue has it."""
        if failure is None:
            return ""
        key = f"error.{failure.error}"
        if key in self.words:
            return self.say(key)
        return f"{failure.plain} {failure.what_to_do}".strip() or self.say("error.unknown")

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Call():
                self._ask(effect)
            case Go(screen=screen, arguments=arguments, replace=replace):
                self.desk.go(screen, arguments, replace)
            case Back():
                self.desk.back()
            case Home():
                self.desk.home()
            case Feel(name=name, speak=speak):
                self.desk.feel(name, speak)
            case Dial(number=number):
                self.desk.outside.dial(number)
            case Directions(latitude=latitude, longitude=longitude):
                self.desk.outside.show_on_map(latitude, longitude)
            case Photograph(path=path, taken=taken):
                self.desk.photograph(path, lambda: self.send(taken))
            case ApplySettings():
                self.desk.apply_settings()

    def _ask(self, call: Call) -> None:
        def then(event: Event | None) -> None:
            if event is not None:
                self.send(event)

        def failed(error: Exception) -> None:
            plain, what_to_do = getattr(error, "plain", str(error)), getattr(error, "what_to_do", "")
            self.send(Failed(error=type(error).__name__, plain=plain, what_to_do=what_to_do))

        self.desk.ask(call, then, failed)
