"""How many alerts wait in the trays that the reader owns: on every page, so that none is without an owner who knows of it."""

from server.access import find_open_access, of_theirs
from server.queries.referrals.trays import count_trays
from server.web.layout.navigation import Waiting
from shared.policy import Act

REFERRALS = "/referrals"


def list_waiting() -> tuple[Waiting, ...]:
    """The reader's inbox, and the partnership's two trays where something is in them."""
    access = find_open_access()
    if access is None or not access.allows(Act.ASSIGN_REFERRAL, theirs := of_theirs(access.actor)):
        return ()
    waiting = count_trays(access.session, access.actor.district_ids, access.teams_within(Act.SEE_REFERRAL))
    trays = [Waiting("/referrals/duty", waiting.duty, "Duty tray", REFERRALS)]
    if access.allows(Act.IMPORT_REFERRALS, theirs):
        trays.append(Waiting("/referrals/refused", waiting.refused, "Refused rows", REFERRALS))
    return (Waiting(REFERRALS, waiting.new), *(each for each in trays if each.number))
