"""What the audit keeps of a push: a line for each record that each change names, with its fields, and what became of it (A6).

What the change says is never in it: who carried the phone, which record, which fields, whether it counts, and why not if it is
held.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import to_moment
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.partnership.workers import list_bearers
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.policy.changes import CHANGE_RULES, ChangeRule
from sync.server import Stored

Named = tuple[str, Id]
"""Kind and id of a record."""
READ = "record.read"
FIELDS_LONGEST = 400
NAME_LONGEST = 40


def keep_account(session: Session, stored: Sequence[Stored], new_id: Callable[[], Id]) -> None:
    """Write the lines of what phones have just brought, in one statement. A read that counts has a line of its own already."""
    brought = [each for each in stored if each.device > 0 and not (each.type == READ and each.is_accepted)]
    if not brought:
        return
    bearers = list_bearers(session, {each.device for each in brought})
    lines = []
    for each in brought:
        said = each.change.who if each.change is not None else None
        bearer, agency_id = bearers.get(each.device, (said, None))
        detail = _tell(each) if said in {None, bearer} else f"{_tell(each)}; in the name of {said}"
        lines += [
            AuditLine(
                id=new_id(),
                at=to_moment(each.received_at_ms),
                actor_id=bearer,
                agency_id=agency_id,
                device_number=each.device,
                action=str(Act.SYNC),
                subject_kind=kind[:40],
                subject_id=record_id[:64],
                allowed=each.is_accepted,
                reason=f"held: {each.reason}"[:200] if each.reason else "",
                detail=detail,
            )
            for kind, record_id in _list_named(each)
        ]
    audit.add_lines(session, lines)


def _list_named(stored: Stored) -> list[Named]:
    """The people whom a change names; where it names none, what it is about."""
    rule = CHANGE_RULES.get(stored.type)
    if rule is None:
        return [("change", stored.id)]
    if rule.entity is not None:
        return [(str(rule.entity), stored.entity or "")]
    named = list(_touched(rule, stored.meaning))
    people = [each for each in named if each[0] == SubjectKind.PERSON]
    return people or named[:1] or [(stored.type.partition(".")[0], stored.entity or stored.id)]


def _touched(rule: ChangeRule, meaning: Any) -> Iterator[Named]:
    """The records that a fact names, each once, in the order of the table of rules."""
    told = getattr(meaning, "fields", None)
    seen = set()
    for touch in rule.touches:
        value = getattr(meaning, touch.field, None)
        if value is None and isinstance(told, dict):
            value = told.get(touch.field)
        for each in (value,) if isinstance(value, str) else value or ():
            if (touch.kind, each) not in seen:
                seen.add((touch.kind, each))
                yield str(touch.kind), str(each)


def _tell(stored: Stored) -> str:
    """The type and id of a change, and the names of the fields that it sets."""
    fields: Any = None
    if stored.change is not None and stored.change.set_ is not None:
        fields = stored.change.set_
    elif stored.type == "contact.corrected":
        fields = getattr(stored.meaning, "fields", None)
    names = ", ".join(sorted({_name(str(each)) for each in fields}))[:FIELDS_LONGEST] if fields else ""
    return f"{_name(stored.type)} {stored.id}{': ' if names else ''}{names}"


def _name(said: str) -> str:
    """A name that a program would give. A phone may send whatever it likes as one, and no word of that is kept here."""
    plain = said.isascii() and len(said) <= NAME_LONGEST and said.replace(".", "_").isidentifier()
    return said if plain else "(no name)"
