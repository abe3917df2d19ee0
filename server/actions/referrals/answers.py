"""What whoever told us is told: kind, true, and giving nobody away. One set of sentences for our page, our mails and Open311."""

from datetime import date

from sqlalchemy.orm import Session

from server.access import Access
from server.problems import NotFound
from server.queries.operation import outbox
from server.queries.people import subjects
from server.queries.referrals import referrals
from server.queries.referrals.folded import find_head
from server.queries.referrals.inbox import PROMISED, InboxRow, find_inbox_row, find_standing
from server.security.tokens import derive, same
from shared.model.codes import ReferralState
from shared.model.mail import Mail, MailKind
from shared.model.value import Id
from shared.policy import Act
from shared.rules.referral import FINAL_STATES, normalise_outcome
from shared.rules.replies import ENGLISH, reply_to_referrer, say_state

TOLD_OF_REFERRAL = (MailKind.REFERRAL_OUTCOME, MailKind.REFERRAL_QUESTION, MailKind.REFERRAL_LATE)
"""Mails that say how a referral stands."""


def say_answer(found: InboxRow, language: str = ENGLISH) -> str:
    """Returns what the reporter is told."""
    outcome = normalise_outcome(found.outcome) if found.outcome else None
    return say_state(found.referral.state, language) if outcome is None else reply_to_referrer(outcome, language)


def path_of(alert_id: Id, secret: bytes) -> str:
    """Where the link in a mail leads: to the answer to this one report. It follows from the server's secret, and is not kept."""
    return f"/report/answer/{alert_id}.{derive(secret, 'answer', alert_id)}"


def find_answered(session: Session, token: str, secret: bytes, today: date) -> InboxRow | None:
    """The referral that a mail's link tells of, or the one that it was folded into; None for no such link, and when the
    address that it was sent to is forgotten."""
    alert_id, _, proof = token.partition(".")
    if not same(proof, derive(secret, "answer", alert_id)):
        return None
    found = referrals.find_told(session, alert_id, today)
    return None if found is None else find_standing(session, found)


def find_told_language(session: Session, token: str) -> str:
    """The language in which whoever has this link told us."""
    return referrals.find_language(session, token.partition(".")[0])


def still_holds(session: Session, mail: Mail) -> bool:
    """Is what this mail tells of a referral still so, of itself or of the one that it was folded into? Between its writing and
    its sending it may have been opened again, closed otherwise, answered, or taken back. Of any other mail: yes."""
    if mail.kind not in TOLD_OF_REFERRAL or mail.about_id is None:
        return True
    head_id = find_head(session, mail.about_id)
    found = {each: find_inbox_row(session, each) for each in {mail.about_id, head_id}}
    if mail.kind is MailKind.REFERRAL_LATE:
        return _is_late(mail, found[mail.about_id], found[head_id])
    return any(_is_so(mail, row) for row in found.values() if row is not None)


def _is_late(mail: Mail, own: InboxRow | None, head: InboxRow | None) -> bool:
    """Is the answer that was promised by this day still owed, and was no other day promised since?"""
    if own is None or head is None or head.referral.state not in PROMISED:
        return False
    return mail.facts.day in (own.referral.due_on, head.referral.due_on)


def _is_so(mail: Mail, row: InboxRow) -> bool:
    if mail.kind is MailKind.REFERRAL_QUESTION:
        return row.referral.state is ReferralState.NEEDS_INFORMATION
    outcome = normalise_outcome(row.outcome)
    return row.referral.state in FINAL_STATES and outcome is not None and outcome.code == mail.facts.outcome


def send_again(access: Access, referral_id: Id, mail_id: Id) -> None:
    """Let an answer that could not be sent be tried again. Raises NotFound for a mail about anything else."""
    access.require(Act.PROGRESS_REFERRAL, subjects.find_referral(access.session, referral_id), detail="answer again")
    posted = outbox.find_posted(access.session, mail_id)
    if posted is None or posted.mail.about_id != referral_id or posted.mail.alert_id is None:
        raise NotFound
    if not outbox.try_again(access.session, mail_id, access.now):
        raise NotFound
