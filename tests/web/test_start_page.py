"""Where somebody starts is never a refusal: it says why they see nobody yet, who can help and what is open meanwhile."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from server.database.engine import Database
from server.tables.partnership.agency import agreement
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from tests.web import county

EVERYBODY = sorted(county.WORKERS)
SHUT_OUT = {
    "agreements ended": ("expired on", "Omar Reid"),
    "no agreements": ("has not signed both", "Omar Reid"),
    "no training": ("training is not recorded", "Omar Reid"),
    "training of long ago": ("more than 24 months old", "Omar Reid"),
    "no district": ("no district and no team", "Omar Reid"),
    "no role": ("no role yet", "Omar Reid"),
}


def shut_out(database: Database, how: str) -> None:
    with database.writing() as session:
        match how:
            case "agreements ended":
                session.execute(update(agreement).values(signed_on=date(2026, 1, 1), expires_on=date(2026, 2, 1)))
            case "no agreements":
                session.execute(delete(agreement))
            case "no training":
                session.execute(update(worker).values(trained_on=None))
            case "training of long ago":
                session.execute(update(worker).values(trained_on=date(2026, 1, 1) - timedelta(days=1000)))
            case "no district":
                session.execute(delete(worker_district))
                session.execute(delete(worker_team))
            case "no role":
                session.execute(delete(worker_role).where(worker_role.c.worker_id != "omar"))


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("how", sorted(SHUT_OUT))
def test_whoever_is_shut_out_reads_why_and_who_can_help_and_may_leave(
    browse: Callable[[str], Any], filled: Database, how: str
) -> None:
    shut_out(filled, how)
    told = 0
    for name in EVERYBODY:
        page = browse(name).get("/")
        assert page.status_code == 200, (name, how, page.text)
        assert 'action="/sign-out"' in page.text, (name, how)
        if page.url.path == "/welcome" and "Who can help" in page.text:
            why, helper = SHUT_OUT[how]
            assert why in page.text and helper in page.text and "/account" in page.text, (name, how)
            told += 1
            for path in ("/agencies", "/who-can-see", "/services"):
                if f'href="{path}">' in page.text.partition("Open to you meanwhile")[2]:
                    assert browse(name).get(path).status_code == 200, (name, how, path)
    assert told >= 3, how


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(("who", "path"), [("omar", "/workers"), ("priya", "/cases"), ("aisha", "/my-shift")])
def test_whoever_comes_back_to_the_welcome_is_told_where_they_start(
    browse: Callable[[str], Any], who: str, path: str
) -> None:
    page = browse(who).get("/welcome").text
    assert f'You start at <a class="govuk-link" href="{path}">' in page and "on your phone" not in page


def test_a_role_that_waits_for_two_organisations_says_so(browse: Callable[[str], Any], filled: Database) -> None:
    with filled.writing() as session:
        session.execute(delete(recipient).where(recipient.c.agency_id == "cgl"))
    page = browse("ruth").get("/")
    assert page.status_code == 200
    assert "Two organisations have to agree first that yours may have this role: " in page.text
    assert "Priya Shah, Watford Housing" in page.text and 'action="/sign-out"' in page.text
    with filled.writing() as session:
        line = {"id": "cgl-again", "agency_id": "cgl", "role": "agency_member", "founding": True}
        session.execute(recipient.insert().values(line | {"proposed_at": county_now(session), "reason": ""}))
    assert browse("ruth").get("/").url.path == "/today"


def county_now(session: Any) -> Any:
    return session.scalar(recipient.select().with_only_columns(recipient.c.proposed_at).limit(1))
