"""A stop with nobody there: bedding or not, Done. It counts: it is how the map knows that somebody looked. Pure."""

from typing import Any

import msgspec

from mobile.field.views import Fix, ReferralRecord, SiteCard, VisitDraft
from mobile.program.effects import Back, Call, Effect, Event, Failed, Feel, Home, Opened, WordsFound, ask
from shared.geo.distance import near_distance_m
from shared.model.position import Position
from shared.model.value import Id, Value

SAME_PLACE_M = 60
SITES = 6


class VisitState(Value, frozen=True, kw_only=True):
    """Where, and what was seen."""

    site: SiteCard | None = None
    sites: tuple[SiteCard, ...] = ()
    choosing: bool = False
    place_chosen: bool = False
    referral_place: Position | None = None
    referral_name: str = ""
    asking: bool = False
    """The worker stands somewhere else than where the referral says: which of the two was looked at?"""
    fix: Fix | None = None
    referral_id: Id | None = None
    also_ids: tuple[Id, ...] = ()
    bedding: bool | None = None
    note: str = ""
    saving: bool = False
    visit_id: Id | None = None
    failure: Failed | None = None


class SitesFound(Event, frozen=True, kw_only=True):
    """Places near here."""

    sites: tuple[SiteCard, ...]


class FixFound(Event, frozen=True, kw_only=True):
    """Where the phone is, as far as it knows."""

    fix: Fix | None


class ReferralFound(Event, frozen=True, kw_only=True):
    """The referral that this visit answers."""

    record: ReferralRecord


class LookedAtReferral(Event, frozen=True, kw_only=True):
    """The worker looked where the referral says, though GPS says another place."""


class LookedHere(Event, frozen=True, kw_only=True):
    """The worker looked where they stand."""


class PlacePressed(Event, frozen=True, kw_only=True):
    """Another place."""


class PlacePicked(Event, frozen=True, kw_only=True):
    """A known place; '' for none of them."""

    site_id: Id


class BeddingPressed(Event, frozen=True, kw_only=True):
    """Bedding is there, or not; pressed again, not said."""

    present: bool


class NoteTyped(Event, frozen=True, kw_only=True):
    """A word about it."""

    text: str


class DonePressed(Event, frozen=True, kw_only=True):
    """Save."""


class Saved(Event, frozen=True, kw_only=True):
    """The visit is on the disk."""

    visit_id: Id


class Ticked(Event, frozen=True, kw_only=True):
    """A second went by."""


class BackPressed(Event, frozen=True, kw_only=True):
    """Out."""


Result = tuple[VisitState, tuple[Effect, ...]]


def begin(arguments: dict[str, Any]) -> VisitState:
    """A place, a pin or a referral may be given by the screen before."""
    site = arguments.get("site")
    return VisitState(
        site=site,
        place_chosen=site is not None,
        referral_id=arguments.get("referral_id"),
        also_ids=arguments.get("also_ids", ()),
    )


def update(state: VisitState, event: Event) -> Result:
    """What happens, and what is to be done about it."""
    match event:
        case Opened():
            return state, (_fix(), *_asked(state))
        case ReferralFound(record=record):
            told = record.referral
            return _suggest(_with(state, referral_place=told.position, referral_name=told.place or told.number)), ()
        case SitesFound(sites=sites):
            return _suggest(_with(state, sites=sites)), ()
        case FixFound(fix=fix):
            return _suggest(_with(state, fix=fix)), ()
        case Ticked():
            return state, (_fix(),)
        case PlacePressed():
            return _with(state, choosing=not state.choosing), ()
        case PlacePicked(site_id=site_id):
            site = next((one for one in state.sites if one.id == site_id), None)
            return _with(state, site=site, place_chosen=True, choosing=False, asking=False), ()
        case BeddingPressed(present=present):
            return _with(state, bedding=None if state.bedding == present else present), ()
        case WordsFound(words=words):
            return _with(state, note=state.note or words.get("note", "")), ()
        case NoteTyped(text=text):
            return _with(state, note=text), ()
        case BackPressed():
            return state, (Back(),)
    return _saving(state, event)


def _saving(state: VisitState, event: Event) -> Result:
    match event:
        case DonePressed() if away_m(state) is not None:
            return _with(state, asking=True), ()
        case DonePressed() | LookedAtReferral():
            return _done(_with(state, asking=False), state.referral_place)
        case LookedHere():
            return _done(_with(state, asking=False), None)
        case Saved(visit_id=visit_id):
            return _saved(state, visit_id)
        case Failed():
            return _with(state, saving=False, failure=event), (Feel(name="refused", speak="speak.refused"),)
    return state, ()


def _with(state: VisitState, **changes: Any) -> VisitState:
    return msgspec.structs.replace(state, **changes)


def _fix() -> Call:
    return ask(lambda phone: phone.where_am_i(), lambda fix: FixFound(fix=fix))


def _asked(state: VisitState) -> tuple[Call, ...]:
    near = ask(lambda phone: phone.sites_near(None, SITES), lambda s: SitesFound(sites=tuple(s)))
    referral_id = state.referral_id
    if referral_id is None:
        return (near,)
    told = ask(lambda phone: phone.referral(referral_id), lambda record: ReferralFound(record=record))
    return near, told


def _suggest(state: VisitState) -> VisitState:
    """The nearest place within reach of a sure fix. A referral's visit is where the referral says, unless the worker says not."""
    if state.place_chosen:
        return state
    if state.referral_place is not None or state.fix is None or not state.fix.is_sure:
        return _with(state, site=None)
    here = state.fix.position
    away = [(near_distance_m(here, site.position), site) for site in state.sites if site.position is not None]
    metres, nearest = min(away, key=lambda one: one[0], default=(None, None))
    return _with(state, site=nearest if metres is not None and metres <= SAME_PLACE_M else None)


def away_m(state: VisitState) -> float | None:
    """How far the worker stands from where the referral says; None while that cannot be told, or is no question."""
    if state.place_chosen or state.referral_place is None or state.fix is None or not state.fix.is_sure:
        return None
    metres = near_distance_m(state.fix.position, state.referral_place)
    return metres if metres > max(SAME_PLACE_M, state.fix.accuracy_m or 0.0) else None


def _done(state: VisitState, place: Position | None) -> Result:
    """`place` is where the referral says; a chosen site goes before it, and without either the phone's own fix counts."""
    if state.saving:
        return state, ()
    if state.visit_id is not None:
        return _saved(state, state.visit_id)
    draft = VisitDraft(
        site_id=state.site.id if state.site else None,
        position=None if state.place_chosen else place,
        referral_id=state.referral_id,
        also_ids=state.also_ids,
        bedding_present=state.bedding,
        note=state.note.strip(),
    )
    save = ask(lambda phone: phone.record_visit(draft), lambda visit_id: Saved(visit_id=visit_id))
    return _with(state, saving=True, failure=None), (save,)


def _saved(state: VisitState, visit_id: Id) -> Result:
    """With the visit its referral heard that somebody looked; its outcome is asked for on its own page."""
    return _with(state, saving=False, visit_id=visit_id), (Feel(name="saved", speak="speak.saved"), Home())
