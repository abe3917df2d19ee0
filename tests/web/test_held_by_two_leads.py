"""What a phone sent and was held lies before two leads at once, and what either may changes between the page and the press."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from server.database.engine import Database
from server.queries.street.contacts import find_contact
from server.tables.partnership.agency import agreement
from server.tables.partnership.worker import worker, worker_role, worker_team
from server.tables.sync.sync import change
from tests.web import county, test_let_in
from tests.web.test_let_in import AISHAS, TEAM, meeting, waiting

services, send = test_let_in.services, test_let_in.send
ADOPT = f"/devices/{AISHAS}/adopt"
WRONG = {"unidentified_people": 501}


@pytest.fixture
def leads(filled: Database) -> tuple[str, str]:
    """Dean leads the team beside Tom."""
    with filled.writing() as session:
        session.execute(delete(worker_role).where(worker_role.c.worker_id == "dean"))
        county.add(session, worker_role, {"worker_id": "dean", "role": "team_lead"})
    return "tom", "dean"


def decided(filled: Database, change_id: str = "h1") -> tuple[bool, str | None]:
    """Was it let in, and who set it aside?"""
    with filled.reading() as session:
        row = session.execute(select(change.c.adopted_as, change.c.closed_by).where(change.c.id == change_id)).one()
    return row.adopted_as is not None, row.closed_by


def stored(filled: Database, contact_id: str = "k1") -> Any:
    with filled.reading() as session:
        found = find_contact(session, contact_id)
    return found.contact if found is not None else None


PRESSES: dict[str, tuple[str, dict[str, Any]]] = {
    "in": (ADOPT, {"change": "h1", "order": "in"}),
    "aside": (ADOPT, {"change": "h1", "order": "aside", "why": "A test"}),
    "mend": ("/held/h1", {"field": "unidentified_people", "value": "5"}),
}


@pytest.mark.parametrize(("first", "second"), [("aside", "mend"), ("mend", "aside"), ("mend", "mend"), ("aside", "in")])
def test_what_one_lead_decided_the_other_is_told(
    leads: tuple[str, str], send: Any, browse: Any, now: Any, filled: Database, first: str, second: str
) -> None:
    assert send(("h1", "contact.recorded", meeting(now, "k1", **WRONG)), scope="before")
    one, other = (browse(each) for each in leads)
    for tab in (one, other):
        assert tab.get(f"/devices/{AISHAS}/held").status_code == 200
    path, told = PRESSES[first]
    assert one.send(path, **told).status_code == 200
    before = decided(filled)
    path, told = PRESSES[second]
    assert other.send(path, **told).status_code == 409
    assert decided(filled) == before and waiting(filled) == []
    assert (stored(filled) is not None) == (first == "mend")


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), [("in", "aside"), ("mend", "aside"), ("in", "in")])
def test_of_two_leads_who_press_at_once_one_decides(
    leads: tuple[str, str], send: Any, browse: Any, now: Any, filled: Database, first: str, second: str
) -> None:
    wrong = WRONG if "mend" in (first, second) else {}
    assert send(("h1", "contact.recorded", meeting(now, "k1", **wrong)), scope="before")
    tabs, together, codes = [browse(each) for each in leads], Barrier(2), list[int]()

    def press(tab: Any, how: str) -> None:
        path, told = PRESSES[how]
        together.wait()
        codes.append(tab.send(path, **told).status_code)

    threads = [Thread(target=press, args=(tab, how)) for tab, how in zip(tabs, (first, second), strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert sorted(codes) == [200, 409]
    is_in, set_aside_by = decided(filled)
    assert is_in != (set_aside_by is not None)
    assert (stored(filled) is not None) == is_in


def leave_the_team(session: Any, now: Any) -> None:
    session.execute(delete(worker_team).where(worker_team.c.worker_id == "dean"))


def lose_the_role(session: Any, now: Any) -> None:
    session.execute(update(worker_role).where(worker_role.c.worker_id == "dean").values(role="worker"))


def be_dismissed(session: Any, now: Any) -> None:
    session.execute(update(worker).where(worker.c.id == "dean").values(active=False))


def let_the_agreement_lapse(session: Any, now: Any) -> None:
    session.execute(
        update(agreement).where(agreement.c.agency_id == "beacon").values(expires_on=now.date() - timedelta(days=1))
    )


@pytest.mark.parametrize("change_policy", [leave_the_team, lose_the_role, be_dismissed, let_the_agreement_lapse])
@pytest.mark.parametrize("how", list(PRESSES))
def test_what_a_lead_may_no_more_is_not_done_from_a_page_of_before(
    leads: tuple[str, str], send: Any, browse: Any, now: Any, filled: Database, how: str, change_policy: Any
) -> None:
    wrong = WRONG if how == "mend" else {}
    assert send(("h1", "contact.recorded", meeting(now, "k1", **wrong)), scope="before")
    dean = browse("dean")
    path, told = PRESSES[how]
    assert dean.get("/held/h1" if how == "mend" else f"/devices/{AISHAS}/held").status_code == 200
    with filled.writing() as session:
        change_policy(session, now)
    answer = dean.send(path, **told)
    assert answer.status_code in {403, 404, 409} or '<h1 class="govuk-heading-l">Sign in' in answer.text
    assert waiting(filled) == ["h1"] and decided(filled) == (False, None)
    assert stored(filled) is None


def test_a_worker_who_walks_with_another_team_now_is_not_met_in_the_old_ones_name(
    leads: tuple[str, str], send: Any, browse: Any, now: Any, filled: Database
) -> None:
    """Aisha left the team while her contact waited: whoever lets it in stands in for it, and she stays named beside them."""
    assert send(("h1", "contact.recorded", meeting(now, "k1")), scope="before")
    with filled.writing() as session:
        session.execute(delete(worker_team).where(worker_team.c.worker_id == "aisha"))
    assert browse("tom").send(ADOPT, change="h1").status_code == 200
    told = stored(filled)
    assert (told.worker_id, told.team_id, told.colleague_ids) == ("tom", TEAM, ("aisha",))
