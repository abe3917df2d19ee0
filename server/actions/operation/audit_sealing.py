"""Sealing the audit, and proving that nobody has rewritten it (privacy rule C7).

Each seal is over the next lines and over the seal before it, and is signed with a key outside the database. Whoever can
write to the database alone can change, delete, swap or cut off nothing without its being found. The newest seal, the head,
is also written to a file, and printed for a place that this server cannot rewrite.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.database.engine import Database
from server.queries.operation import audit_seals
from server.queries.operation.audit import AuditLine
from server.queries.operation.audit_seals import Seal
from server.security.tokens import decode, encode

PIECE = 1_000
"""Lines under one seal at the most: what is past its time goes with few that are not."""
SEALED_WITHIN = timedelta(hours=1)
START = "0" * 64
HEADS_FILE = "audit-heads"


@dataclass(frozen=True)
class Sealer:
    """Seals the audit of one database. `heads` is the file to which each newest seal is written."""

    database: Database
    key: Ed25519PrivateKey
    heads: Path

    def seal(self, now: datetime) -> int:
        """Put what was written since under seals; returns how many lines."""
        sealed = 0
        while True:
            with self.database.writing() as session:
                lines = audit_seals.list_unsealed(session, PIECE)
                last = audit_seals.find_last_seal(session)
                if lines:
                    seal = self._make(lines, last, now)
                    audit_seals.add_seal(session, seal, [line.id for line in lines])
            if not lines:
                return sealed
            sealed += len(lines)
            self._write_head(seal)

    def _make(self, lines: list[AuditLine], last: Seal | None, now: datetime) -> Seal:
        number = last.number + 1 if last else 1
        digest = digest_of(number, last.digest if last else START, lines)
        signature = encode(self.key.sign(_signed(number, digest, len(lines), lines[0].at)))
        return Seal(number=number, at=now, first_at=lines[0].at, lines=len(lines), digest=digest, signature=signature)

    def _write_head(self, seal: Seal) -> None:
        self.heads.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.heads.open("a", encoding="ascii") as file:
            file.write(say_head(seal) + "\n")
        self.heads.chmod(0o600)

    def verify(self, now: datetime, kept_since: datetime, heads: Iterable[str] = ()) -> list[str]:
        """What is wrong with the audit, in words; nothing where all of it is as it was written.

        Lines from before `kept_since` may have been let go by retention, and the seals over them are not looked under.
        `heads` are lines that `say_head` gave at any time, kept somewhere else.
        """
        with self.database.reading() as session:
            seals = audit_seals.list_seals(session)
            lines = groupby(audit_seals.list_lines_by_seal(session), key=lambda each: each[0])
            faults = list(
                self._faults(seals, ((number, [line for _, line in some]) for number, some in lines), kept_since)
            )
            late = audit_seals.count_unsealed(session, now - SEALED_WITHIN)
        if late:
            faults.append(f"{late} lines are older than an hour and under no seal: is `lantern jobs` running?")
        known = {seal.number: seal.digest for seal in seals}
        for head in [*self._own_heads(), *heads]:
            number, _, digest = head.strip().partition(" ")
            if number.isdecimal() and known.get(int(number[:18])) != digest:
                faults.append(
                    f"The audit was cut off or made anew: seal {number} is not the one that was written down."
                )
                break
        return faults

    def _own_heads(self) -> list[str]:
        if not self.heads.exists():
            return []
        return self.heads.read_text(encoding="ascii", errors="replace").splitlines()

    def _faults(
        self, seals: list[Seal], under: Iterator[tuple[int, list[AuditLine]]], kept_since: datetime
    ) -> Iterator[str]:
        previous, expected = START, 1
        found = next(under, None)
        for seal in seals:
            while found is not None and found[0] < seal.number:
                yield f"{len(found[1])} lines say that they lie under seal {found[0]}, which is not there."
                found = next(under, None)
            lines: list[AuditLine] = []
            if found is not None and found[0] == seal.number:
                lines, found = found[1], next(under, None)
            if seal.number != expected:
                yield f"Seal {expected} is missing."
            if not self._is_signed(seal):
                yield f"Seal {seal.number} is not signed by this server."
            elif seal.first_at >= kept_since and digest_of(seal.number, previous, lines) != seal.digest:
                yield f"What lies under seal {seal.number} ({seal.at:%Y-%m-%d %H:%M}) was changed: {_counted(lines, seal)}."
            previous, expected = seal.digest, seal.number + 1
        if found is not None:
            yield f"Lines say that they lie under seal {found[0]}, which is not there."

    def _is_signed(self, seal: Seal) -> bool:
        try:
            self.key.public_key().verify(
                decode(seal.signature), _signed(seal.number, seal.digest, seal.lines, seal.first_at)
            )
        except (InvalidSignature, ValueError):
            return False
        return True


def digest_of(number: int, previous: str, lines: list[AuditLine]) -> str:
    """The digest of a seal: its number, the digest before it, and every word of its lines, in their order."""
    digest = hashlib.sha256(f"{number} {previous}".encode())
    encoder = msgspec.json.Encoder(order="deterministic")
    for line in lines:
        digest.update(b"\n" + encoder.encode(line))
    return digest.hexdigest()


def say_head(seal: Seal) -> str:
    """A seal in one line, for a place that the server cannot rewrite."""
    return f"{seal.number} {seal.digest}"


def _signed(number: int, digest: str, lines: int, first_at: datetime) -> bytes:
    return f"lantern audit {number} {digest} {lines} {first_at.timestamp():.6f}".encode()


def _counted(lines: list[AuditLine], seal: Seal) -> str:
    if len(lines) == seal.lines:
        return "as many lines, other words"
    return f"{len(lines)} lines where {seal.lines} were sealed"
