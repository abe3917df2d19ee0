"""Rows that an import refused, until somebody has seen to them: sealed with a key outside the database, as the file was.

What is kept of a row that was left out is its mark alone: by it the same row is known when its file comes again, and it tells
nobody what stood there. A row that was mended stays sealed as it came, until it is forgotten: its mending can be undone.
"""

from collections.abc import Mapping
from datetime import datetime
from json import dumps

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from server.importers.files import Refusal
from server.problems import NotFound
from server.queries.referrals import imports
from server.queries.referrals.imports import KeptRow, RefusedRow
from server.security.holding import Box
from server.security.tokens import derive
from shared.model.value import Id

REASON_CHARACTERS = 400
RAW_CHARACTERS = 100_000
PLAIN = "{"
"""So begins the JSON of a row that an older Lantern kept as it was; nothing sealed does."""
NAME_CHARACTERS = 8
UNREADABLE = (
    "This row was sealed with a secret that this server has no more: bring its file again, and leave this one out."
)


class RowAsItCame(Struct, frozen=True):
    """What is held of a row that was refused: why, and the row as it was, by heading too where its cells fit the headings."""

    reason: str
    raw: str
    cells: dict[str, str] = {}


class WaitingRow(Struct, frozen=True, kw_only=True):
    """A refused row that nobody has mended or left out yet, with the file that it came in."""

    batch_id: Id
    row_number: int
    source: str
    file_name: str
    started_at: datetime
    district_id: Id | None
    reason: str
    raw: str
    cells: dict[str, str]


class Tray:
    """Seals refused rows with the secret of today; opens with any."""

    def __init__(self, secret: bytes, *before: bytes) -> None:
        self._box = Box(secret, "refused row", RowAsItCame, *before)
        self._secrets = (secret, *before)
        self._name = derive(secret, "refused row mark")[:NAME_CHARACTERS]

    def seal(self, batch_id: Id, row: Refusal) -> RefusedRow:
        """A row as the database keeps it."""
        cells = {name: text.replace("\x00", "\u2400") for name, text in row.cells.items()}
        fits = len(dumps(cells)) <= RAW_CHARACTERS
        words = RowAsItCame(row.reason[:REASON_CHARACTERS], row.raw[:RAW_CHARACTERS], cells if fits else {})
        return self._kept(batch_id, row.number, words)

    def open(self, row: KeptRow) -> WaitingRow:
        """The row again; one that this server has no secret for says so."""
        words = self._find_words(row) or RowAsItCame(UNREADABLE, "")
        return WaitingRow(
            batch_id=row.batch_id, row_number=row.row_number, source=row.source, file_name=row.file_name,
            started_at=row.started_at, district_id=row.district_id, reason=words.reason, raw=words.raw, cells=words.cells,
        )  # fmt: skip

    def list_marks(self, raw: str) -> list[str]:
        """By what the same row is known, whichever secret was today's when it was refused."""
        return [_mark(secret, raw) for secret in self._secrets]

    def seal_anew(self, session: Session) -> int:
        """Seal what waits unsealed, or sealed with the secret before; returns how many."""
        done = 0
        for row in imports.list_unlike(session, self._name):
            words = self._find_words(row)
            if words is not None:
                imports.set_words(session, row, self._kept(row.batch_id, row.row_number, words))
                done += 1
        return done

    def _find_words(self, row: KeptRow) -> RowAsItCame | None:
        if row.held.startswith(PLAIN):
            return msgspec.json.decode(row.held, type=RowAsItCame)
        try:
            return self._box.open(_place(row.batch_id, row.row_number), row.held)
        except NotFound:
            return None

    def _kept(self, batch_id: Id, number: int, words: RowAsItCame) -> RefusedRow:
        held = self._box.seal(_place(batch_id, number), words)
        return RefusedRow(row_number=number, held=held, mark=_mark(self._secrets[0], words.raw))


def say_cells(cells: Mapping[str, str]) -> str:
    """Cells by heading as one text, a line each."""
    return "\n".join(f"{heading}: {text}" for heading, text in cells.items())


def _place(batch_id: Id, number: int) -> str:
    return f"{batch_id} {number}"


def _mark(secret: bytes, raw: str) -> str:
    named = derive(secret, "refused row mark")[:NAME_CHARACTERS]
    return f"{named}.{derive(secret, 'refused row', raw[:RAW_CHARACTERS])}"
