"""How much waits for the reader: alerts in the trays that they own, and whom others referred to their service. On every page, so
that nothing is without an owner who knows of it."""

from server.access import Access, find_open_access, of_theirs
from server.queries.people.doors import count_received
from server.queries.referrals.trays import count_trays
from server.web.layout.navigation import Waiting, has_entry
from shared.policy import Act

REFERRALS, FOR_US = "/referrals", "/waiting"


def list_waiting() -> tuple[Waiting, ...]:
    """The reader's inbox, the partnership's two trays where something is in them, and who waits for their service's answer."""
    access = find_open_access()
    if access is None:
        return ()
    return (*_list_trays(access), *_list_for_us(access))


def _list_for_us(access: Access) -> tuple[Waiting, ...]:
    if not has_entry(access.actor.roles, FOR_US):
        return ()
    return (Waiting(FOR_US, count_received(access.session, access.actor.agency_id)),)


def _list_trays(access: Access) -> tuple[Waiting, ...]:
    theirs = of_theirs(access.actor)
    if not access.allows(Act.ASSIGN_REFERRAL, theirs):
        return ()
    waiting = count_trays(access.session, access.actor.district_ids, access.teams_within(Act.SEE_REFERRAL))
    trays = [Waiting("/referrals/duty", waiting.duty, "Duty tray", REFERRALS)]
    if access.allows(Act.IMPORT_REFERRALS, theirs):
        trays.append(Waiting("/referrals/refused", waiting.refused, "Refused rows", REFERRALS))
    return (Waiting(REFERRALS, waiting.new), *(each for each in trays if each.number))
