"""A county under one seed: phones and the two machines of a server, people at desks, a bad line, restarts, restores, wipes.

Everything of the product runs as it does in the field: the phone's store and conversation, signatures and tokens, the gathered
pushes, policy, projections, sealed boxes, concealment, the ledger of orders, backups. Only the line, the clock and chance are
ours. Every choice comes from one `random.Random`, so that a seed is a history.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import select

from server.access import Access, Door
from server.actions.cases.moves import hand_over
from server.actions.operation.enrolment import make_code, stop_device
from server.actions.operation.keyring import rotate_sealing_key
from server.actions.people import identity
from server.actions.people.erasure import forget_person
from server.actions.people.hiding import hide_person, show_person_again
from server.actions.people.verification import judge_verification
from server.actions.sync import held
from server.app import create_services
from server.backups import make_backup, restore_backup
from server.database.context import Kind, acting
from server.database.engine import Database
from server.jobs.catalogue import rebuilder_of
from server.problems import Failure
from server.queries.partnership import workers
from server.queries.people import subjects
from server.settings import Settings
from server.tables.cases.case import mdt_case
from server.tables.people.person import person
from shared.geo.night import outreach_night
from shared.model.codes import DeviceStatus, EvidenceBasis, IdentityWord, ReviewStatus, Role
from shared.model.worker import Worker
from sync.driver import PUSH, Answer, Ask
from sync.pacing import Sizes
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast, add_role
from tests.server.running import lend_app
from tests.simulation.whole.handset import Handset

DACORUM = (51.75, -0.55)
PLACES = [WATFORD, (51.6571, -0.3955), DACORUM, (51.7512, -0.5487)]
STATES = ["bedded_down", "bedded_down", "hand_to_mouth", "not_found", "declined"]
QUIET_ROUNDS_MAX = 12


class Machine:
    """One server process over the county's database. `restart` is what an upgrade or a power cut does to it."""

    def __init__(self, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> None:
        self._made = (settings, clock, new_id)
        self._stack = ExitStack()
        self.start()

    def start(self) -> None:
        self._stack = ExitStack()
        app = self._stack.enter_context(lend_app(*self._made))
        self.client = self._stack.enter_context(TestClient(app, raise_server_exceptions=False))

    def stop(self) -> None:
        self._stack.close()

    def restart(self) -> None:
        self.stop()
        self.start()


class County:
    """One history. `live` lives it and then waits for quiet."""

    def __init__(
        self, seed: int, settings: Settings, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self.chance = random.Random(seed)
        self.settings, self.database, self.cast, self.clock, self.new_id = settings, database, cast, clock, new_id
        self.counts: Counter[str] = Counter()
        self.is_calm = False
        self.people: list[str] = []
        self.contacts: list[str] = []
        self.visits: list[str] = []
        self.merges: list[tuple[str, str]] = []
        self.erased: set[str] = set()
        self.backups: list[Path] = []
        self.last: dict[int, tuple[str, int, bytes]] = {}
        self.gone: list[Handset] = []
        self.services = create_services(settings, clock, new_id)
        self._hire()
        self.machines = [Machine(settings, clock, new_id) for _ in range(2)]
        self.phones = [self._enrol(each) for each in (cast.aisha, cast.dean, cast.tom, self.eve)]

    def close(self) -> None:
        for each in self.machines:
            each.stop()
        self.services.database.close()

    def _hire(self) -> None:
        """Eve walks Dacorum with the other team; Tom leads both, and Priya and Carol stand for the partnership."""
        team = self.cast.other_team
        self.eve = Worker(
            id=self.new_id(), name="Eve Stone", short_name="Eve S", agency_id=team.agency_id, roles=frozenset({Role.WORKER}),
            team_ids=(team.id,), trained_on=self.clock().date(),
        )  # fmt: skip
        with self.database.writing() as session:
            workers.add_worker(session, self.eve, email=None, now=self.clock())
            add_role(session, self.cast.tom.id, Role.WORKER)

    def _enrol(self, worker: Worker) -> Handset:
        with self.database.writing() as session:
            told = (worker.id, worker.team_ids[0], self.settings, self.clock(), self.new_id)
            code = make_code(session, *told).code
        return Handset(self.machines[0].client, self.clock, self.new_id, code)

    # ------------------------------------------------------------------------------------------------------- recording
    def meet(self, phone: Handset) -> None:
        moment = self.clock() - timedelta(minutes=self.chance.choice([0, 0, 3, 90, 1_500, 9_000]))
        met = [self._somebody() for _ in range(self.chance.choice([0, 1, 1, 1, 2]))]
        told = self._fact(phone) | {
            "state": self.chance.choice(STATES), "seen_at": moment.isoformat(), "recorded_at": self.clock().isoformat(),
            "night": str(outreach_night(moment)), "team_id": phone.team_id, "person_ids": met,
            "unidentified_people": self.chance.choice([0, 0, 1]), "position": self._pin(),
        }  # fmt: skip
        told.pop("at")
        self.contacts.append(phone.say("contact.recorded", told["id"], p=told).e or "")
        self.people += [each for each in met if each not in self.people]

    def describe(self, phone: Handset) -> None:
        name = self.chance.choice(["name", "alias", "description"])
        phone.say("person.patched", self._somebody(), sets={name: self.chance.choice(["Marek", "Red", "Jo", "Big Al"])})

    def correct(self, phone: Handset) -> None:
        if self.contacts:
            fields = self.chance.choice(
                [{"state": self.chance.choice(STATES)}, {"person_ids": [self._somebody()]}, {"person_ids": []}]
            )
            chosen = self.chance.choice(self.contacts)
            phone.say("contact.corrected", chosen, p=self._fact(phone) | {"contact_id": chosen, "fields": fields})

    def judge(self, phone: Handset) -> None:
        chosen = self._somebody()
        told = {"person_id": chosen, "basis": "self_report", "review_status": "unreviewed"}
        phone.say("verification.recorded", chosen, p=self._fact(phone) | told)

    def merge(self, phone: Handset) -> None:
        """As the lead's phone does it, and takes it back."""
        lead = next((each for each in self.phones if each.worker_id == self.cast.tom.id), None)
        if lead is None or len(self.people) < 2:
            return
        undone = bool(self.merges) and self.chance.random() < 0.5
        pair = self.chance.choice(self.merges) if undone else tuple(self.chance.sample(self.people, 2))
        told = {"from_id": pair[0], "into_id": pair[1], "undone": undone}
        lead.say("person.merged", pair[1], p=self._fact(lead) | told)
        self.merges.append((pair[0], pair[1]))

    def visit(self, phone: Handset) -> None:
        told = self._fact(phone) | {
            "team_id": phone.team_id, "night": str(outreach_night(self.clock())), "position": self._pin(),
        }  # fmt: skip
        self.visits.append(phone.say("visit.recorded", told["id"], p=told).e or "")

    def strike(self, phone: Handset) -> None:
        if self.visits:
            chosen = self.chance.choice(self.visits)
            struck = self.chance.random() < 0.7
            told = {"visit_id": chosen, "is_struck": struck, "reason": "The wrong corner"}
            phone.say("visit.struck", chosen, p=self._fact(phone) | told)

    def need(self, phone: Handset) -> None:
        chosen = self._somebody()
        told = {"person_id": chosen, "need": self.chance.choice(["mental_health", "alcohol"])}
        phone.say("need.recorded", chosen, p=self._fact(phone) | told)

    def _fact(self, phone: Handset) -> dict[str, Any]:
        return {"id": self.new_id(), "worker_id": phone.worker_id, "at": self.clock().isoformat()}

    def _pin(self) -> dict[str, float]:
        latitude, longitude = self.chance.choice(PLACES)
        return {"latitude": latitude, "longitude": longitude}

    def _somebody(self) -> str:
        if self.people and self.chance.random() < 0.8:
            return self.chance.choice(self.people)
        return self.new_id()

    # -------------------------------------------------------------------------------------------------------- the wire
    def sync(self, phone: Handset) -> None:
        sizes = (
            Sizes(200, 1000) if self.is_calm else Sizes(self.chance.choice([1, 3, 20]), self.chance.choice([1, 4, 50]))
        )
        phone.sync(lambda ask: self._carry(phone, ask), sizes)

    def _carry(self, phone: Handset, ask: Ask) -> Answer | None:
        client = self.chance.choice(self.machines).client
        fate = 1.0 if self.is_calm else self.chance.random()
        self.counts[ask.kind] += 1
        if fate < 0.1:
            return None
        answer = phone.ask(client, ask)
        assert answer.status != 500, answer.body
        self.last[phone.number] = (ask.kind, answer.status, answer.body[:200])
        if fate < 0.2 and ask.kind == PUSH:
            self.counts["doubled"] += 1
            answer = phone.ask(self.chance.choice(self.machines).client, ask)
        return None if fate < 0.3 else answer

    # -------------------------------------------------------------------------------------------------------- at desks
    def at_desk(self, worker: Worker, act: Callable[[Access], object]) -> None:
        """Somebody presses something; what is refused changes nothing."""
        door = Door(self.services.database, worker, self.clock(), self.new_id, may_change=True)
        try:
            with door.open() as access:
                act(access)
            self.counts[f"pressed: {getattr(act, '__name__', 'something')}"] += 1
        except Failure:
            self.counts["refused at a desk"] += 1

    @property
    def _project(self) -> Any:
        return self.services.project

    def confirm(self, _: Handset) -> None:
        chosen, status = self._somebody(), self.chance.choice([ReviewStatus.CONFIRMED, ReviewStatus.NOT_CONFIRMED])
        told = (self.cast.watford.id, status, EvidenceBasis.PROFESSIONAL_JUDGEMENT, "Seen there often.")
        self.at_desk(self.cast.priya, lambda access: judge_verification(access, self._project, chosen, *told))

    def say_same(self, _: Handset) -> None:
        """Two look at two records, and say one after the other that they are one; or they are parted."""
        if len(self.people) < 2:
            return
        one, other = self.chance.sample(self.people, 2)
        if self.chance.random() < 0.4:
            self.at_desk(self.cast.tom, lambda access: identity.part(access, self._project, one, other))
            return
        for worker in (self.cast.priya, self.cast.tom):
            word = self.chance.choice([IdentityWord.SAME, IdentityWord.SAME, IdentityWord.DIFFERENT])
            self.at_desk(worker, lambda access, word=word: identity.judge(access, self._project, one, other, word))

    def hide(self, _: Handset) -> None:
        chosen, agencies = self._somebody(), self.chance.choice([[], [self.cast.outreach.id]])
        self.at_desk(self.cast.priya, lambda access: hide_person(access, chosen, agencies, "Somebody looks for them."))

    def show(self, _: Handset) -> None:
        chosen = self._somebody()
        self.at_desk(self.cast.priya, lambda access: show_person_again(access, chosen, "It is over."))

    def move(self, _: Handset) -> None:
        with self.database.reading() as session, acting(Kind.COMMAND):
            listed = session.execute(select(mdt_case.c.id, mdt_case.c.district_id)).all()
        if listed:
            case_id, district_id = self.chance.choice(sorted(map(tuple, listed)))
            to, by = (
                (self.cast.dacorum, self.cast.priya) if district_id == self.cast.watford.id
                else (self.cast.watford, self.cast.carol)
            )  # fmt: skip
            self.at_desk(by, lambda access: hand_over(access, case_id, to.id, "They sleep there now."))

    def erase(self, _: Handset) -> None:
        """Erasure by a request: of one record that was met."""
        with self.database.reading() as session:
            known = sorted(session.scalars(select(person.c.id)))
        if known:
            chosen = self.chance.choice(known)
            with acting(Kind.JOB), self.services.database.writing() as session:
                same = subjects.list_same_person(session, chosen)
                forget_person(session, same, self.now_ms)
            self.erased |= set(same)
            self.counts["erased"] += 1

    def settle_held(self, _: Handset) -> None:
        """The lead lets in, or sets aside, what was held of the team's phones."""

        def press(access: Access) -> None:
            waiting = held.list_held(access)
            if waiting:
                chosen = [each.id for each in waiting if self.chance.random() < 0.5]
                if self.chance.random() < 0.7:
                    held.let_in(access, self._project, chosen)
                else:
                    held.set_aside(access, chosen, "It was a mistake.")

        self.at_desk(self.cast.tom, press)

    # ------------------------------------------------------------------------------------------------------- disasters
    @property
    def now_ms(self) -> int:
        return int(self.clock().timestamp() * 1000)

    def restart(self, _: Handset) -> None:
        self.chance.choice(self.machines).restart()
        self.counts["restart"] += 1

    def back_up(self, _: Handset) -> None:
        self.backups.append(make_backup(self.settings, self.settings.data.parent / "backups", self.clock(), retained=9))

    def restore(self, _: Handset) -> None:
        if not self.backups:
            return
        for each in self.machines:
            each.stop()
        self.database.close()
        self.services.database.close()
        restore_backup(self.settings, self.chance.choice(self.backups), self.clock())
        self.services = create_services(self.settings, self.clock, self.new_id)
        for each in self.machines:
            each.start()
        self.gone.clear()  # what they had delivered since the backup went with it: that is what a backup's age costs
        self.counts["restore"] += 1

    def rebuild(self, _: Handset) -> None:
        with acting(Kind.COMMAND):
            done = rebuilder_of(self.services, self.clock(), only_prove=False).run()
        assert done.differing == [], done.differing
        self.counts["rebuild"] += 1

    def rotate(self, _: Handset) -> None:
        with acting(Kind.COMMAND):
            rotate_sealing_key(self.services.database, self.settings, self.clock())
        self.counts["rotated"] += 1

    def send_away(self, phone: Handset) -> None:
        """A phone is lost: wiped or stopped; what it holds is delivered sealed, and somebody gets another."""
        if self.counts["sent away"] >= 2:
            return
        status = self.chance.choice([DeviceStatus.WIPE_NOW, DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.REVOKED])
        self.at_desk(self.cast.tom, lambda access: stop_device(access, phone.number, status))
        assert phone.send_sealed(self.machines[1].client) in {200, 201, 202}
        self.gone.append(phone)
        self.phones.remove(phone)
        worker = next(w for w in (self.cast.aisha, self.cast.dean, self.cast.tom, self.eve) if w.id == phone.worker_id)
        self.phones.append(self._enrol(worker))
        self.counts["sent away"] += 1

    # -------------------------------------------------------------------------------------------------------- history
    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.clock.advance(seconds=self.chance.choice([1, 40, 600]))
            phone = self.chance.choice(self.phones)
            (happening,) = self.chance.choices(list(HAPPENINGS), weights=list(HAPPENINGS.values()))
            happening(self, phone)
        self.is_calm = True
        for _ in range(QUIET_ROUNDS_MAX):
            before = [self.shows(each) for each in self.phones]
            for each in self.phones:
                self.clock.advance(seconds=1)
                self.sync(each)
            if before == [self.shows(each) for each in self.phones] and not any(
                each.store.unsent_count for each in self.phones
            ):
                return
        unrest = {
            each.number: (each.store.unsent_count, each.store.get_state().status, self.last.get(each.number))
            for each in self.phones
        }
        raise AssertionError(f"no quiet: {unrest}")

    @staticmethod
    def shows(phone: Handset) -> list[str]:
        return sorted(change.id for change, _ in phone.store.list_effective())


HAPPENINGS: dict[Callable[[County, Handset], None], int] = {
    County.meet: 24,
    County.describe: 8,
    County.correct: 7,
    County.judge: 5,
    County.merge: 3,
    County.visit: 5,
    County.strike: 2,
    County.need: 2,
    County.sync: 26,
    County.confirm: 3,
    County.say_same: 3,
    County.hide: 2,
    County.show: 2,
    County.move: 2,
    County.erase: 1,
    County.settle_held: 3,
    County.restart: 1,
    County.back_up: 1,
    County.restore: 1,
    County.rebuild: 1,
    County.rotate: 1,
    County.send_away: 1,
}
