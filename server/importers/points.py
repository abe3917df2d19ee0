"""Where a report is, from cells as people fill them in: degrees in any writing, one cell for both, a national grid reference,
eastings and northings, a postcode with an O for a 0 or inside a sentence.

What was read otherwise than it was written is said as a guess. A point that cannot be read gives way to a good postcode.
Pure but for the directory of postcodes.
"""

import re
from collections.abc import Iterator
from itertools import product

from server.importers.cells import read_point
from server.importers.files import UnusableRow
from server.places.postcodes import find_grid_point, find_position
from server.places.projection import BRITISH_NATIONAL_GRID, unproject
from shared.model.value import Value

BLANKS = frozenset(
    {
        "n/a", "na", "n.a.", "n/k", "nk", "null", "none", "nil", "nan", "?", "??", "???", "-", "--", "–", "—", ".",
        "tbc", "tba", "unknown", "unkown", "unknow", "not known", "not given", "not stated", "no information",
        "not applicable", "don't know", "dont know", "test", "#n/a", "#ref!", "#value!", "#name?", "#null!",
        "#div/0!", "#num!", "undefined", "(blank)", "blank",
    }
)  # fmt: skip
"""What stands in a cell that says nothing."""
LONGEST_BLANK = max(map(len, BLANKS))
DEGREES = re.compile(
    r"(?P<before>[NSEW])? ?(?P<sign>[+\-\u2212])? ?(?P<degrees>\d{1,3}(?:[.,]\d{1,15})?) ?[°º]? ?"
    r"(?:(?P<minutes>\d{1,2}(?:\.\d{1,15})?) ?['′\u2019] ?)?(?:(?P<seconds>\d{1,2}(?:\.\d{1,15})?) ?(?:\"|″|''|\u201d) ?)?"
    r"(?P<after>[NSEW])?",
    re.IGNORECASE,
)
"""One half of a point, its spaces made single."""
PLAIN_DEGREES = re.compile(r"-?\d{1,3}\.\d{1,15}")
"""As nearly every file writes one half of a point: nothing is to be guessed."""
GRID_REFERENCE = re.compile(
    r"\b(?P<letters>[HJNOST][A-HJ-Z])\s?(?P<digits>\d{3}\s?\d{3}|\d{4}\s?\d{4}|\d{5}\s?\d{5})(?!\s?\d)\b", re.IGNORECASE
)
WORDS_LIKE_SQUARES = frozenset(
    {"HE", "HO", "NE", "NO", "NW", "OF", "OH", "ON", "OR", "SE", "SH", "SO", "ST", "SW", "TO", "TV"}
)
"""Squares that are words as well: "no 123 456" is one only where nothing else stands in the cell."""
MAP_LINK = re.compile(r"[=@/:](-?\d{1,3}\.\d{2,15})(?:,|%2C)(?:%20|\+)?(-?\d{1,3}\.\d{2,15})", re.IGNORECASE)
"""The point in a link to a map, or in a geo: address (RFC 5870)."""
DECIMAL_COMMA = re.compile(r"-?\d{1,3},\d{1,15}")
POSTCODE_LIKE = re.compile(
    r"(?<![A-Z0-9])(?P<area>[A-Z]{1,2}[0-9OIL][A-Z0-9]?)[\s\-\u2013._]*(?P<inward>[0-9OIL][A-Z0-9]{2})(?![A-Z0-9])",
    re.IGNORECASE,
)
ALIKE = {"O": "O0", "0": "0O", "I": "I1", "1": "1I", "L": "L1"}
MOST_READINGS = 64


class Place(Value, frozen=True, kw_only=True):
    """What the cells give: a point (latitude, longitude) in WGS 84 degrees, else a postcode, and what was guessed."""

    point: tuple[float, float] | None = None
    postcode: str = ""
    guesses: tuple[str, ...] = ()


def is_blank(text: str) -> bool:
    """Does the cell say nothing, in whatever word?"""
    plain = text.strip()
    return len(plain) <= LONGEST_BLANK and (not plain or plain.casefold() in BLANKS)


def read_place(columns: tuple[str, str], latitude: str, longitude: str, postcode: str, *others: str) -> Place:
    """The point and the postcode. `others` are cells in whose words a postcode or grid reference may stand.

    Raises UnusableRow for a point that cannot be read where no good postcode stands either.
    """
    latitude, longitude = ("" if is_blank(text) else _unwrap(text) for text in (latitude, longitude))
    found, guesses = find_postcode(postcode, *others)
    try:
        point, how = _read_point(columns, latitude, longitude)
    except UnusableRow as error:
        if not found:
            raise
        said = f"The point could not be read ({error}), so the postcode {found} places it."
        return Place(postcode=found, guesses=(*guesses, said))
    if point is None and not found:
        point, how = _find_grid_reference(postcode, *others)
    return Place(point=point, postcode=found, guesses=(*(() if point else guesses), *filter(None, [how])))


def _unwrap(text: str) -> str:
    """A cell less what stands round its numbers: brackets, a comma at its end, a link to a map."""
    linked = MAP_LINK.search(text) if "://" in text or text.startswith("geo:") else None
    return f"{linked[1]}, {linked[2]}" if linked else text.strip().strip("()[],; \t")


def find_postcode(*texts: str) -> tuple[str, tuple[str, ...]]:
    """The first postcode of the directory in these texts, with O for 0 and I or l for 1 mended; and what was guessed."""
    for number, text in enumerate(texts):
        for matched in POSTCODE_LIKE.finditer(text):
            for reading in _list_readings(matched["area"].upper(), matched["inward"].upper()):
                if find_grid_point(reading) is not None:
                    written = matched[0].upper().replace(" ", "")
                    if written != reading.replace(" ", "") and re.sub(r"[^A-Z0-9]", "", written) != reading.replace(
                        " ", ""
                    ):
                        return reading, (f"The postcode {matched[0]} was read as {reading}.",)
                    if number or matched[0].strip() != text.strip():
                        return reading, (f"The postcode {reading} was found in “{text.strip()[:60]}”.",)
                    return reading, ()
    return "", ()


def _list_readings(area: str, inward: str) -> Iterator[str]:
    """The postcode as written, then with each letter or digit that is easily mistaken taken for the other."""
    signs = [ALIKE.get(sign, sign) for sign in area + inward]
    for number, reading in enumerate(product(*signs)):
        if number == MOST_READINGS:
            return
        text = "".join(reading)
        yield f"{text[: len(area)]} {text[len(area) :]}"


def _read_point(columns: tuple[str, str], latitude: str, longitude: str) -> tuple[tuple[float, float] | None, str]:
    if PLAIN_DEGREES.fullmatch(latitude) and PLAIN_DEGREES.fullmatch(longitude):
        return read_point(columns, latitude, longitude), ""
    for text, other in ((latitude, longitude), (longitude, latitude)):
        halves = _split_point(text) if text and (not other or other == text) else None
        if halves is not None:
            point, _ = _read_point(columns, *halves)
            return point, f"Both halves of the point were read from “{text}”."
    if latitude and longitude:
        metres = _read_metres(latitude, longitude)
        if metres is not None:
            return metres, f"{latitude}, {longitude} was read as an easting and a northing in metres."
    plain = [_to_decimal(text) for text in (latitude, longitude)]
    point = read_point(columns, *plain)
    changed = [text for text, decimal in zip((latitude, longitude), plain, strict=True) if text != decimal]
    return point, f"The point was read from {', '.join(changed)}." if point and changed else ""


def _split_point(text: str) -> tuple[str, str] | None:
    """Both halves, where one cell holds them: parted by a comma or semicolon, or two decimals by a space."""
    if DECIMAL_COMMA.fullmatch(text):
        return None
    for sign in (";", ",", " "):
        halves = [half.strip() for half in text.split(sign) if half.strip()]
        if len(halves) == 2 and all(any(letter.isdigit() for letter in half) for half in halves):
            return (halves[0], halves[1]) if sign != " " or all("." in half for half in halves) else None
    return None


def _to_decimal(text: str) -> str:
    """Degrees, minutes and seconds, or a letter for the hemisphere, as decimal degrees; any other text as it is."""
    matched = DEGREES.fullmatch(" ".join(text.split()))
    letter = ((matched["before"] or matched["after"] or "") if matched else "").upper()
    if matched is None or not (letter or matched["minutes"] or "°" in text or "\u2212" in text):
        return text
    value = float(matched["degrees"].replace(",", ".")) + float(matched["minutes"] or 0) / 60
    value += float(matched["seconds"] or 0) / 3600
    return str(round(-value if letter in {"S", "W"} or matched["sign"] in {"-", "\u2212"} else value, 7))


def _read_metres(one: str, two: str) -> tuple[float, float] | None:
    """Eastings and northings of Great Britain, in either order: no degree is that large."""
    try:
        east, north = float(one.replace(",", "")), float(two.replace(",", ""))
    except ValueError:
        return None
    if not (1_000 <= east <= 700_000 and 1_000 <= north <= 1_300_000):
        return None
    return _unproject(east, north)


def _find_grid_reference(*texts: str) -> tuple[tuple[float, float] | None, str]:
    """A national grid reference of at least 100 m in any of the texts. Source: Ordnance Survey, the National Grid."""
    for text in texts:
        for matched in GRID_REFERENCE.finditer(text):
            if matched["letters"].upper() in WORDS_LIKE_SQUARES and matched[0] != text.strip():
                continue
            digits = "".join(matched["digits"].split())
            east, north = digits[: len(digits) // 2], digits[len(digits) // 2 :]
            first, second = (ord(letter) - ord("A") - (letter > "I") for letter in matched["letters"].upper())
            east_km = ((first - 2) % 5) * 5 + second % 5
            north_km = 19 - (first // 5) * 5 - second // 5
            size = 10 ** (5 - len(east))
            point = _unproject(
                east_km * 100_000 + (int(east) + 0.5) * size, north_km * 100_000 + (int(north) + 0.5) * size
            )
            return point, f"The grid reference {matched[0]} places it."
    return None, ""


def _unproject(east: float, north: float) -> tuple[float, float]:
    (latitude,), (longitude,) = unproject(BRITISH_NATIONAL_GRID, [east], [north])
    return round(float(latitude), 6), round(float(longitude), 6)


def read_typed_point(text: str) -> tuple[float, float] | None:
    """Latitude and longitude of what somebody typed as a person would; None for nothing that is one."""
    plain = text[:100]
    for latitude in (plain, ""):
        try:
            place = read_place(("point", "point"), latitude, "", plain)
        except UnusableRow:
            continue
        if place.point is not None:
            return place.point
        found = find_position(place.postcode) if place.postcode else None
        if found is not None:
            return found.latitude, found.longitude
    return None
