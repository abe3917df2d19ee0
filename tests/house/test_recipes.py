"""The recipes of CONTRIBUTING lead to files that exist, and each registry they name holds all that its folder holds."""

import importlib
import json
import re

import pytest
from litestar.handlers import HTTPRouteHandler

from server.importers.sources import PARSERS
from server.web.routes import AUDIENCES
from tests.house.test_arrows import COMMON_GROUND_OF_PAGES, list_rooms
from tests.paths import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
RECIPES = CONTRIBUTING.split("## Recipes")[1].split("\n## ")[0]
REGISTERED_ELSEWHERE = {"boundaries", "gazetteer", "openreferral", "sightings"}
"""Folders of server/importers that read no referrals: each is a command of its own."""
ASSEMBLED_ELSEWHERE = {"static", "templates"}


def list_named() -> list[str]:
    """Every path that a recipe names."""
    return sorted(set(re.findall(r"`((?:shared|sync|server|mobile|migrations|tests)/[\w/.]+)`", RECIPES)))


@pytest.mark.parametrize("name", list_named())
def test_every_file_that_a_recipe_names_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_recipes_name_files() -> None:
    titles = re.findall(r"\*\*(.+?)\*\*", RECIPES)

    assert len(titles) == 6
    assert len(list_named()) >= 20


def test_every_source_of_referrals_is_in_its_registry() -> None:
    folders = {path.parent.name for path in (ROOT / "server" / "importers").glob("*/parse.py")}

    assert {name.replace("-", "_") for name in PARSERS} == folders - REGISTERED_ELSEWHERE


def test_every_audience_of_pages_is_served() -> None:
    rooms = list_rooms(ROOT / "server" / "web") - COMMON_GROUND_OF_PAGES - ASSEMBLED_ELSEWHERE
    audiences = {name for name in rooms if (ROOT / "server" / "web" / name / "__init__.py").exists()}

    served = [importlib.import_module(f"server.web.{name}").PAGES for name in audiences]

    assert all(any(pages is known for known in AUDIENCES) for pages in served)
    assert len(served) == len(AUDIENCES)


def test_every_handler_of_pages_is_in_its_audience() -> None:
    """A page that nobody lists is a page that nobody can open."""
    listed = {handler for pages in AUDIENCES for handler in pages}
    unlisted = []
    for path in (ROOT / "server" / "web").glob("*/*.py"):
        if path.parent.name in COMMON_GROUND_OF_PAGES or path.stem == "__init__":
            continue
        module = importlib.import_module(f"server.web.{path.parent.name}.{path.stem}")
        unlisted += [
            f"{path.parent.name}/{path.stem}.{name}"
            for name, value in vars(module).items()
            if isinstance(value, HTTPRouteHandler) and value not in listed
        ]

    assert unlisted == []


def test_both_languages_of_the_phone_have_the_same_words() -> None:
    english, polish = (
        json.loads((ROOT / "mobile" / "text" / f"{name}.json").read_text()) for name in ("english", "polish")
    )

    assert set(english) == set(polish)
