"""A plan that is the person's: goals in their words, steps, looking at it together, celebrating; and how to reach somebody."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.access import Door
from server.actions.people.plans import list_reached
from server.database.engine import Database
from server.queries.people.erasure import delete_person
from server.queries.people.held import list_everything
from server.tables.people.person_plan import engagement_try, plan_goal, plan_review, plan_step
from server.web.layout.words import say_day
from shared.model.assessment import AnswerGiven, Question
from shared.model.codes import SupportPhase
from shared.model.plan import Review, Try
from shared.model.telling import AnswerState, AskedVia, Section, TryEffect, TryMethod
from shared.rules.assessment import is_to_ask, lives_until
from shared.rules.plan import find_next_review, find_phase_end, list_ideas, months_after
from tests.server.cast import Cast
from tests.server.people import test_housing_needs
from tests.server.people.test_consent import say

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post


def write(client: Any, person: str, what: str, **fields: str) -> Any:
    return post(client, f"/people/{person}/plan/{what}", **fields)


def read(client: Any, person: str) -> str:
    return str(client.get(f"/people/{person}/plan", headers=HTML).text)


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(table)).mappings().all())


def test_a_goal_has_steps_that_are_done_and_is_celebrated(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    client = sign_in(cast.tom)
    assert "No goal yet" in read(client, marek)
    goal = {
        "words": "A room with a <door>",
        "works": "Up early",
        "celebration": "Fish & chips",
        "target_on": "2026-12-24",
    }
    for _ in ("pressed", "pressed twice"):
        assert write(client, marek, "goal", **goal).status_code == 303
    (kept,) = rows(database, plan_goal)
    told = {"goal": kept["id"], "text": "Fill in the form", "who": "Marek", "due_on": "2026-11-20"}
    for _ in ("pressed", "pressed twice"):
        assert write(client, marek, "step", **told).status_code == 303
        assert write(client, marek, "try", method="note", effect="talked", words="Rang").status_code == 303
        assert write(client, marek, "review", words="Well", next_on="2026-12-01").status_code == 303
    assert (len(rows(database, engagement_try)), len(rows(database, plan_review))) == (1, 1)
    (step,) = rows(database, plan_step)
    assert (step["person_id"], step["added_by"], step["done_at"]) == (marek, cast.tom.id, None)
    for _ in range(2):
        assert write(client, marek, "done", step=step["id"], done="yes").status_code == 303
    page = read(client, marek)
    assert "“A room with a &lt;door&gt;”" in page and "<s>Fill in the form</s>" in page and "Fish &amp; chips" in page
    assert write(client, marek, "done", step=step["id"], done="").status_code == 303
    assert "<s>Fill" not in read(client, marek)
    printed = client.get(f"/people/{marek}/plan-paper")
    assert printed.status_code == 200 and printed.content[:5] == b"%PDF-"
    assert write(client, marek, "end", goal=kept["id"], ended="reached", words="He cried").status_code == 303
    page = read(client, marek)
    assert "Celebrated" in page and "He cried" in page and ">Reached<" in page
    assert write(client, marek, "step", **told).status_code == 409
    assert write(client, marek, "end", goal=kept["id"], ended="let_go").status_code == 409


def test_two_who_word_a_goal_at_once_lose_nothing(sign_in: Any, cast: Cast, marek: str, database: Database) -> None:
    client = sign_in(cast.tom)
    write(client, marek, "goal", words="A flat")
    (kept,) = rows(database, plan_goal)
    assert (
        write(sign_in(cast.aisha), marek, "goal", goal=kept["id"], version="1", words="A flat in Hull").status_code
        == 303
    )
    late = write(sign_in(cast.tom), marek, "goal", goal=kept["id"], version="1", words="A flat by the sea")
    assert late.status_code == 409 and "A flat in Hull" in late.text and "A flat by the sea" in late.text
    assert [each["words"] for each in rows(database, plan_goal)] == ["A flat in Hull"]
    client = sign_in(cast.tom)
    assert write(client, marek, "goal", goal=kept["id"], version="2", words="A flat by the sea").status_code == 303


def test_a_goal_whose_day_has_passed_is_worded_anew_and_what_was_typed_stays(
    sign_in: Any, cast: Cast, marek: str, database: Database, clock: Any
) -> None:
    write(sign_in(cast.tom), marek, "goal", words="A flat", target_on="2026-12-01")
    (kept,) = rows(database, plan_goal)
    clock.advance(days=30)
    client = sign_in(cast.tom)
    anew = {"goal": kept["id"], "version": "1", "words": "A flat by the sea"}
    refused = write(client, marek, "goal", **anew, target_on="2026-12-02")
    assert refused.status_code == 422 and 'value="2026-12-02"' in refused.text
    assert write(client, marek, "goal", **anew, target_on="2026-12-01").status_code == 303
    (worded,) = rows(database, plan_goal)
    assert (worded["words"], worded["target_on"], worded["version"]) == ("A flat by the sea", date(2026, 12, 1), 2)


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("goal", {"words": " "}), ("goal", {"words": "x" * 10_001}), ("goal", {"words": "A", "target_on": "2020-01-01"}),
        ("goal", {"words": "A", "target_on": "soon"}), ("step", {"text": ""}), ("step", {"text": "A", "who": "x" * 201}),
        ("end", {"ended": "failed"}), ("review", {"words": "", "next_on": "2026-12-01"}),
        ("review", {"words": "Fine", "next_on": ""}), ("review", {"words": "Fine", "next_on": "2028-01-01"}),
        ("try", {"method": "shout", "effect": "talked"}), ("try", {"method": "knock", "effect": "arrested"}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_nothing_is_kept(
    sign_in: Any, cast: Cast, marek: str, database: Database, what: str, wrong: dict[str, str]
) -> None:
    client = sign_in(cast.tom)
    write(client, marek, "goal", words="The one")
    (kept,) = rows(database, plan_goal)
    named = {"goal": kept["id"]} if what in {"step", "end"} else {}
    refused = write(client, marek, what, **(named | wrong))
    assert refused.status_code == 422 and "There is a problem" in refused.text
    counts = [len(rows(database, table)) for table in (plan_goal, plan_step, plan_review, engagement_try)]
    assert counts == [1, 0, 0, 0] and rows(database, plan_goal)[0]["ended"] is None


def test_a_sign_that_no_database_holds_costs_no_words(sign_in: Any, cast: Cast, marek: str, database: Database) -> None:
    client = sign_in(cast.tom)
    assert write(client, marek, "goal", words="A\0 flat", works="a\r\n" * 5_000).status_code == 303
    assert write(client, marek, "goal", words="\0").status_code == 422
    (kept,) = rows(database, plan_goal)
    assert (kept["words"], len(kept["works"])) == ("A flat", 9_999)
    for what, told in (
        ("step", {"goal": kept["id"], "text": "Ask\0"}), ("review", {"words": "Good\0", "next_on": "2027-01-10"}),
        ("try", {"method": "knock", "effect": "no_answer", "words": "Rain\0"}),
        ("end", {"goal": kept["id"], "ended": "reached", "words": "Tea\0"}),
    ):  # fmt: skip
        assert write(client, marek, what, **told).status_code == 303
    kept_in = ((plan_step, "text"), (plan_review, "words"), (engagement_try, "words"), (plan_goal, "ended_words"))
    assert [rows(database, table)[0][name] for table, name in kept_in] == ["Ask", "Good", "Rain", "Tea"]


def test_another_service_reads_and_writes_in_it_while_the_person_agrees(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    write(sign_in(cast.tom), marek, "goal", words="A flat")
    write(sign_in(cast.tom), marek, "try", method="food_or_drink", effect="talked", words="Tea, two sugars")
    (kept,) = rows(database, plan_goal)
    priya = sign_in(cast.priya)
    assert "A flat" not in read(priya, marek) and "two sugars" not in read(priya, marek)
    for what, told in (
        ("step", {"text": "Peek"}),
        ("end", {"ended": "let_go"}),
        ("goal", {"words": "Mine", "version": "1"}),
    ):
        assert write(priya, marek, what, goal=kept["id"], **told).status_code == 404
    assert say(priya, marek, what="plan", agency=cast.council.id).status_code == 303
    assert "A flat" in read(priya, marek) and "two sugars" in read(priya, marek)
    assert write(priya, marek, "step", goal=kept["id"], text="Ring Housing").status_code == 303
    assert say(priya, marek, "refused", "plan", agency=cast.council.id).status_code == 303
    assert "A flat" not in read(priya, marek) and "Ring Housing" in read(sign_in(cast.tom), marek)


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_others_neither_read_nor_write(
    sign_in: Any, cast: Cast, marek: str, database: Database, who: str, status: int
) -> None:
    client = sign_in(getattr(cast, who))
    assert client.get(f"/people/{marek}/plan", headers=HTML).status_code == status
    assert client.get(f"/people/{marek}/plan-paper", headers=HTML).status_code == status
    for what in ("goal", "end", "step", "done", "review", "try"):
        assert write(client, marek, what, words="x").status_code == status
    assert rows(database, plan_goal) == []


def test_it_is_in_their_own_copy_and_goes_with_them(sign_in: Any, cast: Cast, marek: str, database: Database) -> None:
    client = sign_in(cast.tom)
    write(client, marek, "goal", words="A flat")
    write(client, marek, "step", goal=rows(database, plan_goal)[0]["id"], text="Ask")
    write(client, marek, "review", words="Going well", next_on="2027-01-10")
    write(client, marek, "try", method="knock", effect="no_answer")
    page = read(client, marek)
    assert "10 January 2027" in page and "Going well" in page and "went well 0 of 1 time" in page
    with database.writing() as session:
        held = list_everything(session, [marek])
        assert {"plan_goal", "plan_step", "plan_review", "engagement_try"} <= held.keys()
        delete_person(session, [marek])
    assert all(rows(database, table) == [] for table in (plan_goal, plan_step, plan_review, engagement_try))


# --------------------------------------------------------------------------------------------------- the clock of CTI


def review(at: date, next_on: date) -> Review:
    moment = datetime(at.year, at.month, at.day, 12, tzinfo=UTC)
    return Review(id=str(at), person_id="p", agency_id="a", at=moment, worker_id="w", words="x", next_on=next_on)


@pytest.mark.parametrize(
    ("phase", "moves", "ends"),
    [
        (SupportPhase.TRANSITION, [date(2026, 11, 20)], date(2027, 2, 20)),
        (SupportPhase.TRANSITION, [date(2026, 10, 25)], date(2027, 1, 25)),
        (SupportPhase.TRANSITION, [date(2026, 10, 25), date(2026, 11, 5)], date(2027, 2, 5)),
        (SupportPhase.TRANSITION, [date(2025, 11, 10), date(2027, 3, 11)], date(2027, 2, 10)),
        (SupportPhase.TRY_OUT, [date(2026, 11, 20)], date(2027, 2, 10)),
        (SupportPhase.PRE_CTI, [date(2026, 11, 20)], None),
    ],
)
def test_the_transition_is_timed_from_the_day_they_moved_in(
    phase: SupportPhase, moves: list[date], ends: date | None
) -> None:
    assert find_phase_end(phase, date(2026, 11, 10), moves) == ends


def test_a_phase_lasts_three_months_and_before_support_nothing_is_timed() -> None:
    assert find_phase_end(SupportPhase.TRANSITION, date(2026, 11, 30)) == date(2027, 2, 28)
    assert find_phase_end(SupportPhase.PRE_CTI, date(2026, 11, 30)) is None
    assert months_after(date(2026, 12, 31), 2) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("reviews", "phase_end", "want"),
    [
        ([], None, None),
        ([], date(2027, 2, 1), date(2027, 2, 1)),
        ([review(date(2026, 12, 1), date(2027, 1, 5))], date(2027, 2, 1), date(2027, 1, 5)),
        ([review(date(2026, 12, 1), date(2027, 5, 5))], date(2027, 2, 1), date(2027, 2, 1)),
        ([review(date(2027, 2, 1), date(2027, 5, 5))], date(2027, 2, 1), date(2027, 5, 5)),
        (
            [review(date(2027, 1, 1), date(2027, 1, 9)), review(date(2026, 1, 1), date(2026, 2, 2))],
            None,
            date(2027, 1, 9),
        ),
    ],
)
def test_a_plan_is_looked_at_as_they_said_and_no_later_than_the_phase_ends(
    reviews: list[Review], phase_end: date | None, want: date | None
) -> None:
    assert find_next_review(reviews, phase_end) == want


def test_what_went_well_comes_first_among_the_ideas() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)

    def tried(method: TryMethod, effect: TryEffect, day: int) -> Try:
        at = start + timedelta(days=day)
        return Try(
            id=f"{method}{day}", person_id="p", agency_id="a", at=at, worker_id="w", method=method, effect=effect
        )

    ideas = list_ideas(
        [
            tried(TryMethod.KNOCK, TryEffect.NO_ANSWER, 1), tried(TryMethod.KNOCK, TryEffect.TALKED, 9),
            tried(TryMethod.NOTE, TryEffect.TURNED_AWAY, 20), tried(TryMethod.FOR_THE_DOG, TryEffect.TOOK_IT, 2),
        ]
    )  # fmt: skip
    assert [(str(each.method), each.went_well, each.tried) for each in ideas] == [
        ("for_the_dog", 1, 1), ("knock", 1, 2), ("note", 0, 1),
    ]  # fmt: skip
    assert ideas[1].last_on == date(2026, 11, 10)


def test_the_day_of_a_moment_is_the_day_here_and_no_day_of_greenwich() -> None:
    after_midnight = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert (say_day(after_midnight), say_day(after_midnight.date())) == ("2 July 2026", "1 July 2026")


def test_a_step_of_another_service_is_marked_and_what_they_reached_is_read_only_while_they_agree(
    sign_in: Any, cast: Cast, marek: str, database: Database, services: Any
) -> None:
    tom = sign_in(cast.tom)
    write(tom, marek, "goal", words="A flat near my sister")
    goal = rows(database, plan_goal)[0]["id"]
    write(tom, marek, "step", goal=goal, text="Ring her")
    (step,) = rows(database, plan_step)

    def list_read() -> list[str]:
        with Door(database, cast.priya, services.clock(), services.new_id).open() as access:
            return [each.words for each in list_reached(access, marek)]

    for agreed in (False, True):
        if agreed:
            assert say(sign_in(cast.tom), marek, what="plan").status_code == 303
        marked = write(sign_in(cast.priya), marek, "done", step=step["id"], done="yes")
        assert marked.status_code == (303 if agreed else 404)
        assert (rows(database, plan_step)[0]["done_at"] is not None) is agreed
    assert list_read() == []
    assert write(sign_in(cast.tom), marek, "end", goal=goal, ended="reached").status_code == 303
    assert list_read() == ["A flat near my sister"]
    assert say(sign_in(cast.tom), marek, "refused", what="plan").status_code == 303
    assert list_read() == []


def test_days_of_a_plan_and_of_an_answer_are_those_of_the_zone_of_the_partnership() -> None:
    """In summer an hour after midnight is still yesterday in Greenwich."""
    at = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    tried = Try(
        id="t", person_id="p", agency_id="a", at=at, worker_id="w", method=TryMethod.KNOCK, effect=TryEffect.TALKED
    )
    assert [list_ideas([tried], *zone)[0].last_on.day for zone in ((), ("Europe/London",), ("UTC",))] == [1, 1, 30]

    looked = Review(id="r", person_id="p", agency_id="a", at=at, worker_id="w", words="", next_on=date(2026, 8, 1))
    assert find_next_review([looked], date(2026, 7, 1)) == date(2026, 8, 1)

    question = Question(key="home", section=Section.HOME, text="Where?", lives_months=1)
    given = AnswerGiven(
        id="a", person_id="p", question=question.key, version=question.version, state=AnswerState.RATHER_NOT, at=at,
        via=AskedVia.DESK, worker_id="w",
    )  # fmt: skip
    assert (lives_until(question, given), lives_until(question, given, "UTC")) == (date(2026, 8, 1), date(2026, 7, 30))
    assert not is_to_ask(question, {question.key: given}, {}, date(2026, 7, 31))
