"""The triage desk: the referrals that wait for a first decision, urgent ones first, then the newest; searched, and counted."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select
from sqlalchemy.orm import Session

from server.queries.referrals.inbox import InboxRow, inbox_row, rows, within
from server.queries.referrals.referral_steps import read_step
from server.tables.operation.mail import mail
from server.tables.referrals.referral import alert, referral, referral_progress
from shared.model.codes import ReferralState
from shared.model.mail import MailKind, MailState
from shared.model.referral import ReferralProgress
from shared.model.value import Id, Value
from shared.rules.urgency import ALSO_IN, STEMS

WORDS_AT_MOST = 6


class DeskRow(Value, frozen=True, kw_only=True):
    """A referral of the desk, whether something of it was guessed and not confirmed, and every column that was sent."""

    row: InboxRow
    has_guess: bool = False
    raw: dict[str, str] = {}


def list_desk(
    session: Session,
    district_ids: Collection[Id],
    team_ids: Collection[Id],
    states: Collection[ReferralState],
    words: str,
    only: str = "",
    *,
    today: date,
    limit: int,
    offset: int = 0,
) -> list[DeskRow]:
    """The referrals of these districts and teams in any of the states that say all the words, all of them or `only` some: urgent
    first, then newest."""
    query: Select[Any] = (
        rows()
        .add_columns(alert.c.guesses, alert.c.guesses_confirmed_at, alert.c.raw)
        .where(
            within(district_ids, team_ids),
            referral.c.state.in_([str(state) for state in states]),
            *_says(words),
            *_only(only, today),
        )
        .order_by(case((_is_urgent(), 0), else_=1), referral.c.reported_at.desc(), referral.c.due_on, referral.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        DeskRow(
            row=inbox_row(found),
            has_guess=found["guesses"] not in (None, "[]") and found["guesses_confirmed_at"] is None,
            raw=msgspec.json.decode(found["raw"] or "{}", type=dict[str, str]),
        )
        for found in session.execute(query).mappings()
    ]  # fmt: skip


def count_desk(
    session: Session,
    district_ids: Collection[Id],
    team_ids: Collection[Id],
    states: Collection[ReferralState],
    words: str,
    only: str = "",
    *,
    today: date,
) -> int:
    """How many there are."""
    query = select(func.count()).where(
        within(district_ids, team_ids),
        referral.c.state.in_([str(state) for state in states]),
        *_says(words),
        *_only(only, today),
    )
    return session.scalar(query) or 0


def list_newest_steps(
    session: Session, referral_ids: Collection[Id], worker_id: Id, since: datetime
) -> dict[Id, list[ReferralProgress]]:
    """The last two steps of each referral whose newest is this worker's, taken since a moment: the newest first."""
    steps: dict[Id, list[ReferralProgress]] = {}
    query = (
        select(referral_progress)
        .where(referral_progress.c.referral_id.in_(referral_ids))
        .order_by(referral_progress.c.referral_id, referral_progress.c.at.desc(), referral_progress.c.id.desc())
    )
    for found in session.execute(query).mappings():
        steps.setdefault(found["referral_id"], []).append(read_step(found))
    return {
        each: newest[:2] for each, newest in steps.items() if newest[0].worker_id == worker_id and newest[0].at >= since
    }


def take_back_mails(session: Session, referral_ids: Collection[Id], since: datetime) -> int:
    """Forget what was to be answered about these referrals since a moment and has not gone out yet; returns how many."""
    unsent = delete(mail).where(
        mail.c.about_id.in_(referral_ids), mail.c.state == str(MailState.WAITING), mail.c.queued_at >= since,
        mail.c.kind.in_([str(MailKind.REFERRAL_OUTCOME), str(MailKind.REFERRAL_QUESTION)]),
    )  # fmt: skip
    return session.execute(unsent).rowcount  # type: ignore[attr-defined,no-any-return]


URGENT, LATE, PLACELESS, GUESSED = "urgent", "late", "placeless", "guessed"
ONLY = (URGENT, LATE, PLACELESS, GUESSED)
"""Which of the lines alone may be looked at."""


def _only(only: str, today: date) -> Sequence[ColumnElement[bool]]:
    """What is true of those alone; nothing where all are wanted."""
    own = alert.alias()
    guessed = (
        select(own.c.id)
        .where(own.c.id == referral.c.alert_id, own.c.guesses != "[]", own.c.guesses_confirmed_at.is_(None))
        .correlate(referral)
    )
    wanted = {
        URGENT: _is_urgent(), LATE: referral.c.due_on < today, PLACELESS: referral.c.latitude.is_(None),
        GUESSED: guessed.exists(),
    }  # fmt: skip
    return [wanted[only]] if only in wanted else []


def _is_urgent() -> ColumnElement[bool]:
    said = func.lower(referral.c.description + " " + referral.c.concerns)
    also = ((func.lower(referral.c[field]), STEMS[urgency]) for field, urgency in ALSO_IN.items())
    everywhere = ((said, stems) for stems in STEMS.values())
    return or_(*(text.contains(stem) for text, stems in (*everywhere, *also) for stem in stems))


def _says(words: str) -> Sequence[ColumnElement[bool]]:
    said = func.lower(
        referral.c.number + " " + referral.c.place + " " + referral.c.description + " " + referral.c.concerns
    )
    return [and_(said.contains(word, autoescape=True)) for word in words.casefold().split()[:WORDS_AT_MOST]]


UNDO_WITHIN = timedelta(minutes=10)
