"""What an officer signs names tests that exist, and agrees with the register and the table of periods."""

import re

import pytest

from shared.policy.retention import RETENTION
from tests.house.fields import read_register
from tests.house.test_security_page import NAMED
from tests.paths import ROOT

OFFICER = ROOT / "docs" / "officer"
PAGES = sorted(OFFICER.glob("*.md"))


def test_every_test_that_is_named_exists() -> None:
    named = [claim for page in PAGES for claim in NAMED.findall(page.read_text(encoding="utf-8"))]
    assert len(named) > 30

    assert [
        f"{file}::{test}"
        for file, test in named
        if not (path := ROOT / "tests" / file).is_file() or f"def {test}(" not in path.read_text(encoding="utf-8")
    ] == []


def test_every_line_of_the_mapping_has_a_test_or_is_yours() -> None:
    rows = [line for line in (OFFICER / "mapping.md").read_text().splitlines() if re.match(r"\| (\d|[A-Z])", line)]
    rows = [row for row in rows if not row.startswith(("| Principle", "| Theme"))]
    assert len(rows) == 14 + 5

    assert [row for row in rows if not NAMED.search(row) and "**you**" not in row] == []


def test_the_page_of_periods_is_the_table_that_is_carried_out() -> None:
    told = dict(re.findall(r"^\| ([a-z ]+) \| (\d+ (?:months|days)) \|", (OFFICER / "retention.md").read_text(), re.M))
    kept = {
        str(name.value).replace("_", " "): f"{each.months} months" if each.months else f"{each.days} days"
        for name, each in RETENTION.items()
    }

    assert told == {name.replace("_", " "): period for name, period in kept.items()}


def test_the_assessment_names_every_kind_of_special_category() -> None:
    kinds = {kind for line in read_register() for kind in line.special_category.split("; ")} - {"no"}
    text = (OFFICER / "dpia.md").read_text()

    assert kinds
    assert {kind for kind in kinds if f"| {kind}" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_is_on_the_first(page) -> None:
    assert page.name == "README.md" or f"({page.name})" in (OFFICER / "README.md").read_text()
