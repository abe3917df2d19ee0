"""The agencies with a seat at a conference, and whether their agreements let them be sent anything today."""

from datetime import date

from server.access import Access
from server.queries.conferences import guests, seats
from server.queries.partnership import agencies
from shared.model.agency import Agency
from shared.model.conference import CaseConference
from shared.model.value import Id, Value
from shared.policy.actor import agreements_valid_until


class Reader(Value, frozen=True, kw_only=True):
    """An agency with a seat or invited to some cases (`only`), and why it may be sent nothing (empty: it may)."""

    agency: Agency
    withheld: str = ""
    renew_by: date | None = None
    only: frozenset[Id] | None = None


def list_readers(access: Access, conference: CaseConference) -> list[Reader]:
    """The agencies with a seat at a conference, by name, then those invited to a case of it; each with whether its agreements
    let it be sent anything today."""
    seated = list_readers_of(access, conference.district_id)
    invited: dict[Id, frozenset[Id]] = {}
    for each in guests.list_guests(access.session, conference.id):
        invited[each.agency_id] = invited.get(each.agency_id, frozenset()) | {each.case_id}
    only = {
        agency_id: cases for agency_id, cases in invited.items() if agency_id not in {one.agency.id for one in seated}
    }
    signed = agencies.list_every_agreement(access.session) if only else {}
    return seated + [
        _reader(each, agreements_valid_until(signed.get(each.id, ()), access.today), access.today, only[each.id])
        for each in guests.list_agencies_of(access.session, only)
    ]


def find_reader(access: Access, conference: CaseConference, agency_id: Id) -> Reader | None:
    """One of them."""
    return next((each for each in list_readers(access, conference) if each.agency.id == agency_id), None)


def list_readers_of(access: Access, district_id: Id) -> list[Reader]:
    """The same of a district's conferences in general."""
    signed = agencies.list_every_agreement(access.session)
    return [
        _reader(agency, agreements_valid_until(signed.get(agency.id, ()), access.today), access.today)
        for agency in seats.list_seats(access.session, district_id)
    ]


def why_withheld(name: str, valid_until: date | None, today: date) -> str:
    """In words, why an agency is sent nothing; empty when its agreements are valid."""
    if valid_until is None:
        return f"{name} will receive nothing until it has signed the Terms of Reference and the Information Sharing Agreement."
    if valid_until < today:
        ended = f"{valid_until.day} {valid_until:%B %Y}"
        return f"{name}'s agreement expired on {ended}. {name} will receive nothing until it is signed."
    return ""


def _reader(agency: Agency, until: date | None, today: date, only: frozenset[Id] | None = None) -> Reader:
    return Reader(agency=agency, withheld=why_withheld(agency.name, until, today), renew_by=until, only=only)
