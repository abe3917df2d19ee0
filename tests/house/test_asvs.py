"""The list of OWASP ASVS 5.0, levels 1 and 2: every item answered, and every answer one that can be looked up."""

import csv
import re
from collections import Counter

from tests.paths import ROOT

ITEMS, LEVEL_1 = 253, 70
STATUSES = {"pass", "not applicable", "operator"}
"""Nothing is left open: what is not met is mended, or the guide says what the operator does."""


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "asvs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def anchors(page: str) -> set[str]:
    """The anchors of a page of the guide, as they are made of its headings."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "operate" / page).read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_item_is_there_once() -> None:
    items = [row["item"] for row in rows()]
    assert (len(items), len(set(items))) == (ITEMS, ITEMS)
    assert Counter(row["level"] for row in rows()) == {"1": LEVEL_1, "2": ITEMS - LEVEL_1}
    assert all(re.fullmatch(r"V\d+\.\d+\.\d+", item) for item in items)
    assert {row["status"] for row in rows()} == STATUSES
    assert all(row["what"] and row["shown_by"] for row in rows())


def test_what_passes_names_a_test_that_exists() -> None:
    missing = []
    for row in rows():
        if row["status"] == "pass":
            file, _, name = row["shown_by"].partition("::")
            path = ROOT / "tests" / file
            if not path.is_file() or f"def {name}(" not in path.read_text(encoding="utf-8"):
                missing.append(row["item"])
    assert missing == []


def test_what_is_the_operators_stands_in_the_guide() -> None:
    missing = []
    for row in rows():
        if row["status"] == "operator":
            page, _, anchor = row["shown_by"].partition("#")
            if not (ROOT / "docs" / "operate" / page).is_file() or anchor not in anchors(page):
                missing.append((row["item"], row["shown_by"]))
    assert missing == []
