"""What became of what was circulated, in words: how far the e-mails are, and what has changed since."""

from collections.abc import Sequence
from datetime import datetime

from server.access import Access
from server.actions.conferences import circulating
from server.actions.conferences.kept import Changes
from server.actions.conferences.papers import compose_papers
from server.actions.conferences.readers import Reader
from server.queries.operation import outbox
from server.queries.operation.outbox import Posted
from server.security.documents import DocumentKeys
from server.web.layout.words import count, lower_first, say_moment
from shared.model.conference import CaseConference
from shared.model.mail import MailKind, MailState
from shared.model.value import Id


def list_since(
    access: Access, files: DocumentKeys | None, conference: CaseConference, readers: Sequence[Reader]
) -> dict[Id, str]:
    """What has changed since each agency was sent its agenda, in words, of those for whom anything has."""
    if files is None or conference.circulated_at is None or conference.finished_at is not None:
        return {}
    papers = compose_papers(access, conference, readers)
    found = circulating.list_changes(access, files, conference, papers)
    return {agency_id: say_changes(changes) for agency_id, changes in found.items() if changes.anything}


def say_changes(changes: Changes) -> str:
    """Returns what is another now than it was sent, in numbers: `1 case put on, 2 cases changed`."""
    parts = (
        f"{count(len(changes.put_on), 'case')} put on" if changes.put_on else "",
        f"{count(len(changes.gone), 'case')} taken off" if changes.gone else "",
        f"{count(len(changes.changed), 'case')} changed" if changes.changed else "",
        f"moved from {say_moment(changes.moved_from)}" if changes.moved_from else "",
        "another place" if changes.place_was is not None else "",
        f"{count(changes.lost, 'case')} that cannot be opened" if changes.lost else "",
    )
    return ", ".join(part for part in parts if part)


def list_mailed(access: Access, conference_id: Id) -> dict[tuple[Id, datetime], str]:
    """By agency and circulation: how far its e-mails are."""
    found: dict[tuple[Id, datetime], list[Posted]] = {}
    for each in outbox.list_posted_about(access.session, conference_id, MailKind.CONFERENCE_CIRCULATED):
        found.setdefault((each.mail.agency_id or "", each.mail.queued_at), []).append(each)
    return {key: say_mailed(posted, access.now) for key, posted in found.items()}


def say_mailed(posted: Sequence[Posted], now: datetime) -> str:
    """Returns how far the e-mails of one circulation to one agency are: `e-mailed 24 Nov 09:12`."""
    failed = [each for each in posted if each.state is MailState.FAILED]
    sent = [each.sent_at for each in posted if each.sent_at is not None]
    if failed:
        return f"not e-mailed: {lower_first(failed[0].last_error)}"
    if len(sent) < len(posted):
        return "the e-mail waits to be sent"
    where = "the agency’s mailbox" if posted[0].mail.worker_id is None else count(len(posted), "member")
    return f"e-mailed to {where}, {say_moment(max(sent), now)}"
