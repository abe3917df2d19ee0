"""The golden conversations of docs/protocol: what phones ask and what the server answers, byte for byte.

The real server, over whole HTTP, talks with the production phone store; what is recorded, asked and answered is written down.
Time and ids stand still, so that the files are the same whenever they are made:

    python -m tests.server.sync.conversations
"""

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from litestar.testing import TestClient
from msgspec import Raw, json
from msgspec import to_builtins as builtins

from mobile.store.sync import SyncStore
from server.actions.operation.enrolment import make_code
from server.database.context import Kind, acting
from server.http.services import Services
from server.migrate import upgrade
from server.queries.sync import store as queries
from shared.model.codes import DeviceStatus, PlannedStopKind
from shared.model.position import Position
from shared.model.shift import PlannedStop, ShiftCalledOff, ShiftPlanned
from sync import pacing, wire
from sync.authoring import NewChange
from sync.driver import Answer, Ask, Conversation
from sync.encoding import deflate_gzip
from sync.pacing import Sizes
from tests.conftest import ROOT, Clock
from tests.server.cast import Cast, make_cast, make_settings
from tests.server.phone import Phone
from tests.server.running import lend_app

FOLDER = ROOT / "docs" / "protocol" / "conversations"
VERSION = 1
APP = "1.0.0"
Steps = list[dict[str, Any]]


def numbered(kind: str) -> Callable[[], str]:
    """Ids that stand still, each kind counted for itself."""
    numbers = count(1)
    return lambda: f"00000000-0000-7000-{kind}-{next(numbers):012d}"


class Town:
    """A server with the cast in it, and what is said there."""

    def __init__(self, services: Services, client: Any, clock: Clock, cast: Cast) -> None:
        self.services, self.client, self.clock, self.cast = services, client, clock, cast
        self.new_id = numbered("8001")
        self.steps: Steps = []

    def enrol(self, name: str) -> "Speaker":
        """One more phone of Aisha's."""
        aisha, team = self.cast.aisha, self.cast.team
        with self.services.database.writing() as session:
            code = make_code(
                session, aisha.id, team.id, self.services.settings, self.clock(), self.services.new_id
            ).code
        phone = Phone(self.client, self.clock, self.new_id)
        enrolled = phone.enrol(code)
        self.steps.append({"phone": name, "enrolled": enrolled.device.number})
        return Speaker(self, name, phone)

    def order(self, words: str, action: Callable[..., Any], *given: Any) -> None:
        """Something that the server is told from elsewhere."""
        with self.services.database.writing() as session:
            action(session, *given)
        self.steps.append({"server": words})


class Speaker:
    """A phone that writes down what it records, asks and hears."""

    def __init__(self, town: Town, name: str, phone: Phone) -> None:
        self.town, self.name, self.phone = town, name, phone
        self.store = SyncStore(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        self.store.enrol(phone.number)

    def record(self, told: dict[str, Any]) -> str:
        """Record a change that `Phone` wrote; the phone's own store numbers it."""
        sets = {name: value for name, (value, _) in told["set"].items()} if "set" in told else None
        payload = Raw(wire.encode(told["p"])) if "p" in told else None
        new = NewChange(
            id=told["id"], type=told["t"], scope=told["s"], entity=told["e"], who=told["who"], at_ms=told["at"],
            payload=payload, sets=sets,
        )  # fmt: skip
        self.store.record(new, self.phone.now_ms)
        said = {key: told[key] for key in ("id", "t", "s", "e", "who", "at")} | (
            {"set": sets} if sets is not None else {"p": told["p"]}
        )
        self.town.steps.append({"phone": self.name, "records": said, "now": self.phone.now_ms})
        return str(told["id"])

    def sync(self) -> None:
        """One whole sync, at a pace that changes no sizes; then what the phone shows."""
        talk = Conversation(self.store, Sizes(), APP, lambda: self.phone.now_ms).run()
        self.town.steps.append({"phone": self.name, "syncs": {"now": self.phone.now_ms, "app": APP}})
        try:
            ask = next(talk)
            while True:
                ask = talk.send(self._carry(ask))
        except StopIteration:
            self._look()

    def _carry(self, ask: Ask) -> Answer:
        status, body = self.ask(ask.kind, ask.body)
        return Answer(status, body, pacing.WANTED_MS)

    def ask(self, kind: str, body: bytes) -> tuple[int, bytes]:
        """Ask, and write down what was answered."""
        squeezed = deflate_gzip(body)
        answer = self.phone.post(f"/sync/v1/{kind}", squeezed, headers={"content-encoding": "gzip"})
        told = {"phone": self.name, "asks": kind, "body": body.decode(errors="surrogateescape")}
        self.town.steps.append(told | {"status": answer.status_code, "answer": answer.content.decode()})
        return answer.status_code, answer.content

    def _look(self) -> None:
        shown = self.store.list_effective()
        entities = sorted({change.e for change, _ in shown if change.is_patch and change.e})
        fields = {
            entity: {
                name: {"value": json.decode(field.shown.value), "heads": [head.id for head in field.heads]}
                for name, field in sorted(self.store.get_fields(entity).items())
            }
            for entity in entities
        }
        held = {held.change.id: held.reason for held in self.store.list_quarantined()}
        state = self.store.get_state()
        self.town.steps.append(
            {
                "phone": self.name,
                "shows": sorted(change.id for change, _ in shown),
                "fields": fields,
                "held": held,
                "unsent": self.store.unsent_count,
                "is": state.status,
            }
        )


# ------------------------------------------------------------------------------------------------- the conversations


def first_night(town: Town) -> None:
    """A phone records a contact and what it knows of a person; a second one learns of it; a repeat changes nothing."""
    aisha, dean = town.enrol("aisha"), town.enrol("dean")
    person = town.new_id()
    aisha.record(aisha.phone.contact(person_ids=[person], note="Łukasz, dry and fed"))
    aisha.record(aisha.phone.patch("person.patched", person, name="Marek", description="red hat"))
    aisha.sync()
    dean.sync()
    sent = next(step for step in town.steps if step.get("asks") == "push")
    aisha.ask("push", sent["body"].encode())


def two_words(town: Town) -> None:
    """Two phones say two things without having seen one another's; a third word, which saw both, settles it."""
    aisha, dean = town.enrol("aisha"), town.enrol("dean")
    person = town.new_id()
    aisha.record(aisha.phone.patch("person.patched", person, name="Marek"))
    aisha.sync()
    dean.sync()
    town.clock.advance(minutes=1)
    aisha.record(aisha.phone.patch("person.patched", person, description="red hat"))
    dean.record(dean.phone.patch("person.patched", person, description="grey beard"))
    aisha.sync()
    dean.sync()
    aisha.sync()
    town.clock.advance(minutes=1)
    aisha.record(aisha.phone.patch("person.patched", person, description="red hat, grey beard"))
    aisha.sync()
    dean.sync()


def held(town: Town) -> None:
    """What a change says wrongly sets it aside and nothing beside it; its author hears why."""
    aisha = town.enrol("aisha")
    wrong = aisha.phone.contact()
    wrong["p"]["state"] = 7
    aisha.record(wrong)
    aisha.record(aisha.phone.contact())
    aisha.record(aisha.phone.make_change("song.sung", e=town.new_id(), p={"verse": 1}))
    aisha.sync()


def forgotten(town: Town) -> None:
    """What was said is erased: its skeleton stays, and a phone keeps no word of it."""
    aisha, dean = town.enrol("aisha"), town.enrol("dean")
    person = town.new_id()
    first = aisha.record(aisha.phone.patch("person.patched", person, name="Marek"))
    aisha.sync()
    dean.sync()
    town.order(f"erases {first}", queries.erase, [first], aisha.phone.now_ms)
    dean.record(dean.phone.patch("person.patched", person, name="Marek K"))
    dean.sync()
    aisha.sync()


def handed_over(town: Town) -> None:
    """An entity goes to another team: its changes leave the feed, and the phones that followed it."""
    aisha, dean = town.enrol("aisha"), town.enrol("dean")
    person = town.new_id()
    aisha.record(aisha.phone.contact(person_ids=[person]))
    aisha.record(aisha.phone.patch("person.patched", person, name="Marek"))
    aisha.sync()
    dean.sync()
    there = f"team:{town.cast.other_team.id}"
    town.order(f"places {person} in {there}", queries.place_entity, person, [there])
    aisha.sync()
    dean.sync()


def sent_away(town: Town) -> None:
    """A phone that is to be wiped hands over what it has, wipes itself and says so; whoever comes later is told to go."""
    aisha = town.enrol("aisha")
    aisha.record(aisha.phone.contact())
    aisha.sync()
    number = aisha.phone.number
    town.order("will have the phone wiped after its push", queries.set_status, number, DeviceStatus.WIPE_AFTER_PUSH)
    aisha.record(aisha.phone.contact())
    aisha.sync()


def refused(town: Town) -> None:
    """What the server says no to, and how."""
    aisha, dean = town.enrol("aisha"), town.enrol("dean")
    first, second = aisha.phone.contact(), aisha.phone.contact()

    def push(*events: Any, device: int = aisha.phone.number, **others: Any) -> bytes:
        told = {"device": device, "now": aisha.phone.now_ms, "app": APP, "unsent": len(events), "events": list(events)}
        return wire.encode(told | others)

    aisha.ask("push", b"{")
    aisha.ask("push", push(first, device=dean.phone.number))
    aisha.ask("push", push(second))
    aisha.ask("push", push(first))
    aisha.ask("push", push(aisha.phone.contact() | {"n": 1}))
    aisha.ask("push", push(second, prior="another"))
    aisha.ask("push", push(*[{"n": n, "hole": True} for n in range(2, 204)]))
    pull = {"device": aisha.phone.number, "cursors": {}, "now": aisha.phone.now_ms, "app": "0.0.1"}
    aisha.ask("pull", wire.encode(pull))
    aisha.ask("pull", wire.encode(pull | {"device": dean.phone.number}))
    town.order("revokes aisha's phone", queries.set_status, aisha.phone.number, DeviceStatus.REVOKED)
    aisha.ask("pull", wire.encode(pull | {"app": APP}))
    town.order("has dean's phone wiped", queries.set_status, dean.phone.number, DeviceStatus.WIPE_NOW)
    dean.ask("push", push(device=dean.phone.number))


def planned(town: Town) -> None:
    """A shift is planned on a page: both phones of the team hear of it with their next sync, and of its being called off; a phone
    that says so itself is not believed."""
    aisha, dean = town.enrol("aisha"), town.enrol("dean")
    plan_id, team = town.new_id(), town.cast.team
    at = town.clock()
    stop = PlannedStop(
        kind=PlannedStopKind.NEGLECTED, position=Position(latitude=51.6565, longitude=-0.3963), name="Market Street"
    )
    plan = ShiftPlanned(
        id=plan_id, team_id=team.id, worker_ids=(town.cast.aisha.id, town.cast.dean.id), area="Town centre",
        starts_at=at + timedelta(hours=1), back_at=at + timedelta(hours=4), stops=(stop,),
    )  # fmt: skip
    called_off = ShiftCalledOff(id=town.new_id(), plan_id=plan_id, at=at)

    def say(kind: str, fact: Any) -> NewChange:
        return NewChange(
            id=town.new_id(), type=kind, scope=f"team:{team.id}", entity=plan_id, who=town.cast.tom.id,
            at_ms=aisha.phone.now_ms, payload=Raw(wire.encode(fact)),
        )  # fmt: skip

    town.order("plans a shift", queries.publish, [say("shift.planned", plan)], aisha.phone.now_ms)
    aisha.sync()
    dean.sync()
    dean.record(dean.phone.make_change("shift.planned", e=plan_id, p=builtins(plan)))
    dean.sync()
    town.order("calls it off", queries.publish, [say("shift.called_off", called_off)], aisha.phone.now_ms)
    aisha.sync()
    dean.sync()


CONVERSATIONS: dict[str, Callable[[Town], None]] = {
    each.__name__.replace("_", "-"): each
    for each in (first_night, two_words, held, forgotten, handed_over, planned, sent_away, refused)
}


@contextmanager
def open_town(url: str, data: Path) -> Iterator[Town]:
    """A server over a migrated, empty database."""
    clock = Clock()
    settings = make_settings(url, data)
    new_id = numbered("8000")
    # What is done behind the server's back, on its own connections, is done as at a terminal.
    with lend_app(settings, clock, new_id) as app, TestClient(app) as client, acting(Kind.COMMAND):
        services = app.dependencies["services"].dependency()
        cast = make_cast(services.database, clock(), new_id)
        yield Town(services, client, clock, cast)


def hold(name: str, url: str, data: Path) -> bytes:
    """One conversation, as its file says it."""
    act = CONVERSATIONS[name]
    with open_town(url, data) as town:
        act(town)
    told = {"version": VERSION, "about": (act.__doc__ or "").strip(), "steps": town.steps}
    return json.format(json.encode(told), indent=1) + b"\n"


def main() -> None:
    """Write the files anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in CONVERSATIONS:
            url = f"sqlite:///{folder}/{name}.sqlite"
            upgrade(url)
            (FOLDER / f"{name}.json").write_bytes(hold(name, url, Path(folder) / name))


if __name__ == "__main__":
    sys.exit(main())
