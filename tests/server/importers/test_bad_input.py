"""What offices really send: each unusable file gets a plain sentence saying what to do, each bad row stays on record."""

import gzip
import json

import pytest

from server.importers.boundaries.parse import parse as parse_boundaries
from server.importers.files import Refusal, UnusableFile, read_bytes
from server.importers.gazetteer.parse import Named
from server.importers.gazetteer.parse import parse as parse_gazetteer
from server.importers.inputs import of_bytes
from server.importers.open311.parse import parse as parse_open311
from server.importers.report import Report
from server.importers.sightings.parse import Count
from server.importers.sightings.parse import parse as parse_sightings
from server.importers.sources import PARSERS, guess_source
from server.importers.streetlink.parse import parse
from tests.server.importers.conftest import COUNTY, READING
from tests.server.importers.rows import GOOD, HEADING, streetlink


def one(data):
    (row,) = parse(data, READING)
    return row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_any_encoding_of_an_office_is_read(encoding):
    row = one(streetlink({"appearance": "café doorway, £5 blanket"}, encoding=encoding))

    assert isinstance(row, Report)
    assert row.appearance == "café doorway, £5 blanket"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_of_an_office_is_read(delimiter):
    assert isinstance(one(streetlink({}, delimiter=delimiter)), Report)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"PK\x03\x04\x14\x00\x06\x00", "save it as CSV"),
        (b"%PDF-1.7", "PDF"),
        (b"{}", "not a CSV table"),
        (b"\x00\x01\x02\x03\x00\x00\x80\xff" * 100, "not text"),
        (b"name,colour\nAnn,red\n", "The heading lacks alert_id"),
        (b"alert_id,alert_id,datetime_opened\n1,2,3\n", "more than once"),
    ],
)
def test_an_unusable_file_says_why_and_what_to_do(data, words):
    with pytest.raises(UnusableFile, match=words):
        parse(data, READING)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"datetime_opened": "31/02/2026 10:00"}, "no date"),
        ({"datetime_opened": "13/13/2026 10:00"}, "no date"),
        ({"datetime_opened": "yesterday"}, "no date"),
        ({"datetime_opened": ""}, "datetime_opened is empty"),
        ({"datetime_opened": "01/01/2036 10:00"}, "in the future"),
        ({"datetime_opened": "01/01/0026 10:00"}, "correct the year"),
        ({"closed_date": "never"}, "closed_date"),
        ({"geo_latitude": "north"}, "not a number"),
        ({"geo_latitude": "nan"}, "give both, or neither"),
        ({"geo_latitude": "inf"}, "not a number"),
        ({"geo_latitude": ""}, "give both, or neither"),
        ({"geo_latitude": "151.6"}, "nowhere on earth|swapped"),
        ({"geo_longitude": "-200"}, "nowhere on earth"),
        ({"geo_latitude": "=51.66"}, "not a number"),
    ],
)
def test_a_bad_row_says_which_cell_and_what_to_do(changes, words):
    row = one(streetlink(changes))

    assert isinstance(row, Refusal)
    assert row.number == 2
    import re

    assert re.search(words, row.reason)
    assert GOOD["location_details"] in row.raw


def test_nul_bytes_in_a_row_are_refused_and_shown():
    good, bad = parse(streetlink({}, {"appearance": "a\x00b"}), READING)

    assert isinstance(good, Report)
    assert isinstance(bad, Refusal)
    assert "\x00" not in bad.raw
    assert "NUL" in bad.reason


def test_a_row_with_a_comma_too_many_is_refused_and_the_next_one_read():
    lines = streetlink({"alert_id": "1"}, {"alert_id": "2"}).decode().splitlines()
    first, second = parse("\r\n".join([lines[0], lines[1] + ",more", lines[2]]).encode(), READING)

    assert isinstance(first, Refusal)
    assert "needs quotes" in first.reason
    assert second.reference == "2"


def test_a_quotation_mark_left_open_loses_no_row_before_it():
    lines = streetlink({"alert_id": "1"}, {"alert_id": "2"}).decode()
    rows = parse((lines + '3,"never closed' + ",x" * 500).encode(), READING)

    assert [type(row) for row in rows] == [Report, Report, Refusal]


def test_a_formula_cell_stays_the_text_that_it_is():
    row = one(streetlink({"appearance": '=HYPERLINK("http://example.org","x")', "alert_id": "=1+1"}))

    assert row.appearance.startswith("=HYPERLINK")
    assert row.reference == "=1+1"


def test_a_mark_before_the_first_heading_is_no_part_of_it():
    assert isinstance(one(b"\xef\xbb\xbf" + streetlink({})), Report)


def test_headings_are_known_however_they_are_written():
    heading = [name.replace("_", " ").title() for name in HEADING]
    text = streetlink({}).decode().split("\r\n", 1)

    assert isinstance(one((",".join(heading) + "\r\n" + text[1]).encode()), Report)


def test_older_column_names_are_understood():
    data = b"referral_id,post date,latitude,longitude\nWD1,12/11/2016 21:05,51.66,-0.39\n"

    assert one(data).reported_at.isoformat() == "2016-11-12T21:05:00+00:00"


def test_a_time_is_local_so_summer_is_an_hour_behind():
    assert one(streetlink({"datetime_opened": "11/07/2026 22:15"})).reported_at.hour == 21


@pytest.mark.parametrize(
    ("words", "hour", "minute"),
    [
        ("9pm", 21, 0), ("21:30", 21, 30), ("about 9.45 pm", 21, 45), ("2200hrs", 22, 0), ("midnight", 0, 0),
        ("between 10pm and 6am", 22, 0), ("7 a.m.", 7, 0), ("12am", 0, 0), ("12 pm", 12, 0),
    ],
)  # fmt: skip
def test_kind_words_for_a_time_are_understood(words, hour, minute):
    seen_at = one(streetlink({"time_seen": words})).seen_at

    assert (seen_at.hour, seen_at.minute) == (hour, minute)
    assert seen_at <= one(streetlink({"time_seen": words})).reported_at


@pytest.mark.parametrize("words", ["", "evenings", "most nights", "25:99", "99pm", "room 4"])
def test_unclear_words_for_a_time_stay_words(words):
    row = one(streetlink({"time_seen": words}))

    assert row.seen_at is None
    assert row.seen_text == words


def test_a_file_that_is_not_there_or_too_large_says_so(tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 2_000_000)
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"x" * 2_000_000))
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(gzip.compress(streetlink({}))[:-20])

    with pytest.raises(UnusableFile, match="cannot be read"):
        read_bytes(tmp_path / "missing.csv")
    with pytest.raises(UnusableFile, match="cannot be read"):
        read_bytes(tmp_path)
    for path in (large, bomb):
        with pytest.raises(UnusableFile, match="split it"):
            read_bytes(path, max_bytes=1_000_000)
    with pytest.raises(UnusableFile, match="cannot be unpacked"):
        read_bytes(torn)


REQUEST = {
    "service_request_id": "311-1",
    "status": "open",
    "requested_datetime": "2026-11-11T22:15:00Z",
    "lat": 51.66,
    "long": -0.396,
    "description": "tent by the path",
}


def test_open311_is_read_as_a_list_an_object_or_lines():
    one_line = json.dumps(REQUEST).encode()
    for data in (
        b"[" + one_line + b"]",
        b'{"service_requests": [' + one_line + b"]}",
        one_line + b"\n" + one_line,
        one_line,
    ):
        assert all(isinstance(row, Report) for row in parse_open311(data, READING))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<xml/>", "XML"),
        (b"[{", "not JSON"),
        (b"{}", "no list"),
        (b'"words"', "no list"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_an_unusable_open311_file_says_why(data, words):
    with pytest.raises(UnusableFile, match=words):
        parse_open311(data, READING)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"service_request_id": ""}, "service_request_id is empty"),
        ({"requested_datetime": "2026-02-31T00:00:00Z"}, "no date"),
        ({"requested_datetime": None}, "requested_datetime is empty"),
        ({"lat": 118.0, "long": 34.0}, "swapped"),
        ({"lat": "x"}, "not a number"),
        ({"long": None}, "give both, or neither"),
    ],
)
def test_a_bad_request_is_refused_and_the_next_one_read(change, words):
    bad, odd, good = parse_open311(json.dumps([REQUEST | change, 7, REQUEST]).encode(), READING)

    assert words in bad.reason
    assert "service request" in odd.reason
    assert good.reference == "311-1"


def test_half_a_surrogate_pair_becomes_text_that_a_database_can_hold():
    data = json.dumps([REQUEST]).replace("tent", r"tent \ud83d \u0000 here").encode()

    for row in parse_open311(data, READING):
        text = row.appearance if isinstance(row, Report) else row.raw
        assert "\x00" not in text
        text.encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"nonsense", "not JSON"),
        (b"[]", "not GeoJSON"),
        (b'{"type":"FeatureCollection","features":[]}', "no features"),
        (COUNTY.replace(b"lad24cd", b"colour"), "--code"),
        (COUNTY.replace(b"lad24nm", b"colour"), "--name"),
        (
            COUNTY.replace(
                b'{"type":"FeatureCollection"',
                b'{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:27700"}}',
            ),
            "4326",
        ),
    ],
)
def test_unusable_boundaries_say_why(data, words):
    with pytest.raises(UnusableFile, match=words):
        parse_boundaries(data)


def test_a_polygon_in_metres_is_refused_with_what_to_do():
    first, second = parse_boundaries(COUNTY.replace(b"-0.35", b"511000"))

    assert "EPSG:4326" in first.reason
    assert second.name == "Three Rivers"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-13-01,-0.39,51.66,1", "no date"),
        ("2026-11-01,,,1", "empty or zero"),
        ("2026-11-01,0,0,1", "empty or zero"),
        ("2026-11-01,51.66,-120.39,1", "swapped"),
        ("2026-11-01,-0.39,51.66,", "count is empty"),
        ("2026-11-01,-0.39,51.66,-1", "whole number"),
        ("2026-11-01,-0.39,51.66,1.5", "whole number"),
        ("2026-11-01,-0.39,51.66,many", "not a number"),
    ],
)
def test_a_bad_count_is_refused_and_the_next_one_read(row, words):
    bad, good = parse_sightings(f"date,lon,lat,count\n{row}\n2026-11-01,-0.39,51.66,0\n".encode(), READING)

    assert words in bad.reason
    assert isinstance(good, Count)
    assert good.people == 0


def test_a_gazetteer_row_needs_a_name_and_a_point():
    rows = parse_gazetteer(b"name,lat,lon,kind\nThe Arches,51.66,-0.39,bridge\n,51.66,-0.39,\nNowhere,,,\n")

    assert rows[0].name == "The Arches"
    assert [row.number for row in rows[1:]] == [3, 4]


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (streetlink({}), "streetlink"),
        (json.dumps([REQUEST]).encode(), "open311"),
        (b"Date reported,Place,Postcode\n01/11/2026,arch,WD17 2AD\n", "spreadsheet"),
        (b"submitted_at,where\n01/11/2026,arch\n", "council-form"),
    ],
)
def test_a_source_is_known_by_its_look(data, source):
    assert guess_source(of_bytes(data)) == source
    assert all(isinstance(row, Report) for row in PARSERS[source](data, READING))


def test_a_workbook_of_a_partner_is_read(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Date reported", "Place", "Latitude", "Longitude", "How many", "Reporter email"])
    book.active.append([READING.now.replace(tzinfo=None), "arch", 51.66, -0.39, 2, "sam@example.org"])
    book.active.append([None] * 6)
    path = tmp_path / "book.xlsx"
    book.save(path)

    (report,) = PARSERS["spreadsheet"](path.read_bytes(), READING)

    assert (report.point, report.people_count, report.referrer.email) == ((51.66, -0.39), 2, "sam@example.org")
    assert guess_source(of_bytes(path.read_bytes())) == "spreadsheet"


OPEN_NAMES = (
    b"osgb4000000000000001,http://data.ordnancesurvey.co.uk/id/4000000000000001,Watford,,,,populatedPlace,Town,511000,196500,12000\n"
    b'ID_1,http://data.ordnancesurvey.co.uk/id/ID_1,"Market Street, Upper",,,,transportNetwork,Named Road,510900,196400,12000\n'
    b"WD171AA,http://data.ordnancesurvey.co.uk/id/postcodeunit/WD171AA,WD17 1AA,,,,other,Postcode,511000,196500,12000\n"
    b"ID_2,http://data.ordnancesurvey.co.uk/id/ID_2,,,,,transportNetwork,Named Road,510900,196400,12000\n"
    b"ID_3,http://data.ordnancesurvey.co.uk/id/ID_3,Atlantis Road,,,,transportNetwork,Named Road,9510900,196400,12000\n"
)
NAMES_HEADING = (
    b"ID,NAMES_URI,NAME1,NAME1_LANG,NAME2,NAME2_LANG,TYPE,LOCAL_TYPE,GEOMETRY_X,GEOMETRY_Y,MOST_DETAIL_VIEW_RES\n"
)


@pytest.mark.parametrize("heading", [b"", NAMES_HEADING, b"\xef\xbb\xbf" + NAMES_HEADING])
def test_os_open_names_is_read_as_it_comes_with_or_without_its_headings(heading):
    rows = parse_gazetteer(heading + OPEN_NAMES)
    named = [row for row in rows if isinstance(row, Named)]
    assert [(row.name, row.kind) for row in named] == [("Watford", "Town"), ("Market Street, Upper", "Named Road")]
    assert (named[0].latitude, named[0].longitude) == pytest.approx((51.6567, -0.3973), abs=0.001)
    refused = [row for row in rows if isinstance(row, Refusal)]
    first = 2 if heading else 1
    assert [(row.number, row.reason.split(":")[0]) for row in refused] == [
        (first + 3, "name1 is empty"), (first + 4, "geometry_x 9510900, geometry_y 196400 is not on the British National Grid."),
    ]  # fmt: skip
    assert len(named) + len(refused) == 4, "postcodes are left out: the directory has them"
