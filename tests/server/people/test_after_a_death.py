"""Who died answers nothing, agrees to nothing, plans nothing and moves nowhere from that day on; what was before may still be
written down, and what rests on law may still be said."""

from typing import Any

import pytest

from server.database.engine import Database
from server.queries.people import consents, doors, offers, stays
from tests.server.cast import Cast
from tests.server.people import test_housing_needs, test_wellbeing
from tests.server.people.test_assessment import rows, send
from tests.server.people.test_consent import say
from tests.server.people.test_offers import make_offer
from tests.server.people.test_paper import type_in
from tests.server.people.test_plan import write
from tests.server.people.test_wellbeing import fill

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post
loaded = test_wellbeing.loaded
AFTER, BEFORE = "They died on 10 November 2026", {"asked_on": "2026-11-09"}


@pytest.fixture
def dead(sign_in: Any, cast: Cast, marek: str, loaded: Any) -> str:
    """Marek had a plan, agreed to something and had moved in somewhere; he died two days ago."""
    tom = sign_in(cast.tom)
    assert write(tom, marek, "goal", words="A room with a door").status_code == 303
    assert say(tom, marek, what="plan").status_code == 303
    priya = sign_in(cast.priya)
    moved = {"district": cast.watford.id, "kind": "hostel", "moved_in_on": "2026-11-01"}
    assert post(priya, f"/people/{marek}/stays", **moved).status_code == 303
    told = post(sign_in(cast.tom), f"/people/{marek}/health", kind="death", on="10 November 2026", words="In hospital")
    assert told.status_code == 303
    return marek


def test_every_page_of_theirs_says_so_and_plans_nothing(sign_in: Any, cast: Cast, dead: str) -> None:
    priya = sign_in(cast.priya)
    for path in (
        "plan", "assessment", "assessment/home", "assessment-from-paper", "consent", "wellbeing", "stays", "doors", "offers",
    ):  # fmt: skip
        assert "died on 10 November 2026" in priya.get(f"/people/{dead}/{path}", headers=HTML).text, path
    plan = priya.get(f"/people/{dead}/plan", headers=HTML).text
    assert "A room with a door" in plan and "Add a step" not in plan and "Look at it again" not in plan
    assert "until they died" in priya.get(f"/people/{dead}/stays", headers=HTML).text
    assert "until they died" in priya.get(f"/people/{dead}/doors", headers=HTML).text


def test_nothing_is_planned_asked_agreed_or_moved_after_it(
    sign_in: Any, cast: Cast, dead: str, database: Database
) -> None:
    tom = sign_in(cast.tom)
    for what, fields in (
        ("goal", {"words": "A flat"}), ("review", {"words": "Well", "next_on": "2026-12-01"}),
        ("try", {"method": "note", "effect": "talked"}),
    ):  # fmt: skip
        refused = write(tom, dead, what, **fields)
        assert refused.status_code == 422 and "They have died" in refused.text, what
    asked = send(tom, dead, "home", "", home_want="A flat")
    assert asked.status_code == 422 and AFTER in asked.text
    assert say(tom, dead, what="assessment").status_code == 422
    assert fill(tom, dead, "3333333").status_code == 422
    for kind in (
        {"kind": "came_by", "words": "Came for breakfast"},
        {"kind": "came_by", "words": "x", "on": "11 November 2026"},
    ):
        assert post(tom, f"/people/{dead}/doors", **kind).status_code == 422
    moved = {"district": cast.watford.id, "kind": "hostel", "moved_in_on": "2026-11-11"}
    refused = post(sign_in(cast.priya), f"/people/{dead}/stays", **moved)
    assert refused.status_code == 422 and AFTER in refused.text
    with database.reading() as session:
        (word,) = consents.list_said(session, [dead])
        assert len(stays.list_stays(session, [dead])) == 1 and doors.list_facts(session, [dead]) == []
        (stay,) = stays.list_stays(session, [dead])
    assert rows(database) == []
    ended = post(sign_in(cast.priya), f"/people/{dead}/stays/end", stay=stay.id, left_on="2026-11-11")
    assert ended.status_code == 422 and AFTER in ended.text
    for day, status in (("11 November 2026", 422), ("10 November 2026", 303)):
        harm = {"kind": "harm", "code": "overdose", "on": day, "words": "Naloxone was given"}
        assert post(sign_in(cast.tom), f"/people/{dead}/health", **harm).status_code == status
    for day, status in (("2026-11-11", 422), ("2026-11-10", 303)):
        offered = make_offer(sign_in(cast.tom), dead, cast, offered_on=day)
        assert offered.status_code == status and (status == 303 or AFTER in offered.text)
    with database.reading() as session:
        (made,) = offers.list_offers(session, [dead])
    said = {"press": "answer", "offer": made.id, "answered_on": "2026-11-12"}
    for answer, status in (("accepted", 422), ("withdrawn", 303)):
        assert post(sign_in(cast.tom), f"/people/{dead}/offers", **said, answer=answer).status_code == status
    withdrawn = post(sign_in(cast.tom), f"/people/{dead}/consent/withdraw", consent=word.id)
    assert withdrawn.status_code == 409


def test_what_was_before_is_still_written_down_and_what_rests_on_law_is_said(
    sign_in: Any, cast: Cast, dead: str, database: Database
) -> None:
    tom = sign_in(cast.tom)
    assert type_in(tom, dead, BEFORE, words_hopes_year="A door").status_code == 303
    assert say(tom, dead, what="assessment", said_on="2026-11-09").status_code == 303
    assert (
        post(tom, f"/people/{dead}/doors", kind="came_by", words="Came for lunch", on="9 November 2026").status_code
        == 303
    )
    why = {"basis": "legal_obligation", "words": "The safeguarding adult review asks for it."}
    assert say(sign_in(cast.priya), dead, what="plan", **why).status_code == 303
    with database.reading() as session:
        (stay,) = stays.list_stays(session, [dead])
    assert post(sign_in(cast.priya), f"/people/{dead}/stays/end", stay=stay.id, left_on="2026-11-10").status_code == 303
    assert len(rows(database)) == 1
