"""Nobody rewrites the audit unseen: a change, a deletion, a swap and a cut are found, and a line is written once (C7)."""

import re
import time
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.actions.operation import audit_sealing
from server.actions.operation.audit_sealing import Sealer
from server.database.engine import Database
from server.queries.operation import audit, audit_seals
from server.queries.operation.audit import AuditLine

LONG_AGO = timedelta(days=365 * 7)


@pytest.fixture
def sealer(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sealer:
    monkeypatch.setattr(audit_sealing, "PIECE", 4)
    return Sealer(database, Ed25519PrivateKey.from_private_bytes(bytes(range(32))), tmp_path / "audit-heads")


def write(database: Database, now: datetime, count: int, first: int = 0) -> None:
    with database.writing() as session:
        audit.add_lines(
            session,
            [
                AuditLine(
                    id=f"line-{number:06}", at=now + timedelta(milliseconds=number), actor_id="tom", action="see_person",
                    subject_kind="person", subject_id=f"p{number}", address="192.0.2.1",
                )
                for number in range(first, first + count)
            ],
        )  # fmt: skip


def tamper(database: Database, *statements: str) -> None:
    """As somebody who owns the database could: the rule that a line is written once is theirs to switch off."""
    with database.writing() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER audit_is_written_once"))
        else:
            session.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_is_written_once"))
        for statement in statements:
            session.execute(text(statement))


def faults(sealer: Sealer, now: datetime, *heads: str) -> list[str]:
    return sealer.verify(now + timedelta(minutes=1), now - LONG_AGO, heads)


def test_what_nobody_touched_is_as_it_was_written(sealer: Sealer, database: Database, now: datetime) -> None:
    write(database, now, 10)
    assert sealer.seal(now) == 10
    write(database, now, 3, first=10)
    assert sealer.seal(now) == 3
    assert sealer.seal(now) == 0
    assert faults(sealer, now) == []


@pytest.mark.parametrize(
    ("told", "statements"),
    [
        ("other words", ["UPDATE audit SET actor_id = 'dean' WHERE id = 'line-000005'"]),
        ("other words", ["UPDATE audit SET allowed = false WHERE id = 'line-000001'"]),
        ("3 lines where 4", ["DELETE FROM audit WHERE id = 'line-000002'"]),
        (
            "other words",
            [
                "UPDATE audit SET subject_id = 'x' WHERE id = 'line-000001'",
                "UPDATE audit SET subject_id = 'p1' WHERE id = 'line-000006'",
                "UPDATE audit SET subject_id = 'p6' WHERE id = 'line-000001'",
            ],
        ),
        ("5 lines where 4", ["UPDATE audit SET seal = 2 WHERE id = 'line-000000'"]),
        (
            "was cut off",
            ["DELETE FROM audit WHERE seal = 3", "DELETE FROM audit_seal WHERE number = 3"],
        ),
        ("Seal 2 is missing", ["DELETE FROM audit WHERE seal = 2", "DELETE FROM audit_seal WHERE number = 2"]),
        ("not signed", ["UPDATE audit_seal SET digest = 'f' || substr(digest, 2), lines = 3 WHERE number = 2"]),
        ("not there", ["UPDATE audit SET seal = 9 WHERE id = 'line-000009'"]),
        ("under no seal", ["UPDATE audit SET seal = NULL WHERE id = 'line-000009'"]),
    ],
)
def test_every_kind_of_rewriting_is_found(
    sealer: Sealer, database: Database, now: datetime, told: str, statements: list[str]
) -> None:
    write(database, now - timedelta(hours=3), 10)
    sealer.seal(now)
    tamper(database, *statements)
    assert told in " ".join(faults(sealer, now))


BORDER = audit_seals.SEALS_AT_ONCE
"""The last seal that is read with the first."""
LAST = f"(SELECT max(id) FROM audit WHERE seal = {BORDER})"
NEXT = f"(SELECT min(id) FROM audit WHERE seal = {BORDER + 1})"
MOVED = "seal = CASE WHEN seal = {0} THEN {1} ELSE {0} END WHERE id IN ({2}, {3})"


@pytest.mark.parametrize(
    ("told", "statements"),
    [
        (f"under seal {BORDER} .*3 lines where 4", [f"DELETE FROM audit WHERE id = {LAST}"]),
        (f"under seal {BORDER + 1} .*3 lines where 4", [f"DELETE FROM audit WHERE id = {NEXT}"]),
        (f"under seal {BORDER} .*5 lines where 4", [f"UPDATE audit SET seal = {BORDER} WHERE id = {NEXT}"]),
        (f"under seal {BORDER + 1} .*5 lines where 4", [f"UPDATE audit SET seal = {BORDER + 1} WHERE id = {LAST}"]),
        (
            f"under seal {BORDER} .*other words.* under seal {BORDER + 1} .*other words",
            [f"UPDATE audit SET {MOVED.format(BORDER, BORDER + 1, LAST, NEXT)}"],
        ),
        (
            f"under seal {BORDER} .*other words.* under seal {BORDER + 1} .*other words",
            [
                f"UPDATE audit SET seal = -seal WHERE seal IN ({BORDER}, {BORDER + 1})",
                f"UPDATE audit SET seal = {BORDER} WHERE seal = -{BORDER + 1}",
                f"UPDATE audit SET seal = {BORDER + 1} WHERE seal = -{BORDER}",
            ],
        ),
        (
            "was cut off",
            [f"DELETE FROM audit WHERE seal > {BORDER}", f"DELETE FROM audit_seal WHERE number > {BORDER}"],
        ),
        (
            f"Seal {BORDER} is missing",
            [f"DELETE FROM audit WHERE seal = {BORDER}", f"DELETE FROM audit_seal WHERE number = {BORDER}"],
        ),
        (f"Seal {BORDER + 1} is missing", [f"DELETE FROM audit_seal WHERE number = {BORDER + 1}"]),
        ("under seal -3, which is not there", [f"UPDATE audit SET seal = -3 WHERE id = {NEXT}"]),
        ("under seal 0, which is not there", [f"UPDATE audit SET seal = 0 WHERE id = {NEXT}"]),
        (f"under seal {2**63 - 1}, which is not there", [f"UPDATE audit SET seal = {2**63 - 1} WHERE id = {LAST}"]),
    ],
)
def test_rewriting_is_found_where_one_lot_of_seals_meets_the_next(
    sealer: Sealer, database: Database, now: datetime, told: str, statements: list[str]
) -> None:
    write(database, now - timedelta(hours=3), 4 * (2 * BORDER + 1))
    sealer.seal(now)
    assert faults(sealer, now) == []
    tamper(database, *statements)
    assert re.search(told, " ".join(faults(sealer, now)))


@pytest.mark.parametrize("number", [-1, 0, 1_000])
def test_a_line_that_is_written_as_if_it_were_sealed_is_found(
    sealer: Sealer, database: Database, now: datetime, number: int
) -> None:
    """Whoever may add a line may add this one: nothing has to be switched off."""
    write(database, now, 10)
    sealer.seal(now)
    write(database, now, 1, first=10)
    with database.writing() as session:
        session.execute(text("UPDATE audit SET seal = :number WHERE id = 'line-000010'"), {"number": number})
    assert f"under seal {number}, which is not there" in " ".join(faults(sealer, now))


def test_each_word_of_each_line_is_under_its_seal(now: datetime) -> None:
    """The last line too, and whatever field a line is given next."""
    full = AuditLine(
        id="line", at=now, actor_id="tom", agency_id="beacon", action="see_person", subject_kind="person", subject_id="p1",
        device_number=3, purpose="to help", reason="by break-glass", address="192.0.2.1", detail="d",
    )  # fmt: skip
    lines = [msgspec.structs.replace(full, id=f"line-{number}") for number in range(3)]
    digests = {audit_sealing.digest_of(1, audit_sealing.START, lines)}
    for place, line in enumerate(lines):
        for name, value in msgspec.structs.asdict(line).items():
            other: object = "other"
            if isinstance(value, bool):
                other = not value
            elif isinstance(value, datetime):
                other = value + timedelta(microseconds=1)
            changed = [*lines[:place], msgspec.structs.replace(line, **{name: other}), *lines[place + 1 :]]
            digests.add(audit_sealing.digest_of(1, audit_sealing.START, changed))
    assert len(digests) == 1 + len(lines) * len(AuditLine.__struct_fields__)


def test_a_cut_is_found_by_a_head_that_was_kept_elsewhere_although_the_server_wrote_on(
    sealer: Sealer, database: Database, now: datetime
) -> None:
    write(database, now, 8)
    sealer.seal(now)
    with database.reading() as session:
        last = audit_seals.find_last_seal(session)
    assert last is not None
    head = audit_sealing.say_head(last)
    tamper(database, "DELETE FROM audit WHERE seal = 2", "DELETE FROM audit_seal WHERE number = 2")
    sealer.heads.unlink()
    write(database, now, 4, first=20)
    sealer.seal(now)
    assert faults(sealer, now) == []
    assert "cut off or made anew" in " ".join(faults(sealer, now, head))


def test_a_line_is_written_once(sealer: Sealer, database: Database, now: datetime) -> None:
    write(database, now, 2)
    with pytest.raises(DBAPIError), database.writing() as session:
        session.execute(text("UPDATE audit SET actor_id = 'dean'"))
    sealer.seal(now)
    with pytest.raises(DBAPIError), database.writing() as session:
        session.execute(text("UPDATE audit SET seal = NULL"))
    assert faults(sealer, now) == []


def test_what_retention_let_go_is_no_fault(sealer: Sealer, database: Database, now: datetime) -> None:
    write(database, now - LONG_AGO - timedelta(days=2), 6)
    write(database, now, 6, first=6)
    sealer.seal(now)
    tamper(database, "DELETE FROM audit WHERE id < 'line-000005'")
    assert faults(sealer, now) == []


@pytest.mark.slow
def test_a_hundred_thousand_lines_are_proven_in_ten_seconds(
    database: Database, now: datetime, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealing, "PIECE", 1_000)
    for first in range(0, 100_000, 20_000):
        write(database, now, 20_000, first)
    assert sealer.seal(now) == 100_000
    began = time.process_time()
    assert faults(sealer, now + timedelta(minutes=30)) == []
    assert time.process_time() - began < 10
