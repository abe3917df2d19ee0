"""*Two versions* stands open in two tabs, and a third version comes while both are open: nothing is written over unread, whoever
presses first and whatever they press.
"""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from server.database.engine import Database
from server.tables.people.person import person
from server.tables.referrals.referral import referral
from server.tables.street.conflict import conflict
from server.tables.street.site import site
from shared.rules.careful import CAREFUL_FIELDS
from tests.web import test_conflicts
from tests.web.test_conflicts import HERE, THERE, Patch, shown_on

patch = test_conflicts.patch

TEXTS = [
    ("person", "nova", "description", ("by the gate", "by the yard", "new dog, it bites")),
    ("person", "nova", "safety_needs", ("never alone", "", "has a knife")),
    ("site", "stairwell", "hazards", ("wet floor", "", "needles")),
    ("referral", "r1", "assigned_worker_id", ("aisha", "dean", "tom")),
]


def value_of(database: Database, kind: str, entity: str, field: str) -> Any:
    table = {"person": person, "site": site, "referral": referral}[kind]
    with database.reading() as session:
        return session.scalar(select(table.c[field]).where(table.c.id == entity))


def waiting(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(conflict.c.field).order_by(conflict.c.field)))


@pytest.mark.parametrize(("kind", "entity", "field", "words"), TEXTS)
def test_a_third_version_is_read_before_either_tab_keeps_anything(
    patch: Patch,
    filled: Database,
    browse: Callable[[str], Any],
    kind: str,
    entity: str,
    field: str,
    words: tuple[str, ...],
) -> None:
    for number, who in enumerate(("aisha", "dean")):
        patch(31 + number, "tom" if kind == "referral" else who, f"{kind}.patched", entity, **{field: words[number]})
    before = value_of(filled, kind, entity, field)
    first, second = browse("tom"), browse("tom")
    shown = [shown_on(tab.get("/conflicts")) for tab in (first, second)]
    patch(33, "tom", f"{kind}.patched", entity, **{field: words[2]})
    after = value_of(filled, kind, entity, field)
    assert field not in CAREFUL_FIELDS or {before, words[2]} <= set(after.split(" · ")), "the more careful word stands"
    for tab, seen, change in ((first, shown[0], "p31-1"), (second, shown[1], "p32-1")):
        answer = tab.send("/conflicts", entity=entity, field=field, change=change, shown=seen)
        assert answer.status_code == 409 and "A newer version has come meanwhile" in answer.text
    assert value_of(filled, kind, entity, field) == after and waiting(filled) == [field]

    fresh, stale = shown_on(first.get("/conflicts")), shown_on(second.get("/conflicts"))
    assert first.send("/conflicts", entity=entity, field=field, change="p32-1", shown=fresh).status_code == 200
    assert value_of(filled, kind, entity, field) == words[1]
    again = second.send("/conflicts", entity=entity, field=field, change="p33-1", shown=stale)
    assert again.status_code == 409 and "settled this meanwhile" in again.text
    assert value_of(filled, kind, entity, field) == words[1] and waiting(filled) == []

    patch(34, "tom" if kind == "referral" else "aisha", f"{kind}.patched", entity, **{field: words[0]})
    assert waiting(filled) == [field], "who had not heard of it stands against what was settled"
    for change in ("p31-1", "p34-1"):
        answer = second.send("/conflicts", entity=entity, field=field, change=change, shown=stale)
        assert answer.status_code == 409, "a page of before settles nothing of after"
    page = first.get("/conflicts")
    kept = first.send("/conflicts", entity=entity, field=field, change="p34-1", shown=shown_on(page))
    assert kept.status_code == 200 and value_of(filled, kind, entity, field) == words[0]


def test_both_of_a_place_pressed_in_a_tab_of_before_makes_no_place(
    patch: Patch, filled: Database, browse: Callable[[str], Any]
) -> None:
    patch(31, "aisha", "site.patched", "stairwell", name="Stairs north", position=HERE)
    patch(32, "dean", "site.patched", "stairwell", name="Shelter", position=THERE)
    first, second = browse("tom"), browse("priya")
    old = shown_on(second.get("/conflicts/places/stairwell"))
    patch(33, "tom", "site.patched", "stairwell", name="Bridge")
    for field, change in (("name", "both"), ("position", "both"), ("name", "p31-1"), ("position", "p32-1")):
        answer = second.send("/conflicts", entity="stairwell", field=field, change=change, shown=old)
        assert answer.status_code == 409, (field, change)
    with filled.reading() as session:
        places = len(session.execute(select(site.c.id)).all())
    page = first.get("/conflicts/places/stairwell")
    first.send("/conflicts", entity="stairwell", field="name", change="both", shown=shown_on(page))
    answer = second.send("/conflicts", entity="stairwell", field="name", change="both", shown=shown_on(page))
    assert answer.status_code == 409
    with filled.reading() as session:
        names = sorted(
            session.scalars(select(site.c.name).where(site.c.name.in_(["Stairs north", "Shelter", "Bridge"])))
        )
        assert len(session.execute(select(site.c.id)).all()) == places + 2
    assert names == ["Bridge", "Shelter", "Stairs north"]


@pytest.mark.slow
def test_of_two_who_press_at_once_one_keeps_and_one_is_told(
    patch: Patch, filled: Database, browse: Callable[[str], Any]
) -> None:
    patch(31, "aisha", "person.patched", "marek", description="by the gate")
    patch(32, "dean", "person.patched", "marek", description="by the yard")
    tabs = {"p31-1": browse("tom"), "p32-1": browse("priya")}
    shown = {change: shown_on(tab.get("/conflicts")) for change, tab in tabs.items()}
    together, answers = Barrier(2), dict[str, Any]()

    def press(change: str) -> None:
        together.wait()
        answers[change] = tabs[change].send(
            "/conflicts", entity="marek", field="description", change=change, shown=shown[change]
        )

    threads = [Thread(target=press, args=(change,)) for change in tabs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    codes = {change: answer.status_code for change, answer in answers.items()}
    assert sorted(codes.values()) == [200, 409], codes
    kept = next(change for change, code in codes.items() if code == 200)
    said = {"p31-1": "by the gate", "p32-1": "by the yard"}
    assert value_of(filled, "person", "marek", "description") == said[kept]
    assert waiting(filled) == []
