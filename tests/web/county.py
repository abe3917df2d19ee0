"""Watford and its neighbours as the page tests find them, written straight into the tables: Aisha, Dean, Priya, Tom, Helen,
Marek and others (all invented). Times hang on the `now` that a test gives.
"""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.queries.sync import store as sync
from server.security.passwords import Passwords
from server.settings import PasswordCost, Settings
from server.tables.cases.case import case_event, mdt_case
from server.tables.operation.device import device_enrolment
from server.tables.operation.job import job
from server.tables.operation.mail import mail
from server.tables.operation.process import server_process
from server.tables.partnership.agency import agency, agreement, seat, team, team_district
from server.tables.partnership.district import district
from server.tables.partnership.recipient import recipient
from server.tables.partnership.system import partner_system, system_notice
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from server.tables.people.identity import identity_judgement, likely_same
from server.tables.people.offer import cold_nights, offer, vacancy
from server.tables.people.person import person, person_need
from server.tables.people.verification import person_verification, verification
from server.tables.referrals.referral import alert, referral
from server.tables.street.contact import contact, contact_need, contact_person
from server.tables.street.shift import check_in, shift, shift_worker
from server.tables.street.site import site
from server.tables.sync.sync import change, device
from sync.authoring import NewChange
from sync.authoring import number as number_change
from sync.reading import decode_batch
from tests.worlds import register

CHEAP = PasswordCost(memory_kib=64, passes=1)
WATFORD, THREE_RIVERS = "watford", "three-rivers"
STATION = (51.6637, -0.3960)
HIGH_STREET = (51.6553, -0.3962)

WORKERS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    # id: full name, agency, roles, teams, districts
    "aisha": ("Aisha Noor", "beacon", ("worker",), ("watford-outreach",), ()),
    "dean": ("Dean Rowe", "beacon", ("worker",), ("watford-outreach",), ()),
    "tom": ("Tom Ellis", "beacon", ("team_lead",), ("watford-outreach",), (WATFORD,)),
    "priya": ("Priya Shah", "watford-housing", ("coordinator",), (), (WATFORD,)),
    "rowan": ("Rowan Pike", "three-rivers-housing", ("coordinator",), (), (THREE_RIVERS,)),
    "helen": ("Helen Marsh", "county", ("commissioner",), (), ()),
    "omar": ("Omar Reid", "county", ("administrator",), (), ()),
    "ruth": ("Ruth Adeyemi", "cgl", ("agency_member",), (), (WATFORD,)),
}
AGENCIES = {
    "beacon": ("Beacon Outreach", "outreach"),
    "watford-housing": ("Watford Housing", "housing"),
    "three-rivers-housing": ("Three Rivers Housing", "housing"),
    "county": ("Hertfordshire Public Health", "public_health"),
    "cgl": ("CGL Spectrum", "substance_use"),
    "probation": ("Probation", "probation"),
}


def add(session: Session, table: Table, *rows: dict[str, Any]) -> None:
    """Inserts rows one by one, so that each may leave out what the table has a default for."""
    defaults = {
        column.name: column.default.arg  # type: ignore[attr-defined]
        for column in table.columns
        if column.default is not None and column.default.is_scalar
    }
    for row in rows:
        session.execute(insert(table), [{**defaults, **row}])


@register
def filled(database: Database, now: datetime, new_id: Callable[[], str]) -> None:
    """The world of the pages' tests: the cast, each with a password."""
    with database.writing() as session:
        fill(session, now)
        give_passwords(session, Passwords(CHEAP), now)


@register
def watford(database: Database, now: datetime, new_id: Callable[[], str]) -> None:
    """The world of the conferences' tests: the cast, and sixteen more on Watford's list; P01 waited longest."""
    with database.writing() as session:
        fill(session, now)
        for number in range(1, 17):
            put_person(
                session, now, f"p{number:02}", "", name=f"Person {number:02}", state="listed", nights=(3,),
                case_days=40 - number, date_of_birth=date(1980, 1, number),
            )  # fmt: skip


def fill(session: Session, now: datetime) -> None:
    """Writes the whole cast."""
    fill_organisations(session, now)
    fill_people(session, now)
    fill_referrals(session, now)
    fill_devices(session, now)


def fill_organisations(session: Session, now: datetime) -> None:
    """Districts, agencies with their agreements (Probation's has expired), teams and workers."""
    today = now.date()
    add(session, district, {"id": WATFORD, "code": "E07000103", "name": "Watford"})
    add(session, district, {"id": THREE_RIVERS, "code": "E07000102", "name": "Three Rivers"})
    for number, (agency_id, (name, kind)) in enumerate(AGENCIES.items()):
        add(session, agency, {"id": agency_id, "name": name, "kind": kind})
        ends = today - timedelta(days=11) if agency_id == "probation" else today + timedelta(days=200)
        for agreement_kind in ("terms_of_reference", "information_sharing"):
            add(
                session,
                agreement,
                {
                    "id": f"agreement-{number}-{agreement_kind}", "agency_id": agency_id, "kind": agreement_kind,
                    "version": "2026.1", "signatory": "Chief Officer", "signed_on": ends - timedelta(days=300),
                    "expires_on": ends,
                },
            )  # fmt: skip
    add(session, team, {"id": "watford-outreach", "agency_id": "beacon", "name": "Beacon Watford"})
    add(session, team_district, {"team_id": "watford-outreach", "district_id": WATFORD})
    add(session, seat, {"district_id": WATFORD, "agency_id": "probation", "asked_at": now})
    founded: set[tuple[str, str]] = set()
    for worker_id, (name, agency_id, roles, teams, districts) in WORKERS.items():
        first, last = name.split()
        add(
            session,
            worker,
            {
                "id": worker_id, "name": name, "short_name": f"{first} {last[0]}", "agency_id": agency_id,
                "email": f"{worker_id}@example.org", "trained_on": today - timedelta(days=90), "created_at": now,
            },
        )  # fmt: skip
        add(session, worker_role, *({"worker_id": worker_id, "role": role} for role in roles))
        add(session, worker_team, *({"worker_id": worker_id, "team_id": team_id} for team_id in teams))
        add(session, worker_district, *({"worker_id": worker_id, "district_id": each} for each in districts))
        add(session, recipient, *(
            {"id": f"{agency_id}-{role}", "agency_id": agency_id, "role": role, "founding": True, "proposed_at": now}
            for role in roles if role != "administrator" and (agency_id, role) not in founded
        ))  # fmt: skip
        founded |= {(agency_id, role) for role in roles}


def open_places(session: Session, now: datetime) -> None:
    """A room waits in Watford, Joan was offered a hostel, and the nights are cold."""
    add(session, vacancy, {"id": "room", "district_id": WATFORD, "name": "Charter House, room 4", "kind": "supported_housing",
        "takes": "women", "age_from": 25, "supports": '["mental_health"]', "opened_at": now, "opened_by": "priya"})  # fmt: skip
    add(session, offer, {"id": "o1", "person_id": "joan", "district_id": WATFORD, "kind": "hostel", "offered_on": now.date(),
        "recorded_at": now, "recorded_by": "priya"})  # fmt: skip
    add(session, cold_nights, {"id": "c1", "district_id": WATFORD, "opened_at": now, "opened_by": "priya", "beds": 12,
        "why": "three nights below 0 °C", "phones": "Church hall: 01923 496 0000\nOn call: 01923 496 0001"})  # fmt: skip


def pair_marek(session: Session, now: datetime) -> None:
    """Marek was written down once more by somebody who heard otherwise, and Priya has said that it is him; Red may be Kay."""
    add(
        session, person,
        {"id": "mars", "name": "Mareck", "alias": "Mars", "description": "Grey beard, limp, green coat", "gender": "male",
         "approximate_age_years": 50, "team_id": "watford-outreach", "district_id": WATFORD,
         "created_at": now, "changed_at": now},
    )  # fmt: skip
    add(session, likely_same, {"one_id": "marek", "other_id": "mars", "bits": 21.5, "found_at": now},
        {"one_id": "kay", "other_id": "red", "bits": 9.0, "found_at": now})  # fmt: skip
    add(session, identity_judgement, {"id": "j1", "one_id": "marek", "other_id": "mars", "said": "same", "at": now,
        "worker_id": "priya", "saw_one": True, "saw_other": True})  # fmt: skip


def fill_people(session: Session, now: datetime) -> None:
    """Marek and six others in Watford, one in Three Rivers, with contacts, needs and cases."""
    add(
        session, site,
        {"id": "stairwell", "name": "Station stairwell", "kind": "stairwell", "latitude": STATION[0], "longitude": STATION[1],
         "pin_source": "gps", "team_id": "watford-outreach", "district_id": WATFORD, "created_at": now, "changed_at": now},
        {"id": "shelter", "name": "Bus shelter, St Albans Road", "kind": "bus_shelter", "latitude": 51.6690,
         "longitude": -0.3965, "pin_source": "gps", "team_id": "watford-outreach", "district_id": WATFORD,
         "created_at": now, "changed_at": now},
    )  # fmt: skip
    put_person(session, now, "marek", "Marek", name="Marek", alias="Mars", state="candidate", nights=(1, 3, 9),
               site_id="stairwell", needs={"alcohol": "no", "physical_health": "no", "mental_health": "yes"},
               wants_first="Somewhere quiet where my back can rest. Then my phone sorted so I can ring my sister.",
               strengths="Joiner by trade, good with his hands. Speaks Polish and English. Keeps his site tidy.",
               safety_needs="Startles when woken: speak first, from the front.", description="Tall, grey beard, green coat",
               language="Polish, English", note="Foot sore again; agreed to see the nurse on Thursday.")  # fmt: skip
    put_person(session, now, "red", "Red", alias="Red", state="candidate", nights=(1,), site_id="shelter",
               description="Red hat, Irish, small dog", needs={"drugs": "no"})  # fmt: skip
    put_person(session, now, "joan", "Joan Carter", name="Joan Carter", state="open", nights=(2, 5, 6, 7, 11), case_days=40,
               site_id="shelter", mdt_number=2, date_of_birth=date(1979, 4, 2), needs={"mental_health": "no"},
               wants_first="My own front door, near my grandchildren.")  # fmt: skip
    put_person(session, now, "stefan", "Stefan", name="Stefan Ilic", state="listed", nights=(4, 12), site_id="stairwell",
               case_days=12, date_of_birth=date(1968, 9, 30), needs={"physical_health": "yes"})  # fmt: skip
    put_person(session, now, "kay", "Kay", alias="Kay", state="declined", nights=(), case_days=30)
    put_person(session, now, "lee", "Lee", name="Lee Brand", state="closed", nights=(), case_days=120,
               date_of_birth=date(1990, 1, 1))  # fmt: skip
    put_person(session, now, "noor", "Noor", name="Noor", state="candidate", nights=(2,), district_id=THREE_RIVERS)


SITES = {"stairwell": STATION, "shelter": (51.6690, -0.3965)}


def point_of(site_id: str | None) -> dict[str, Any]:
    """The pin of a contact at a site, and its square of the grid; else at the High Street."""
    from server.hotspots.grid import leaves_of_points

    latitude, longitude = SITES.get(site_id or "", HIGH_STREET)
    (cell,) = leaves_of_points("EPSG:27700", np.array([latitude]), np.array([longitude])).tolist()
    return {"latitude": latitude, "longitude": longitude, "pin_source": "gps", "cell": cell}


def put_person(
    session: Session, now: datetime, person_id: str, words: str, *, state: str, nights: tuple[int, ...],
    district_id: str = WATFORD, site_id: str | None = None, needs: dict[str, str] | None = None, case_days: int = 0,
    mdt_number: int = 1, note: str = "", **fields: Any,
) -> None:  # fmt: skip
    """One person, seen bedded down by Aisha on each of `nights` (days ago), verified since the first, with a case."""
    add(session, person, {"id": person_id, "district_id": district_id, "team_id": "watford-outreach",
                          "created_at": now, "changed_at": now, **fields})  # fmt: skip
    times = [now.replace(hour=2, minute=11) - timedelta(days=days - 1) for days in nights]
    for number, seen_at in enumerate(times):
        contact_id = f"contact-{person_id}-{number}"
        add(session, contact, {
            "id": contact_id, "state": "bedded_down", "seen_at": seen_at, "recorded_at": seen_at, "received_at": seen_at,
            "night": seen_at.date() - timedelta(days=1), "worker_id": "aisha", "team_id": "watford-outreach",
            "site_id": site_id, "district_id": district_id, "note": note if number == 0 else "",
            "offered": json.dumps(["hot drink"]), "next_step": "Nurse on Thursday" if note and number == 0 else "",
            **point_of(site_id),
        })  # fmt: skip
        add(session, contact_person, {"contact_id": contact_id, "person_id": person_id, "seen_at": seen_at,
                                      "night": seen_at.date() - timedelta(days=1), "state": "bedded_down",
                                      "district_id": district_id, "team_id": "watford-outreach"})  # fmt: skip
    yesterday = now - timedelta(days=1)
    for need, support in (needs or {}).items():
        add(session, person_need, {"id": f"need-{person_id}-{need}", "person_id": person_id, "need": need,
                                   "receiving_support": support, "at": yesterday, "worker_id": "aisha"})  # fmt: skip
        if times:
            add(
                session,
                contact_need,
                {"contact_id": f"contact-{person_id}-0", "need": need, "receiving_support": support},
            )
    reason = "not verified: outreach has not yet seen them bedded down"
    if times:
        newest = max(times)
        reason = f"verified: seen bedded down by Aisha N, {newest.day} {newest:%b}" + (
            ", site 'Station stairwell'" if site_id == "stairwell" else ""
        )
        add(session, verification, {"id": f"verification-{person_id}", "person_id": person_id, "basis": "seen_by_outreach",
                                    "contact_id": f"contact-{person_id}-0", "district_id": district_id, "at": newest,
                                    "worker_id": "aisha", "reason": ""})  # fmt: skip
    add(session, person_verification, {
        "person_id": person_id, "verified": bool(times), "basis": "seen_by_outreach" if times else None,
        "since": min(times) if times else None, "district_id": district_id, "reason": reason,
    })  # fmt: skip
    since = now - timedelta(days=case_days, hours=2)
    add(session, mdt_case, {"id": f"case-{person_id}", "person_id": person_id, "district_id": district_id, "state": state,
                            "since": since, "reason": reason, "mdt_number": mdt_number,
                            "closed_at": since if state == "closed" else None,
                            "outcome": "Moved into own tenancy" if state == "closed" else ""})  # fmt: skip
    add(session, case_event, {"id": f"event-{person_id}", "case_id": f"case-{person_id}", "number": 1, "at": since,
                              "step": {"candidate": "came", "open": "discussed"}.get(state, state), "to_state": state,
                              "reason": reason, "district_id": district_id})  # fmt: skip


def see_again(session: Session, now: datetime, person_id: str, district_id: str) -> None:
    """Aisha saw somebody bedded down last night, in whatever district."""
    contact_id, seen_at = f"contact-{person_id}-again", now - timedelta(hours=20)
    night = seen_at.date() - timedelta(days=1)
    add(session, contact, {"id": contact_id, "state": "bedded_down", "seen_at": seen_at, "recorded_at": seen_at,
                           "received_at": seen_at, "night": night, "worker_id": "aisha", "team_id": "watford-outreach",
                           "district_id": district_id, **point_of(None)})  # fmt: skip
    add(session, contact_person, {"contact_id": contact_id, "person_id": person_id, "seen_at": seen_at, "night": night,
                                  "state": "bedded_down", "district_id": district_id, "team_id": "watford-outreach"})  # fmt: skip


def add_team(session: Session, team_id: str, district_id: str) -> None:
    """Another team of Beacon's, that walks one district."""
    add(session, team, {"id": team_id, "agency_id": "beacon", "name": team_id.capitalize()})
    add(session, team_district, {"team_id": team_id, "district_id": district_id})


def fill_referrals(session: Session, now: datetime) -> None:
    """Two likely duplicates of one doorway, one without a place, one in the next district, one already assigned."""
    put_referral(session, now, "r1", hours=20, place="Doorway by the station, Station Road", at=(51.66385, -0.39610),
                 description="Man in doorway, grey sleeping bag, no coat", concerns="It was very cold")  # fmt: skip
    put_referral(session, now, "r2", minutes=1165, place="Station Road, shop doorway", at=(51.66390, -0.39600),
                 description="Someone asleep in a grey sleeping bag in the doorway")  # fmt: skip
    put_referral(session, now, "r3", hours=9, state="needs_information", description="homeless man near Tesco")
    put_referral(session, now, "r4", hours=6, place="Rickmansworth, by the canal", at=(51.6390, -0.4730),
                 description="A small green tent by the lock")  # fmt: skip
    put_referral(session, now, "r5", hours=50, state="assigned", place="St Albans Road bus shelter", at=(51.6691, -0.3966),
                 description="Woman with two bags, asleep sitting up", team_id="watford-outreach")  # fmt: skip


def put_referral(
    session: Session, now: datetime, referral_id: str, *, hours: int = 0, minutes: int = 0, state: str = "received",
    place: str = "", description: str = "", concerns: str = "", at: tuple[float, float] | None = None,
    district_id: str | None = WATFORD, team_id: str | None = None,
) -> None:  # fmt: skip
    """One alert and its referral, reported so long before `now`."""
    reported = now - timedelta(hours=hours, minutes=minutes)
    where = {"latitude": at[0], "longitude": at[1], "pin_source": "referral"} if at else {}
    add(session, alert, {"id": f"alert-{referral_id}", "source": "streetlink", "source_reference": referral_id,
                         "received_at": reported, "reported_at": reported, "place": place, "appearance": description,
                         "concerns": concerns, "contact_consent": True, "raw": "{}", **where})  # fmt: skip
    add(session, referral, {"id": referral_id, "number": f"SL-{referral_id[1:]}042", "alert_id": f"alert-{referral_id}",
                            "source": "streetlink", "reported_at": reported, "due_on": reported.date() + timedelta(days=14),
                            "state": state, "seen_at": reported, "seen_text": "about 9pm", "place": place,
                            "description": description, "concerns": concerns, "people_count": 1, "district_id": district_id,
                            "team_id": team_id, **where})  # fmt: skip


def fill_devices(session: Session, now: datetime) -> None:
    """Aisha's phone, well; Dean's, with a late clock, unsent work and one change set aside."""
    for number, worker_id, label, minutes in ((1, "aisha", "Aisha’s phone", 12), (2, "dean", "Dean’s phone", 60 * 30)):
        seen = now - timedelta(minutes=minutes)
        add(session, device_enrolment, {"number": number, "worker_id": worker_id, "team_id": "watford-outreach", "label": label,
                                        "app_version": "0.1.0", "signing_key": "x", "enrolled_at": now - timedelta(days=40),
                                        "confirmed_at": now - timedelta(days=40), "last_seen_at": seen})  # fmt: skip
        add(session, device, {"number": number, "label": label, "seen_at_ms": int(seen.timestamp() * 1000), "app": "0.1.0",
                              "skew_ms": 0 if number == 1 else -3_700_000, "unsent": 0 if number == 1 else 7,
                              "rewinds": number - 1, "acked": 40})  # fmt: skip
    add(session, change, {"id": "change-1", "device": 2, "n": 12, "eff": 1, "entity": None, "scope": "team:watford-outreach",
                          "type": "contact.recorded", "received_at_ms": int(now.timestamp() * 1000) - 86_400_000,
                          "reason": "seen_at is in 2093", "body": b"{}"})  # fmt: skip


def fill_shifts(session: Session, now: datetime) -> None:
    """Aisha and Dean are out since seven; Dean is 25 minutes late, Aisha is due in twenty. Tom went out and promised nothing."""
    begun = now - timedelta(minutes=150)
    for shift_id, who, area in (("s1", "aisha", "Town centre"), ("s2", "tom", "")):
        add(session, shift, {"id": shift_id, "team_id": "watford-outreach", "worker_id": who, "started_at": begun,
                             "night": now.date(), "area": area})  # fmt: skip
        add(session, shift_worker, {"shift_id": shift_id, "worker_id": who, "joined_at": begun})
    add(session, shift_worker, {"shift_id": "s1", "worker_id": "dean", "joined_at": begun})
    for number, (who, ago, due) in enumerate(
        (("dean", 100, -70), ("dean", 55, -25), ("aisha", 90, -60), ("aisha", 10, 20))
    ):
        add(session, check_in, {"id": f"check-in-{number}", "shift_id": "s1", "worker_id": who,
                                "at": now - timedelta(minutes=ago), "next_due_at": now + timedelta(minutes=due)})  # fmt: skip


def dispute_marek(settings: Settings, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
    """Aisha and Dean each sent where Marek sleeps, without having seen the other's words."""
    from server.app import create_services

    services = create_services(settings, clock, new_id)
    now_ms = int(clock().timestamp() * 1000)
    said = [person.c[name] for name in ("name", "alias", "language", "wants_first", "strengths", "safety_needs")]
    with services.database.reading() as session:
        kept = dict(session.execute(select(*said).where(person.c.id == "marek")).mappings().one())
    stairwell, shelter = "Sleeps in the station stairwell", "Sleeps in the bus shelter"
    told = (
        (11, "aisha", kept | {"description": stairwell}, 130),
        (12, "dean", {"description": shelter}, 45),
    )
    for phone, who, sets, minutes_ago in told:
        at_ms = now_ms - minutes_ago * 60_000
        new = NewChange(id=f"patch-{who}", type="person.patched", scope="team:watford-outreach", entity="marek", who=who,
                        at_ms=at_ms, sets=sets)  # fmt: skip
        written = number_change(new, phone, 1, at_ms << 16, {})
        body = {"device": phone, "now": now_ms, "app": "0.1.0", "events": [written]}
        batch = decode_batch(msgspec.json.encode(body))
        with services.database.writing() as session:
            sync.register_device(session, scopes=["team:watford-outreach"], label=who, now_ms=now_ms, number=phone)
            sync.push(session, phone, batch, now_ms, services.project)
    services.database.close()


def fill_server(session: Session, now: datetime) -> None:
    """One process that serves and one that died; a job that failed; a partner's system whose hook is not taken, one without."""
    for number, minutes in ((4711, 0), (4712, 40)):
        add(session, server_process, {"id": f"process-{number}", "host": "lantern-one", "number": number,
                                      "started_at": now - timedelta(hours=9),
                                      "seen_at": now - timedelta(minutes=minutes)})  # fmt: skip
    add(session, job, {"name": "proof", "started_at": now - timedelta(hours=18), "error": "OperationalError",
                       "late_after": now + timedelta(hours=8)})  # fmt: skip
    for system_id, name, hook in (("s-1", "Case book", "https://casebook.example/lantern"), ("s-2", "Rota", "")):
        add(session, partner_system, {"id": system_id, "agency_id": "cgl", "worker_id": "ruth", "name": name, "made_at": now,
                                      "scopes": "actions cases", "secret_hash": "x", "hook_url": hook})  # fmt: skip
    add(session, system_notice, {"id": "n-1", "system_id": "s-1", "kind": "action.agreed", "about_id": "a-1", "made_at": now,
                                 "state": "failed", "attempts": 12, "next_try_at": now,
                                 "last_error": "The host answered 500."})  # fmt: skip


def fill_outbox(session: Session, now: datetime) -> None:
    """A mail that was sent, one that waits to be tried again, one that was refused, one with nobody to go to."""
    greylisted, unknown = "451 4.7.1 Greylisted, please try again.", "550 5.1.1 (address) no such mailbox"
    sent = {"state": "sent", "sent_at": now - timedelta(minutes=89), "attempts": 1}
    kept = (
        ("actions_reminder", "cgl", "ruth", sent),
        ("new_on_list", "watford-housing", "priya", {"attempts": 2, "last_error": greylisted}),
        ("conference_circulated", "beacon", None, {"state": "failed", "attempts": 1, "last_error": unknown}),
        ("agreement_renewal", "probation", None,
         {"state": "failed", "attempts": 1, "last_error": "There is no address to send it to."}),
    )  # fmt: skip
    for number, (kind, agency_id, worker_id, fields) in enumerate(kept):
        add(session, mail, {
            "id": f"mail-{number}", "key": f"key-{number}", "kind": kind, "agency_id": agency_id, "worker_id": worker_id,
            "queued_at": now - timedelta(minutes=90 - number), "useful_until": now + timedelta(days=2),
            "next_try_at": now + timedelta(minutes=4), **fields,
        })  # fmt: skip
    add(session, job, {"name": "mail", "started_at": now - timedelta(seconds=9), "finished_at": now, "done": 1},
        {"name": "retention", "started_at": now - timedelta(hours=18), "finished_at": now, "error": "OperationalError"},
        {"name": "reminders", "started_at": now - timedelta(hours=13), "finished_at": now, "done": 3})  # fmt: skip


def publish_quarters(session: Session, now: datetime, new_id: Any) -> None:
    """Two published maps of Watford and its surroundings: invented numbers, the real rule."""
    from server.hotspots.authority import LEAF_LEVEL, Ground
    from server.hotspots.disclosure import Rule
    from server.hotspots.periods import Period
    from server.hotspots.publication import publish_map
    from shared.geo import grid

    size = grid.LEAF_M << LEAF_LEVEL
    cells = [
        grid.cell_of(easting, northing, LEAF_LEVEL)
        for easting in range(505_000, 516_000, size)
        for northing in range(192_000, 203_000, size)
    ]
    leaves = np.array(sorted(cells), np.int64)
    ground = Ground(
        leaves, np.array([grid.centre_m(leaf) for leaf in leaves.tolist()]), frozenset({WATFORD, THREE_RIVERS})
    )
    town = {
        (511_000, 197_250): 14,
        (511_250, 196_500): 22,
        (510_750, 196_500): 6,
        (506_250, 194_500): 12,
        (513_500, 195_250): 4,
    }
    rule = Rule(threshold=10, minimum_leaves=64)
    for factor, first, last in ((0.8, date(2026, 4, 1), date(2026, 6, 30)), (1.0, date(2026, 7, 1), date(2026, 9, 30))):
        people = {grid.cell_of(east, north, LEAF_LEVEL): round(n * factor) for (east, north), n in town.items()}
        publish_map(session, people, ground, Period(first, last), "EPSG:27700", rule, now, new_id, Random(5))
    approve_all(session, now)


def approve_all(session: Session, now: datetime) -> None:
    """Helen and Priya have approved whatever waits."""
    import msgspec

    from server.queries.maps.publications import list_releases, set_release

    for each in list_releases(session):
        voices = {"first_agency_id": "county", "first_by": "helen", "first_at": now}
        voices |= {"second_agency_id": "watford-housing", "second_by": "priya", "second_at": now}
        set_release(session, msgspec.structs.replace(each, **voices))


class NoLot:
    """Chance that never hides what could be told, so that a test can ask for numbers."""

    def random(self) -> float:
        """Past every threshold."""
        return 1.0


def tell_quarter(session: Session, now: datetime, new_id: Any) -> None:
    """The share of July to September 2026, counted from what there is, and told."""
    from server.actions.partnership.publications import prepare_share
    from server.hotspots.periods import Period

    prepare_share(session, Period(date(2026, 7, 1), date(2026, 9, 30)), now, new_id, NoLot())
    approve_all(session, now)


PASSWORD = "three warm words here"


def give_passwords(session: Session, passwords: Any, now: datetime) -> None:
    """Everyone signs in with the same password."""
    from server.actions.operation.signin import set_password

    for worker_id in WORKERS:
        set_password(session, passwords, worker_id, PASSWORD, now)
