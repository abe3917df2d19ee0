"""What the wall asks that no other test would miss: each of these found a fault that was planted in it and went unnoticed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.actions.people.hiding import hide_person
from server.database.engine import Database
from server.queries.people import people
from server.sync_api.identity import to_ms
from server.tables.people.person import person, person_merge
from server.tables.referrals.referral import referral, referral_progress
from server.tables.street.contact import contact
from server.tables.street.shift import shift_worker
from shared.geo.night import outreach_night
from shared.policy import held as words
from tests.conftest import Clock
from tests.server.cast import Cast, say_same
from tests.server.operation.test_enrolment import door
from tests.server.phone import Phone
from tests.server.sync import test_wall
from tests.server.sync.test_wall import fact, held, team_of, who

met, rival, referred = test_wall.met, test_wall.rival, test_wall.referred


@pytest.fixture
def toms(client: Any, clock: Clock, new_id: Any, issue_code: Any, cast: Cast) -> Phone:
    """The phone of whoever leads Aisha's team."""
    made = Phone(client, clock, new_id)
    made.enrol(issue_code(cast.tom))
    return made


# ------------------------------------------------------------------------------------------------------- one push


def test_two_records_of_one_push_take_no_number_twice(phone: Phone, new_id: Any, database: Database) -> None:
    number = new_id()
    phone.push(phone.contact(id=number, note="First"), phone.contact(id=number, note="Second"))
    assert held(phone) == [words.TAKEN_ID]
    with database.reading() as session:
        assert session.scalar(select(contact.c.note).where(contact.c.id == number)) == "First"


def test_a_number_that_was_refused_is_still_free(phone: Phone, cast: Cast, new_id: Any, database: Database) -> None:
    number = new_id()
    phone.push(phone.contact(id=number, team_id=cast.other_team.id), phone.contact(id=number, note="Mine"))
    assert held(phone) == [words.OTHER_TEAM]
    with database.reading() as session:
        assert session.scalar(select(contact.c.note).where(contact.c.id == number)) == "Mine"


# ------------------------------------------------------------------------------------------------- whose name it bears


@pytest.mark.parametrize("kind", ["visit.recorded", "need.recorded", "record.read", "shift.started"])
def test_nobody_speaks_in_a_colleagues_name(kind: str, phone: Phone, cast: Cast, new_id: Any) -> None:
    told = {
        "visit.recorded": {"team_id": cast.team.id, "night": str(phone.clock().date())},
        "need.recorded": {"person_id": (person_id := new_id()), "need": "mental_health"},
        "record.read": {"subject_kind": "person", "subject_id": person_id, "purpose": "x"},
        "shift.started": {"team_id": cast.team.id, "started_at": phone.clock().isoformat(),
                          "night": str(phone.clock().date())},
    }[kind]  # fmt: skip
    phone.push(fact(phone, kind, new_id, None, worker_id=cast.dean.id, **told))
    assert held(phone) == [words.OTHER_NAME]


def test_a_visit_is_recorded_for_a_team_that_its_worker_walks_with(phone: Phone, cast: Cast, new_id: Any) -> None:
    told = {"team_id": cast.other_team.id, "night": str(phone.clock().date())}
    phone.push(fact(phone, "visit.recorded", new_id, new_id(), **told))
    assert held(phone) == [words.OTHER_TEAM]


def test_who_comes_along_on_a_shift_is_of_its_team(
    phone: Phone, rival: Phone, met: dict[str, str], cast: Cast, new_id: Any, database: Database
) -> None:
    for worker_id in (who(rival), cast.dean.id):
        phone.push(fact(phone, "shift.joined", new_id, met["shift"], shift_id=met["shift"], worker_id=worker_id))
    assert held(phone) == [words.OTHER_SHIFT]
    with database.reading() as session:
        walking = set(session.scalars(select(shift_worker.c.worker_id).where(shift_worker.c.shift_id == met["shift"])))
    assert cast.dean.id in walking
    assert who(rival) not in walking


# --------------------------------------------------------------------------------------------- records that it names


@pytest.fixture
def strangers(phone: Phone, met: dict[str, str], referred: str, new_id: Any) -> dict[str, str]:
    """Records of Aisha's that another district's team may not name: her visit, her contact, the referral she works on."""
    told = {"team_id": team_of(phone), "night": str(phone.clock().date()), "site_id": met["site"]}
    visit = fact(phone, "visit.recorded", new_id, met["site"], **told)
    phone.push(visit)
    assert held(phone) == []
    return met | {"visit": visit["p"]["id"], "referral": referred}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("visit.recorded", {"referral_id": "referral"}),
        ("visit.recorded", {"site_id": "site"}),
        ("visit.recorded", {"shift_id": "shift"}),
        ("contact.recorded", {"referral_id": "referral"}),
        ("referral.progressed", {"duplicate_of": "referral"}),
        ("referral.progressed", {"visit_id": "visit"}),
        ("referral.progressed", {"contact_id": "contact"}),
        ("verification.recorded", {"contact_id": "contact"}),
        ("need.recorded", {"contact_id": "contact"}),
    ],
)
def test_a_fact_names_no_record_that_its_writer_may_not_know(
    kind: str,
    names: dict[str, str],
    rival: Phone,
    strangers: dict[str, str],
    database: Database,
    cast: Cast,
    new_id: Any,
) -> None:
    own = own_referral(database, rival, cast, new_id)
    person_id = new_id()
    rival.push(rival.patch("person.patched", person_id, alias="Red hat"))
    told = {
        "visit.recorded": {"team_id": team_of(rival), "night": str(rival.clock().date())},
        "referral.progressed": {"referral_id": own, "state": "closed"},
        "verification.recorded": {"person_id": person_id, "basis": "self_report"},
        "need.recorded": {"person_id": person_id, "need": "mental_health"},
        "contact.recorded": {},
    }[kind]
    told |= {field: strangers[name] for field, name in names.items()}
    entity = {"referral.progressed": own, "visit.recorded": None}.get(kind, person_id)
    rival.push(rival.contact(**told) if kind == "contact.recorded" else fact(rival, kind, new_id, entity, **told))
    assert held(rival) == [words.NOT_KNOWN]
    with database.reading() as session:
        assert session.scalars(select(referral_progress.c.id)).all() == []


def own_referral(database: Database, phone: Phone, cast: Cast, new_id: Any) -> str:
    """A referral that the rival's team was given."""
    referral_id, alert_id = new_id(), new_id()
    with database.writing() as session:
        told = {
            "id": alert_id,
            "source": "streetlink",
            "source_reference": "D1",
            "received_at": phone.clock(),
            "raw": "{}",
        }
        test_wall.county.add(session, test_wall.county.alert, told)
        test_wall.county.add(session, referral, {
            "id": referral_id, "number": "D-1", "alert_id": alert_id, "source": "streetlink",
            "reported_at": phone.clock(), "due_on": phone.clock().date(), "state": "received", "place": "bridge",
            "district_id": cast.dacorum.id, "team_id": team_of(phone)})  # fmt: skip
    return str(referral_id)


def test_a_lead_hands_a_referral_to_no_team_beyond_their_reach(
    toms: Phone, referred: str, rival: Phone, new_id: Any, database: Database, cast: Cast
) -> None:
    toms.push(
        toms.patch("referral.patched", referred, team_id=team_of(rival)),
        toms.patch("referral.patched", referred, team_id=new_id()),
    )
    assert held(toms) == [words.NOT_KNOWN] * 2
    with database.reading() as session:
        assert session.scalar(select(referral.c.team_id).where(referral.c.id == referred)) == cast.team.id


# ------------------------------------------------------------------------------------------------------------- hiding


@pytest.mark.parametrize("way", ["from_id", "into_id"])
def test_a_merge_hides_nobody_and_shows_nobody(
    way: str, toms: Phone, phone: Phone, met: dict[str, str], services: Any, cast: Cast, new_id: Any, database: Database
) -> None:
    """The lead may make records one, and hide: not both by one press that nobody sees."""
    decoy = new_id()
    toms.push(toms.patch("person.patched", decoy, alias="Jan"), toms.contact(person_ids=[decoy]))
    with door(services, cast.priya).open() as access:
        hide_person(access, decoy, [cast.outreach.id, cast.council.id], "A threat was made against them.")
    say_same(database, decoy, met["person"], cast.priya, toms.clock(), new_id)
    other = "into_id" if way == "from_id" else "from_id"
    toms.push(fact(toms, "person.merged", new_id, decoy, **{way: decoy, other: met["person"]}))
    assert held(toms) == [words.HIDES]
    with database.reading() as session:
        assert session.execute(select(person_merge)).all() == []
        assert people.find_person(session, met["person"]) is not None


def test_a_leads_phone_joins_two_records_only_where_somebody_else_has_said_so(
    toms: Phone, phone: Phone, met: dict[str, str], new_id: Any, cast: Cast, database: Database
) -> None:
    other = new_id()
    phone.push(phone.patch("person.patched", other, alias="Red"), phone.contact(person_ids=[other]))
    say_same(database, other, met["person"], cast.tom, toms.clock(), new_id)
    toms.push(fact(toms, "person.merged", new_id, other, from_id=other, into_id=met["person"]))
    assert held(toms) == [words.FIRST_WORD]
    with database.reading() as session:
        assert session.execute(select(person_merge)).all() == []
    say_same(database, other, met["person"], cast.priya, toms.clock(), new_id)
    toms.push(fact(toms, "person.merged", new_id, other, from_id=other, into_id=met["person"]))
    toms.push(fact(toms, "person.merged", new_id, other, from_id=other, into_id=met["person"], undone=True))
    assert held(toms) == [words.FIRST_WORD]
    with database.reading() as session:
        assert [each.undone for each in session.execute(select(person_merge).order_by(person_merge.c.at))] == [
            True,
            True,
        ]


def test_a_leads_phone_joins_nobody_who_lives_with_a_record_of_somebody_who_died(
    toms: Phone, phone: Phone, met: dict[str, str], new_id: Any, cast: Cast, database: Database
) -> None:
    other = new_id()
    phone.push(phone.patch("person.patched", other, alias="Red"), phone.contact(person_ids=[other]))
    say_same(database, other, met["person"], cast.priya, toms.clock(), new_id)
    with database.writing() as session:
        session.execute(update(person).where(person.c.id == other).values(died_on=toms.clock().date()))
    toms.push(fact(toms, "person.merged", new_id, other, from_id=other, into_id=met["person"]))
    assert held(toms) == [words.ONE_DIED]
    with database.reading() as session:
        assert session.execute(select(person_merge)).all() == []


# ------------------------------------------------------------------------------------------------------ lies and times


def test_each_field_of_a_patch_is_asked_what_it_has_seen(phone: Phone, met: dict[str, str], database: Database) -> None:
    sets = {"language": ["Polish", {}], "name": ["X", {"0": 2**53 - 1}]}
    phone.push(phone.make_change("person.patched", e=met["person"], set=sets))
    assert held(phone) == ["claims to have seen what the server never heard"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"kind": "checkin.made", "next_due_at": timedelta(days=1, minutes=6)}, words.LONG_PROMISE),
        ({"kind": "visit.recorded", "night": timedelta(days=-3)}, words.OTHER_NIGHT),
        ({"kind": "shift.started", "night": timedelta(days=-3)}, words.OTHER_NIGHT),
        ({"kind": "contact.corrected", "night": timedelta(days=2)}, words.TIME_AHEAD),
    ],
)
def test_a_time_beside_the_first_is_asked_too(
    told: dict[str, Any], why: str, phone: Phone, met: dict[str, str], new_id: Any
) -> None:
    now, kind = phone.clock(), told["kind"]
    night = str((now + told["night"]).date()) if "night" in told else None
    change = {
        "checkin.made": lambda: {"shift_id": met["shift"], "next_due_at": (now + told["next_due_at"]).isoformat()},
        "visit.recorded": lambda: {"team_id": team_of(phone), "night": night, "site_id": met["site"]},
        "shift.started": lambda: {"team_id": team_of(phone), "night": night, "started_at": now.isoformat()},
        "contact.corrected": lambda: {"contact_id": met["contact"], "fields": {"night": night}},
    }[kind]()
    entity = met["contact"] if kind == "contact.corrected" else None
    phone.push(fact(phone, kind, new_id, entity, **change))
    assert held(phone) == [why]


def test_a_shift_begun_by_a_fast_clock_that_was_set_right_since_is_looked_after(
    toms: Phone, new_id: Any, database: Database
) -> None:
    """Held, it would leave its worker thinking that somebody waits for them."""
    now, ahead = toms.clock(), timedelta(hours=5)
    told = {"team_id": team_of(toms), "night": str((now + ahead).date()), "started_at": (now + ahead).isoformat()}
    begun = fact(toms, "shift.started", new_id, None, **told)
    begun |= {"at": toms.now_ms + 5 * 3_600_000, "up": 40_000, "boot": "b1"}
    toms.push(begun, up=100_000, boot="b1")
    assert held(toms) == []
    with database.reading() as session:
        assert session.scalars(select(shift_worker.c.joined_at).where(shift_worker.c.worker_id == who(toms))).all() == [
            now - timedelta(minutes=1)
        ]


@pytest.mark.parametrize("off", [timedelta(days=-5), timedelta(minutes=-50), timedelta(hours=3)])
def test_the_times_of_a_wrong_clock_are_put_right(off: timedelta, toms: Phone, new_id: Any, database: Database) -> None:
    """Of a slow clock as of a fast one, whether it is found out at once or hours later: the night is the true one."""
    true = toms.clock() - timedelta(hours=4)
    said = true + off
    told = toms.contact(seen_at=said.isoformat(), recorded_at=said.isoformat(), night=str(outreach_night(said))) | {
        "at": to_ms(said)
    }
    right = {
        "seen_at": (said - timedelta(hours=30)).isoformat(),
        "night": str(outreach_night(said - timedelta(hours=30))),
    }
    fixed = fact(toms, "contact.corrected", new_id, told["e"], contact_id=told["e"], fields=right, at=said.isoformat())
    wall_ms = toms.now_ms + int(off.total_seconds() * 1000)
    toms.push(told, now=wall_ms)
    assert held(toms) == []
    with database.reading() as session:
        assert session.execute(select(contact.c.seen_at, contact.c.night)).all() == [(true, outreach_night(true))]
    toms.push(fixed | {"at": to_ms(said)}, now=wall_ms)
    earlier = true - timedelta(hours=30)
    assert held(toms) == []
    with database.reading() as session:
        assert session.execute(select(contact.c.seen_at, contact.c.night)).all() == [(earlier, outreach_night(earlier))]


def test_times_that_a_phone_mended_itself_are_not_mended_again(toms: Phone, new_id: Any, database: Database) -> None:
    """It heard the server before it was switched off and on; its clock is five days slow all the same."""
    true = toms.clock() - timedelta(days=6)
    told = toms.contact(seen_at=true.isoformat(), recorded_at=true.isoformat(), night=str(outreach_night(true))) | {
        "at": to_ms(true),
        "up": 90_000,
        "boot": "b1",
        "off": -5 * 86_400_000,
    }
    toms.push(told, now=toms.now_ms - 5 * 86_400_000, up=5_000, boot="b2")
    assert held(toms) == []
    with database.reading() as session:
        assert session.execute(select(contact.c.seen_at, contact.c.night)).all() == [(true, outreach_night(true))]


@pytest.mark.parametrize("field", ["date_of_birth", "institution_left_on"])
@pytest.mark.parametrize(("day", "why"), [
    ("1899-12-31", words.DAY_BEFORE), ("1900-01-01", None), ("0001-01-01", words.DAY_BEFORE), ("today", None),
    ("in two days", words.DAY_AHEAD), ("9999-12-31", words.DAY_AHEAD),
])  # fmt: skip
def test_a_day_of_somebodys_life_is_bounded_as_on_pages(
    field: str, day: str, why: str | None, phone: Phone, met: dict[str, str], database: Database
) -> None:
    told = {"today": 0, "in two days": 2}.get(day)
    day = day if told is None else str((phone.clock() + timedelta(days=told)).date())
    phone.push(phone.patch("person.patched", met["person"], **{field: day}))
    assert held(phone) == ([] if why is None else [why])
    with database.reading() as session:
        found = people.find_person(session, met["person"])
    assert found is not None
    assert str(getattr(found, field)) == (day if why is None else "None")
