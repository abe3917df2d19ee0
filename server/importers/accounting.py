"""The account of an import: every row read is accepted, a duplicate, of the wrong area, short of information, or refused.

One identity for all importers, checked each time: accepted + duplicates + wrong_area + needs_information + refused = read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.importers.files import Refusal
from server.importers.refused import Tray
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.referrals import imports
from server.queries.referrals.imports import ImportBatch
from shared.geo.night import DEFAULT_ZONE
from shared.model.value import Id

COUNTS = ("read", "accepted", "duplicates", "wrong_area", "needs_information", "newer", "unlisted")
LISTED_REFUSALS = 10_000
"""So many refused rows an account lists; it counts the others."""


@dataclass(frozen=True)
class Importing:
    """One run: which file, told when it is, how to make ids, and what times without a zone mean.

    `data` are its bytes, or `file_sha256` what they come to, for a file that is too large to be held. `by` brought it in,
    where it is for one district alone into `district_id`. Into `tray` goes what it refuses, to be mended; without one the rows
    are counted, and told to whoever brought the file, and their words kept nowhere. `in_own_words` names the cells of a refused
    row so that it is understood without its file. `part_of` is the file and the row of it that was mended, where this is no more.
    """

    kind: str
    source: str
    file_name: str
    data: bytes = field(repr=False)
    now: datetime
    new_id: Callable[[], Id]
    zone: str = DEFAULT_ZONE
    file_sha256: str = ""
    by: Id = ""
    district_id: Id | None = None
    tray: Tray | None = None
    part_of: tuple[Id, int] | None = None
    in_own_words: Callable[[Mapping[str, str]], Mapping[str, str]] = field(default=dict, repr=False)

    @property
    def sha256(self) -> str:
        """By what a file is known."""
        return self.file_sha256 or sha256(self.data).hexdigest()

    def day_of(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()


@dataclass
class Account:
    """What became of the rows. `newer` of the duplicates said something else than what was held: a newer version is kept.

    Of very many refused rows some are counted alone (`unlisted`): each is in the tray of refused rows all the same.
    """

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    wrong_area: int = 0
    needs_information: int = 0
    refused: list[Refusal] = field(default_factory=list)
    newer: int = 0
    unlisted: int = 0

    @property
    def is_whole(self) -> bool:
        """Does every row read stand in exactly one place?"""
        counted = self.accepted + self.duplicates + self.wrong_area + self.needs_information + self.refused_number
        return counted == self.read

    @property
    def refused_number(self) -> int:
        """How many rows were refused."""
        return len(self.refused) + self.unlisted

    def add(self, more: "Account") -> None:
        """Count what became of further rows of the same file."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(more, name))
        room = max(0, LISTED_REFUSALS - len(self.refused))
        self.refused += more.refused[:room]
        self.unlisted += len(more.refused[room:])

    def refuse(self, refusal: Refusal) -> None:
        """Put a row aside, with the reason."""
        self.refused.append(refusal)

    def as_json(self) -> dict[str, Any]:
        """The account as `--json` prints it."""
        unlisted = {"refused_unlisted": self.unlisted} if self.unlisted else {}
        return unlisted | {
            "read": self.read,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "wrong_area": self.wrong_area,
            "needs_information": self.needs_information,
            "newer": self.newer,
            "refused": [{"row": row.number, "reason": row.reason} for row in self.refused],
        }


def close_account(session: Session, run: Importing, batch_id: Id, account: Account) -> None:
    """Write the account and its audit line in the transaction of the rows themselves.

    Raises RuntimeError when a row is unaccounted for: then nothing of the import is kept.
    """
    open_account(session, run, batch_id)
    add_to_account(session, batch_id, account, account.refused, run.tray)
    end_account(session, run, batch_id)


def open_account(session: Session, run: Importing, batch_id: Id) -> None:
    """Begin the account of a file that is brought in piece by piece."""
    batch = ImportBatch(
        id=batch_id, kind=run.kind, source=run.source, file_name=run.file_name[:200], file_sha256=run.sha256,
        started_at=run.now, imported_by=run.by, district_id=run.district_id,
        part_of=run.part_of[0] if run.part_of else None, part_row=run.part_of[1] if run.part_of else None,
    )  # fmt: skip
    imports.add_batch(session, batch)


def add_to_account(
    session: Session, batch_id: Id, account: Account, refused: Sequence[Refusal], tray: Tray | None
) -> None:
    """Write down what has become of all rows so far, in the transaction of the piece that `refused` these.

    Raises RuntimeError when a row is unaccounted for: then nothing of the piece is kept.
    """
    if not account.is_whole:
        raise RuntimeError(f"An import lost count of its rows: {account.as_json()}")
    counts = {name: getattr(account, name) for name in COUNTS if name != "newer"}
    counts["rows_read"] = counts.pop("read")
    counts["refused"] = account.refused_number
    rows = sorted(refused, key=lambda row: row.number)
    del counts["unlisted"]
    imports.set_counts(session, batch_id, counts, [tray.seal(batch_id, row) for row in rows] if tray else [])


def end_account(session: Session, run: Importing, batch_id: Id) -> None:
    """Say that the file was read to its end, here and in the audit."""
    imports.finish_batch(session, batch_id, run.now)
    line = AuditLine(
        id=run.new_id(), at=run.now, action=f"import_{run.kind}", purpose=run.source, detail=batch_id,
        actor_id=run.by or None,
    )  # fmt: skip
    audit.add_lines(session, [line])
