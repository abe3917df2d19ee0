"""The partnership's two trays: referrals in nobody's inbox, with guesses whose they are, and rows of files that were refused.

Team leads and coordinators own both: whoever is on duty empties them. No alert is anywhere else.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.referrals import desk as acts
from server.actions.referrals.referrals import close_referral, offer_referral
from server.http.services import Services
from server.importers.mending import leave_out, mend_row
from server.importers.placing import simplify_name
from server.importers.refused import Tray
from server.places.nearest import NearestDistricts
from server.problems import Invalid, NotFound
from server.queries.maps.boundaries import list_districts_on
from server.queries.referrals import duty, imports
from server.queries.referrals.duty import DutyRow
from server.web.layout.forms import Errors, Form, MendForm
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.inbox import list_tabs
from shared.geo.distance import say_distance
from shared.model.district import District
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind

PAGE_LENGTH = 20
TOO_LATE = "It is more than ten minutes ago, or somebody has gone on with it."
ALIKE = 0.75
"""How alike two names of councils must be to be offered as the same (difflib's ratio, set by eye)."""
WRONG_PLACE = "person_not_looked_for_wrong_local_authority_or_geographical_information"


class Guess(Value, frozen=True, kw_only=True):
    """A district whose it may be, and why."""

    district_id: Id
    name: str
    why: str


class DutyCard(Value, frozen=True, kw_only=True):
    """A referral of the tray, as the page shows it."""

    found: DutyRow
    why: str
    guesses: tuple[Guess, ...]
    read_as: tuple[str, ...]


class PlaceForm(Form, frozen=True, kw_only=True):
    """Whose it is."""

    district: str = ""


@get("/referrals/duty", opt={"action": Act.ASSIGN_REFERRAL}, sync_to_thread=True, include_in_schema=False)
def show_duty(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    page_number: FromQuery[int] = 1,
    undo: FromQuery[str] = "",
) -> Response[str]:
    """The tray, the newest first."""
    with door.open() as access:
        return _duty_page(request, access, services, max(1, page_number), undo=undo)


@post(
    "/referrals/duty/{referral_id:str}/take",
    opt={"action": Act.ASSIGN_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def take(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    referral_id: FromPath[Id],
    data: URLEncodedBody[PlaceForm],
) -> Response[Any]:
    """Gives it to a district: a guess that was right, or another."""
    try:
        with door.open() as access:
            offer_referral(access, referral_id, data.district)
    except Invalid as refused:
        with door.open() as access:
            errors = {f"district-{referral_id}": " ".join(refused.errors)}
            return _duty_page(request, access, services, 1, errors)
    return go_to(f"/referrals/duty?undo={referral_id}", done="offered_from_tray")


@post(
    "/referrals/duty/{referral_id:str}/elsewhere",
    opt={"action": Act.PROGRESS_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def send_elsewhere(door: NamedDependency[Door], referral_id: FromPath[Id]) -> Response[Any]:
    """Says that it is no place of ours. Whoever told us hears that nobody of ours will look."""
    with door.open() as access:
        close_referral(access, referral_id, WRONG_PLACE)
    return go_to(f"/referrals/duty?undo={referral_id}", done="desk_closed")


@post(
    "/referrals/duty/{referral_id:str}/undo",
    opt={"action": Act.ASSIGN_REFERRAL},
    sync_to_thread=True,
    include_in_schema=False,
)
def undo_from_tray(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], referral_id: FromPath[Id]
) -> Response[Any]:
    """Takes the reader's own decision back, for ten minutes: it is in the tray again, as it was."""
    try:
        with door.open() as access:
            acts.undo(access, referral_id)
    except (Invalid, NotFound):
        with door.open() as access:
            return _duty_page(request, access, services, 1, {"undo": TOO_LATE})
    return go_to("/referrals/duty", done="desk_undone")


@get("/referrals/refused", opt={"action": Act.IMPORT_REFERRALS}, sync_to_thread=True, include_in_schema=False)
def show_refused(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    page_number: FromQuery[int] = 1,
) -> Response[str]:
    """The rows that no importer could use, each with why, to be mended in place."""
    with door.open() as access:
        return _refused_page(request, access, services.tray, max(1, page_number))


@post(
    "/referrals/refused/{batch_id:str}/{row_number:int}",
    opt={"action": Act.IMPORT_REFERRALS},
    sync_to_thread=True,
    include_in_schema=False,
)
def mend(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    batch_id: FromPath[str],
    row_number: FromPath[int],
    data: URLEncodedBody[MendForm],
) -> Response[Any]:
    """Reads a row again with what was typed; what is still wrong is said beside it, with nothing lost."""
    cells = data.as_cells()
    try:
        with door.open() as access:
            access.require(Act.IMPORT_REFERRALS, of_theirs(access.actor), detail=f"{batch_id}/{row_number}")
            mend_row(access, batch_id, row_number, cells, services.settings.data, services.settings.timezone)
    except Invalid as refused:
        with door.open() as access:
            return _refused_page(
                request, access, services.tray, 1, typed=(batch_id, row_number, cells), error=" ".join(refused.errors)
            )
    return go_to("/referrals/refused", done="mended")


@post(
    "/referrals/refused/{batch_id:str}/{row_number:int}/leave-out",
    opt={"action": Act.IMPORT_REFERRALS},
    sync_to_thread=True,
    include_in_schema=False,
)
def leave_row_out(door: NamedDependency[Door], batch_id: FromPath[str], row_number: FromPath[int]) -> Response[Any]:
    """Says that a row is no report: a total, a note, a test."""
    with door.open() as access:
        access.require(Act.IMPORT_REFERRALS, of_theirs(access.actor), detail=f"{batch_id}/{row_number}")
        leave_out(access, batch_id, row_number)
    return go_to("/referrals/refused", done="left_out")


def _duty_page(
    request: AnyRequest, access: Access, services: Services, number: int, errors: Errors | None = None, undo: str = ""
) -> Response[str]:
    access.require(Act.ASSIGN_REFERRAL, of_theirs(access.actor), purpose="duty tray")
    found = duty.list_duty(access.session, limit=PAGE_LENGTH + 1, offset=(number - 1) * PAGE_LENGTH)
    shown = found[:PAGE_LENGTH]
    access.note_seen(
        SubjectKind.REFERRAL, [each.row.referral.id for each in shown], action=Act.SEE_REFERRAL, purpose="duty tray"
    )
    districts = list_districts_on(access.session, access.today)
    return page(
        request, "lead/duty.html", title="Duty tray", section="/referrals", worker=access.worker, now=access.now,
        status=422 if errors else 200, tabs=list_tabs(access, "duty"), errors=errors or {}, undo=undo,
        cards=_cards(access, shown, districts, services.settings.data),
        district_options=[("", "Choose a district"), *((each.id, each.name) for each in districts)],
        previous_path=f"/referrals/duty?page_number={number - 1}" if number > 1 else "",
        next_path=f"/referrals/duty?page_number={number + 1}" if len(found) > PAGE_LENGTH else "",
    )  # fmt: skip


def _cards(access: Access, shown: Sequence[DutyRow], districts: Sequence[District], data: Path) -> list[DutyCard]:
    nearest = NearestDistricts(access.session, districts, data)
    return [
        DutyCard(
            found=each,
            why=_say_why(each),
            guesses=tuple(_guess(each, districts, nearest)),
            read_as=msgspec.json.decode(each.guesses, type=tuple[str, ...]),
        )
        for each in shown
    ]


def _say_why(found: DutyRow) -> str:
    referral = found.row.referral
    if referral.district_id is not None:
        return f"Nobody reads the inbox of {found.row.district_name}."
    if referral.position is not None:
        return "The place is in none of our districts."
    council = f"“{found.council}” is no council of ours" if found.council else "no council was named"
    return f"No place is known, and {council}."


def _guess(found: DutyRow, districts: Sequence[District], nearest: NearestDistricts) -> list[Guess]:
    """Whose it may be: by the nearest edge, else by a name that looks alike. Always a guess, one press to accept."""
    position = found.row.referral.position
    if position is not None:
        return [
            Guess(
                district_id=near.district.id,
                name=near.district.name,
                why=f"its edge is {say_distance(near.distance_m)} away",
            )
            for near in nearest.list_nearest(position)
        ]
    plain = simplify_name(found.council)
    alike = difflib.get_close_matches(plain, [simplify_name(each.name) for each in districts], n=2, cutoff=ALIKE)
    return [
        Guess(district_id=each.id, name=each.name, why=f"“{found.council}” looks like it")
        for each in districts
        if plain and simplify_name(each.name) in alike
    ]


def _refused_page(
    request: AnyRequest,
    access: Access,
    tray: Tray,
    number: int,
    typed: tuple[Id, int, dict[str, str]] | None = None,
    error: str = "",
) -> Response[str]:
    access.require(Act.IMPORT_REFERRALS, of_theirs(access.actor), purpose="refused rows")
    found = imports.list_refused(access.session, limit=PAGE_LENGTH + 1, offset=(number - 1) * PAGE_LENGTH)
    rows = [tray.open(each) for each in found[:PAGE_LENGTH]]
    if typed is not None:  # first, whichever page it stood on: what was typed is lost nowhere
        kept = imports.find_refused(access.session, *typed[:2])
        others = [each for each in rows if (each.batch_id, each.row_number) != typed[:2]]
        mended = [] if kept is None else [msgspec.structs.replace(tray.open(kept), cells=typed[2], reason=error)]
        rows = [*mended, *others]
    return page(
        request, "lead/refused.html", title="Refused rows", section="/referrals", worker=access.worker, now=access.now,
        status=422 if error else 200, tabs=list_tabs(access, "refused"), rows=rows, error=error,
        typed=typed[:2] if typed else ("", 0),
        previous_path=f"/referrals/refused?page_number={number - 1}" if number > 1 else "",
        next_path=f"/referrals/refused?page_number={number + 1}" if len(found) > PAGE_LENGTH else "",
    )  # fmt: skip
