"""The same rows three ways, in worlds made by chance: what policy lets through record by record, as pages ask it; what plain SQL
sees under row-level security as that worker; and what a reader of the rules would say, written here without a word of either.

LANTERN_TEST_WORLDS sets how many worlds are played.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy import Table, insert

from server.access import Access, context_of, of_theirs
from server.database.context import acting
from server.database.engine import Database
from server.database.sql import Sql
from server.queries.cases.case_list import CaseListView, list_cases
from server.queries.partnership import workers
from server.queries.people import many_subjects, subjects
from server.queries.referrals.inbox import list_inbox
from server.queries.street.contact_form import list_named_sites, search_people
from server.tables.cases.case import case_action, mdt_case
from server.tables.partnership.agency import agency, agreement, team, team_district
from server.tables.partnership.district import district
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from server.tables.people.hidden import person_hidden, person_hidden_agency
from server.tables.people.note import break_glass, person_note
from server.tables.people.person import person, person_merge
from server.tables.people.verification import person_verification
from server.tables.referrals.referral import alert, referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site
from shared.model.codes import ReferralState
from shared.policy import Act
from tests.conftest import SUITE_KEY, url_as

pytestmark = pytest.mark.postgres
WORLDS = int(os.environ.get("LANTERN_TEST_WORLDS", "10"))
WORKERS = 5
NAME = "Marek"
DISTRICTS, AGENCIES, TEAMS = ("d1", "d2", "d3"), ("a1", "a2", "a3"), ("t1", "t2", "t3")
ROLES = ("worker", "team_lead", "coordinator", "agency_member", "commissioner", "administrator")
OUTREACH = {"worker", "team_lead"}
SEE_PEOPLE = OUTREACH | {"coordinator", "agency_member"}
SEE_STREET = OUTREACH | {"coordinator"}
SEE_CASES = {"team_lead", "coordinator", "agency_member"}
TABLES = ("person", "mdt_case", "person_note", "contact", "site", "referral")
Rows = dict[str, set[str]]


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@dataclass
class World:
    """Everything there is, as plain rows; names of columns as in the tables."""

    now: datetime
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def put(self, kind: str, **row: Any) -> dict[str, Any]:
        self.rows.setdefault(kind, []).append(row)
        return row

    def of(self, kind: str, **equal: Any) -> Iterator[dict[str, Any]]:
        return (row for row in self.rows.get(kind, []) if all(row[name] == value for name, value in equal.items()))


# -------------------------------------------------------------------------------------------------------- made by chance
def make_world(random: Random, now: datetime) -> World:
    world = World(now)
    for each in AGENCIES:
        lapsed = random.random() < 0.2
        world.put("agency", id=each, valid=not lapsed)
    for each in TEAMS:
        world.put("team", id=each, agency_id=random.choice(AGENCIES))
        world.put("team_district", team_id=each, district_id=random.choice(DISTRICTS))
    for number in range(WORKERS):
        world.put(
            "worker", id=f"w{number}", agency_id=random.choice(AGENCIES), roles=random.sample(ROLES, random.choice((1, 1, 2))),
            districts=random.sample(DISTRICTS, random.choice((0, 1, 1, 2))), teams=random.sample(TEAMS, random.choice((0, 0, 1))),
            trained=random.random() < 0.85,
        )  # fmt: skip
    make_people(random, world)
    make_street(random, world)
    return world


def make_people(random: Random, world: World) -> None:
    people = [f"p{number}" for number in range(9)]
    some = (None, *DISTRICTS)
    for each in people:
        world.put(
            "person",
            id=each,
            district_id=random.choice(some),
            team_id=random.choice((None, *TEAMS)),
            at=ago(random, world),
        )
        if random.random() < 0.4:
            case = world.put("mdt_case", id=f"case-{each}", person_id=each, district_id=random.choice(DISTRICTS))
            for number in range(random.choice((0, 1, 2))):
                world.put(
                    "case_action", id=f"action-{each}-{number}", case_id=case["id"], agency_id=random.choice(AGENCIES),
                    done=random.random() < 0.5,
                )  # fmt: skip
        if random.random() < 0.3:
            world.put("person_verification", person_id=each, district_id=random.choice(some))
        if random.random() < 0.25:
            world.put(
                "person_hidden", id=f"hidden-{each}", person_id=each, lifted=random.random() < 0.3,
                agencies=random.sample(AGENCIES, random.choice((0, 1, 2))),
            )  # fmt: skip
        if random.random() < 0.6:
            world.put("person_note", id=f"note-{each}", person_id=each, agency_id=random.choice(AGENCIES))
    for number in range(random.choice((0, 1, 2, 3))):
        one, other = random.sample(people, 2)
        world.put("person_merge", id=f"merge{number}", from_id=one, into_id=other, undone=random.random() < 0.3)
    for number in range(4):
        world.put(
            "break_glass", id=f"glass{number}", person_id=random.choice(people), worker_id=f"w{random.randrange(WORKERS)}",
            open=random.random() < 0.6,
        )  # fmt: skip


def make_street(random: Random, world: World) -> None:
    some = (None, *DISTRICTS)
    for number in range(3):
        world.put("site", id=f"s{number}", district_id=random.choice(some), team_id=random.choice((None, *TEAMS)))
    for number in range(14):
        met = random.sample([row["id"] for row in world.of("person")], random.choice((0, 1, 1, 1, 2)))
        world.put(
            "contact", id=f"c{number}", team_id=random.choice(TEAMS), worker_id=f"w{random.randrange(WORKERS)}",
            district_id=random.choice(some), site_id=random.choice((None, "s0", "s1", "s2")), people=met, at=ago(random, world),
            unidentified=0 if met and random.random() < 0.8 else 1,
        )  # fmt: skip
    for number in range(5):
        world.put(
            "referral", id=f"r{number}", district_id=random.choice(some), team_id=random.choice((None, None, *TEAMS))
        )


def ago(random: Random, world: World) -> datetime:
    return world.now - timedelta(days=random.choice((1, 40, 89, 91, 200)))


# ------------------------------------------------------------------------------------------------------------- written down
def write(database: Database, world: World) -> None:
    now, today = world.now, world.now.date()
    with database.writing() as session:

        def put(table: Table, *rows: dict[str, Any]) -> None:
            defaults = {
                each.name: each.default.arg  # type: ignore[attr-defined]
                for each in table.columns
                if each.default is not None and each.default.is_scalar
            }
            if rows:
                session.execute(insert(table), [defaults | row for row in rows])

        put(district, *({"id": each, "code": each, "name": each} for each in DISTRICTS))
        for row in world.of("agency"):
            put(agency, {"id": row["id"], "name": row["id"], "kind": "outreach"})
            ends = today + timedelta(days=100 if row["valid"] else -1)
            for kind in ("terms_of_reference", "information_sharing"):
                put(agreement, {"id": f"{row['id']}-{kind}", "agency_id": row["id"], "kind": kind, "version": "1",
                                "signatory": "x", "signed_on": today - timedelta(days=300), "expires_on": ends})  # fmt: skip
            put(recipient, *({"id": f"{row['id']}-{role}", "agency_id": row["id"], "role": role, "founding": True,
                              "proposed_at": now} for role in ROLES if role != "administrator"))  # fmt: skip
        put(team, *({"id": row["id"], "agency_id": row["agency_id"], "name": row["id"]} for row in world.of("team")))
        put(team_district, *world.of("team_district"))
        for row in world.of("worker"):
            trained = today - timedelta(days=10) if row["trained"] else None
            put(worker, {"id": row["id"], "name": row["id"], "short_name": row["id"], "agency_id": row["agency_id"],
                         "trained_on": trained, "created_at": now})  # fmt: skip
            put(worker_role, *({"worker_id": row["id"], "role": each} for each in row["roles"]))
            put(worker_team, *({"worker_id": row["id"], "team_id": each} for each in row["teams"]))
            put(worker_district, *({"worker_id": row["id"], "district_id": each} for each in row["districts"]))
        write_people(put, world)
        write_street(put, world)


def write_people(put: Any, world: World) -> None:
    now = world.now
    for row in world.of("person"):
        put(person, {"id": row["id"], "district_id": row["district_id"], "team_id": row["team_id"], "created_at": row["at"],
                     "changed_at": row["at"], "name": NAME})  # fmt: skip
    put(mdt_case, *({**row, "state": "open", "since": now, "mdt_number": 1} for row in world.of("mdt_case")))
    for row in world.of("case_action"):
        put(case_action, {"id": row["id"], "case_id": row["case_id"], "agency_id": row["agency_id"], "text": "x",
                          "due_on": now.date(), "agreed_at": now, "agreed_by": "w0", "mdt_number": 1,
                          "done_at": now if row["done"] else None,
                          "done_by": "w0" if row["done"] else None})  # fmt: skip
    put(person_verification, *({**row, "verified": False, "reason": ""} for row in world.of("person_verification")))
    for row in world.of("person_hidden"):
        lifted = {"lifted_at": now, "lifted_by": "w0"} if row["lifted"] else {}
        put(person_hidden, {"id": row["id"], "person_id": row["person_id"], "at": now, "worker_id": "w0", "agency_id": "a1",
                            "reason": "in great danger", **lifted})  # fmt: skip
        put(person_hidden_agency, *({"hidden_id": row["id"], "agency_id": each} for each in row["agencies"]))
    put(person_note, *({**row, "worker_id": "w0", "at": now, "text": "x"} for row in world.of("person_note")))
    put(person_merge, *({**row, "at": now, "worker_id": "w0"} for row in world.of("person_merge")))
    for row in world.of("break_glass"):
        ends = now + timedelta(hours=5 if row["open"] else -5)
        put(break_glass, {"id": row["id"], "person_id": row["person_id"], "worker_id": row["worker_id"], "agency_id": "a1",
                          "at": now - timedelta(hours=19), "ends_at": ends, "cause": "x", "reason": "in great need"})  # fmt: skip


def write_street(put: Any, world: World) -> None:
    now, pin = world.now, {"latitude": 51.6, "longitude": -0.4, "pin_source": "gps"}
    put(
        site,
        *(
            {**row, "name": f"Arch {row['id']}", "kind": "doorway", "created_at": now, "changed_at": now, **pin}
            for row in world.of("site")
        ),
    )
    for row in world.of("contact"):
        night = row["at"].date()
        put(contact, {"id": row["id"], "state": "bedded_down", "seen_at": row["at"], "recorded_at": row["at"], "received_at": now,
                      "night": night, "worker_id": row["worker_id"], "team_id": row["team_id"], "site_id": row["site_id"],
                      "district_id": row["district_id"], "unidentified_people": row["unidentified"], **pin})  # fmt: skip
        put(contact_person, *({"contact_id": row["id"], "person_id": each, "seen_at": row["at"], "night": night,
                               "state": "bedded_down", "district_id": row["district_id"], "team_id": row["team_id"]}
                              for each in row["people"]))  # fmt: skip
    for row in world.of("referral"):
        put(
            alert,
            {"id": f"alert-{row['id']}", "source": "x", "source_reference": row["id"], "received_at": now, "raw": "{}"},
        )
        put(referral, {**row, "number": row["id"], "alert_id": f"alert-{row['id']}", "source": "x", "reported_at": now,
                       "due_on": now.date(), "state": "received", **pin})  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------- a naive reader
@dataclass
class Reader:
    """What one worker may know, by the rules as they are written down. Slow, and plain."""

    world: World
    me: dict[str, Any]

    def __post_init__(self) -> None:
        agency_is_valid = next(self.world.of("agency", id=self.me["agency_id"]))["valid"]
        self.roles = set(self.me["roles"]) if agency_is_valid and self.me["trained"] else set()
        walked = {row["district_id"] for row in self.world.of("team_district") if row["team_id"] in self.me["teams"]}
        self.districts = set(self.me["districts"]) | walked

    def read(self) -> Rows:
        rows = {name: {row["id"] for row in self.world.of(name)} for name in TABLES}
        asks = {
            "person": self.knows, "mdt_case": self.knows_case, "person_note": self.reads_note, "contact": self.knows_contact,
            "site": self.knows_site, "referral": self.knows_referral,
        }  # fmt: skip
        return {name: {each for each in rows[name] if asks[name](each)} for name in TABLES}

    def same(self, person_id: str) -> set[str]:
        found = {person_id}
        while True:
            more = set(found)
            for merge in self.world.of("person_merge", undone=False):
                if {merge["from_id"], merge["into_id"]} & found:
                    more |= {merge["from_id"], merge["into_id"]}
            if more == found:
                return found
            found = more

    def agency_of(self, team_id: str | None) -> str | None:
        return next((row["agency_id"] for row in self.world.of("team") if row["id"] == team_id), None)

    def is_recent(self, row: dict[str, Any]) -> bool:
        return bool(row["at"] >= self.world.now - timedelta(days=90))

    def hidden(self, person_id: str) -> bool:
        """Any hiding that stands, of this record or of one that is the same person, and that does not name the own agency."""
        same = self.same(person_id)
        return any(
            row["person_id"] in same and self.me["agency_id"] not in row["agencies"]
            for row in self.world.of("person_hidden", lifted=False)
        )

    def works_with(self, person_id: str) -> bool:
        same, ours = self.same(person_id), self.me["agency_id"]
        met = any(
            set(row["people"]) & same and self.is_recent(row) and self.agency_of(row["team_id"]) == ours
            for row in self.world.of("contact")
        )
        wrote = any(
            row["id"] in same and self.is_recent(row) and self.agency_of(row["team_id"]) == ours
            for row in self.world.of("person")
        )
        cases = {row["id"] for row in self.world.of("mdt_case") if row["person_id"] in same}
        owes = any(
            row["case_id"] in cases and row["agency_id"] == ours for row in self.world.of("case_action", done=False)
        )
        return met or wrote or owes

    def is_here(self, person_id: str) -> bool:
        same = self.same(person_id)
        places = {row["district_id"] for row in self.world.of("person", id=person_id)}
        places |= {row["district_id"] for row in self.world.of("contact") if set(row["people"]) & same}
        places |= {row["district_id"] for row in self.world.of("mdt_case") if row["person_id"] in same}
        places |= {row["district_id"] for row in self.world.of("person_verification") if row["person_id"] in same}
        return bool(places & self.districts)

    def knows(self, person_id: str) -> bool:
        if not self.roles & SEE_PEOPLE or self.hidden(person_id):
            return False
        own_team = next(self.world.of("person", id=person_id))["team_id"] in self.me["teams"]
        return self.is_here(person_id) or self.works_with(person_id) or bool(self.roles & OUTREACH and own_team)

    def knows_case(self, case_id: str) -> bool:
        case = next(self.world.of("mdt_case", id=case_id))
        if not self.roles & SEE_PEOPLE or self.hidden(case["person_id"]):
            return False
        return case["district_id"] in self.districts or self.works_with(case["person_id"])

    def reads_note(self, note_id: str) -> bool:
        person_id = next(self.world.of("person_note", id=note_id))["person_id"]
        broken = any(
            row["person_id"] in self.same(person_id) and row["worker_id"] == self.me["id"]
            for row in self.world.of("break_glass", open=True)
        )
        return self.knows(person_id) and (self.works_with(person_id) or broken)

    def knows_contact(self, contact_id: str) -> bool:
        row = next(self.world.of("contact", id=contact_id))
        if not self.roles & SEE_PEOPLE:
            return False
        if row["people"] and not row["unidentified"] and all(map(self.hidden, row["people"])):
            return False
        street = bool(self.roles & SEE_STREET) and (
            row["district_id"] in self.districts or self.agency_of(row["team_id"]) == self.me["agency_id"]
        )
        own = bool(self.roles & OUTREACH) and (row["worker_id"] == self.me["id"] or row["team_id"] in self.me["teams"])
        return street or own or any(map(self.knows, row["people"]))

    def knows_site(self, site_id: str) -> bool:
        row = next(self.world.of("site", id=site_id))
        street = bool(self.roles & SEE_STREET) and row["district_id"] in self.districts
        own = bool(self.roles & OUTREACH) and row["team_id"] in self.me["teams"]
        return (
            street or own or any(self.knows_contact(each["id"]) for each in self.world.of("contact", site_id=site_id))
        )

    def knows_referral(self, referral_id: str) -> bool:
        row = next(self.world.of("referral", id=referral_id))
        street = bool(self.roles & SEE_STREET)
        here = street and (row["district_id"] in self.districts or (bool(self.districts) and self.is_nobodys(row)))
        return here or bool(self.roles & OUTREACH and row["team_id"] in self.me["teams"])

    def is_nobodys(self, row: dict[str, Any]) -> bool:
        readers = [Reader(self.world, each) for each in self.world.of("worker")]
        return not any(
            row["district_id"] in each.districts or ("team_lead" in each.roles and row["team_id"] in each.me["teams"])
            for each in readers
            if {"team_lead", "coordinator"} & each.roles
        )


# --------------------------------------------------------------------------------------------------------- pages, and plain SQL
def as_pages_ask(access: Access, world: World) -> Rows:
    session, allows = access.session, access.allows
    people = {row["id"]: access.find_person_and_same(row["id"]) for row in world.of("person")}
    asked_at_once = many_subjects.list_people(session, [*people, "nobody"])
    assert asked_at_once == {each: subject for each, (subject, _) in people.items() if subject is not None}
    opens = (Act.SEE_PERSON, Act.BREAK_GLASS)
    known = {each for each, (subject, _) in people.items() if subject and any(allows(act, subject) for act in opens)}
    cases = subjects.list_cases(session, [row["id"] for row in world.of("mdt_case")])
    contacts = {row["id"]: subjects.find_contact(session, row["id"]) for row in world.of("contact")}
    met = {row["id"] for row in world.of("contact") if set(row["people"]) & known}
    shown = met | {each for each, subject in contacts.items() if subject and allows(Act.SEE_PLACE, subject)}
    sites = {row["id"]: subjects.find_site(session, row["id"]) for row in world.of("site")}
    referrals = {row["id"]: subjects.find_referral(session, row["id"]) for row in world.of("referral")}
    at_sites = {row["site_id"] for row in world.of("contact") if row["id"] in shown} - {None}
    return {
        "person": known,
        "mdt_case": {each for each, subject in cases.items() if allows(Act.SEE_CASE, subject)},
        "person_note": {row["id"] for row in world.of("person_note") if reads_notes(access, row["person_id"])},
        "contact": shown,
        "site": at_sites | {each for each, subject in sites.items() if subject and allows(Act.SEE_PLACE, subject)},
        "referral": {each for each, subject in referrals.items() if subject and allows(Act.SEE_REFERRAL, subject)},
    }


def reads_notes(access: Access, person_id: str) -> bool:
    from server.actions.people.notes import find_notes_subject

    subject, _ = find_notes_subject(access, person_id)
    return subject is not None and access.allows(Act.SEE_NOTES, subject)


def as_lists_show(access: Access) -> Rows:
    """What pages list by statements of their own, where policy lets the reader have the list."""
    session, actor, theirs = access.session, access.actor, of_theirs(access.actor)
    listed = [each for each in DISTRICTS if access.allows(Act.SEE_CASE_LIST, subjects.of_district(each))]
    cases = [row for each in listed for row in list_cases(session, each, CaseListView(), today=access.tonight)]
    shown: Rows = {"mdt_case": {row.case_id for row in cases}, "person": {row.person_id for row in cases}}
    if access.allows(Act.SEE_REFERRALS, theirs):
        states = list(ReferralState)
        inbox = list_inbox(session, actor.district_ids, access.teams_within(Act.SEE_REFERRAL), states)
        shown["referral"] = {row.referral.id for row in inbox}
    if access.allows(Act.RECORD_CONTACT, theirs):
        found = {each.id for each in search_people(session, NAME, actor.team_ids, actor.district_ids, access.today)}
        people = many_subjects.list_people(session, found)
        shown["person"] |= {each for each in found if access.allows(Act.SEE_PERSON_LIST, people[each])}
        named = list_named_sites(session, access.teams_within(Act.SEE_PLACE), actor.district_ids)
        shown["site"] = {each.id for each in named}
    return shown


def by_plain_sql(session: Any) -> Rows:
    return {name: {row[0] for row in Sql(session).rows(f"select id from {name}")} for name in TABLES}


def play(owners: Database, serving: Database, world: World) -> Counter[str]:
    """Returns how many rows the lists showed."""
    write(owners, world)
    counts: Counter[str] = Counter()
    ids = count()
    for me in world.of("worker"):
        with owners.reading() as session:
            actor = workers.find_actor(session, me["id"], world.now.date())
            assert actor is not None
            without_wall = as_lists_show(Access(session, actor, world.now, lambda: f"id{next(ids)}"))
        with acting(context_of(actor, world.now, world.now.date())), serving.writing() as session:
            plain = by_plain_sql(session)
            access = Access(session, actor, world.now, lambda: f"id{next(ids)}")
            pages, lists = as_pages_ask(access, world), as_lists_show(access)
        expected = Reader(world, me).read()
        assert plain == expected, me
        if not SEE_CASES & set(
            me["roles"]
        ):  # an outreach worker opens no case, and sees by relation the rows that pages count
            pages["mdt_case"] = expected["mdt_case"]
        assert pages == expected, me
        assert lists == without_wall, "the wall keeps from a list what the door lets out"
        assert {name: shown - expected[name] for name, shown in lists.items()} == {name: set() for name in lists}
        counts.update({name: len(shown) for name, shown in lists.items()})
    return counts


def test_pages_and_plain_sql_see_what_the_rules_say(owners: Database, database_url: str, now: datetime) -> None:
    serving = Database(url_as(database_url, "app"), pool_size=1, context_key=SUITE_KEY)
    names = ("contact", "referral", "alert", "person", "worker", "team", "agency", "district")
    listed: Counter[str] = Counter()
    try:
        for number in range(WORLDS):
            listed += play(owners, serving, make_world(Random(number), now))
            with owners.writing() as session:
                session.connection().exec_driver_sql(
                    f"truncate {', '.join(names)}, contact_person, person_merge, person_hidden, person_note, break_glass, site, "
                    "person_verification cascade"
                )
    finally:
        serving.close()
    assert min(listed[name] for name in ("mdt_case", "person", "referral", "site")) >= WORLDS
