"""The test of the test: rules of the production code, each switched off by a patch of one small function.

A world without the rule must break an invariant within a few seeds; if it does not, the simulator is blind to that rule.
Nothing of this is in production code.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec import structs

from mobile.store import sync_rows
from mobile.store.sync import SyncStore
from server.queries.sync import changes as sync_changes
from server.queries.sync import orders as sync_orders
from server.queries.sync import store as queries
from sync import clock, device, digest, feeds, group_commit, merge, past, server, skeleton
from sync.feeds import Entry
from sync.wire import EVICT

Patch = pytest.MonkeyPatch
SwitchOff = Callable[[Patch], None]


def what_was_acknowledged_is_passed_over(patch: Patch) -> None:
    patch.setattr(server, "fresh_records", lambda acked, batch: batch.records)


def a_gap_is_refused(patch: Patch) -> None:
    patch.setattr(server, "check_push", lambda device, batch: None)


def a_batch_must_go_on_from_what_the_server_holds(patch: Patch) -> None:
    patch.setattr(server, "is_other_past", lambda device, batch: False)


def a_number_means_one_change(patch: Patch) -> None:
    patch.setattr(server, "check_fork", lambda device, batch, ids: None)


def pushes_of_one_phone_follow_each_other(patch: Patch) -> None:
    patch.setattr(group_commit, "may_join", lambda device, brought, devices, ids: True)


def what_lies_nowhere_is_not_taken_for_acknowledged(patch: Patch) -> None:
    patch.setattr(sync_changes, "_find_elsewhere", lambda sql, ids: {})


def a_cursor_must_agree_with_our_past(patch: Patch) -> None:
    patch.setattr(server, "check_cursor", lambda scope, cursor, at_cursor: server.Following(scope, cursor))


def the_hash_covers_stamps_and_dots(patch: Patch) -> None:
    patch.setattr(digest, "mark", lambda eff, dev, n: "")


def stamps_are_clamped(patch: Patch) -> None:
    patch.setattr(clock, "clamp", lambda hlc, received_at_ms: hlc)


def what_is_denied_is_kept(patch: Patch) -> None:
    """As CHT #8186 does not."""
    plan_push = server.plan_push

    def plan(*arguments: Any) -> server.PushPlan:
        planned = plan_push(*arguments)
        return structs.replace(planned, stored=tuple(s for s in planned.stored if s.is_accepted))

    patch.setattr(server, "plan_push", plan)


def the_servers_numbers_follow_the_clock(patch: Patch) -> None:
    patch.setattr(sync_orders, "next_server_number", lambda last, now_ms: last + 1)


def a_restored_server_writes_as_another_device(patch: Patch) -> None:
    patch.setattr(queries, "begin_again", lambda session, now_ms: None)


def an_adopted_change_is_nobodys_later_word(patch: Patch) -> None:
    def number_adopted(held: Any, new_id: str, n: int, hlc: int, scope: str) -> Any:
        return structs.replace(held, id=new_id, dev=0, n=n, hlc=hlc, s=scope, adopts=held.id)

    patch.setattr(sync_orders, "number_adopted", number_adopted)


def what_moves_away_is_withdrawn(patch: Patch) -> None:
    place = feeds.place

    def put_only(*arguments: Any) -> list[Entry]:
        return [entry for entry in place(*arguments) if entry.op != EVICT]

    patch.setattr(feeds, "place", put_only)


def an_author_is_told_that_a_change_went_elsewhere(patch: Patch) -> None:
    patch.setattr(feeds, "say_in_private", lambda device, change_id, reason, is_erased: [])


def erasures_are_told_to_phones(patch: Patch) -> None:
    patch.setattr(feeds, "erase", lambda mentions, authors: [])


def a_skeleton_keeps_what_it_had_seen(patch: Patch) -> None:
    whole = skeleton.skeleton

    def forgetful(change: Any) -> Any:
        bare = whole(change)
        return structs.replace(bare, set_={name: (value, {}) for name, (value, _) in (bare.set_ or {}).items()})

    patch.setattr(skeleton, "skeleton", forgetful)


def a_late_answer_is_passed_over(patch: Patch) -> None:
    patch.setattr(device, "is_timely", lambda state, answer: answer.device == state.device)


def a_restored_server_gets_the_tail_again(patch: Patch) -> None:
    """No device ever lowers what was acknowledged, as where records are marked as sent."""

    def never_down(state: Any, acked: int, acked_id: str, own_id: str | None) -> Any:
        return structs.replace(state, acked=min(max(acked, state.acked), state.last_n))

    patch.setattr(device, "acknowledge", never_down)
    patch.setattr(device, "on_gap", lambda state, need: state)


def only_what_was_sent_is_marked_as_sent(patch: Patch) -> None:
    """As Simple's SyncCoordinator does not: whatever is pending when the answer comes is marked as done."""
    patch.setattr(device, "on_pushed", lambda state, answer, own_id: structs.replace(state, acked=state.last_n))
    patch.setattr(device, "acknowledge", lambda state, acked, acked_id, own_id: state)


def cursors_move_with_the_data(patch: Patch) -> None:
    """As PouchDB #1240 did not: the checkpoint is stored before the documents."""
    apply_pulled = SyncStore.apply_pulled

    def cursor_first(store: SyncStore, answer: Any, wall_ms: int) -> bool:
        state = store.get_state()
        if answer.frm == state.cursors:
            sync_rows.set_state(store._db, structs.replace(state, cursors=answer.next))
            answer = structs.replace(answer, frm=answer.next)
        return apply_pulled(store, answer, wall_ms)

    patch.setattr(SyncStore, "apply_pulled", cursor_first)


def bodies_are_spared_only_to_a_whole_log(patch: Patch) -> None:
    ask = device.ask
    patch.setattr(device, "ask", lambda *arguments: structs.replace(ask(*arguments), trim=True))
    patch.setattr(device, "is_timely", lambda state, answer: answer.frm == state.cursors)
    patch.setattr(device, "_is_body_missing", lambda answer, known: False)


def only_what_every_backup_holds_is_forgotten(patch: Patch) -> None:
    def forget_on_ack(state: Any, fate: Any) -> bool:
        n = fate.known.n
        return n is not None and fate.standing is device.Standing.GONE and n <= state.acked

    patch.setattr(device, "may_forget", forget_on_ack)


def a_copied_phone_forgets_nothing_under_its_old_number(patch: Patch) -> None:
    may_forget = device.may_forget
    patch.setattr(device, "may_forget", lambda state, fate: may_forget(structs.replace(state, forked_at=None), fate))


def a_withdrawn_scope_is_dropped(patch: Patch) -> None:
    patch.setattr(device, "lost_scopes", lambda state, answer: set())


def a_wipe_leaves_nothing(patch: Patch) -> None:
    patch.setattr(sync_rows, "TABLES", sync_rows.TABLES[1:])


def a_patch_tells_what_its_author_had_seen(patch: Patch) -> None:
    patch.setattr(merge, "context", lambda writes: {})


def a_patch_tells_no_more_than_its_author_had_seen(patch: Patch) -> None:
    """As last-writer-wins: it pretends to have seen each device's latest."""
    context = merge.context
    patch.setattr(merge, "context", lambda writes: dict.fromkeys(context(writes), 1 << 50))


def a_patch_tells_exactly_what_its_author_had_seen(patch: Patch) -> None:
    context = merge.context
    patch.setattr(merge, "context", lambda writes: {dev: n + 1 for dev, n in context(writes).items()})


def a_context_claims_what_was_heard(patch: Patch) -> None:
    patch.setattr(server, "why_no_past", lambda change, acknowledged, erased: past.why_no_past(change, None, erased))


def erasures_come_from_the_server(patch: Patch) -> None:
    patch.setattr(
        server, "why_no_past", lambda change, acknowledged, erased: past.why_no_past(change, acknowledged, None)
    )


RULES: Mapping[str, SwitchOff] = {
    rule.__name__: rule
    for rule in (
        what_was_acknowledged_is_passed_over,
        a_gap_is_refused,
        a_batch_must_go_on_from_what_the_server_holds,
        a_number_means_one_change,
        pushes_of_one_phone_follow_each_other,
        what_lies_nowhere_is_not_taken_for_acknowledged,
        a_cursor_must_agree_with_our_past,
        the_hash_covers_stamps_and_dots,
        stamps_are_clamped,
        what_is_denied_is_kept,
        the_servers_numbers_follow_the_clock,
        a_restored_server_writes_as_another_device,
        an_adopted_change_is_nobodys_later_word,
        what_moves_away_is_withdrawn,
        an_author_is_told_that_a_change_went_elsewhere,
        erasures_are_told_to_phones,
        a_skeleton_keeps_what_it_had_seen,
        a_late_answer_is_passed_over,
        a_restored_server_gets_the_tail_again,
        only_what_was_sent_is_marked_as_sent,
        cursors_move_with_the_data,
        bodies_are_spared_only_to_a_whole_log,
        only_what_every_backup_holds_is_forgotten,
        a_copied_phone_forgets_nothing_under_its_old_number,
        a_withdrawn_scope_is_dropped,
        a_wipe_leaves_nothing,
        a_patch_tells_what_its_author_had_seen,
        a_patch_tells_no_more_than_its_author_had_seen,
        a_patch_tells_exactly_what_its_author_had_seen,
        a_context_claims_what_was_heard,
        erasures_come_from_the_server,
    )
}
