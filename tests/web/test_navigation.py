"""Where somebody may go: what their role opens, the seldom pages of long lists under "More", and nothing lost."""

import pytest

from server.web.layout import engine
from server.web.layout.navigation import FIT, entries_for, navigation_of
from shared.model.codes import Role


@pytest.mark.parametrize("role", Role)
def test_every_entry_stands_once_and_the_section_with_the_first(role: Role) -> None:
    roles = frozenset({role})
    every = [each.path for each in entries_for(roles)]
    for section in (*every, ""):
        shown, more = navigation_of(roles, section)
        paths = [each["href"] for each in shown]
        assert sorted([*paths, *(each.path for each in more)]) == sorted(every)
        assert [each["href"] for each in shown if each["active"]] == ([section] if section else [])
        assert not more or len(every) > FIT
        page = engine.navigation(roles, section)
        assert [page.count(f'href="{path}"') for path in every] == [1] * len(every)
        assert ("<summary" in page) == bool(more)


def test_a_coordinators_pages_of_every_day_fit() -> None:
    shown, more = navigation_of(frozenset({Role.COORDINATOR}), "/cases")
    assert shown[0]["text"] == "Case list" and len(more) >= 5
    assert len(shown) <= FIT + 4
