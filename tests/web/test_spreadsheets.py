"""Files for an office: what they say is what the tables say, and nothing in them is calculated."""

import csv
import io
import zipfile
from datetime import date
from typing import Any
from xml.etree import ElementTree

from server.web.layout.spreadsheets import ODS, write_csv, write_ods

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
ROWS: list[tuple[str, Any]] = [
    ("Figure", "People"),
    ("Seen & met", 12),
    ("=2+3", 1.5),
    ("Day", date(2026, 10, 1)),
    ("Łódź\x07", None),
]


def test_csv_is_read_back_as_it_was_and_a_formula_is_a_text():
    made = write_csv(ROWS)

    assert made.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert read[1] == ["Seen & met", "12"]
    assert read[2] == ["'=2+3", "1.5"]


def test_an_ods_file_has_its_kind_first_and_numbers_as_numbers():
    made = write_ods({"Figures": ROWS, "Empty": []})

    with zipfile.ZipFile(io.BytesIO(made)) as package:
        first = package.infolist()[0]
        assert (first.filename, first.compress_type, package.read("mimetype").decode()) == ("mimetype", 0, ODS)
        content = ElementTree.fromstring(package.read("content.xml"))
        manifest = package.read("META-INF/manifest.xml").decode()
    assert 'full-path="content.xml"' in manifest
    sheets = content.findall(f".//{TABLE}table")
    assert [each.get(f"{TABLE}name") for each in sheets] == ["Figures", "Empty"]
    cells = [
        [(cell.get(f"{OFFICE}value-type"), cell.get(f"{OFFICE}value"), "".join(cell.itertext())) for cell in row]
        for row in sheets[0].findall(f"{TABLE}table-row")
    ]
    assert cells[1] == [("string", None, "Seen & met"), ("float", "12", "12")]
    assert cells[2] == [("string", None, "=2+3"), ("float", "1.5", "1.5")]
    assert cells[3][1] == ("date", None, "2026-10-01")
    assert cells[4] == [("string", None, "Łódź"), (None, None, "")]
    assert f"{TABLE}formula" not in made.decode("latin-1")
    assert made == write_ods({"Figures": ROWS, "Empty": []})
