"""Who can see what: every agency and role, since when and by whose agreement, open to all partners; and agreeing to another
(privacy rule A11)."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.partnership import recipients as acts
from server.actions.partnership.analysts import covers
from server.problems import Invalid
from server.queries.partnership import agencies, workers
from server.queries.partnership.analysts import find_analyst, list_analysts
from server.queries.partnership.recipients import Recipient, Recipients, list_recipients
from server.web.layout.forms import EmptyForm, Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_day
from shared.model.codes import Role
from shared.model.value import Id, Value
from shared.policy import Act
from shared.policy.grid import GRID
from shared.policy.recipients import ROLES_TO_APPROVE

SECTION = "/who-can-see"
VIEWS = (
    (Act.SEE_HOTSPOTS, "the published map"),
    (Act.SEE_MAP, "where people are, exactly, in their districts"),
    (Act.SEE_CASE_LIST, "the MDT case list of their districts"),
    (Act.SEE_PERSON, "records of people they work with or whose district is theirs"),
    (Act.SEE_REFERRALS, "referrals of their districts"),
)


class ProposalForm(Form, frozen=True, kw_only=True):
    """Which agency is to see what a role sees, and what for."""

    agency: str = ""
    role: str = ""
    reason: str = ""


class NamingForm(Form, frozen=True, kw_only=True):
    """Who is to read exact counts, and what for."""

    analyst: str = ""
    purpose: str = ""


class Analyst(Value, frozen=True, kw_only=True):
    """Somebody named to read exact counts. `reads`: their organisation's agreement covers it today."""

    id: Id
    who: str
    purpose: str
    since: str
    named_by: str
    reads: bool


class Line(Value, frozen=True, kw_only=True):
    """One agency and role. `may_agree`: the reader's agency has not agreed yet."""

    id: Id
    agency: str
    role: str
    people: int
    sees: str
    sees_map: bool
    holds: bool
    since: str
    agreed: str
    reason: str
    may_agree: bool


@get(SECTION, opt={"action": Act.SEE_RECIPIENTS}, sync_to_thread=True, include_in_schema=False)
def show_recipients(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The open list."""
    with door.open() as access:
        return answer_recipients(request, access)


@post(SECTION, opt={"action": Act.APPROVE_RECIPIENT}, sync_to_thread=True, include_in_schema=False)
def propose(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[ProposalForm]) -> Response[Any]:
    """Proposes that an agency may hold a role, and agrees for the reader's own."""
    try:
        with door.open() as access:
            chosen = next((role for role in ROLES_TO_APPROVE if str(role) == data.role), None)
            acts.propose(access, data.agency, chosen, data.reason)
    except Invalid as refused:
        with door.open() as access:
            return answer_recipients(request, access, {"reason": " ".join(refused.errors)}, data)
    return go_to(SECTION, "recipient_proposed")


@post(
    SECTION + "/{recipient_id:str}/agree",
    opt={"action": Act.APPROVE_RECIPIENT},
    sync_to_thread=True,
    include_in_schema=False,
)
def agree(
    request: AnyRequest, door: NamedDependency[Door], recipient_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Agrees for the reader's agency."""
    try:
        with door.open() as access:
            agreed = acts.agree(access, recipient_id)
    except Invalid as refused:
        with door.open() as access:
            return answer_recipients(request, access, {f"agree-{recipient_id}": refused.errors[0]})
    return go_to(SECTION, "recipient_agreed" if agreed.holds else "recipient_proposed")


def answer_recipients(
    request: AnyRequest,
    access: Access,
    errors: Errors | None = None,
    form: ProposalForm | None = None,
    naming: NamingForm | None = None,
) -> Response[str]:
    """The open list, and what its reader may propose or name."""
    access.require(Act.SEE_RECIPIENTS)
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    found = list_recipients(access.session)
    people = workers.list_short_names(
        access.session,
        {who for each in found for who in (each.recipient.first_by, each.recipient.second_by) if who},
    )
    may = access.allows(Act.APPROVE_RECIPIENT)
    lines = [_line(each, names, people, access.actor.agency_id if may else None) for each in found]
    roles = sorted(ROLES_TO_APPROVE)
    may_name = access.allows(Act.MANAGE_AGREEMENTS)
    return page(
        request, "everyone/recipients.html", title="Who can see what", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, form=form or ProposalForm(), may_agree=may,
        lines=[line for line in lines if line.holds], waiting=[line for line in lines if not line.holds],
        readers=[line for line in lines if line.sees_map and line.holds],
        agencies=[("", "Choose"), *sorted(names.items(), key=lambda each: each[1])],
        roles=[("", "Choose"), *((str(role), f"{say(role)}: {_sees(role)}") for role in roles)],
        analysts=_list_analysts(access, names), may_name=may_name, naming=naming or NamingForm(),
        could_read=[("", "Choose"), *_list_possible_analysts(access, names)] if may_name else [],
        is_analyst=find_analyst(access.session, access.actor.worker_id, access.actor.agency_id) is not None,
    )  # fmt: skip


def _list_analysts(access: Access, names: Mapping[Id, str]) -> list[Analyst]:
    """Whoever is named today."""
    named = [each for each in list_analysts(access.session) if each.ended_at is None]
    people = workers.list_short_names(
        access.session, {who for each in named for who in (each.worker_id, each.named_by)}
    )
    covered = {agency_id: covers(access, agency_id) for agency_id in {each.agency_id for each in named}}
    return [
        Analyst(
            id=each.id, who=f"{people.get(each.worker_id, '')}, {names.get(each.agency_id, '')}", purpose=each.purpose,
            since=say_day(each.named_at), named_by=people.get(each.named_by, ""), reads=covered[each.agency_id],
        )
        for each in named
    ]  # fmt: skip


def _list_possible_analysts(access: Access, names: Mapping[Id, str]) -> list[tuple[str, str]]:
    every = [each for each in workers.list_workers(access.session) if each.active]
    covered = {agency_id for agency_id in names if covers(access, agency_id)}
    others = [each for each in every if each.agency_id in covered and each.id != access.actor.worker_id]
    return [(each.id, f"{each.name}, {names.get(each.agency_id, '')}") for each in others]


def _line(found: Recipients, names: Mapping[Id, str], people: Mapping[Id, str], own_agency_id: Id | None) -> Line:
    one = found.recipient
    since = one.proposed_at if one.founding or one.second_at is None else one.second_at
    return Line(
        id=one.id, agency=found.agency_name, role=say(one.role), people=found.people,
        sees_map=Act.SEE_HOTSPOTS in GRID.get(one.role, {}), sees=_first_up(_sees(one.role)), holds=one.holds,
        since=say_day(since), agreed=_agreed(one, names, people), reason=one.reason,
        may_agree=own_agency_id not in (None, one.first_agency_id) and not one.holds,
    )  # fmt: skip


def _agreed(one: Recipient, names: Mapping[Id, str], people: Mapping[Id, str]) -> str:
    """By whom: open to every partner, as the list is."""
    if one.founding:
        return "There when the partnership was founded"
    voices = [
        f"{people.get(who or '', '')}, {names.get(agency_id, '')}"
        for who, agency_id in ((one.first_by, one.first_agency_id), (one.second_by, one.second_agency_id))
        if agency_id is not None
    ]
    return " and ".join(voices) or "Nobody yet"


def _sees(role: Role) -> str:
    acts_of = GRID.get(role, {})
    return "; ".join(words for act, words in VIEWS if act in acts_of)


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
