"""The account of an import: every row read is accepted, a duplicate, of the wrong area, short of information, or refused.

One identity for all importers, checked each time: accepted + duplicates + wrong_area + needs_information + refused = read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from server.importers.files import Refusal
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.referrals import imports
from server.queries.referrals.imports import ImportBatch, RefusedRow
from shared.geo.night import DEFAULT_ZONE
from shared.model.value import Id


@dataclass(frozen=True)
class Importing:
    """One run: which file, told when it is, how to make ids, and what times without a zone mean."""

    kind: str
    source: str
    file_name: str
    data: bytes = field(repr=False)
    now: datetime
    new_id: Callable[[], Id]
    zone: str = DEFAULT_ZONE


@dataclass
class Account:
    """What became of the rows. `newer` of the duplicates said something else than what was held: a newer version is kept."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    wrong_area: int = 0
    needs_information: int = 0
    refused: list[Refusal] = field(default_factory=list)
    newer: int = 0

    @property
    def is_whole(self) -> bool:
        """Does every row read stand in exactly one place?"""
        counted = self.accepted + self.duplicates + self.wrong_area + self.needs_information + len(self.refused)
        return counted == self.read

    def refuse(self, refusal: Refusal) -> None:
        """Put a row aside, with the reason."""
        self.refused.append(refusal)

    def as_json(self) -> dict[str, Any]:
        """The account as `--json` prints it."""
        return {
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
    if not account.is_whole:
        raise RuntimeError(f"An import lost count of its rows: {account.as_json()}")
    refused = sorted(account.refused, key=lambda row: row.number)
    imports.add_batch(
        session,
        ImportBatch(
            id=batch_id,
            kind=run.kind,
            source=run.source,
            file_name=run.file_name[:200],
            file_sha256=sha256(run.data).hexdigest(),
            started_at=run.now,
            finished_at=run.now,
            rows_read=account.read,
            accepted=account.accepted,
            duplicates=account.duplicates,
            wrong_area=account.wrong_area,
            needs_information=account.needs_information,
            refused=len(refused),
        ),
        [RefusedRow(row.number, row.reason, row.raw, row.cells) for row in refused],
    )
    line = AuditLine(id=run.new_id(), at=run.now, action=f"import_{run.kind}", purpose=run.source, detail=batch_id)
    audit.add_lines(session, [line])
