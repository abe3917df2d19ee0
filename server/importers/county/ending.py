"""An agency or a team ends: as rows of the county's file, so that it is shown line by line, done in one press and undone as one.

What they recorded stays, and so do they, by name: as an agency that has signed nothing and a team that walks nowhere.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy.orm import Session

from server.importers.county.plan import REMOVED, Plan, Verb
from server.importers.county.sheets import APART, BY_NAME, County, Row
from server.queries.cases.left_behind import count_left_behind
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


def say_left_behind(session: Session, plan: Plan) -> list[str]:
    """Of whoever leaves by a plan, and of services whose people all leave by it: what they lead on and what is theirs to do, in
    sentences. It stays theirs until a conference or a lead gives it to somebody else."""
    leaves = {
        line.id: line.label
        for line in plan.of(Verb.CHANGE)
        if line.sheet == "Workers" and any(each.column == "Active" and each.after == "no" for each in line.changes)
    }
    ends = {line.id: line.label for line in plan.lines if line.sheet == "Agencies"} if leaves else {}
    behind = count_left_behind(session, leaves, ends)
    said = []
    for who, name in sorted((leaves | ends).items(), key=lambda each: each[1].casefold()):
        led, actions = behind.led.get(who, 0), behind.actions.get(who, 0)
        parts = [
            f"leads on {led} open {'case' if led == 1 else 'cases'}" if led else "",
            f"has {actions} {'action' if actions == 1 else 'actions'} to do" if actions else "",
        ]
        if any(parts):
            said.append(f"{name} {' and '.join(part for part in parts if part)}.")
    return said


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
