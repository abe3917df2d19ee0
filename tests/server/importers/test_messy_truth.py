"""Cells as people fill them in: read as a person would read them, each guess marked, and asked for where nobody could know."""

import io
import json
from collections.abc import Callable

import openpyxl
import pytest
from sqlalchemy import insert, select, update

from server.importers.accounting import Account
from server.importers.cells import read_clock_time, read_yes
from server.importers.dates import Order, judge_order
from server.importers.files import Refusal, UnusableFile
from server.importers.inputs import of_bytes
from server.importers.placing import simplify_name
from server.importers.report import Report, find_referrer
from server.importers.sources import PARSERS, SOURCES, guess_source
from server.importers.streetlink.parse import parse
from server.places.gazetteer import make_name_key
from server.tables.maps.gazetteer import gazetteer_place
from server.tables.referrals.referral import alert, alert_version, referral
from tests.server.importers.conftest import READING
from tests.server.importers.rows import HEADING, streetlink


def one(**cells):
    (row,) = parse(streetlink(cells), READING)
    return row


@pytest.mark.parametrize(
    "written",
    [
        "10/11/26 21:40", "10-Nov-2026 21:40", "Tue 10 Nov 2026 21:40", "2026/11/10 21:40", "10/11/2026 9:40 PM",
        "10/11/2026 at 21:40", "2026-11-10 21:40:00 UTC", "10.11.2026 21.40", "10/11/2026 21:40:00.000",
        "10th November 2026 21:40", "November 10, 2026 9:40pm", "2026-11-10T21:40:00Z", "46336.9027777", "10 / 11 / 2026 21:40",
    ],
)  # fmt: skip
def test_every_usual_shape_of_a_date_is_read(written):
    assert one(datetime_opened=written).reported_at.isoformat() == "2026-11-10T21:40:00+00:00"


@pytest.mark.parametrize("written", ["10 November 2026", "46336", "10th November 2026", "2026-11-10"])
def test_a_date_without_a_time_is_the_beginning_of_its_day(written):
    assert one(datetime_opened=written).reported_at.isoformat() == "2026-11-10T00:00:00+00:00"


@pytest.mark.parametrize(
    "written", ["yesterday", "N/A", "31/11/2026 10:00", "29/10/2026 24:00", "20/11/2027", "12 Smarch 2026"]
)
def test_what_is_no_date_is_refused_with_its_cells_so_that_it_can_be_mended(written):
    refusal = one(datetime_opened=written)

    assert isinstance(refusal, Refusal)
    assert refusal.cells["datetime_opened"] == written


def test_a_column_that_proves_itself_american_is_read_month_first_and_marked():
    first, second = parse(
        streetlink({"datetime_opened": "11/05/2026 21:40"}, {"datetime_opened": "10/31/2026 21:40"}), READING
    )

    assert first.reported_at.isoformat() == "2026-11-05T21:40:00+00:00"
    assert "month first" in first.guesses[0]
    assert second.reported_at.isoformat() == "2026-10-31T21:40:00+00:00"


def test_a_column_that_proves_both_orders_is_asked_about_where_it_is_unclear():
    rows = parse(
        streetlink(*({"datetime_opened": each} for each in ("10/31/2026", "31/10/2026", "05/06/2026", "06/06/2026"))),
        READING,
    )

    assert [type(row) for row in rows] == [Report, Report, Refusal, Report]
    assert "month as a word" in rows[2].reason


def test_an_unproved_column_is_day_first_and_no_guess():
    row = one(datetime_opened="05/11/2026 10:00")

    assert (row.reported_at.month, row.guesses) == (11, ())
    assert judge_order([], READING.now) is Order.UNKNOWN


def test_the_year_that_may_be_wrong_is_marked():
    assert "is the year right" in one(datetime_opened="20/11/2006 21:40").guesses[0]


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("51.6565N", "0.3950W"), ("51°39'23.4\"N", "0°23'42\"W"), ("51.6565, -0.3950", ""), ("51.6565 -0.3950", "N/A"),
        ("", "51.6565, -0.3950"), ("N 51.6565", "W 0.3950"), ("51.6565", "\u22120.3950"), ("511120", "196522"),
    ],
)  # fmt: skip
def test_every_writing_of_a_point_is_read_and_marked(latitude, longitude):
    row = one(geo_latitude=latitude, geo_longitude=longitude)

    assert row.point == pytest.approx((51.6565, -0.395), abs=2e-4)
    assert row.guesses


@pytest.mark.parametrize("nothing", ["N/A", "null", "-", "Unkown", "not known", "x"])
def test_a_good_postcode_places_a_row_whose_point_says_nothing(nothing):
    row = one(geo_latitude=nothing, geo_longitude=nothing, postcode="WD17 1EU")

    assert (row.point, row.postcode) == (None, "WD17 1EU")


@pytest.mark.parametrize(
    ("written", "understood", "marked"),
    [
        ("WD17 1EU", "WD17 1EU", False), ("wd171eu", "WD17 1EU", False), ("WD17-1EU", "WD17 1EU", False),
        ("WDI7 1EU", "WD17 1EU", True), ("WD17 lEU", "WD17 1EU", True), ("SW1A OAA", "SW1A 0AA", True),
        ("near WD17 1EU", "WD17 1EU", True), ("AL1 3JE, St Albans", "AL1 3JE", True),
    ],
)  # fmt: skip
def test_a_postcode_is_understood_as_a_postman_would(written, understood, marked):
    row = one(geo_latitude="", geo_longitude="", postcode=written)

    assert (row.postcode, bool(row.guesses)) == (understood, marked)


def test_a_postcode_or_a_grid_reference_in_the_words_places_it():
    in_words = one(geo_latitude="", geo_longitude="", location_details="outside Boots, WD17 1EU")
    by_grid = one(geo_latitude="", geo_longitude="", location_details="bench at TQ 111 965")

    assert in_words.postcode == "WD17 1EU"
    assert by_grid.point == pytest.approx((51.6565, -0.395), abs=2e-3)
    assert "TQ 111 965" in by_grid.guesses[0]


@pytest.mark.parametrize("nothing", ["N/A", "null", "?", "Unkown", "-", "–", "none", "TEST", "nan", "#N/A", "#REF!"])
def test_a_cell_that_says_nothing_is_shown_as_nothing_and_kept_as_it_was(nothing):
    row = one(appearance=nothing, immediate_concerns_about_client=nothing, time_seen=nothing)

    assert (row.appearance, row.concerns, row.seen_text) == ("", "", "")
    assert row.raw["appearance"] == nothing


@pytest.mark.parametrize("words", ["since 2024", "£20.50 in his cup", "bus 1430 stop"])
def test_a_number_that_is_no_clock_is_no_time(words):
    assert one(time_seen=words).seen_at is None


def test_one_open_quotation_mark_costs_one_row():
    lines = streetlink(*({"alert_id": str(number), "appearance": "man, red hat"} for number in range(1, 6))).decode()
    broken = lines.replace("2,WD123,,,Open,11/11/2026 22:15", '2,"WD123,,,Open,11/11/2026 22:15', 1)
    rows = parse(broken.encode(), READING)

    assert [row.reference for row in rows if isinstance(row, Report)] == ["1", "3", "4", "5"]
    assert [row.number for row in rows if isinstance(row, Refusal)] == [3]


@pytest.mark.parametrize("above", ["sep=;\r\n", "StreetLink export, November\r\n\r\n", "Title;;\r\n"])
def test_lines_above_the_heading_are_passed_over(above):
    (row,) = parse(above.encode() + streetlink({"alert_id": "1"}, delimiter=";"), READING)

    assert row.reference == "1"


def test_a_heading_that_stands_twice_is_told_apart_where_nothing_hangs_on_it():
    text = streetlink({"alert_id": "1"}).decode().split("\r\n")
    data = f"{text[0]},notes,notes\r\n{text[1]},first,second\r\n".encode()
    (row,) = parse(data, READING)

    assert {"first", "second"} <= set(row.extras.values())


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, state, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


HEAD = ["Ref", "Date", "Time", "Place", "Latitude", "Longitude", "Notes"]
ROW = ["X1", "10/11/2026", "21:40", "doorway", 51.66, -0.39, "ask for Ann"]


def test_a_hidden_sheet_a_cover_and_a_title_are_passed_over():
    data = workbook(
        ("Old", "hidden", [HEAD, ["HIDDEN", *ROW[1:]]]), ("Cover", "visible", [["Our log"], ["of the week"]]),
        ("Log", "visible", [["Street log"], [], HEAD, ROW]),
    )  # fmt: skip
    (row,) = PARSERS[guess_source(of_bytes(data))](data, READING)

    assert (row.reference, row.number) == ("X1", 4)


def test_a_date_and_a_time_in_two_columns_are_one_moment():
    (row,) = PARSERS["spreadsheet"](workbook(("Log", "visible", [HEAD, ROW])), READING)

    assert row.reported_at.isoformat() == row.seen_at.isoformat() == "2026-11-10T21:40:00+00:00"
    assert row.extras == {"notes": "ask for Ann"}


def test_the_size_that_a_workbook_says_it_has_is_never_trusted():
    import re
    import zipfile

    source = workbook(("Log", "visible", [HEAD, *([f"X{number}", *ROW[1:]] for number in range(50))]))
    wrong = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', body))
    rows = PARSERS["spreadsheet"](wrong.getvalue(), READING)

    assert {row.reference for row in rows} == {f"X{number}" for number in range(50)}


def test_streetlinks_own_workbook_is_read_and_a_plain_archive_is_not():
    import zipfile

    data = workbook(("Alerts", "visible", [list(HEADING), ["SL-9", "WD9", "", "", "Open", "11/11/2026 22:15"]]))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("alerts.csv", "alert_id")

    assert guess_source(of_bytes(data)) == "streetlink"
    assert PARSERS["streetlink"](data, READING)[0].reference == "SL-9"
    with pytest.raises(UnusableFile, match="unpack it"):
        PARSERS["streetlink"](archive.getvalue(), READING)


OLD_COLUMNS = (
    b"Referral Number,Channel,Capacity of referrer,Post Date,Post Time,Local Authority,Town/City or Postcode,Street,"
    b"Nearest building number,First name,Last name,Appearance\n"
    b"WD12345,Website,Member of the Public,14/01/2026,22:10,Watford,WD17 1EU,High Street,14,Marek,Nowak,tall\n"
)


def test_streetlinks_columns_of_2012_are_read_and_the_name_is_the_persons():
    assert guess_source(of_bytes(OLD_COLUMNS)) == "streetlink"
    (row,) = parse(OLD_COLUMNS, READING)

    assert row.reported_at.isoformat() == "2026-01-14T22:10:00+00:00"
    assert (row.referrer, row.appearance) == (None, "Said to be called Marek Nowak. tall")
    assert (row.place, row.postcode) == ("14 High Street, WD17 1EU", "WD17 1EU")


def test_who_reported_is_never_in_what_is_kept_for_good():
    request = {
        "service_request_id": "J95", "requested_datetime": "2026-11-10T21:40:00Z", "lat": 51.66, "long": -0.39,
        "first_name": "Ann", "email": "ann@example.org", "requester": {"name": "Ann"}, "contact_email": "ann@example.org",
        "mobile": "07700 900999", "source": "Ann 07700 900123",
    }  # fmt: skip
    (row,) = PARSERS["open311"](json.dumps([request]).encode(), READING)
    sheet = workbook(("Log", "visible", [[*HEAD[:-1], "Reported by"], [*ROW[:-1], "Ann Reporter 07700 900123"]]))
    (other,) = PARSERS["spreadsheet"](sheet, READING)

    assert set(row.raw) == {"service_request_id", "requested_datetime", "lat", "long"}
    assert row.referrer_type == other.referrer_type == ""
    assert "reported_by" not in other.raw
    assert one(referrer_type="Member of the Public").raw["referrer_type"] == "Member of the Public"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Watford Borough Council", "watford"), ("Three Rivers DC", "three rivers"), ("St. Albans", "st albans"),
        ("St Albans City & District Council", "st albans"), ("London Borough of Barnet", "barnet"), ("WATFORD ", "watford"),
    ],
)  # fmt: skip
def test_a_councils_name_is_known_however_it_is_written(written, plain):
    assert simplify_name(written) == plain


def test_every_source_is_found_by_itself_and_reads_one_row_as_it_reads_a_file():
    assert set(SOURCES) >= {"streetlink", "open311", "spreadsheet", "council-form"}
    refusal = one(datetime_opened="31/11/2026 10:00")
    mended = SOURCES["streetlink"].read_cells(2, {**refusal.cells, "datetime_opened": "10/11/2026"}, READING)

    assert isinstance(mended, Report)


# ---------------------------------------------------------------------------------------------------------- place words
NOWHERE = {"geo_latitude": "", "geo_longitude": "", "postcode": ""}


@pytest.fixture
def streets(county):
    rows = [
        ("High Street", 51.655, -0.396),
        ("Mill Lane", 51.66, -0.5),
        ("Orchard Close", 51.66, -0.37),
        ("Orchard Close", 51.64, -0.44),
    ]
    with county.writing() as session:
        session.execute(insert(gazetteer_place), [
            {"id": str(number), "name": name, "name_key": make_name_key(name), "kind": "Named Road", "latitude": at,
             "longitude": on}
            for number, (name, at, on) in enumerate(rows)
        ])  # fmt: skip
    return county


def told_of(county):
    query = select(
        referral.c.number, referral.c.state, referral.c.latitude, referral.c.accuracy_m, alert.c.guesses
    ).join(alert, alert.c.id == referral.c.alert_id)
    with county.reading() as session:
        return {row.number: row for row in session.execute(query)}


def test_a_report_without_a_pin_is_where_its_words_are_and_that_is_marked_as_a_guess(bring_in, streets):
    bring_in(streetlink(NOWHERE | {"alert_id": "1", "street": "14 High Street", "location_details": "by the bank"}))
    row = told_of(streets)["1"]
    assert (row.state, row.latitude, row.accuracy_m) == ("received", 51.655, 250)
    assert "Its words name High Street (named road): 90 % sure" in row.guesses


@pytest.mark.parametrize(
    "cells",
    [
        {"street": "Orchard Close", "local_authority_name": ""},
        {"street": "Mill Lane", "local_authority_name": "Watford"},
        {"street": "Nowhere Street"},
    ],
)
def test_words_that_are_not_sure_or_lie_in_another_district_than_is_said_place_nothing(bring_in, streets, cells):
    bring_in(streetlink(NOWHERE | {"alert_id": "1", "location_details": ""} | cells))
    row = told_of(streets)["1"]
    assert (row.state, row.latitude) == ("needs_information", None)


def test_a_pin_or_postcode_goes_before_the_words_and_a_newer_version_does_not_move_what_a_person_put_right(
    bring_in, streets
):
    bring_in(
        streetlink({"alert_id": "1", "street": "High Street"}, NOWHERE | {"alert_id": "2", "street": "High Street"})
    )
    assert told_of(streets)["1"].latitude == 51.66
    with streets.writing() as session:
        session.execute(update(alert).values(latitude=51.67))
        session.execute(update(referral).values(latitude=51.67))
    bring_in(streetlink(NOWHERE | {"alert_id": "2", "street": "High Street", "appearance": "blue coat"}))
    with streets.reading() as session:
        changes = session.scalars(select(alert_version.c.changes)).all()
    assert len(changes) == 1 and "appearance" in changes[0] and "point" not in changes[0]


# ------------------------------------------------------------------------------------------------ the review's smaller faults
@pytest.mark.parametrize(
    ("said", "clock"),
    [("9-11pm", "21:00"), ("9 to 11 pm", "21:00"), ("since 2024", None), ("bus 1430 stop", None),
     ("£20.50 in cup at 9pm", "21:00"),
     ("about 10.15 pm", "22:15"), ("at midnight", "00:00"), ("Noon", "12:00")],
)  # fmt: skip
def test_a_time_of_day_is_read_as_a_person_means_it(said: str, clock: str | None) -> None:
    found = read_clock_time(said)
    assert (found and f"{found:%H:%M}") == clock


@pytest.mark.parametrize(
    ("said", "agrees"),
    [("1.0", True), ("yes please", True), ("Yes, please.", True), ("✓", True), ("Y", True), ("Email", False), ("x", False),
     ("no", False), ("", False), ("yes but not by phone", False)],
)  # fmt: skip
def test_consent_is_a_plain_yes_and_nothing_else(said: str, agrees: bool) -> None:
    assert read_yes(said) is agrees


def test_a_streetlink_reference_is_the_same_in_small_letters(bring_in: Callable[..., Account]) -> None:
    assert bring_in(streetlink({"alert_id": "wd00001"})).accepted == 1
    repeats = {"alert_id": "wd00002", "parent_alert_id": "Wd00001", "duplication_status": "duplicate"}
    again = bring_in(streetlink({"alert_id": "WD00001"}, repeats))
    assert (again.accepted, again.duplicates) == (0, 2)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("sam@example.org", "sam@example.org"), ("a@b,c@d x", ""), ("Sam <sam@example.org>", "sam@example.org"), ("none", ""),
     ("sam@example", "")],
)  # fmt: skip
def test_only_an_address_that_a_mail_can_reach_is_one(cell: str, kept: str) -> None:
    found = find_referrer({"your_email": cell, "your_name": "Sam"})
    assert found is not None and found.email == kept


REQUEST = {
    "service_request_id": "1", "requested_datetime": "2026-11-11T22:15:00Z", "lat": 51.66, "long": -0.396,
    "service_name": "Homeless encampment", "description": "A tent",
}  # fmt: skip
FEATURE = {
    "type": "Feature", "geometry": {"type": "Point", "coordinates": [-0.396, 51.66]},
    "properties": {name: value for name, value in REQUEST.items() if name not in ("lat", "long")},
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([REQUEST]), json.dumps(REQUEST), json.dumps(REQUEST) + ",\n" + json.dumps(REQUEST | {"token": "2"}) + ",\n",
        json.dumps({"data": {"requests": [REQUEST]}}), json.dumps({"response": {"result": {"data": [REQUEST]}}}),
        json.dumps({"type": "FeatureCollection", "features": [FEATURE]}),
    ],
)  # fmt: skip
def test_open311_requests_are_found_however_they_are_wrapped(text: str) -> None:
    first = PARSERS["open311"](text.encode(), READING)[0]
    assert isinstance(first, Report)
    assert (first.reference, first.point, first.appearance, first.guesses) == ("1", (51.66, -0.396), "A tent", ())


def test_a_list_of_words_is_words_and_a_pothole_is_asked_about() -> None:
    odd = REQUEST | {"description": ["A tent", "two people"], "service_name": "Pothole"}
    (found,) = PARSERS["open311"](json.dumps([odd]).encode(), READING)
    assert isinstance(found, Report)
    assert found.appearance == "A tent, two people"
    assert found.guesses == ("Its service is “Pothole”: is it about somebody sleeping rough?",)


@pytest.mark.parametrize("body", ['[{"code": 404, "description": "not found"}]', '{"errors": [{"code": 403}]}'])
def test_an_error_instead_of_requests_is_told_as_one(body: str) -> None:
    with pytest.raises(UnusableFile, match="answered with an error"):
        PARSERS["open311"](body.encode(), READING)
