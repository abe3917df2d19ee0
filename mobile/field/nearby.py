"""Who and what is near: tiles, search, places, tonight's walk, the map, and who somebody new might be. Reads only."""

from collections.abc import Sequence
from datetime import timedelta

from mobile.field import cards
from mobile.field.journal import Journal
from mobile.field.planned_stops import in_planned_order
from mobile.field.views import (
    LikelyDuplicate,
    MapItem,
    PersonCard,
    PersonDraft,
    SiteCard,
    TonightItem,
    TonightKind,
)
from mobile.opening.context import Context
from mobile.store import map_points, people, referrals, shifts, sites
from mobile.store.database import Connection
from mobile.store.people import PersonRow
from mobile.store.referrals import ReferralRow
from mobile.store.rows import from_ms_or_none, to_ms
from shared.geo.night import outreach_night
from shared.model.codes import PinSource
from shared.model.person import Person
from shared.model.position import Position
from shared.model.shift import PlannedStop
from shared.model.site import Site
from shared.model.value import Id
from shared.rules.address_hint import PROMPT, find_hints
from shared.rules.evidence import Sighting
from shared.rules.same_person import Index
from shared.rules.walking_order import (
    FOLLOW_UP_DAYS,
    FOLLOW_UPS_MIN,
    STOPS_MAX,
    OrderedStop,
    Stop,
    StopKind,
    walking_order,
)

COMPARED_MAX = 250
"""How many people a new description is compared with: those whose words it shares most, and beside them those near."""

SAME_PLACE_M = 60.0
"""A place further off than this is another place."""

SUGGESTED_MAX = 5
"""More than a worker would read in the rain."""


class Nearby:
    """Everything that depends on where the worker stands."""

    def __init__(self, context: Context, journal: Journal) -> None:
        self._context, self._journal = context, journal

    # --- people and places

    def people_near(self, position: Position | None, limit: int) -> list[PersonCard]:
        """People last seen near a place, or most lately seen where no place is known."""
        here = position or self.here()
        with self._context.store.reading() as connection:
            if here is None:
                rows = people.list_recent(connection, limit, living_only=True)
            else:
                tonight = outreach_night(self._context.clock.now()).isoformat()
                rows = people.list_near(connection, here.latitude, here.longitude, limit, tonight)
                rows += self._not_placed(connection, rows, limit)
            return self._cards(connection, rows, here)

    def _not_placed(self, connection: Connection, placed: list[PersonRow], limit: int) -> list[PersonRow]:
        """People whose place nobody told, to fill the tiles that are left."""
        known = {row.id for row in placed}
        recent = people.list_recent(connection, limit, living_only=True) if len(placed) < limit else []
        return [row for row in recent if row.id not in known][: limit - len(placed)]

    def search_people(self, text: str, limit: int) -> list[PersonCard]:
        """People whose words begin with every word of `text`."""
        with self._context.store.reading() as connection:
            return self._cards(connection, people.search(connection, text, limit), self.here())

    def sites_near(self, position: Position | None, limit: int) -> list[SiteCard]:
        """Places by distance."""
        here = position or self.here()
        with self._context.store.reading() as connection:
            if here is None:
                rows = sites.list_recent(connection, limit)
            else:
                rows = sites.list_near(connection, here.latitude, here.longitude, limit)
        return [cards.site_card(row, here) for row in rows]

    def site_at(self, position: Position) -> Site | None:
        """The place that this is, if one lies so near."""
        with self._context.store.reading() as connection:
            rows = sites.list_near(connection, position.latitude, position.longitude, 1)
        near = rows and rows[0].distance_m is not None and rows[0].distance_m <= SAME_PLACE_M
        return rows[0].site if near else None

    def map_items(self, south: float, west: float, north: float, east: float, limit: int) -> list[MapItem]:
        """What the map draws inside a box of degrees."""
        with self._context.store.reading() as connection:
            points = map_points.list_points(connection, (south, west, north, east), limit)
        return [
            MapItem(kind=p.kind, id=p.id, latitude=p.latitude, longitude=p.longitude, title=p.title) for p in points
        ]

    def _cards(self, connection: Connection, rows: list[PersonRow], here: Position | None) -> list[PersonCard]:
        unsent = self._journal.unsent_ids(connection)
        places = place_names(connection, rows)
        return [cards.person_card(row, places.get(row.last_site_id or "", ""), here, unsent) for row in rows]

    def here(self) -> Position | None:
        """Where the worker stands, as far as the phone knows."""
        fix = self._context.whereabouts.last()
        if fix is None:
            return None
        return Position(latitude=fix.latitude, longitude=fix.longitude, source=PinSource.GPS, accuracy_m=fix.accuracy_m)

    # --- tonight

    def tonight(self, planned: Sequence[PlannedStop] = ()) -> list[TonightItem]:
        """What was planned in its order, then the other referrals and follow-ups in walking order."""
        now, here = self._context.clock.now(), self.here()
        today = outreach_night(now)
        with self._context.store.reading() as connection:
            open_referrals = {row.referral.id: row for row in referrals.list_open(connection, STOPS_MAX)}
            open_referrals |= self._planned_referrals(connection, planned)
            since_ms = to_ms(now - timedelta(days=FOLLOW_UP_DAYS))
            left = max(STOPS_MAX - len(open_referrals), FOLLOW_UPS_MIN)
            seen = {row.id: row for row in people.list_followed_up(connection, since_ms, left, today.isoformat())}
            places = place_names(connection, list(seen.values()))
            next_steps = people.next_steps(connection, tuple(seen))
            looked_at = shifts.list_looked_at(connection, today) if planned else []
        stops = [_referral_stop(row) for row in open_referrals.values()]
        stops += [_follow_up_stop(row, places.get(row.last_site_id or "", ""), next_steps) for row in seen.values()]
        items = [
            self._referral_item(stop, open_referrals[stop.stop.id], today.isoformat())
            if stop.stop.kind is StopKind.REFERRAL
            else _follow_up_item(stop, seen[stop.stop.id], places, next_steps)
            for stop in walking_order(stops, here, now)
        ]
        return in_planned_order(items, planned, here, looked_at)

    def _referral_item(self, stop: OrderedStop, row: ReferralRow, today: str) -> TonightItem:
        referral = row.referral
        return TonightItem(
            kind=TonightKind.REFERRAL,
            id=referral.id,
            title=referral.place or referral.description[:80] or f"Referral {referral.number}",
            reason=stop.reason,
            position=referral.position,
            distance_m=stop.from_here_m,
            leg_m=stop.leg_m,
            reported_at=referral.reported_at,
            due_on=referral.due_on,
            is_overdue=referral.due_on.isoformat() < today,
            state=referral.state,
            given_to=self._context.name_of(referral.assigned_worker_id) if referral.assigned_worker_id else "",
        )

    @staticmethod
    def _planned_referrals(connection: Connection, planned: Sequence[PlannedStop]) -> dict[Id, ReferralRow]:
        """The planned ones that nobody has closed, however many are due before them."""
        ids = [stop.referral_id for stop in planned if stop.referral_id is not None]
        rows = [row for each in ids if (row := referrals.find_referral(connection, each)) is not None]
        return {row.referral.id: row for row in rows if row.referral.state in referrals.STILL_OPEN}

    # --- someone new

    def possible_duplicates(self, draft: PersonDraft, position: Position | None) -> list[LikelyDuplicate]:
        """Who this might already be: by name, by telling words, by place and time."""
        here = position or self.here()
        new = Sighting(person=_drafted(draft), seen_at=self._context.clock.now(), position=here)
        with self._context.store.reading() as connection:
            rows = {row.id: row for row in self._compared(connection, draft, here) if row.person.died_on is None}
            known = Index((_sighting(row) for row in rows.values()), total=people.count_people(connection))
            found = known.find(new, SUGGESTED_MAX)
            by_id = {card.id: card for card in self._cards(connection, [rows[f.person_id] for f in found], here)}
        return [LikelyDuplicate(person=by_id[one.person_id], score=one.bits, reasons=one.reasons) for one in found]

    def _compared(self, connection: Connection, draft: PersonDraft, here: Position | None) -> list[PersonRow]:
        rows = people.search_any(connection, f"{draft.name} {draft.alias} {draft.description}", COMPARED_MAX)
        rows += people.list_sounding_like(connection, f"{draft.name} {draft.alias}", COMPARED_MAX)
        if here is not None:
            rows += people.list_near(connection, here.latitude, here.longitude, 50)
        return rows

    def note_prompt(self, text: str) -> str | None:
        """A question to ask when a note seems to hold an address or a number (rule A12)."""
        return PROMPT if find_hints(text) else None


def place_names(connection: Connection, rows: list[PersonRow]) -> dict[Id, str]:
    """The names of the sites where these people were last seen."""
    return place_names_of(connection, {row.last_site_id for row in rows if row.last_site_id is not None})


def place_names_of(connection: Connection, site_ids: set[Id]) -> dict[Id, str]:
    """The names of these sites."""
    return sites.list_names(connection, tuple(sorted(site_ids)))


def _referral_stop(row: ReferralRow) -> Stop:
    referral = row.referral
    return Stop(
        id=referral.id,
        kind=StopKind.REFERRAL,
        position=referral.position,
        about=(referral.description or referral.place or referral.concerns)[:160],
        since=referral.reported_at,
        due_on=referral.due_on,
    )


def _follow_up_stop(row: PersonRow, place: str, next_steps: dict[Id, str]) -> Stop:
    where = f"{row.known_as}, {place}" if place else row.known_as
    step = next_steps.get(row.id, "")
    return Stop(
        id=row.id,
        kind=StopKind.FOLLOW_UP,
        position=cards.position_of(row.place),
        about=f"{where}. {step}" if step else where,
        since=from_ms_or_none(row.last_seen_at),
    )


def _follow_up_item(stop: OrderedStop, row: PersonRow, places: dict[Id, str], next_steps: dict[Id, str]) -> TonightItem:
    return TonightItem(
        kind=TonightKind.FOLLOW_UP,
        id=row.id,
        title=row.known_as,
        reason=stop.reason,
        place=places.get(row.last_site_id or "", ""),
        about=next_steps.get(row.id, ""),
        position=stop.stop.position,
        distance_m=stop.from_here_m,
        leg_m=stop.leg_m,
        last_seen_at=from_ms_or_none(row.last_seen_at),
        person_id=row.id,
        site_id=row.last_site_id,
    )


def _drafted(draft: PersonDraft) -> Person:
    return Person(
        id="",
        name=draft.name,
        alias=draft.alias,
        description=draft.description,
        approximate_age_years=draft.approximate_age_years,
        gender=draft.gender,
    )


def _sighting(row: PersonRow) -> Sighting:
    return Sighting(
        person=row.person,
        seen_at=from_ms_or_none(row.last_seen_at),
        position=cards.position_of(row.place),
        site_id=row.last_site_id,
    )
