"""What the partnership learns from: case studies on a shelf, a notice board that names nobody, exact counts for who is named."""

import io
import re
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import openpyxl
import pytest
from sqlalchemy import delete, func, select

from server.actions.partnership import board
from server.actions.partnership.analysts import NOT_FOR_PUBLICATION
from server.database.engine import Database
from server.queries.partnership import learning
from server.queries.partnership.agencies import add_agreement
from server.tables.operation.audit import audit
from server.tables.partnership.agency import agreement
from server.tables.partnership.learning import board_notice, exact_share, shelf_study
from shared.model.agency import Agreement
from shared.model.codes import AgreementKind
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_at_once import while_held
from tests.web import county

STUDY = "/cases/case-joan/case-study"
PURPOSE = "The county's plan for beds in winter."


def shown(page: Any) -> str:
    return str(page.text.split("<main")[1])


# ------------------------------------------------------------------------------------------------------------- shelf
def test_a_service_that_works_with_somebody_keeps_a_study_on_the_shelf_of_the_quarter(
    browser: Browser, watford: Database, now: datetime
) -> None:
    aisha = browser.sign_in("aisha")
    assert f'href="{STUDY}"' in aisha.get("/people/joan").text
    form = aisha.get(STUDY)
    assert form.status_code == 200
    assert "Joan" not in shown(form).split("<form")[1]
    refused = aisha.post(STUDY, keep="yes", title="What Joan taught us", learned="Start with what she wants.")
    assert refused.status_code == 422
    assert "This still tells of somebody: Joan." in refused.text
    assert aisha.post(STUDY, keep="yes", learned="Start with what she wants.").status_code == 422
    kept = aisha.post(STUDY, keep="yes", title="A tenancy that was kept", learned="Start with what she wants.")
    again = aisha.post(STUDY, keep="yes", title="A tenancy that was kept", learned="Start with what she wants.")
    assert again.headers["location"] == kept.headers["location"]
    study = kept.headers["location"].split("?")[0]
    assert study.startswith("/shelf/")

    read = browser.sign_in("ruth").get(study)
    assert "Start with what she wants." in read.text
    assert "Take it off the shelf" not in read.text
    shelf = shown(browser.get("/shelf"))
    assert re.search(r"October to December 2026</h2>\s*<ul[^>]*><li><a[^>]*>A tenancy that was kept", shelf)
    assert browser.get(f"{study}/case-study.pdf").content.startswith(b"%PDF")
    with watford.reading() as session:
        row = dict(session.execute(select(shelf_study)).mappings().one())
    assert not {value for value in row.values() if value in ("joan", "case-joan")}

    assert browser.post(f"{study}/take-down").status_code == 404
    assert browser.get(study).status_code == 200
    assert browser.sign_in("priya").post(f"{study}/take-down").status_code == 303
    assert browser.get(study).status_code == 404
    with watford.reading() as session:
        assert session.scalar(select(shelf_study.c.content)) == "{}"


@pytest.mark.parametrize(("reader", "status"), [("helen", 403), ("omar", 403)])
def test_the_shelf_and_the_board_are_for_those_who_work_with_people(browser: Browser, reader: str, status: int) -> None:
    browser.sign_in(reader)
    for path in ("/shelf", "/shelf/none", "/board"):
        assert browser.get(path).status_code == status
    assert browser.post("/board", title="x", content="y").status_code == status


# ------------------------------------------------------------------------------------------------------------- board
def hang(browser: Browser, **fields: str) -> Any:
    return browser.post("/board", **({"title": "A place on Fridays", "content": "Who has room for a stall?"} | fields))


def test_a_notice_hangs_is_answered_and_comes_down(browser: Browser, watford: Database) -> None:
    assert hang(browser.sign_in("ruth")).status_code == 303
    assert hang(browser).status_code == 303
    seen = browser.sign_in("tom").get("/board").text
    assert seen.count("Who has room for a stall?") == 1
    found = re.search(r'action="(/board/[^"]+)/answer"', seen)
    assert found is not None
    notice = found[1]
    assert browser.post(f"{notice}/answer", content="  ").status_code == 422
    assert browser.post(f"{notice}/answer", content="We have.").status_code == 303
    assert "We have." in browser.sign_in("ruth").get("/board").text
    assert browser.sign_in("tom").post(f"{notice}/take-down").status_code == 404
    assert browser.sign_in("ruth").post(f"{notice}/take-down").status_code == 303
    assert "Who has room" not in browser.get("/board").text
    with watford.reading() as session:
        assert set(session.scalars(select(board_notice.c.content))) == {""}, "its answers hang where nobody sees them"
    hang(browser, until_on_day="14", until_on_month="11", until_on_year="2026")
    with watford.reading() as session:
        on_its_last_day, after = (learning.list_notices(session, date(2026, 11, day)) for day in (14, 15))
    assert [each.content for each in on_its_last_day] == ["Who has room for a stall?"]
    assert after == []


def test_the_same_words_with_another_last_day_hang_once_until_then(browser: Browser, watford: Database) -> None:
    hang(browser.sign_in("ruth"), until_on_day="14", until_on_month="11", until_on_year="2026")
    found = re.search(r'action="(/board/[^"]+)/answer"', browser.get("/board").text)
    assert found is not None
    browser.post(f"{found[1]}/answer", content="We have.")
    hang(browser, until_on_day="30", until_on_month="11", until_on_year="2026")
    with watford.reading() as session:
        hangs = learning.list_notices(session, date(2026, 11, 30))
    assert sorted(each.content for each in hangs) == ["We have.", "Who has room for a stall?"]


def test_two_presses_at_the_same_moment_hang_one_notice(enter: Enter, watford: Database) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")

    def press() -> None:
        with enter("ruth") as other:
            board.hang(other, "A place on Fridays", "Who has room for a stall?", None)

    with enter("ruth") as access:
        board.hang(access, "A place on Fridays", "Who has room for a stall?", None)
        pressing = while_held(watford, press)
    pressing.join(20)
    with enter("ruth") as access:
        assert len(board.list_board(access)) == 1


def test_answers_to_what_hangs_no_more_take_no_notice_from_the_board(
    browser: Browser, watford: Database, now: datetime
) -> None:
    hang(browser.sign_in("ruth"))
    over = learning.BoardNotice(
        id="over",
        agency_id="cgl",
        worker_id="ruth",
        posted_at=now,
        until_on=now.date() - timedelta(days=1),
        content="?",
    )
    with watford.writing() as session:
        learning.add_notice(session, over)
        for each in range(300):
            later = now + timedelta(hours=1)
            answer = msgspec.structs.replace(over, id=f"answer-{each}", answers_id="over", posted_at=later)
            learning.add_notice(session, answer)
    assert "Who has room for a stall?" in browser.get("/board").text


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("content", "Person 07 is looking for a dog home", "Person 07"),
        ("title", "Ring 07700 900123", "07700 900123"),
        ("content", "Somebody born 3/4/1980 was here", "3/4/1980"),
        ("content", "Come to 14 High Street", "14 High Street"),
    ],
)
def test_nobody_is_told_of_on_the_board_and_nothing_typed_is_lost(
    browser: Browser, watford: Database, field: str, text: str, told: str
) -> None:
    refused = hang(browser.sign_in("ruth"), **{field: text})
    assert refused.status_code == 422
    assert f"Take out: {told}" in refused.text
    assert text in refused.text
    with watford.reading() as session:
        assert session.scalar(select(func.count()).select_from(board_notice)) == 0


def test_the_board_says_of_nobody_whom_its_writer_may_not_know_that_there_is_a_record(browser: Browser) -> None:
    assert hang(browser.sign_in("rowan"), content="Person 07 asks").status_code == 303


@pytest.mark.parametrize("until", [("", "", "x"), ("31", "2", "2027"), ("1", "1", "2020"), ("1", "1", "2099")])
def test_a_last_day_that_is_none_is_asked_again(browser: Browser, until: tuple[str, str, str]) -> None:
    parts = dict(zip(("until_on_day", "until_on_month", "until_on_year"), until, strict=True))
    refused = hang(browser.sign_in("ruth"), **parts)
    assert refused.status_code == 422
    assert 'id="until_on-error"' in refused.text
    assert "Who has room for a stall?" in refused.text


# ------------------------------------------------------------------------------------------------------ exact counts
def sign_exact(watford: Database, now: datetime, agency_id: str = "county") -> None:
    with watford.writing() as session:
        add_agreement(
            session,
            Agreement(
                id="exact", agency_id=agency_id, kind=AgreementKind.EXACT_COUNTS, version="1", signatory="Director",
                signed_on=now.date() - timedelta(days=1), expires_on=now.date() + timedelta(days=300),
            ),
        )  # fmt: skip


@pytest.fixture
def told(watford: Database, now: datetime, new_id: Any) -> str:
    """The share of the last quarter, counted with its exact twin; returns its id."""
    with watford.writing() as session:
        county.tell_quarter(session, now, new_id)
        return str(session.scalar(select(exact_share.c.publication_id)))


def test_exact_counts_are_for_the_named_analyst_of_an_agency_whose_agreement_covers_it(
    browser: Browser, watford: Database, now: datetime, told: str
) -> None:
    helen = browser.sign_in("helen")
    assert helen.get("/exact-counts").status_code == 404
    sign_exact(watford, now)
    assert helen.get("/exact-counts").status_code == 404
    priya = browser.sign_in("priya")
    assert priya.post("/who-can-see/analysts", analyst="ruth", purpose=PURPOSE).status_code == 422
    assert priya.post("/who-can-see/analysts", analyst="helen", purpose="x").status_code == 422
    assert priya.post("/who-can-see/analysts", analyst="helen", purpose="x" * 2_001).status_code == 422
    assert priya.post("/who-can-see/analysts", analyst="priya", purpose=PURPOSE).status_code == 422
    assert priya.post("/who-can-see/analysts", analyst="helen", purpose=PURPOSE).status_code == 303
    assert priya.get("/exact-counts").status_code == 404
    open_list = browser.sign_in("ruth").get("/who-can-see").text
    assert "Helen" in open_list.split('id="exact"')[1]
    assert PURPOSE.replace("'", "&#39;") in open_list

    read = browser.sign_in("helen").get("/exact-counts")
    assert read.status_code == 200
    assert NOT_FOR_PUBLICATION in read.text
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"/exact-counts/workbook?quarter={told}").content))
    assert {sheet["A2"].value for sheet in book} == {NOT_FOR_PUBLICATION}
    cells = [
        str(cell.value) for sheet in book for line in sheet.iter_rows(min_row=4) for cell in line[1:] if cell.value
    ]
    numbers = [int(cell) for cell in cells if cell.isdecimal()]
    assert any(0 < number < 10 for number in numbers)
    assert not any("not shown" in cell or "fewer" in cell for cell in cells)
    with watford.reading() as session:
        looks = session.execute(
            select(audit.c.purpose, audit.c.detail).where(audit.c.actor_id == "helen", audit.c.allowed)
        )
        assert (f"exact counts: {PURPOSE}", told) in {tuple(look) for look in looks}

    with watford.writing() as session:
        session.execute(delete(agreement).where(agreement.c.id == "exact"))
    assert browser.get("/exact-counts").status_code == 404
    assert browser.get(f"/exact-counts/workbook?quarter={told}").status_code == 404


def test_a_naming_ends_and_exact_counts_stay_as_they_were_frozen(
    browser: Browser, watford: Database, now: datetime, told: str
) -> None:
    sign_exact(watford, now)
    browser.sign_in("priya").post("/who-can-see/analysts", analyst="helen", purpose=PURPOSE)
    before = shown(browser.sign_in("helen").get("/exact-counts"))
    with watford.writing() as session:
        county.put_person(
            session, now, "late", county.WATFORD, name="Late One", state="listed", nights=(60,), case_days=60,
            date_of_birth=date(1990, 1, 1),
        )  # fmt: skip
    assert shown(browser.get("/exact-counts")) == before
    page = browser.sign_in("priya").get("/who-can-see").text
    end = re.search(r'action="(/who-can-see/analysts/[^"]+/end)"', page)
    assert end is not None
    assert browser.sign_in("ruth").post(end[1]).status_code == 403
    assert browser.sign_in("priya").post(end[1]).status_code == 303
    assert browser.sign_in("helen").get("/exact-counts").status_code == 404


def test_exact_counts_agree_with_what_is_told_of_the_same_quarter(
    watford: Database, now: datetime, new_id: Any
) -> None:
    from server.actions.cases.quarterly import TOGETHER, compose_exact, compose_quarter
    from server.hotspots.periods import Period

    period = Period(date(2026, 10, 1), date(2026, 12, 31))
    with watford.reading() as session:
        exact, share = compose_exact(session, period), compose_quarter(session, period, county.NoLot())
    assert exact.keys() == share.keys()
    for area in share:
        for as_it_is, as_told in zip(exact[area].tables, share[area].tables, strict=True):
            assert (as_it_is.title, as_it_is.columns) == (as_told.title, as_told.columns)
            for row, told_row in zip(as_it_is.rows, as_told.rows, strict=True):
                for cell, told_cell in zip(row.cells, told_row.cells, strict=True):
                    assert not told_cell.isdecimal() or abs(int(cell) - int(told_cell)) <= 2
    assert int(exact[TOGETHER].tables[0].rows[0].cells[0]) == sum(
        int(exact[area].tables[0].rows[0].cells[0]) for area in exact if area != TOGETHER
    )
    assert int(exact[county.WATFORD].tables[0].rows[0].cells[0]) > 0
