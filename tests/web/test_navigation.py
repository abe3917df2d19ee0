"""Where somebody may go: what their role opens, the seldom pages of long lists under "More", and nothing lost."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy import text as sql

from server.database.engine import Database
from server.queries.referrals import duty, imports
from server.tables.referrals.imports import import_batch, refused_row
from server.web.layout import engine
from server.web.layout.navigation import FIT, entries_for, first_page, navigation_of
from shared.model.codes import Role
from tests.web import county
from tests.web.conftest import Browser


@pytest.mark.parametrize("role", Role)
def test_every_entry_stands_once_and_the_section_with_the_first(role: Role) -> None:
    roles = frozenset({role})
    every = [each.path for each in entries_for(roles)]
    for section in (*every, ""):
        shown, more = navigation_of(roles, section)
        paths = [each["href"] for each in shown]
        assert sorted([*paths, *(each.path for each in more)]) == sorted(every)
        assert [each["href"] for each in shown if each["active"]] == ([section] if section else [])
        assert not more or len(every) > FIT
        page = engine.navigation(roles, section)
        assert [page.count(f'href="{path}"') for path in every] == [1] * len(every)
        assert ("<summary" in page) == bool(more)


@pytest.mark.parametrize(
    ("roles", "path"),
    [
        ({Role.WORKER}, "/my-shift"),
        ({Role.TEAM_LEAD}, "/referrals"),
        ({Role.TEAM_LEAD, Role.WORKER}, "/referrals"),
        ({Role.COORDINATOR, Role.TEAM_LEAD}, "/cases"),
        ({Role.COMMISSIONER}, "/hotspots"),
        ({Role.ADMINISTRATOR}, "/workers"),
    ],
)
def test_everybody_starts_where_their_work_is(roles: set[Role], path: str) -> None:
    assert first_page(frozenset(roles)) == path


def test_a_coordinators_pages_of_every_day_fit() -> None:
    shown, more = navigation_of(frozenset({Role.COORDINATOR}), "/cases")
    assert shown[0]["text"] == "Case list" and len(more) >= 5
    assert len(shown) <= FIT + 4


# ------------------------------------------------------------------------------------------------------ what waits for somebody
def counts(page: str) -> dict[str, int]:
    """The numbers in the navigation of a page, by address."""
    found = re.findall(r'href="([^"]+)"[^>]*>\s*[^<]*<strong class="lantern-count">(\d+)', page)
    return {path: int(number) for path, number in found}


def test_every_page_of_an_owner_says_how_many_alerts_wait_in_each_tray(
    filled: Database, browse: Callable[[str], Browser], now: datetime
) -> None:
    tom = browse("tom")
    before = counts(tom.get("/account").text)
    assert before["/referrals"] > 0
    with filled.writing() as session:
        county.put_referral(session, now, "mine", hours=1)
        county.put_referral(session, now, "nobodys", hours=1, district_id=None, state="wrong_area")
        county.add(session, import_batch, {"id": "b", "kind": "referrals", "source": "streetlink", "started_at": now,
                                       "imported_by": ""})  # fmt: skip
        county.add(session, refused_row, {"batch_id": "b", "row_number": 3})
    assert counts(tom.get("/account").text) == {
        "/referrals": before["/referrals"] + 1, "/referrals/duty": before.get("/referrals/duty", 0) + 1,
        "/referrals/refused": before.get("/referrals/refused", 0) + 1,
    }  # fmt: skip
    tom.get("/referrals/desk")
    tom.send("/referrals/desk", act="assign", chosen="mine")
    assert counts(tom.get("/account").text)["/referrals"] == before["/referrals"]


def test_who_owns_no_tray_hears_of_none(browse: Callable[[str], Browser]) -> None:
    assert counts(browse("aisha").get("/account").text) == {}


@pytest.mark.parametrize(
    ("question", "index"),
    [(duty.counting, "ix_referral_open"), (imports.counting_refused, "ix_refused_row_waiting")],
)
def test_the_count_reads_nothing_that_is_over(
    filled: Database, question: Callable[[], Select[Any]], index: str
) -> None:
    """Each page asks it: years of closed referrals and of mended rows are not gone through."""
    with filled.reading() as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("PostgreSQL chooses by the size of the table")
        asked = question().params(reads_on=date(2026, 11, 12), trained_since=date(2024, 11, 12))
        text = str(asked.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        plan = [row[-1] for row in session.execute(sql(f"explain query plan {text}"))]
    assert any(index in line for line in plan), plan
