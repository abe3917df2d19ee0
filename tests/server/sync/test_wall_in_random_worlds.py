"""Random pushes of random workers about everybody's records, against what the pages would allow: nobody reads afterwards what
they could not before, nobody loses a record, and what the pages refuse is held.

The oracle asks `decide` with the facts that pages load, one record at a time; the wall asks in bulk with statements of its own.
For a longer run: `WALL_PUSHES=10000 pytest -k sqlite tests/server/sync/test_wall_in_random_worlds.py`, half an hour or so.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from server.actions.sync.projection import Projection
from server.actions.sync.validation import validate
from server.database.engine import Database
from server.places.districts import CurrentDistricts
from server.queries.operation.devices import Enrolment, add_enrolment
from server.queries.partnership import agencies, recipients, workers
from server.queries.people import subjects
from server.queries.sync import store as sync
from server.tables.cases.case import mdt_case
from server.tables.partnership.agency import team
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact_person
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.model.worker import Worker
from shared.policy import Act, Actor, Allow, Subject, SubjectKind, decide
from sync.reading import decode_batch
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast, say_same

PUSHES, OF_A_TOWN = int(os.environ.get("WALL_PUSHES", "400")), 133
"""All in all, and in one town: what is asked after each push grows with the people there."""
SQUARES = {"watford": WATFORD, "dacorum": (51.75, -0.5)}
KINDS = [
    "contact.recorded", "contact.corrected", "person.patched", "site.patched", "person.merged", "verification.recorded",
    "need.recorded", "visit.recorded", "referral.patched",
]  # fmt: skip


class Town:
    """Four teams of two agencies in two districts, and everything they have recorded so far."""

    def __init__(
        self, seed: int, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str], folder: Path
    ) -> None:
        self.chance = random.Random(seed)
        self.database, self.cast, self.clock, self.new_id = database, cast, clock, new_id
        self.projection = Projection(districts=CurrentDistricts(folder), new_id=new_id)
        self.carriers: dict[int, Worker] = {}
        self.sent: Counter[int] = Counter()
        self.people: list[str] = []
        self.sites: list[str] = []
        self.contacts: list[str] = []
        self.counts: Counter[str] = Counter()
        self.known: set[str] = set()
        self.said_same: set[frozenset[str]] = set()
        self.read: set[tuple[str, str, Act]] = set()
        self._found()
        self.everybody = [*self.carriers.values(), cast.priya, cast.carol, cast.helen]

    def _found(self) -> None:
        now = self.clock()
        rival = Agency(id=self.new_id(), name="Rival", kind=AgencyKind.OUTREACH)
        walked = [(self.cast.watford.id,), (self.cast.dacorum.id,)]
        teams = [Team(id=self.new_id(), agency_id=rival.id, name=f"Rival {n}", district_ids=walked[n]) for n in (0, 1)]
        told: dict[str, Any]
        with self.database.writing() as session:
            agencies.add_agency(session, rival)
            for kind in AgreementKind:
                dates: dict[str, Any] = {"signed_on": now.date(), "expires_on": now.date() + timedelta(days=90)}
                told = {"id": self.new_id(), "agency_id": rival.id, "kind": kind, "version": "1", "signatory": "x"}
                agencies.add_agreement(session, Agreement(**told | dates))
            for one in teams:
                agencies.add_team(session, one)
            for role in (Role.WORKER, Role.TEAM_LEAD):
                told = {"id": self.new_id(), "agency_id": rival.id, "role": role, "founding": True}
                recipients.add_recipient(session, recipients.Recipient(**told, proposed_at=now, reason="test"))
            for one in (self.cast.team, self.cast.other_team, *teams):
                for role in (Role.WORKER, Role.TEAM_LEAD):
                    self._hire(session, one, role, now)

    def _hire(self, session: Any, of: Team, role: Role, now: datetime) -> None:
        number = len(self.carriers) + 1
        hired = Worker(
            id=self.new_id(), name=f"W {number}", short_name=f"W{number}", agency_id=of.agency_id,
            roles=frozenset({role}), team_ids=(of.id,), trained_on=now.date(),
        )  # fmt: skip
        workers.add_worker(session, hired, email=None, now=now)
        sync.register_device(session, scopes=[f"team:{of.id}"], label="x", now_ms=1, number=number)
        told: dict[str, Any] = {
            "number": number,
            "worker_id": hired.id,
            "team_id": of.id,
            "label": "x",
            "app_version": "1",
        }
        add_enrolment(session, Enrolment(**told, signing_key="x", enrolled_at=now, confirmed_at=now))
        self.carriers[number] = hired

    # ------------------------------------------------------------------------------------------------- who reads what

    def actor(self, session: Any, worker: Worker) -> Actor:
        found = workers.find_actor(session, worker.id, self.today)
        assert found is not None
        return found

    @property
    def today(self) -> date:
        return self.clock().date()

    def readable(self) -> set[tuple[str, str, Act]]:
        """Who may see which person, and which person's notes, as the pages decide it."""
        with self.database.reading() as session:
            subjects.count_relations_from(session, self.clock())
            actors = [self.actor(session, each) for each in self.everybody]
            about = {each: find_person(session, each) for each in self.people}
        return {
            (actor.worker_id, person_id, act)
            for person_id, subject in about.items()
            if subject is not None
            for actor in actors
            for act in (Act.SEE_PERSON, Act.SEE_NOTES)
            if isinstance(decide(actor, act, subject, self.today), Allow)
        }

    # --------------------------------------------------------------------------------------------------------- pushes

    def some(self, known: list[str]) -> str:
        """A record that exists, most often; else a new one."""
        return self.chance.choice(known) if known and self.chance.random() < 0.8 else self.new_id()

    def pair(self, worker: Worker) -> tuple[str, str]:
        """Two records to make one: most often two that this worker sees, of which a desk has said so already."""
        seen = sorted(each for reader, each, act in self.read if (reader, act) == (worker.id, Act.SEE_PERSON))
        if len(seen) < 2 or self.chance.random() < 0.2:
            return self.some(self.people), self.some(self.people)
        one, other = self.chance.sample(seen, 2)
        if self.chance.random() < 0.8:
            say_same(self.database, one, other, self.cast.priya, self.clock(), self.new_id)
            self.said_same.add(frozenset((one, other)))
        return one, other

    def make(self, number: int) -> dict[str, Any]:
        worker = self.carriers[number]
        kinds = KINDS + ["person.merged"] * (3 if Role.TEAM_LEAD in worker.roles else 0)
        kind, now = self.chance.choice(kinds), self.clock().isoformat()
        fact = {"id": self.new_id(), "worker_id": worker.id, "at": now}
        where = self.chance.choice([*SQUARES.values(), None])
        pin = {"position": {"latitude": where[0], "longitude": where[1]}} if where else {}
        person, site = self.some(self.people), self.some(self.sites)
        told: dict[str, Any]
        match kind:
            case "contact.recorded":
                told = fact | pin | {"state": self.chance.choice(["bedded_down", "not_found"]), "seen_at": now,
                    "recorded_at": now, "night": str(self.today), "team_id": worker.team_ids[0],
                    "person_ids": [self.some(self.people) for _ in range(self.chance.randint(0, 2))]}  # fmt: skip
                told |= {"site_id": site} if self.chance.random() < 0.3 else {}
                told |= (
                    {"id": self.chance.choice(self.contacts)} if self.contacts and self.chance.random() < 0.1 else {}
                )
                return self.number(number, kind, told["id"], p=told)
            case "contact.corrected":
                told = fact | {"contact_id": self.some(self.contacts), "fields": {"person_ids": [person]}}
                return self.number(number, kind, told["contact_id"], p=told)
            case "person.merged":
                one, other = self.pair(worker)
                return self.number(number, kind, one, p=fact | {"from_id": one, "into_id": other})
            case "verification.recorded":
                told = fact | {"person_id": person, "basis": "self_report", "contact_id": self.some(self.contacts),
                    "review_status": self.chance.choice(["unreviewed", "confirmed", "not_confirmed"]),
                    "district_id": self.chance.choice([self.cast.watford.id, self.cast.dacorum.id, None])}  # fmt: skip
                return self.number(number, kind, person, p=told)
            case "need.recorded":
                told = fact | {"person_id": person, "need": "mental_health", "contact_id": self.some(self.contacts)}
                return self.number(number, kind, person, p=told)
            case "visit.recorded":
                told = fact | pin | {"team_id": worker.team_ids[0], "night": str(self.today), "site_id": site}
                return self.number(number, kind, fact["id"], p=told)
            case "referral.patched":
                return self.number(number, kind, self.new_id(), set={"team_id": [worker.team_ids[0], {}]})
            case "site.patched":
                return self.number(number, kind, site, set={"name": ["Place", {}]})
            case _:
                return self.number(number, kind, person, set={"name": ["Somebody", {}]})

    def number(self, number: int, kind: str, entity: str, **said: Any) -> dict[str, Any]:
        self.sent[number] += 1
        now_ms, worker = int(self.clock().timestamp() * 1000), self.carriers[number]
        envelope = {"id": self.new_id(), "dev": number, "n": self.sent[number], "hlc": now_ms << 16, "t": kind}
        return envelope | {"s": f"team:{worker.team_ids[0]}", "who": worker.id, "at": now_ms, "e": entity} | said

    def push(self, number: int, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Returns the changes that count afterwards."""
        now_ms = int(self.clock().timestamp() * 1000)
        body = msgspec.json.encode({"device": number, "now": now_ms, "app": "1.0.0", "events": changes})
        with self.database.writing() as session:
            sync.push(session, number, decode_batch(body, validate=validate), now_ms, self.projection.project)
        with self.database.reading() as session:
            held = {each.id: each.reason for each in sync.list_quarantined(session, number)}
        assert not any("could not be applied" in (reason or "") for reason in held.values()), held
        self.counts.update("held" if each["id"] in held else "accepted" for each in changes)
        counted = [each for each in changes if each["id"] not in held]
        self.counts["joined"] += sum(each["t"] == "person.merged" for each in counted)
        return counted

    # --------------------------------------------------------------------------------------------------------- oracle

    def refused_by_pages(self, actor: Actor, change: dict[str, Any]) -> list[str]:
        """The records that a change names, with which a page would not let this actor do what it does; two that nobody else has
        said are one."""
        told = change.get("p") or {}
        people = {
            "contact.recorded": [(each, Act.RECORD_CONTACT) for each in told.get("person_ids", ())],
            "contact.corrected": [(each, Act.RECORD_CONTACT) for each in told.get("fields", {}).get("person_ids", ())],
            "person.patched": [(change["e"], Act.EDIT_PERSON)],
            "site.patched": [(change["e"], Act.EDIT_PERSON)],
            "person.merged": [(told.get(end), Act.MERGE_PEOPLE) for end in ("from_id", "into_id")],
            "verification.recorded": [
                (change["e"], Act.EDIT_PERSON if told.get("review_status") == "unreviewed" else Act.JUDGE_VERIFICATION)
            ],
            "need.recorded": [(change["e"], Act.EDIT_PERSON)],
        }.get(change["t"], [])
        with self.database.reading() as session:
            subjects.count_relations_from(session, self.clock())
            asked: list[tuple[str, Act, Subject | None]] = [
                (each, act, subjects.find_person(session, each)) for each, act in people
            ]
            if "site_id" in told or change["t"] == "site.patched":
                site = told.get("site_id", change["e"])
                act = Act.EDIT_SITE if change["t"] == "site.patched" else Act.SEE_PLACE
                asked.append((site, act, subjects.find_site(session, site)))
            if change["t"] == "contact.corrected":
                contact = told["contact_id"]
                asked.append((contact, Act.CORRECT_CONTACT, subjects.find_contact(session, contact)))
        refused = [
            each
            for each, act, subject in asked
            if subject is not None and not isinstance(decide(actor, act, _unhidden(subject), self.today), Allow)
        ]
        if change["t"] == "person.merged" and frozenset((told["from_id"], told["into_id"])) not in self.said_same:
            refused.append(told["into_id"])
        return refused


def find_person(session: Any, person_id: str) -> Subject | None:
    """Somebody as pages see them; who was met and never described has no page yet, and is already somebody's: of whoever met
    them, or met the person that they were found to be."""
    same = subjects.list_same_person(session, person_id)
    found = [each for one in [person_id, *same] if (each := subjects.find_person(session, one)) is not None]
    if found and found[0].id == person_id:
        return found[0]
    met = select(contact_person.c.district_id, team.c.agency_id).join(team, team.c.id == contact_person.c.team_id)
    rows = session.execute(met.where(contact_person.c.person_id.in_(same))).all()
    for table in (person_verification, mdt_case):
        judged = select(table.c.district_id).where(table.c.person_id.in_(same))
        rows += [(district_id, None) for district_id in session.scalars(judged)]
    if not found and not any(district_id or agency_id for district_id, agency_id in rows):
        return None
    return Subject(
        kind=SubjectKind.PERSON,
        id=person_id,
        district_ids=frozenset(row[0] for row in rows if row[0]).union(*(each.district_ids for each in found)),
        working_agency_ids=frozenset(row[1] for row in rows if row[1]).union(
            *(each.working_agency_ids for each in found)
        ),
    )


def _unhidden(subject: Subject) -> Subject:
    """That somebody is hidden is told by no refusal: what is recorded of them counts, and opens nothing."""
    return msgspec.structs.replace(subject, hidden=False)


@pytest.mark.parametrize("seed", range(max(3, -(-PUSHES // OF_A_TOWN))))
def test_no_push_opens_hides_or_changes_what_the_pages_would_not(
    seed: int, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str], tmp_path: Path
) -> None:
    town = Town(seed, database, cast, clock, new_id, tmp_path)
    before = town.read = town.readable()
    for _ in range(min(PUSHES, OF_A_TOWN) // (1 if database.engine.dialect.name == "sqlite" else 8)):
        clock.advance(minutes=1)
        number = town.chance.choice(list(town.carriers))
        worker = town.carriers[number]
        changes = [town.make(number) for _ in range(town.chance.randint(1, 2))]
        with database.reading() as session:
            actor = town.actor(session, worker)
        refused = {each["id"]: town.refused_by_pages(actor, each) for each in changes}
        counted = town.push(number, changes)
        wrong = [(each["t"], each["e"], each.get("p"), refused[each["id"]]) for each in counted if refused[each["id"]]]
        assert not wrong, f"{wrong} by {worker.roles}"
        after = town.readable()
        knew = {person_id for reader, person_id, act in before if reader == worker.id and act is Act.SEE_PERSON}
        for reader, person_id, act in after ^ before:
            if person_id not in town.known:
                continue  # a need was noted, and nobody's record said who they are: whoever describes them first does
            assert person_id in knew, f"{reader} {act} {person_id} after {changes}"
            assert reader != worker.id or (reader, person_id, act) in before or act is Act.SEE_NOTES, changes
        town.people += sorted({each for change in counted for each in _people_of(change)} - set(town.people))
        town.sites += [each["e"] for each in counted if each["t"] == "site.patched" and each["e"] not in town.sites]
        town.contacts += [each["e"] for each in counted if each["t"] == "contact.recorded"]
        before = town.read = town.readable()
        with database.reading() as session:
            town.known = {each for each in town.people if find_person(session, each) is not None}
    assert min(town.counts["held"], town.counts["accepted"]) >= 4
    if database.engine.dialect.name == "sqlite":  # an eighth of its pushes are too few for a phone to join two
        assert town.counts["joined"] >= 4


def _people_of(change: dict[str, Any]) -> list[str]:
    told = change.get("p") or {}
    if change["t"] == "person.patched":
        return [change["e"]]
    return [*told.get("person_ids", ()), *([told["person_id"]] if "person_id" in told else [])]
