"""PROJ's tools belong to the thread that made them: one thread keeps them for all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.places import projection
from server.places.projection import BRITISH_NATIONAL_GRID, project, unproject


def test_every_thread_is_served_by_one_and_gets_its_own_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    made_in: set[int] = set()
    make = projection._to_grid

    def note(crs: str) -> Any:
        made_in.add(threading.get_ident())
        return make(crs)

    monkeypatch.setattr(projection, "_to_grid", note)
    points = [(round(51.60 + number / 100, 2), -0.39) for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        placed = list(threads.map(lambda point: project(BRITISH_NATIONAL_GRID, [point[0]], [point[1]]), points))
    back = [unproject(BRITISH_NATIONAL_GRID, *metres) for metres in placed]
    assert [(round(float(lat[0]), 6), round(float(lon[0]), 6)) for lat, lon in back] == points
    assert len(made_in) == 1
    assert threading.get_ident() not in made_in


def test_what_a_tool_refuses_is_raised_where_it_was_asked() -> None:
    with pytest.raises(projection.UnusableProjection):
        project("EPSG:4326", [51.6], [-0.39])
