"""Whatever two phones and a desk do, in whatever order it travels: what each phone shows in the end is what the server says.

Their clocks are right: what a wrong one told reads on phones as it was told, and mended on the server.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from msgspec import structs
from sqlalchemy import select

from mobile.field.drafts import DraftRefused
from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, VisitDraft
from mobile.store import contacts, people, referrals, sites, visits
from mobile.store.errors import StoreError
from server.access import Door
from server.actions.operation.enrolment import confirm_device, make_code
from server.actions.people import facts, identity
from server.actions.referrals import desk
from server.actions.referrals import referrals as reports
from server.actions.street import amending
from server.http.services import Services
from server.problems import Failure, Forbidden, Invalid, NotFound
from server.queries.people import identity as stored
from server.queries.people import people as server_people
from server.queries.people import person_page, subjects, verification
from server.queries.referrals import inbox
from server.queries.street import contacts as server_contacts
from server.queries.street import visits as server_visits
from server.queries.sync.store import list_quarantined
from server.tables.people.person import person
from server.tables.street.contact import contact, contact_person
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.model.codes import ContactState, IdentityWord, ReceivingSupport, ReferralState, SiteKind, SupportNeed
from shared.model.contact import Contact, NeedSeen
from shared.model.position import Position
from shared.rules.referral import FINAL_STATES
from tests.conftest import Clock
from tests.mobile.rig import PIN, Rig
from tests.server.cast import WATFORD, Cast, make_cast, make_settings
from tests.server.running import lend_app
from tests.web.county import put_referral

pytestmark = pytest.mark.slow
PLACES = [Position(latitude=WATFORD[0] + step / 500, longitude=WATFORD[1]) for step in range(3)]
STATES = (ContactState.BEDDED_DOWN, ContactState.ABOUT_TO_BED_DOWN, ContactState.NOT_BEDDED_DOWN)
NEEDS = (SupportNeed.ALCOHOL, SupportNeed.MENTAL_HEALTH)
NOT_NOW = (StoreError, DraftRefused, Failure, Forbidden, Invalid, NotFound)
"""What an actor is told who may not do just then what chance had them try."""


class Through(httpx.BaseTransport):
    """A phone's network: the application of this test."""

    def __init__(self, client: TestClient[Any]) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        answer = self._client.request(
            request.method, request.url.raw_path.decode(), headers=dict(request.headers), content=body
        )
        kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-encoding"}
        return httpx.Response(answer.status_code, headers=kept, content=answer.content)


class Connected(Rig):
    """A phone whose network is given from the first."""

    def __init__(self, directory: Path, network: Through, family: str) -> None:
        self._network = network
        super().__init__(directory, family=family)

    def _build(self) -> Any:
        self.server = self._network  # type: ignore[assignment]
        return super()._build()


class World:
    """Aisha's phone, Dean's, and the desk where Tom and Priya sit."""

    def __init__(self, folder: Path, services: Services, cast: Cast, clock: Clock, client: TestClient[Any]) -> None:
        self.services, self.cast, self.clock = services, cast, clock
        self.phones = [self._enrol(folder, each, client) for each in (cast.aisha, cast.dean)]

    def _enrol(self, folder: Path, worker: Any, client: TestClient[Any]) -> Connected:
        name = worker.name.split()[0].lower()
        rig = Connected(folder / name, Through(client), family="a15a0000" if name == "aisha" else "dea10000")
        rig.clocks.wall = self.clock.now
        with self.services.database.writing() as session:
            code = make_code(
                session, worker.id, self.cast.team.id, self.services.settings, self.clock(), self.services.new_id
            ).code
        answer = rig.field.enrol(code, "https://lantern.test", PIN)
        assert answer.enrolled, answer.message
        card = rig.field._vaults.find_card()
        assert card is not None
        with self.door(self.cast.tom) as access:
            confirm_device(access, card.device_number, self.services.project)
        return rig

    def door(self, who: Any) -> Any:
        return Door(self.services.database, who, self.clock(), self.services.new_id, may_change=True).open()

    def pass_(self, **time: float) -> None:
        self.clock.advance(**time)
        for rig in self.phones:
            rig.clocks.pass_(**time)

    def report(self, name: str, place: Position) -> None:
        with self.services.database.writing() as session:
            at = (place.latitude, place.longitude)
            put_referral(session, self.clock(), name, at=at, district_id=self.cast.watford.id, description="blue tent")
        with self.door(self.cast.tom) as access:
            reports.assign_referral(access, name, self.cast.team.id)

    def close(self) -> None:
        for rig in self.phones:
            rig.field.close()


class Night:
    """What chance lets them do. Each act chooses among what its actor knows."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.told: list[str] = []

    def live(self, acts: int) -> None:
        on_phone = (
            self.meet, self.meet, self.meet, self.correct, self.strike, self.restore, self.look, self.strike_visit,
            self.restore_visit, self.need, self.rename, self.place, self.change_place, self.step, self.choose_version,
            self.die_and_start,
        )  # fmt: skip
        at_desk = (
            self.join, self.part, self.strike_at_desk, self.put_back_at_desk, self.correct_at_desk, self.report_at_desk,
            self.rename_at_desk, self.need_at_desk,
        )  # fmt: skip
        for _ in range(acts):
            act = self.chance.choice([*on_phone, *on_phone, *at_desk])
            self.told.append(act.__name__)
            try:
                if act in at_desk:
                    with self.world.door(self.chance.choice((self.world.cast.tom, self.world.cast.priya))) as access:
                        act(access)
                else:
                    act(self.chance.choice(self.world.phones))
            except NOT_NOW:
                self.told[-1] += " (not now)"
            self.world.pass_(minutes=self.chance.choice((1, 7, 30)))
            if self.chance.random() < 0.4:
                self.chance.choice(self.world.phones).field.sync_once()

    def pick(self, rows: list[Any]) -> Any:
        if not rows:
            raise NotFound
        return self.chance.choice(rows)

    # ------------------------------------------------------------------------------------------------------ on a phone

    def held(self, rig: Rig, table: str) -> list[str]:
        with rig.field._open.record.store.reading() as connection:
            return sorted(row for (row,) in connection.execute(f"SELECT id FROM {table}"))

    def someone(self, rig: Rig) -> str:
        return str(self.pick(self.held(rig, "person")))

    def somewhere(self, rig: Rig) -> str | None:
        return self.chance.choice([None, *self.held(rig, "site")])

    def meet(self, rig: Rig) -> None:
        known = self.held(rig, "person")
        met = tuple(self.chance.sample(known, min(len(known), self.chance.choice((0, 1, 1, 2)))))
        new = () if met else (PersonDraft(alias=f"Red {self.chance.randrange(99)}"),)
        needs = (NeedSeen(need=self.chance.choice(NEEDS)),) if self.chance.random() < 0.5 else ()
        rig.field.record_contact(ContactDraft(
            state=self.chance.choice(STATES), person_ids=met, new_people=new, site_id=self.somewhere(rig),
            site_is_chosen=True, needs=needs, referral_id=self.chance.choice([None, *self.held(rig, "referral")]),
        ))  # fmt: skip

    def correct(self, rig: Rig) -> None:
        fields = self.chance.choice((
            {"person_ids": (self.someone(rig),)}, {"person_ids": ()}, {"site_id": self.somewhere(rig)},
            {"state": self.chance.choice(STATES)}, {"needs": ()}, {"next_step": "call Housing"},
            {"seen_at": self.world.clock() - timedelta(minutes=self.chance.randrange(300))},
        ))  # fmt: skip
        rig.field.refine_contact(self.pick(self.held(rig, "contact")), fields, "put right")

    def strike(self, rig: Rig) -> None:
        rig.field.strike_contact(self.pick(self.held(rig, "contact")), "not so")

    def restore(self, rig: Rig) -> None:
        rig.field.restore_contact(self.pick(self.held(rig, "contact")))

    def look(self, rig: Rig) -> None:
        referral = self.chance.choice([None, *self.held(rig, "referral")])
        rig.field.record_visit(VisitDraft(site_id=self.somewhere(rig), referral_id=referral, bedding_present=False))

    def strike_visit(self, rig: Rig) -> None:
        rig.field.strike_visit(self.pick(self.held(rig, "visit")), "wrong tile")

    def restore_visit(self, rig: Rig) -> None:
        rig.field.restore_visit(self.pick(self.held(rig, "visit")))

    def need(self, rig: Rig) -> None:
        rig.field.record_need(self.someone(rig), self.chance.choice(NEEDS), self.chance.choice(("yes", "no")))

    def rename(self, rig: Rig) -> None:
        name = self.chance.choice(("name", "alias", "description", "safety_needs"))
        rig.field.patch_person(self.someone(rig), {name: f"{name} {self.chance.randrange(9)}"})

    def place(self, rig: Rig) -> None:
        at = self.chance.choice(PLACES)
        rig.field.add_site(SiteDraft(name=f"Porch {self.chance.randrange(9)}", kind=SiteKind.CAR_PARK, position=at))

    def change_place(self, rig: Rig) -> None:
        fields: dict[str, Any] = self.chance.choice((
            {"in_use": False}, {"in_use": True}, {"name": f"Arch {self.chance.randrange(9)}"},
            {"hazards": f"dog {self.chance.randrange(9)}"}, {"position": self.chance.choice(PLACES)},
        ))  # fmt: skip
        rig.field.patch_site(self.pick(self.held(rig, "site")), fields)

    def step(self, rig: Rig) -> None:
        state = self.chance.choice((ReferralState.LOOKED_FOR, ReferralState.FOUND, ReferralState.CLOSED))
        outcome = "Person found, taken to shelter" if state is ReferralState.CLOSED else ""
        rig.field.progress_referral(self.pick(self.held(rig, "referral")), state, outcome=outcome)

    def choose_version(self, rig: Rig) -> None:
        """The lead's choice between what two wrote unseen by one another."""
        conflict = self.pick([item.conflict for item in rig.field.sync_tray() if item.conflict is not None])
        rig.field.resolve_conflict(conflict, self.chance.choice(conflict.choices))

    def die_and_start(self, rig: Rig) -> None:
        rig.restart().unlock(PIN)

    # ------------------------------------------------------------------------------------------------------ at a desk

    def known(self, access: Any, table: Any) -> list[str]:
        return sorted(access.session.scalars(select(table.c.id)))

    def two(self, access: Any) -> tuple[str, str]:
        known = self.known(access, person)
        if len(known) < 2:
            raise NotFound
        one, other = self.chance.sample(known, 2)
        return one, other

    def join(self, access: Any) -> None:
        low, high = sorted(self.two(access))
        say_seen(access, low, high, self.world)
        identity.judge(access, self.world.services.project, low, high, IdentityWord.SAME)

    def part(self, access: Any) -> None:
        identity.part(access, self.world.services.project, *self.two(access))

    def strike_at_desk(self, access: Any) -> None:
        amending.strike(access, self.world.services.project, self.pick(self.known(access, contact)), "heard otherwise")

    def put_back_at_desk(self, access: Any) -> None:
        amending.put_back(access, self.world.services.project, self.pick(self.known(access, contact)))

    def correct_at_desk(self, access: Any) -> None:
        fields = {"person_ids": (self.pick(self.known(access, person)),)}
        amending.correct(access, self.world.services.project, self.pick(self.known(access, contact)), fields, "not her")

    def rename_at_desk(self, access: Any) -> None:
        known = self.pick(self.known(access, person))
        shown = facts.list_shown(access.open_person(known, "test"))
        typed = shown | {self.chance.choice(("name", "alias", "description")): f"desk {self.chance.randrange(9)}"}
        facts.change_facts(access, self.world.services.project, known, typed, shown)

    def need_at_desk(self, access: Any) -> None:
        known, need = self.pick(self.known(access, person)), self.chance.choice(NEEDS)
        _, same = access.find_person_and_same(known)
        shown = {each.need: str(each.receiving_support) for each in person_page.list_needs(access.session, same)}
        says = self.chance.choice((ReceivingSupport.YES, ReceivingSupport.NO))
        facts.set_needs(access, self.world.services.project, known, {need: says}, shown)

    def report_at_desk(self, access: Any) -> None:
        name = self.chance.choice(("r1", "r2"))
        self.chance.choice((
            lambda: reports.close_referral(access, name, "person_found_taken_to_shelter"),
            lambda: reports.reopen_referral(access, name),
            lambda: reports.assign_referral(access, name, self.world.cast.team.id, self.world.cast.dean.id),
            lambda: reports.progress_referral(access, name, ReferralState.NEEDS_INFORMATION),
            lambda: desk.undo(access, name),
        ))()  # fmt: skip


def say_seen(access: Any, one: str, other: str, world: World) -> None:
    """Somebody else has said so before: the press joins them."""
    before = world.cast.priya if access.actor.worker_id == world.cast.tom.id else world.cast.tom
    stored.add_judgement(access.session, stored.Judgement(
        id=access.new_id(), one_id=one, other_id=other, said=IdentityWord.SAME, at=access.now, worker_id=before.id,
        saw_one=True, saw_other=True,
    ))  # fmt: skip


def settle(world: World) -> None:
    """Everybody syncs until there is nothing more to say or to hear."""
    for _ in range(3):
        for rig in world.phones:
            rig.field.sync_once()
            world.pass_(seconds=1)
    assert [rig.field.unsent() for rig in world.phones] == [0, 0]


def told_by_server(world: World) -> dict[str, Any]:
    said: dict[str, Any] = {}
    with world.services.database.reading() as session:
        for each in session.scalars(select(person.c.id)):
            group = subjects.list_same_person(session, each)
            seen = session.scalars(
                select(contact.c.seen_at).join(contact_person, contact_person.c.contact_id == contact.c.id)
                .where(contact_person.c.person_id.in_(group)).order_by(contact.c.seen_at.desc())
            ).first()  # fmt: skip
            needs = {(str(one.need), str(one.receiving_support)) for one in server_people.list_needs(session, each)}
            stands = next(iter(verification.list_canonical(session, group)), None)
            said[f"person {each}"] = (server_people.find_person(session, each), set(group), seen, needs)
            said[f"stands for {each}"] = stands
        for each in session.scalars(select(contact.c.id)):
            found = server_contacts.find_contact(session, each)
            said[f"contact {each}"] = in_any_order(found.contact) if found else None
        for each in session.scalars(select(visit.c.id)):
            looked = server_visits.find_visit(session, each)
            said[f"visit {each}"] = looked.why if looked else None
        for row in session.execute(
            select(site.c.id, site.c.name, site.c.kind, site.c.in_use, site.c.hazards, site.c.latitude)
        ):
            said[f"site {row.id}"] = tuple(row)[1:]
        for each in ("r1", "r2"):
            report = inbox.find_inbox_row(session, each)
            assert report is not None
            told = report.referral
            is_over = told.state in FINAL_STATES
            if told.team_id is not None:  # else no phone has it
                said[f"referral {each}"] = (
                    told.state,
                    told.due_on,
                    told.team_id,
                    told.assigned_worker_id,
                    report.outcome if is_over else "",
                )
    return said


def told_by(rig: Rig) -> dict[str, Any]:
    said: dict[str, Any] = {}
    with rig.field._open.record.store.reading() as connection:
        for (each,) in connection.execute("SELECT id FROM person").fetchall():
            group = people.list_aliases(connection, each)
            row = people.find_person(connection, each)
            assert row is not None
            needs = {(str(one.need), str(one.receiving_support)) for one in people.list_needs(connection, group)}
            said[f"person {each}"] = (row.person, set(group), moment(row.last_seen_at), needs)
            said[f"stands for {each}"] = group[0]
        for (each,) in connection.execute("SELECT id FROM contact").fetchall():
            found = contacts.find_contact(connection, each)
            said[f"contact {each}"] = in_any_order(found.contact) if found else None
        for (each,) in connection.execute("SELECT id FROM visit").fetchall():
            said[f"visit {each}"] = visits.list_struck(connection, (each,)).get(each, "")
        for (each,) in connection.execute("SELECT id FROM site").fetchall():
            place = sites.find_site(connection, each)
            assert place is not None
            it = place.site
            at = it.position.latitude if it.position else None
            said[f"site {each}"] = (it.name, str(it.kind), it.in_use, it.hazards, at)
        for (each,) in connection.execute("SELECT id FROM referral").fetchall():
            report = referrals.find_referral(connection, each)
            assert report is not None
            told = report.referral
            is_over = told.state in FINAL_STATES
            said[f"referral {each}"] = (
                told.state,
                told.due_on,
                told.team_id,
                told.assigned_worker_id,
                report.outcome if is_over else "",
            )
    return said


def in_any_order(told: Contact) -> Contact:
    """Whom of several a contact names first means nothing: the server does not keep it."""
    return structs.replace(
        told, person_ids=tuple(sorted(told.person_ids)), needs=tuple(sorted(told.needs, key=lambda each: each.need))
    )


def list_apart(server: dict[str, Any], phone: dict[str, Any]) -> list[str]:
    """Each thing that the two say otherwise, or that one of them does not have."""
    return [
        f"{key}: the server says\n{server.get(key)}, the phone\n{phone.get(key)}"
        for key in sorted(server.keys() | phone.keys())
        if server.get(key) != phone.get(key)
    ]


def moment(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


@pytest.fixture
def database_kind() -> str:
    """What a phone shows hangs on no database."""
    return "sqlite"


@pytest.fixture
def client(services: Services, clock: Clock, new_id: Callable[[], str]) -> Iterator[TestClient[Any]]:
    with lend_app(services.settings, clock, new_id) as app, TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def services(database_url: str, tmp_path: Path, clock: Clock, new_id: Callable[[], str]) -> Iterator[Services]:
    from server.app import create_services

    made = create_services(make_settings(database_url, tmp_path / "server"), clock, new_id)
    yield made
    made.database.close()


@pytest.mark.parametrize("seed", range(8))
def test_each_phone_shows_what_the_server_says(
    seed: int, services: Services, client: TestClient[Any], clock: Clock, new_id: Callable[[], str], tmp_path: Path
) -> None:
    cast = make_cast(services.database, clock(), new_id)
    world = World(tmp_path / "phones", services, cast, clock, client)
    try:
        world.report("r1", PLACES[0])
        world.report("r2", PLACES[1])
        settle(world)
        night = Night(world, seed)
        night.live(60)
        settle(world)
        with services.database.reading() as session:
            assert [(each.reason, each.change) for each in list_quarantined(session)] == [], night.told
        server = told_by_server(world)
        for rig in world.phones:
            phone = told_by(rig)
            assert list_apart(server, phone) == [], night.told
    finally:
        world.close()
