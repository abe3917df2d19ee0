"""Changing when, where and by whom a conference is, by two people at once: each field by itself, none over a newer one."""

from server.access import Access
from server.http.local_time import to_local
from server.queries.conferences import seats
from server.web.coordinator.conferences import ConferenceForm
from server.web.layout.forms import Errors
from shared.model.conference import CaseConference

AGAIN = "Save again to put yours in its place."
CHANGED = ("day", "time", "place", "chair", "minute_taker")


class ChangeForm(ConferenceForm, frozen=True, kw_only=True):
    """When, where and by whom, each as typed and as the page showed it: what its reader left alone stays as it stands now."""

    was_day: str = ""
    was_time: str = ""
    was_place: str = ""
    was_chair: str = ""
    was_minute_taker: str = ""


def merge_change(access: Access, conference: CaseConference, typed: ChangeForm) -> tuple[ConferenceForm, Errors]:
    """What the conference shall be: what was typed where it is other than the page showed, else what stands now. What somebody
    else changed too is told by field."""
    now = as_form(conference)
    shall: dict[str, str] = {}
    errors: Errors = {}
    for name in CHANGED:
        said, was, stands = (getattr(typed, name).strip(), getattr(typed, f"was_{name}").strip(), getattr(now, name))
        shall[name] = stands if said == was else said
        if stands not in (was, shall[name]):
            errors[name] = f"Meanwhile somebody else wrote “{_say(access, conference, name, stands)}”. {AGAIN}"
    return ConferenceForm(**shall), errors


def _say(access: Access, conference: CaseConference, name: str, stands: str) -> str:
    if name == "day":
        day = to_local(conference.starts_at).date()
        return f"{day.day} {day:%B %Y}"
    people = dict(seats.list_people_at_the_table(access.session, conference.district_id))
    return people.get(stands, stands) if name in ("chair", "minute_taker") else stands


def as_form(conference: CaseConference) -> ConferenceForm:
    """When, where and by whom a conference is, as its form shows it."""
    starts = to_local(conference.starts_at)
    return ConferenceForm(
        day=starts.date().isoformat(), time=f"{starts:%H:%M}", place=conference.place, chair=conference.chair_id or "",
        minute_taker=conference.minute_taker_id or "",
    )  # fmt: skip
