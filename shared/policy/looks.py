"""What of a person somebody looked at, told by the named action that let them: each line of the audit has a field class by it
(privacy rule A6)."""

from enum import Enum

from shared.policy.actions import Act


class FieldClass(str, Enum):
    """A part of what is known of a person."""

    NAME = "name"
    """Who they are, as on a list."""
    RECORD = "record"
    PLACE = "place"
    NOTES = "notes"
    DOCUMENTS = "documents"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    WELLBEING = "wellbeing"
    CASE = "case"
    LOOKS = "looks"
    """Who looked before."""
    EVERYTHING = "everything"
    NOTHING = "nothing"
    """The action changes something, and shows no more than the actor saw before."""

    def __str__(self) -> str:
        return self.value


FIELD_CLASS: dict[Act, FieldClass] = {
    Act.SEE_PERSON: FieldClass.RECORD,
    Act.SEE_OWN_RECORD: FieldClass.RECORD,
    Act.HIDE_PERSON: FieldClass.RECORD,
    Act.SEE_HEALTH: FieldClass.RECORD,
    Act.SEE_DOORS: FieldClass.RECORD,
    Act.RECORD_AT_DOOR: FieldClass.NAME,
    Act.RECORD_HEALTH: FieldClass.RECORD,
    Act.REVIEW_HARM: FieldClass.RECORD,
    Act.EDIT_PERSON: FieldClass.RECORD,
    Act.SEE_PERSON_LIST: FieldClass.NAME,
    Act.RECORD_CONTACT: FieldClass.NAME,
    Act.SEE_PLACE: FieldClass.PLACE,
    Act.SEE_MAP: FieldClass.PLACE,
    Act.SEE_LIVE_MAP: FieldClass.PLACE,
    Act.SEE_NOTES: FieldClass.NOTES,
    Act.SEE_CONSENT: FieldClass.RECORD,
    Act.SEE_ASSESSMENT: FieldClass.ASSESSMENT,
    Act.SEE_PLAN: FieldClass.PLAN,
    Act.SEE_WELLBEING: FieldClass.WELLBEING,
    Act.SEE_DOCUMENT: FieldClass.DOCUMENTS,
    Act.SEE_CASE: FieldClass.CASE,
    Act.SEE_ACTIONS: FieldClass.CASE,
    Act.SEE_WHO_LOOKED: FieldClass.LOOKS,
    Act.EXPORT_PERSON: FieldClass.EVERYTHING,
}
"""Actions that are not here show nothing of a person, or only what another line of the same request stands for."""


_SHOWN_ON_LISTS = frozenset({FieldClass.NAME, FieldClass.PLACE, FieldClass.CASE, FieldClass.NOTHING})
OPENING = frozenset(act for act, shown in FIELD_CLASS.items() if shown not in _SHOWN_ON_LISTS)
"""Actions that open somebody's record, or a part of it: what counts where somebody opens very many (privacy rule C8)."""
TAKEN_OUT = "taken_out"
"""What the audit calls it that somebody is in a file that was downloaded, whichever action lets its reader have it."""
OPENED = frozenset({TAKEN_OUT, *map(str, OPENING)})
"""The same as lines of the audit: who is in a file that was taken out was opened, too."""


def field_class(action: str) -> FieldClass:
    """What a line of the audit says was looked at; being in a file that was taken out, and an action of a newer version, count as
    the whole record."""
    try:
        return FIELD_CLASS.get(Act(action), FieldClass.NOTHING)
    except ValueError:
        return FieldClass.RECORD
