"""What the contact screen knows and what may happen on it, as values. No rule, no Kivy, no store."""

from datetime import datetime
from enum import Enum

from mobile.field.views import ContactRecord, Fix, LikelyDuplicate, PersonCard, PersonDraft, SiteCard, SiteDraft
from mobile.program.effects import Event, Failed
from shared.model.codes import ContactState, ReceivingSupport, SiteKind, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.person import Person
from shared.model.position import Position
from shared.model.site import Site
from shared.model.value import Id, Value

PHRASES = ("sleeping bag", "hot drink", "food", "warm clothes", "naloxone", "a bed tonight", "GP appointment", "a lift")
"""Offered when the coordinator has worded none."""


class Step(Enum):
    """What the screen asks."""

    WHO = "who"
    NEW = "new"
    STATE = "state"
    PLACE = "place"
    PIN = "pin"
    WHEN = "when"
    STRIKE = "strike"
    NEW_PLACE = "new_place"


class Details(Value, frozen=True, kw_only=True):
    """What may be added: each field is one of `Contact`'s."""

    needs: tuple[NeedSeen, ...] = ()
    offered: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    safety_needs: str = ""
    strengths: str = ""
    next_step: str = ""
    note: str = ""


class Likely(Value, frozen=True, kw_only=True):
    """Who somebody new, as described, may already be."""

    new: PersonDraft
    known: LikelyDuplicate


class ContactScreenState(Value, frozen=True, kw_only=True):
    """Everything the screen knows."""

    step: Step = Step.WHO
    near: tuple[PersonCard, ...] = ()
    has_looked: bool = False
    """The phone has answered who is near: an empty list means nobody."""
    chosen: tuple[PersonCard, ...] = ()
    several: bool = False
    unidentified: int = 0
    new_people: tuple[PersonDraft, ...] = ()
    alias: str = ""
    description: str = ""
    matches: tuple[Likely, ...] = ()
    added: tuple[tuple[PersonDraft, Id], ...] = ()
    """Who was new and got a record since the contact was saved."""
    searched: PersonCard | None = None
    """Whom a search on another page has found."""
    sites: tuple[SiteCard, ...] = ()
    site: SiteCard | None = None
    site_id: Id | None = None
    place_chosen: bool = False
    new_place: SiteDraft = SiteDraft()
    pin: Position | None = None
    fix: Fix | None = None
    referral_id: Id | None = None
    also_ids: tuple[Id, ...] = ()
    contact_state: ContactState | None = None
    saving: bool = False
    contact_id: Id | None = None
    person_ids: tuple[Id, ...] = ()
    phrases: tuple[str, ...] = PHRASES
    details: Details = Details()
    kept: Details = Details()
    quiet_s: int = 0
    leaving: bool = False
    reopened: bool = False
    guess: Position | None = None
    seen_at: datetime | None = None
    time_text: str = ""
    time_is_unclear: bool = False
    reason: str = ""
    half_people: tuple[PersonDraft, ...] = ()
    """Who was new here when the phone locked, before anything was saved."""
    struck: str = ""
    ask_about_note: bool = False
    failure: Failed | None = None

    @property
    def is_saved(self) -> bool:
        """On the disk."""
        return self.contact_id is not None

    @property
    def people_count(self) -> int:
        """How many were met."""
        return len(self.chosen) + len(self.new_people) + self.unidentified

    @property
    def questions(self) -> tuple[Likely, ...]:
        """Who may be whom, of those that are new here."""
        met = {person.id for person in self.chosen}
        here = [*self.new_people, *(draft for draft, person_id in self.added if person_id in met)]
        return tuple(each for each in self.matches if each.new in here)


class PeopleFound(Event, frozen=True, kw_only=True):
    """Who was last seen near here."""

    people: tuple[PersonCard, ...]


class SitesFound(Event, frozen=True, kw_only=True):
    """Places near here."""

    sites: tuple[SiteCard, ...]


class FixFound(Event, frozen=True, kw_only=True):
    """Where the phone is, as far as it knows."""

    fix: Fix | None


class ConfigRead(Event, frozen=True, kw_only=True):
    """The team's own phrases."""

    phrases: tuple[str, ...]


class PersonPicked(Event, frozen=True, kw_only=True):
    """A tile was pressed."""

    person_id: Id


class SeveralPressed(Event, frozen=True, kw_only=True):
    """More than one person, or one after all."""


class UnknownCounted(Event, frozen=True, kw_only=True):
    """One more, or one fewer, whom nobody knows."""

    by: int


class WhoDone(Event, frozen=True, kw_only=True):
    """Everybody has been picked."""


class NewPressed(Event, frozen=True, kw_only=True):
    """Someone new."""


class NewTyped(Event, frozen=True, kw_only=True):
    """What they are called, or how one would know them again."""

    field: str
    text: str


class NewDone(Event, frozen=True, kw_only=True):
    """The description is enough."""


class MatchesFound(Event, frozen=True, kw_only=True):
    """Who the new person might be."""

    new: PersonDraft
    matches: tuple[LikelyDuplicate, ...]


class MatchAnswered(Event, frozen=True, kw_only=True):
    """yes, no or not_sure."""

    person_id: Id
    answer: str


class SearchPressed(Event, frozen=True, kw_only=True):
    """None of the tiles."""


class NobodyPressed(Event, frozen=True, kw_only=True):
    """Nobody is here: that is a visit."""


class UnknownPressed(Event, frozen=True, kw_only=True):
    """Somebody is here, and nobody knows who."""


class WhoPressed(Event, frozen=True, kw_only=True):
    """It was somebody else."""


class PersonAdded(Event, frozen=True, kw_only=True):
    """Someone new, for a contact that is on the disk already."""

    person: Person


class WhenPressed(Event, frozen=True, kw_only=True):
    """When was it?"""


class TimeTyped(Event, frozen=True, kw_only=True):
    """A time of day, as it is being written."""

    text: str


class TimeGiven(Event, frozen=True, kw_only=True):
    """What was typed is the time; or, with `minutes_ago`, that long before `now`."""

    now: datetime
    minutes_ago: int | None = None


class StrikePressed(Event, frozen=True, kw_only=True):
    """It did not happen: first the reason."""


class ReasonTyped(Event, frozen=True, kw_only=True):
    """Why it did not happen."""

    text: str


class StrikeGiven(Event, frozen=True, kw_only=True):
    """The reason is enough; `reason` is one of those offered, else what was typed."""

    reason: str = ""


class Struck(Event, frozen=True, kw_only=True):
    """It is struck out, or put back."""


class ConfirmPressed(Event, frozen=True, kw_only=True):
    """What was recorded on the locked phone was so."""


class RestorePressed(Event, frozen=True, kw_only=True):
    """It did happen after all."""


class StateChosen(Event, frozen=True, kw_only=True):
    """One of the big buttons."""

    state: ContactState


class Saved(Event, frozen=True, kw_only=True):
    """The contact is on the disk."""

    contact_id: Id


class RecordRead(Event, frozen=True, kw_only=True):
    """The saved contact with the ids made for someone new."""

    record: ContactRecord


class PlacePressed(Event, frozen=True, kw_only=True):
    """Where was it?"""


class PlacePicked(Event, frozen=True, kw_only=True):
    """A known place; `NO_PLACE` for none of them."""

    site_id: Id


class NewPlacePressed(Event, frozen=True, kw_only=True):
    """A place that nobody has named yet."""


class PlaceTyped(Event, frozen=True, kw_only=True):
    """Its name, how to get there, what to beware of."""

    field: str
    text: str


class PlaceKindPicked(Event, frozen=True, kw_only=True):
    """What kind of place it is."""

    kind: SiteKind


class PlaceGiven(Event, frozen=True, kw_only=True):
    """That is enough to find it again."""


class PlaceAdded(Event, frozen=True, kw_only=True):
    """It is on the disk."""

    site: Site


class PinPressed(Event, frozen=True, kw_only=True):
    """I will put the pin myself."""


class PinPut(Event, frozen=True, kw_only=True):
    """The cross is on the spot."""

    latitude: float
    longitude: float


class NeedPressed(Event, frozen=True, kw_only=True):
    """A need came up, or did not after all."""

    need: SupportNeed


class SupportAnswered(Event, frozen=True, kw_only=True):
    """Whether somebody already helps with it."""

    need: SupportNeed
    receiving: ReceivingSupport


class PhrasePressed(Event, frozen=True, kw_only=True):
    """Offered or given; `field` says which."""

    field: str
    phrase: str


class DetailTyped(Event, frozen=True, kw_only=True):
    """A text of the details."""

    field: str
    text: str


class NotePrompted(Event, frozen=True, kw_only=True):
    """Whether the note looks as if it held an address or a number."""

    prompt: str | None


class Ticked(Event, frozen=True, kw_only=True):
    """A second went by."""


class Refined(Event, frozen=True, kw_only=True):
    """The refinement is on the disk."""

    details: Details


class DonePressed(Event, frozen=True, kw_only=True):
    """The worker has finished."""


class BackPressed(Event, frozen=True, kw_only=True):
    """One step back within the screen, or out of it."""
