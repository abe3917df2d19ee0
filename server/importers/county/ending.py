"""An agency or a team ends: as rows of the county's file, so that it is shown line by line, done in one press and undone as one.

What they recorded stays, and so do they, by name: as an agency that has signed nothing and a team that walks nowhere.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from server.importers.county.plan import APART, REMOVED
from server.importers.county.sheets import BY_NAME, County, Row
from shared.model.value import Id

ENDING = frozenset({"Agencies", "Teams"})
"""The sheets whose rows end so; a district and an agreement have a last day of their own, and a worker leaves."""


def make_ending(standing: County, sheet: str, record_id: Id, today: date) -> County | None:
    """What ends with an agency or a team: whoever works there leaves, or leaves the team; None where there is no such one."""
    found = next((row.cells for row in standing.of(sheet) if row.cells["Id"] == record_id), None)
    if found is None or sheet not in ENDING:
        return None
    agency = found["Name"] if sheet == "Agencies" else found["Agency"]
    rows: dict[str, list[dict[str, str]]] = {name: [] for name in BY_NAME}
    rows["Teams"] = [
        _key("Teams", each.cells) | {"Districts": REMOVED}
        for each in standing.of("Teams")
        if each.cells["Id"] == record_id or (sheet == "Agencies" and each.cells["Agency"] == agency)
    ]
    members = [each.cells for each in standing.of("Workers") if each.cells["Agency"] == agency]
    if sheet == "Teams":
        for cells in members:
            teams = cells["Teams"].split(APART)
            if found["Name"] in teams:
                kept = APART.join(name for name in teams if name != found["Name"]) or REMOVED
                rows["Workers"].append(_key("Workers", cells) | {"Teams": kept})
        return _county(rows)
    rows["Agencies"].append(_key("Agencies", found) | {"Mailbox": REMOVED})
    rows["Workers"] = [_key("Workers", cells) | {"Active": "no"} for cells in members if cells["Active"] == "yes"]
    eve = (today - timedelta(days=1)).isoformat()
    rows["Agreements"] = [
        _key("Agreements", each.cells) | {"Last day": max(each.cells["Signed on"], eve)}
        for each in standing.of("Agreements")
        if each.cells["Agency"] == agency and each.cells["Last day"] > eve
    ]
    return _county(rows)


def _key(sheet: str, cells: Mapping[str, str]) -> dict[str, str]:
    return {name: cells[name] for name in (*BY_NAME[sheet].key, "Id")}


def _county(rows: dict[str, list[dict[str, str]]]) -> County:
    return County(
        {
            name: tuple(
                Row(number, dict.fromkeys(BY_NAME[name].columns, "") | cells)
                for number, cells in enumerate(each, start=2)
            )
            for name, each in rows.items()
        }
    )
