"""`lantern import` and `lantern hotspots` as an operator runs them: what they print, and the exit code that says how it went."""

import json

import pytest
from click.testing import CliRunner

from server.cli import main
from tests.server.importers.conftest import COUNTY
from tests.server.importers.rows import streetlink


@pytest.fixture
def run(database_url, tmp_path, tmp_path_factory, monkeypatch):
    """Runs `lantern` with arguments; file contents given as bytes become files."""
    monkeypatch.setenv("LANTERN_DATABASE", database_url)
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path_factory.getbasetemp()))

    def command(*arguments):
        paths = []
        for number, argument in enumerate(arguments):
            if isinstance(argument, bytes):
                path = tmp_path / f"file-{number}"
                path.write_bytes(argument)
                paths.append(str(path))
            else:
                paths.append(argument)
        return CliRunner().invoke(main, paths)

    return command


def test_an_import_prints_its_account_and_ends_with_zero(run):
    assert run("import", "boundaries", COUNTY, "--json").exit_code == 0
    result = run("import", "referrals", "--format", "streetlink", streetlink({}), "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "read": 1, "accepted": 1, "duplicates": 0, "wrong_area": 0, "needs_information": 0, "newer": 0, "refused": [],
    }  # fmt: skip


def test_refused_rows_are_listed_and_end_with_one(run):
    data = streetlink({"alert_id": "1"}, {"alert_id": "2", "datetime_opened": "soon"})

    result = run("import", "referrals", data, "--json")

    account = json.loads(result.stdout)
    assert result.exit_code == 1
    assert account["read"] == 2
    assert account["refused"][0]["row"] == 3
    assert "no date" in account["refused"][0]["reason"]


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("referrals", b"", "empty"),
        ("referrals", b"name,colour\nAnn,red\n", "--format"),
        ("boundaries", b"nonsense", "GeoJSON"),
        ("sightings", b"when,where\n1,2\n", "lacks date"),
        ("gazetteer", b"PK\x03\x04", "workbook"),
        ("referrals", "/there/is/no/such.csv", "cannot be read"),
    ],
)
def test_an_unusable_file_says_why_and_ends_with_two(run, kind, data, words):
    result = run("import", kind, data, "--json")

    assert result.exit_code == 2
    assert words in result.stderr
    assert words in json.loads(result.stdout)["error"]


def test_people_read_the_same_account_in_words(run):
    result = run("import", "sightings", b"date,lon,lat,count\n2026-08-01,-0.39,51.66,2\n2026-08-01,x,51.66,2\n")

    assert "Read 2: accepted 1" in result.stdout
    assert "row 3:" in result.stdout
    assert result.exit_code == 1


def test_rows_that_say_the_same_are_so_many_people_and_the_file_again_adds_nobody(run):
    rows = b"date,lon,lat,count\n" + b"2019-08-01,-117.1600,32.7100,1\n" * 3 + b"2019-08-01,-117.1500,32.7200,1\n"

    first = run("import", "sightings", rows, "--crs", "EPSG:32611", "--json")
    again = run("import", "sightings", rows, "--crs", "EPSG:32611", "--json")
    wrong = run("import", "sightings", rows, "--crs", "EPSG:4326")

    assert (json.loads(first.stdout)["accepted"], json.loads(first.stdout)["duplicates"]) == (4, 0)
    assert (json.loads(again.stdout)["accepted"], json.loads(again.stdout)["duplicates"]) == (0, 4)
    assert (first.exit_code, wrong.exit_code) == (0, 2)
    ranked = json.loads(run("hotspots", "--as-of", "2019-08-02", "--crs", "EPSG:32611", "--json").stdout)
    assert len(ranked) == 2


def test_a_zero_of_which_nobody_says_that_somebody_looked_is_on_no_list(run):
    run("import", "sightings", b"date,lon,lat,count\n2019-08-01,-117.1600,32.7100,2\n2019-08-01,-117.1500,32.7200,0\n")

    ranked = json.loads(run("hotspots", "--as-of", "2019-08-02", "--crs", "EPSG:32611", "--json").stdout)

    assert len(ranked) == 1


def test_a_zero_where_the_file_says_that_somebody_looked_is_a_look(run):
    """Searched and found empty is known; a count of two rows in one square is one look, however it is written."""
    rows = (
        b"date,lon,lat,count,looked\n2019-08-01,-117.1600,32.7100,1,yes\n2019-08-01,-117.1600,32.7100,1,yes\n"
        b"2019-08-01,-117.1500,32.7200,0,yes\n2019-08-01,-117.1400,32.7300,0,no\n2019-08-01,-117.1300,32.7400,0,\n"
    )
    assert json.loads(run("import", "sightings", rows, "--json").stdout)["accepted"] == 5

    ranked = json.loads(run("hotspots", "--as-of", "2019-08-02", "--crs", "EPSG:32611", "--json").stdout)

    assert len(ranked) == 2, "the empty square is on the list, and what nobody vouches for is not"
    assert ranked[0]["score"] > ranked[1]["score"]
    unclear = run("import", "sightings", b"date,lon,lat,count,looked\n2019-08-01,-117.16,32.71,0,perhaps\n")
    assert unclear.exit_code == 1 and "looked must be yes or no" in unclear.stdout


def test_cells_are_printed_best_first_in_the_projection_asked_for(run):
    run("import", "sightings", b"date,lon,lat,count\n2019-08-01,-117.1600,32.7100,9\n2019-08-01,-117.1500,32.7200,1\n")

    result = run("hotspots", "--as-of", "2019-09-01", "--forecast", "--crs", "EPSG:32611", "--json")

    cells = json.loads(result.stdout)
    assert result.exit_code == 0
    assert set(cells[0]) == {"easting", "northing", "size_m", "score"}
    assert [cell["score"] for cell in cells] == sorted((cell["score"] for cell in cells), reverse=True)
    assert cells[0]["easting"] % cells[0]["size_m"] == 0
    assert 480_000 < cells[0]["easting"] < 490_000
    assert 3_610_000 < cells[0]["northing"] < 3_630_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--as-of", "2019-02-30"), "YYYY-MM-DD"),
        (("--crs", "EPSG:4326"), "metres"),
        (("--crs", "EPSG:99999999"), "coordinate system"),
        (("--crs", "nonsense"), "coordinate system"),
        (("--publish",), "No district is known"),
    ],
)
def test_an_unusable_question_says_why_and_ends_with_two(run, arguments, words):
    result = run("hotspots", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr


def test_a_quarter_in_which_nobody_looked_is_not_frozen_as_empty_for_ever(run):
    run("import", "boundaries", COUNTY)

    result = run("hotspots", "--publish", "--as-of", "2026-11-12")

    assert result.exit_code == 2
    assert "Nobody looked anywhere in July to September 2026" in result.stderr


def test_a_database_that_cannot_be_used_is_said_in_a_sentence(run, monkeypatch):
    monkeypatch.setenv("LANTERN_DATABASE", "postgresql://127.0.0.1:9/nothing?connect_timeout=2")

    result = run("import", "boundaries", COUNTY)

    assert result.exit_code == 2
    assert "The database cannot be used" in result.stderr
