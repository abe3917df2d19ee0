"""What two people changed without seeing one another: every version in words, who and when, and one press to keep either."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.orm import Session

from server.access import Access, Door, of_theirs
from server.actions.street.conflicts import ACTS, BOTH, PLACE_FIELDS, find_subject, keep_side, list_joined
from server.http.services import Services
from server.problems import NotFound
from server.queries.partnership import agencies
from server.queries.partnership.workers import list_short_names
from server.queries.street.conflicts import Conflict, find_site, list_conflicts_of_teams
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.place_versions import draw_versions, list_versions
from server.web.lead.tonight import ATTRIBUTION
from server.web.lead.version_words import mark_difference, say_apart, say_field, say_value
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.careful import CAREFUL_FIELDS

KINDS = {"person": SubjectKind.PERSON, "site": SubjectKind.SITE, "referral": SubjectKind.REFERRAL}
SEES = {"person": Act.SEE_PERSON, "site": Act.SEE_PLACE, "referral": Act.SEE_REFERRAL}
PAGES = {"person": "/people/{}", "referral": "/referrals/{}"}
AT_ONCE = 50


class KeepForm(Form, frozen=True, kw_only=True):
    """Which side of which field to keep, or both; `shown` are the changes that stood on the page, between commas, and `joined`
    the records that it said are the same person."""

    entity: Id = ""
    field: str = ""
    change: Id = ""
    shown: str = ""
    joined: str = ""


@get("/conflicts", opt={"action": Act.SETTLE_VERSIONS}, sync_to_thread=True, include_in_schema=False)
def show_conflicts(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What waits to be settled on records of the reader's teams and districts."""
    with door.open() as access:
        access.require(Act.SETTLE_VERSIONS, of_theirs(access.actor), purpose="conflicts")
        found = list_conflicts_of_teams(access.session, access.actor.team_ids, access.actor.district_ids)
        every = [each for each in found if _may_see(access, each)]
        asked = request.query_params.get("from", "0")
        start = min(int(asked), len(every)) if asked.isascii() and asked.isdecimal() else 0
        seen = every[start : start + AT_ONCE]
        for kind, subject_kind in KINDS.items():
            ids = sorted({each.entity_id for each in seen if each.kind == kind})
            access.note_seen(subject_kind, ids, action=SEES[kind], purpose="conflicts")
        later = start + AT_ONCE if len(every) > start + AT_ONCE else 0
        return page(
            request, "lead/conflicts.html", title="Two versions", section="/conflicts", worker=access.worker,
            conflicts=_tell(access, seen, every), now=access.now, count_all=len(every), later=later, both=BOTH,
        )  # fmt: skip


@post("/conflicts", opt={"action": Act.SETTLE_VERSIONS}, sync_to_thread=True, include_in_schema=False)
def keep(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[KeepForm],
) -> Response[Any]:
    """Keeps one side, or both."""
    with door.open() as access:
        access.require(Act.SETTLE_VERSIONS, of_theirs(access.actor), purpose="conflicts")
        shown, joined = ({each for each in text.split(",") if each} for text in (data.shown, data.joined))
        keep_side(access, services.project, data.entity, data.field, data.change, shown, joined)
    return go_to("/conflicts", done="kept")


def _may_see(access: Access, conflict: Conflict) -> bool:
    subject = find_subject(access, conflict) if conflict.kind in ACTS else None
    return subject is not None and access.allows(SEES[conflict.kind], subject)


def _tell(access: Access, seen: Sequence[Conflict], every: Sequence[Conflict]) -> list[dict[str, Any]]:
    """Each conflict in words. What was shown of a record goes with every press about it."""
    shown: dict[Id, set[Id]] = defaultdict(set)
    for each in every:
        shown[each.entity_id] |= {side.change_id for side in each.sides}
    ids = {side.value for each in seen if each.field.endswith("_id") for side in each.sides}
    names = list_short_names(access.session, {each for each in ids if isinstance(each, str)})
    names |= {team.id: team.name for team in agencies.list_teams(access.session)}
    told = list({_whole(each): each for each in reversed(seen)}.values())[::-1]
    return [
        {
            "place": _tell_place(access.session, each, every) if _is_place(each) else None,
            "entity_id": each.entity_id, "field": each.field, "called": each.called or each.kind.capitalize(),
            "field_words": say_field(each.field), "page": PAGES.get(each.kind, "").format(each.entity_id),
            "apart": say_apart([side.value for side in each.sides]), "shown": ",".join(sorted(shown[each.entity_id])),
            "joined": list_joined(access, each),
            "sides": [{"side": side, "words": _say(each, number, names)} for number, side in enumerate(each.sides)],
            "is_words": all(isinstance(side.value, str) and side.value and not each.field.endswith("_id") for side in each.sides)
            and each.field in WORDY,
        }
        for each in told
    ]  # fmt: skip


@get(
    "/conflicts/places/{site_id:str}", opt={"action": Act.SETTLE_VERSIONS}, sync_to_thread=True, include_in_schema=False
)
def show_place_versions(request: AnyRequest, door: NamedDependency[Door], site_id: FromPath[Id]) -> Response[str]:
    """A place of which two people told differently, whole and on a map."""
    with door.open() as access:
        access.require(Act.SETTLE_VERSIONS, of_theirs(access.actor), purpose="conflicts")
        found = list_conflicts_of_teams(access.session, access.actor.team_ids, access.actor.district_ids)
        every = [each for each in found if each.entity_id == site_id and _may_see(access, each)]
        place = next((each for each in every if _is_place(each)), None)
        if place is None:
            raise NotFound
        access.note_seen(SubjectKind.SITE, [site_id], action=Act.SEE_PLACE, purpose="conflicts")
        (told,) = _tell(access, [place], every)
        return page(
            request, "lead/place_versions.html", title="One place, two versions", section="/conflicts", worker=access.worker,
            each=told, now=access.now, both=BOTH, data=draw_versions(access.session, told["place"]["versions"]),
            attribution=ATTRIBUTION,
        )  # fmt: skip


def _is_place(conflict: Conflict) -> bool:
    return conflict.kind == "site" and conflict.field in PLACE_FIELDS


def _whole(conflict: Conflict) -> tuple[Id, str]:
    """What is settled together: a place whole, of everything else each field."""
    return (conflict.entity_id, "place" if _is_place(conflict) else conflict.field)


def _tell_place(session: Session, conflict: Conflict, every: Sequence[Conflict]) -> dict[str, Any]:
    """The versions of one place, each by one hand, and how far apart they are."""
    asked = [each for each in every if each.entity_id == conflict.entity_id and _is_place(each)]
    versions = list_versions(find_site(session, conflict.entity_id), asked)
    pins = [msgspec.to_builtins(each.position) for each in versions if each.position is not None]
    return {"versions": versions, "apart": say_apart(pins)}


WORDY = frozenset(
    {
        *CAREFUL_FIELDS,
        "best_way",
        "description",
        "access_notes",
        "wants_first",
        "strengths",
        "alias",
        "language",
        "place",
    }
)
"""Fields whose versions can both be kept, one beneath the other."""


def _say(conflict: Conflict, number: int, names: dict[Id, str]) -> object:
    """One side's value in words, with what the side shown first (or, of that one, the second) lacks marked."""
    said = [say_value(conflict.field, side.value, names) for side in conflict.sides]
    if conflict.field not in WORDY:
        return said[number]
    return mark_difference(said[number], said[0] if number else said[1])
