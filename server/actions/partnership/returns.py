"""The monthly return of a district: its figures as people, and what was signed of it.

A month is frozen when it is signed: counts, definitions and coverage, no person's id. Signing again adds a version with a
reason; what was signed before stays beside it. So a late record shows as a difference that somebody explains, never as a
past month that changed by itself.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import msgspec
from sqlalchemy.orm import Session

from server.access import Access, day_of
from server.database.locks import lock_records
from server.hotspots.former_ground import (
    count_ground_strangers,
    find_ground_coverage,
    find_stays_since,
    list_ground_known_since,
    list_ground_moves,
    list_ground_nights,
)
from server.problems import Invalid, uncut
from server.queries.maps.indicators import Coverage, list_exits
from server.queries.maps.publications import Release, add_release, find_of_period, set_content
from server.queries.partnership.boundary_changes import list_divided, list_lineage
from server.queries.people import people
from shared.model.codes import PublicationKind
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.chain import chain_classes
from shared.rules.indicators import (
    PERIODS,
    IndicatorPeriods,
    InstitutionExit,
    MonthIndicators,
    MovedIn,
    SeenNight,
    first_of_month,
    month_indicators,
    months_later,
)
from shared.rules.presentations import age_on
from shared.rules.return_changes import Known

SHORTEST_REASON, LONGEST_REASON = 10, 2_000
SHOWN_ANEW = "These figures are not those that you saw: the night, a definition or a record has changed. Look at them, then sign."
UNDER = 25
"""Those under 25 are told apart."""


class Figure(NamedTuple):
    """One figure of the sheet: its name in `MonthIndicators`, its code in the national framework, and what it says."""

    name: str
    code: str
    label: str


FIGURES = (
    Figure("seen", "R1", "Sleeping rough over the month"),
    Figure("seen_on_night", "R1", "Sleeping rough on the typical night"),
    Figure("new", "P1", "New over the month"),
    Figure("new_on_night", "P1", "New, on the typical night"),
    Figure("left_institution", "P2", "Left an institution in the last 85 days"),
    Figure("long_term", "B1", "Long-term: seen in 3 or more of the last 12 months"),
    Figure("returning", "NR1", "Returning after 180 days or more"),
    Figure("accommodated", "2024", "Moved into accommodation in the month"),
    Figure("returned_from_settled", "2024", "Returning, from a settled home in the 12 months before"),
)
"""Each figure in the order of the sheet. The last two, and the nights in 180 days, came in June 2024."""
BY_STAYS = frozenset({"accommodated", "returned_from_settled"})
"""Not held while a district has never recorded a stay: never told as 0."""


class Version(Value, frozen=True, kw_only=True):
    """What was signed once: the counts and by which definitions, and why where it was not the first time.

    A count that was not held is not in `counts`. `parts` are those sleeping rough over the month by gender and age;
    `chain` the classes of the 12 months that end with this one; `population` is of the area, for rates.
    """

    signed_at: datetime
    signed_by: Id
    night: date | None
    settings: IndicatorPeriods
    counts: Mapping[str, int]
    bands: Mapping[str, int]
    coverage: Coverage
    held_since: date | None
    reason: str = ""
    parts: Mapping[str, int] = {}
    chain: Mapping[str, int] = {}
    population: int | None = None
    stays_since: date | None = None


class Month(Value, frozen=True, kw_only=True):
    """A month as it counts now, the month before it by the same rules, and every version that was signed, the first first."""

    month: date
    now: MonthIndicators
    before: MonthIndicators
    coverage: Coverage
    settings: IndicatorPeriods
    versions: tuple[Version, ...]
    brought_in: int = 0
    """How many people are known since a day that was brought in: they are not new."""
    parts: Mapping[str, int] = {}
    chain: Mapping[str, int] = {}
    known: Mapping[Id, Known] = {}
    """What explains each person in a figure of either month."""
    stays_since: date | None = None
    """Since when the district records stays."""
    strangers_before: int = 0
    """How many people nobody knew on the typical night of the month before."""

    def is_held(self, name: str) -> bool:
        """May a figure be told, or is what it counts not recorded here?"""
        return name not in BY_STAYS or self.stays_since is not None

    def count(self, name: str) -> int:
        """How many people a figure tells: on the night, those whom nobody knew too where the definition says so."""
        return len(getattr(self.now, name)) + (self.coverage.on_night if self._has_strangers(name) else 0)

    def count_before(self, name: str) -> int:
        """The same of the month before, by the same definitions."""
        return len(getattr(self.before, name)) + (self.strangers_before if self._has_strangers(name) else 0)

    def _has_strangers(self, name: str) -> bool:
        return self.settings.night_with_unidentified and name == "seen_on_night"


def find_month(
    session: Session, district_id: Id, month: date, night: date | None = None, settings: IndicatorPeriods | None = None
) -> Month:
    """Count a month. The night and the settings are those given, else those signed last, else the proposed ones."""
    first = first_of_month(month)
    versions = list_versions(session, district_id, first)
    signed = versions[-1] if versions else None
    chosen = settings or (signed.settings if signed else PERIODS)
    typical = night or (signed.night if signed else None)
    nights, exits, moves = (
        list_ground_nights(session, district_id),
        list_exits(session),
        list_ground_moves(session, district_id),
    )
    known_since = list_ground_known_since(session, district_id)
    recorded = find_stays_since(session, district_id)

    def count(of: date, on: date | None) -> MonthIndicators:
        return month_indicators(of, nights, exits, chosen, moves=moves, night=on, known_since=known_since)

    now = count(first, typical)
    before = count(months_later(first, -1), _find_signed_night(session, district_id, months_later(first, -1)))
    named = {person for each in (now, before) for figure in FIGURES for person in getattr(each, figure.name)}
    return Month(
        month=first,
        now=now,
        before=before,
        brought_in=len(known_since),
        coverage=find_ground_coverage(session, district_id, first, _last(first), now.night),
        settings=chosen,
        versions=versions,
        parts=_count_parts(session, now.seen, _last(first)),
        chain={kind.value: len(people) for kind, people in chain_classes(nights, first, known_since).items()},
        known=_what_is_known(named, nights, moves, exits, _last(first)),
        stays_since=day_of(recorded) if recorded else None,
        strangers_before=count_ground_strangers(session, district_id, before.night),
    )


def _find_signed_night(session: Session, district_id: Id, month: date) -> date | None:
    """The typical night that a month was signed with last, else under the name that this ground had then; none where several
    districts became this one and were signed with several."""
    nights = []
    lineage = list_lineage(session, district_id)  # itself first
    for each in (*lineage, *sorted(list_divided(session, lineage))):
        if versions := list_versions(session, each, month):
            if each == district_id:
                return versions[-1].night
            nights.append(versions[-1].night)
    return nights[0] if len(set(nights)) == 1 else None


def _what_is_known(
    named: Collection[Id],
    nights: Iterable[SeenNight],
    moves: Iterable[MovedIn],
    exits: Iterable[InstitutionExit],
    until: date,
) -> dict[Id, Known]:
    days: dict[str, dict[Id, list[date]]] = {
        kind: {person: [] for person in named} for kind in ("met", "moved", "left")
    }
    told = (
        *(("met", each.person_id, each.night) for each in nights),
        *(("moved", each.person_id, each.moved_in_on) for each in moves),
        *(("left", each.person_id, each.left_on) for each in exits),
    )
    for kind, person, day in told:
        if person in days[kind] and day is not None and day <= until:
            days[kind][person].append(day)
    return {
        person: Known(
            nights=sorted(days["met"][person]), moved_in_on=days["moved"][person], left_on=days["left"][person]
        )
        for person in named
    }


def _count_parts(session: Session, seen: Collection[Id], on: date) -> dict[str, int]:
    """Those who were met by gender, and those under 25: as their records say, or an age that somebody guessed."""
    parts: dict[str, int] = {}
    for each in people.list_as_one(session, seen):
        told = each.gender.value.replace("_", " ")
        parts[told] = parts.get(told, 0) + 1
        years = each.approximate_age_years if each.date_of_birth is None else age_on(each.date_of_birth, on)
        under = "age not known" if years is None else f"under {UNDER}" if years < UNDER else f"{UNDER} and over"
        parts[under] = parts.get(under, 0) + 1
    return dict(sorted(parts.items()))


def list_versions(session: Session, district_id: Id, month: date) -> tuple[Version, ...]:
    """What was signed of a month, the first first."""
    kept = find_of_period(session, PublicationKind.RETURN, month, _last(month), district_id)
    return () if kept is None else msgspec.json.decode(kept.content, type=tuple[Version, ...])


def name_figures(counted: Month) -> str:
    """A name for all that would be signed of a month, and how often it was: another one, where any number or definition is."""
    told = _make_version(counted)
    return sha256(msgspec.json.encode((told, len(counted.versions)))).hexdigest()[:16]


def sign_month(
    access: Access,
    district_id: Id,
    month: date,
    night: date | None,
    settings: IndicatorPeriods,
    reason: str,
    population: int | None = None,
    *,
    seen: str,
) -> Version:
    """Freeze a month as it counts now. `seen` names the figures that were looked at (`name_figures`).

    Raises Invalid before its end, for another month's night, again without a reason, and where others were seen.
    """
    first, said = first_of_month(month), reason.strip()
    access.require_district(Act.SHARE_TRACKER, district_id, purpose=f"sign the return of {first:%Y-%m}")
    lock_records(access.session, [district_id])  # two who sign at once do so one after the other, and both are kept
    counted = find_month(access.session, district_id, first, night, settings)
    wrong = []
    if access.tonight <= _last(first):
        wrong.append("The month is not over: sign it once its last night is, when its records are in.")
    if night is not None and first_of_month(night) != first:
        wrong.append("Choose a night of this month.")
    if night is None and counted.now.night is not None:
        wrong.append("No night was chosen: the proposed one is filled in. Look at it, then sign.")
    if population is not None and population < 1:
        wrong.append("Give how many people live in the area, as a whole number.")
    if counted.versions and len(said) < SHORTEST_REASON:
        wrong.append("It was signed before: say in a sentence why it is signed again. Both stay.")
    if not wrong and seen != name_figures(counted):
        wrong.append(SHOWN_ANEW)
    if wrong:
        raise Invalid(*wrong)
    version = msgspec.structs.replace(
        _make_version(counted), signed_at=access.now, signed_by=access.actor.worker_id, population=population,
        reason=uncut(said, LONGEST_REASON),
    )  # fmt: skip
    _keep(access, district_id, first, (*counted.versions, version))
    return version


def _make_version(counted: Month) -> Version:
    """What there is to sign, by nobody yet."""
    return Version(
        signed_at=datetime.min.replace(tzinfo=UTC), signed_by="", night=counted.now.night, settings=counted.settings,
        counts={each.name: counted.count(each.name) for each in FIGURES if counted.is_held(each.name)},
        bands={band: len(those) for band, those in counted.now.nights_in_180_days.items()},
        coverage=counted.coverage, held_since=counted.now.held_since, parts=counted.parts,
        chain=counted.chain, stays_since=counted.stays_since,
    )  # fmt: skip


def _keep(access: Access, district_id: Id, first: date, versions: tuple[Version, ...]) -> None:
    content = msgspec.json.encode(versions).decode()
    kept = find_of_period(access.session, PublicationKind.RETURN, first, _last(first), district_id)
    if kept is not None:
        set_content(access.session, kept.id, content)
        return
    release = Release(
        id=access.new_id(), kind=PublicationKind.RETURN, area_id=district_id, starts_on=first, ends_on=_last(first),
        prepared_at=access.now, content=content,
    )  # fmt: skip
    add_release(access.session, release)


def _last(first: date) -> date:
    return months_later(first, 1) - timedelta(days=1)
