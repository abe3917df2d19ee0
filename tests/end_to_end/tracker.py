"""A district's own tracker as it comes on the first Monday: sixty people, thirty flaws, each said beside its row."""

import io
from datetime import date, timedelta
from typing import Any

import openpyxl

HEADS = (
    "Name", "DOB", "Gender", "Verified rough sleeper (Y/N)", "Current accommodation", "Mental Health need",
    "Receiving MH support?", "Institution", "Date left", "Status", "First seen",
)  # fmt: skip
BLOCK = ("MDT date", "Update", "Actions", "Owner")
FIRST = (
    "Peter", "Maria", "Ola", "Dawit", "Susan", "Craig", "Florin", "Agnieszka", "Liam", "Yusuf", "Karen", "Seamus", "Ion", "Ewa",
    "Graham", "Hodan", "Ivan", "Joanna", "Kevin", "Lena",
)  # fmt: skip
FAMILY = ("Roe", "Kovács", "Nowak", "Thistle", "Bradfield", "Okafor")
FLAWS: dict[int, dict[str, Any]] = {
    1: {"Name": "Peter ROE (aka Socks)"},
    2: {"DOB": "DOB unknown"},
    3: {"DOB": "31/02/1980"},
    4: {"DOB": "c. 1980"},
    5: {"DOB": "2.3.75"},
    6: {"Verified rough sleeper (Y/N)": "maybe"},
    7: {"Name": "  CRAIG   NOWAK  "},
    8: {"Gender": "Woman"},
    9: {"Mental Health need": "perhaps"},
    10: {"Mental Health need": "Y - bipolar"},
    11: {"Status": "sleeping"},
    12: {"Status": "Closed - housed"},
    13: {"First seen": "3/2/2024"},
    14: {"First seen": "not sure"},
    15: {"Name": "?"},
    16: {"DOB": "45"},
    17: {"Gender": "N/K"},
    18: {"Receiving MH support?": "Y CMHT"},
    19: {"Current accommodation": "tent by the canal\nmoves a lot"},
    20: {"DOB": "unknown"},
    21: {"Verified rough sleeper (Y/N)": "not yet verified"},
    22: {"Name": "Ewa Thistle (closed 2024?)"},
    23: {"DOB": "1975"},
    24: {"MDT date": "last Tuesday"},
    25: {"Owner": ""},
    26: {"Gender": "m"},
    27: {"Status": ""},
    28: {"Name": "Lena O'Roe"},
    29: {"DOB": "02-Mar-1975"},
    30: {"Name": "Peter Roe", "DOB": date(1951, 1, 2)},
}
"""Thirty things that are wrong with it, each in the row of this number. The last is the first one again, written otherwise."""


def make_tracker(today: date) -> bytes:
    """Title, merged heads, a block of the last MDT, and a row between that is a heading."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "RS Tracker"
    sheet.append(["Rough sleeping tracker, Watford"])
    sheet.append(["General Data", *[None] * (len(HEADS) - 1), "MDT 1"])
    sheet.append([*HEADS, *BLOCK])
    sheet.merge_cells(start_row=2, end_row=2, start_column=1, end_column=len(HEADS))
    sheet.merge_cells(start_row=2, end_row=2, start_column=len(HEADS) + 1, end_column=len(HEADS) + len(BLOCK))
    for number in range(1, 61):
        told = _row(number, today) | FLAWS.get(number, {})
        sheet.append([told[name] for name in (*HEADS, *BLOCK)])
        if number == 40:
            sheet.append(["OLD CASES"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _row(number: int, today: date) -> dict[str, Any]:
    is_prison = number == 40
    return {
        "Name": f"{FIRST[(number - 1) % len(FIRST)]} {FAMILY[(number - 1) // 10]}",
        "DOB": date(1950 + number % 50, number % 12 + 1, number % 27 + 1),
        "Gender": "F" if number % 5 == 0 else "M", "Verified rough sleeper (Y/N)": "Y", "Current accommodation": "doorway",
        "Mental Health need": "Y" if number % 2 else "N", "Receiving MH support?": "N",
        "Institution": "Prison" if is_prison else "", "Date left": today - timedelta(days=20) if is_prison else "",
        "Status": "Open", "First seen": today - timedelta(days=200 + number), "MDT date": today - timedelta(days=30),
        "Update": f"update {number}", "Actions": "chase GP", "Owner": "New Hope",
    }  # fmt: skip
