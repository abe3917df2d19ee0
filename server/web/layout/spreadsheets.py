"""Tables as files that any office opens: CSV for one of them, OpenDocument (.ods) for several. No formula is ever in either.

An .ods file is a zip of a few lines of XML (OASIS OpenDocument 1.3, part 3: spreadsheet content); what is not a number is
written as text, so nothing that somebody typed is ever calculated.
"""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias
from xml.etree import ElementTree as Xml

Cell: TypeAlias = str | int | float | date | None
Rows: TypeAlias = Sequence[Sequence[Cell]]

ODS = "application/vnd.oasis.opendocument.spreadsheet"
FIRST_OF_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMES = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "table", "text", "manifest")}
_STILL = (1980, 1, 1, 0, 0, 0)
"""The same tables make the same bytes."""


def write_csv(rows: Rows) -> bytes:
    """The rows for Excel (UTF-8 with a mark). A text that a spreadsheet would calculate gets an apostrophe before it."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows([_plain(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FIRST_OF_A_FORMULA) else cell


def write_ods(tables: Mapping[str, Rows]) -> bytes:
    """The tables by name, each a sheet."""
    content = Xml.Element(_name("office", "document-content"), {_name("office", "version"): "1.3"})
    book = Xml.SubElement(Xml.SubElement(content, _name("office", "body")), _name("office", "spreadsheet"))
    for title, rows in tables.items():
        sheet = Xml.SubElement(book, _name("table", "table"), {_name("table", "name"): title})
        Xml.SubElement(
            sheet, _name("table", "table-column"), {_name("table", "number-columns-repeated"): str(_width(rows))}
        )
        for row in rows:
            line = Xml.SubElement(sheet, _name("table", "table-row"))
            for cell in row:
                _add_cell(line, cell)
    manifest = Xml.Element(_name("manifest", "manifest"), {_name("manifest", "version"): "1.3"})
    for path, kind in (("/", ODS), ("content.xml", "text/xml")):
        told = {_name("manifest", "full-path"): path, _name("manifest", "media-type"): kind}
        Xml.SubElement(manifest, _name("manifest", "file-entry"), told)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        # The kind of file comes first and as it is: that is how other programs know it.
        package.writestr(zipfile.ZipInfo("mimetype", _STILL), ODS)
        for path, root in (("content.xml", content), ("META-INF/manifest.xml", manifest)):
            info = zipfile.ZipInfo(path, _STILL)
            package.writestr(info, _say(root), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _width(rows: Rows) -> int:
    return max((len(row) for row in rows), default=1) or 1


def _add_cell(line: Xml.Element, cell: Cell) -> None:
    if cell is None or cell == "":
        Xml.SubElement(line, _name("table", "table-cell"))
        return
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        told = {_name("office", "value-type"): "float", _name("office", "value"): repr(cell)}
    elif isinstance(cell, date):
        told = {_name("office", "value-type"): "date", _name("office", "date-value"): cell.isoformat()}
    else:
        told = {_name("office", "value-type"): "string"}
    words = Xml.SubElement(Xml.SubElement(line, _name("table", "table-cell"), told), _name("text", "p"))
    words.text = "".join(letter for letter in str(cell) if letter.isprintable() or letter == "\n")


def _say(root: Xml.Element) -> bytes:
    for prefix, name in _NAMES.items():
        Xml.register_namespace(prefix, name)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _name(prefix: str, name: str) -> str:
    return f"{{{_NAMES[prefix]}}}{name}"
