"""Draws tonight's list. Binds rows and buttons to `state.update`."""

from collections.abc import Mapping
from typing import Any

from mobile.field.views import TonightItem, TonightKind
from mobile.program.effects import Effect, Event, Opened
from mobile.program.screen import Screen
from mobile.screens.layout_file import load_layout
from mobile.screens.tonight.state import (
    ItemPicked,
    LogPressed,
    NobodyPressed,
    Ticked,
    TonightState,
    WellPressed,
    WentTo,
    update,
)
from mobile.text.fixes import say_clock_state
from mobile.text.moments import join, say_clock, say_distance, say_due, say_when
from mobile.text.places import say_place
from mobile.widgets.rows import Row
from shared.rules.shift_plans import PlanState

load_layout(__file__)
ICONS = {TonightKind.REFERRAL: "referral", TonightKind.FOLLOW_UP: "person", TonightKind.PLACE: "place"}


class TonightScreen(Screen):
    """Tonight."""

    def start(self, arguments: Mapping[str, Any]) -> TonightState:
        """Empty until the service answers."""
        return TonightState()

    def decide(self, state: TonightState, event: Event) -> tuple[TonightState, tuple[Effect, ...]]:
        """The pure update."""
        return update(state, event)

    def render(self) -> None:
        """Rows, and what must be read first."""
        state = self.state
        self.ids.rows.show([self._row(item) for item in state.items])
        self.ids.empty.text = self.say("tonight.empty") if state.loaded and not state.items else ""
        self.ids.notice.text = (
            self.say_failure(state.failure)
            or self._check_in()
            or self._asked()
            or say_clock_state(self.words, state.clock)
        )
        self.ids.planned.text = self._planned()
        self.ids.well.hidden = not self._check_in() and self._plan_state() is not PlanState.OVERDUE
        self.ids.start.hidden = not state.is_off_shift
        self.ids.top.fold()

    def each_second(self) -> None:
        """The list and the timer stay true."""
        self.send(Ticked())

    def synced(self) -> None:
        """What came in belongs on the list now, not in half a minute."""
        self.send(Opened())

    def picked(self, key: str) -> None:
        """A row."""
        self.send(ItemPicked(item_id=key))

    def log(self) -> None:
        """The big button."""
        self.send(LogPressed())

    def nobody(self) -> None:
        """Nobody here."""
        self.send(NobodyPressed())

    def well(self) -> None:
        """I am well."""
        self.send(WellPressed())

    def to(self, screen: str) -> None:
        """Another screen."""
        self.send(WentTo(screen=screen))

    def _check_in(self) -> str:
        check_in = self.state.check_in
        late = ", ".join(check_in.others_overdue)
        others = self.say("tonight.colleague_late", names=late) if late else ""
        if check_in.due_at is None or not check_in.is_overdue:
            return others
        unheard = "" if check_in.is_sent else self.say("tonight.nobody_knows")
        return join(self.say("tonight.check_in_late", clock=say_clock(check_in.due_at)), unheard, others)

    def _plan_state(self) -> PlanState | None:
        planned = self.state.planned
        return None if planned is None else planned.state

    def _asked(self) -> str:
        """Who was to be home by now is asked; who was to be out by now is told."""
        planned = self.state.planned
        if planned is None or planned.state not in (PlanState.OVERDUE, PlanState.MISSING):
            return ""
        if planned.state is PlanState.OVERDUE:
            return self.say("tonight.still_out", clock=say_clock(planned.plan.back_at))
        return self.say("tonight.not_gone_out", clock=say_clock(planned.plan.starts_at))

    def _planned(self) -> str:
        """With whom, where, from when and back when."""
        planned = self.state.planned
        if planned is None:
            return ""
        plan = planned.plan
        times = self.say("tonight.planned", start=say_clock(plan.starts_at), back=say_clock(plan.back_at))
        others = ", ".join(planned.with_whom)
        return join(times, self.say("tonight.planned_with", names=others) if others else "", plan.area)

    def _row(self, item: TonightItem) -> Row:
        now = self.desk.now()
        said = {TonightKind.REFERRAL: self._referral_detail, TonightKind.FOLLOW_UP: self._follow_up_detail}
        detail = said[item.kind](item) if item.kind in said else item.reason
        return Row(
            key=item.id,
            head=item.title or self.say("tonight.no_words"),
            detail=detail or join(self.say("seen.last", when=say_when(self.words, item.last_seen_at, now))),
            side=say_distance(self.words, item.distance_m),
            icon=ICONS[item.kind],
            tone="warn" if item.is_overdue else "accent",
        )

    def _follow_up_detail(self, item: TonightItem) -> str:
        seen = say_when(self.words, item.last_seen_at, self.desk.now())
        return join(
            self.say("tonight.follow_up", when=seen) if seen else self.say("tonight.follow_up_plain"),
            say_place(self.words, item.place),
            item.about,
        )

    def _referral_detail(self, item: TonightItem) -> str:
        now = self.desk.now()
        reported = say_when(self.words, item.reported_at, now)
        return join(
            self.say("tonight.referral", when=reported) if reported else self.say("tonight.referral_plain"),
            say_due(self.words, item.due_on, now),
            self.say("referral.given", name=item.given_to) if item.given_to else "",
        )
