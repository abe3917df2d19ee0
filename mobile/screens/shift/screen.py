"""Draws the shift. Binds fields and buttons to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import ShiftSummary
from mobile.program.effects import Effect, Event
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.shift.state import (
    BackPressed,
    EndConfirmed,
    EndPressed,
    HelpPressed,
    JoinPressed,
    ShiftState,
    StartPressed,
    Synced,
    Typed,
    WellPressed,
    WentTo,
    half_written,
    update,
)
from mobile.text.moments import say_clock, say_when
from mobile.widgets.buttons import Tile
from shared.rules.check_ins import PROMISES

load_layout(__file__)


class ShiftScreen(Screen):
    """The shift."""

    def start(self, arguments: Mapping[str, Any]) -> ShiftState:
        """Nothing known until the service answers."""
        self._drawn_others: tuple[ShiftSummary, ...] = ()
        return ShiftState()

    def decide(self, state: ShiftState, event: Event) -> tuple[ShiftState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Before a shift, on one, ending one, after one."""
        state, ids = self.state, self.ids
        going, over = state.shift is not None, state.ended is not None
        ids.failure.text = self.say_failure(state.failure)
        ids.who.text = self._who()
        ids.now.text = self._now()
        ids.counts.text = self._counts(state.ended or state.shift)
        ids.check_in.text = self._check_in() if going else ""
        ids.area.hidden = ids.start.hidden = going or over or not state.loaded
        ids.minutes.hidden = not going or state.ending
        ids.minutes.show([(str(m), self.say("shift.minutes", minutes=m)) for m in PROMISES], set())
        ids.summary.hidden = not state.ending
        ids.end.hidden = not going and (over or state.forgotten is None)
        ids.call_help.hidden = not self.desk.outside.is_there
        ids.end.text = self.say(self._end_key())
        ids.end.tone = "primary" if state.ending else "plain"
        for name, field in (("area", ids.area), ("summary", ids.summary)):
            if not field.writing.focus:
                field.text = getattr(state, name)
        self._render_others(hidden=going or over)
        ids.middle.ask_layout()
        self.actions_changed()

    def _render_others(self, hidden: bool) -> None:
        ids, others = self.ids, self.state.others
        ids.others.hidden = ids.others_title.hidden = hidden or not others
        if self._drawn_others != others:
            self._drawn_others = others
            ids.others.put([self._join_tile(shift) for shift in others])

    def half_written(self) -> tuple[str, dict[str, str]]:
        """Where to, until the shift is going; what the night was like, until it is ended."""
        return "shift", half_written(self.state)

    def synced(self) -> None:
        """A colleague may have begun."""
        self.send(Synced())

    # --- presses
    def typed(self, field: str, text: str) -> None:
        """A field changed."""
        self.send(Typed(field=field, text=text))

    def begin(self) -> None:
        """Start."""
        self.send(StartPressed())

    def well(self, minutes: str, duress: bool = False) -> None:
        """I am well; or, by a finger that rests, somebody makes me say so."""
        self.send(WellPressed(minutes=int(minutes), duress=duress))

    def end(self) -> None:
        """End, or really end."""
        self.send(EndConfirmed() if self.state.ending else EndPressed())

    def call_help(self) -> None:
        """The emergency number, in the phone's dialler."""
        self.send(HelpPressed())

    def to(self, screen: str) -> None:
        """Another screen."""
        self.send(WentTo(screen=screen))

    def back(self) -> None:
        """Out."""
        self.send(BackPressed())

    # --- words
    def _who(self) -> str:
        config = self.state.config
        return self.say("shift.who", worker=config.worker.short_name, team=config.team.name) if config else ""

    def _now(self) -> str:
        state = self.state
        if state.ended is not None:
            return self.say("shift.ended")
        if state.shift is None:
            return self._before() if state.loaded else ""
        since = say_clock(state.shift.shift.started_at)
        area = state.shift.shift.area
        return self.say("shift.since_in", clock=since, area=area) if area else self.say("shift.since", clock=since)

    def _before(self) -> str:
        """No shift is going; one of an earlier night may never have been ended."""
        old = self.state.forgotten
        if old is None:
            return self.say("shift.none")
        return self.say("shift.forgotten", when=say_when(self.words, old.shift.started_at, self.desk.now()))

    def _end_key(self) -> str:
        if self.state.shift is None and self.state.forgotten is not None:
            return "shift.end_forgotten"
        return "shift.end_now" if self.state.ending else "shift.end"

    def _counts(self, shift: ShiftSummary | None) -> str:
        if shift is None:
            return ""
        counts = (
            self.say("count.contacts", count=shift.contacts),
            self.say("count.people", count=shift.people),
            self.say("count.visits", count=shift.visits),
            self.say("count.referrals", count=shift.referrals_progressed),
        )
        return "\n".join(counts)

    def _check_in(self) -> str:
        due_at = self.state.check_in.due_at
        if due_at is None:
            along = self.state.check_in.along_with
            return self.say("shift.along", name=along) if along else self.say("shift.no_check_in")
        key = "shift.check_in_late" if self.state.check_in.is_overdue else "shift.check_in_due"
        return f"{self.say(key, clock=say_clock(due_at))}. {self._reach()}"

    def _reach(self) -> str:
        """Who knows, and no more than is known."""
        check_in, search = self.state.check_in, self.state.check_in.search
        if not check_in.is_sent:
            return self.say("shift.check_in_unsent")
        if search is None:
            return self.say("shift.check_in_sent")
        if search.taken_by and search.taken_at is not None:
            return self.say("shift.search_taken", name=search.taken_by, clock=say_clock(search.taken_at))
        if search.reached:
            return self.say("shift.search_told", names=", ".join(search.reached))
        return self.say("shift.check_in_sent")

    def _join_tile(self, shift: ShiftSummary) -> Tile:
        when = say_when(self.words, shift.shift.started_at, self.desk.now())
        tile = Tile(
            text=self.say("shift.join", name=shift.started_by),
            detail=self.say("shift.since", clock=when),
            icon="people",
        )
        tile.bind(on_release=lambda *_: self.send(JoinPressed(shift_id=shift.shift.id)))
        return tile
