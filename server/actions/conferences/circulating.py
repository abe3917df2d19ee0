"""Circulating an agenda: each agency is let read its paper, hears so by e-mail, and what it was sent is kept as it was.

Circulated again, the mail says what has changed since that agency was last sent it, in numbers and without a name.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256

import msgspec

from server.access import Access
from server.actions.conferences import kept
from server.actions.conferences.conferences import open_unfinished, refuse
from server.actions.conferences.kept import Changes
from server.actions.conferences.papers import Paper, PaperCase, compose_papers
from server.actions.conferences.readers import Reader, list_readers
from server.actions.operation.outbox import Outbox
from server.problems import Invalid
from server.queries.conferences import conferences
from server.queries.conferences.conferences import Circulated
from server.queries.conferences.kept import set_digest
from server.queries.partnership.districts import find_district
from server.security.documents import DocumentKeys
from shared.model.conference import CaseConference
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id
from shared.rules.agenda import circulation_warning, why_not_run_by

CHANGED = (
    "The agenda has changed, or was circulated, since you opened this page. Look at what follows, and circulate then."
)


def mark_of(access: Access, conference: CaseConference) -> str:
    """Changes with the agenda, the hour and the place, and with each circulation: a second tab sends nothing a second time."""
    items = [(item.case_id, item.position) for item in conferences.list_items(access.session, conference.id)]
    sent = len(conferences.list_circulated(access.session, conference.id))
    withheld = [reader.withheld for reader in list_readers(access, conference)]
    told = repr((items, conference.starts_at, conference.place, sent, withheld))
    return sha256(told.encode()).hexdigest()[:32]


def circulate(access: Access, files: DocumentKeys, conference_id: Id, seen: str | None = None) -> list[Circulated]:
    """Send the agenda to every agency with a seat whose agreements are valid; keep what was sent to whom, and how late. `seen` is
    the mark of what its reader has checked.

    Raises Invalid when that has changed since, when nobody chairs, and when there is nothing to send; Failure when it has ended.
    """
    conference = open_unfinished(access, conference_id)
    if seen is not None and seen != mark_of(access, conference):
        raise Invalid(CHANGED)
    refuse(why_not_run_by(conference.chair_id, conference.minute_taker_id))
    if not conferences.list_items(access.session, conference_id):
        raise Invalid("There is no case on the agenda yet.")
    readers = list_readers(access, conference)
    papers = compose_papers(access, conference, readers)
    since = list_changes(access, files, conference, papers)
    sent = [_send(access, files, conference, reader, papers[reader.agency.id]) for reader in readers]
    _mail_round(access, conference, sent, since)
    organizer_id = conference.organizer_id or conference.chair_id
    conferences.set_conference(access.session, conference_id, circulated_at=access.now, organizer_id=organizer_id)
    return sent


def list_changes(
    access: Access, files: DocumentKeys, conference: CaseConference, papers: Mapping[Id, Paper]
) -> dict[Id, Changes]:
    """What has changed since each of these agencies was last sent its agenda; those that were sent none are left out."""
    last = kept.newest_by_agency(conferences.list_circulated(access.session, conference.id))
    opened = kept.open_kept(access.session, files, [row.id for row in last.values()], PaperCase)
    return {
        agency_id: kept.what_changed(
            row, opened.get(row.id, kept.KeptPaper(cases=())), papers[agency_id].cases, conference
        )
        for agency_id, row in last.items()
        if agency_id in papers and row.sha256 and not papers[agency_id].withheld
    }


def _send(access: Access, files: DocumentKeys, conference: CaseConference, reader: Reader, paper: Paper) -> Circulated:
    row = Circulated(
        id=access.new_id(),
        conference_id=conference.id,
        agency_id=reader.agency.id,
        at=access.now,
        worker_id=access.actor.worker_id,
        cases=len(paper.cases),
        withheld=reader.withheld,
        warning=circulation_warning(conference.starts_at, access.now) or "",
        starts_at=conference.starts_at,
        place=conference.place,
    )
    conferences.add_circulated(access.session, [row])
    told = [(case.case_id, case.position, case) for case in paper.cases]
    digest = kept.keep_cases(access.session, files, row.id, told) if not reader.withheld else ""
    set_digest(access.session, row.id, digest)
    return msgspec.structs.replace(row, sha256=digest)


def _mail_round(
    access: Access, conference: CaseConference, sent: Sequence[Circulated], since: Mapping[Id, Changes]
) -> None:
    """Each agency that may read its paper hears by e-mail that it is there: when, how many cases, what changed, and a link."""
    district = find_district(access.session, conference.district_id)
    outbox = Outbox(access.session, access.now, access.new_id)
    for row in sent:
        if row.withheld:
            continue
        changes = since.get(row.agency_id)
        facts = MailFacts(
            count=row.cases, starts_at=conference.starts_at, district=district.name if district else "",
            conference_id=conference.id, again=changes is not None, sequence=conference.sequence,
        )  # fmt: skip
        if changes is not None:
            facts = msgspec.structs.replace(
                facts, put_on=len(changes.put_on), taken_off=len(changes.gone), changed=len(changes.changed),
                was_at=changes.moved_from, elsewhere=changes.place_was is not None,
            )  # fmt: skip
        outbox.tell_agency(
            row.agency_id, MailKind.CONFERENCE_CIRCULATED, f"circulated/{row.id}", facts, about_id=conference.id,
            useful_until=max(conference.starts_at, access.now + timedelta(days=1)), district_id=conference.district_id,
        )  # fmt: skip
