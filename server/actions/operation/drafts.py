"""What somebody typed and has not sent: kept for them alone until they send it, throw it away, or a week has passed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from server.database.engine import Database
from server.queries.operation import drafts as rows
from server.queries.operation.drafts import SealedDraft
from server.security.drafts import DraftKey, Marked
from shared.model.value import Id, Value

KEPT_FOR = timedelta(days=7)
LONGEST_DRAFT = 400_000
"""Letters of one form: fifteen updates of the longest, and much to spare."""
LONGEST_PATH = 200
Fields = Mapping[str, str | list[str]]


class Draft(Value, frozen=True, kw_only=True):
    """One form as it was left: where it is sent, what was typed, when last."""

    action: str
    fields: dict[str, str | list[str]]
    changed_at: datetime


@dataclass(frozen=True)
class Drafts:
    """The drafts of one server. Each call is a transaction of its own: a draft is there whatever becomes of what is done."""

    database: Database
    key: DraftKey

    def keep(self, worker_id: Id, page: str, action: str, fields: Fields, now: datetime) -> bool:
        """Keep what stands in a form. False where it can be of no form of ours."""
        words = {name: value for name, value in fields.items() if not name.startswith("_")}
        packed = msgspec.json.encode(words)
        if len(packed) > LONGEST_DRAFT or len(page) > LONGEST_PATH or not _is_name(action):
            return False
        with self.database.writing() as session:
            rows.set_draft(
                session,
                SealedDraft(
                    worker_id=worker_id, action=action, page=page, changed_at=now, person_id=_person_of(action),
                    sealed=self.key.seal(packed, worker_id, action),
                ),
            )  # fmt: skip
        return True

    def keep_unsigned(self, mark: str, action: str, fields: Fields, now: datetime) -> str:
        """Keep what came after its session had ended, for whom the form was made; returns its page, else nothing.

        Whoever holds the mark can add words to that one worker's form and read nothing.
        """
        marked = self.key.read_mark(mark, now)
        if marked is None or not self.keep(marked.worker_id, marked.page, action, fields, now):
            return ""
        return marked.page

    def read_mark(self, mark: str, now: datetime) -> Marked | None:
        """Whom a form was shown to, and where."""
        return self.key.read_mark(mark, now)

    def list_on(self, worker_id: Id, page: str) -> list[Draft]:
        """What was left in the forms of one page. What another machine's key has sealed is as if it were not there."""
        with self.database.reading() as session:
            kept = rows.list_drafts(session, worker_id, page)
        opened = [(each, self.key.open(each.sealed, worker_id, each.action)) for each in kept]
        return [
            Draft(action=each.action, fields=msgspec.json.decode(words), changed_at=each.changed_at)
            for each, words in opened
            if words is not None
        ]

    def find(self, worker_id: Id, page: str, action: str) -> Draft | None:
        """What was left in one form."""
        return next((each for each in self.list_on(worker_id, page) if each.action == action), None)

    def forget(self, worker_id: Id, action: str) -> None:
        """It was sent, or thrown away."""
        if _is_name(action):
            with self.database.writing() as session:
                rows.delete_draft(session, worker_id, action)

    def forget_old(self, now: datetime) -> None:
        """What nobody came back for in a week."""
        with self.database.writing() as session:
            rows.delete_before(session, now - KEPT_FOR)


def _is_name(action: str) -> bool:
    """Can a form of ours be kept under it? What came with a request may be anything, NUL too, which PostgreSQL cannot hold."""
    return len(action) <= LONGEST_PATH and action.isprintable()


def _person_of(action: str) -> Id | None:
    """The person whose page a form stands on, so that what was typed about them goes with them."""
    parts = action.split("/")
    return parts[2][:36] if len(parts) > 3 and parts[1] == "people" else None
