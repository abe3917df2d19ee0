"""A stop where nobody was met, recorded in a browser: it says that somebody looked."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.street.contacts import list_own_teams
from server.actions.street.visits import VisitDraft, record_visit
from server.actions.street.walking import find_team_out
from server.http.services import Services
from server.web.layout.forms import Errors, Form, require_choice
from server.web.layout.kept import kept_form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.outreach.choices import list_reports, list_sites
from server.web.outreach.contact_form import LONGEST_TEXT, read_postcode, read_words
from server.web.outreach.typed_times import read_moment
from shared.model.value import Id
from shared.policy import Act
from shared.rules.address_hint import PROMPT, find_hints

PATH = "/visits/new"
BEDDING = {"": None, "yes": True, "no": False}


class VisitForm(Form, frozen=True, kw_only=True):
    """The stop as it was told. `key` was made with the empty form, so that sending it twice is one visit."""

    key: str = ""
    team: str = ""
    referral: str = ""
    site: str = ""
    postcode: str = ""
    seen_day: str = ""
    seen_time: str = ""
    bedding: str = ""
    note: str = ""
    sure: str = ""


@get(PATH, opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def show_visit_form(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    referral: FromQuery[str] = "",
) -> Response[str]:
    """The form, empty or as it was left."""
    form = kept_form(services, door.worker.id, PATH, PATH, VisitForm(referral=referral))
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor))
        team = form.team or find_team_out(access)
        return _form(request, access, msgspec.structs.replace(form, team=team), {})


@post(PATH, opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def record_stop(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[VisitForm],
) -> Response[Any]:
    """Records the visit."""
    errors: Errors = {}
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor))
        draft = _read(data, [team.id for team in list_own_teams(access)], access.now, errors)
        if draft is None:
            return _form(request, access, data, errors)
        record_visit(access, services.project, draft)
    return go_to(PATH, "visit_recorded")


def _read(form: VisitForm, team_ids: list[Id], now: datetime, errors: Errors) -> VisitDraft | None:
    team_id = form.team or (team_ids[0] if len(team_ids) == 1 else "")
    require_choice(errors, "team", team_id, set(team_ids), "Choose the team you were out with.")
    at = read_moment(form.seen_day, form.seen_time, now, errors)
    position = read_postcode(form.postcode, errors)
    if not (form.site or position or form.referral) and "postcode" not in errors:
        errors["site"] = "Say where you looked: a place, a postcode or a report."
    require_choice(errors, "bedding", form.bedding, set(BEDDING), "Say whether bedding was there, or leave it.")
    note = read_words(form.note, "note", LONGEST_TEXT, errors)
    if "note" not in errors and not form.sure and find_hints(note):
        errors["note"] = PROMPT
    if errors or at is None:
        return None
    return VisitDraft(
        form_id=form.key, team_id=team_id, at=at, site_id=form.site or None, position=None if form.site else position,
        referral_id=form.referral or None, bedding_present=BEDDING[form.bedding], note=note,
    )  # fmt: skip


def _form(request: AnyRequest, access: Access, form: VisitForm, errors: Errors) -> Response[str]:
    teams = list_own_teams(access)
    return page(
        request, "outreach/visit.html", title="Nobody here", section="/my-shift", worker=access.worker,
        status=422 if errors else 200, form=form, errors=errors, key=form.key or access.new_id(),
        teams=[("", "Choose a team"), *((team.id, team.name) for team in teams)] if len(teams) > 1 else [],
        sites=[("", "Not at a known place"), *list_sites(access)], reports=list_reports(access),
        asks_about_note=errors.get("note") == PROMPT,
    )  # fmt: skip
