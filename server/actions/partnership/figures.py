"""The figures of each quarter that is told: frozen with its map, or brought in for the years before a partnership came here."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy.orm import Session

from server.hotspots.figures import QuarterFigures
from server.hotspots.periods import Period
from server.queries.maps.hotspots import list_publications
from server.queries.maps.publications import Release, add_release, find_of_period, list_releases
from shared.model.codes import PublicationKind
from shared.model.value import Id, Value

BARE = "{}"
"""The content of a map from before figures stood beside it."""


class ToldQuarter(Value, frozen=True, kw_only=True):
    """One quarter; `first` and `last` are its days, both included."""

    id: Id
    first: date
    last: date
    figures: QuarterFigures

    @property
    def name(self) -> str:
        """Its short name: "2026 Q3", of calendar years."""
        return f"{self.first.year} Q{(self.first.month + 2) // 3}"


def list_told_quarters(session: Session) -> list[ToldQuarter]:
    """Those that two organisations have approved and none has withdrawn, the oldest first."""
    maps = {each.id: each for each in list_publications(session)}
    told = []
    for each in list_releases(session, PublicationKind.MAP):
        if not each.is_shown:
            continue
        figures = read_figures(each)
        if figures is None and each.id in maps:
            figures = QuarterFigures(people=maps[each.id].people_shown, looks=maps[each.id].visits)
        if figures is not None:
            told.append(ToldQuarter(id=each.id, first=each.starts_on, last=each.ends_on, figures=figures))
    return sorted(told, key=lambda quarter: quarter.first)


def read_figures(release: Release) -> QuarterFigures | None:
    """What was frozen beside a map; None for one that was made before figures were."""
    return None if release.content == BARE else msgspec.json.decode(release.content, type=QuarterFigures)


def bring_in_quarters(
    session: Session, quarters: Sequence[tuple[Period, QuarterFigures]], now: datetime, new_id: Callable[[], Id]
) -> int:
    """Keep figures that were published elsewhere before this database was: told as brought in, and never counted anew.

    A quarter that is told already stays as it is. Returns how many are new.
    """
    added = 0
    for period, figures in quarters:
        if find_of_period(session, PublicationKind.MAP, *period) is None:
            brought = msgspec.structs.replace(figures, brought_in=True)
            release = Release(
                id=new_id(), kind=PublicationKind.MAP, starts_on=period.first, ends_on=period.last, prepared_at=now,
                content=msgspec.json.encode(brought).decode(), founding=True,
            )  # fmt: skip
            add_release(session, release)
            added += 1
    return added
