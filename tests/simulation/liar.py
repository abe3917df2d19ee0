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
        """A push of everything that the liar ever said, one more record of one lie or of several at once at its end."""
        n = len(self.log) + 1
        kinds = self.chance.sample(sorted(LIES), self.chance.choice([1, 1, 1, 2, 3]))
        name = "tale" if kinds == [Liar.stamps_the_future.__name__] else "lie"
        change: dict[str, Any] = {
            "id": f"{name}-{self.number}-{n}", "dev": self.number, "n": n, "hlc": (now_ms << 16) + self.chance.randrange(9),
            "t": "person.patched", "s": self.chance.choice(self.scopes), "e": self.chance.choice(entities),
            "set": {self.chance.choice(fields): [self.chance.randrange(99), {}]},
        }  # fmt: skip
        for kind in kinds:
            LIES[kind](self, change, devices)
            self.told[kind] += 1
        self.log.append(_spoil(json.encode(change)))
        self.lies.add(change["id"])
        events = b",".join(self.log[-200:])
        push = b'{"device":%d,"now":%d,"events":[%s]}' % (self.number, now_ms + self.chance.choice([0, 10**10]), events)
        return n, deflate_gzip(push)

    def take_back(self) -> None:
        """The last push was refused whole, so the phone that lies sends that record no more."""
        self.log.pop()

    def stamps_the_future(self, change: dict[str, Any], devices: list[int]) -> None:
        """The server mends this one by its own clock: told alone it is no lie any more, and counts as any other word."""
        change["hlc"] += 10_000 * 86_400_000 << 16

    def _claims(self, change: dict[str, Any], context: dict[int, int]) -> None:
        for value in change.get("set", {}).values():
            value[1] |= {str(device): n for device, n in context.items()}

    def claims_everything(self, change: dict[str, Any], devices: list[int]) -> None:
        self._claims(change, dict.fromkeys([0, *devices], wire.NUMBER_MAX))

    def claims_more_than_there_is(self, change: dict[str, Any], devices: list[int]) -> None:
        self._claims(change, {self.chance.choice(devices): BEYOND + self.chance.randrange(BEYOND)})

    def claims_an_unknown_phone(self, change: dict[str, Any], devices: list[int]) -> None:
        self._claims(change, {max(devices) + 50: 1})

    def claims_its_own_future(self, change: dict[str, Any], devices: list[int]) -> None:
        self._claims(change, {self.number: change["n"] + self.chance.randrange(BEYOND)})

    def claims_a_crowd(self, change: dict[str, Any], devices: list[int]) -> None:
        self._claims(change, dict.fromkeys(range(1_000_000, 1_000_000 + wire.LIMITS.context_devices_max + 1), 1))

    def sets_too_many_fields(self, change: dict[str, Any], devices: list[int]) -> None:
        change.setdefault("set", {}).update({f"f{each}": [1, {}] for each in range(wire.LIMITS.fields_max + 1)})

    def says_too_much(self, change: dict[str, Any], devices: list[int]) -> None:
        change["mind"] = "x" * wire.LIMITS.change_bytes_max

    def nests_too_deep(self, change: dict[str, Any], devices: list[int]) -> None:
        change["mood"] = NESTED

    def calls_itself_erased(self, change: dict[str, Any], devices: list[int]) -> None:
        change["erased"] = True

    def erases_another_type(self, change: dict[str, Any], devices: list[int]) -> None:
        change.pop("set", None)
        change |= {"erased": True, "t": "config.set"}

    def adopts(self, change: dict[str, Any], devices: list[int]) -> None:
        change["adopts"] = "c1"

    def speaks_as_another(self, change: dict[str, Any], devices: list[int]) -> None:
        change["dev"] = self.chance.choice([0, -1, self.number + 1])

    def speaks_elsewhere(self, change: dict[str, Any], devices: list[int]) -> None:
        change["s"] = self.chance.choice(["team:nobodys", "dev:1", "public"])

    def sends_no_text(self, change: dict[str, Any], devices: list[int]) -> None:
        change["mood"] = NO_TEXT

    def sends_endless_digits(self, change: dict[str, Any], devices: list[int]) -> None:
        change["mood"] = DIGITS


NO_TEXT, DIGITS, NESTED = "no text", "digits", "nested"
"""What stands in a change for bytes that no encoder would write."""


def _spoil(body: bytes) -> bytes:
    """The record with its bytes as the lie has them."""
    return (
        body.replace(b'"no text"', b'"\xff\xfe"')
        .replace(b'"digits"', b"9" * 5_000)
        .replace(b'"nested"', b"[" * 2_000 + b"]" * 2_000)
    )


LIES = {
    kind.__name__: kind
    for kind in (
        Liar.claims_everything, Liar.claims_more_than_there_is, Liar.claims_an_unknown_phone, Liar.claims_its_own_future,
        Liar.claims_a_crowd, Liar.sets_too_many_fields, Liar.says_too_much, Liar.nests_too_deep,
        Liar.calls_itself_erased, Liar.erases_another_type, Liar.adopts, Liar.speaks_as_another, Liar.speaks_elsewhere,
        Liar.stamps_the_future, Liar.sends_no_text, Liar.sends_endless_digits,
    )
}  # fmt: skip
"""Each makes a change say what cannot be so; several may be told of one change."""
