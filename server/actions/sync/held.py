"""Changes of phones that were held: what each says and about whom, within what the reader may see; let in, or set aside.

Whoever lets one in stands in for it: policy and validation are asked again, for them and for today, and the record says who they
are. A phone's word for where its own worker was cannot become somebody else's: it stays that worker's, or is not let in.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from server.access import Access
from server.actions.sync.mending import Fault, list_faults, mend, people_named
from server.actions.sync.projection.holding import hold_subjects
from server.actions.sync.projection.times import why_no_life, why_wrong, with_true_times
from server.actions.sync.projection.wall import OF_A_SHIFT, Claim, claim_of, why_not_for
from server.actions.sync.validation import FACTS, validate
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.partnership.workers import list_carriers, list_short_names
from server.queries.people import subjects
from server.queries.sync import changes, orders
from server.queries.sync.changes import StoredBody
from server.queries.sync.store import Project, find_change
from shared.model.value import NO_JSON, Id, Value
from shared.policy import Act, SubjectKind
from shared.policy import held as words
from sync.wire import Change

MOST_HELD = 200
MOST_OF_EACH = 20
"""So many of one phone in a tray; the others are on the phone's page, and move up as these are decided on."""
ABOUT_ONESELF = OF_A_SHIFT | {"shift.started", "record.read"}
REASON_LONGEST = 500


class HeldChange(Value, frozen=True, kw_only=True):
    """A held change as its reader may know it. `says` is its content, `is_kept_from` that it has some which is not the reader's,
    `is_legible` that it could be read at all, `refusal` why the reader may not let it in ("": may), `faults` the fields that the
    reader may correct."""

    id: Id
    device: int
    type: str
    received_at_ms: int
    reason: str
    by: str
    people: tuple[Id, ...]
    says: tuple[tuple[str, str], ...]
    is_legible: bool
    is_kept_from: bool
    refusal: str
    faults: tuple[Fault, ...] = ()


def list_held(access: Access, device: int | None = None) -> list[HeldChange]:
    """What waits for the reader, the oldest first: of one phone that they answer for, or about records that they decide on."""
    if device is not None:
        stored = changes.list_quarantined(access.session, device, limit=MOST_HELD)
    else:
        stored = changes.list_tray(access.session, MOST_OF_EACH)
    answers_for = {each.device: _answers_for(access, each.device) for each in stored}
    described = [_describe(access, with_true_times(each, str(access.zone))) for each in stored]
    return [
        each
        for each in described
        if device is not None or answers_for[each.device] or (each.refusal == "" and each.people)
    ]


def find_held(access: Access, change_id: Id) -> HeldChange:
    """One held change that the reader decides on. Raises NotFound, Failure where somebody decided already."""
    return _describe(access, _find(access, change_id))


def let_in(access: Access, project: Project, change_ids: Sequence[Id]) -> None:
    """Let held changes in, each as a new change of the server in the name of the actor.

    Raises Failure with the reason where one cannot be: then none is.
    """
    found = [stored for each in change_ids if (stored := find_change(access.session, each)) is not None]
    _hold(access, found, change_ids)
    for change_id in change_ids:
        stored = _find(access, change_id)
        refusal, change = _ask(access, stored)
        if refusal or change is None:
            raise Failure(CONFLICTING, f"It cannot be let in: {refusal}. It stays where it is.")
        _adopt(access, project, stored, change, "adopt")


def _hold(access: Access, found: Sequence[StoredBody], change_ids: Sequence[Id]) -> None:
    """Two presses at once are one after the other, and neither holds the feed while it waits for whom the changes are about."""
    hold_subjects(access.session, [each.change for each in found if each.change is not None], change_ids)


def _adopt(access: Access, project: Project, stored: StoredBody, change: Change, purpose: str) -> None:
    access.require(Act.DECIDE_HELD, _subject(access, stored), purpose=purpose[:200], detail=stored.id)
    adopted = orders.adopt(
        access.session, stored.id, by=access.actor.worker_id, new_id=access.new_id(),
        now_ms=int(access.now.timestamp() * 1000), project=project, said=change,
    )  # fmt: skip
    if adopted is None:
        raise Failure(CONFLICTING, "It cannot be read, so it cannot be let in. It stays where it is.")


def let_in_mended(access: Access, project: Project, change_id: Id, told: Mapping[str, str]) -> None:
    """Let a held change in with some of its fields corrected. What came is kept as it came. Raises Invalid for what cannot be
    typed so, NotFound, and Failure with the reason where it still may not be let in."""
    as_it_came = find_change(access.session, change_id)
    _hold(access, [as_it_came] if as_it_came is not None else [], [change_id])
    stored = _find(access, change_id)
    if stored.change is None or not {each.field for each in _faults(access, stored)} >= set(told):
        raise NotFound
    try:
        mended = mend(stored.change, told, str(access.zone))
    except ValueError:
        raise Invalid("That is not a value this field can have. It stays where it is.") from None
    refusal, change = _ask(access, stored, mended)
    if refusal or change is None:
        raise Failure(CONFLICTING, f"It cannot be let in: {refusal}. It stays where it is.")
    _adopt(access, project, stored, change, "adopt, corrected: " + ", ".join(sorted(told)))


def set_aside(access: Access, change_ids: Sequence[Id], reason: str) -> None:
    """Set held changes aside for good, with the reason. Nothing is deleted. Raises Invalid without a reason."""
    why = reason.strip()
    if not why or len(why) > REASON_LONGEST:
        raise Invalid("Say why it is set aside, in 500 characters or fewer.")
    lock_records(access.session, change_ids)
    for change_id in change_ids:
        stored = _find(access, change_id)
        access.require(Act.DECIDE_HELD, _subject(access, stored), purpose="set aside", detail=change_id)
        changes.close_change(access.session, change_id, access.actor.worker_id, int(access.now.timestamp() * 1000), why)


def _find(access: Access, change_id: Id) -> StoredBody:
    """A held change that the actor decides on. Raises NotFound, Failure where somebody decided already."""
    stored = find_change(access.session, change_id)
    if stored is None or stored.reason is None:
        raise NotFound
    if not _answers_for(access, stored.device) and _ask(access, stored)[0]:
        raise NotFound
    if stored.adopted_as is not None or stored.closed_by is not None:
        raise Failure(CONFLICTING, "It was decided already, or it is no longer there.")
    return with_true_times(stored, str(access.zone))


def _answers_for(access: Access, device: int) -> bool:
    subject = subjects.find_device(access.session, device)
    return subject is not None and access.allows(Act.DECIDE_HELD, subject)


def _subject(access: Access, stored: StoredBody) -> Any:
    """The phone, for those who answer for it; the record that the change names, for the others."""
    if _answers_for(access, stored.device):
        return subjects.find_device(access.session, stored.device)
    claim = _read(stored)
    people = [each.id for each in claim.demands if each.kind is SubjectKind.PERSON] if claim is not None else []
    return subjects.find_person(access.session, people[0]) if people else None


def _read(stored: StoredBody) -> Claim | None:
    """What a held change says; None when it cannot be read, or says nothing that could count."""
    change = stored.change
    if change is None or change.erased or isinstance(validate(change), str):
        return None
    return claim_of(change, stored.device)


def _ask(access: Access, stored: StoredBody, mended: Change | None = None) -> tuple[str, Change | None]:
    """Why the actor may not let a change in, as it came or as it was mended (empty: they may), and the change as it then stands
    in their name."""
    change = mended or stored.change
    if change is None or change.erased:
        return "it cannot be read", None
    judged = validate(change)
    if isinstance(judged, str):
        return judged, None
    wrong = why_no_life(change, access.now)
    if wrong is None and judged.meaning is not None:
        wrong = why_wrong(judged.meaning, access.now, str(access.zone))
    if wrong is not None:
        return wrong, None
    claim = claim_of(change, stored.device)
    why = why_not_for(access.session, access.actor, claim, access.now, access.today)
    if why is not None:
        return why, None
    return _restate(access, stored, change, judged.meaning)


def _restate(access: Access, stored: StoredBody, change: Change, fact: Any) -> tuple[str, Change | None]:
    """The change in the name of whoever lets it in; the worker whose phone it was stays named beside them in a contact."""
    decider = access.actor.worker_id
    if change.t not in FACTS or not hasattr(fact, "worker_id"):
        return "", structs.replace(change, who=decider)
    carrier = list_carriers(access.session, [stored.device], access.today).get(stored.device)
    carried_by = carrier.worker_id if carrier is not None else None
    if change.t in ABOUT_ONESELF:
        is_own = change.t == "shift.joined" or fact.worker_id == carried_by
        return ("", structs.replace(change, who=decider)) if is_own else (words.OTHER_NAME, None)
    told = structs.replace(fact, worker_id=decider)
    if hasattr(fact, "colleague_ids") and carried_by not in {None, decider}:
        told = structs.replace(told, colleague_ids=tuple(dict.fromkeys((*fact.colleague_ids, carried_by))))
    return "", structs.replace(change, who=decider, p=msgspec.Raw(msgspec.json.encode(told)))


# --------------------------------------------------------------------------------------------------------- what it says


def _describe(access: Access, stored: StoredBody) -> HeldChange:
    refusal, _ = _ask(access, stored)
    claim = _read(stored)
    people = {each.id for each in claim.demands if each.kind is SubjectKind.PERSON} if claim is not None else set()
    known = {each for each in people if _may_see(access, each)}
    is_shown = claim is not None and (refusal == "" or known == people) and _may_see_content(access, stored)
    return HeldChange(
        id=stored.id,
        device=stored.device,
        type=stored.type,
        received_at_ms=stored.received_at_ms,
        reason=stored.reason or "",
        by=_name(access, stored.change.who if stored.change is not None else None),
        people=tuple(sorted(known)),
        says=_say(access, claim) if claim is not None and is_shown else (),
        is_legible=claim is not None,
        is_kept_from=claim is not None and not is_shown,
        refusal=refusal,
        faults=_faults(access, stored),
    )


def _faults(access: Access, stored: StoredBody) -> tuple[Fault, ...]:
    """What of a change the actor may correct: they answer for its phone, and may know everybody whom it names."""
    change = stored.change
    if change is None or change.erased or not _answers_for(access, stored.device):
        return ()
    named = people_named(change)
    if not all(_may_see(access, each) for each in named if subjects.find_person(access.session, each) is not None):
        return ()
    return tuple(list_faults(change, access.now, str(access.zone)))


def _may_see(access: Access, person_id: Id) -> bool:
    subject = subjects.find_person(access.session, person_id)
    return subject is not None and access.allows(Act.SEE_PERSON, subject)


def _may_see_content(access: Access, stored: StoredBody) -> bool:
    subject = _subject(access, stored)
    return subject is not None and access.allows(Act.DECIDE_HELD, subject)


def _name(access: Access, worker_id: Id | None) -> str:
    return list_short_names(access.session, {worker_id}).get(worker_id, "") if worker_id else ""


def _say(access: Access, claim: Claim) -> tuple[tuple[str, str], ...]:
    """Its fields in words, without ids: those of workers are names, those of people stand by themselves."""
    if claim.change.set_ is not None:
        fields = {name: _decode(bytes(value)) for name, (value, _) in claim.change.set_.items()}
    else:
        fields = dict(claim.values)
    lines = []
    for name, value in fields.items():
        if name == "fields" or value in (None, "", (), [], {}) or (name.endswith("_id") and name != "worker_id"):
            continue
        if name == "worker_id":
            lines.append(("In the name of", _name(access, str(value)) or "somebody not known here"))
        elif name != "id" and not name.endswith("_ids"):
            lines.append((name.replace("_", " ").capitalize(), _words(value, access.zone)))
    return tuple(lines)


def _decode(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except NO_JSON:
        return "cannot be read"


def _words(value: Any, zone: ZoneInfo) -> str:
    """A value whole: whoever lets it in stands in for all of it. Times are those of clocks here."""
    if hasattr(value, "latitude"):
        return f"{value.latitude:.5f}, {value.longitude:.5f}"
    if isinstance(value, dict) and "latitude" in value:
        return f"{value['latitude']:.5f}, {value.get('longitude', 0):.5f}"
    if isinstance(value, tuple | list):
        return ", ".join(_words(getattr(each, "need", each), zone) for each in value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%d %B %Y %H:%M %Z}"
    if isinstance(value, date):
        return f"{value:%d %B %Y}"
    return str(value).replace("_", " ") if hasattr(value, "value") else str(value)
