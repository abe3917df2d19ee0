"""Where a referral is, put right by a person: on a map, by a name, a point or a postcode."""

from server.access import Access
from server.actions.referrals.referrals import progress_referral
from server.actions.referrals.versions import tell_phones
from server.problems import NotFound
from server.queries.people import subjects
from server.queries.referrals import inbox, referrals, told, versions
from shared.model.codes import PinSource, ReferralState
from shared.model.position import Position
from shared.model.value import Id
from shared.policy import Act

PLACELESS = frozenset({ReferralState.NEEDS_INFORMATION, ReferralState.WRONG_AREA})


def set_place(access: Access, referral_id: Id, latitude: float, longitude: float, district_id: Id | None) -> None:
    """Put its pin here. `district_id` is whose ground that is: it is taken where none was known, for to give a referral away
    is an act of its own. What waited for a place is new in the inbox."""
    access.require(Act.PROGRESS_REFERRAL, subjects.find_referral(access.session, referral_id), detail="place")
    row = inbox.find_inbox_row(access.session, referral_id)
    held = versions.find_held_of(access.session, referral_id)
    if row is None or held is None:
        raise NotFound
    referral, before = row.referral, row.referral.position
    moved_from = (before.latitude, before.longitude) if before is not None else None
    position = Position(latitude=latitude, longitude=longitude, source=PinSource.MAP_TAP, moved_from=moved_from)
    owner = referral.district_id or district_id
    team_id = referral.team_id or referrals.list_team_of_districts(access.session).get(owner or "")
    versions.take_place(access.session, held, position, owner, team_id)
    told.confirm_guesses(access.session, referral_id, access.now)
    if referral.state in PLACELESS and owner is not None:
        progress_referral(access, referral_id, ReferralState.RECEIVED, note="Its place was put on the map.")
    tell_phones(access, referral_id)
