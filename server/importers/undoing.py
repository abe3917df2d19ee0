"""A file of reports taken out again as one: what nobody has worked with is gone from here and from every phone, whatever somebody
has is left and named. What it changed in reports that were there before is put back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from server.access import Access, Door, of_theirs
from server.actions.operation.orders import order_placing
from server.importers.newer import THE_SOURCE, say_point, tell_phones
from server.problems import CONFLICTING, Failure, NotFound
from server.queries.referrals import imports, inbox, referral_steps, undoing, versions
from server.queries.referrals.desk import take_back_mails
from server.queries.referrals.imports import ImportBatch
from server.queries.referrals.undoing import Brought, BroughtVersion
from server.queries.referrals.versions import WORDS, Held
from server.queries.sync.store import erase_entities, place_entity
from shared.model.codes import ReferralState
from shared.model.referral import ReferralProgress
from shared.model.value import Id
from shared.policy import Act
from shared.rules.referral import FINAL_STATES

AT_ONCE = 200
NOTE = "The file that said so was undone."


def undo(door: Door, batch_id: Id) -> list[str]:
    """Take a file out again, so much at once that nobody waits, with the rows of it that were mended and brought in after it;
    returns the numbers of what stays. A mended row that is taken out alone waits to be mended again, as it came.

    Raises NotFound for a file of somebody else, and Failure for one that was undone before.
    """
    with _open(door, batch_id) as access:
        batch = _find_theirs(access, batch_id)
        parts = imports.list_parts(access.session, batch_id)
    left = [number for part in parts for number in _undo_one(door, part)]
    return left + _undo_one(door, batch)


def _undo_one(door: Door, batch: ImportBatch) -> list[str]:
    after: Id | None = ""
    left: list[str] = []
    while after is not None:
        with _open(door, batch.id) as access:
            after, stays = _undo_next(access, batch.id, after)
            left += stays
    with _open(door, batch.id) as access:
        left += _undo_rest(access, batch.id)
        if batch.part_of is not None and batch.part_row is not None and not left:
            imports.let_wait_again(access.session, batch.part_of, batch.part_row)
    return left


@contextmanager
def _open(door: Door, batch_id: Id) -> Iterator[Access]:
    with door.open() as access:
        access.require(Act.IMPORT_REFERRALS, of_theirs(access.actor), purpose="import", detail=f"undone {batch_id}")
        yield access


def _find_theirs(access: Access, batch_id: Id) -> ImportBatch:
    """A file that the actor brought in. Raises NotFound for any other, and Failure for one that was undone before."""
    batch = imports.find_batch(access.session, batch_id)
    if batch is None or batch.kind != "referrals" or batch.imported_by != access.actor.worker_id:
        raise NotFound
    if batch.undone_at is not None:
        raise Failure(CONFLICTING, "This file was undone before.")
    return batch


def _undo_next(access: Access, batch_id: Id, after: Id) -> tuple[Id | None, list[str]]:
    """Take the next referrals of a file out; returns where to go on (None: that was all), and the numbers of those that stay."""
    brought = undoing.list_brought(access.session, batch_id, after, AT_ONCE)
    worked_with = undoing.list_worked_with(access.session, brought, batch_id)
    gone = [each for each in brought if each.referral_id not in worked_with]
    if gone:
        _forget(access, gone)
    more = brought[-1].alert_id if len(brought) == AT_ONCE else None
    return more, [each.number for each in brought if each.referral_id in worked_with]


def _undo_rest(access: Access, batch_id: Id) -> list[str]:
    """Put back what the file changed in reports that were there before; returns the numbers of those that stay as they are."""
    left = [
        each.number for each in undoing.list_brought_versions(access.session, batch_id) if not _put_back(access, each)
    ]
    if not undoing.note_undone(access.session, batch_id, access.now):
        raise Failure(CONFLICTING, "This file was undone before.")
    return left


def _forget(access: Access, gone: Sequence[Brought]) -> None:
    session = access.session
    ids = [each.referral_id for each in gone]
    alone = undoing.stand_alone(session, ids)
    for each in alone:
        _step(access, each, ReferralState.RECEIVED)
    undoing.delete_brought(session, gone)
    for each in alone:
        tell_phones(session, each, access.now, access.new_id)
    for referral_id in ids:
        order_placing(session, referral_id, frozenset(), access.now, access.new_id())
        place_entity(session, referral_id, frozenset())
    erase_entities(session, ids, int(access.now.timestamp() * 1000))


def _put_back(access: Access, version: BroughtVersion) -> bool:
    """Undo what was taken over of a version; False where somebody has gone on with the referral since."""
    held = versions.find_held_of(access.session, version.referral_id)
    if held is None or version.settled_by or not _is_as_left(access.session, version, held):
        return False
    words = {name: version.changes[name][0] for name in version.applied if name in WORDS}
    if words:
        versions.take_words(access.session, held, words)
    steps = referral_steps.list_newest(access.session, version.referral_id, 2)
    before = steps[1] if len(steps) > 1 else None
    if "point" in version.applied:
        _take_away_place(access, held)
        _step(access, version.referral_id, ReferralState.NEEDS_INFORMATION)
    if "closed" in version.applied:
        unplaced = held.position is None or "point" in version.applied
        came = ReferralState.NEEDS_INFORMATION if unplaced else ReferralState.RECEIVED
        is_known = before is not None and before.state not in FINAL_STATES and "point" not in version.applied
        _step(access, version.referral_id, before.state if before is not None and is_known else came)
        take_back_mails(access.session, [version.referral_id], version.received_at)
    elif "reopened" in version.applied:
        outcome = before.outcome if before is not None else undoing.find_outcome_told(access.session, version.alert_id)
        _step(access, version.referral_id, ReferralState.CLOSED, outcome)
    undoing.delete_version(access.session, version)
    if version.applied:
        tell_phones(access.session, version.referral_id, access.now, access.new_id)
    return True


def _take_away_place(access: Access, held: Held) -> None:
    """No pin any more, and whose it was before the pin said so."""
    assert held.referral is not None
    referral = held.referral
    holder = referral_steps.find_holder(access.session, referral.id)
    district_id = referral.district_id
    for step in referral_steps.list_newest(access.session, referral.id, 2):
        left, had_it = referral_steps.find_left(access.session, step.id)
        if step.worker_id == THE_SOURCE and left is not None:
            district_id, holder = left or None, had_it
            break
    versions.take_place(access.session, held, None, district_id, holder.team_id)


def _is_as_left(session: Session, version: BroughtVersion, held: Held) -> bool:
    """Is what the source did as it left it: its words, its pin, and, where it moved the referral, no step since?"""
    said = {name: now for name, (_, now) in version.changes.items() if name in version.applied}
    if any(held.words[name] != now for name, now in said.items() if name in WORDS):
        return False
    if "point" in said and (held.position is None or say_point(held.position) != said["point"]):
        return False
    moved = {"point", "closed", "reopened"} & set(said)
    newest = referral_steps.find_newest(session, version.referral_id)
    # A later file may have moved it on: that is its source's word, too, and another version's.
    return not moved or newest is None or (newest.worker_id == THE_SOURCE and newest.at <= version.received_at)


def _step(access: Access, referral_id: Id, state: ReferralState, outcome: str = "") -> None:
    row = inbox.find_inbox_row(access.session, referral_id)
    if row is not None and row.referral.state is not state:
        step = ReferralProgress(
            id=access.new_id(), referral_id=referral_id, state=state, at=access.now,
            worker_id=access.actor.worker_id, outcome=outcome, note=NOTE,
        )  # fmt: skip
        referral_steps.add_step(access.session, step)
