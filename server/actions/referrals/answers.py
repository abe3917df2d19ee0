"""What whoever told us is told: kind, true, and giving nobody away. One set of sentences for our page, our mails and Open311."""

from datetime import date

from sqlalchemy.orm import Session

from server.access import Access
from server.problems import NotFound
from server.queries.operation import outbox
from server.queries.people import subjects
from server.queries.referrals import referrals
from server.queries.referrals.inbox import InboxRow, find_standing
from server.security.tokens import derive, same
from shared.model.value import Id
from shared.policy import Act
from shared.rules.referral import normalise_outcome
from shared.rules.replies import ENGLISH, reply_to_referrer, say_state


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


def send_again(access: Access, referral_id: Id, mail_id: Id) -> None:
    """Let an answer that could not be sent be tried again. Raises NotFound for a mail about anything else."""
    access.require(Act.PROGRESS_REFERRAL, subjects.find_referral(access.session, referral_id), detail="answer again")
    posted = outbox.find_posted(access.session, mail_id)
    if posted is None or posted.mail.about_id != referral_id or posted.mail.alert_id is None:
        raise NotFound
    if not outbox.try_again(access.session, mail_id, access.now):
        raise NotFound
