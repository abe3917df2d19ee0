"""Inviting somebody to set their own password: a link that lives a day and works once (privacy rule C2).

The administrator never knows the password. The link is `id.proof`; the proof follows from the id and the server's secret, so that
a stolen database opens nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from server.access import day_of
from server.actions.operation.orders import order_proof_replaced
from server.actions.operation.signin import set_password
from server.problems import Invalid, NotFound
from server.queries.operation import outbox, sessions
from server.queries.partnership import invitations, workers
from server.queries.partnership.invitations import Invitation
from server.queries.people import subjects
from server.security import totp
from server.security.passwords import Passwords
from server.security.seeds import Seeds
from server.security.tokens import derive, same
from shared.model.mail import Mail, MailKind
from shared.model.value import Id
from shared.model.worker import Worker
from shared.policy import Act, Allow, Subject, decide

LIVES = timedelta(days=1)


def invite(session: Session, worker: Worker, by: Id | None, now: datetime, new_id: Callable[[], Id]) -> Invitation:
    """Make an invitation for an active worker with an e-mail address. Raises Invalid for anybody else."""
    if not worker.active:
        raise Invalid("They have left: let them in again first.")
    if worker.id not in workers.list_emails(session):
        raise Invalid("Enter their e-mail address first: it is what they sign in with.")
    made = Invitation(id=new_id(), worker_id=worker.id, made_at=now, made_by=by, expires_at=now + LIVES)
    invitations.add_invitation(session, made)
    return made


def mail_invitation(session: Session, made: Invitation, agency_id: Id, now: datetime, new_id: Callable[[], Id]) -> None:
    """Let the link go out to the address that they sign in with."""
    mail = Mail(
        id=new_id(), key=f"invitation/{made.id}", kind=MailKind.INVITATION, queued_at=now, useful_until=made.expires_at,
        about_id=made.id, agency_id=agency_id, worker_id=made.worker_id,
    )  # fmt: skip
    outbox.add_mails(session, [mail])


def path_of(invitation_id: Id, secret: bytes) -> str:
    """The path that the link leads to."""
    return f"/invitations/{invitation_id}.{derive(secret, 'invitation', invitation_id)}"


def find_invited(session: Session, token: str, secret: bytes, now: datetime) -> Worker:
    """Whom a link invites. Raises NotFound for one that is none, was used or is over, whose worker has left, or whose maker could
    not make it today."""
    invitation_id, _, proof = token.partition(".")
    if not same(proof, derive(secret, "invitation", invitation_id)):
        raise NotFound
    found = invitations.find_invitation(session, invitation_id)
    if found is None or found.used_at is not None or found.expires_at < now:
        raise NotFound
    worker = workers.find_worker(session, found.worker_id)
    if worker is None or not worker.active or not _is_still_meant(session, found, now):
        raise NotFound
    return worker


def _is_still_meant(session: Session, made: Invitation, now: datetime) -> bool:
    """Whoever made it at the terminal holds the server; of anybody else policy is asked anew."""
    if made.made_by is None:
        return True
    today = day_of(now)
    maker, subject = workers.find_actor(session, made.made_by, today), subjects.find_worker(session, made.worker_id)
    return maker is not None and isinstance(decide(maker, Act.MANAGE_WORKERS, subject or Subject(), today), Allow)


def still_invites(session: Session, mail: Mail, now: datetime) -> bool:
    """Does the link that a mail brings work yet? Of any other mail: yes."""
    if mail.kind is not MailKind.INVITATION or not mail.about_id:
        return True
    found = invitations.find_invitation(session, mail.about_id)
    return found is not None and found.used_at is None and _is_still_meant(session, found, now)


def accept(session: Session, token: str, secret: bytes, passwords: Passwords, password: str, now: datetime) -> Worker:
    """Set the invited worker's password; their sessions end. Raises NotFound, and Invalid for an unusable password."""
    worker = find_invited(session, token, secret, now)
    set_password(session, passwords, worker.id, password, now, known_words=(worker.name,))
    if not invitations.use_invitation(session, token.partition(".")[0], now):
        raise NotFound
    return worker


def give_second_factor(session: Session, seeds: Seeds, worker: Worker, now: datetime) -> str:
    """A fresh authenticator for somebody who has just set their password; returns what its app scans, to be shown once.

    Whoever lost theirs is invited anew: codes of the old one stop working.
    """
    seed = totp.new_secret()
    sessions.set_second_factor(session, worker.id, seeds.seal(worker.id, seed), now)
    order_proof_replaced(session, worker.id, now)
    return totp.address(seed, workers.list_emails(session).get(worker.id, worker.name))
