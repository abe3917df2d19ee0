"""An invented town for the map: an outline, streets, names and cells about the place where the tests play. No real street."""

from itertools import pairwise
from math import cos, pi, sin
from random import Random

from mobile.ports import MapCell, MapPlace, MapSketch, MapWay

METRE_NORTH = 1 / 111_320
METRE_EAST = 1 / 69_000
HERE = (51.6640, -0.3965)


def point(north_m: float, east_m: float) -> tuple[float, float]:
    """A point so many metres from the middle of the town."""
    return HERE[0] + north_m * METRE_NORTH, HERE[1] + east_m * METRE_EAST


def town(cells: int = 40, seed: int = 7) -> MapSketch:
    """The town, with so many hotspot cells of 125 m."""
    random = Random(seed)
    outline = tuple(
        point(2_400 * sin(a) * (1 + 0.12 * sin(3 * a)), 2_100 * cos(a) * (1 + 0.1 * cos(5 * a)))
        for a in (2 * pi * step / 72 for step in range(73))
    )
    return MapSketch(
        outlines=(outline,),
        ways=(
            *(_way(1 if number % 6 else 0, _street(random)) for number in range(70)),
            _way(3, tuple(point(-1_900 + 40 * step, 300 - 14 * step) for step in range(96))),
            _way(4, tuple(point(700 + 90 * sin(step / 5), -1_800 + 60 * step) for step in range(60))),
        ),
        places=(
            MapPlace(name="Watford Junction", latitude=point(0, 150)[0], longitude=point(0, 150)[1]),
            MapPlace(name="Town Hall", latitude=point(-620, -340)[0], longitude=point(-620, -340)[1], rank=1),
            MapPlace(name="Cassiobury Park", latitude=point(-300, -900)[0], longitude=point(-300, -900)[1], rank=1),
            MapPlace(name="Canal bridge", latitude=point(640, 420)[0], longitude=point(640, 420)[1], rank=2),
            MapPlace(name="Market Street", latitude=point(-80, -60)[0], longitude=point(-80, -60)[1], rank=3),
            MapPlace(name="Bus station", latitude=point(-210, 260)[0], longitude=point(-210, 260)[1], rank=2),
        ),
        cells=tuple(_cell(random, index, cells) for index in range(cells)),
    )


def _way(kind: int, line: tuple[tuple[float, float], ...]) -> MapWay:
    whole = [(round(latitude * 1e5), round(longitude * 1e5)) for latitude, longitude in line]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise([(0, 0), *whole])]
    return MapWay(kind=kind, points=tuple(number for step in steps for number in step))


def _street(random: Random) -> tuple[tuple[float, float], ...]:
    north, east = random.uniform(-1_800, 1_800), random.uniform(-1_700, 1_700)
    angle = random.choice((0.2, 0.2 + pi / 2)) + random.gauss(0, 0.12)
    length = random.uniform(250, 1_300)
    bends = []
    for step in range(6):
        part = length * (step / 5 - 0.5)
        bends.append(
            point(north + part * sin(angle) + random.gauss(0, 18), east + part * cos(angle) + random.gauss(0, 18))
        )
    return tuple(bends)


def _cell(random: Random, index: int, count: int) -> MapCell:
    side = max(1, round(count**0.5))
    if count > 200:
        row, column = index // side - side // 2, index % side - side // 2
    else:
        row, column = random.randint(-8, 8), random.randint(-8, 8)
    south, west = row * 125.0, column * 125.0
    corners = tuple(point(south + n, west + e) for n, e in ((0, 0), (0, 125), (125, 125), (125, 0)))
    return MapCell(corners=corners, strength=random.randint(0, 4))
