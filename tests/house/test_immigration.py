"""What tells of immigration status has one table, one query, one action and one page (privacy rule A10).

Every field, code, column, filter, form, template and text of the product is read for it: a name or a word anywhere else fails.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import list_files, list_modules, name_of, parse
from tests.paths import ROOT

TELLING = re.compile(
    r"recourse|public[_ ]?funds|nrpf|asylum|nationality|immigra(?!tion\b)|citizenship|country_of_birth|visa\b|zasiłk",
    re.I,
)
"""The word for the rule itself, immigration, names modules; what would tell of somebody is the rest."""

ALLOWED = {
    "shared/policy/immigration.py": "the codes, and how they are taken out",
    "shared/policy/redaction.py": "the words that no field may hold",
    "shared/rules/h_clic.py": "a label that maps to nothing",
    "server/tables/people/person.py": "the table",
    "server/queries/people/housing_needs.py": "the query",
    "server/actions/people/housing_needs.py": "the action",
    "server/actions/people/bundle.py": "the words that no file may hold",
    "server/web/agency/housing_needs.py": "the page",
    "server/importers/caseload/meanings.py": "the headings whose columns are kept nowhere",
    "server/web/templates/agency/housing_needs.html": "the page",
}
MAY_READ = {"server/actions/people/housing_needs.py", "server/web/agency/housing_needs.py"}
"""Who may read the query's answers; the order of discussion reads its `list_unmet` alone."""


def words_of(module: ast.Module) -> Iterator[str]:
    """Every name and every text of a module, but for what its docstrings explain."""
    explained = {
        id(first.value)
        for node in ast.walk(module)
        for body in [getattr(node, "body", None)]
        if isinstance(body, list)
        for first in body
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            yield node.value
        for name in ("id", "attr", "arg", "name"):
            said = getattr(node, name, None)
            if isinstance(said, str):
                yield said


def tells(module: ast.Module) -> list[str]:
    return sorted({word for word in words_of(module) if TELLING.search(word)})


def test_no_field_code_column_filter_or_form_tells_of_immigration() -> None:
    found = {name_of(path): tells(parse(path)) for path in list_modules() if name_of(path) not in ALLOWED}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_template_text_or_style_tells_of_immigration() -> None:
    kinds = {".html", ".json", ".kv", ".typ", ".js", ".css", ".txt"}
    read = [
        path for path in list_files() if path.suffix in kinds and name_of(path).split("/")[0] in {"server", "mobile"}
    ]
    assert len(read) > 50
    assert [name_of(path) for path in read if name_of(path) not in ALLOWED and _tells_text(path)] == []


def _tells_text(path: Path) -> bool:
    return TELLING.search(path.read_text(encoding="utf-8", errors="replace")) is not None


@pytest.mark.parametrize(
    "planted",
    [
        "class Person(Value):\n    recourse_to_public_funds: str = ''",
        "class SupportNeed(Code):\n    OTHER = 'no_recourse_to_public_funds'",
        "COLUMNS = ('Name', 'Nationality')",
        "def show(request, asylum: FromQuery[bool] = False): ...",
        "query.where(person.c.visa == 'x')",
        "class ListForm(Form):\n    nationality_group: str = ''",
    ],
)
def test_a_planted_field_is_found(planted: str) -> None:
    assert tells(ast.parse(planted)) != []


def test_what_is_kept_is_read_by_its_own_page_and_the_order_of_discussion_alone() -> None:
    readers = {}
    for path in list_modules("server"):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("server.queries.people"):
                names = {alias.name for alias in node.names}
                if node.module == "server.queries.people.housing_needs" or "housing_needs" in names:
                    readers.setdefault(name_of(path), set()).update(names)
    assert readers.pop("server/queries/cases/priorities.py") == {"list_unmet"}
    assert set(readers) == MAY_READ


def test_every_place_that_may_speak_of_it_is_there() -> None:
    assert [name for name in ALLOWED if not (ROOT / name).exists()] == []
