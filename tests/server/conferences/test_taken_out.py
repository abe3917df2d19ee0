"""Whoever takes out a file about many people has opened that many records (privacy rule C8), and the people see it (A6)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import server.web
from server.database.engine import Database
from server.problems import PROVE_AGAIN, Failure
from server.queries.operation.audit import AuditLine, add_lines, count_opened_since_proof, list_opened_records
from server.queries.people.access_log import list_accesses
from server.tables.operation.audit import audit
from shared.policy.looks import FieldClass
from shared.rules.busy_hours import find_busy_hours
from tests.conftest import Clock
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_at_once import while_held
from tests.server.conferences.test_kept_papers import own, sent_to
from tests.server.conferences.test_pages import call

LISTS = ("/cases/workbook?district=watford", "/tracker/workbook?district=watford", "/chase/workbook?district=watford")


def prove(watford: Database, clock: Clock, new_id: Callable[[], str], worker_id: str) -> None:
    with watford.writing() as session:
        add_lines(session, [AuditLine(id=new_id(), at=clock.now, actor_id=worker_id, action="sign_in")])


def taken_out(watford: Database, worker_id: str) -> dict[str, set[str]]:
    query = select(audit.c.purpose, audit.c.subject_id).where(
        audit.c.actor_id == worker_id, audit.c.action == "taken_out", audit.c.allowed
    )
    found: dict[str, set[str]] = {}
    with watford.reading() as session:
        for purpose, person_id in session.execute(query):
            found.setdefault(purpose, set()).add(person_id)
    return found


def test_each_file_of_a_conference_and_of_a_list_names_everybody_in_it(browser: Browser, watford: Database) -> None:
    path = call(browser)
    browser.circulate(path)
    browser.sign_in("priya").finish(path)
    browser.post(f"{path}/minutes/check", version="1")
    browser.circulate_minutes(path)
    (sent,) = sent_to(watford, "cgl")
    files = (
        *LISTS, f"{path}/agenda.pdf?agency=cgl", f"{path}/sent/{sent.id}/agenda.pdf", f"{path}/minutes.pdf",
    )  # fmt: skip
    for each in files:
        assert browser.get(each).status_code == 200, each
    for each in ("agenda.pdf", "people.xlsx", "minutes.pdf"):
        assert browser.sign_in("ruth").get(f"{own(path)}/{each}").status_code == 200, each
    hers, partners = taken_out(watford, "priya"), taken_out(watford, "ruth")
    counted = {purpose: len(people) for purpose, people in hers.items()}
    assert counted.pop("case list, workbook") > 15 and counted.pop("tracker, workbook") > 15
    assert counted == {"agenda preview, file": 15, "what was sent, file": 15, "minutes, file": 15}
    discussed = hers["minutes, file"]
    assert partners == {
        "agenda, file": discussed, "people of the agenda, workbook": discussed, "minutes, file": discussed,
    }  # fmt: skip
    with watford.reading() as session:
        looks = [each for each in list_accesses(session, ["p01"]) if each.purpose == "case list, workbook"]
        assert [each.field_class for each in looks] == [FieldClass.RECORD]


def test_a_file_about_more_than_a_hundred_people_is_told_as_so_many_opened(
    browser: Browser, watford: Database, clock: Clock
) -> None:
    assert browser.sign_in("priya").get(LISTS[0]).status_code == 200
    with watford.reading() as session:
        opened = list_opened_records(session, clock.now - timedelta(hours=1))
        counted = count_opened_since_proof(session, "priya", clock.now - timedelta(hours=1))
    (busy,) = find_busy_hours(opened, most=15)
    assert busy.worker_id == "priya"
    assert busy.people == counted == len(taken_out(watford, "priya")["case list, workbook"]) > 15


@pytest.mark.parametrize("file", LISTS[:2])
def test_very_many_in_files_ask_for_proof_first_and_one_file_follows_it(
    file: str, browser: Browser, watford: Database, clock: Clock, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("server.access.PROVE_AGAIN_AFTER", 15)
    browser.sign_in("priya")
    asked = browser.get(file)
    assert asked.status_code == 303
    back = f"/sign-in?next={file}".replace("=watford", "%3Dwatford").replace("book?", "book%3F")
    assert asked.headers["location"] == f"{back}&done=prove_again", "as it was narrowed"
    assert taken_out(watford, "priya") == {}
    clock.advance(seconds=5)
    prove(watford, clock, new_id, "priya")
    clock.advance(seconds=5)
    assert browser.get(file).status_code == 200
    clock.advance(seconds=5)
    assert browser.get(file).status_code == 303, "one file follows a proof, not every file of the hour"
    assert browser.get("/people/p01").status_code == 303


def test_of_two_files_at_one_moment_the_second_counts_the_first(
    enter: Enter, watford: Database, clock: Clock, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    monkeypatch.setattr("server.access.PROVE_AGAIN_AFTER", 15)
    prove(watford, clock, new_id, "priya")
    heard: list[str] = []

    def second() -> None:
        try:
            with enter("priya", timedelta(seconds=2)) as other:
                other.note_taken_out([f"q{number}" for number in range(10)], "the other")
            heard.append("taken out")
        except Failure as refused:
            heard.append(refused.kind.number)

    with enter("priya", timedelta(seconds=1)) as access:
        access.note_taken_out([f"p{number:02}" for number in range(10)], "the one")
        thread = while_held(watford, second)
    thread.join(60)
    assert heard == [PROVE_AGAIN.number]


NOBODYS = {
    "admin/county.py": "districts, agencies, staff",
    "agency/agreements.py": "the text of an agreement",
    "agency/assessment.py": "one person, opened as a record",
    "agency/bundle.py": "one person, opened as a record",
    "agency/documents.py": "one person, opened as a record",
    "agency/plan.py": "one person, opened as a record",
    "agency/wellbeing.py": "one person, opened as a record",
    "commissioner/progress.py": "figures",
    "coordinator/case_study.py": "a case study, which names nobody",
    "coordinator/returns.py": "figures",
    "coordinator/snapshot.py": "figures",
    "everyone/analysts.py": "figures",
    "everyone/shelf.py": "a case study, which names nobody",
    "lead/answer_figures.py": "figures, and reports by their numbers",
}


def test_no_file_about_many_goes_out_unnoted() -> None:
    """Each module that hands out a file says whom it is about, or stands here with why it need not."""
    web = Path(server.web.__path__[0])
    handing = {p.relative_to(web).as_posix(): p.read_text() for p in web.rglob("*.py") if "attachment" in p.read_text()}
    unnoted = {name for name, code in handing.items() if "for_file=True" not in code and "note_taken_out(" not in code}
    assert unnoted == NOBODYS.keys()
