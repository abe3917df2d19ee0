"""One grid for everything: a quad-tree on a projected metric grid. Whole numbers only; projecting a point is not
done here.

A leaf is 125 m wide. A cell id interleaves the bits of its column and row (a Morton code) behind a leading 1, so
that the id
alone tells the level, two cells never share an id, and the parent of a cell is its id shifted right by two bits: in
Python,
in numpy int64, and in plain SQL (`cell >> 2`) alike. A square always lies wholly inside its parent, which H3's
hexagons do
not: coarse counts are exact sums of fine ones, and nobody slips between two zoom levels.

Columns and rows count from an offset far to the south-west, so that any projected CRS fits, negative coordinates
too. Ids
fit a signed 64-bit integer. Level 0 is the leaf; each level above doubles the width (level 1: 250 m, level 3: 1 km).
"""

from math import floor

LEAF_M = 125
BITS = 29
OFFSET = 1 << (BITS - 1)
"""The column (and row) of the point 0, 0. It is a power of two, so that 0, 0 is a corner of cells of every level but
the top."""
LEAF_MARK = 1 << (2 * BITS)
TOP_LEVEL = BITS

Cell = int


def cell_of(easting_m: float, northing_m: float, level: int = 0) -> Cell:
    """The cell of a level that holds a point given in metres of the projected grid.

    A cell owns its south and west edges. Raises ValueError for a point that is not finite or farther than 33 million
    km.
    """
    return parent(LEAF_MARK | _interleave(_index(easting_m), _index(northing_m)), level)


def level(cell: Cell) -> int:
    """How many times the leaf was doubled: 0 is 125 m wide. Raises ValueError for a number that is no cell."""
    mark = cell.bit_length() - 1
    if cell <= 0 or mark % 2 or mark > 2 * BITS:
        raise ValueError(f"{cell} is not a grid cell.")
    return BITS - mark // 2


def parent(cell: Cell, levels: int = 1) -> Cell:
    """The cell that holds this one, `levels` doublings up. Raises ValueError above the top."""
    if not 0 <= levels <= TOP_LEVEL - level(cell):
        raise ValueError(f"Cell {cell} has no ancestor {levels} levels up.")
    return cell >> (2 * levels)


def children(cell: Cell) -> tuple[Cell, Cell, Cell, Cell]:
    """The four quarters: south-west, south-east, north-west, north-east. Raises ValueError for a leaf."""
    if level(cell) == 0:
        raise ValueError("A leaf has no children.")
    first = cell << 2
    return first, first | 1, first | 2, first | 3


def size_m(cell: Cell) -> int:
    """The width of a cell in metres."""
    return LEAF_M << level(cell)


def corner_m(cell: Cell) -> tuple[int, int]:
    """The south-west corner as (easting, northing) in metres."""
    depth = level(cell)
    column, row = _separate(_code(cell))
    return ((column << depth) - OFFSET) * LEAF_M, ((row << depth) - OFFSET) * LEAF_M


def centre_m(cell: Cell) -> tuple[float, float]:
    """The middle as (easting, northing) in metres."""
    easting, northing = corner_m(cell)
    half = size_m(cell) / 2
    return easting + half, northing + half


def holds(cell: Cell, other: Cell) -> bool:
    """Is `other` this cell, or inside it?"""
    levels = level(cell) - level(other)
    return levels >= 0 and other >> (2 * levels) == cell


def neighbours(cell: Cell, rings: int = 1) -> tuple[Cell, ...]:
    """The cells of the same level within `rings` steps, diagonals too, without the cell itself, south-west first."""
    depth = level(cell)
    limit = 1 << (BITS - depth)
    column, row = _separate(_code(cell))
    steps = range(-rings, rings + 1)
    return tuple(
        _mark(depth) | _interleave(column + east, row + north)
        for north in steps
        for east in steps
        if (east or north) and 0 <= column + east < limit and 0 <= row + north < limit
    )


def _index(metres: float) -> int:
    if not abs(metres) < OFFSET * LEAF_M:
        raise ValueError(f"{metres} m is not on the grid.")
    return floor(metres) // LEAF_M + OFFSET


def _mark(depth: int) -> int:
    return 1 << (2 * (BITS - depth))


def _code(cell: Cell) -> int:
    return cell ^ _mark(level(cell))


def _interleave(column: int, row: int) -> int:
    return _spread(column) | (_spread(row) << 1)


def _separate(code: int) -> tuple[int, int]:
    return _gather(code), _gather(code >> 1)


def _spread(value: int) -> int:
    """Put a zero between the bits of a number below 2**32."""
    value = (value | (value << 16)) & 0x0000FFFF0000FFFF
    value = (value | (value << 8)) & 0x00FF00FF00FF00FF
    value = (value | (value << 4)) & 0x0F0F0F0F0F0F0F0F
    value = (value | (value << 2)) & 0x3333333333333333
    return (value | (value << 1)) & 0x5555555555555555


def _gather(value: int) -> int:
    """Take every second bit: the inverse of `_spread`."""
    value &= 0x5555555555555555
    value = (value | (value >> 1)) & 0x3333333333333333
    value = (value | (value >> 2)) & 0x0F0F0F0F0F0F0F0F
    value = (value | (value >> 4)) & 0x00FF00FF00FF00FF
    value = (value | (value >> 8)) & 0x0000FFFF0000FFFF
    return (value | (value >> 16)) & 0x00000000FFFFFFFF
