"""What a phone may do to records that are not its own: nothing that the pages would refuse. Each test is one push of an
ordinary, correctly signed phone; what is not allowed is held, told to the phone, and changes nothing."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.database.engine import Database
from server.queries.operation import sessions
from server.queries.partnership import agencies, recipients, workers
from server.queries.partnership.recipients import Recipient
from server.queries.people import people
from server.queries.people.verification import find_status
from server.queries.referrals.referrals import ReferrerRow, add_referrers
from server.queries.sync.store import list_quarantined
from server.security.passwords import Passwords
from server.tables.operation.device import device_enrolment
from server.tables.operation.mail import mail
from server.tables.partnership.agency import agreement
from server.tables.partnership.worker import worker
from server.tables.people.person import person_merge
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.shift import shift
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.model.shift import Shift
from shared.model.worker import Worker
from shared.policy import held as words
from tests.conftest import Clock
from tests.server.cast import CHEAP, PASSWORD, WATFORD, Cast
from tests.server.conftest import post_sign_in
from tests.server.phone import Phone
from tests.web import county

HERE = {"latitude": WATFORD[0], "longitude": WATFORD[1], "source": "gps"}


@pytest.fixture
def rival(client: Any, clock: Clock, new_id: Any, cast: Cast, services: Any, issue_code: Any) -> Phone:
    """A phone of another agency, whose team walks Dacorum alone. Aisha's people are of Watford."""
    mal = hire_elsewhere(services, clock(), new_id, cast.dacorum.id)
    made = Phone(client, clock, new_id)
    made.enrol(issue_code(mal))
    return made


def hire_elsewhere(services: Any, now: datetime, new_id: Any, district_id: str, name: str = "Mal Lory") -> Worker:
    """A lead of an agency of their own, whose one team walks this district."""
    agency = Agency(id=new_id(), name=f"Agency of {name}", kind=AgencyKind.OUTREACH)
    team = Team(id=new_id(), agency_id=agency.id, name=f"Team of {name}", district_ids=(district_id,))
    first, last = name.split()
    hired = Worker(
        id=new_id(), name=name, short_name=f"{first} {last[0]}", agency_id=agency.id,
        roles=frozenset({Role.WORKER, Role.TEAM_LEAD}), team_ids=(team.id,), trained_on=now.date(),
    )  # fmt: skip
    with services.database.writing() as session:
        agencies.add_agency(session, agency)
        for kind in AgreementKind:
            signed = Agreement(
                id=new_id(), agency_id=agency.id, kind=kind, version="1", signatory="x", signed_on=now.date(),
                expires_on=now.date() + timedelta(days=90),
            )  # fmt: skip
            agencies.add_agreement(session, signed)
        agencies.add_team(session, team)
        for role in hired.roles:
            told = {"id": new_id(), "agency_id": agency.id, "role": role}
            recipients.add_recipient(session, Recipient(**told, founding=True, proposed_at=now, reason="test"))
        workers.add_worker(session, hired, email=f"{first.lower()}@example.org", now=now)
        sessions.set_password_hash(session, hired.id, Passwords(CHEAP).hash(PASSWORD), now)
    return hired


@pytest.fixture
def met(phone: Phone, new_id: Any) -> dict[str, str]:
    """Somebody whom Aisha has met in Watford, at a place, on a shift: the ids of all of them."""
    ids = {name: new_id() for name in ("person", "site", "shift")}
    started = Shift(
        id=ids["shift"], team_id=team_of(phone), worker_id=who(phone), started_at=phone.clock(),
        night=phone.clock().date(),
    )  # fmt: skip
    described = [
        phone.fact("shift.started", started),
        phone.patch("person.patched", ids["person"], name="Marek"),
        phone.patch("site.patched", ids["site"], name="Arches", position=HERE),
    ]
    told = phone.contact(person_ids=[ids["person"]], site_id=ids["site"], shift_id=ids["shift"], note="Cough is worse")
    answer = phone.push(*described, told)
    assert answer.status_code == 200
    assert held(phone) == []
    return ids | {"contact": told["e"]}


def who(phone: Phone) -> str:
    assert phone.enrolled is not None
    return str(phone.enrolled.config.worker.id)


def team_of(phone: Phone) -> str:
    assert phone.enrolled is not None
    return str(phone.enrolled.config.team.id)


def held(phone: Phone) -> list[str]:
    """Why the phone's changes were set aside, as it hears in private."""
    answer = phone.pull()
    assert answer.status_code == 200, answer.text
    return [row[5]["reason"] for row in answer.json()["rows"] if row[3] == "held"]


def is_seen_by(client: Any, email: str, person_id: str) -> int:
    assert post_sign_in(client, email, PASSWORD).status_code == 303
    return int(client.get(f"/people/{person_id}", headers={"accept": "text/html"}).status_code)


def name_of(database: Database, person_id: str) -> str:
    with database.reading() as session:
        found = people.find_person(session, person_id)
    assert found is not None
    return str(found.name)


def fact(phone: Phone, kind: str, new_id: Any, e: str | None, **fields: Any) -> dict[str, Any]:
    told = {"id": new_id(), "worker_id": who(phone), "at": phone.clock().isoformat()} | fields
    return phone.make_change(kind, e=e, p=told)


# ------------------------------------------------------------------------------------------- a write opens nothing


def test_naming_a_person_in_a_contact_opens_no_record(client: Any, rival: Phone, met: dict[str, str]) -> None:
    assert is_seen_by(client, "mal@example.org", met["person"]) == 404
    rival.push(rival.contact(person_ids=[met["person"]], state="not_found"))
    assert held(rival) == [words.NOT_KNOWN]
    assert is_seen_by(client, "mal@example.org", met["person"]) == 404


@pytest.mark.parametrize("field", ["site_id", "shift_id"])
def test_a_contact_takes_no_place_and_no_shift_of_others(
    field: str, rival: Phone, met: dict[str, str], database: Database, new_id: Any
) -> None:
    rival.push(rival.contact(person_ids=[new_id()], **{field: met[field.removesuffix("_id")]}))
    assert held(rival) == [words.NOT_KNOWN]
    with database.reading() as session:
        assert session.scalars(select(contact.c.id).where(contact.c.worker_id == who(rival))).all() == []


def test_a_taken_number_takes_nobody_in(rival: Phone, met: dict[str, str], database: Database, new_id: Any) -> None:
    decoy = new_id()
    rival.push(rival.contact(id=met["contact"], person_ids=[decoy]))
    assert held(rival) == [words.TAKEN_ID]
    with database.reading() as session:
        in_it = select(contact_person.c.person_id).where(contact_person.c.contact_id == met["contact"])
        assert session.scalars(in_it).all() == [met["person"]]


def test_a_need_and_a_judgement_open_nothing_either(
    client: Any, rival: Phone, met: dict[str, str], new_id: Any
) -> None:
    person = met["person"]
    rival.push(
        fact(rival, "need.recorded", new_id, person, person_id=person, need="mental_health"),
        fact(rival, "verification.recorded", new_id, person, person_id=person, basis="self_report"),
        fact(rival, "need.recorded", new_id, other := new_id(), person_id=other, need="mental_health",
             contact_id=met["contact"]),
    )  # fmt: skip
    assert held(rival) == [words.NOT_KNOWN] * 3
    assert is_seen_by(client, "mal@example.org", person) == 404


def test_a_judgement_names_no_district_of_others(
    client: Any, rival: Phone, cast: Cast, new_id: Any, database: Database
) -> None:
    person = new_id()
    rival.push(
        rival.patch("person.patched", person, name="Jo"),
        fact(rival, "verification.recorded", new_id, person, person_id=person, basis="self_report",
             district_id=cast.watford.id),
    )  # fmt: skip
    assert held(rival) == [words.NOT_KNOWN]


def test_a_fact_stands_under_a_record_that_it_names(rival: Phone, met: dict[str, str], new_id: Any) -> None:
    change = rival.contact(person_ids=[new_id()])
    rival.push(change | {"e": met["person"]})
    assert held(rival) == [words.OTHER_ENTITY]


def test_invented_people_do_not_fill_another_districts_list(
    rival: Phone, new_id: Any, database: Database, client: Any
) -> None:
    rival.push(*(rival.contact(person_ids=[new_id()], position=HERE) for _ in range(20)))
    assert held(rival) == [words.OUTSIDE] * 20
    with database.reading() as session:
        assert session.scalars(select(contact.c.id)).all() == []


# ------------------------------------------------------------------------------------ a write changes nobody else's


def test_a_worker_of_another_team_changes_nobodys_name(rival: Phone, met: dict[str, str], database: Database) -> None:
    rival.clock.advance(minutes=1)
    rival.push(rival.patch("person.patched", met["person"], name="Somebody else"))
    assert name_of(database, met["person"]) == "Marek"
    assert held(rival) == [words.NOT_KNOWN]


def test_a_held_patch_is_not_merged_by_a_later_one(
    phone: Phone, rival: Phone, met: dict[str, str], database: Database
) -> None:
    rival.push(rival.patch("person.patched", met["person"], name="Somebody else", alias="Mal"))
    phone.push(phone.patch("person.patched", met["person"], language="Polish"))
    assert name_of(database, met["person"]) == "Marek"
    with database.reading() as session:
        found = people.find_person(session, met["person"])
    assert found is not None
    assert (found.alias, found.language) == ("", "Polish")


@pytest.mark.parametrize("merged_by", ["a worker here", "a lead elsewhere"])
def test_who_may_not_merge_merges_nobody(
    merged_by: str, rival: Phone, phone: Phone, met: dict[str, str], new_id: Any, database: Database
) -> None:
    decoy = new_id()
    by = phone if merged_by == "a worker here" else rival
    by.push(
        by.patch("person.patched", decoy, name="Jan"),
        fact(by, "person.merged", new_id, decoy, from_id=decoy, into_id=met["person"]),
    )
    assert len(held(by)) == 1
    with database.reading() as session:
        assert session.execute(select(person_merge)).all() == []


@pytest.mark.parametrize("status", ["confirmed", "not_confirmed", "not_required"])
def test_a_worker_judges_nobody_as_a_coordinator_does(
    status: str, phone: Phone, met: dict[str, str], new_id: Any, database: Database
) -> None:
    other = new_id()
    phone.push(
        *(
            fact(phone, "verification.recorded", new_id, person, person_id=person, basis="professional_judgement",
                 review_status=status)
            for person in (met["person"], other)
        )
    )  # fmt: skip
    assert held(phone) == ["judging a verification is for the coordinator"] * 2
    with database.reading() as session:
        status_now, unknown = find_status(session, met["person"]), find_status(session, other)
    assert status_now is not None
    assert status_now.verified
    assert unknown is None


def test_a_contact_of_others_is_not_corrected(
    rival: Phone, met: dict[str, str], new_id: Any, database: Database
) -> None:
    fields = {"person_ids": [], "state": "not_found"}
    rival.push(fact(rival, "contact.corrected", new_id, met["contact"], contact_id=met["contact"], fields=fields))
    assert held(rival) == [words.NOT_KNOWN]
    with database.reading() as session:
        assert session.scalar(select(contact.c.state).where(contact.c.id == met["contact"])) == "bedded_down"


def test_an_own_correction_takes_no_stranger_in(phone: Phone, rival: Phone, met: dict[str, str], new_id: Any) -> None:
    own = rival.contact(person_ids=[new_id()])
    rival.push(own)
    rival.push(
        fact(rival, "contact.corrected", new_id, own["e"], contact_id=own["e"], fields={"person_ids": [met["person"]]})
    )
    assert held(rival) == [words.NOT_KNOWN]


@pytest.mark.parametrize("kind", ["shift.ended", "checkin.made", "shift.joined"])
def test_a_strangers_shift_is_not_touched(
    kind: str, rival: Phone, met: dict[str, str], new_id: Any, database: Database
) -> None:
    rival.push(fact(rival, kind, new_id, met["shift"], shift_id=met["shift"]))
    assert held(rival) == [words.NOT_KNOWN]
    with database.reading() as session:
        assert session.scalar(select(shift.c.ended_at).where(shift.c.id == met["shift"])) is None


def test_a_colleague_ends_no_shift_that_they_do_not_walk(
    client: Any, clock: Clock, new_id: Any, issue_code: Any, cast: Cast, phone: Phone, met: dict[str, str]
) -> None:
    deans = Phone(client, clock, new_id)
    deans.enrol(issue_code(cast.dean))
    deans.push(fact(deans, "shift.ended", new_id, met["shift"], shift_id=met["shift"]))
    assert held(deans) == [words.OTHER_SHIFT]
    deans.push(fact(deans, "shift.joined", new_id, met["shift"], shift_id=met["shift"]))
    deans.push(fact(deans, "shift.ended", new_id, met["shift"], shift_id=met["shift"]))
    assert held(deans) == [words.OTHER_SHIFT]


def test_nothing_is_recorded_for_another_agencys_team(rival: Phone, cast: Cast, new_id: Any) -> None:
    rival.push(rival.contact(team_id=cast.team.id), rival.contact(team_id=cast.other_team.id))
    assert held(rival) == [words.OTHER_TEAM] * 2


@pytest.fixture
def referred(database: Database, cast: Cast, new_id: Any, clock: Clock) -> str:
    """A referral of Watford, given to Aisha's team."""
    referral_id, alert_id = new_id(), new_id()
    with database.writing() as session:
        county.add(
            session,
            county.alert,
            {"id": alert_id, "source": "streetlink", "source_reference": "W1", "received_at": clock(), "raw": "{}"},
        )
        county.add(session, referral, {
            "id": referral_id, "number": "W-1", "alert_id": alert_id, "source": "streetlink", "reported_at": clock(),
            "due_on": clock().date(),
            "state": "received", "place": "arch", "district_id": cast.watford.id, "team_id": cast.team.id})  # fmt: skip
    return str(referral_id)


def state_of(database: Database, referral_id: str) -> tuple[Any, ...]:
    columns = (referral.c.state, referral.c.team_id, referral.c.assigned_worker_id, referral.c.place)
    with database.reading() as session:
        return tuple(session.execute(select(*columns).where(referral.c.id == referral_id)).one())


def test_a_referral_elsewhere_is_neither_closed_nor_taken(
    rival: Phone, referred: str, new_id: Any, database: Database, cast: Cast
) -> None:
    before = state_of(database, referred)
    rival.push(
        fact(rival, "referral.progressed", new_id, referred, referral_id=referred, state="closed"),
        rival.patch("referral.patched", referred, team_id=team_of(rival)),
        rival.contact(referral_id=referred),
    )
    assert held(rival) == [words.NOT_KNOWN] * 3
    assert state_of(database, referred) == before


def test_a_worker_gives_a_referral_to_nobody_and_may_work_on_it(
    phone: Phone, referred: str, new_id: Any, database: Database, cast: Cast
) -> None:
    phone.push(phone.patch("referral.patched", referred, assigned_worker_id=cast.dean.id, place="elsewhere"))
    assert held(phone) == ["giving a referral to a team or a worker is for the team lead or the coordinator"]
    assert state_of(database, referred) == ("received", cast.team.id, None, "arch")
    phone.push(fact(phone, "referral.progressed", new_id, referred, referral_id=referred, state="looked_for"))
    assert state_of(database, referred)[0] == "looked_for"


def test_whoever_raised_a_referral_hears_what_a_phone_says_came_of_it(
    phone: Phone, referred: str, new_id: Any, database: Database, clock: Clock
) -> None:
    with database.writing() as session:
        alert_id = session.scalar(update(county.alert).values(contact_consent=True).returning(county.alert.c.id))
        until = clock().date() + timedelta(days=90)
        add_referrers(
            session,
            [ReferrerRow(alert_id=alert_id, name="Sam", email="sam@example.org", telephone="", delete_on=until)],
        )
    phone.push(
        fact(phone, "referral.progressed", new_id, referred, referral_id=referred, state="closed",
             outcome="person_found_engaging_with_services")
    )  # fmt: skip
    with database.reading() as session:
        told = session.execute(select(mail.c.kind, mail.c.about_id).where(mail.c.alert_id == alert_id)).all()
    assert told == [("referral_outcome", referred)]


# ------------------------------------------------------------------------------------------ who carries it today


def test_a_worker_who_was_let_go_changes_nothing(
    phone: Phone, met: dict[str, str], cast: Cast, database: Database
) -> None:
    with database.writing() as session:
        workers.set_active(session, cast.aisha.id, False)
    phone.push(phone.patch("person.patched", met["person"], name="After dismissal"))
    assert name_of(database, met["person"]) == "Marek"
    with database.reading() as session:
        assert [each.reason for each in list_quarantined(session)] == [words.NO_WORKER]


@pytest.mark.parametrize("lapsed", ["agreement", "training"])
def test_lapsed_training_and_a_lapsed_agreement_hold_what_is_sent(
    lapsed: str, phone: Phone, met: dict[str, str], database: Database, clock: Clock
) -> None:
    with database.writing() as session:
        if lapsed == "agreement":
            session.execute(agreement.update().values(expires_on=clock().date() - timedelta(days=1)))
        else:
            session.execute(worker.update().values(trained_on=clock().date() - timedelta(days=731)))
    phone.push(phone.patch("person.patched", met["person"], name="Late"))
    assert name_of(database, met["person"]) == "Marek"
    with database.reading() as session:
        (one,) = list_quarantined(session)
    assert ("expired on" if lapsed == "agreement" else "24 months") in (one.reason or "")


def test_a_phone_whose_digits_nobody_compared_is_not_believed(
    phone: Phone, met: dict[str, str], database: Database
) -> None:
    with database.writing() as session:
        session.execute(device_enrolment.update().values(confirmed_at=None))
    phone.push(phone.patch("person.patched", met["person"], name="By whom?"))
    assert name_of(database, met["person"]) == "Marek"
    with database.reading() as session:
        assert [each.reason for each in list_quarantined(session)] == [words.UNCONFIRMED]


# ------------------------------------------------------------------------------------------------------ lying phones


@pytest.mark.parametrize("context", [{"0": 2**53 - 1}, {"999": 1}, {"own": 5}, {"own": 2**53 - 1}, {"-7": 2**53 - 1}])
def test_a_context_claims_nothing_that_was_not_heard(
    context: dict[str, int], phone: Phone, met: dict[str, str], database: Database
) -> None:
    claimed = {str(phone.number) if name == "own" else name: n for name, n in context.items()}
    before = phone.last_n
    if "own" in context:
        claimed = {str(phone.number): max(before + 1, context["own"])}
    phone.push(phone.make_change("person.patched", e=met["person"], set={"name": ["X", claimed]}))
    assert len(held(phone)) == 1
    phone.push(
        phone.make_change("person.patched", e=met["person"], set={"name": ["Marek K", {str(phone.number): before}]})
    )
    assert name_of(database, met["person"]) == "Marek K"


def test_what_was_heard_may_be_claimed(phone: Phone, met: dict[str, str], database: Database) -> None:
    seen = {str(phone.number): phone.last_n}
    phone.push(phone.make_change("person.patched", e=met["person"], set={"name": ["Marek K", seen]}))
    assert held(phone) == []
    assert name_of(database, met["person"]) == "Marek K"


def test_an_erasure_comes_from_the_server_alone(phone: Phone, met: dict[str, str], database: Database) -> None:
    phone.push(
        phone.make_change("person.patched", e=met["person"], set={"name": [None, {}]}, erased=True),
        phone.make_change("config.set", erased=True),
        phone.make_change("anything.else", e=met["person"], p={}, adopts="held-1"),
    )
    assert len(held(phone)) == 3
    assert name_of(database, met["person"]) == "Marek"


@pytest.mark.parametrize(
    "times",
    [
        {"seen_at": "2999-01-01T00:00:00+00:00", "night": "2999-01-01"},
        {"seen_at": "9999-12-31T23:59:59+00:00"},
        {"seen_at": "1981-01-01T00:00:00+00:00", "night": "1981-01-01"},
        {"seen_at": "0001-01-01T00:00:00+00:00"},
        {"night": "9999-12-31"},
        {"night": "2001-01-01"},
        {"recorded_at": "2999-01-01T00:00:00+00:00"},
    ],
)
def test_a_time_that_cannot_be_is_set_aside(times: dict[str, str], phone: Phone, met: dict[str, str]) -> None:
    phone.push(phone.contact(person_ids=[met["person"]], **times))
    assert len(held(phone)) == 1
    told = {
        "contact_id": met["contact"],
        "fields": {name: value for name, value in times.items() if name != "recorded_at"},
    }
    phone.push(fact(phone, "contact.corrected", phone.new_id, met["contact"], **told))
    assert len(held(phone)) == (2 if told["fields"] else 1)


def test_a_fast_clock_is_mended(phone: Phone, met: dict[str, str], database: Database, clock: Clock) -> None:
    really = clock()
    change = phone.contact(person_ids=[met["person"]], seen_at=(really + timedelta(hours=6)).isoformat())
    body = {"device": phone.number, "now": phone.now_ms + 6 * 3_600_000, "app": "1.0.0", "events": [change]}
    assert phone.post("/sync/v1/push", json.dumps(body).encode()).status_code == 200
    assert held(phone) == []
    with database.reading() as session:
        stored = session.execute(select(contact.c.seen_at, contact.c.night).where(contact.c.id == change["e"])).one()
    assert stored == (really, really.date())


@pytest.mark.parametrize("value", ["9" * 5_000, '"' + "7" * 400 + '"'])
def test_an_unknown_field_breaks_no_page(
    value: str, phone: Phone, met: dict[str, str], client: Any, sign_in: Callable[..., Any], cast: Cast
) -> None:
    change = json.dumps(phone.make_change("person.patched", e=met["person"], set={"mood": ["@", {}]})).replace(
        '"@"', value
    )
    body = f'{{"device":{phone.number},"now":{phone.now_ms},"events":[{change}]}}'
    assert phone.post("/sync/v1/push", body.encode()).status_code == 200
    assert len(held(phone)) == 1
    sign_in(cast.priya)
    assert client.get(f"/people/{met['person']}/own-record", headers={"accept": "text/html"}).status_code == 200


def test_bytes_that_are_no_text_are_set_aside(phone: Phone, met: dict[str, str]) -> None:
    change = json.dumps(phone.make_change("person.patched", e=met["person"], set={"mood": ["@", {}]})).encode()
    body = b'{"device":%d,"now":%d,"events":[%s]}' % (phone.number, phone.now_ms, change.replace(b"@", b"\xff\xfe"))
    answer = phone.post("/sync/v1/push", body)
    assert answer.status_code == 400 or len(held(phone)) == 1


# -------------------------------------------------------------------------------------- honest phones lose nothing


def test_an_ordinary_night_is_believed(
    phone: Phone,
    met: dict[str, str],
    referred: str,
    new_id: Any,
    cast: Cast,
    client: Any,
    clock: Clock,
    issue_code: Any,
) -> None:
    """Somebody new, somebody known, a visit for a referral, a correction of the own contact, a colleague's contact."""
    new, shift_id = new_id(), met["shift"]
    described = phone.patch("person.patched", new, alias="Red hat")
    told = phone.contact(person_ids=[met["person"], new], shift_id=shift_id, referral_id=referred, position=HERE)
    phone.push(
        described,
        told,
        fact(phone, "need.recorded", new_id, new, person_id=new, need="mental_health", contact_id=told["e"]),
        fact(phone, "referral.progressed", new_id, referred, referral_id=referred, state="found", contact_id=told["e"]),
        fact(phone, "contact.corrected", new_id, told["e"], contact_id=told["e"], fields={"note": "Asleep"}),
        fact(phone, "shift.joined", new_id, shift_id, shift_id=shift_id) | {},
        fact(phone, "checkin.made", new_id, shift_id, shift_id=shift_id,
             next_due_at=(clock() + timedelta(minutes=30)).isoformat()),
        fact(phone, "visit.recorded", new_id, met["site"], site_id=met["site"], shift_id=shift_id, referral_id=referred,
             team_id=cast.team.id, night=clock().date().isoformat()),
        fact(phone, "shift.ended", new_id, shift_id, shift_id=shift_id),
    )  # fmt: skip
    deans = Phone(client, clock, new_id)
    deans.enrol(issue_code(cast.dean))
    deans.push(
        deans.contact(person_ids=[new], site_id=met["site"]),
        deans.patch("person.patched", new, alias="Red cap"),
        deans.patch("site.patched", met["site"], hazards="Wet floor"),
    )
    assert held(phone) == []
    assert held(deans) == []
