"""Recording a contact in a browser: the phone's fields as one accessible page that works without scripts.

The app is drawn by Kivy, which no screen reader can read; this page is for workers who need one. Searching for a person
is a button of the same form, so nothing that was typed is lost and nobody's name stands in an address.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.people.identity import find_among_own
from server.actions.street.contacts import ContactDraft, NewPerson, list_own_teams, record_contact
from server.actions.street.walking import find_team_out
from server.http.services import Services
from server.problems import Invalid
from server.queries.people import people, subjects
from server.queries.street import contact_form
from server.web.layout.forms import Errors, as_tuple
from server.web.layout.kept import kept_form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import count, say
from server.web.outreach.choices import list_colleagues, list_reports, list_sites
from server.web.outreach.contact_form import (
    NEEDS,
    NEW,
    PHRASES,
    STATES,
    SUPPORT,
    ContactForm,
    as_known,
    read_form,
    renew_key,
)
from shared.model.person import Person
from shared.policy import Act, SubjectKind
from shared.rules.address_hint import PROMPT
from shared.rules.evidence import Sighting
from shared.rules.same_person import Match

PATH = "/contacts/new"


@get(PATH, opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def show_contact_form(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    referral: FromQuery[str] = "",
    person: FromQuery[str] = "",
) -> Response[str]:
    """The form, empty or as it was left; for a report or a person of tonight's list, with that chosen."""
    form = kept_form(services, door.worker.id, PATH, PATH, ContactForm(referral=referral, people=person))
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor))
        team = form.team or find_team_out(access)
        return _form(request, access, msgspec.structs.replace(form, key=access.new_id(), team=team), {})


@post(PATH, opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def record(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[ContactForm],
) -> Response[Any]:
    """Records the contact, or searches for a person. What is wrong is told beside its field, with nothing lost."""
    errors: Errors = {}
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor))
        form = renew_key(data, access.new_id())
        if form.press == "search":
            return _search(request, access, form)
        if form.press == "another":
            return _form(request, access, form, {})
        draft = read_form(form, [team.id for team in list_own_teams(access)], access.now, errors)
        if draft is None:
            return _form(request, access, form, errors)
        for place, each in enumerate(draft.new_people, start=1):
            likely = [] if place in form.answered else _list_likely(access, draft, each)
            if likely:
                asked = {"is_new": "Say who it was: one of these, or somebody new."}
                return _form(request, access, form, asked, likely=likely, asked=(place, each))
        draft = as_known(draft, form.answered)
    try:
        with door.open() as access:
            record_contact(access, services.project, draft)
    except Invalid as refused:
        with door.open() as access:
            return _form(request, access, form, {"note": " ".join(refused.problem.errors)})
    return go_to(PATH, "contact_recorded")


def _search(request: AnyRequest, access: Access, form: ContactForm) -> Response[str]:
    if not form.search.strip():
        return _form(request, access, form, {"search": "Type a name, or a word of how you would know them again."})
    team_ids = [team.id for team in list_own_teams(access)]
    words = form.search.replace("\0", "")[:200]
    found = contact_form.search_people(access.session, words, team_ids, access.actor.district_ids, access.today)
    return _form(request, access, form, {}, _allowed(access, found))


def _list_likely(access: Access, draft: ContactDraft, each: NewPerson) -> list[tuple[Person, Match]]:
    """Whom the reader's teams and districts know who may be the one described as somebody new; nobody where this very form was
    taken before."""
    if contact_form.find_author(access.session, draft.form_id) is not None:
        return []
    new = Person(id="", alias=each.alias, description=each.description)
    told = Sighting(
        person=new, seen_at=draft.seen_at, position=draft.position, site_id=draft.site_id, team_id=draft.team_id
    )
    return [found for found in find_among_own(access, told) if found[0].id not in draft.person_ids]


def _form(
    request: AnyRequest,
    access: Access,
    form: ContactForm,
    errors: Errors,
    found: Sequence[Person] | None = None,
    likely: Sequence[tuple[Person, Match]] = (),
    asked: tuple[int, NewPerson] = (1, NewPerson()),
) -> Response[str]:
    ticked = _allowed(access, people.list_people(access.session, form.person_ids))
    shown = [*ticked, *(each for each in found or () if each.id not in form.person_ids)]
    seen = {each.id for each in (*shown, *(each for each, _ in likely))}
    access.note_seen(SubjectKind.PERSON, sorted(seen), purpose="contact on the web")
    teams = list_own_teams(access)
    return page(
        request, "outreach/contact.html", title=_title(found), section=PATH, worker=access.worker,
        likely=_say_all_likely(asked[0], likely), who=asked[1].alias or asked[1].description[:60],
        answers=[each for each in as_tuple(form.is_new) if each],
        status=422 if errors else 200, form=form, errors=errors, states=STATES, people=shown, found=found,
        teams=[("", "Choose a team"), *((team.id, team.name) for team in teams)] if len(teams) > 1 else [],
        sites=[("", "Not at a known place"), *list_sites(access)], reports=list_reports(access),
        colleagues=list_colleagues(access, [team.id for team in teams]), along=as_tuple(form.colleagues),
        needs=[(str(need), say(need)) for need in NEEDS], support=SUPPORT, phrases=PHRASES,
        asks_about_note=errors.get("note") == PROMPT, offered=as_tuple(form.offered), given=as_tuple(form.given),
    )  # fmt: skip


def _say_all_likely(place: int, likely: Sequence[tuple[Person, Match]]) -> list[tuple[str, str]]:
    """What may be answered of the one described at this place."""
    mark = f"{place}:" if place > 1 else ""
    said = [(f"{mark}{each.id}", _say_likely(each, match)) for each, match in likely]
    return [*said, (f"{mark}{NEW}", "No, somebody new")] if said else []


def _say_likely(person: Person, match: Match) -> str:
    return f"{person.known_as}: {', '.join(match.reasons)}"


def _title(found: Sequence[Person] | None) -> str:
    """A screen reader reads the title first: after a search it says what was found."""
    if found is None:
        return "Record a contact"
    return f"{count(len(found), 'person', 'people') if found else 'Nobody'} found – Record a contact"


def _allowed(access: Access, found: Sequence[Person]) -> list[Person]:
    """Those whom the reader may see; the others are as if they were not there."""
    with_subjects = [(each, subjects.find_person(access.session, each.id)) for each in found]
    return [each for each, subject in with_subjects if subject and access.allows(Act.SEE_PERSON_LIST, subject)]
