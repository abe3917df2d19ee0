"""The triage desk: one line a referral, urgent ones first; one key or one press for each decision, several at once, all undone
for ten minutes. The page works without its script; with it the next one opens by itself and the page tells of new ones.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.referrals import desk as acts
from server.actions.referrals.desk import Done, assign_to_own_team, do_each
from server.actions.referrals.referrals import close_referral, offer_referral, progress_referral
from server.http.services import Services
from server.importers.files import make_storable
from server.problems import Invalid
from server.queries.maps.boundaries import list_districts_on
from server.queries.referrals import desk, desk_filters, inbox
from server.queries.referrals.desk import DeskRow
from server.queries.referrals.desk_filters import DeskFilter
from server.queries.referrals.versions import count_open_versions
from server.web.layout.forms import Form, Several, as_tuple
from server.web.layout.kept import kept_fields
from server.web.layout.page import NEVER_KEPT, AnyRequest, go_to, page
from server.web.lead.around import Surroundings, Twin, look_around
from server.web.lead.assignees import Chosen, list_shifts, read_assignee
from server.web.lead.inbox import list_tabs, say_due
from server.web.lead.referral import OUTCOME_GROUPS
from shared.model.codes import ReferralState
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.one_place import OnePlace, gather
from shared.rules.referral import is_late, is_open, may_follow
from shared.rules.urgency import Urgency, find_urgency

DESK = "/referrals/desk"
FOUND = f"{DESK}/found"
PAGE_LENGTH = 50
WAITING = (ReferralState.RECEIVED,)
DONE_WORDS = {
    "assign": "desk_assigned", "information": "desk_information", "duplicate": "desk_duplicate", "close": "desk_closed",
    "offer": "offered", "undo": "desk_undone",
}  # fmt: skip


class Line(Value, frozen=True, kw_only=True):
    """A referral as the desk shows it."""

    found: DeskRow
    urgency: tuple[Urgency, ...]
    due: str
    is_late: bool
    twin: Twin | None
    known_as: str
    has_newer: bool


class Looked(Value, frozen=True, kw_only=True):
    """What is looked for. `look` names it in an address: a kept filter, or a search under a key that says nothing."""

    words: str = ""
    only: str = ""
    look: str = ""

    def path(self, **others: str) -> str:
        """Where the desk shows it. No word of a report is ever in an address (privacy rule C9)."""
        query = {"look": self.look, "only": "" if self.look else self.only, **others}
        told = urlencode({name: text for name, text in query.items() if text})
        return f"{DESK}?{told}" if told else DESK


class DeskForm(Form, frozen=True, kw_only=True):
    """Which referrals, and what is to be done with them."""

    act: str = ""
    chosen: Several = ""
    assignee: str = ""
    outcome: str = ""
    district: str = ""
    look: str = ""
    only: str = ""
    twin: str = ""


class FindForm(Form, frozen=True, kw_only=True):
    """What to look for."""

    words: str = ""
    only: str = ""


class FilterForm(Form, frozen=True, kw_only=True):
    """What is looked for, to be kept by a name."""

    name: str = ""
    words: str = ""
    only: str = ""


@get(DESK, opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def show_desk(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], look: FromQuery[str] = "",
    only: FromQuery[str] = "", undo: FromQuery[str] = "",
) -> Response[str]:  # fmt: skip
    """The lines that wait for a first decision."""
    kept = _read_kept(services, door, look)
    with door.open() as access:
        return _desk_page(request, access, _find_looked(access, look, only, kept), undo)


@post(f"{DESK}/find", opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def find(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[FindForm]
) -> Response[Any]:
    """Keeps what is looked for, and leads to what was found under a key that says nothing."""
    words, only = _looked_for(data.words, data.only)
    with door.open() as access:
        access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="triage desk", detail="find")
    if not words:
        return go_to(Looked(only=only).path())
    key = services.new_id()
    services.drafts.keep(door.worker.id, FOUND, f"{FOUND}/{key}", {"words": words, "only": only}, services.clock())
    return go_to(Looked(look=key).path())


@get(f"{DESK}/news", opt={"action": Act.ASSIGN_REFERRAL, "polls": True}, sync_to_thread=True, include_in_schema=False)
def count_waiting(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    look: FromQuery[str] = "",
    only: FromQuery[str] = "",
) -> Response[dict[str, int]]:
    """How many wait, for a page that is open: a number, never a word of a report."""
    kept = _read_kept(services, door, look)
    with door.open() as access:
        access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="triage desk")
        looked = _find_looked(access, look, only, kept)
        number = desk.count_desk(
            access.session, access.actor.district_ids, access.teams_within(Act.ASSIGN_REFERRAL), WAITING, looked.words,
            looked.only, today=access.today,
        )  # fmt: skip
    return Response({"waiting": number}, headers=NEVER_KEPT)


@post(DESK, opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def decide(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[DeskForm],
) -> Response[Any]:
    """Does one thing with every referral that was chosen, and says which could not be done and why."""
    chosen = as_tuple(data.chosen)
    kept = _read_kept(services, door, data.look)
    with door.open() as access:
        access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="triage desk", detail=data.act)
        looked = _find_looked(access, data.look, data.only, kept)
        done = _do(access, data, chosen) if chosen else Done(ids=(), refused=(CHOOSE,))
    if request.headers.get("accept", "").startswith("application/json"):
        return Response(acts.encode(done), media_type=MediaType.JSON, headers=NEVER_KEPT, status_code=200)
    if done.refused:
        with door.open() as access:
            return _desk_page(request, access, looked, ",".join(done.ids), done.refused)
    undo = "" if data.act == "undo" else ",".join(done.ids)
    return go_to(looked.path(undo=undo), done=DONE_WORDS.get(data.act, ""))


@post(f"{DESK}/filters", opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def keep(door: NamedDependency[Door], data: URLEncodedBody[FilterForm]) -> Response[Any]:
    """Keeps what is looked for by a name; in the place of one that bears it already."""
    words, only = _looked_for(data.words, data.only)
    name = make_storable(" ".join(data.name.split()))[:60] or words[:60] or dict(ONLY_WORDS)[only]
    with door.open() as access:
        access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="triage desk", detail="filter")
        others = [
            each for each in desk_filters.list_filters(access.session, access.actor.worker_id) if each.name != name
        ]
        if len(others) >= MOST_FILTERS:
            raise Invalid(f"There are {MOST_FILTERS} already: drop one first.")
        kept = DeskFilter(id=access.new_id(), worker_id=access.actor.worker_id, name=name, words=words, only=only)
        desk_filters.keep_filter(access.session, kept)
    return go_to(Looked(look=kept.id).path(), done="filter_kept")


@post(
    "/referrals/desk/filters/{filter_id:str}/drop",
    opt={"action": Act.ASSIGN_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def drop(door: NamedDependency[Door], filter_id: FromPath[Id]) -> Response[Any]:
    """Forgets one of one's own."""
    with door.open() as access:
        access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="triage desk", detail="filter")
        desk_filters.drop_filter(access.session, access.actor.worker_id, filter_id)
    return go_to(DESK, done="filter_dropped")


CHOOSE = "Choose at least one referral."
MOST_FILTERS = 20
ONLY_WORDS = (
    ("", "All that wait"), (desk.URGENT, "Urgent alone"), (desk.LATE, "Late alone"), (desk.PLACELESS, "Without a point alone"),
    (desk.GUESSED, "Partly guessed alone"),
)  # fmt: skip


def _looked_for(words: str, only: str) -> tuple[str, str]:
    """What is looked for, as it can be."""
    return make_storable(" ".join(words.split()))[:100], only if only in desk.ONLY else ""


def _read_kept(services: Services, door: Door, look: str) -> Mapping[str, str | list[str]]:
    """What is kept under the key of a search; nothing for a filter, or for another's key."""
    return kept_fields(services, door.worker.id, FOUND, f"{FOUND}/{look}") if look else {}


def _find_looked(access: Access, look: str, only: str, kept: Mapping[str, str | list[str]]) -> Looked:
    """What an address means; everything that waits where it means nothing any more."""
    if kept:
        words, which = _looked_for(str(kept.get("words", "")), str(kept.get("only", "")))
        return Looked(words=words, only=which, look=look)
    own = desk_filters.list_filters(access.session, access.actor.worker_id) if look else []
    found = next((each for each in own if each.id == look), None)
    if found is not None:
        return Looked(words=found.words, only=found.only, look=look)
    return Looked(only=_looked_for("", only)[1])


def _do(access: Access, data: DeskForm, chosen: Collection[Id]) -> Done:
    assignee = read_assignee(data.assignee)
    if data.act != "assign" or not assignee.plan_id:
        return do_each(access, chosen, _choose_act(access, data, assignee))
    try:
        shift = acts.find_shift(access, assignee.plan_id)
    except Invalid as refused:
        return Done(ids=(), refused=tuple(refused.errors))
    done = do_each(access, chosen, _choose_act(access, data, Chosen(team_id=shift.team_id)))
    acts.send_on_shift(access, shift, done.ids)
    return done


def _choose_act(access: Access, data: DeskForm, assignee: Chosen) -> Callable[[Id], None]:
    def assign(referral_id: Id) -> None:
        assign_to_own_team(access, referral_id, assignee.team_id, assignee.worker_id)

    def offer(referral_id: Id) -> None:
        offer_referral(access, referral_id, data.district)

    def ask(referral_id: Id) -> None:
        progress_referral(access, referral_id, ReferralState.NEEDS_INFORMATION)

    def fold(referral_id: Id) -> None:
        progress_referral(
            access, referral_id, ReferralState.DUPLICATE_OF, duplicate_of=_find_twin(access, data, referral_id)
        )

    def close(referral_id: Id) -> None:
        close_referral(access, referral_id, data.outcome)

    def take_back(referral_id: Id) -> None:
        acts.undo(access, referral_id)

    every = {"information": ask, "duplicate": fold, "close": close, "offer": offer, "undo": take_back}
    return every.get(data.act, assign)


def _find_twin(access: Access, data: DeskForm, referral_id: Id) -> Id | None:
    """The one that it most likely repeats: named by the page, else looked up again."""
    if data.twin:
        return data.twin
    row = inbox.find_inbox_row(access.session, referral_id)
    around = look_around(access, [row.referral])[referral_id] if row else None
    return around.duplicates[0].referral.id if around and around.duplicates else None


def _desk_page(
    request: AnyRequest, access: Access, looked: Looked, undo: str, refused: tuple[str, ...] = ()
) -> Response[str]:
    access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="triage desk")
    mine, teams = access.actor.district_ids, access.teams_within(Act.ASSIGN_REFERRAL)
    words, only = looked.words, looked.only
    found = desk.list_desk(access.session, mine, teams, WAITING, words, only, today=access.today, limit=PAGE_LENGTH)
    ids = [each.row.referral.id for each in found]
    access.note_seen(SubjectKind.REFERRAL, ids, action=Act.SEE_REFERRAL, purpose="triage desk")
    total = desk.count_desk(access.session, mine, teams, WAITING, words, only, today=access.today)
    around = look_around(access, [each.row.referral for each in found])
    return page(
        request, "lead/desk.html", title="Triage desk", section="/referrals", worker=access.worker, now=access.now,
        status=422 if refused else 200, tabs=list_tabs(access, "desk"), lines=_lines(access, found, around), words=words,
        only=only, look=looked.look, reload=looked.path(), only_options=ONLY_WORDS,
        filters=desk_filters.list_filters(access.session, access.actor.worker_id),
        clusters=_gather(found, around),
        total=total, shown=len(found), refused=refused, undo=[each for each in undo.split(",") if each][:acts.AT_ONCE],
        outcome_groups=OUTCOME_GROUPS, assignees=_assignees(access), errors={}, districts=_list_elsewhere(access),
    )  # fmt: skip


def _gather(found: list[DeskRow], around: Mapping[Id, Surroundings]) -> list[OnePlace]:
    """Three or more that are likely one place, each of which can still be folded into another."""
    return gather(
        (each.row.referral, twin.referral)
        for each in found
        for twin in around[each.row.referral.id].duplicates
        if may_follow(twin.referral.state, ReferralState.DUPLICATE_OF) and is_open(twin.referral)
    )


def _lines(access: Access, found: list[DeskRow], around: Mapping[Id, Surroundings]) -> list[Line]:
    newer = count_open_versions(access.session, [each.row.referral.id for each in found])
    today = access.today
    lines = []
    for each in found:
        referral = each.row.referral
        near = around[referral.id]
        lines.append(
            Line(
                found=each, urgency=find_urgency(referral), due=say_due(referral.due_on, today),
                is_late=is_late(referral, today), twin=near.duplicates[0] if near.duplicates else None,
                known_as=near.sites[0].known_as if near.sites else "",
                has_newer=referral.id in newer,
            )
        )  # fmt: skip
    return lines


def _assignees(access: Access) -> list[tuple[str, str]]:
    options = [("", "The team that walks there")]
    for district_id in sorted(access.actor.district_ids):
        options += [
            (f"{each.team_id}/{each.worker_id or ''}", f"{each.team_name}: {each.worker_name or 'anyone'}")
            for each in inbox.list_assignees(access.session, district_id)
        ]
    return list(dict([*options, *list_shifts(access)]).items())


def _list_elsewhere(access: Access) -> list[tuple[str, str]]:
    standing = list_districts_on(access.session, access.today)
    return [("", "Choose a district"), *((each.id, each.name) for each in standing)]
