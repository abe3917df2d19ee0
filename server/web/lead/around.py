"""What is already known around a referral: sites with who was last seen there, and reports that are likely the same. Only what
the reader may see: somebody across a district's border stays unnamed.
"""

from collections.abc import Collection, Sequence

import msgspec

from server.access import Access
from server.queries.people import subjects
from server.queries.referrals import inbox
from server.queries.referrals.inbox import NearSite
from server.queries.referrals.same_referrer import list_of_same_referrer
from shared.model.referral import Referral
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.duplicates import LikelyDuplicate, likely_duplicates
from shared.rules.likeness import Rarity


class Twin(Value, frozen=True, kw_only=True):
    """A report that is likely the same, with why."""

    referral: Referral
    why: LikelyDuplicate


class Surroundings(Value, frozen=True, kw_only=True):
    """What is known around one referral."""

    sites: tuple[NearSite, ...] = ()
    duplicates: tuple[Twin, ...] = ()


def look_around(access: Access, referrals: Sequence[Referral]) -> dict[Id, Surroundings]:
    """Returns the surroundings of each referral, and writes down whom the reader was told of."""
    near = inbox.list_near_referrals(access.session, referrals)
    rarity = Rarity(
        {each.id: each for each in (*referrals, *(other for others in near.values() for other in others))}.values()
    )
    told = list_of_same_referrer(access.session, [each.id for each in referrals])
    sites = _sites_to_show(access, inbox.list_near_sites(access.session, [each.id for each in referrals]))
    return {
        each.id: Surroundings(
            sites=tuple(site for site in sites if site.referral_id == each.id),
            duplicates=_twins(access, each, near[each.id], rarity, told.get(each.id, set())),
        )
        for each in referrals
    }


def _twins(
    access: Access, referral: Referral, others: Sequence[Referral], rarity: Rarity, same_referrer: Collection[Id]
) -> tuple[Twin, ...]:
    districts, teams = access.actor.district_ids, access.teams_within(Act.SEE_REFERRAL)
    theirs = {other.id: other for other in others if other.district_id in districts or other.team_id in teams}
    return tuple(
        Twin(referral=theirs[why.referral_id], why=why)
        for why in likely_duplicates(referral, theirs.values(), rarity=rarity, same_referrer=same_referrer)
    )


def _sites_to_show(access: Access, sites: Sequence[NearSite]) -> list[NearSite]:
    allowed = {site_id for site_id in {each.site_id for each in sites} if _may_see_site(access, site_id)}
    named = {each.person_id for each in sites if each.person_id and each.site_id in allowed}
    known = {person_id for person_id in named if _may_see_person(access, person_id)}
    access.note_seen(SubjectKind.PERSON, sorted(known), purpose="last seen near a referral")
    return [
        each if each.person_id in known else msgspec.structs.replace(each, person_id=None, known_as="")
        for each in sites
        if each.site_id in allowed
    ]


def _may_see_site(access: Access, site_id: Id) -> bool:
    subject = subjects.find_site(access.session, site_id)
    return subject is not None and access.allows(Act.SEE_PLACE, subject)


def _may_see_person(access: Access, person_id: Id) -> bool:
    subject = subjects.find_person(access.session, person_id)
    return subject is not None and access.allows(Act.SEE_PERSON, subject)
