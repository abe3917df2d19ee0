"""A night with good signal: what one phone records, another one shows."""

from collections.abc import Callable

import msgspec
import pytest

from server.queries.sync import store as queries
from shared.model.codes import DeviceStatus, SyncState
from sync.authoring import NewChange
from sync.reading import SOUND
from tests.sync.county import THREE_RIVERS, WATFORD, Office, Phone, no_projection

Enrol = Callable[..., Phone]


def test_a_contact_recorded_by_aisha_is_shown_to_dean(aisha: Phone, dean: Phone) -> None:
    contact = aisha.say(state="bedded_down")
    aisha.sync()
    dean.sync()
    assert contact.id in dean.shown


def test_a_change_is_shown_to_its_author_before_anything_is_sent(aisha: Phone) -> None:
    contact = aisha.say()
    assert aisha.shown == {contact.id}
    assert aisha.store.state_of(contact.id) == SyncState.QUEUED
    assert aisha.store.unsent_count == 1


def test_a_change_is_accepted_once_it_was_sent(aisha: Phone) -> None:
    contact = aisha.say()
    outcome = aisha.sync()
    assert aisha.store.state_of(contact.id) == SyncState.ACCEPTED
    assert (aisha.store.unsent_count, outcome.pushed, outcome.trouble) == (0, 1, None)


def test_bodies_are_kept_byte_for_byte(aisha: Phone, office: Office) -> None:
    contact = aisha.say(note="  spaces   and naïve é ")
    sent = aisha.store.next_push(10, 0, "0.1.0")
    aisha.sync()
    assert sent is not None
    kept = office.order(queries.find_change, contact.id)
    assert kept.body == bytes(sent.events[0])


def test_a_sync_with_nothing_new_stores_nothing(aisha: Phone, dean: Phone) -> None:
    aisha.say()
    aisha.sync()
    dean.sync()
    cursors = dean.store.get_state().cursors
    assert dean.sync().pulled == 0
    assert dean.store.get_state().cursors == cursors


def test_long_logs_travel_in_batches_and_pages(aisha: Phone, dean: Phone) -> None:
    said = {aisha.say(number=i).id for i in range(450)}
    assert aisha.sync().pushed == 450
    assert dean.sync().pulled == 450
    assert dean.shown == said


def test_a_phone_hears_only_the_scopes_it_was_granted(aisha: Phone, enrol: Enrol) -> None:
    neighbour = enrol("tom", THREE_RIVERS)
    aisha.say()
    aisha.sync()
    neighbour.sync()
    assert neighbour.shown == set()


def test_a_change_outside_the_scopes_is_quarantined_and_its_author_is_told_why(aisha: Phone, office: Office) -> None:
    stray, good = aisha.say(scope=THREE_RIVERS), aisha.say()
    aisha.sync()
    assert aisha.store.state_of(stray.id) == SyncState.QUARANTINED
    assert aisha.store.state_of(good.id) == SyncState.ACCEPTED
    (held,) = aisha.store.list_quarantined()
    assert (held.change.id, held.reason) == (stray.id, "outside the scopes of this phone")
    assert aisha.shown == {good.id}
    assert [h.id for h in office.order(queries.list_quarantined)] == [stray.id]


def test_a_change_the_domain_judges_unsound_never_blocks_the_next(aisha: Phone, dean: Phone, office: Office) -> None:
    office.validate = lambda change: "no such state" if b"flying" in bytes(change.p) else SOUND
    bad, good = aisha.say(state="flying"), aisha.say()
    aisha.sync()
    dean.sync()
    assert dean.shown == {good.id}
    assert aisha.store.state_of(bad.id) == SyncState.QUARANTINED


def test_a_change_that_breaks_the_projection_is_found_and_quarantined_alone(
    aisha: Phone, dean: Phone, office: Office
) -> None:
    def project(session: object, accepted: list) -> None:
        if any(b"poison" in bytes(a.change.p) for a in accepted):
            raise ZeroDivisionError

    office.project = project
    said = [aisha.say(word="poison" if i == 6 else "fine") for i in range(10)]
    aisha.sync()
    dean.sync()
    assert dean.shown == {change.id for i, change in enumerate(said) if i != 6}
    (held,) = aisha.store.list_quarantined()
    assert held.reason.startswith("could not be applied: ZeroDivisionError")


def test_an_adopted_change_reaches_everyone_and_its_author_sees_it_accepted(
    aisha: Phone, dean: Phone, office: Office
) -> None:
    stray = aisha.say(scope=THREE_RIVERS)
    aisha.sync()
    office.order(
        queries.adopt,
        stray.id,
        by="priya",
        new_id="adopted-1",
        now_ms=office.clock(),
        project=no_projection,
        scope=WATFORD,
    )
    aisha.sync()
    dean.sync()
    assert dean.shown == aisha.shown == {"adopted-1"}
    assert aisha.store.list_quarantined() == []
    assert aisha.store.state_of(stray.id) == SyncState.ACCEPTED
    assert office.order(queries.list_quarantined) == []


def test_what_the_server_publishes_reaches_the_phones_of_its_scope(aisha: Phone, office: Office) -> None:
    referral = NewChange(
        id="referral-1", type="referral.received", scope=WATFORD, payload=msgspec.Raw(b'{"words":"in a doorway"}')
    )
    office.order(queries.publish, [referral], office.clock())
    aisha.sync()
    assert aisha.shown == {"referral-1"}


def test_settings_reach_one_phone_only(aisha: Phone, dean: Phone, office: Office) -> None:
    office.order(queries.set_config, aisha.number, "config-1", b'{"lease_hours":72}', office.clock())
    aisha.sync()
    dean.sync()
    assert aisha.store.find_config() == b'{"lease_hours":72}'
    assert dean.store.find_config() is None


# ------------------------------------------------------------------------------------------------------------- fields


def test_a_later_patch_replaces_what_its_author_had_seen(aisha: Phone, dean: Phone) -> None:
    aisha.patch("marek", bed="station stairwell")
    aisha.sync()
    dean.sync()
    dean.patch("marek", bed="bus shelter")
    dean.sync()
    aisha.sync()
    assert aisha.value("marek", "bed") == "bus shelter"
    assert aisha.store.list_conflicts() == []


def test_two_patches_made_without_seeing_each_other_are_a_conflict_on_both_phones(
    aisha: Phone, dean: Phone, office: Office
) -> None:
    hers, his = aisha.patch("marek", bed="station stairwell"), dean.patch("marek", bed="bus shelter")
    for phone in (aisha, dean, aisha):
        phone.sync()
    for phone in (aisha, dean):
        (conflict,) = phone.store.list_conflicts()
        assert {side.id for side in conflict.sides} == {hers.id, his.id}
        assert phone.value("marek", "bed") == "bus shelter"
    assert aisha.store.state_of(hers.id) == SyncState.CONFLICT
    (on_server,) = office.order(queries.list_conflicts, ["marek"])
    assert [side.id for side in on_server.sides] == [his.id, hers.id]


def test_a_conflict_is_resolved_by_a_patch_that_saw_both_sides(aisha: Phone, dean: Phone) -> None:
    aisha.patch("marek", bed="station stairwell")
    dean.patch("marek", bed="bus shelter")
    for phone in (aisha, dean, aisha):
        phone.sync()
    aisha.patch("marek", bed="he moved")
    for phone in (aisha, dean):
        phone.sync()
        assert phone.value("marek", "bed") == "he moved"
        assert phone.store.list_conflicts() == []


def test_the_server_patches_as_one_who_has_seen_what_it_holds(aisha: Phone, office: Office) -> None:
    aisha.patch("marek", name="Mark")
    aisha.sync()
    patch = NewChange(id="p-1", type="person.patched", scope=WATFORD, entity="marek", sets={"name": "Marek"})
    office.order(queries.publish, [patch], office.clock())
    aisha.sync()
    assert aisha.value("marek", "name") == "Marek"
    assert aisha.store.list_conflicts() == []


# ------------------------------------------------------------------------------------------- scopes, moves and erasure


def test_a_revoked_scope_is_dropped_and_a_granted_one_back_filled(aisha: Phone, dean: Phone, office: Office) -> None:
    contact = aisha.say()
    aisha.sync()
    dean.sync()
    office.order(queries.set_scopes, dean.number, [])
    dean.sync()
    assert dean.shown == set()
    office.order(queries.set_scopes, dean.number, [WATFORD])
    dean.sync()
    assert dean.shown == {contact.id}


def test_an_own_change_in_a_revoked_scope_is_hidden_and_comes_back_with_the_grant(aisha: Phone, office: Office) -> None:
    contact = aisha.say()
    aisha.sync()
    office.order(queries.set_scopes, aisha.number, [])
    aisha.sync()
    assert aisha.shown == set()
    office.order(queries.set_scopes, aisha.number, [WATFORD])
    aisha.sync()
    assert aisha.shown == {contact.id}


def test_a_moved_person_arrives_whole_on_the_other_side_and_leaves_this_one(
    aisha: Phone, enrol: Enrol, office: Office
) -> None:
    neighbour = enrol("tom", THREE_RIVERS)
    said = {aisha.patch("marek", bed="doorway").id, aisha.say(entity="marek").id}
    other = aisha.say()
    aisha.sync()
    office.order(queries.move_entity, "marek", WATFORD, THREE_RIVERS)
    aisha.sync()
    neighbour.sync()
    assert neighbour.shown == said
    assert aisha.shown == {other.id}


def test_what_is_recorded_of_a_moved_person_before_hearing_of_it_follows_the_person(
    aisha: Phone, enrol: Enrol, office: Office
) -> None:
    neighbour = enrol("tom", THREE_RIVERS)
    aisha.patch("marek", bed="doorway")
    aisha.sync()
    office.order(queries.move_entity, "marek", WATFORD, THREE_RIVERS)
    late = aisha.say(entity="marek")
    aisha.sync()
    neighbour.sync()
    assert late.id in neighbour.shown
    assert aisha.shown == set()
    assert aisha.store.state_of(late.id) == SyncState.ACCEPTED


def test_a_person_moved_there_and_back_is_shown_again(aisha: Phone, office: Office) -> None:
    said = {aisha.patch("marek", bed="doorway").id}
    aisha.sync()
    for origin, goal in ((WATFORD, THREE_RIVERS), (THREE_RIVERS, WATFORD)):
        office.order(queries.move_entity, "marek", origin, goal)
        aisha.sync()
    assert aisha.shown == said


def test_a_new_phone_never_sees_the_bodies_of_what_has_moved_away(aisha: Phone, enrol: Enrol, office: Office) -> None:
    aisha.say(entity="marek", note="private")
    aisha.sync()
    office.order(queries.move_entity, "marek", WATFORD, THREE_RIVERS)
    newcomer = enrol("priya", WATFORD)
    request = newcomer.store.next_pull(100, 0, "0.1.0")
    answer = office.order(queries.pull, newcomer.number, request, office.clock())
    assert b"private" not in msgspec.json.encode(answer)


def test_an_erased_change_is_a_skeleton_everywhere_and_what_it_replaced_stays_replaced(
    aisha: Phone, dean: Phone, office: Office
) -> None:
    aisha.patch("marek", name="Old Name")
    aisha.sync()
    dean.sync()
    wrong = dean.patch("marek", name="Wrong Name")
    dean.sync()
    aisha.sync()
    office.order(queries.erase, [wrong.id], office.clock())
    for phone in (aisha, dean):
        phone.sync()
        assert phone.value("marek", "name") is None
        assert all(b"Wrong" not in bytes(e) for e in _whole_store(phone))
    assert b"Wrong" not in office.order(queries.find_change, wrong.id).body


def _whole_store(phone: Phone) -> list[bytes]:
    tables = ("sync_log", "sync_change", "sync_write")
    return [repr(row).encode() for table in tables for row in phone.store._db.execute(f"select * from {table}")]


# ------------------------------------------------------------------------------------------------------- end of phones


def test_a_phone_told_to_wipe_after_pushing_sends_what_it_has_and_is_empty(aisha: Phone, office: Office) -> None:
    aisha.say()
    aisha.sync()
    unsent = aisha.say()
    office.set_status(aisha.number, DeviceStatus.WIPE_AFTER_PUSH)
    assert aisha.sync().is_wiped
    assert aisha.shown == set()
    (held,) = office.order(queries.list_quarantined)
    assert (held.id, held.reason) == (unsent.id, "sent after this phone was to be wiped")
    (health,) = office.order(queries.list_device_health)
    assert health.wiped_at_ms is not None


@pytest.mark.parametrize("status", [DeviceStatus.WIPE_NOW, DeviceStatus.REVOKED])
def test_a_wiped_phone_holds_nothing(aisha: Phone, office: Office, status: DeviceStatus) -> None:
    aisha.say()
    aisha.sync()
    office.set_status(aisha.number, status)
    assert aisha.sync().is_wiped
    assert (aisha.shown, _whole_store(aisha)) == (set(), [])


def test_an_old_app_is_told_to_upgrade_and_its_changes_still_land(aisha: Phone, dean: Phone, office: Office) -> None:
    office.minimum_app = "0.10"
    aisha.app, dean.app = "0.9.1", "0.10.0"
    contact = aisha.say()
    outcome = aisha.sync()
    dean.sync()
    assert (outcome.trouble, outcome.pushed) == ("upgrade", 1)
    assert contact.id in dean.shown


def test_a_phone_whose_clock_was_wrong_once_does_not_win_every_conflict_for_ever(aisha: Phone, dean: Phone) -> None:
    """Ten years ahead for one evening: what it records on a right clock later ranks by its true time again."""
    true = aisha.clock
    aisha.clock = lambda: true() + 315_360_000_000  # type: ignore[assignment]
    wrong = aisha.patch("person-1", bed="doorway")
    aisha.sync()
    aisha.clock = true
    aisha.sync()
    after = aisha.patch("person-2", bed="earlier")
    assert after.hlc >> 16 < wrong.hlc >> 16 and abs((after.hlc >> 16) - true()) < 60_000
    own = aisha.patch("person-1", bed="tent")
    aisha.sync()
    dean.sync()
    assert dean.value("person-1", "bed") == "tent", "what it has seen of its own still comes before it"
    assert own.id in dean.shown
