"""Every door is used: a line of a service's day, a referral with its answer; its own service reads it, others where it is
shared."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from server.queries.operation import outbox, sessions
from server.queries.partnership import recipients, workers
from server.queries.partnership import services as directory
from server.queries.partnership.recipients import Recipient
from server.queries.partnership.services import Kept
from server.queries.people import concealment, doors
from server.queries.people.concealment import Hiding
from server.queries.people.held import list_everything
from server.security.passwords import Passwords
from server.tables.partnership.agency import agreement
from shared.model.codes import Role
from shared.model.mail import MailKind
from shared.model.service import Service
from shared.model.worker import Worker
from tests.server.cast import CHEAP, PASSWORD
from tests.server.people.test_housing_needs import HTML, marek, post  # noqa: F401 - the fixture
from tests.web.test_navigation import counts

BREAKFAST = {"kind": "came_by", "words": "Came for breakfast, asked about his GP"}


@pytest.fixture
def shelter(database, now):
    with database.writing() as session:
        kept = Kept(service=Service(id="shelter", name="Night shelter"), source="", reference="shelter", came_with="{}")
        directory.add_services(session, [kept], now)
    return "shelter"


def record(client, person_id, **told):
    return post(client, f"/people/{person_id}/doors", **told)


def add_member(database, cast, now, new_id, district_ids):
    member = Worker(
        id=new_id(), name="Mo Day", short_name="Mo D", agency_id=cast.council.id, roles=frozenset({Role.AGENCY_MEMBER}),
        district_ids=district_ids, trained_on=now.date(),
    )  # fmt: skip
    with database.writing() as session:
        workers.add_worker(session, member, email="mo@example.org", now=now)
        sessions.set_password_hash(session, member.id, Passwords(CHEAP).hash(PASSWORD), now)
        told = {"id": new_id(), "agency_id": cast.council.id, "role": Role.AGENCY_MEMBER}
        recipients.add_recipient(session, Recipient(**told, founding=True, proposed_at=now, reason="test"))
    return member


def facts(database, person_id):
    with database.reading() as session:
        return doors.list_facts(session, [person_id])


def test_a_line_a_referral_and_its_answers_are_written_and_struck_out(sign_in, cast, marek, shelter, database):  # noqa: F811
    client = sign_in(cast.tom)
    for wrong in (
        {"kind": "seen"}, {"kind": "came_by"}, {"kind": "came_by", "words": "x" * 301}, BREAKFAST | {"on": "1 January 2027"},
        BREAKFAST | {"on": "soon"}, {"kind": "referred"}, {"kind": "referred", "service": "another"},
        {"kind": "answered", "code": "accepted", "about": "another"},
    ):  # fmt: skip
        assert record(client, marek, **wrong).status_code == 422, wrong
    assert facts(database, marek) == []
    assert record(client, marek, **BREAKFAST).status_code == 303
    assert record(client, marek, kind="referred", service=shelter, words="A bed").status_code == 303
    referral = next(each for each in facts(database, marek) if each.service == "Night shelter")
    assert record(client, marek, kind="answered", code="maybe", about=referral.id).status_code == 422
    assert record(client, marek, kind="answered", code="waiting", about=referral.id).status_code == 303
    for _ in ("pressed", "pressed twice"):
        assert (
            record(client, marek, kind="answered", code="refused", about=referral.id, words="Full").status_code == 303
        )
    assert record(client, marek, kind="answered", code="accepted", about=referral.id).status_code == 422
    page = client.get(f"/people/{marek}/doors", headers=HTML).text
    for words in ("Came by New Hope", "Referred to Night shelter", "Night shelter answered: refused", "Full"):
        assert words in page
    refusal = next(each for each in facts(database, marek) if each.code == "refused")
    assert record(client, marek, fact=refusal.id).status_code == 303
    assert record(client, marek, fact=refusal.id).status_code == 409
    assert record(client, marek, kind="answered", code="accepted", about=referral.id).status_code == 303
    with database.reading() as session:
        assert len(list_everything(session, [marek])["door_fact"]) == 5


def test_a_second_press_writes_no_second_line_and_the_same_of_later_does(sign_in, cast, marek, database, clock):  # noqa: F811
    for _ in range(2):
        assert record(sign_in(cast.tom), marek, **BREAKFAST).status_code == 303
    assert len(facts(database, marek)) == 1
    record(sign_in(cast.aisha), marek, **BREAKFAST)
    record(sign_in(cast.tom), marek, **BREAKFAST | {"words": "Came for lunch"})
    assert len(facts(database, marek)) == 3
    clock.advance(minutes=2)
    record(sign_in(cast.tom), marek, **BREAKFAST)
    record(sign_in(cast.tom), marek, fact=facts(database, marek)[0].id)
    record(sign_in(cast.tom), marek, **BREAKFAST)
    assert len(facts(database, marek)) == 5


@pytest.fixture
def bed(database, cast, now):
    """A service to which the council receives referrals."""
    told = Service(id="bed", name="Bed for a week")
    with database.writing() as session:
        kept = Kept(service=told, source="", reference="bed", came_with="{}", agency_id=cast.council.id)
        directory.add_services(session, [kept], now)
    return "bed"


@pytest.fixture
def mo(database, cast, now, new_id):
    """A member of the council with no district: of nobody there may they know."""
    return add_member(database, cast, now, new_id, ())


def test_who_receives_a_referral_sees_it_answers_it_and_sees_nothing_else(
    sign_in,
    cast,
    marek,  # noqa: F811
    shelter,
    bed,
    mo,
    database,
):
    tom = sign_in(cast.tom)
    assert "Bed for a week (" in tom.get(f"/people/{marek}/doors", headers=HTML).text
    record(tom, marek, **BREAKFAST)
    record(tom, marek, kind="referred", service=shelter, words="Not for the council")
    client = sign_in(mo)
    assert client.get(f"/people/{marek}/doors", headers=HTML).status_code == 404
    assert "Referred to you" not in client.get("/today", headers=HTML).text
    assert (
        record(sign_in(cast.tom), marek, kind="referred", service=bed, words="A bed, he has a dog").status_code == 303
    )
    referral = next(each for each in facts(database, marek) if each.service_id == bed)
    assert referral.to_agency_id == cast.council.id
    client = sign_in(mo)
    today = client.get("/today", headers=HTML).text
    assert "Referred to you" in today and "A bed, he has a dog" in today and f"/people/{marek}/doors" in today
    page = client.get(f"/people/{marek}/doors", headers=HTML).text
    assert "A bed, he has a dog" in page and "Not for the council" not in page and "asked about his GP</p>" not in page
    for other in ("", "/assessment", "/plan"):
        assert client.get(f"/people/{marek}{other}", headers=HTML).status_code == 404
    answer = {"kind": "answered", "about": referral.id, "back": "/today"}
    said = record(client, marek, code="waiting", words="On Monday", **answer)
    assert (said.status_code, said.headers["location"]) == (303, "/today?done=kept_health")
    assert "waiting" in client.get("/today", headers=HTML).text
    assert "On Monday" in sign_in(cast.tom).get(f"/people/{marek}/doors", headers=HTML).text
    assert record(sign_in(mo), marek, code="refused", **answer).status_code == 303
    assert "Referred to you" not in sign_in(mo).get("/today", headers=HTML).text
    assert "answered: refused" in sign_in(cast.tom).get(f"/people/{marek}/doors", headers=HTML).text


def test_a_referral_that_was_never_so_or_is_of_somebody_hidden_reaches_nobody(
    sign_in,
    cast,
    marek,  # noqa: F811
    bed,
    mo,
    database,
    now,
    new_id,
):
    for _ in range(2):
        record(sign_in(cast.tom), marek, kind="referred", service=bed)
    (referral,) = facts(database, marek)
    record(sign_in(cast.tom), marek, fact=referral.id)
    client = sign_in(mo)
    assert "Referred to you" not in client.get("/today", headers=HTML).text
    assert client.get(f"/people/{marek}/doors", headers=HTML).status_code == 404
    record(sign_in(cast.tom), marek, kind="referred", service=bed, words="Again")
    assert "Referred to you" in sign_in(mo).get("/today", headers=HTML).text
    with database.writing() as session:
        hiding = Hiding(
            id=new_id(), person_id=marek, at=now, worker_id=cast.tom.id, agency_id=cast.outreach.id,
            reason="Somebody is near",
            agency_ids=(cast.outreach.id,),
        )  # fmt: skip
        concealment.add_hiding(session, hiding)
    client = sign_in(mo)
    assert "Referred to you" not in client.get("/today", headers=HTML).text
    assert client.get(f"/people/{marek}/doors", headers=HTML).status_code == 404


def posted(database, kind):
    with database.reading() as session:
        return [
            (each.mail.worker_id, each.mail.agency_id) for each in outbox.list_posted(session) if each.mail.kind is kind
        ]


def test_the_service_hears_that_somebody_was_referred_and_whoever_referred_hears_the_answer(
    sign_in,
    cast,
    marek,  # noqa: F811
    shelter,
    bed,
    mo,
    database,
):
    tom = sign_in(cast.tom)
    record(tom, marek, **BREAKFAST)
    record(tom, marek, kind="referred", service=shelter)  # nobody of the partnership receives it
    assert posted(database, MailKind.SERVICE_REFERRED) == []
    for _ in range(2):
        record(sign_in(cast.tom), marek, kind="referred", service=bed, words="A bed")
    heard = posted(database, MailKind.SERVICE_REFERRED)
    assert {mo.id, cast.priya.id} <= {who for who, _ in heard} and {of for _, of in heard} == {cast.council.id}
    assert len(heard) == len(set(heard))
    referral = next(each for each in facts(database, marek) if each.service_id == bed)
    assert posted(database, MailKind.SERVICE_ANSWERED) == []
    record(sign_in(mo), marek, kind="answered", code="accepted", about=referral.id)
    assert posted(database, MailKind.SERVICE_ANSWERED) == [(cast.tom.id, cast.outreach.id)]
    record(sign_in(cast.priya), marek, kind="referred", service=bed)  # to one's own service
    assert len(posted(database, MailKind.SERVICE_REFERRED)) == len(heard)


def test_nobody_is_written_to_of_somebody_hidden_from_them_or_without_an_agreement(
    sign_in,
    cast,
    marek,  # noqa: F811
    bed,
    mo,
    database,
    now,
    new_id,
):
    with database.writing() as session:
        ended = update(agreement).where(agreement.c.agency_id == cast.council.id)
        session.execute(ended.values(expires_on=now.date() - timedelta(days=1)))
    record(sign_in(cast.tom), marek, kind="referred", service=bed)
    with database.writing() as session:
        session.execute(ended.values(expires_on=now.date() + timedelta(days=90)))
        hiding = Hiding(
            id=new_id(), person_id=marek, at=now, worker_id=cast.tom.id, agency_id=cast.outreach.id,
            reason="A risk from somebody near", agency_ids=(cast.outreach.id,),
        )  # fmt: skip
        concealment.add_hiding(session, hiding)
    assert record(sign_in(cast.tom), marek, kind="referred", service=bed, words="Again").status_code == 303
    assert posted(database, MailKind.SERVICE_REFERRED) == []


def test_a_service_of_outreach_workers_alone_sees_and_answers_what_it_is_referred(
    sign_in,
    cast,
    marek,  # noqa: F811
    database,
    now,
):
    """Whoever is out in the street has no page of today: what waits for their service has one of its own."""
    with database.writing() as session:
        kept = Kept(
            service=Service(id="walk", name="Morning walk"), source="", reference="walk", came_with="{}",
            agency_id=cast.outreach.id,
        )  # fmt: skip
        directory.add_services(session, [kept], now)
    assert record(sign_in(cast.priya), marek, kind="referred", service="walk", words="He likes dogs").status_code == 303
    (referral,) = facts(database, marek)
    aisha = sign_in(cast.aisha)
    assert counts(aisha.get("/my-shift", headers=HTML).text)["/waiting"] == 1
    page = aisha.get("/waiting", headers=HTML).text
    assert "Referred to you" in page and "He likes dogs" in page
    answer = {"kind": "answered", "about": referral.id, "code": "accepted", "back": "/waiting"}
    assert record(aisha, marek, **answer).headers["location"] == "/waiting?done=kept_health"
    assert "answered: " in sign_in(cast.priya).get(f"/people/{marek}/doors", headers=HTML).text
    assert record(sign_in(cast.aisha), marek, **answer | {"code": "ended"}).status_code == 303
    assert "/waiting" not in counts(sign_in(cast.aisha).get("/my-shift", headers=HTML).text)
    for who, status in ((cast.helen, 403), (cast.olu, 403)):
        assert sign_in(who).get("/waiting", headers=HTML).status_code == status


def test_another_service_reads_it_only_where_it_is_shared(sign_in, cast, marek, database):  # noqa: F811
    record(sign_in(cast.tom), marek, **BREAKFAST)
    theirs = sign_in(cast.priya)
    page = theirs.get(f"/people/{marek}/doors", headers=HTML).text
    assert "breakfast, asked about his GP" not in page.replace("Such as: came for breakfast, asked about his GP", "")
    assert "Other services wrote something too" in page
    (line,) = facts(database, marek)
    assert record(theirs, marek, fact=line.id).status_code == 404
    tom = sign_in(cast.tom)
    said = post(tom, f"/people/{marek}/consent", what="contacts", answer="agreed", way="word")
    assert said.status_code == 303, said.text
    priya = sign_in(cast.priya)
    page = priya.get(f"/people/{marek}/doors", headers=HTML).text
    assert "Came for breakfast, asked about his GP" in page
    assert record(priya, marek, fact=line.id).status_code == 404
    taken_back = post(sign_in(cast.tom), f"/people/{marek}/consent", what="contacts", answer="refused", way="word")
    assert taken_back.status_code == 303, taken_back.text
    page = sign_in(cast.priya).get(f"/people/{marek}/doors", headers=HTML).text
    assert "Came for breakfast, asked about his GP" not in page


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_who_may_not_know_them_writes_and_reads_nothing(sign_in, cast, marek, database, who, status):  # noqa: F811
    client = sign_in(getattr(cast, who))
    assert client.get(f"/people/{marek}/doors", headers=HTML).status_code == status
    assert record(client, marek, **BREAKFAST).status_code == status
    assert facts(database, marek) == []


def test_a_day_centre_of_the_district_writes_a_line_of_somebody_whose_record_it_does_not_open(
    sign_in,
    cast,
    marek,  # noqa: F811
    database,
    now,
    new_id,
    phone,
):
    member = add_member(database, cast, now, new_id, (cast.watford.id,))
    client = sign_in(member)
    assert client.get(f"/people/{marek}", headers=HTML).status_code == 404
    answer = record(client, marek, **BREAKFAST)
    assert answer.status_code == 303, answer.text
    page = client.get(f"/people/{marek}/doors", headers=HTML).text
    assert "Came for breakfast" in page
    assert f'href="/people/{marek}"' not in page
    red = new_id()
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    met = (
        phone.patch("person.patched", red, name="Red"),
        phone.contact(person_ids=[red], position=here, state="not_bedded_down"),
    )
    assert phone.push(*met).status_code == 200
    on_no_list = client.get(f"/people/{red}/doors", headers=HTML)
    assert (on_no_list.status_code, "Red" in on_no_list.text) == (404, False)
    assert record(client, red, **BREAKFAST).status_code == 404
