"""An agency's own programs, on a page: seen by who answers for that agency's workers, and ended there at once."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from server.actions.partnership import systems as acts
from server.actions.partnership.systems import Wanted
from server.database.engine import Database
from server.queries.operation import audit
from server.tables.partnership.system import partner_system
from tests.conftest import Clock
from tests.web.conftest import Browser
from tests.web.test_api import System

Browse = Callable[[str], Browser]


@pytest.fixture
def registered(client: Any, filled: Database, clock: Clock) -> dict[str, System]:
    """Beacon's rota and CGL's case book, each with a token."""
    made = {}
    with filled.writing() as session:
        for name, worker_id in (("Rota", "tom"), ("Case book", "ruth")):
            wanted = Wanted(name=name, worker_id=worker_id, scopes=("actions",))
            secret = acts.register(session, wanted, (), clock(), f"system-{worker_id}")
            made[name] = System(client, f"system-{worker_id}", secret)
    return made


def find_ended(filled: Database) -> set[str]:
    with filled.reading() as session:
        return set(session.scalars(select(partner_system.c.id).where(partner_system.c.ended_at.is_not(None))))


def test_a_lead_sees_and_ends_the_programs_of_the_own_agency_alone(
    browse: Browse, registered: dict[str, System], filled: Database
) -> None:
    rota = registered["Rota"].let_in()
    tom = browse("tom")
    shown = tom.get("/systems").text
    assert "Rota" in shown and "Tom" in shown and "Case book" not in shown
    assert tom.send("/systems/system-ruth/end", sure="yes").status_code == 404
    assert tom.send("/systems/no-such-system/end", sure="yes").status_code == 404
    assert find_ended(filled) == set()
    assert rota.get("/actions").status_code == 200

    answer = tom.send("/systems/system-tom/end", sure="yes")

    assert "It is let in no more" in answer.text and "Ended" in answer.text
    assert find_ended(filled) == {"system-tom"}
    assert rota.get("/actions").status_code == 401
    with filled.reading() as session:
        lines = [each for each in audit.list_lines(session) if each.action == "manage_workers"]
    assert {(each.actor_id, each.allowed) for each in lines} >= {("tom", True), ("tom", False)}


def test_an_administrator_sees_all(browse: Browse, registered: dict[str, System], filled: Database) -> None:
    omar = browse("omar")
    shown = omar.get("/systems").text
    assert "Rota" in shown and "Case book" in shown
    assert 'href="/systems"' in omar.get("/server").text and 'href="/systems"' in omar.get("/workers").text
    omar.send("/systems/system-ruth/end", sure="yes")

    assert find_ended(filled) == {"system-ruth"}


def test_one_press_too_few_or_too_many_ends_nothing_more(
    browse: Browse, registered: dict[str, System], filled: Database
) -> None:
    tom = browse("tom")
    assert tom.send("/systems/system-tom/end").status_code == 400
    assert find_ended(filled) == set()
    tom.send("/systems/system-tom/end", sure="yes")

    assert tom.send("/systems/system-tom/end", sure="yes").status_code == 409


@pytest.mark.parametrize("who", ["aisha", "ruth", "helen"])
def test_nobody_else_sees_or_ends_one(
    browse: Browse, registered: dict[str, System], filled: Database, who: str
) -> None:
    browser = browse(who)
    assert browser.get("/systems").status_code == 403
    assert browser.send("/systems/system-ruth/end", sure="yes").status_code == 403
    assert find_ended(filled) == set()
