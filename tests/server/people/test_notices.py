"""Notices of discharges, releases and by the duty to refer: by a form, by a file, to one district, with an answer."""

import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from server.access import Access, Door
from server.database.engine import Database
from server.importers.email.parse import Letter
from server.importers.notices import bring_file, leave_out, list_refused, mend_row, read_lines, receive_mail
from server.problems import NotFound
from server.queries.cases import cases
from server.queries.referrals import notices
from server.tables.partnership.district import district
from server.tables.people.person import person
from server.tables.referrals.imports import refused_row
from server.tables.referrals.notice import notice
from tests.server.database.test_locks import wait_until_someone_waits
from tests.server.importers.rows import TRAY
from tests.server.people.test_housing_needs import HTML, post

TOLD = {
    "kind": "hospital_discharge", "institution": "Watford General, ward 6", "name": "Vera Lind", "date_of_birth": "1961-02-03",
    "expected_on": "2026-11-20", "words": "Walks with a frame", "sender_name": "Nurse Ama", "sender_reach": "01923 496 0009",
    "agreed": "yes",
}  # fmt: skip


def send(client: Any, cast: Any, **changes: str) -> Any:
    page = client.get("/notice", headers=HTML)
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key is not None
    form = TOLD | {"key": key[1], "district": cast.watford.id, "_csrf_token": client.cookies["lantern-form"]} | changes
    return client.post("/notice", data=form, headers=HTML)


def rows(database: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(notice).order_by(notice.c.received_at, notice.c.id)).mappings())


def reference_in(answer: Any) -> str:
    found = re.search(r"([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})", answer.text)
    assert found is not None, answer.text
    return found[1]


def test_what_is_missing_is_told_and_nothing_is_lost(client, cast, database, clock):
    for wrong in (
        {"kind": ""}, {"kind": "taxi"}, {"institution": " "}, {"name": ""}, {"sender_name": ""}, {"sender_reach": ""},
        {"date_of_birth": "soon"}, {"date_of_birth": "2027-01-01"}, {"date_of_birth": "1066-01-01"},
        {"expected_on": "2036-01-01"}, {"district": ""},
        {"district": "elsewhere"}, {"agreed": ""}, {"name": "x" * 201}, {"words": "x" * 4001},
    ):  # fmt: skip
        answer = send(client, cast, **wrong)
        assert answer.status_code == 422, wrong
        (field,) = wrong
        assert f'href="#{field}"' in answer.text, wrong
        assert field == "sender_name" or "Nurse Ama" in answer.text
        clock.now += timedelta(minutes=1)
    assert rows(database) == []


def test_at_the_limit_nothing_is_lost_and_it_is_said_when_to_send_again(client, cast, database):
    answers = [send(client, cast, key=str(number)) for number in range(11)]
    assert [each.status_code for each in answers] == [200] * 10 + [429]
    last = answers[-1].text
    assert "Vera Lind" in last and 'name="key" value="10"' in last and "Wait a minute" in last
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(rows(database)) == 10


def test_while_the_server_is_busy_nothing_is_lost(client, cast, database, monkeypatch):
    client.get("/notice", headers=HTML)

    @contextmanager
    def locked(self: Database) -> Iterator[Any]:
        raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError("database is locked"))
        yield

    monkeypatch.setattr(Database, "writing", locked)
    answer = send(client, cast, key="one")
    assert answer.status_code == 503 and answer.headers["retry-after"] == "2"
    assert "Vera Lind" in answer.text and 'name="key" value="one"' in answer.text and "busy" in answer.text


def test_a_form_sent_twice_is_one_notice_and_its_answer_is_read_by_the_reference(client, cast, sign_in, database):
    first = send(client, cast, key="the-same-form")
    again = send(client, cast, key="the-same-form")
    reference = reference_in(first)
    assert reference_in(again) == reference and len(rows(database)) == 1

    def status(said: str) -> str:
        form = {"reference": said, "_csrf_token": client.cookies["lantern-form"]}
        return str(client.post("/notice/status", data=form, headers=HTML).text)

    assert "has not answered yet" in status(reference.lower())
    assert "no notice with this reference" in status("AAAA-AAAA-AAAA")
    sign_in(cast.priya)
    page = client.get("/notices", headers=HTML).text
    for words in ("Vera Lind", "Expected 20 November 2026", "Hospital discharge, Watford General, ward 6", "Nurse Ama"):
        assert words in page, words
    (kept,) = rows(database)
    assert post(client, "/notices", notice=kept["id"], answer="perhaps").status_code == 422
    told = {"notice": kept["id"], "answer": "taken_on", "words": "Ring us on the day"}
    assert post(client, "/notices", **told).status_code == 303
    assert post(client, "/notices", **told).status_code == 409
    said = status(reference)
    assert "taken them on" in said and "Ring us on the day" in said and "Vera" not in said
    (kept,) = rows(database)
    with database.reading() as session:
        (case,) = cases.list_live_cases_of(session, [kept["person_id"]])
        known = session.execute(select(person).where(person.c.id == kept["person_id"])).mappings().one()
    assert case.district_id == cast.watford.id
    assert case.reason.startswith("Hospital discharge: Watford General, ward 6, expected 2026-11-20")
    assert "Ama" not in case.reason, "who sent it is a person of their own, and no part of this one's record"
    assert (known["name"], str(known["date_of_birth"])) == ("Vera Lind", "1961-02-03")


def test_a_form_that_was_put_right_and_sent_again_is_not_lost(client, cast, database):
    """Back in the browser, another day, Send: the form has the key it had."""
    first, again = (send(client, cast, key="one", expected_on=day) for day in ("2026-11-20", "2026-11-21"))
    assert reference_in(first) != reference_in(again)
    assert {str(each["expected_on"]) for each in rows(database)} == {"2026-11-20", "2026-11-21"}


def test_what_no_database_can_hold_is_kept_as_it_can_be(client, cast, database):
    reference = reference_in(send(client, cast, name="Ve\0ra", words="Walks\0"))
    (kept,) = rows(database)
    assert (kept["name"], kept["words"]) == ("Ve\u2400ra", "Walks\u2400")
    form = {"reference": f"{reference}\0", "_csrf_token": client.cookies["lantern-form"]}
    assert "no notice with this reference" in client.post("/notice/status", data=form, headers=HTML).text


def test_a_district_that_begins_today_is_one_from_midnight_here(client, cast, database, clock):
    clock.now = datetime(2028, 3, 31, 23, 30, tzinfo=UTC)
    with database.writing() as session:
        session.execute(district.update().where(district.c.id == cast.watford.id).values(valid_from=date(2028, 4, 1)))
    assert send(client, cast, expected_on="2028-04-02").status_code == 200
    assert len(rows(database)) == 1


def test_whoever_guesses_a_name_is_given_nobody_elses_reference(client, cast, database):
    first, other = send(client, cast), send(client, cast)
    assert reference_in(first) != reference_in(other) and len(rows(database)) == 2


def test_only_the_districts_coordinator_reads_it_and_may_send_it_on(client, cast, sign_in, database):
    send(client, cast)
    (kept,) = rows(database)
    sign_in(cast.carol)
    assert "Vera Lind" not in client.get("/notices", headers=HTML).text
    assert post(client, "/notices", notice=kept["id"], answer="helped").status_code == 404
    for who in (cast.tom, cast.aisha, cast.helen, cast.olu):
        sign_in(who)
        assert client.get("/notices", headers=HTML).status_code == 403
    sign_in(cast.priya)
    assert post(client, "/notices", notice=kept["id"], send_to="nowhere").status_code == 422
    for said in ({"answer": "helped"}, {"words": "She has a room"}):
        both = post(client, "/notices", notice=kept["id"], send_to=cast.dacorum.id, **said)
        assert both.status_code == 422 and "choose one of the two" in both.text
        assert f'<option value="{cast.dacorum.id}" selected>' in both.text and said.get("words", "") in both.text
    assert rows(database)[0]["district_id"] == cast.watford.id
    assert post(client, "/notices", notice=kept["id"], send_to=cast.dacorum.id).status_code == 303
    sign_in(cast.carol)
    assert "Vera Lind" in client.get("/notices", headers=HTML).text
    assert post(client, "/notices", notice=kept["id"], answer="not_reached").status_code == 303
    assert rows(database)[0]["person_id"] is None


FILE = """List of releases,,,,,,
Type,Name,Date of birth,Release date,Prison,Referrer,Telephone
Prison release,Ian Moss,03/02/1980,20/11/2026,HMP The Mount,Officer Day,01442 1
prison,Ian Moss,03/02/1980,20/11/2026,HMP The Mount,Officer Day,01442 1
Prison release,Bo Lee,31/31/1980,20/11/2026,HMP The Mount,Officer Day,01442 1
Taxi,Cy Fox,,,HMP The Mount,Officer Day,01442 1
,,,,,,
Duty to refer,Dee Gee,,,Jobcentre,Pat,pat@example.org
"""


def test_each_row_of_a_file_is_taken_known_or_refused_with_why(cast, database, clock, new_id):
    for times in range(2):
        with Door(database, cast.priya, clock(), new_id, may_change=True).open() as access:
            brought = bring_file(access, TRAY, cast.watford.id, FILE.encode())
        assert (brought.read, brought.accepted, brought.duplicates) == ((5, 2, 1) if times == 0 else (5, 0, 3))
        assert [each.number for each in brought.refused] == [5, 6]
        assert "'31/31/1980' cannot be read" in brought.refused[0].reason
    assert {(each["name"], each["kind"], each["received_by"]) for each in rows(database)} == {
        ("Ian Moss", "prison_release", cast.priya.id), ("Dee Gee", "duty_to_refer", cast.priya.id),
    }  # fmt: skip


def test_a_row_is_known_in_its_own_district_only_or_where_it_was_sent_on_to(cast, database, clock, new_id):
    def bring(who: Any, where: Any) -> tuple[int, int]:
        with Door(database, who, clock(), new_id, may_change=True).open() as access:
            brought = bring_file(access, TRAY, where.id, FILE.encode())
        return brought.accepted, brought.duplicates

    assert bring(cast.priya, cast.watford) == (2, 1)
    assert bring(cast.carol, cast.dacorum) == (2, 1), "what another district knows is in nobody's list here"
    with database.writing() as session:
        for each in rows(database):
            notices.send_on(session, each["id"], cast.dacorum.id)
    assert bring(cast.priya, cast.watford) == (0, 3)


def test_a_file_is_brought_on_the_page_and_a_wrong_one_is_told(client, cast, sign_in, database):
    sign_in(cast.priya)
    client.get("/notices", headers=HTML)
    answer = bring(client, cast, FILE.encode())
    assert "5 rows read: 2 taken, 1 known already, 2 not taken: they stand below." in answer.text
    assert bring(client, cast, b"").status_code == 422
    form = {"district": cast.dacorum.id, "_csrf_token": client.cookies["lantern-form"]}
    files = {"file": ("list.csv", io.BytesIO(FILE.encode()))}
    assert client.post("/notices/file", data=form, files=files, headers=HTML).status_code == 404


def bring(client: Any, cast: Any, content: bytes, name: str = "list.csv") -> Any:
    form = {"district": cast.watford.id, "_csrf_token": client.cookies["lantern-form"]}
    return client.post("/notices/file", data=form, files={"file": (name, io.BytesIO(content))}, headers=HTML)


def list_waiting_rows(database: Any) -> dict[int, tuple[str, str]]:
    """The rows that wait, by number, and the paths by which each is mended and left out."""
    with database.reading() as session:
        query = select(refused_row).where(refused_row.c.settled_at.is_(None))
        paths = {row.row_number: f"/notices/refused/{row.batch_id}/{row.row_number}" for row in session.execute(query)}
    return {number: (path, f"{path}/leave-out") for number, path in paths.items()}


def test_a_row_that_was_not_taken_waits_until_it_is_mended_or_left_out(client, cast, sign_in, database):
    sign_in(cast.priya)
    client.get("/notices", headers=HTML)
    for _ in range(2):
        page = bring(client, cast, FILE.encode()).text
        assert page.count("Not taken: list.csv, row ") == 2, "a row waits once, however often its file is brought"
    page = client.get("/notices", headers=HTML).text
    assert (
        "Not taken: list.csv, row 5" in page and "31/31/1980&#39; cannot be read" in page and 'value="Bo Lee"' in page
    )
    waiting = list_waiting_rows(database)
    assert sorted(waiting) == [5, 6]
    bo = {
        "Type": "Prison release", "Name": "Bo Lee", "Date of birth": "31/31/1980", "Release date": "20/11/2026",
        "Prison": "HMP The Mount", "Referrer": "Officer Day", "Telephone": "01442 1",
    }  # fmt: skip

    def mend(path: str, born: str) -> Any:
        cells = bo | {"Date of birth": born}
        client.get("/who-can-see", headers=HTML)
        form = {"heading": list(cells), "text": list(cells.values()), "_csrf_token": client.cookies["lantern-form"]}
        return client.post(path, data=form, headers=HTML, follow_redirects=False)

    sign_in(cast.carol)
    assert "Bo Lee" not in client.get("/notices", headers=HTML).text
    assert {post(client, path).status_code for path in waiting[5]} == {404}
    for who in (cast.tom, cast.aisha, cast.helen, cast.olu):
        sign_in(who)
        assert {post(client, path).status_code for path in waiting[5]} == {403}, who
    sign_in(cast.priya)
    still = mend(waiting[5][0], "31/13/1980")
    assert still.status_code == 422 and "31/13/1980" in still.text and sorted(list_waiting_rows(database)) == [5, 6]
    assert [mend(waiting[5][0], "31/12/1980").status_code for _ in range(2)] == [303, 404]
    assert post(client, waiting[6][1]).status_code == 303
    assert list_waiting_rows(database) == {}
    assert ("Bo Lee", "1980-12-31") in {(each["name"], str(each["date_of_birth"])) for each in rows(database)}
    page = bring(client, cast, FILE.encode()).text
    assert "5 rows read: 0 taken, 5 known already, 0 not taken." in page and "Not taken:" not in page


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize("first_leaves_out", [False, True])
def test_of_two_who_see_to_a_row_at_one_moment_the_second_finds_it_gone(
    cast, database, clock, new_id, first_leaves_out
):
    def enter() -> Any:
        return Door(database, cast.priya, clock(), new_id, may_change=True).open()

    def mend(access: Access, name: str) -> None:
        said = {"Type": "Prison release", "Name": name, "Prison": "HMP X", "Referrer": "Day", "Telephone": "01442 1"}
        mend_row(access, batch_id, 3, said)

    def second() -> None:
        with enter() as access:
            mend(access, "Beau Lee")

    with enter() as access:
        bring_file(
            access,
            TRAY,
            cast.watford.id,
            b"Type,Name,Prison,Referrer,Telephone\nPrison,A B,X,Day,1\nTaxi,Bo Lee,X,Day,1\n",
        )
        (row,) = list_refused(access, TRAY)[0]
        batch_id = row.batch_id
    with ThreadPoolExecutor(1) as pool:
        with enter() as access:
            leave_out(access, batch_id, 3) if first_leaves_out else mend(access, "Bo Lee")
            waits = pool.submit(second)
            wait_until_someone_waits(database)
        with pytest.raises(NotFound):
            waits.result(60)
    assert {each["name"] for each in rows(database)} == ({"A B"} if first_leaves_out else {"A B", "Bo Lee"})


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_file_that_is_brought_twice_at_one_moment_is_taken_once(cast, database, clock, new_id):
    def bring() -> Any:
        with Door(database, cast.priya, clock(), new_id, may_change=True).open() as access:
            return bring_file(access, TRAY, cast.watford.id, FILE.encode())

    with ThreadPoolExecutor(1) as pool:
        with Door(database, cast.priya, clock(), new_id, may_change=True).open() as access:
            bring_file(access, TRAY, cast.watford.id, FILE.encode())
            second = pool.submit(bring)
            wait_until_someone_waits(database)
        brought = second.result(60)
    assert (brought.accepted, brought.duplicates, brought.refused_number) == (0, 3, 2)
    assert len(rows(database)) == 2 and len(list_waiting_rows(database)) == 2


def test_of_a_wrong_file_the_page_asks_about_so_many_rows_at_once_and_forgets_none(client, cast, sign_in, database):
    sign_in(cast.priya)
    client.get("/notices", headers=HTML)
    told = "".join(f"Taxi,P{number} Q,HMP X,Day,01442 1\n" for number in range(60))
    page = bring(client, cast, f"Type,Name,Prison,Referrer,Telephone\n{told}".encode()).text
    assert page.count("Not taken: list.csv, row ") == 50 and "10 more rows not taken" in page
    for number in range(2, 12):
        path = list_waiting_rows(database)[number][1]
        assert post(client, path).status_code == 303
    page = client.get("/notices", headers=HTML).text
    assert page.count("Not taken: list.csv, row ") == 50 and "more row" not in page


def test_every_word_of_a_list_is_kept_and_each_of_its_sheets_has_its_rows(client, cast, sign_in, database):
    book = openpyxl.Workbook()
    for title, name in (("November", "Ian Moss"), ("December", "Dee Gee")):
        sheet = book.create_sheet(title)
        sheet.append(["Type", "Name", "Prison", "Referrer", "Telephone", "Prison number", "Notes", None])
        sheet.append(
            ["Prison", name, "HMP The Mount", "Officer Day", "01442 1", "A1234BC", "Has a dog", "rings his sister"]
        )
        sheet.append(["Taxi", f"{name} II", "HMP The Mount", "Officer Day", "01442 1"])
    book.create_sheet("Key").append(["red is urgent"])
    written = io.BytesIO()
    book.save(written)
    sign_in(cast.priya)
    client.get("/notices", headers=HTML)
    page = bring(client, cast, written.getvalue(), "releases.xlsx").text
    assert "4 rows read: 2 taken, 0 known already, 2 not taken: they stand below." in page
    for title in ("November", "December"):
        assert f"Not taken: releases.xlsx, {title}, row 3" in page
    kept = "Has a dog\nPrison number: A1234BC\nColumn 8: rings his sister"
    assert {each["words"] for each in rows(database)} == {kept}
    refused = bring(client, cast, b"Dear all,\nIan Moss comes out on Friday\n")
    assert refused.status_code == 422 and "No row of headings was found" in refused.text


def test_a_notice_by_which_nobody_was_put_forward_is_forgotten_after_a_year(client, cast, database, clock):
    send(client, cast)
    with database.writing() as session:
        assert notices.forget_old(session, clock() + timedelta(days=364)) == 0
        assert notices.forget_old(session, clock() + timedelta(days=366)) == 1
    assert rows(database) == []


def test_a_notice_of_somebody_still_to_come_waits_for_them_however_early_it_was_sent(
    client, cast, sign_in, database, clock
):
    first, second = (send(client, cast, expected_on=f"2028-05-{day}", name=f"{day}") for day in (20, 21))
    assert (first.status_code, second.status_code) == (200, 200)
    sign_in(cast.priya)
    answered = next(each["id"] for each in rows(database) if each["name"] == "21")
    assert post(client, "/notices", notice=answered, answer="not_ours").status_code == 303
    with database.writing() as session:
        assert notices.forget_old(session, clock() + timedelta(days=400)) == 1
    assert [each["name"] for each in rows(database)] == ["20"]
    with database.writing() as session:
        # Half past midnight here is still the day before in Greenwich: on their own day nobody is forgotten.
        assert notices.forget_old(session, datetime(2028, 5, 20, 22, 30, tzinfo=UTC)) == 0
        assert notices.forget_old(session, datetime(2028, 5, 20, 23, 30, tzinfo=UTC)) == 1


@pytest.mark.parametrize("path", ["/notice", "/notice/status"])
def test_the_form_needs_no_account(client, cast, path):
    assert client.get(path, headers=HTML).status_code == 200


def test_whoever_waits_is_on_some_page_however_many_wait(cast, sign_in, database, clock, new_id):
    told = [f"Duty to refer,P{number:03} Q,,,Jobcentre,Pat,pat@example.org" for number in range(120)]
    with Door(database, cast.priya, clock(), new_id, may_change=True).open() as access:
        brought = bring_file(access, TRAY, cast.watford.id, "\n".join([*FILE.splitlines()[:2], *told]).encode())
    assert brought.accepted == 120
    client = sign_in(cast.priya)
    pages = [client.get(f"/notices?page_number={number}", headers=HTML).text for number in (1, 2, 3)]
    assert all("120 people" in page for page in pages)
    names = [name for page in pages for name in re.findall(r"P\d{3} Q", page)]
    assert sorted(names) == [f"P{number:03} Q" for number in range(120)]
    assert client.get("/notices?page_number=99", headers=HTML).text.count('id="notice-') == 20


def test_a_notice_that_was_answered_is_sent_nowhere(client, cast, sign_in, database):
    send(client, cast)
    (kept,) = rows(database)
    sign_in(cast.priya)
    assert post(client, "/notices", notice=kept["id"], answer="helped").status_code == 303
    with database.writing() as session:
        assert notices.send_on(session, kept["id"], cast.dacorum.id) is False
    assert post(client, "/notices", notice=kept["id"], send_to=cast.dacorum.id).status_code == 409
    assert rows(database)[0]["district_id"] == cast.watford.id


def test_what_a_notice_by_mail_lacks_its_coordinator_adds_and_nothing_else(
    client, cast, sign_in, database, clock, new_id
):
    letter = Letter(message_id="1", sender_name="Ward Six", sender_address="", text="", attached=0)
    lines = read_lines("Type: prison\nPrison: HMP The Mount\nDistrict: Watford\nRelease date: soon")
    with database.writing() as session:
        assert receive_mail(session, letter, lines, clock(), clock().date(), new_id)
    (kept,) = rows(database)
    sign_in(cast.carol)
    assert post(client, "/notices/lacking", notice=kept["id"], name="Guessed").status_code == 404
    sign_in(cast.priya)
    page = client.get("/notices", headers=HTML).text
    assert "Somebody whose name was not given" in page and "expected: soon" in page
    refused = post(client, "/notices", notice=kept["id"], answer="taken_on")
    assert refused.status_code == 422 and "Add their name first" in refused.text
    for wrong in ({}, {"name": "x" * 201}, {"expected_on": "soon"}, {"institution": "HMP Other"}):
        assert post(client, "/notices/lacking", notice=kept["id"], **wrong).status_code == 422, wrong
    assert rows(database) == [kept]
    told = {"name": "Ian Moss", "expected_on": "2026-11-20", "sender_reach": "01442 1", "institution": "HMP Other"}
    assert post(client, "/notices/lacking", notice=kept["id"], **told).status_code == 303
    (now,) = rows(database)
    assert dict(now) == dict(kept) | {
        "name": "Ian Moss", "expected_on": date(2026, 11, 20), "sender_reach": "01442 1",
    }, "what the sender said stays as it was"  # fmt: skip
    assert post(client, "/notices", notice=kept["id"], answer="taken_on").status_code == 303
    assert post(client, "/notices/lacking", notice=kept["id"], date_of_birth="1980-02-03").status_code == 409


def test_a_notice_of_no_district_of_ours_is_for_one_that_has_a_coordinator(cast, database, clock, new_id):
    letter = Letter(message_id="1", sender_name="Ward Six", sender_address="", text="", attached=0)
    lines = read_lines("Type: prison\nPrison: HMP The Mount\nDistrict: Elsewhere\nName: Ian Moss")
    with database.writing() as session:
        assert receive_mail(session, letter, lines, clock(), clock().date(), new_id)
        assert receive_mail(session, letter, lines, clock(), clock().date(), new_id), "the same mail again"
    (kept,) = rows(database)
    assert kept["district_id"] in {cast.watford.id, cast.dacorum.id} and "“Elsewhere”" in kept["words"]
