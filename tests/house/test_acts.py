"""Every action of the permission grid guards something, and everything that a phone may push names its action."""

import re

from server.actions.sync.validation import FACTS, PATCHES
from shared.policy.actions import Act
from shared.policy.changes import CHANGE_RULES
from tests.house.tree import list_modules, name_of

ASKED_IN = ("server/", "shared/policy/changes.py", "shared/policy/redaction.py")


def find_required(texts: list[str]) -> set[str]:
    """The names of the actions that the product asks for somewhere."""
    return {name for text in texts for name in re.findall(r"\bAct\.([A-Z_]+)\b", text)}


def test_every_action_is_required_somewhere() -> None:
    texts = [path.read_text() for path in list_modules("server", "shared") if name_of(path).startswith(ASKED_IN)]

    assert {act.name for act in Act} - find_required(texts) == set()


def test_an_action_that_guards_nothing_would_be_seen() -> None:
    assert find_required(["access.require(Act.SEE_PERSON)", "ACTION = 'merge_people'"]) == {"SEE_PERSON"}


def test_every_change_type_names_its_action() -> None:
    assert {*FACTS, *PATCHES} <= set(CHANGE_RULES)
