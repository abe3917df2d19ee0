"""Where it was: a place from a sure fix or the worker's word, a pin, and that the two never disagree. Pure."""

from typing import Any

from msgspec import structs

from mobile.field.views import SiteCard, SiteDraft
from mobile.program.effects import Call, Effect, Event, Feel, ask
from mobile.screens.contact.details import Result, changed
from mobile.screens.contact.values import (
    ContactScreenState,
    FixFound,
    NewPlacePressed,
    PeopleFound,
    PinPressed,
    PinPut,
    PlaceAdded,
    PlaceGiven,
    PlaceKindPicked,
    PlacePicked,
    PlaceTyped,
    RecordRead,
    SitesFound,
    Step,
)
from shared.geo.distance import near_distance_m
from shared.model.codes import PinSource, SiteKind
from shared.model.position import Position
from shared.model.value import Id

TILES = 6
SITES = 12
SAME_PLACE_M = 60


def update_place(state: ContactScreenState, event: Event) -> Result | None:
    """Which place it was. None for what does not happen here."""
    match event:
        case PlacePicked():
            return place_picked(state, event)
        case NewPlacePressed():
            return changed(state, step=Step.NEW_PLACE), ()
        case PinPressed():
            return changed(state, step=Step.PIN), ()
    return None


def update_new_place(state: ContactScreenState, event: Event) -> Result | None:
    """A place that has no name yet."""
    match event:
        case PlaceTyped():
            return place_typed(state, event)
        case PlaceKindPicked():
            return place_kind_picked(state, event)
        case PlaceGiven():
            return place_given(state)
    return None


def update_pin(state: ContactScreenState, event: Event) -> Result | None:
    """A point on the map."""
    return pin_put(state, event) if isinstance(event, PinPut) else None


def ask_near(state: ContactScreenState) -> tuple[Call, Call]:
    people = ask(lambda phone: phone.people_near(state.pin, TILES), lambda found: PeopleFound(people=tuple(found)))
    return people, ask_sites(state)


def ask_sites(state: ContactScreenState) -> Call:
    return ask(lambda phone: phone.sites_near(state.pin, SITES), lambda found: SitesFound(sites=tuple(found)))


def read_contact(contact_id: Id) -> Call:
    return ask(lambda phone: phone.contact(contact_id), lambda record: RecordRead(record=record))


def sites_found(state: ContactScreenState, event: SitesFound) -> Result:
    state = changed(state, sites=event.sites)
    return with_site(state) if state.reopened else _suggest_place(state), ()


def _suggest_place(state: ContactScreenState) -> ContactScreenState:
    """The nearest place within reach of a sure fix, unless the worker said otherwise; without such a fix the worker is asked."""
    if state.place_chosen or state.is_saved:
        return state
    here = state.fix.position if state.fix is not None and state.fix.is_sure else None
    nearest = _nearest(state.sites, here)
    return changed(state, site=nearest, site_id=nearest.id if nearest else None)


def _nearest(sites: tuple[SiteCard, ...], here: Position | None) -> SiteCard | None:
    """The place that this is, if one of these lies so near."""
    if here is None:
        return None
    away = [(near_distance_m(here, site.position), site) for site in sites if site.position is not None]
    metres, nearest = min(away, key=lambda one: one[0], default=(None, None))
    return nearest if metres is not None and metres <= SAME_PLACE_M else None


def fix_found(state: ContactScreenState, event: FixFound) -> Result:
    """A fix may suggest the place; once saved, the service may have put pin and place right by a better one."""
    became_sure = event.fix is not None and event.fix.is_sure and not (state.fix is not None and state.fix.is_sure)
    state = _suggest_place(changed(state, fix=event.fix))
    if not became_sure or state.reopened:
        return state, ()
    if state.contact_id is not None:
        return state, (read_contact(state.contact_id),)
    # The lists were made while nobody knew where this is. Tiles that are shown stay: they must not slide under a thumb.
    return state, (ask_sites(state),) if state.near else ask_near(state)


def as_mended(state: ContactScreenState, site_id: Id | None) -> ContactScreenState:
    """A better fix may have put another place than the one that was suggested."""
    if state.place_chosen or state.site_id == site_id:
        return state
    return changed(state, site_id=site_id, site=next((one for one in state.sites if one.id == site_id), None))


def with_site(state: ContactScreenState) -> ContactScreenState:
    """The place of a contact that is being corrected, once the places are known."""
    if state.site is not None or state.site_id is None:
        return state
    return changed(state, site=next((site for site in state.sites if site.id == state.site_id), None))


def place_picked(state: ContactScreenState, event: PlacePicked) -> Result:
    site = next((one for one in state.sites if one.id == event.site_id), None)
    pin = state.pin if site is None or _is_at(site, state.pin) else None
    state = changed(state, site=site, site_id=site.id if site else None, pin=pin, place_chosen=True, step=Step.STATE)
    return state, refine_now(state, {"site_id": state.site_id})


def place_typed(state: ContactScreenState, event: PlaceTyped) -> Result:
    """Letter by letter."""
    return changed(state, new_place=structs.replace(state.new_place, **{event.field: event.text})), ()


def place_kind_picked(state: ContactScreenState, event: PlaceKindPicked) -> Result:
    """Pressed again, not said."""
    kind = SiteKind.UNKNOWN if state.new_place.kind == event.kind else event.kind
    return changed(state, new_place=structs.replace(state.new_place, kind=kind)), ()


def place_given(state: ContactScreenState) -> Result:
    """A name, a kind or a way to it: something by which it is found again. It lies where the pin is."""
    said = state.new_place
    draft = SiteDraft(
        name=said.name.strip(),
        kind=said.kind,
        access_notes=said.access_notes.strip(),
        hazards=said.hazards.strip(),
        position=state.pin,
    )
    if state.saving:
        return state, ()
    if not draft.name and draft.kind == SiteKind.UNKNOWN:
        return state, (Feel(name="refused"),)
    add = ask(lambda phone: phone.add_site(draft), lambda site: PlaceAdded(site=site))
    return changed(state, saving=True, failure=None), (add,)


def place_added(state: ContactScreenState, event: PlaceAdded) -> Result:
    """The contact was there."""
    site = event.site
    card = SiteCard(id=site.id, name=site.name, kind=site.kind, position=site.position, has_hazards=bool(site.hazards))
    state = changed(state, sites=(card, *state.sites), new_place=SiteDraft(), saving=False)
    return place_picked(state, PlacePicked(site_id=site.id))


def _is_at(site: SiteCard, pin: Position | None) -> bool:
    if pin is None or site.position is None:
        return True
    return near_distance_m(pin, site.position) <= SAME_PLACE_M


def pin_put(state: ContactScreenState, event: PinPut) -> Result:
    """The worker's pin; the guess it was moved from stays in the record."""
    guess = state.guess if state.reopened else state.fix.position if state.fix else None
    pin = Position(
        latitude=event.latitude,
        longitude=event.longitude,
        source=PinSource.MOVED_BY_WORKER if guess else PinSource.MAP_TAP,
        accuracy_m=guess.accuracy_m if guess else None,
        moved_from=(guess.latitude, guess.longitude) if guess else None,
    )
    site = state.site if state.site is not None and _is_at(state.site, pin) else None
    state = changed(state, pin=pin, site=site, site_id=site.id if site else None, place_chosen=True, step=Step.STATE)
    return state, refine_now(state, {"position": pin})


def refine_now(state: ContactScreenState, fields: dict[str, Any]) -> tuple[Effect, ...]:
    contact_id = state.contact_id
    if contact_id is None:
        return ()
    return (ask(lambda phone: phone.refine_contact(contact_id, fields)), Feel(name="saved"))
