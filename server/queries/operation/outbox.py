"""The outbox: mails that wait, were sent or could not be; and what workers chose to hear of.

Whoever causes a mail adds it in the same transaction; sending is a job's.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.operation.mail import mail, mail_choice, mail_line
from shared.model.mail import Mail, MailChoice, MailFacts, MailKind, MailState
from shared.model.value import Id, Value
from shared.policy.mail import default_choice

CLAIMED_FOR = timedelta(minutes=10)
"""How long a mail that is being sent is left alone: a sender that crashed has had its try."""
URGENT = (MailKind.LONE_WORKER, MailKind.LONE_WORKER_OVER)
"""Somebody was not heard, or was: these wait behind no other mail."""
URGENT_CLAIMED_FOR = timedelta(minutes=2)
TOO_OLD = "It was too late to be of use."

_read_facts = msgspec.json.Decoder(MailFacts).decode


class Posted(Value, frozen=True, kw_only=True):
    """A mail as it stands in the outbox."""

    mail: Mail
    state: MailState
    attempts: int
    next_try_at: datetime
    last_error: str
    sent_at: datetime | None


class Line(Value, frozen=True, kw_only=True):
    """One thing of which a worker hears in the morning's mail. `key` is what its own letter would have had."""

    key: str
    worker_id: Id
    kind: MailKind
    district: str
    at: datetime


def add_mails(session: Session, mails: Sequence[Mail], not_before: datetime | None = None) -> None:
    """Let mails wait to be sent, at once or not before a moment. One whose key is there already is passed over: nothing is said
    twice."""
    rows = [
        {
            **msgspec.structs.asdict(each), "kind": str(each.kind), "facts": msgspec.json.encode(each.facts).decode(),
            "state": str(MailState.WAITING), "attempts": 0, "next_try_at": not_before or each.queued_at, "last_error": "",
            "sent_at": None,
        }
        for each in mails
    ]  # fmt: skip
    bulk.insert_new(session, mail, rows)


def add_lines(session: Session, lines: Sequence[Line]) -> None:
    """Let lines wait for the morning's mail. One whose key is there, or was mailed as a letter of its own, is passed over."""
    said = set(session.scalars(select(mail.c.key).where(mail.c.key.in_([each.key for each in lines]))))
    rows = [msgspec.structs.asdict(each) | {"kind": str(each.kind)} for each in lines if each.key not in said]
    bulk.insert_new(session, mail_line, rows)


def take_lines(session: Session, until: datetime) -> list[Line]:
    """The lines that came before a moment, the earliest first; from now on they are gone, and no other: one that is being written
    meanwhile waits for the next time."""
    query = select(mail_line).where(mail_line.c.at < until).order_by(mail_line.c.at, mail_line.c.key).with_for_update()
    known = {str(kind) for kind in MailKind}
    rows = session.execute(query).mappings().all()
    bulk.delete_of(session, mail_line, "key", [row["key"] for row in rows])
    return [Line(**{**row, "kind": MailKind(row["kind"])}) for row in rows if row["kind"] in known]


def claim_next(session: Session, now: datetime) -> Posted | None:
    """The mail that waited longest and is due, counted as tried, and left alone by others for a while.

    Whoever looks for somebody comes before a morning's digests, and is soon told again where a sender died."""
    is_urgent = mail.c.kind.in_([str(each) for each in URGENT])
    # An urgent one waits for two minutes at most: else it was written by a clock that has been set back since.
    is_due = (mail.c.next_try_at <= now) | (is_urgent & (mail.c.next_try_at > now + 2 * URGENT_CLAIMED_FOR))
    due = (
        select(mail.c.id, is_urgent.label("is_urgent"))
        .where(mail.c.state == str(MailState.WAITING), is_due)
        .order_by(is_urgent.desc(), mail.c.next_try_at, mail.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(due).first()
    if found is None:
        return None
    until = now + (URGENT_CLAIMED_FOR if found.is_urgent else CLAIMED_FOR)
    _set(session, mail.c.id == found.id, attempts=mail.c.attempts + 1, next_try_at=until)
    return find_posted(session, found.id)


def set_sent(session: Session, mail_id: Id, now: datetime) -> None:
    """It is on its way."""
    _set(session, mail.c.id == mail_id, state=str(MailState.SENT), sent_at=now, last_error="")


def set_waiting(session: Session, mail_id: Id, next_try_at: datetime, error: str) -> None:
    """It is tried again later."""
    _set(session, mail.c.id == mail_id, next_try_at=next_try_at, last_error=error)


def set_failed(session: Session, mail_id: Id, error: str) -> None:
    """It is given up, until somebody lets it be tried again."""
    _set(session, mail.c.id == mail_id, state=str(MailState.FAILED), last_error=error)


def forget(session: Session, mail_id: Id) -> None:
    """It was never written: the same may be said another time."""
    session.execute(delete(mail).where(mail.c.id == mail_id))


def give_up_waiting(session: Session, about_id: Id, kind: MailKind, why: str, worker_id: Id | None = None) -> None:
    """Send no more what is true no longer; with `worker_id`, to this worker."""
    waiting = (mail.c.state == str(MailState.WAITING)) & (mail.c.about_id == about_id) & (mail.c.kind == str(kind))
    if worker_id is not None:
        waiting &= mail.c.worker_id == worker_id
    _set(session, waiting, state=str(MailState.FAILED), last_error=why)


def fail_too_old(session: Session, now: datetime) -> int:
    """Give up what waited until it was of no use; returns how many."""
    old = (mail.c.state == str(MailState.WAITING)) & (mail.c.useful_until < now)
    found = len(list(session.scalars(select(mail.c.id).where(old))))
    if found:
        _set(session, old, state=str(MailState.FAILED), last_error=TOO_OLD)
    return found


def try_again(session: Session, mail_id: Id, now: datetime) -> bool:
    """Let a mail that failed wait anew, for a day at least; False when there is no such failed mail."""
    found = find_posted(session, mail_id)
    if found is None or found.state is not MailState.FAILED:
        return False
    until = max(found.mail.useful_until, now + timedelta(days=1))
    _set(session, mail.c.id == mail_id, state=str(MailState.WAITING), attempts=0, next_try_at=now, useful_until=until)
    return True


def find_posted(session: Session, mail_id: Id) -> Posted | None:
    """The mail with this id."""
    found = _list(session, mail.c.id == mail_id, 1)
    return found[0] if found else None


def list_posted(session: Session, limit: int = 200) -> list[Posted]:
    """The newest mails, whatever became of them."""
    return _list(session, mail.c.id.is_not(None), limit)


def list_unsent(session: Session, limit: int = 200) -> list[Posted]:
    """The newest mails that wait or failed."""
    return _list(session, mail.c.state != str(MailState.SENT), limit)


def list_posted_about(session: Session, about_id: Id, kind: MailKind) -> list[Posted]:
    """What was mailed about one conference or referral, the newest first."""
    return _list(session, (mail.c.about_id == about_id) & (mail.c.kind == str(kind)), 500)


def count_by_state(session: Session) -> dict[MailState, int]:
    """How many mails stand in each state."""
    rows = session.execute(select(mail.c.state, func.count()).group_by(mail.c.state))
    return {MailState(state): count for state, count in rows}


def count_waiting_since(session: Session, since: datetime) -> int:
    """How many mails have waited from before a moment on."""
    waits = (mail.c.state == str(MailState.WAITING)) & (mail.c.queued_at < since)
    return int(session.scalar(select(func.count()).select_from(mail).where(waits)) or 0)


def count_failed_since(session: Session, since: datetime) -> int:
    """How many mails that were written from a moment on could not be sent."""
    failed = (mail.c.state == str(MailState.FAILED)) & (mail.c.queued_at >= since)
    return int(session.scalar(select(func.count()).select_from(mail).where(failed)) or 0)


def count_all(session: Session) -> int:
    """How many mails there are, whatever became of them."""
    return int(session.scalar(select(func.count()).select_from(mail)) or 0)


def find_choices(session: Session, worker_id: Id) -> dict[MailKind, MailChoice]:
    """What a worker chose; kinds they chose nothing about are left out."""
    rows = session.execute(select(mail_choice.c.kind, mail_choice.c.choice).where(mail_choice.c.worker_id == worker_id))
    known = set(MailKind)
    return {MailKind(row.kind): MailChoice(row.choice) for row in rows if row.kind in known}


def set_choices(session: Session, worker_id: Id, choices: Mapping[MailKind, MailChoice]) -> None:
    """Keep what a worker chose, in the place of what they chose before."""
    session.execute(delete(mail_choice).where(mail_choice.c.worker_id == worker_id))
    rows = [{"worker_id": worker_id, "kind": str(kind), "choice": str(choice)} for kind, choice in choices.items()]
    bulk.insert_new(session, mail_choice, rows)


def list_chosen(session: Session, kind: MailKind, worker_ids: Collection[Id]) -> dict[Id, MailChoice]:
    """What each of these workers wants to hear of one kind, by choice or by default."""
    mine = (mail_choice.c.kind == str(kind)) & mail_choice.c.worker_id.in_(worker_ids)
    rows = session.execute(select(mail_choice.c.worker_id, mail_choice.c.choice).where(mine))
    return dict.fromkeys(worker_ids, default_choice(kind)) | {row.worker_id: MailChoice(row.choice) for row in rows}


def _set(session: Session, condition: ColumnElement[bool], **values: Any) -> None:
    session.execute(update(mail).where(condition).values(**values))


def _list(session: Session, condition: ColumnElement[bool], limit: int) -> list[Posted]:
    query = select(mail).where(condition).order_by(mail.c.queued_at.desc(), mail.c.id.desc()).limit(limit)
    return [_read(row) for row in session.execute(query).mappings()]


def _read(row: Any) -> Posted:
    values = {name: row[name] for name in Mail.__struct_fields__}
    values |= {"kind": MailKind(row["kind"]), "facts": _read_facts(row["facts"])}
    return Posted(
        mail=Mail(**values),
        state=MailState(row["state"]),
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        last_error=row["last_error"],
        sent_at=row["sent_at"],
    )
