"""Health and harm: recorded by whoever works with somebody, answered and learnt from; and that somebody died is so on every
page and phone."""

from datetime import date

import pytest
from sqlalchemy import insert, select

from server.queries.cases import case_events, cases
from server.queries.people import health
from server.queries.people.held import list_everything
from server.queries.people.people import find_person
from server.tables.operation.audit import audit
from server.tables.people.person import person_merge
from shared.model.codes import CaseState, CaseStep
from shared.model.health import HealthKind
from tests.server.people.test_housing_needs import HTML, marek, post  # noqa: F401 - the fixture

DIED = {"kind": "death", "on": "10 November 2026", "words": "Found by a passer-by"}


def record(client, person_id, **told):
    return post(client, f"/people/{person_id}/health", **told)


def facts(database, *ids):
    with database.reading() as session:
        return health.list_facts(session, ids)


def test_each_kind_is_recorded_and_what_cannot_be_is_said_by_field(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    for wrong in (
        {"kind": "gossip"}, {"kind": "doctor", "code": "maybe"}, {"kind": "hospital", "code": "own_place"},
        {"kind": "hospital", "code": "own_place", "on": "1 January 2027"}, {"kind": "harm", "code": "overdose",
        "on": "1 November 2026"},
        {"kind": "safeguarding", "on": "1 November 2026"}, {"kind": "harm", "code": "received", "on": "1 November 2026",
        "words": "x"},
        {"kind": "answer", "code": "enquiry", "on": "1 November 2026", "about": "another"}, {"kind": "death"},
        {"kind": "death", "on": "soon"},
        {"kind": "harm", "code": "overdose", "on": "1 November 2026", "words": "x" * 10_001},
    ):  # fmt: skip
        assert record(client, marek, **wrong).status_code == 422, wrong
    assert facts(database, marek) == []
    for right in (
        {"kind": "doctor", "code": "no", "words": "Would like one"},
        {"kind": "doctor", "code": "yes", "words": "Meadow surgery"},
        {
            "kind": "hospital",
            "code": "not_yet_planned",
            "on": "3/11/26",
            "expected_on": "20 November 2026",
            "words": "Watford General",
        },
        {"kind": "harm", "code": "overdose", "on": "5 November 2026", "words": "Naloxone was given"},
    ):
        for _ in ("pressed", "pressed twice"):
            assert record(client, marek, **right).status_code == 303, right
    page = client.get(f"/people/{marek}/health", headers=HTML).text
    assert "Yes: Meadow surgery" in page
    assert "nothing is planned for when they leave" in page
    with database.reading() as session:
        assert len(list_everything(session, [marek])["health_fact"]) == 4


def test_leaving_hospital_learning_and_a_mistake_are_said_of_a_fact(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    record(client, marek, kind="hospital", code="housing_told", on="3 November 2026")
    record(client, marek, kind="harm", code="overdose", on="5 November 2026", words="Alone in the stairwell")
    harm, stay = facts(database, marek)
    assert record(client, marek, press="left", fact=stay.id, until="1 November 2026").status_code == 422
    assert record(client, marek, press="left", fact=harm.id, until="9 November 2026").status_code == 404
    assert record(client, marek, press="left", fact=stay.id, until="9 November 2026").status_code == 303
    assert record(client, marek, press="left", fact=stay.id, until="8 November 2026").status_code == 409
    assert (
        record(client, marek, press="learning", fact=harm.id, learning="Every worker carries naloxone").status_code
        == 303
    )
    late = record(client, marek, press="learning", fact=harm.id, learning="Two walk there", shown="")
    assert late.status_code == 409 and "Every worker carries naloxone" in late.text
    both = "Every worker carries naloxone.\r\nTwo walk there"
    told = {"press": "learning", "fact": harm.id, "learning": both, "shown": "Every worker carries naloxone"}
    for _ in range(2):
        assert record(client, marek, **told).status_code == 303
    assert record(client, marek, press="strike", fact=stay.id).status_code == 303
    assert record(client, marek, press="strike", fact=stay.id).status_code == 409
    assert record(client, marek, press="strike", fact="another").status_code == 404
    record(client, marek, kind="hospital", code="housing_told", on="4 November 2026")
    record(client, marek, kind="harm", code="assault", on="4 November 2026", words="Not his own")
    for struck in facts(database, marek)[:2]:
        record(client, marek, press="strike", fact=struck.id)
        press = "left" if struck.kind is HealthKind.HOSPITAL else "learning"
        assert (
            record(client, marek, press=press, fact=struck.id, until="9 November 2026", learning="x").status_code == 409
        )
    assert [(each.until, each.learning) for each in facts(database, marek)[:2]] == [(None, ""), (None, "")]
    *_, harm, stay = facts(database, marek)
    assert (harm.learning, stay.until, stay.struck_by) == (
        "Every worker carries naloxone.\nTwo walk there",
        date(2026, 11, 9),
        cast.tom.id,
    )


def test_a_safeguarding_referral_has_its_answers_to_the_end_of_the_trail(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    record(client, marek, kind="safeguarding", on="1 November 2026", words="Somebody takes his money")
    (referral,) = facts(database, marek)
    for code, day in (("received", 2), ("enquiry", 6), ("review_asked", 9)):
        answer = {"kind": "answer", "code": code, "on": f"{day} November 2026", "about": referral.id}
        assert record(client, marek, **answer).status_code == 303
    page = client.get(f"/people/{marek}/health", headers=HTML).text
    assert page.index("Received") < page.index("Enquiry (Care Act") < page.index("Safeguarding adult review asked for")


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_it_is_for_those_who_work_with_them(sign_in, cast, marek, database, who, status):  # noqa: F811
    client = sign_in(getattr(cast, who))
    assert client.get(f"/people/{marek}/health", headers=HTML).status_code == status
    assert record(client, marek, **DIED).status_code == status
    assert facts(database, marek) == []


def test_the_district_learns_from_what_happened_and_no_other_district_reads_it(sign_in, cast, marek, database):  # noqa: F811
    tom = sign_in(cast.tom)
    record(tom, marek, kind="harm", code="overdose", on="5 November 2026", words="Alone in the stairwell")
    record(tom, marek, kind="doctor", code="no", words="His own business")
    priya = sign_in(cast.priya).get("/harm", headers=HTML).text
    assert "Alone in the stairwell" in priya
    assert "1 entry waits" in priya
    assert "His own business" not in priya
    assert "stairwell" not in sign_in(cast.carol).get("/harm", headers=HTML).text
    assert sign_in(cast.aisha).get("/harm", headers=HTML).status_code == 403


# ------------------------------------------------------------------------------------------------------------------ death
@pytest.fixture
def listed(sign_in, cast, marek, database):  # noqa: F811
    """Marek on Watford's list."""
    client = sign_in(cast.priya)
    answer = post(
        client,
        f"/people/{marek}/put-forward",
        district=cast.watford.id,
        evidence="seen_by_outreach",
        case_reason="Sleeps there",
    )
    with database.reading() as session:
        live = cases.list_live_cases_of(session, [marek])
    assert live, answer.text
    return live[0]


def test_who_died_is_on_no_list_and_the_record_stays(sign_in, cast, marek, listed, database):  # noqa: F811
    client = sign_in(cast.priya)
    assert "Marek Nowak" in client.get(f"/cases?district={cast.watford.id}", headers=HTML).text
    assert record(client, marek, **DIED).status_code == 303
    assert record(client, marek, **DIED | {"on": "9 November 2026"}).status_code == 422
    with database.reading() as session:
        assert find_person(session, marek).died_on == date(2026, 11, 10)
        ended = cases.get_case(session, listed.id)
        assert (ended.state, ended.outcome) == (CaseState.CLOSED, "Died on 10 November 2026")
        assert [each.step for each in case_events.list_events(session, [listed.id])[listed.id]][-1] is CaseStep.DIED
    assert "Marek Nowak" not in client.get(f"/cases?district={cast.watford.id}", headers=HTML).text
    assert "died on 10 November 2026" in client.get(f"/people/{marek}", headers=HTML).text
    again = post(
        client,
        f"/people/{marek}/put-forward",
        district=cast.watford.id,
        evidence="seen_by_outreach",
        case_reason="Again",
    )
    assert again.status_code == 422
    assert "They have died" in again.text


def test_a_contact_that_names_them_by_mistake_opens_no_case(sign_in, cast, marek, listed, database, phone, clock, now):  # noqa: F811
    record(sign_in(cast.priya), marek, **DIED)
    clock.advance(seconds=30)
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    for _ in range(2):
        assert phone.push(phone.contact(person_ids=[marek], position=here, state="bedded_down")).status_code == 200
    with database.reading() as session:
        assert cases.list_live_cases_of(session, [marek]) == []
        named = select(audit.c.subject_id).where(audit.c.subject_kind == "case", audit.c.at > now)
        assert set(session.scalars(named)) <= {listed.id}, "the audit tells of a case that does not exist"


def test_phones_hear_of_it_and_cannot_say_it(sign_in, cast, marek, database, phone):  # noqa: F811
    said = phone.push(phone.patch("person.patched", marek, died_on="2026-11-01"))
    assert said.status_code == 200
    with database.reading() as session:
        assert find_person(session, marek).died_on is None
    record(sign_in(cast.priya), marek, **DIED)
    rows = [row for row in phone.pull().json()["rows"] if b"died_on" in str(row).encode()]
    assert len(rows) == 1
    assert "2026-11-10" in str(rows[0])


def test_that_it_was_a_mistake_is_said_everywhere_too(sign_in, cast, marek, listed, database):  # noqa: F811
    client = sign_in(cast.priya)
    record(client, marek, **DIED)
    (death,) = [each for each in facts(database, marek) if each.kind is HealthKind.DEATH]
    assert record(client, marek, press="strike", fact=death.id).status_code == 303
    with database.reading() as session:
        assert find_person(session, marek).died_on is None
    assert "died on" not in client.get(f"/people/{marek}", headers=HTML).text
    answer = post(
        client,
        f"/people/{marek}/put-forward",
        district=cast.watford.id,
        evidence="seen_by_outreach",
        case_reason="Alive",
    )
    assert answer.status_code == 303


# ---------------------------------------------------------------------------- two records that were found to be one person
@pytest.fixture
def marko(phone, new_id):
    """Another record of Marek, once it is joined."""
    marko = new_id()
    assert phone.push(phone.patch("person.patched", marko, name="Marko")).status_code == 200
    return marko


def join(database, cast, new_id, now, one, other):
    merged = {"id": new_id(), "from_id": one, "into_id": other, "at": now, "worker_id": cast.tom.id, "undone": False}
    with database.writing() as session:
        session.execute(insert(person_merge), [merged])


def test_a_death_that_was_recorded_twice_stands_when_one_is_struck_out(
    sign_in,
    cast,
    marek,  # noqa: F811
    marko,
    database,
    new_id,
    now,
):
    client = sign_in(cast.tom)
    for each, day in ((marek, "10 November 2026"), (marko, "9 November 2026")):
        assert record(client, each, **DIED | {"on": day}).status_code == 303
    join(database, cast, new_id, now, marko, marek)
    deaths = {each.on: each.id for each in facts(database, marek, marko)}
    for struck, left in ((date(2026, 11, 9), date(2026, 11, 10)), (date(2026, 11, 10), None)):
        assert record(client, marek, press="strike", fact=deaths[struck]).status_code == 303
        with database.reading() as session:
            assert {find_person(session, each).died_on for each in (marek, marko)} == {left}


def test_a_death_that_two_records_tell_of_is_learnt_from_once(
    sign_in,
    cast,
    marek,  # noqa: F811
    marko,
    database,
    new_id,
    now,
):
    client = sign_in(cast.tom)
    record(client, marek, **DIED | {"words": "Found by a passer-by"})
    record(client, marko, **DIED | {"on": "9 November 2026", "words": "Told by his sister"})
    record(client, marek, kind="safeguarding", on="1 November 2026", words="He eats nothing")
    record(client, marko, kind="harm", code="assault", on="2 November 2026", words="By the canal")
    page = sign_in(cast.priya).get("/harm", headers=HTML).text
    assert (page.count("Death, "), "canal" in page, "2 entries wait" in page) == (1, False, True)
    join(database, cast, new_id, now, marko, marek)
    page = sign_in(cast.priya).get("/harm", headers=HTML).text
    assert (page.count("Death, "), "Death, 9 November 2026" in page, "3 entries wait" in page) == (1, True, True)
    assert "Told by his sister\nFound by a passer-by" in page and "He eats nothing" in page and "By the canal" in page


def test_whose_other_record_says_that_they_died_comes_to_no_list(
    sign_in,
    cast,
    marek,  # noqa: F811
    marko,
    database,
    phone,
    clock,
    new_id,
    now,
):
    record(sign_in(cast.tom), marek, **DIED)
    join(database, cast, new_id, now, marek, marko)
    clock.advance(seconds=30)
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    assert phone.push(phone.contact(person_ids=[marko], position=here, state="bedded_down")).status_code == 200
    with database.reading() as session:
        assert cases.list_live_cases_of(session, [marek, marko]) == []
