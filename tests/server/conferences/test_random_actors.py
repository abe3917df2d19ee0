"""Two coordinators, a partner's minute-taker, a phone and a clock act at random on one agenda, on both databases.

Words stay with the person they were typed for; a closed case stays closed but by a person's press or a sighting; every sighting
after an ending lists the person; nothing typed is lost; an MDT number rises by one a conference held.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete

from server.access import Access, Door
from server.actions.cases.cases import close_case, decline_case, list_case
from server.actions.conferences import conferences, discussion
from server.actions.conferences.discussion import CaseEnd
from server.actions.people.hiding import hide_person, show_person_again
from server.actions.sync.projection.verification import derive_verification
from server.database.engine import Database
from server.problems import Failure, Invalid, NotFound
from server.queries.cases import case_events, cases
from server.queries.conferences import conferences as stored
from server.queries.partnership.workers import get_worker
from server.tables import metadata
from server.tables.partnership.worker import worker, worker_district, worker_role
from server.tables.street.contact import contact, contact_person
from shared.model.codes import CaseState, CaseStep
from shared.rules.case import state_of
from tests.web import county

ACTORS = ("priya", "connie", "ruth")
PEOPLE = tuple(f"p{number:02}" for number in range(1, 6))
places = st.integers(0, 5)
actors = st.sampled_from(ACTORS)
coordinators = st.sampled_from(("priya", "connie"))


class Meeting(RuleBasedStateMachine):
    """The world, and what a careful onlooker would remember of it."""

    def __init__(self, database: Database, start: datetime, new_id: Callable[[], str]) -> None:
        super().__init__()
        self.database, self.now, self.new_id = database, start, new_id
        self.numbers = count(1)
        self.screens: dict[str, dict[str, Any]] = {}
        self.finishing: dict[str, dict[str, Any]] = {}
        self.typed: dict[str, str] = {}
        self.agreed: dict[str, str] = {}
        self.ended_at: dict[str, datetime] = {}
        self.seen_at: dict[str, datetime] = {}
        self.hidden: set[str] = set()

    @initialize()
    def begin(self) -> None:
        with self.database.writing() as session:
            for table in reversed(metadata.sorted_tables):
                session.execute(delete(table))
            county.fill(session, self.now)
            county.add(session, worker, {
                "id": "connie", "name": "Connie Moore", "short_name": "Connie M", "agency_id": "watford-housing",
                "trained_on": self.now.date() - timedelta(days=30), "created_at": self.now,
            })  # fmt: skip
            county.add(session, worker_role, {"worker_id": "connie", "role": "coordinator"})
            county.add(session, worker_district, {"worker_id": "connie", "district_id": county.WATFORD})
            for number, person_id in enumerate(PEOPLE, start=1):
                county.put_person(
                    session, self.now, person_id, "", name=f"Person {number}", state="listed", nights=(3,),
                    case_days=40 - number,
                )  # fmt: skip
        self.call()

    def call(self) -> None:
        with self.enter("priya") as access:
            made = conferences.schedule_conference(
                access, county.WATFORD, self.now + timedelta(days=4), "", "priya", "ruth"
            )
        self.conference_id, self.is_over = made.id, False
        self.screens.clear()
        self.finishing.clear()

    def enter(self, worker_id: str) -> Any:
        with self.database.reading() as session:
            who = get_worker(session, worker_id)
        return Door(self.database, who, self.now, self.new_id, may_change=True).open()

    def items(self, access: Access) -> list[Any]:
        return stored.list_items(access.session, self.conference_id)

    # ------------------------------------------------------------------------------------------------ the meeting
    @rule(actor=actors, place=places)
    def open_a_case(self, actor: str, place: int) -> None:
        with self.enter(actor) as access:
            items = self.items(access)
            if items:
                item = items[place % len(items)]
                note = stored.look_at_note(access.session, item.id)
                self.screens[actor] = {
                    "item": item.id, "case": item.case_id, "base": note.notes, "outcome": note.outcome_version,
                }  # fmt: skip

    @rule(actor=actors)
    def type_a_line(self, actor: str) -> None:
        if (screen := self.screens.get(actor)) is None:
            return
        word = f"word{next(self.numbers)}"
        try:
            with self.enter(actor) as access:
                saved = discussion.save_note(
                    access, self.conference_id, screen["item"], base=screen["base"],
                    notes=f"{screen['base']}\n{word}".strip(),
                )  # fmt: skip
        except (NotFound, Failure):
            return
        screen["base"] = saved.notes
        self.typed[word] = screen["case"]

    @rule(actor=actors)
    def type_an_outcome(self, actor: str) -> None:
        if (screen := self.screens.get(actor)) is None:
            return
        try:
            with self.enter(actor) as access:
                before = stored.look_at_note(access.session, screen["item"])
                saved = discussion.save_outcome(
                    access, self.conference_id, screen["item"], based_on=screen["outcome"],
                    outcome=f"outcome {next(self.numbers)} of {screen['case']}",
                )  # fmt: skip
        except (NotFound, Failure):
            return
        assert saved.stale == (before.outcome_version != screen["outcome"])
        if saved.stale:
            assert saved.outcome == before.outcome
        screen["outcome"] = saved.outcome_version

    @rule(actor=actors)
    def agree_something(self, actor: str) -> None:
        if (screen := self.screens.get(actor)) is None:
            return
        try:
            with self.enter(actor) as access:
                made = discussion.agree_action(
                    access, self.conference_id, screen["item"], text="visit", agency_id="cgl",
                    due_on=access.today + timedelta(days=5),
                )  # fmt: skip
        except (NotFound, Failure):
            return
        self.agreed[made.id] = screen["case"]
        assert made.case_id == screen["case"]

    # ------------------------------------------------------------------------------------------------- the agenda
    @rule(actor=coordinators, place=places)
    def close_on_the_page(self, actor: str, place: int) -> None:
        person_id = PEOPLE[place % len(PEOPLE)]
        with self.enter(actor) as access:
            live = cases.list_live_cases_of(access.session, [person_id])
            if not live:
                return
            if live[0].state is CaseState.CANDIDATE:
                (decline_case if place % 2 else list_case)(access, live[0].id, "Decided")
                ended = bool(place % 2)
            else:
                close_case(access, live[0].id, "Housed")
                ended = True
        if ended:
            self.ended_at[person_id] = self.now

    @rule(actor=coordinators)
    def choose_again(self, actor: str) -> None:
        if not self.is_over:
            with self.enter(actor) as access:
                conferences.choose_cases_again(access, self.conference_id)

    @rule(actor=coordinators, place=places)
    def shape_by_hand(self, actor: str, place: int) -> None:
        if self.is_over:
            return
        with self.enter(actor) as access:
            items = self.items(access)
            out = stored.list_left_out(access.session, self.conference_id)
            if out and place % 2:
                case = cases.get_case(access.session, out[place % len(out)].case_id)
                if case.person_id not in self.hidden and case.state in (CaseState.LISTED, CaseState.OPEN):
                    conferences.add_to_agenda(access, self.conference_id, case.id, "asked for")
            elif items:
                conferences.take_off_agenda(access, self.conference_id, items[place % len(items)].case_id, "not today")

    @rule(place=places)
    def hide_or_show(self, place: int) -> None:
        person_id = PEOPLE[place % len(PEOPLE)]
        with self.enter("priya") as access:
            if person_id in self.hidden:
                show_person_again(access, person_id, "The danger she was in is over")
            else:
                hide_person(
                    access, person_id, ["beacon", "watford-housing"], "Somebody dangerous asks for her everywhere"
                )
        self.hidden ^= {person_id}

    # ------------------------------------------------------------------------------------------------ the ending
    @rule(actor=actors, closes=st.sets(places, max_size=2))
    def open_finish(self, actor: str, closes: set[int]) -> None:
        with self.enter(actor) as access:
            _, endings, seen = discussion.list_endings(access, self.conference_id)
        ends = {
            each.item.case_id: CaseEnd.CLOSE
            if place in closes
            else CaseEnd.NEXT
            if each.has_words
            else CaseEnd.NOT_REACHED
            for place, each in enumerate(endings)
        }
        shown = {each.item.case_id: (each.case.state, each.case.mdt_number, each.case.person_id) for each in endings}
        self.finishing[actor] = {"seen": seen, "ends": ends, "shown": shown}

    @rule(actor=actors)
    def press_finish(self, actor: str) -> None:
        if (page := self.finishing.get(actor)) is None or self.is_over:
            return
        try:
            with self.enter(actor) as access:
                discussion.finish_conference(access, self.conference_id, page["ends"], page["seen"])
        except Invalid:
            return
        self.is_over = True
        with self.enter("priya") as access:
            after = {each.id: each for each in cases.list_cases_by_id(access.session, list(page["shown"]))}
        for case_id, (state, number, person_id) in page["shown"].items():
            end, now = page["ends"][case_id], after[case_id]
            if state in (CaseState.CLOSED, CaseState.DECLINED) or end is CaseEnd.NOT_REACHED:
                assert (now.state, now.mdt_number) == (state, number)
            elif end is CaseEnd.CLOSE:
                assert (now.state, now.mdt_number) == (CaseState.CLOSED, number)
                self.ended_at[person_id] = self.now
            else:
                assert (now.state, now.mdt_number) == (CaseState.OPEN, number + 1)

    @precondition(lambda self: self.is_over)
    @rule()
    def call_the_next(self) -> None:
        self.call()

    # ------------------------------------------------------------------------------------------- street and clock
    @rule(place=places)
    def see_bedded_down(self, place: int) -> None:
        person_id, contact_id = PEOPLE[place % len(PEOPLE)], self.new_id()
        night = self.now.date()
        with self.database.writing() as session:
            county.add(session, contact, {
                "id": contact_id, "state": "bedded_down", "seen_at": self.now, "recorded_at": self.now,
                "received_at": self.now, "night": night, "worker_id": "aisha", "team_id": "watford-outreach",
                "district_id": county.WATFORD, **county.point_of(None),
            })  # fmt: skip
            county.add(session, contact_person, {
                "contact_id": contact_id, "person_id": person_id, "seen_at": self.now, "night": night,
                "state": "bedded_down", "district_id": county.WATFORD, "team_id": "watford-outreach",
            })  # fmt: skip
            derive_verification(session, [person_id], set(), self.now, self.new_id, "Europe/London")
        self.seen_at[person_id] = self.now

    @rule(hours=st.integers(1, 30))
    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # -------------------------------------------------------------------------------------------------- what holds
    @invariant()
    def words_stay_with_the_person_shown(self) -> None:
        with self.database.reading() as session:
            self.check_words(session)

    def check_words(self, session: Any) -> None:
        from server.queries.people import concealment
        from server.tables.cases.case import case_review
        from server.tables.conferences.conference import agenda_item, conference_note

        concealment.read_as(session, "beacon")
        where: dict[str, set[str]] = {}
        from sqlalchemy import select

        noted = select(agenda_item.c.case_id, conference_note.c.notes).join(
            conference_note, conference_note.c.agenda_item_id == agenda_item.c.id
        )
        for case_id, text in [
            *session.execute(noted),
            *session.execute(select(case_review.c.case_id, case_review.c.notes)),
        ]:
            for word in text.split():
                where.setdefault(word, set()).add(case_id)
        assert where == {word: {case_id} for word, case_id in self.typed.items()}

    @invariant()
    def states_are_what_the_facts_say(self) -> None:
        with self.database.reading() as session:
            every = [case for of in cases.list_cases_of(session, PEOPLE).values() for case in of]
            events = case_events.list_events(session, [case.id for case in every])
        for case in every:
            assert state_of(events[case.id]) is case.state
            discussed = sum(
                event.step is CaseStep.DISCUSSED and event.conference_id is not None for event in events[case.id]
            )
            assert case.mdt_number == 1 + discussed

    @invariant()
    def who_is_seen_after_an_ending_is_listed_and_nobody_else_comes_back(self) -> None:
        with self.database.reading() as session:
            live = {case.person_id for case in cases.list_live_cases_of(session, PEOPLE)}
        for person_id in PEOPLE:
            ended, seen = self.ended_at.get(person_id), self.seen_at.get(person_id)
            has_returned = ended is not None and seen is not None and seen > ended
            assert (person_id in live) == (ended is None or has_returned), person_id


@pytest.mark.slow
def test_whatever_they_do_words_and_endings_reach_the_right_person(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    few = settings(
        max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(lambda: Meeting(database, now, new_id), settings=few)  # type: ignore[arg-type]
