"""A phone that lies: correctly enrolled, and every record of its log says something that cannot be so.

It claims to have seen what nobody wrote, calls records erased, speaks as the server or into feeds that are not its own, and
sends bytes that nobody can read. It is no phone of the world: it loses nothing and hears nothing. What must hold is that the
honest phones notice nothing of it.
"""

import random
from collections import Counter
from typing import Any

from msgspec import json

from sync import wire
from sync.encoding import deflate_gzip

BEYOND = 10_000
"""So many numbers more than anybody has: beyond what is believed after a restore, too."""


class Liar:
    """One such phone. `lies` are the ids of what it has sent, `told` how many of each kind."""

    def __init__(self, number: int, scopes: list[str], seed: int) -> None:
        self.number, self.scopes = number, scopes
        self.chance = random.Random(seed)
        self.log: list[bytes] = []
        self.lies: set[str] = set()
        self.told: Counter[str] = Counter()

    def lie(self, now_ms: int, entities: list[str], fields: list[str], devices: list[int]) -> tuple[int, bytes]:
        """A push of everything that the liar ever said, one more lie at its end."""
        kind = self.chance.choice(sorted(LIES))
        n = len(self.log) + 1
        change: dict[str, Any] = {
            "id": f"lie-{self.number}-{n}", "dev": self.number, "n": n, "hlc": (now_ms << 16) + self.chance.randrange(9),
            "t": "person.patched", "s": self.chance.choice(self.scopes), "e": self.chance.choice(entities),
            "set": {self.chance.choice(fields): [self.chance.randrange(99), {}]},
        }  # fmt: skip
        body = LIES[kind](self, change, devices)
        self.log.append(body)
        self.lies.add(change["id"])
        self.told[kind] += 1
        events = b",".join(self.log[-200:])
        push = b'{"device":%d,"now":%d,"events":[%s]}' % (self.number, now_ms + self.chance.choice([0, 10**10]), events)
        return n, deflate_gzip(push)

    def _claims(self, change: dict[str, Any], context: dict[int, int]) -> bytes:
        (name,) = change["set"]
        change["set"][name][1] = {str(device): n for device, n in context.items()}
        return json.encode(change)

    def claims_everything(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return self._claims(change, dict.fromkeys([0, *devices], wire.NUMBER_MAX))

    def claims_more_than_there_is(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return self._claims(change, {self.chance.choice(devices): BEYOND + self.chance.randrange(BEYOND)})

    def claims_an_unknown_phone(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return self._claims(change, {max(devices) + 50: 1})

    def claims_its_own_future(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return self._claims(change, {self.number: change["n"] + self.chance.randrange(BEYOND)})

    def calls_itself_erased(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return json.encode(change | {"erased": True})

    def erases_another_type(self, change: dict[str, Any], devices: list[int]) -> bytes:
        bare = {name: value for name, value in change.items() if name != "set"}
        return json.encode(bare | {"erased": True, "t": "config.set"})

    def adopts(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return json.encode(change | {"adopts": "c1"})

    def speaks_as_another(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return json.encode(change | {"dev": self.chance.choice([0, -1, self.number + 1])})

    def speaks_elsewhere(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return json.encode(change | {"s": self.chance.choice(["team:nobodys", "dev:1", "public"])})

    def sends_no_text(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return json.encode(change | {"mood": "@"}).replace(b"@", b"\xff\xfe")

    def sends_endless_digits(self, change: dict[str, Any], devices: list[int]) -> bytes:
        return json.encode(change | {"mood": "@"}).replace(b'"@"', b"9" * 5_000)


LIES = {
    kind.__name__: kind
    for kind in (
        Liar.claims_everything, Liar.claims_more_than_there_is, Liar.claims_an_unknown_phone, Liar.claims_its_own_future,
        Liar.calls_itself_erased, Liar.erases_another_type, Liar.adopts, Liar.speaks_as_another, Liar.speaks_elsewhere,
        Liar.sends_no_text, Liar.sends_endless_digits,
    )
}  # fmt: skip
