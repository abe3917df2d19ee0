"""A whole county under one seed: phones, a server, a bad line, bad clocks, disasters, and the orders of people.

The production code of both halves and both production stores run here; only the wire, the clock and chance are ours. What
must hold is in `invariants`. Every choice comes from one `random.Random`, so that a seed is a history.
"""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any

from msgspec import Raw

from server.queries.sync import store as queries
from server.queries.sync.blobs import find_received
from shared.model.codes import DeviceStatus
from sync import wire
from sync.authoring import NewChange
from sync.blobs import next_piece
from sync.driver import PULL, PUSH, RENEW, Answer, Ask, Conversation
from sync.encoding import deflate_gzip
from sync.pacing import Sizes
from tests.simulation.faults import Crash, disk_full, new_image
from tests.simulation.liar import Liar
from tests.simulation.office import Office, Store, project, read_rows
from tests.simulation.phone import NEW_APP, OLD_APP, Phone

SCOPES = ["team:a", "team:b", "team:c"]
ENTITIES = ["p1", "p2"]
FIELDS = ["bed", "name"]
PHONES_MAX = 7
DAY_MS = 86_400_000
SKEWS_MS = [0, 0, 400, -90_000, 3_600_000, -400 * DAY_MS, 3_650 * DAY_MS]
QUIET_ROUNDS_MAX = 20

LYING_FROM = 20_000
"""From this seed on a phone that lies is among them. The worlds before keep their histories."""
LIES_TOLD = 0.15
REFUSED_WHOLE = 400

CROWDED_FROM = 10_000
"""From this seed on pushes also wait and go together. The worlds before keep the histories in which faults were found."""

Late = Callable[[], None]


class World:
    """One history. `run` lives it and then waits for quiet."""

    def __init__(self, seed: int | random.Random, store: Store, steps: int = 160) -> None:
        self.chance = seed if isinstance(seed, random.Random) else random.Random(seed)
        self.is_crowded = isinstance(seed, random.Random) or seed >= CROWDED_FROM
        self.steps = steps
        self.now_ms = 1_794_000_000_000
        self.office = Office(store)
        self.phones: list[Phone] = []
        self.late: list[Late] = []
        self.images: list[tuple[Phone, Any]] = []
        self.is_calm = False
        self.counts: Counter[str] = Counter()
        self._ids = 0
        # The oracle's memory: what was recorded, what its author had seen, what was erased, whose number changed.
        self.recorded: dict[str, wire.Change] = {}
        self.known: dict[str, set[str]] = {}
        self.erased: set[str] = set()
        self.adopted: dict[str, str] = {}
        self.renumbered: set[str] = set()
        self.dots: dict[tuple[int, int], set[str]] = {}
        self.has_wiped: set[int] = set()
        self.liar: Liar | None = None
        for _ in range(self.chance.randint(2, 4)):
            self.enrol()
        if not isinstance(seed, random.Random) and seed >= LYING_FROM:
            self.liar = Liar(self.office.enrol(SCOPES, self.now_ms), SCOPES, seed)

    @property
    def lies(self) -> set[str]:
        return self.liar.lies if self.liar is not None else set()

    def lie(self, liar: Liar) -> None:
        """The liar pushes, over a line that always works."""
        devices = [phone.number for phone in self.phones]
        _, push = liar.lie(self.now_ms, ENTITIES, FIELDS, devices)
        status, _ = self.office.handle(liar.number, PUSH, push, self.now_ms)
        if status == REFUSED_WHOLE:
            liar.take_back()
            self.counts["lies refused with their push"] += 1

    def count_lies(self) -> None:
        """How many of each kind were told, and what became of the records that hold them."""
        if self.liar is None:
            return
        self.counts.update({f"lie: {kind}": told for kind, told in self.liar.told.items()})
        kept = read_rows(self.office.store, f"select id, reason from sync_change where device = {self.liar.number}")
        self.counts.update(self._became(change_id, reason) for change_id, reason in kept)
        self.counts["lies lost in a restore"] += len(self.liar.log) - len(kept)
        self.counts["worlds with a liar"] += 1

    def _became(self, change_id: str, reason: str | None) -> str:
        if reason is not None:
            return "lies held"
        if change_id in self.erased:
            return "lies erased by order"
        return "lies mended" if change_id.startswith("tale-") else "lies accepted"

    # ------------------------------------------------------------------------------------------------------ beginnings

    def new_id(self) -> str:
        self._ids += 1
        return f"c{self._ids}"

    def enrol(self) -> None:
        if len(self.phones) >= PHONES_MAX:
            return
        phone = Phone(
            f"phone{len(self.phones)}",
            new_image(),
            self.chance.choice(SKEWS_MS),
            self.chance.choice([OLD_APP, NEW_APP]),
        )
        scopes = self.chance.sample(SCOPES, self.chance.randint(1, 3))
        phone.store.enrol(self.office.enrol(scopes, self.now_ms))
        self.phones.append(phone)

    def pick_phone(self) -> Phone | None:
        living = [phone for phone in self.phones if not phone.is_wiped]
        return self.chance.choice(living) if living else None

    # ------------------------------------------------------------------------------------------------------- recording

    def record(self, phone: Phone) -> None:
        """A worker writes something down; now and then the phone dies or is full in the middle of it."""
        new = self._something(phone)
        saw = {change_id for name in new.sets or () for change_id in self._seen(phone, new.entity, name)}
        if not self.is_calm and self.chance.random() < 0.05:
            phone.fuse.set(self.chance.randrange(6), self.chance.choice([Crash(), disk_full()]))
        try:
            change = phone.record(new, self.now_ms)
        except (Crash, sqlite3.OperationalError):
            self._recover_from_failed_record(phone, new.id)
            return
        finally:
            phone.fuse.clear()
        self._remember(change, saw)
        assert phone.shows(change.id), "I5: an own change is not visible at once"

    def _recover_from_failed_record(self, phone: Phone, change_id: str) -> None:
        self.crash(phone)
        assert not phone.shows(change_id), "I5: a change that was refused is shown"

    def _something(self, phone: Phone) -> NewChange:
        granted = self.office.scopes.get(phone.number) or SCOPES
        scope = self.chance.choice(granted if self.chance.random() < 0.95 else SCOPES)
        entity = self.chance.choice(ENTITIES)
        if self.chance.random() < 0.5:
            return NewChange(
                id=self.new_id(), type="contact.recorded", scope=scope, entity=entity, payload=self._payload()
            )
        sets = {self.chance.choice(FIELDS): self.chance.randrange(1 << 30)}
        return NewChange(id=self.new_id(), type="person.patched", scope=scope, entity=entity, sets=sets)

    def _payload(self) -> Raw:
        words = self.chance.choices(["seen", "unsound", "poison"], weights=[96, 2, 2])[0]
        if words == "poison" and self.liar is not None:
            words = "seen"  # whether a failure is the server's own fault is asked in the other worlds
        return Raw(wire.encode(words if words != "seen" else self.chance.randrange(1 << 30)))

    @staticmethod
    def _seen(phone: Phone, entity: str | None, field: str) -> list[str]:
        found = phone.rows("select id from sync_write where entity = ? and field = ?", entity, field)
        return [change_id for (change_id,) in found]

    def _remember(self, change: wire.Change, saw: set[str]) -> None:
        self.recorded[change.id] = change
        self.dots.setdefault((change.dev, change.n), set()).add(change.id)
        self.known[change.id] = saw.union(*(self.known.get(change_id, set()) for change_id in saw))

    # -------------------------------------------------------------------------------------------------------- the wire

    def sync(self, phone: Phone) -> None:
        """One conversation over a bad line, or a good one once the world is calm."""
        sizes = (
            Sizes(200, 1000) if self.is_calm else Sizes(self.chance.choice([1, 3, 20]), self.chance.choice([1, 4, 50]))
        )
        conversation = phone.conversation(self.now_ms, sizes)
        try:
            self._carry(phone, conversation)
        except (Crash, sqlite3.OperationalError):
            self.crash(phone)
        finally:
            phone.fuse.clear()

    def _carry(self, phone: Phone, conversation: Conversation) -> None:
        talk = conversation.run()
        asked = 0
        ask = next(talk, None)
        while ask is not None and (self.is_calm or asked < 6):
            asked += 1
            self.counts[ask.kind] += 1
            reply = self._exchange(phone, ask)
            if not self.is_calm and self.chance.random() < 0.04:
                phone.fuse.set(self.chance.randrange(12), self.chance.choice([Crash(), disk_full()]))
            if ask.kind == RENEW and reply is not None and reply.status == 200:
                self.renumbered |= {i for (i,) in phone.rows("select id from sync_log")}
            try:
                ask = talk.send(reply)
            except StopIteration:
                ask = None
        talk.close()

    def _exchange(self, phone: Phone, ask: Ask) -> Answer | None:
        """Carry one request there and one answer back; None when one of them was lost."""
        squeezed = deflate_gzip(ask.body)
        if self.is_calm:
            return self._handle(phone.number, ask.kind, squeezed)
        fate = self.chance.random()
        if fate < 0.10:
            self.counts["lost request"] += 1
            return None
        if fate < 0.13:
            squeezed = squeezed[: self.chance.randrange(len(squeezed))]
            self.counts["half request"] += 1
        if self.is_crowded and ask.kind == PUSH and self.chance.random() < 0.25:
            self.office.keep_waiting(phone.number, squeezed)
            self.counts["waiting push"] += 1
            return None
        answer = self._handle(phone.number, ask.kind, squeezed)
        if fate > 0.92 and answer is not None:
            self._repeat(phone.number, ask.kind, squeezed)
        return self._bring_back(phone, ask, answer)

    def _bring_back(self, phone: Phone, ask: Ask, answer: Answer | None) -> Answer | None:
        fate = self.chance.random()
        if answer is None or fate < 0.08:
            self.counts["lost answer"] += 1
            return None
        if fate < 0.16:
            self.late.append(lambda: self._deliver_late(phone, ask, answer))
            self.counts["late answer"] += 1
            return None
        if fate < 0.20:
            self.counts["phone died before the answer"] += 1
            raise Crash
        if fate < 0.22:
            self.counts["half answer"] += 1
            return Answer(answer.status, answer.body[: self.chance.randrange(len(answer.body))])
        return answer

    def _handle(self, number: int, kind: str, squeezed: bytes) -> Answer | None:
        """The server's side; now and then it dies between two statements."""
        self.now_ms += 1
        if not self.is_calm and self.chance.random() < 0.04:
            self.office.store.fuse.set(self.chance.randrange(20), Crash())
        try:
            status, body = self.office.handle(number, kind, squeezed, self.now_ms)
        except Crash:
            self.counts["server died"] += 1
            return None
        finally:
            self.office.store.fuse.clear()
        if status != 200:
            self.counts[f"refused {wire.read_refusal(body).refused}"] += 1
        return Answer(status, body)

    def _repeat(self, number: int, kind: str, squeezed: bytes) -> None:
        """The same request again: it must change nothing (I7)."""
        self.counts["doubled"] += 1
        if kind not in {PUSH, PULL}:
            return
        before = self._extent()
        waiting, self.office.waiting = self.office.waiting, []
        self._handle(number, kind, squeezed)
        self.office.waiting = waiting
        assert self._extent() == before, "I7: a repeated request changed something"

    def _extent(self) -> list[Any]:
        return read_rows(
            self.office.store,
            "select (select count(*) from sync_change), (select count(*) from sync_feed), (select count(*) from sync_write)",
        )

    def _deliver_late(self, phone: Phone, ask: Ask, answer: Answer) -> None:
        """An answer that comes when nobody waits for it any more."""
        if phone.is_wiped or answer.status not in {200, 409}:
            return
        if answer.status == 200 and ask.kind == PUSH:
            phone.store.apply_pushed(wire.read_push_answer(answer.body))
        elif answer.status == 200 and ask.kind == PULL:
            phone.store.apply_pulled(wire.read_pull_answer(answer.body), self.now_ms + phone.skew_ms)
        elif answer.status == 409 and wire.read_refusal(answer.body).refused == "gap":
            phone.store.apply_refused(wire.read_refusal(answer.body))

    # ------------------------------------------------------------------------------------------------------- disasters

    def crash(self, phone: Phone) -> None:
        phone.open()
        self.counts["crash"] += 1

    def restore(self) -> None:
        if self.office.backups:
            self.office.restore(self.chance.choice(self.office.backups), self.now_ms)
            self.counts["restore"] += 1

    def clone(self, phone: Phone) -> None:
        if len(self.phones) < PHONES_MAX:
            self.phones.append(phone.clone(f"phone{len(self.phones)}"))
            self.counts["clone"] += 1

    def take_image(self, phone: Phone) -> None:
        self.images = [*self.images, (phone, phone.photograph())][-2:]

    def roll_back(self) -> None:
        if self.images:
            phone, photograph = self.chance.choice(self.images)
            if not phone.is_wiped:
                phone.roll_back(photograph)
                self.counts["roll back"] += 1

    # ---------------------------------------------------------------------------------------------------------- orders

    def regrant(self, phone: Phone) -> None:
        scope = self.chance.choice(SCOPES)
        held = self.office.scopes[phone.number]
        self.office.grant(phone.number, [s for s in held if s != scope] if scope in held else [*held, scope])

    def place(self) -> None:
        self.office.place(self.chance.choice(ENTITIES), self.chance.sample(SCOPES, self.chance.randint(1, 2)))
        self.counts["place"] += 1

    def erase(self) -> None:
        found = read_rows(self.office.store, "select id from sync_change order by id")
        if found:
            ids = [self.chance.choice(found)[0]]
            self.erased |= set(ids)
            self.office.order_for_ever(lambda s: queries.erase(s, ids, self.now_ms))
            self.counts["erase"] += 1

    def adopt(self) -> None:
        held = self.office.order(queries.list_quarantined)
        if not held:
            return
        chosen, new_id = self.chance.choice(held), self.new_id()
        scope = self.chance.choice(SCOPES)
        if chosen.change is None or b'"poison"' in chosen.body:
            return
        adopted = self.office.order(
            lambda s: queries.adopt(
                s, chosen.id, by="priya", new_id=new_id, now_ms=self.now_ms, project=project, scope=scope
            )
        )
        if adopted is not None:
            self.known[new_id] = set(self.known.get(chosen.id, ()))
            self.adopted[new_id] = chosen.id
            self.counts["adopt"] += 1

    def publish(self) -> None:
        entity, name = self.chance.choice(ENTITIES), self.chance.choice(FIELDS)
        new = NewChange(
            id=self.new_id(),
            type="person.patched",
            scope=self.chance.choice(SCOPES),
            entity=entity,
            sets={name: self.chance.randrange(1 << 30)},
        )
        query = f"select id, body from sync_change where entity = '{entity}' and reason is null"
        counting = [(change_id, wire.read_change(body)) for change_id, body in read_rows(self.office.store, query)]
        saw = {change_id for change_id, change in counting if name in (change.set_ or {})}
        (change,) = self.office.order(lambda s: queries.publish(s, [new], self.now_ms))
        self.known[change.id] = saw.union(*(self.known.get(change_id, set()) for change_id in saw))
        self.counts["publish"] += 1

    def configure(self, phone: Phone) -> None:
        settings = wire.encode({"lease_hours": self.chance.randrange(100)})
        change_id, number = self.new_id(), phone.number
        self.office.order(lambda s: queries.set_config(s, number, change_id, settings, self.now_ms))

    def send_away(self, phone: Phone) -> None:
        if len(self.has_wiped) < 2:
            status = self.chance.choice([DeviceStatus.WIPE_NOW, DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.REVOKED])
            number = phone.number
            self.has_wiped.add(number)
            self.office.order_for_ever(lambda s: queries.set_status(s, number, status))
            self.counts["send away"] += 1

    # ----------------------------------------------------------------------------------------------------- attachments

    def attach(self, phone: Phone) -> None:
        name = phone.attach(self.chance.randbytes(self.chance.randint(1, 40)))
        size = len(phone.files[name])
        payload = Raw(wire.encode({"sha256": name, "size": size, "mime": "image/jpeg"}))
        scopes = self.office.scopes.get(phone.number) or SCOPES
        new = NewChange(id=self.new_id(), type="attachment.added", scope=scopes[0], payload=payload)
        self._remember(phone.record(new, self.now_ms), set())

    def deliver_files(self, phone: Phone) -> None:
        """Send pieces of attachments until the line is lost."""
        for name, content in phone.files.items():
            received = self.office.order(lambda s, name=name: find_received(s, name)) or 0
            while (piece := next_piece(len(content), received, piece_bytes=16)) is not None:
                if not self.is_calm and self.chance.random() < 0.3:
                    return
                part = content[piece.start : piece.start + piece.length]
                for _ in range(1 if self.is_calm else self.chance.randint(1, 2)):
                    received = self.office.take_blob(name, len(content), piece.start, part)
                self.counts["piece"] += 1

    # -------------------------------------------------------------------------------------------------------- history

    def step(self) -> None:
        self.now_ms += self.chance.choice([1, 50, 4_000, 90_000])
        if self.liar is not None and self.liar.chance.random() < LIES_TOLD:
            self.lie(self.liar)
        phone = self.pick_phone()
        if phone is None:
            return
        happening = self.chance.choices(list(HAPPENINGS), weights=list(HAPPENINGS.values()))[0]
        happening(self, phone)

    def deliver_late(self) -> None:
        if self.late:
            self.late.pop(self.chance.randrange(len(self.late)))()

    def jump_clock(self, phone: Phone) -> None:
        phone.skew_ms += self.chance.choice([-7_200_000, 5_000, DAY_MS])

    def raise_minimum(self) -> None:
        self.office.minimum_app = self.chance.choice(["", NEW_APP])

    def run(self) -> int:
        """Live the history, then wait for quiet; returns how many rounds that took."""
        for _ in range(self.steps):
            self.step()
        return self.become_quiet()

    def become_quiet(self) -> int:
        """No more faults: after a few rounds nothing may change any more (I8)."""
        while self.late:
            self.deliver_late()
        self.is_calm = True
        for phone in self.phones:
            phone.app = NEW_APP
            if self.chance.random() < 0.3:
                self.crash(phone)
        for rounds in range(QUIET_ROUNDS_MAX):
            before = self._fingerprint()
            for phone in self.phones:
                if not phone.is_wiped:
                    self.sync(phone)
                    self.deliver_files(phone)
            if self._fingerprint() == before:
                return rounds
        raise AssertionError(f"I8: no quiet after {QUIET_ROUNDS_MAX} rounds without faults")

    def ancestry(self, ids: set[str]) -> set[str]:
        """These writes and all that their authors had seen."""
        return ids.union(*(self.known.get(change_id, set()) for change_id in ids))

    def ambiguous_devices(self) -> set[int]:
        """Phones that went two ways under one number while the server was restored as well: then a dot may have meant two
        changes, and neither side could know (README, "What is not promised")."""
        return {dev for (dev, _), ids in self.dots.items() if len(ids) > 1} if self.counts["restore"] else set()

    def _fingerprint(self) -> list[Any]:
        return [*(phone.store.get_state() for phone in self.phones), *self._extent()]


HAPPENINGS: dict[Callable[[World, Phone], None], float] = {
    lambda world, phone: world.record(phone): 40,
    lambda world, phone: world.sync(phone): 36,
    lambda world, phone: world.deliver_late(): 4,
    lambda world, phone: world.crash(phone): 2,
    lambda world, phone: world.jump_clock(phone): 2,
    lambda world, phone: world.office.back_up(): 2.5,
    lambda world, phone: world.restore(): 1.5,
    lambda world, phone: world.regrant(phone): 1.5,
    lambda world, phone: world.place(): 1.5,
    lambda world, phone: world.erase(): 1,
    lambda world, phone: world.adopt(): 1.5,
    lambda world, phone: world.publish(): 3,
    lambda world, phone: world.configure(phone): 0.5,
    lambda world, phone: world.enrol(): 1,
    lambda world, phone: world.clone(phone): 1,
    lambda world, phone: world.take_image(phone): 1,
    lambda world, phone: world.roll_back(): 0.5,
    lambda world, phone: world.send_away(phone): 0.6,
    lambda world, phone: world.raise_minimum(): 0.5,
    lambda world, phone: world.attach(phone): 1,
    lambda world, phone: world.deliver_files(phone): 1,
}
"""What may happen at each step, and how often it does beside the others."""
