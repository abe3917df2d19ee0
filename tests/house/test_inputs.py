"""Every field that is counted, filtered by or asked for can be entered somewhere.

A field without an input makes every figure about it wrong in silence: "not known" for everybody, or nought.
"""

import re
from collections.abc import Iterable, Mapping

import pytest

from server.queries.cases.priorities import GENERAL_FIELDS
from server.queries.people.housing_needs import HousingNeeds
from server.web.coordinator.priorities import GENERAL_WORDS
from shared.model.contact import Contact
from shared.model.person import PERSON_FIELDS
from tests.house.tree import list_modules, name_of
from tests.paths import ROOT

PAGES = {
    "person": ("server/web/templates/coordinator/facts.html",),
    "restricted": ("server/web/templates/agency/housing_needs.html",),
}
PHONE = ("mobile/screens/person/screen.kv",)
NOT_ON_THE_PHONE_BY_NAME = {"name_quality": "declined_name", "dob_quality": "declined_date_of_birth"}
"""What the phone asks in another way: whether somebody would rather not say."""
ON_A_PAGE_OF_ITS_OWN = {"died_on"}
"""What ends what is planned for somebody, recorded under health and harm and on no phone."""
MADE_NOT_TYPED = {"id", "team_id", "district_id", "created_at", "changed_at", "person_id"}
"""Columns that follow from others: who was met where, and when the record was made."""
COUNTED_COLUMN = re.compile(r"(?<![\w.])person\.c\.(\w+)")


def find_without_input(fields: Iterable[str], sources: Iterable[str]) -> list[str]:
    """Those of the fields that no form in these texts asks for: by the name of an input, or the id of a widget."""
    texts = list(sources)
    asked = re.compile(r"""["'](\w+)["']|\bid: *(\w+)|name="(\w+)\"""")
    found = {name for text in texts for match in asked.finditer(text) for name in match.groups() if name}
    return sorted(set(fields) - found)


def read(paths: Iterable[str]) -> list[str]:
    return [(ROOT / path).read_text(encoding="utf-8") for path in paths]


def list_counted_columns() -> set[str]:
    """Every column of a person that some query reads by name."""
    modules = (path for path in list_modules("server") if name_of(path).startswith("server/queries/"))
    return {name for path in modules for name in COUNTED_COLUMN.findall(path.read_text(encoding="utf-8"))}


def test_every_field_of_a_person_is_asked_for_on_the_page() -> None:
    assert find_without_input(set(PERSON_FIELDS) - ON_A_PAGE_OF_ITS_OWN, read(PAGES["person"])) == []


def test_every_field_of_a_person_is_asked_for_on_the_phone() -> None:
    asked = [*read(PHONE), " ".join(f"id: {each}" for each in NOT_ON_THE_PHONE_BY_NAME)]
    assert find_without_input(set(PERSON_FIELDS) - ON_A_PAGE_OF_ITS_OWN, asked) == []
    assert find_without_input(NOT_ON_THE_PHONE_BY_NAME.values(), read(PHONE)) == []


def test_every_column_that_a_query_counts_or_filters_by_is_a_field_that_is_asked_for() -> None:
    counted = list_counted_columns()
    assert {"gender", "institution_left"} & counted, "The columns are written otherwise now: mend the pattern."
    assert counted - MADE_NOT_TYPED <= set(PERSON_FIELDS)


def test_every_general_fact_of_a_case_is_asked_for() -> None:
    assert find_without_input(GENERAL_FIELDS, [" ".join(f'"{name}"' for name in GENERAL_WORDS)]) == []


def test_what_reaches_no_phone_is_asked_for_on_its_page() -> None:
    """The page of Housing says its fields in other words: this is the list of which is which."""
    asked = {
        "recourse": "funds", "receiving_support": "support", "left_asylum_support": "left_support",
        "left_asylum_support_on": "left_on",
    }  # fmt: skip
    made = {"person_id", "recorded_at", "recorded_by"}
    assert set(HousingNeeds.__struct_fields__) - made == set(asked)
    assert find_without_input(asked.values(), read(PAGES["restricted"])) == []


@pytest.mark.parametrize("needed", ["state", "offered", "given", "note", "next_step"])
def test_what_is_counted_of_a_contact_is_asked_for(needed: str) -> None:
    assert needed in Contact.__struct_fields__
    forms = [
        path.read_text(encoding="utf-8") for path in (ROOT / "server/web/templates/outreach").glob("contact*.html")
    ]
    phone = [path.read_text(encoding="utf-8") for path in (ROOT / "mobile/screens/contact").glob("*.*")]
    assert find_without_input([needed], forms) == []
    assert find_without_input([needed], phone) == []


@pytest.mark.parametrize(
    "planted",
    [{"shoe_size": "a field"}, {"gender": "a field", "shoe_size": "another"}, {"institution": "part of a name"}],
)
def test_a_field_without_an_input_is_noticed(planted: Mapping[str, str]) -> None:
    missing = find_without_input([*set(PERSON_FIELDS) - ON_A_PAGE_OF_ITS_OWN, *planted], read(PAGES["person"]))
    assert missing == sorted(set(planted) - set(PERSON_FIELDS))
