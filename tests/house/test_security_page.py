"""The security officer's page names a test for each claim; here each of them must exist."""

import re

from tests.paths import ROOT

NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_claim_of_the_security_page_names_a_test_that_exists() -> None:
    named = NAMED.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (path := ROOT / "tests" / file).is_file() or f"def {test}(" not in path.read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_claim_has_a_test() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith(("| Claim", "| Found"))]
    assert [row for row in rows if not NAMED.search(row)] == []
