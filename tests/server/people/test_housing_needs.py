"""What tells of immigration status is on one page, for whoever works with the person, and nowhere that travels (A10)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from server.database.engine import Database
from server.queries.cases import priorities
from server.queries.operation import audit
from server.queries.people import housing_needs
from server.queries.street import contacts
from server.tables.sync.sync import change
from shared.policy.immigration import without_immigration
from tests.server.cast import Cast
from tests.server.phone import Phone

HERE = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
HTML = {"accept": "text/html"}
NRPF = "no_recourse_to_public_funds"
NEEDS = [{"need": NRPF, "receiving_support": "no"}, {"need": "alcohol", "receiving_support": "no"}]


@pytest.fixture
def marek(phone: Phone, new_id: Callable[[], str]) -> str:
    marek = new_id()
    told = (phone.patch("person.patched", marek, name="Marek Nowak"), phone.contact(person_ids=[marek], position=HERE))
    assert phone.push(*told).status_code == 200
    return marek


def post(client: Any, path: str, **fields: str) -> Any:
    client.get("/who-can-see", headers=HTML)
    form = {**fields, "_csrf_token": client.cookies["lantern-form"]}
    return client.post(path, data=form, headers=HTML, follow_redirects=False)


def test_whoever_works_with_them_records_and_reads_it_and_each_look_is_on_record(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    path = f"/people/{marek}/housing-needs"
    client = sign_in(cast.tom)
    answers = {"funds": "none", "support": "no", "left_support": "yes", "left_on": "2026-10-01"}
    assert post(client, path, **answers).status_code == 303
    assert 'value="2026-10-01"' in client.get(path, headers=HTML).text
    with database.reading() as session:
        kept = housing_needs.find_housing_needs(session, marek)
        purposes = [line.purpose for line in audit.list_lines(session, subject_kind="person", subject_id=marek)]
    assert kept is not None and (kept.recourse, str(kept.receiving_support), kept.left_asylum_support) == (
        "none",
        "no",
        True,
    )
    assert {"record housing needs", "housing needs"} <= set(purposes)


def test_others_hear_nothing_of_it(sign_in: Any, cast: Cast, marek: str) -> None:
    for who, status in ((cast.carol, 404), (cast.helen, 403), (cast.olu, 403)):
        assert sign_in(who).get(f"/people/{marek}/housing-needs", headers=HTML).status_code == status, who.name
        assert post(sign_in(who), f"/people/{marek}/housing-needs", funds="none").status_code == status, who.name


@pytest.mark.parametrize(
    "wrong",
    [{"funds": "british"}, {"support": "maybe"}, {"left_on": "²"}, {"left_support": "yes", "left_on": "2999-01-01"}],
)
def test_a_wrong_answer_is_told_and_nothing_is_kept(
    sign_in: Any, cast: Cast, marek: str, database: Database, wrong: dict[str, str]
) -> None:
    assert post(sign_in(cast.tom), f"/people/{marek}/housing-needs", **wrong).status_code == 422
    with database.reading() as session:
        assert housing_needs.find_housing_needs(session, marek) is None


def test_it_counts_in_the_order_of_discussion_and_is_not_named_there(
    sign_in: Any, cast: Cast, marek: str, database: Database, now: Any
) -> None:
    post(sign_in(cast.tom), f"/people/{marek}/housing-needs", funds="none", support="no")
    with database.writing() as session:
        session.execute(text("update mdt_case set state = 'listed'"))
        [listed] = priorities.list_listed_cases(session, cast.watford.id, now.date())
    assert listed.facts.need_with_housing
    told = sign_in(cast.priya).get("/priorities", headers=HTML).text
    assert "A need recorded with Housing" in told
    assert "recourse" not in told and "funds" not in told.lower()


def test_a_phone_that_still_says_it_is_believed_in_all_but_that(
    phone: Phone, database: Database, marek: str, new_id: Callable[[], str]
) -> None:
    met = phone.contact(person_ids=[marek], position=HERE, needs=NEEDS)
    seen = phone.make_change("need.recorded", e=marek, p={
        "id": new_id(), "person_id": marek, "need": NRPF, "receiving_support": "no",
        "at": phone.clock().isoformat(), "worker_id": met["who"],
    })  # fmt: skip
    left = phone.patch("person.patched", marek, institution_left="asylum_support", language="Polish")
    escaped = json.loads(json.dumps(phone.patch("person.patched", marek, institution_left="asylum_support")))
    answer = phone.push(met, seen, left, escaped)
    assert answer.status_code == 200 and answer.json()["acked"] == escaped["n"]
    with database.reading() as session:
        bodies = [bytes(body) for body in session.scalars(select(change.c.body))]
        reasons = list(session.scalars(select(change.c.reason).where(change.c.reason.is_not(None))))
        stored = contacts.list_contacts(session, [met["e"]])[met["e"]].contact
        shown = session.execute(
            text("select institution_left, language from person where id = :id"), {"id": marek}
        ).one()
    assert reasons == []
    assert [str(each.need) for each in stored.needs] == ["alcohol"]
    assert tuple(shown) == ("not_known", "Polish")
    assert not any(NRPF.encode() in body or b"asylum" in body for body in bodies)
    assert b"asylum" not in phone.pull().content and NRPF.encode() not in phone.pull().content


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (b'{"need":"alcohol"}', b'{"need":"alcohol"}'),
        (b'"\\u0061sylum_support"', None),
        (b'{"needs":[{"need":"no_recourse_to_public_funds"},{"need":"alcohol"}]}', b'{"needs":[{"need":"alcohol"}]}'),
        (b'{"institution_left":"asylum_support","name":"M"}', b'{"name":"M"}'),
        (b'{"note":"says that asylum_support ended"}', b'{"note":"says that asylum_support ended"}'),
        (b'{"newer":{"deep":["asylum_support",1]}}', b'{"newer":{"deep":[1]}}'),
    ],
)
def test_the_word_goes_and_the_rest_stays(said: bytes, left: bytes | None) -> None:
    assert without_immigration(said) == left
