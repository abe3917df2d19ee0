"""Telling the agencies that were sent an agenda what became of it since: one letter for one thing, without a name.

A conference that was moved or called off is told at once, with what their calendars need: also to an agency whose agreements
have lapsed since, for the hour stands in its calendar and names nobody (decision 129). An agenda that was shaped is told once
a day and agency, and anew once it was circulated again: what changed is marked on its page. A guest of one case hears nothing
of the others; once it is expected no longer, its calendar hears so, and it hears nothing more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from server.access import Access
from server.actions.conferences.kept import newest_by_agency
from server.actions.conferences.readers import Reader, list_readers
from server.actions.operation.outbox import Outbox
from server.queries.conferences import conferences
from server.queries.partnership.districts import find_district
from shared.model.conference import CaseConference
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id


def tell_moved(access: Access, before: CaseConference, after: CaseConference) -> None:
    """The conference is at another hour or place."""
    moved = before.starts_at if before.starts_at != after.starts_at else None
    facts = _facts(access, after, was_at=moved, elsewhere=before.place != after.place)
    _tell_all(access, after, MailKind.CONFERENCE_MOVED, f"moved/{after.id}/{after.sequence}", facts)
    tell_let_go(access, after)


def tell_called_off(access: Access, conference: CaseConference) -> None:
    """The conference is not held."""
    _tell_all(access, conference, MailKind.CONFERENCE_CALLED_OFF, f"off/{conference.id}", _facts(access, conference))
    tell_let_go(access, conference)


def tell_agenda_changed(access: Access, conference: CaseConference) -> None:
    """A case was put on, taken off, or swapped since the agenda was circulated."""
    since = "" if conference.circulated_at is None else f"{conference.circulated_at:%Y-%m-%dT%H:%M:%S}"
    key = f"shaped/{conference.id}/{since}/{access.today}"
    seated = [each.agency.id for each in _list_told(access, conference) if not each.withheld and each.only is None]
    _tell(access, conference, MailKind.CONFERENCE_CHANGED, key, _facts(access, conference), seated)
    tell_let_go(access, conference)


def tell_let_go(access: Access, conference: CaseConference) -> None:
    """Whoever was sent the agenda and is expected no longer takes it out of their calendar: once for each time it was sent."""
    expected = {reader.agency.id for reader in list_readers(access, conference)}
    facts = _facts(access, conference, let_go=True)
    for agency_id, sent in newest_by_agency(conferences.list_circulated(access.session, conference.id)).items():
        if agency_id not in expected and not sent.withheld:
            _tell(access, conference, MailKind.CONFERENCE_CALLED_OFF, f"let_go/{sent.id}", facts, [agency_id])


def _facts(
    access: Access,
    conference: CaseConference,
    was_at: datetime | None = None,
    elsewhere: bool = False,
    *,
    let_go: bool = False,
) -> MailFacts:
    district = find_district(access.session, conference.district_id)
    return MailFacts(
        starts_at=conference.starts_at, district=district.name if district else "", conference_id=conference.id,
        was_at=was_at, elsewhere=elsewhere, sequence=conference.sequence, let_go=let_go,
    )  # fmt: skip


def _tell_all(access: Access, conference: CaseConference, kind: MailKind, key: str, facts: MailFacts) -> None:
    """Tell whoever has it in their calendar; who may open nothing today hears what to do about that."""
    told = _list_told(access, conference)
    _tell(access, conference, kind, key, facts, [each.agency.id for each in told if not each.withheld])
    lapsed = msgspec.structs.replace(facts, lapsed=True)
    _tell(access, conference, kind, key, lapsed, [each.agency.id for each in told if each.withheld])


def _tell(
    access: Access, conference: CaseConference, kind: MailKind, key: str, facts: MailFacts, told: Sequence[Id]
) -> None:
    outbox = Outbox(access.session, access.now, access.new_id)
    for agency_id in told:
        outbox.tell_agency(
            agency_id, kind, key, facts, about_id=conference.id, district_id=conference.district_id,
            useful_until=max(conference.starts_at, facts.was_at or conference.starts_at, access.now + timedelta(days=1)),
        )  # fmt: skip


def _list_told(access: Access, conference: CaseConference) -> list[Reader]:
    """The agencies that were sent the agenda and are expected still, whether or not they may open it today (`withheld`)."""
    sent = {row.agency_id for row in conferences.list_circulated(access.session, conference.id) if not row.withheld}
    return [reader for reader in list_readers(access, conference) if reader.agency.id in sent]
