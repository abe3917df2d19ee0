"""The monthly return of a district: its figures as people, and what was signed of it.

A month is frozen when it is signed: counts, definitions and coverage, no person's id. Signing again adds a version with a
reason; what was signed before stays beside it. So a late record shows as a difference that somebody explains, never as a
past month that changed by itself.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.problems import Invalid
from server.queries.maps.indicators import Coverage, find_coverage, list_exits, list_seen_nights
from server.queries.maps.publications import Release, add_release, find_of_period, set_content
from server.queries.people.brought_in import list_known_since
from shared.model.codes import PublicationKind
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.indicators import (
    PERIODS,
    IndicatorPeriods,
    MonthIndicators,
    first_of_month,
    month_indicators,
    months_later,
)

SHORTEST_REASON = 10
FIGURES = (
    ("seen", "Sleeping rough over the month"),
    ("seen_on_night", "Sleeping rough on the typical night"),
    ("new", "New over the month"),
    ("new_on_night", "New, on the typical night"),
    ("left_institution", "Left an institution in the last 85 days"),
    ("long_term", "Long-term: seen in 3 or more of the last 12 months"),
    ("returning", "Returning after 180 days or more"),
)
"""Each figure that is held, in the order of the sheet."""


class Version(Value, frozen=True, kw_only=True):
    """What was signed once: the counts and by which definitions, and why where it was not the first time."""

    signed_at: datetime
    signed_by: Id
    night: date | None
    settings: IndicatorPeriods
    counts: Mapping[str, int]
    bands: Mapping[str, int]
    coverage: Coverage
    held_since: date | None
    reason: str = ""


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


def find_month(
    session: Session, district_id: Id, month: date, night: date | None = None, settings: IndicatorPeriods | None = None
) -> Month:
    """Count a month. The night and the settings are those given, else those signed last, else the proposed ones."""
    first = first_of_month(month)
    versions = list_versions(session, district_id, first)
    signed = versions[-1] if versions else None
    chosen = settings or (signed.settings if signed else PERIODS)
    typical = night or (signed.night if signed else None)
    nights, exits = list_seen_nights(session, district_id), list_exits(session)
    known = list_known_since(session, district_id)
    earlier = list_versions(session, district_id, months_later(first, -1))
    return Month(
        month=first,
        now=month_indicators(first, nights, exits, chosen, night=typical, known_since=known),
        before=month_indicators(
            months_later(first, -1),
            nights,
            exits,
            chosen,
            night=earlier[-1].night if earlier else None,
            known_since=known,
        ),
        brought_in=len(known),
        coverage=find_coverage(session, district_id, first, _last(first)),
        settings=chosen,
        versions=versions,
    )


def list_versions(session: Session, district_id: Id, month: date) -> tuple[Version, ...]:
    """What was signed of a month, the first first."""
    kept = find_of_period(session, PublicationKind.RETURN, month, _last(month), district_id)
    return () if kept is None else msgspec.json.decode(kept.content, type=tuple[Version, ...])


def sign_month(
    access: Access, district_id: Id, month: date, night: date | None, settings: IndicatorPeriods, reason: str
) -> Version:
    """Freeze a month as it counts now. Raises Invalid before its end, for another month's night, or again without a reason."""
    first, said = first_of_month(month), reason.strip()
    access.require_district(Act.SHARE_TRACKER, district_id, purpose=f"sign the return of {first:%Y-%m}")
    counted = find_month(access.session, district_id, first, night, settings)
    wrong = []
    if access.today <= _last(first):
        wrong.append("The month is not over: sign it from its last day on, when its records are in.")
    if night is not None and first_of_month(night) != first:
        wrong.append("Choose a night of this month.")
    if counted.versions and len(said) < SHORTEST_REASON:
        wrong.append("It was signed before: say in a sentence why it is signed again. Both stay.")
    if wrong:
        raise Invalid(*wrong)
    version = Version(
        signed_at=access.now, signed_by=access.actor.worker_id, night=counted.now.night, settings=settings,
        counts={name: len(getattr(counted.now, name)) for name, _ in FIGURES},
        bands={band: len(people) for band, people in counted.now.nights_in_180_days.items()},
        coverage=counted.coverage, held_since=counted.now.held_since, reason=said[:2000],
    )  # fmt: skip
    content = msgspec.json.encode((*counted.versions, version)).decode()
    kept = find_of_period(access.session, PublicationKind.RETURN, first, _last(first), district_id)
    if kept is not None:
        set_content(access.session, kept.id, content)
        return version
    release = Release(
        id=access.new_id(), kind=PublicationKind.RETURN, area_id=district_id, starts_on=first, ends_on=_last(first),
        prepared_at=access.now, content=content,
    )  # fmt: skip
    add_release(access.session, release)
    return version


def _last(first: date) -> date:
    return months_later(first, 1) - timedelta(days=1)
