"""A person's own record (privacy rule A7): read on a screen with a worker, corrected with the old kept, and handed over as a
copy of everything held in which nobody else is named."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from server.access import Door
from server.actions.people import notes
from server.database.engine import Database
from server.queries.operation import audit
from server.queries.people import identity
from server.queries.people.erasure import ABOUT_A_CASE, ABOUT_A_PERSON
from server.queries.people.held import list_everything
from server.queries.referrals import notices
from shared.model.codes import IdentityWord
from shared.model.notice import Notice, NoticeAnswer, NoticeKind
from shared.rules.third_parties import make_withholder, parts_of
from tests.server.cast import Cast
from tests.server.phone import Phone

HERE = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
HTML = {"accept": "text/html"}


@pytest.fixture
def joan(database: Database, cast: Cast, phone: Phone, clock: Any, new_id: Callable[[], str]) -> str:
    """Joan, met with Marek by Aisha, who wrote about them both; her name was spelt wrong at first."""
    joan, marek = new_id(), new_id()
    told = (
        phone.patch("person.patched", joan, name="Jone Carter", wants_first="My own front door <b>&</b> #eval(1)"),
        phone.patch("person.patched", marek, name="Marek Nowak", alias="Mars"),
        phone.contact(
            person_ids=[joan, marek], position=HERE, next_step="=HYPERLINK(1)",
            note="Joan came with Marek. Mars says Aisha Noor knows. Her sister is at 14 Queens Road",
        ),
    )  # fmt: skip
    assert phone.push(*told).status_code == 200
    with Door(database, cast.tom, clock(), new_id, may_change=True).open() as access:
        notes.write_note(access, joan, "Takes insulin. Dean Hall drove her")
    return joan


def post(client: Any, path: str, **fields: str) -> Any:
    client.get("/who-can-see", headers=HTML)
    form = {**fields, "_csrf_token": client.cookies["lantern-form"]}
    return client.post(path, data=form, headers=HTML, follow_redirects=False)


def open_copy(answer: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        files = {name: book.read(name) for name in book.namelist()}
    return json.loads(files["record.json"]), files


def test_the_copy_holds_everything_and_names_nobody_else(
    sign_in: Any, cast: Cast, joan: str, database: Database
) -> None:
    client = sign_in(cast.priya)
    assert client.get(f"/people/{joan}/own-copy", headers=HTML).status_code == 200
    record, files = open_copy(post(client, f"/people/{joan}/own-copy"))
    assert sorted(files) == ["read-first.txt", "record.json", "record.pdf"]
    assert files["record.pdf"].startswith(b"%PDF-")
    sections = {section["name"]: section["rows"] for section in record["sections"]}
    with database.reading() as session:
        assert list_everything(session, [joan]).keys() <= sections.keys()
    assert {"person", "contact", "person_note", "what_was_said_before", "who_looked", "each_look"} <= sections.keys()
    (met,) = sections["contact"]
    assert met["note"] == (
        "Joan came with [withheld: another person]. [withheld: another person] says "
        "[withheld: a worker of New Hope] knows. Her sister is at 14 Queens Road"
    )
    assert met["worker_id"] == "[withheld: a worker of New Hope]"
    assert sections["person_note"][0]["text"] == "Takes insulin. [withheld: a worker of New Hope] drove her"
    assert sections["person"][0]["wants_first"] == "My own front door <b>&</b> #eval(1)", (
        "as it was said, never evaluated"
    )
    whole = files["record.json"].decode()
    for name in ("Marek", "Mars", "Aisha", "Dean", "Priya", "Tom", cast.aisha.id, cast.priya.id):
        assert name not in whole, name
    assert b"1 texts hold what looks like an address" in files["read-first.txt"]


def test_making_a_copy_is_on_record_and_only_a_districts_coordinator_may(
    sign_in: Any, cast: Cast, joan: str, database: Database, new_id: Callable[[], str]
) -> None:
    for who, status in ((cast.aisha, 403), (cast.tom, 403), (cast.helen, 403), (cast.olu, 403), (cast.carol, 404)):
        assert post(sign_in(who), f"/people/{joan}/own-copy").status_code == status, who.name
    client = sign_in(cast.priya)
    assert post(client, f"/people/{new_id()}/own-copy").status_code == 404
    open_copy(post(client, f"/people/{joan}/own-copy"))
    with database.reading() as session:
        lines = audit.list_lines(session, subject_kind="person", subject_id=joan)
    made = [line for line in lines if line.action == "export_person" and line.allowed]
    assert [(line.actor_id, line.purpose) for line in made] == [(cast.priya.id, "own copy made")]
    assert f"Priya S, Watford Housing · record {joan}" in sign_in(cast.olu).get("/access-reviews", headers=HTML).text


def test_nationality_is_in_no_file(sign_in: Any, cast: Cast, joan: str, database: Database, now: Any) -> None:
    with database.writing() as session:
        session.execute(
            text("insert into person_restricted (person_id, nationality_group, receiving_support, left_asylum_support, "
                 "recorded_at, recorded_by) values (:id, 'somewhere', 'not_known', :left, :now, :by)"),
            {"id": joan, "left": True, "now": now.replace(tzinfo=None), "by": cast.priya.id},
        )  # fmt: skip
    _, files = open_copy(post(sign_in(cast.priya), f"/people/{joan}/own-copy"))
    assert b"somewhere" not in files["record.json"]
    assert b"held apart" in files["record.json"]


def test_who_sent_a_notice_and_whose_the_other_record_is_stays_out_of_the_copy(
    sign_in: Any, cast: Cast, joan: str, database: Database, new_id: Callable[[], str], now: Any
) -> None:
    other, at = new_id(), now.isoformat()
    with database.writing() as session:
        notices.add_notice(session, Notice(
            id=new_id(), reference="R", kind=NoticeKind.PRISON_RELEASE, district_id=cast.watford.id, institution="HMP Mount",
            name="Joan", words="Officer Ama Boateng rang", sender_name="Ama Boateng", sender_reach="ama@example.org",
            received_at=now, person_id=joan, answer=NoticeAnswer.TAKEN_ON, answered_at=now, answered_by=cast.priya.id,
        ))  # fmt: skip
        one, two = identity.in_order(joan, other)
        identity.add_judgement(session, identity.Judgement(
            id=new_id(), one_id=one, other_id=two, said=IdentityWord.DIFFERENT, at=now, worker_id=cast.tom.id, saw_one=True,
            saw_other=True,
        ))  # fmt: skip
    record, _ = open_copy(post(sign_in(cast.priya), f"/people/{joan}/own-copy"))
    sections = {section["name"]: section["rows"] for section in record["sections"]}
    (told,) = sections["notice"]
    assert told["institution"] == "HMP Mount"
    assert told["words"] == "Officer [withheld: who told us of you] rang"
    assert told["sender_name"] == told["sender_reach"] == "[withheld: who told us of you]"
    (judged,) = sections["identity_judgement"]
    assert (judged["said"], judged["at"]) == ("different", at)
    assert sorted([judged["one_id"], judged["other_id"]]) == sorted([joan, "[withheld: another person]"])


def test_every_table_about_people_is_in_the_copy() -> None:
    names = {table.name for table in (*ABOUT_A_PERSON, *ABOUT_A_CASE)}
    assert {"person_note", "break_glass", "person_hidden", "person_need", "verification", "case_action"} <= names


def test_a_name_is_withheld_whole_whatever_its_capitals_and_ones_own_stays() -> None:
    others = dict.fromkeys(parts_of("Joan Carter"), "[x]") | {"Al": "[y]"}
    withhold = make_withholder(others, parts_of("Joan Smith"))
    assert withhold("JOAN CARTER and carter's Joan, Cartery, Al") == "[x] and [x]'s Joan, Cartery, Al"


def test_what_is_wrong_is_put_right_together_and_the_old_is_kept(
    sign_in: Any, cast: Cast, joan: str, phone: Phone, database: Database
) -> None:
    client = sign_in(cast.aisha)
    read = client.get(f"/people/{joan}/own-record", headers=HTML).text
    assert "My own front door" in read
    assert "<b>" not in read
    assert "Takes insulin" in read, "her service's note"
    assert post(client, f"/people/{joan}/own-record", field="name", value="Joan Carter").status_code == 303
    again = client.get(f"/people/{joan}/own-record", headers=HTML).text
    assert "Joan Carter, your own page" in again
    assert "Your name: “Jone Carter”" in again
    heard = [row for row in phone.pull().json()["rows"] if row[3] == "put" and "Joan Carter" in str(row[5])]
    assert len(heard) == 1, "the phones hear of it"
    with database.reading() as session:
        lines = audit.list_lines(session, subject_kind="person", subject_id=joan)
    assert {"see_own_record", "edit_person"} <= {line.action for line in lines if line.allowed}


@pytest.mark.parametrize(("field", "value"), [("", "x"), ("id", "x"), ("date_of_birth", "spring"), ("name", "x" * 300)])
def test_what_cannot_be_kept_is_refused_beside_the_field(
    sign_in: Any, cast: Cast, joan: str, field: str, value: str
) -> None:
    answer = post(sign_in(cast.aisha), f"/people/{joan}/own-record", field=field, value=value)
    assert answer.status_code == 422
    assert 'id="value-error"' in answer.text


def test_another_services_notes_are_not_on_the_page(sign_in: Any, cast: Cast, joan: str) -> None:
    page = sign_in(cast.priya).get(f"/people/{joan}/own-record", headers=HTML)
    assert page.status_code == 200
    assert "insulin" not in page.text
    assert sign_in(cast.carol).get(f"/people/{joan}/own-record", headers=HTML).status_code == 404


@pytest.mark.parametrize("said", ["9" * 5_000, "[" * 900 + "]" * 900])
def test_what_a_phone_wrote_in_a_field_that_nobody_knows_breaks_no_page(
    sign_in: Any, cast: Cast, joan: str, phone: Phone, said: str
) -> None:
    change = phone.make_change("person.patched", e=joan, set={"of_a_newer_app": ["SAID", {}], "alias": ["Jo", {}]})
    body = {"device": phone.number, "now": phone.now_ms, "app": "1.0.0", "events": [change]}
    sent = json.dumps(body).encode().replace(b'"SAID"', said.encode())
    assert phone.post("/sync/v1/push", sent).json()["acked"] == change["n"]
    assert sign_in(cast.priya).get(f"/people/{joan}/own-record", headers=HTML).status_code == 200
