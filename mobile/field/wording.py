"""The few sentences that services say to a worker, in English: states, kinds of change, times. No decision is made here."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.geo.night import DEFAULT_ZONE
from shared.model.codes import Code, ContactState, SiteKind

STATE_WORDS = {
    ContactState.BEDDED_DOWN: "Bedded down",
    ContactState.ABOUT_TO_BED_DOWN: "About to bed down",
    ContactState.NOT_BEDDED_DOWN: "Up and about",
    ContactState.BEDDING_SEEN_NO_PERSON: "Bedding, nobody there",
    ContactState.NOT_FOUND: "Not found",
    ContactState.DECLINED_CONTACT: "Would rather not talk",
}

CHANGE_WORDS = {
    "contact.recorded": "Contact",
    "contact.corrected": "Correction of a contact",
    "visit.recorded": "Visit",
    "visit.struck": "Visit struck out or put back",
    "shift.started": "Start of shift",
    "shift.joined": "Joining a shift",
    "shift.ended": "End of shift",
    "checkin.made": "Check-in",
    "need.recorded": "Need",
    "answer.given": "Answer of the assessment",
    "consent.said": "What somebody said about sharing",
    "person.patched": "Description of a person",
    "person.merged": "Two records are one person",
    "site.patched": "Description of a place",
    "referral.patched": "Change to a referral",
    "referral.progressed": "Step of a referral",
    "attachment.added": "Picture",
    "record.read": "Note that a record was opened",
}

FIELD_WORDS = {
    "date_of_birth": "date of birth",
    "dob_quality": "how sure the date of birth is",
    "approximate_age_years": "age",
    "institution_left": "place they left",
    "position": "where it is",
    "in_use": "whether it is still used",
    "team_id": "team",
    "assigned_worker_id": "who looks into it",
}


def say_code(code: Code) -> str:
    """A code as words: "derelict building"."""
    return str(code).replace("_", " ")


def say_state(state: ContactState) -> str:
    """What was met, in words."""
    return STATE_WORDS.get(state, say_code(state).capitalize())


def say_site(name: str, kind: SiteKind) -> str:
    """A place's name, or its kind when it has none."""
    return name or (say_code(kind).capitalize() if kind is not SiteKind.UNKNOWN else "Place without a name")


def say_field(field: str) -> str:
    """A field of a record in words: "date of birth"."""
    return FIELD_WORDS.get(field, field.replace("_", " "))


def say_change(change_type: str) -> str:
    """What kind of record a change is."""
    return CHANGE_WORDS.get(change_type, "Record")


def say_time(at: datetime, zone: str = DEFAULT_ZONE) -> str:
    """A local time: "02:11"."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def say_written_day(written: str) -> str:
    """A day as a machine wrote it, as people do: "1 February 1981"; what is none stays as it is."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return written
    return f"{day.day} {day:%B %Y}"


def say_count(count: int, one: str, many: str) -> str:
    """ "1 person", "3 people"."""
    return f"{count} {one if count == 1 else many}"
