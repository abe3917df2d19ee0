"""Telling the agencies that were sent an agenda what became of it since: one letter for one thing, without a name.

A conference that was moved or called off is told at once, with what their calendars need. An agenda that was shaped is told
once a day and agency: what changed is marked on its page.
"""

from datetime import datetime, timedelta

from server.access import Access
from server.actions.operation.outbox import Outbox
from server.queries.conferences import conferences
from server.queries.partnership import agencies
from server.queries.partnership.districts import find_district
from shared.model.conference import CaseConference
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id
from shared.policy.actor import agreements_valid_until


def tell_moved(access: Access, before: CaseConference, after: CaseConference) -> None:
    """The conference is at another hour or place."""
    moved = before.starts_at if before.starts_at != after.starts_at else None
    facts = _facts(access, after, was_at=moved, elsewhere=before.place != after.place)
    _tell(access, after, MailKind.CONFERENCE_MOVED, f"moved/{after.id}/{after.sequence}", facts)


def tell_called_off(access: Access, conference: CaseConference) -> None:
    """The conference is not held."""
    _tell(access, conference, MailKind.CONFERENCE_CALLED_OFF, f"off/{conference.id}", _facts(access, conference))


def tell_agenda_changed(access: Access, conference: CaseConference) -> None:
    """A case was put on, taken off, or swapped since the agenda was circulated."""
    key = f"shaped/{conference.id}/{access.today}"
    _tell(access, conference, MailKind.CONFERENCE_CHANGED, key, _facts(access, conference))


def _facts(
    access: Access, conference: CaseConference, was_at: datetime | None = None, elsewhere: bool = False
) -> MailFacts:
    district = find_district(access.session, conference.district_id)
    return MailFacts(
        starts_at=conference.starts_at, district=district.name if district else "", conference_id=conference.id,
        was_at=was_at, elsewhere=elsewhere, sequence=conference.sequence,
    )  # fmt: skip


def _tell(access: Access, conference: CaseConference, kind: MailKind, key: str, facts: MailFacts) -> None:
    outbox = Outbox(access.session, access.now, access.new_id)
    for agency_id in _list_told(access, conference.id):
        outbox.tell_agency(
            agency_id, kind, key, facts, about_id=conference.id, district_id=conference.district_id,
            useful_until=max(conference.starts_at, facts.was_at or conference.starts_at, access.now + timedelta(days=1)),
        )  # fmt: skip


def _list_told(access: Access, conference_id: Id) -> list[Id]:
    """The agencies that were sent the agenda and whose agreements hold today: only those can open what a letter leads to."""
    sent = {row.agency_id for row in conferences.list_circulated(access.session, conference_id) if not row.withheld}
    signed = agencies.list_every_agreement(access.session)
    holding = {
        agency_id
        for agency_id in sent
        if (until := agreements_valid_until(signed.get(agency_id, ()), access.today)) and until >= access.today
    }
    return sorted(holding)
