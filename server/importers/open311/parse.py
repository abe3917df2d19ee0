"""Open311 GeoReport v2 service requests, as JSON: a list, an object holding one, or one request a line.

Bytes in; reports and refusals out, in the order of the file. Pure. Source: the GeoReport v2 specification.
"""

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from server.importers.cells import shorten
from server.importers.dates import read_moment
from server.importers.files import Refusal, UnusableFile, UnusableRow, make_storable
from server.importers.inputs import Input, choose_encoding
from server.importers.points import is_blank, read_place
from server.importers.report import (
    EXPONENT,
    Reading,
    Report,
    find_referrer,
    join_words,
    make_reference,
    names_a_kind,
    split_raw,
)
from server.importers.reports import Reports, Reread, listed
from server.importers.source import Asked, Source
from shared.model.codes import AlertSource

LIST_NAMES = ("service_requests", "requests", "data", "result", "results", "response")
DEEPEST = 4
PLACE_NAMES = ("address", "zipcode", "address_string")
KEPT = frozenset(
    {
        "service_request_id", "token", "status", "status_notes", "service_name", "service_code", "description",
        "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
        "address", "address_id", "address_string", "zipcode", "lat", "long", "lon", "lng", "media_url",
    }
)  # fmt: skip
"""The fields of a service request that say nothing of who sent it. Source: GeoReport v2, GET service request."""
OF_PEOPLE = re.compile(
    r"homeless|rough|sleep|encamp|outreach|shelter|tent|welfare|person|people|vagran|unhoused|unsheltered|street",
    re.IGNORECASE,
)
MAX_RAW_CHARACTERS = 20_000
LIST_MAX_CHARACTERS = 64 << 20


def open_file(source: Input, reading: Reading, asked: Asked) -> Reports:
    """The reports of a GeoReport file. Raises UnusableFile when it holds no list of service requests.

    A list is JSON of one piece and has to be held; one request a line is read a line at a time, however many there are.
    """
    encoding = choose_encoding(source)
    with io.TextIOWrapper(source.open(), encoding) as stream:
        first, second = stream.readline(LIST_MAX_CHARACTERS), stream.readline(LIST_MAX_CHARACTERS)
    if second.strip() and isinstance(_decode_line(first.lstrip("\ufeff")), Mapping):
        return Reread(lambda: _read_lines(source, encoding, reading, asked))
    with io.TextIOWrapper(source.open(), encoding) as stream:
        text = stream.read(LIST_MAX_CHARACTERS + 1)
    if len(text) > LIST_MAX_CHARACTERS:
        raise UnusableFile(f"The list is longer than {LIST_MAX_CHARACTERS >> 20} MB: write it as one request a line.")
    requests = enumerate(_list_requests(text), start=1)
    return listed([_understand_mended(number, request, reading, asked) for number, request in requests])


def _read_lines(source: Input, encoding: str, reading: Reading, asked: Asked) -> Iterator[Report | Refusal]:
    with io.TextIOWrapper(source.open(), encoding) as stream:
        lines = (line for line in stream if line.strip())
        for number, line in enumerate(lines, start=1):
            yield _understand_mended(number, _decode_line(line.lstrip("\ufeff")), reading, asked)


def _understand_mended(number: int, request: Any, reading: Reading, asked: Asked) -> Report | Refusal:
    mended = asked.mends.get(number)
    return _understand(number, {**request, **mended} if mended and isinstance(request, Mapping) else request, reading)


def _list_requests(whole_text: str) -> list[Any]:
    text = whole_text.lstrip("\ufeff").strip()
    if not text:
        raise UnusableFile("The file is empty: it should hold a JSON list of Open311 service requests.")
    if text[0] == "<":
        raise UnusableFile("This is XML: ask the Open311 server for the same requests as JSON (requests.json).")
    try:
        whole = _decode(text)
    except (ValueError, RecursionError) as error:
        between = [_decode_line(line.strip().rstrip(",")) for line in text.splitlines() if line.strip().rstrip(",")]
        if between and all(isinstance(each, Mapping) for each in between):
            return between
        raise UnusableFile(f"The file is not JSON ({error}): was it cut off? Fetch it again.") from error
    return _find_list(whole)


def _find_list(whole: Any) -> list[Any]:
    for _ in range(DEEPEST):
        if not isinstance(whole, Mapping) or "service_request_id" in whole:
            break
        whole = next((whole[name] for name in LIST_NAMES if isinstance(whole.get(name), list | dict)), whole)
        if isinstance(whole, Mapping) and isinstance(whole.get("features"), list):
            whole = [_of_feature(each) for each in whole["features"]]
    if isinstance(whole, Mapping) and "service_request_id" in whole:
        whole = [whole]
    said = _find_error(whole)
    if said:
        raise UnusableFile(f"The Open311 server answered with an error and no requests: {said}")
    if not isinstance(whole, list):
        raise UnusableFile("The file holds no list of Open311 service requests (GeoReport v2, requests.json).")
    return whole


def _of_feature(feature: Any) -> Any:
    """A feature of GeoJSON as the service request that it tells of."""
    if not isinstance(feature, Mapping) or not isinstance(feature.get("properties"), Mapping):
        return feature
    shape = feature.get("geometry")
    where = shape.get("coordinates") if isinstance(shape, Mapping) and shape.get("type") == "Point" else None
    at = {"long": where[0], "lat": where[1]} if isinstance(where, list) and len(where) >= 2 else {}
    return {**at, **feature["properties"]}


def _find_error(whole: Any) -> str:
    """What a GeoReport error says (an array of code and description); empty where this is none."""
    told = whole.get("errors") if isinstance(whole, Mapping) else whole
    if not isinstance(told, list) or not told or not all(isinstance(each, Mapping) and "code" in each for each in told):
        return ""
    if any("service_request_id" in each or "token" in each for each in told):
        return ""
    return shorten("; ".join(f"{each['code']} {each.get('description', '')}".strip() for each in told))


def _decode_line(line: str) -> Any:
    try:
        return _decode(line)
    except (ValueError, RecursionError):
        return line


def _decode(text: str) -> Any:
    """The value of a JSON text, also of one with halves of surrogate pairs, which the fast reader refuses."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text)


def _understand(number: int, request: Any, reading: Reading) -> Report | Refusal:
    if not isinstance(request, Mapping):
        return Refusal(number, "This is no service request: a JSON object is wanted.", _show(request))
    try:
        cells = {str(name): _to_text(value) for name, value in request.items()}
        return _read_report(number, cells, reading)
    except UnusableRow as error:
        return Refusal(number, str(error), _show(request), cells)


def read_cells(number: int, cells: Mapping[str, str], reading: Reading) -> Report | Refusal:
    """One request whose fields are text already: one that somebody has mended."""
    return _understand(number, cells, reading)


def _read_report(number: int, cells: Mapping[str, str], reading: Reading) -> Report:
    def cell(*names: str) -> str:
        for name in names:
            text = cells.get(name, "")
            if not is_blank(text):
                return text
        return ""

    if not cell("service_request_id", "token"):
        raise UnusableRow("service_request_id is empty: without it a request cannot be told from its repetition.")
    raw, extras = split_raw(cells, KEPT)
    if names_a_kind(cell("source")):
        raw["source"] = extras.pop("source")
    closed = cell("status").lower() == "closed"
    closed_at = read_moment("updated_datetime", cell("updated_datetime"), reading.zone, reading.now) if closed else None
    address = join_words(*(cell(name) for name in PLACE_NAMES))
    place = read_place(
        ("lat", "long"), cell("lat"), cell("long", "lon", "lng"), cell("zipcode"), address, cell("description")
    )
    given = cell("service_request_id", "token")
    return Report(
        number=number,
        source=AlertSource.OPEN311,
        reference=make_reference(given, cells),
        shown_reference=given if EXPONENT.fullmatch(given) else "",
        raw=raw,
        extras=extras,
        guesses=(*place.guesses, *_say_other_service(cell("service_name"), cell("service_code"))),
        reported_at=_read_requested(cell("requested_datetime"), reading),
        point=place.point,
        postcode=shorten(place.postcode or cell("zipcode")),
        place=address,
        appearance=cell("description"),
        referrer_type=shorten(cell("source")) if names_a_kind(cell("source")) else "",
        outcome_text=shorten(cell("status_notes")) if closed else "",
        closed=closed,
        said_open=cell("status").lower() == "open",
        closed_at=closed_at,
        referrer=find_referrer(cells),
    )


def _say_other_service(*names: str) -> tuple[str, ...]:
    """A service that is of something else, a hole in the road, is asked about: its reports may have come by mistake."""
    said = join_words(*names)
    return (
        ()
        if not said or OF_PEOPLE.search(said)
        else (f"Its service is “{shorten(said, 80)}”: is it about somebody sleeping rough?",)
    )


def _read_requested(text: str, reading: Reading) -> Any:
    requested_at = read_moment("requested_datetime", text, reading.zone, reading.now)
    if requested_at is None:
        raise UnusableRow("requested_datetime is empty: give the moment of the report, as YYYY-MM-DDTHH:MM:SSZ.")
    return requested_at


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return make_storable(value.strip())
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return make_storable(", ".join(each.strip() for each in value if each.strip()))
    return repr(value) if isinstance(value, int | float) else msgspec.json.encode(value).decode()


def _show(request: Any) -> str:
    try:
        shown = msgspec.json.encode(request).decode("utf-8", "replace")
    except (msgspec.EncodeError, UnicodeEncodeError, RecursionError):
        shown = repr(request)
    return make_storable(shown[:MAX_RAW_CHARACTERS])


SOURCE = Source("open311", open_file, read_cells, lambda _, text: 1000 if text[:1] in {"[", "{", "<"} else 0)
parse = SOURCE.parse
