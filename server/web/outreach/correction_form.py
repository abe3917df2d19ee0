"""A contact as somebody says that it shall read, what differs, and what was changed since they looked. No handler lives here."""

from typing import Any

from server.access import Access
from server.http.local_time import to_local
from server.queries.partnership.workers import list_short_names
from server.queries.people import people, subjects
from server.web.layout.forms import Errors, Form, Several, as_tuple, require_choice
from server.web.layout.words import say
from server.web.outreach.choices import list_sites
from server.web.outreach.contact_form import (
    LONGEST_TEXT,
    MOST_PEOPLE,
    NEEDS,
    STATES,
    needs_of,
    read_number,
    read_words,
    support_of,
)
from server.web.outreach.typed_times import read_moment
from shared.model.contact import Contact
from shared.model.person import Person
from shared.model.value import Id
from shared.policy import Act

NEWER = "It was put right since you opened this page. Look at what it says now, and press again."
TEXTS = ("safety_needs", "strengths", "next_step", "note")


class CorrectionForm(Form, frozen=True, kw_only=True):
    """A contact as it shall read. `press` says which button was pressed, `based_on` how many words on it its reader had seen."""

    press: str = "save"
    based_on: str = ""
    state: str = ""
    colleagues: Several = ""
    seen_day: str = ""
    seen_time: str = ""
    search: str = ""
    people: Several = ""
    unidentified: str = ""
    site: str = ""
    needs: Several = ""
    offered: Several = ""
    given: Several = ""
    safety_needs: str = ""
    strengths: str = ""
    next_step: str = ""
    note: str = ""
    reason: str = ""

    @property
    def support_of(self) -> dict[str, str]:
        """The answer to each need that came up."""
        return support_of(self.needs)


def fill_in(told: Contact, seen: int) -> CorrectionForm:
    """The form as the contact reads now, with `seen` later words on it."""
    local = to_local(told.seen_at)
    return CorrectionForm(
        based_on=str(seen), colleagues=list(told.colleague_ids), offered=list(told.offered), given=list(told.given),
        needs=[f"{each.need}:{each.receiving_support}" for each in told.needs],
        state=str(told.state), seen_day=local.date().isoformat(), seen_time=f"{local:%H:%M} {local.tzname()}",
        people=list(told.person_ids), unidentified=str(told.unidentified_people or ""), site=told.site_id or "",
        **{name: getattr(told, name) for name in TEXTS},
    )  # fmt: skip


def say_newer(access: Access, told: Contact, typed: CorrectionForm) -> Errors:
    """What the contact says now, beside each field that was sent as somebody had not seen it."""
    now = fill_in(told, 0)
    said = {name: getattr(now, name) or "nothing" for name in (*TEXTS, "unidentified", "seen_time", "seen_day")}
    said["state"] = say(told.state)
    newer = {
        name: f"It says now: {words}." for name, words in said.items() if getattr(now, name) != getattr(typed, name)
    }
    names = list_short_names(access.session, set(told.colleague_ids))
    lists = {
        "who was along": (now.colleagues, typed.colleagues, [names.get(each, "") for each in told.colleague_ids]),
        "who was there": (now.people, typed.people, [each.known_as for each in list_allowed(access, told.person_ids)]),
        "where": (now.site, typed.site, [dict(list_sites(access)).get(now.site, "") if now.site else ""]),
        "what came up": (now.needs, [f"{need}:{says}" for need, says in typed.support_of.items()],
                         [f"{say(each.need)} ({say(each.receiving_support)})" for each in told.needs]),
        "offered": (now.offered, typed.offered, list(told.offered)),
        "given": (now.given, typed.given, list(told.given)),
    }  # fmt: skip
    others = [
        f"{name}: {', '.join(filter(None, words)) or 'nothing'}"
        for name, (stands, sent, words) in lists.items()
        if set(as_tuple(stands)) != set(as_tuple(sent))
    ]
    return newer | {"reason": " ".join([NEWER, *(f"It says now, {each}." for each in others)])}


def read_correction(form: CorrectionForm, told: Contact, access: Access, errors: Errors) -> dict[str, Any]:
    """The fields as they shall read. Whom the reader may not see stays: nobody is taken out unseen."""
    require_choice(errors, "state", form.state, {code for code, _ in STATES}, "Choose what you met.")
    seen_at = read_moment(form.seen_day, form.seen_time, access.now, errors)
    texts = {name: read_words(getattr(form, name), name, LONGEST_TEXT, errors) for name in TEXTS}
    unidentified = read_number(form.unidentified, errors)
    if errors:
        return {}
    unseen = set(told.person_ids) - {each.id for each in list_allowed(access, told.person_ids)}
    named = [*as_tuple(form.people), *sorted(unseen)]
    fields: dict[str, Any] = {
        "unidentified_people": min(unidentified, MOST_PEOPLE),
        "site_id": form.site or None,
    } | texts
    if (form.site or None) != told.site_id:
        fields["position"] = None  # a record names one place
    if seen_at is not None and seen_at.replace(second=0, microsecond=0) != told.seen_at.replace(
        second=0, microsecond=0
    ):
        fields["seen_at"] = seen_at
    if set(named) != set(told.person_ids):
        fields["person_ids"] = tuple(named)
    if form.state != str(told.state):
        fields["state"] = form.state
    # A form that has no such question says nothing of it: a browser sends an answer to each need, also where none came up.
    return fields | _read_what_came_up(form, told) if form.needs else fields


def _read_what_came_up(form: CorrectionForm, told: Contact) -> dict[str, Any]:
    """Who was along, the needs, what was offered and given. What the page has no question for stays."""
    kept = tuple(each for each in told.needs if each.need not in NEEDS)
    needs = needs_of(form.needs) + kept
    chosen: dict[str, Any] = {"needs": needs} if set(needs) != set(told.needs) else {}
    for name, ticked in (("colleague_ids", form.colleagues), ("offered", form.offered), ("given", form.given)):
        if set(as_tuple(ticked)) != set(getattr(told, name)):
            chosen[name] = as_tuple(ticked)
    return chosen


def list_allowed(access: Access, person_ids: tuple[Id, ...] | list[Id]) -> list[Person]:
    """Those of these people whom the reader may know of."""
    found = people.list_people(access.session, person_ids)
    asked = [(each, subjects.find_person(access.session, each.id)) for each in found]
    return [each for each, subject in asked if subject and access.allows(Act.SEE_PERSON_LIST, subject)]
