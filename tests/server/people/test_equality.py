"""Equality questions: voluntary, counted over the county, read back by nobody."""

from datetime import UTC, datetime

import pytest

from server.database.context import Kind, acting
from server.hotspots.figures import tell
from server.queries.people import equality
from server.queries.people.held import list_everything
from shared.model.equality import QUESTIONS, EqualityAnswer
from shared.rules.equality import group_people
from shared.rules.small_counts import NOT_SHOWN
from tests.server.hotspots.test_figures import counted, never
from tests.server.people.test_housing_needs import HTML, marek, post  # noqa: F401 - the fixture

AT = datetime(2026, 11, 12, tzinfo=UTC)


def answers(database):
    with acting(Kind.COMMAND), database.reading() as session:
        return [(each.question, each.answer) for each in equality.list_answers(session)]


def test_an_answer_is_kept_and_shown_to_nobody_again(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    path = f"/people/{marek}/equality"
    assert post(client, path, religion="sikh", disability="").status_code == 303
    assert answers(database) == [("religion", "sikh")]
    assert post(client, path, religion="pastafarian").status_code == 422
    page = client.get(path, headers=HTML).text
    assert " checked" not in page
    assert "sikh" not in client.get(f"/people/{marek}", headers=HTML).text.lower()
    with acting(Kind.COMMAND), database.reading() as session:
        assert [row["answer"] for row in list_everything(session, [marek])["equality_answer"]] == ["sikh"]


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404), ("priya", 404)])
def test_it_is_asked_by_those_who_work_with_them(sign_in, cast, marek, database, who, status):  # noqa: F811
    client = sign_in(getattr(cast, who))
    assert client.get(f"/people/{marek}/equality", headers=HTML).status_code == status
    assert post(client, f"/people/{marek}/equality", religion="sikh").status_code == status
    assert answers(database) == []


def test_who_is_hidden_is_counted_in_no_figure(sign_in, cast, marek, database):  # noqa: F811
    assert post(sign_in(cast.tom), f"/people/{marek}/equality", religion="sikh").status_code == 303
    hidden = post(sign_in(cast.tom), f"/people/{marek}/hidden", reason="Her former partner asks after her")
    assert hidden.status_code == 303
    assert answers(database) == []


# ------------------------------------------------------------------------------------------------------------- the figures
def said(person, answer, day=1, question="religion"):
    return EqualityAnswer(
        id=f"{person}{day}", person_id=person, question=question, answer=answer, at=AT, agency_id="a", recorded_by="tom"
    )


def test_the_newest_answer_counts_and_who_would_rather_not_say_is_in_no_group():
    groups = group_people(
        [said("a", "sikh"), said("b", "sikh"), said("a", "none", 2), said("c", "would_rather_not_say")]
    )
    assert groups[("religion", "sikh")] == {"b"}
    assert groups[("religion", "none")] == {"a"}
    assert not any(answer == "would_rather_not_say" for _, answer in groups)
    assert {question for question, _ in groups} == set(QUESTIONS)


def test_a_group_and_who_of_it_moved_in_are_told_where_neither_is_a_few_people():
    people = [f"p{number}" for number in range(60)]
    groups = {"accommodated": [*people[:15], *people[50:]]}
    of = {("religion", "none"): people[:30], ("religion", "sikh"): people[:9], ("religion", "hindu"): people[30:50]}
    told = tell(counted(60, groups=groups, equality=of), 60, never).equality
    shown = {each.answer: (each.people, each.accommodated) for each in told}
    assert shown == {"none": ("30", "15"), "sikh": (NOT_SHOWN, NOT_SHOWN), "hindu": ("20", NOT_SHOWN)}
    hidden = tell(counted(60, groups=groups, equality=of), 60, lambda: True).equality
    assert {each.people for each in hidden} == {each.accommodated for each in hidden} == {NOT_SHOWN}


def test_where_all_that_moved_in_gave_one_answer_it_is_not_told_of_them():
    """Both numbers stand on the page: 15 moved in, 15 of them had no religion, so that it is known of each."""
    people = [f"p{number}" for number in range(60)]
    for others, shown in ((0, NOT_SHOWN), (9, NOT_SHOWN), (10, "15")):
        groups = {"accommodated": [*people[:15], *people[40 : 40 + others]]}
        (told,) = tell(counted(60, groups=groups, equality={("religion", "none"): people[:30]}), 60, never).equality
        assert (told.people, told.accommodated) == ("30", shown)


@pytest.mark.parametrize(
    ("none", "hindu", "shown"),
    [
        (30, 20, {"none": "30", "hindu": "20"}),  # ten gave another answer, or none
        (30, 21, {"none": "30", "hindu": NOT_SHOWN}),  # nine
        (30, 30, {"none": "30", "hindu": NOT_SHOWN}),  # nobody: all are known
        (55, 0, {"none": NOT_SHOWN, "hindu": NOT_SHOWN}),
    ],
)
def test_those_of_whom_no_answer_is_told_are_no_few_people(none, hindu, shown):
    """One number taken from another, and that from the people met, would point at them."""
    people = [f"p{number}" for number in range(60)]
    of = {("religion", "none"): people[:none], ("religion", "hindu"): people[none : none + hindu]}
    told = tell(counted(60, equality=of), 60, never).equality
    assert {each.answer: each.people for each in told} == shown


def test_who_of_a_group_moved_in_is_not_told_where_the_group_is_hidden_by_lot():
    people = [f"p{number}" for number in range(60)]
    drawn = []

    def lot():
        drawn.append(len(drawn))
        return len(drawn) == first

    groups = {"accommodated": people[:15]}
    of = {("religion", "none"): people[:30]}
    first = 10_000
    tell(counted(60, groups=groups, equality=of), 60, lot)
    first, drawn = len(drawn) - 1, []
    (told,) = tell(counted(60, groups=groups, equality=of), 60, lot).equality
    assert (told.people, told.accommodated) == (NOT_SHOWN, NOT_SHOWN)
