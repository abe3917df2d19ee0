"""Hands the mails that wait to the mail server, one at a time; what it says decides what becomes of each.

A mail is counted as tried before it is handed on and marked as sent after: whatever happens between the two, it is sent at
least once. It carries the same Message-ID both times, so that a mail server may drop the second.
"""

from sqlalchemy.orm import Session

from server.actions.operation import invitations
from server.actions.partnership.agreement_texts import list_enclosed
from server.actions.referrals import answers
from server.http.services import Services
from server.jobs.runner import Moment
from server.mail.message import Envelope, make_message
from server.mail.smtp import Mailer, MailRefused, TryLater, Unreachable, is_address, make_mailer
from server.queries.operation import addressees, outbox
from server.queries.operation.outbox import Posted
from server.queries.street import alarms
from shared.model.alarm import BY_MAIL, AlarmEvent, AlarmEventKind
from shared.model.mail import Mail, MailKind
from shared.rules.alarms import next_message_try
from shared.rules.mail import next_try

NO_ADDRESS = "There is no address to send it to."
NOT_AN_ADDRESS = "The address is not one that mail can be sent to."


def send_waiting(services: Services, moment: Moment) -> int:
    """Send what is due; returns how many were sent. Without a mail server mails wait, until they are too old."""
    with services.database.writing() as session:
        outbox.fail_too_old(session, moment.now)
    mailer = make_mailer(services.settings)
    if mailer is None:
        return 0
    try:
        return send_with(mailer, services, moment)
    finally:
        mailer.close()


def send_with(mailer: Mailer, services: Services, moment: Moment) -> int:
    """Send what is due by this mailer."""
    sent = 0
    while (posted := _claim(services)) is not None:
        moment.heartbeat()
        try:
            sent += _send(mailer, services, moment, posted)
        except Unreachable as trouble:
            _wait(services, posted, str(trouble))
            break
    return sent


def _claim(services: Services) -> Posted | None:
    with services.database.writing() as session:
        return outbox.claim_next(session, services.clock())


def _send(mailer: Mailer, services: Services, moment: Moment, posted: Posted) -> bool:
    """Send one; True when it is on its way. Raises Unreachable."""
    mail = posted.mail
    with services.database.reading() as session:
        holds = answers.still_holds(session, mail) and invitations.still_invites(session, mail, services.clock())
        address = addressees.find_address(session, mail)
        answer_to = addressees.find_answer_address(session, mail)
        about = mail.facts.conference_id
        organizer = addressees.find_organizer_address(session, about) if about else ""
        enclosed = list_enclosed(session, mail)
    if not holds:  # what stands otherwise by now is forgotten, unsent, and may be written anew
        with services.database.writing() as session:
            outbox.forget(session, mail.id)
        return False
    if address is None:
        return _fail(services, posted, NO_ADDRESS)
    if not is_address(address):
        return _fail(services, posted, NOT_AN_ADDRESS)
    try:
        mailer.send(
            make_message(
                mail,
                Envelope(address=address, is_shared=_is_shared(mail), answer_to=answer_to, organizer=organizer),
                services.settings,
                services.clock(),
                moment.zone,
                _path(services, mail),
                enclosed,
            ),
            address,
        )
    except MailRefused as refused:
        return _fail(services, posted, str(refused))
    except TryLater as trouble:
        return _wait(services, posted, str(trouble))
    with services.database.writing() as session:
        outbox.set_sent(session, mail.id, services.clock())
        _note(services, session, mail, AlarmEventKind.SENT, BY_MAIL)
    return True


def _is_shared(mail: Mail) -> bool:
    """Does it go to the shared mailbox of an agency?"""
    return mail.agency_id is not None and mail.worker_id is None


def _path(services: Services, mail: Mail) -> str:
    """Where the one link leads that is made when it is sent, and kept nowhere."""
    if mail.kind is MailKind.INVITATION and mail.about_id:
        return invitations.path_of(mail.about_id, services.keys.secret)
    return answers.path_of(mail.alert_id, services.keys.secret) if mail.alert_id else ""


def _fail(services: Services, posted: Posted, error: str) -> bool:
    with services.database.writing() as session:
        outbox.set_failed(session, posted.mail.id, error)
        _note(services, session, posted.mail, AlarmEventKind.FAILED, f"E-mail: {error}")
    return False


def _note(services: Services, session: Session, mail: Mail, kind: AlarmEventKind, words: str) -> None:
    """What became of a mail that tells of somebody who was not heard stands in the alarm's log."""
    if mail.kind is MailKind.LONE_WORKER and mail.about_id:
        event = AlarmEvent(
            id=services.new_id(), alarm_id=mail.about_id, at=services.clock(), kind=kind, worker_id=mail.worker_id,
            note=words,
        )  # fmt: skip
        alarms.add_events(session, [event])


def _wait(services: Services, posted: Posted, error: str) -> bool:
    again = (next_message_try if posted.mail.kind in outbox.URGENT else next_try)(posted.attempts, services.clock())
    if again is None:
        return _fail(services, posted, error)
    with services.database.writing() as session:
        outbox.set_waiting(session, posted.mail.id, again, error)
    return False
