"""The permission grid again, at the door of the house: every address x every role, and every address without an
agreement.

What a role may do follows from the grid that `tests/shared/policy/test_grid.py` checks against its written oracle.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import text

from server.http.systems import is_for_systems
from shared.model.codes import Role
from shared.policy import Act
from shared.policy.actions import is_personal
from shared.policy.grid import GRID
from tests.server.conferences.conftest import Browser

pytestmark = pytest.mark.slow

ONE_OF_EACH = {
    Role.WORKER: "aisha",
    Role.TEAM_LEAD: "tom",
    Role.COORDINATOR: "priya",
    Role.AGENCY_MEMBER: "ruth",
    Role.COMMISSIONER: "helen",
    Role.ADMINISTRATOR: "omar",
}
STAND_IN = {"int": "1", "str": "none-of-ours"}


def list_addresses(client: Any) -> Iterator[tuple[str, str, Act]]:
    """Every method, address and action behind the gate of a browser's session."""
    seen = set()
    for route in client.app.routes:
        for handler, *_ in getattr(route, "route_handler_map", {}).values():
            if id(handler) in seen or not isinstance(handler, HTTPRouteHandler):
                continue
            seen.add(id(handler))
            action = handler.opt.get("action")
            if action in (None, Act.PUBLIC, Act.SYNC) or is_for_systems(handler):
                continue
            for path in handler.paths:
                address = re.sub(r"{\w+:(\w+)}", lambda match: STAND_IN[match[1]], path)
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield method, address, action


def ask(browser: Browser, worker_id: str, method: str, address: str) -> int:
    """What an address answers; some end the session, such as the screen for a wall, so that each is asked signed in."""
    browser.sign_in(worker_id)
    answer = browser.get(address) if method == "GET" else browser.post(address)
    return int(answer.status_code)


@pytest.mark.parametrize("role", list(ONE_OF_EACH))
def test_a_role_without_the_action_is_refused_at_every_address(browser: Browser, role: Role) -> None:
    wrong = []
    for method, address, action in list_addresses(browser.client):
        status = ask(browser, ONE_OF_EACH[role], method, address)
        allowed = action in GRID[role]
        if (status == 403) != (not allowed) and not (allowed and action is Act.SEE_NOTES):
            wrong.append(f"{role} {method} {address} ({action}): {status}, {'allowed' if allowed else 'not allowed'}")
        if status >= 500:
            wrong.append(f"{role} {method} {address}: {status}")
    assert wrong == []


@pytest.mark.parametrize("role", list(ONE_OF_EACH))
def test_without_an_agreement_no_address_shows_anybody(browser: Browser, watford: Any, role: Role) -> None:
    """Privacy rule A2: expired means 403 everywhere that people are, with one audit line for each refusal."""
    with watford.writing() as session:
        session.execute(text("update agreement set expires_on = '2026-11-01', signed_on = '2026-01-01'"))
    personal = [
        (m, a) for m, a, action in list_addresses(browser.client) if is_personal(action) and action in GRID[role]
    ]
    before = count_refusals(watford)
    wrong = [
        f"{method} {address}: {status}"
        for method, address in personal
        if (status := ask(browser, ONE_OF_EACH[role], method, address)) != 403
    ]
    assert wrong == []
    assert count_refusals(watford) - before >= len(personal)
    assert personal or role is Role.COMMISSIONER


def count_refusals(database: Any) -> int:
    with database.reading() as session:
        return int(session.execute(text("select count(*) from audit where allowed = false")).scalar_one())
