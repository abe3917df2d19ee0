"""Restores, copies and deaths, one at a time: each case here was once found by the simulator, or is too rare to wait for."""

from collections.abc import Callable

import pytest
from msgspec import Raw

from server.queries.sync import store as queries
from shared.model.codes import DeviceStatus
from sync import wire
from sync.authoring import NewChange
from sync.encoding import deflate_gzip
from sync.pacing import Sizes, retry_delay_s
from sync.wire import read_change
from tests.simulation.faults import Crash, new_image
from tests.simulation.office import Office, SqliteStore, read_rows
from tests.simulation.phone import NEW_APP, Phone
from tests.simulation.world import World

SCOPE = "team:a"


class Night(World):
    """A world in which nothing happens by itself and the line is good."""

    def __init__(self) -> None:
        super().__init__(0, SqliteStore(), steps=0)
        self.office = Office(SqliteStore())
        self.phones = []
        self.is_calm = True

    def phone(self, *scopes: str) -> Phone:
        phone = Phone(f"phone{len(self.phones)}", new_image(), 0, NEW_APP)
        phone.store.enrol(self.office.enrol(list(scopes or (SCOPE,)), self.now_ms))
        self.phones.append(phone)
        return phone

    def say(self, phone: Phone, **sets: object) -> str:
        self.now_ms += 1
        payload = None if sets else Raw(b"{}")
        new = NewChange(id=self.new_id(), type="any", scope=SCOPE, entity="marek", payload=payload, sets=sets or None)
        return phone.record(new, self.now_ms).id

    def announce(self, **sets: object) -> str:
        """The server itself writes of Marek."""
        self.now_ms += 1
        new = NewChange(id=self.new_id(), type="any", scope=SCOPE, entity="marek", sets=sets)
        (change,) = self.office.order(lambda s: queries.publish(s, [new], self.now_ms))
        return str(change.id)

    def dot(self, change_id: str) -> tuple[int, int]:
        ((dev, n),) = read_rows(self.office.store, f"select device, n from sync_change where id = '{change_id}'")
        return dev, n


@pytest.fixture
def night() -> Night:
    return Night()


def test_after_a_restore_the_phone_sends_its_tail_again(night: Night) -> None:
    phone = night.phone()
    early = night.say(phone)
    night.sync(phone)
    night.office.back_up()
    late = night.say(phone)
    night.sync(phone)
    night.office.restore(night.office.backups[0], night.now_ms)
    night.sync(phone)
    assert {c.id for c, _ in phone.store.list_effective()} == {early, late}
    assert night.dot(late) == (phone.number, 2)


def test_what_is_not_in_every_backup_is_never_forgotten(night: Night) -> None:
    phone = night.phone()
    night.office.back_up()
    contact = night.say(phone)
    night.sync(phone)
    night.office.grant(phone.number, [])
    night.office.back_up()
    night.sync(phone)
    assert phone.rows("select id from sync_log") == [(contact,)]
    night.office.restore(night.office.backups[0], night.now_ms)
    night.sync(phone)
    assert night.dot(contact) == (phone.number, 1)


def test_what_every_backup_holds_and_nobody_may_see_is_forgotten(night: Night) -> None:
    phone = night.phone()
    night.say(phone)
    night.sync(phone)
    night.office.grant(phone.number, [])
    night.office.back_up()
    night.office.back_up()
    for _ in range(2):
        night.sync(phone)
    assert phone.rows("select id from sync_log union select id from sync_change") == []


def test_two_copies_of_a_phone_both_keep_everything(night: Night) -> None:
    phone = night.phone()
    shared = night.say(phone)
    night.sync(phone)
    copy = phone.clone("copy")
    hers, theirs = night.say(phone), night.say(copy)
    for one in (phone, copy, phone):
        night.sync(one)
    assert copy.number != phone.number
    for one in (phone, copy):
        assert {c.id for c, _ in one.store.list_effective()} == {shared, hers, theirs}


def test_a_copy_forgets_nothing_for_what_is_safe_of_the_other_copys(night: Night) -> None:
    phone = night.phone()
    night.office.back_up()
    copy = phone.clone("copy")
    theirs = night.say(copy)
    night.sync(copy)
    night.office.restore(night.office.backups[0], night.now_ms)
    for _ in range(2):
        night.say(phone)
    night.sync(phone)
    night.office.grant(phone.number, [])
    for _ in range(2):
        night.office.back_up()
    for _ in range(2):
        night.sync(copy)
    assert copy.number != phone.number
    assert night.dot(theirs) == (copy.number, 1)


def test_a_copy_that_only_listens_is_found_when_it_speaks(night: Night) -> None:
    phone = night.phone()
    copy = phone.clone("copy")
    night.say(phone)
    night.sync(phone)
    night.sync(copy)
    contact = night.say(copy)
    night.sync(copy)
    assert copy.number != phone.number
    assert night.dot(contact)[0] == copy.number


def test_a_phone_set_back_to_an_earlier_day_takes_a_new_number(night: Night) -> None:
    phone = night.phone()
    night.say(phone)
    night.sync(phone)
    photograph = phone.photograph()
    later = night.say(phone)
    night.sync(phone)
    first_number = phone.number
    phone.roll_back(photograph)
    again = night.say(phone)
    night.sync(phone)
    assert phone.number != first_number
    assert {c.id for c, _ in phone.store.list_effective()} >= {later, again}


def test_a_copy_never_pushes_on_from_another_past_than_the_servers(night: Night) -> None:
    """Seed 41: the server was restored, the copy was first to fill the gap, and the other's changes were taken for sent."""
    phone = night.phone()
    night.say(phone)
    night.sync(phone)
    night.office.back_up()
    copy = phone.clone("copy")
    lost_at_first = night.say(phone)
    night.sync(phone)
    night.office.restore(night.office.backups[0], night.now_ms)
    night.say(copy)
    night.sync(copy)
    night.say(phone)
    night.sync(phone)
    assert night.dot(lost_at_first)[0] == phone.number


def test_what_a_late_push_acknowledged_is_not_taken_for_a_copys_change(night: Night) -> None:
    """It waited while its phone took a new number and brought the same change under that: its number holds nothing itself."""
    phone, other = night.phone(), night.phone()
    copy = phone.clone("copy")
    night.phones.append(copy)
    hers, theirs = night.say(phone), night.say(copy)
    late = deflate_gzip(wire.encode(phone.store.next_push(10, night.now_ms, NEW_APP)))
    night.office.back_up()
    night.sync(copy)
    night.sync(phone)
    assert phone.number != copy.number
    night.office.restore(night.office.backups[0], night.now_ms)
    night.sync(phone)
    night.office.keep_waiting(copy.number, late)
    night.say(other)
    night.sync(other)
    assert night.dot(hers) == (phone.number, 1)
    more = night.say(copy)
    night.sync(copy)
    assert [night.dot(theirs), night.dot(more)] == [(copy.number, 1), (copy.number, 2)]
    assert len({phone.number, copy.number, 1}) == 3, "the copy took a new number as well"


def test_a_copys_patch_does_not_hide_what_its_other_self_wrote(night: Night) -> None:
    phone = night.phone()
    night.say(phone, bed="doorway")
    night.sync(phone)
    copy = phone.clone("copy")
    hers, theirs = night.say(phone, bed="stairwell"), night.say(copy, bed="shelter")
    for one in (phone, copy, phone):
        night.sync(one)
    for one in (phone, copy):
        assert {head.id for head in one.store.get_fields("marek")["bed"].heads} == {hers, theirs}


def test_a_renewed_phone_hears_of_erasures_it_missed_under_its_old_number(night: Night) -> None:
    """Seed 2."""
    phone = night.phone()
    secret = night.say(phone)
    night.sync(phone)
    night.office.place("marek", ["team:b"])
    copy = phone.clone("copy")
    night.say(phone)
    night.sync(phone)
    night.office.order_for_ever(lambda s: queries.erase(s, [secret], night.now_ms))
    night.say(copy)
    night.sync(copy)
    bodies = copy.rows("select body from sync_log where id = ?", secret)
    assert [read_change(body).erased for (body,) in bodies] == [True]


def test_an_erased_change_that_comes_back_after_a_restore_is_a_skeleton_from_its_first_moment(night: Night) -> None:
    phone, other = night.phone(), night.phone()
    night.office.back_up()
    secret = night.say(phone)
    night.sync(phone)
    night.office.order_for_ever(lambda s: queries.erase(s, [secret], night.now_ms))
    night.office.restore(night.office.backups[0], night.now_ms)
    for one in (phone, other, phone):
        night.sync(one)
    ((body,),) = read_rows(night.office.store, f"select body from sync_change where id = '{secret}'")
    assert read_change(body).erased
    for one in (phone, other):
        ((change, _),) = one.store.list_effective()
        assert change.erased


@pytest.mark.parametrize("statements", range(9))
def test_a_phone_that_dies_while_it_is_wiping_is_empty_or_wipes_again(night: Night, statements: int) -> None:
    """Seed 88."""
    phone = night.phone()
    night.say(phone)
    night.sync(phone)
    night.office.order_for_ever(lambda s: queries.set_status(s, phone.number, DeviceStatus.WIPE_NOW))
    phone.fuse.set(statements, Crash())
    with pytest.raises(Crash):
        phone.store.apply_refused(wire.Refusal(refused="wipe"))
    phone.open()
    night.sync(phone)
    assert phone.is_wiped
    assert phone.rows("select id from sync_log union select id from sync_change") == []


@pytest.mark.parametrize("statements", range(8))
def test_a_contact_is_saved_whole_or_not_at_all(night: Night, statements: int) -> None:
    phone = night.phone()
    phone.fuse.set(statements, Crash())
    try:
        contact = night.say(phone, bed="doorway")
    except Crash:
        phone.open()
        assert (
            phone.rows("select id from sync_log union select id from sync_change union select id from sync_write") == []
        )
        contact = night.say(phone, bed="doorway")
    phone.open()
    assert phone.shows(contact)
    assert phone.store.get_state().last_n == 1


def test_a_page_is_stored_with_its_cursors_or_not_at_all(night: Night) -> None:
    phone, other = night.phone(), night.phone()
    for _ in range(5):
        night.say(phone, bed="doorway")
    night.sync(phone)
    answer = _pull(night, other)
    for statements in range(40):
        other.fuse.set(statements, Crash())
        try:
            other.store.apply_pulled(answer, night.now_ms)
            break
        except Crash:
            other.open()
            assert other.store.get_state().cursors == {}
            assert other.rows("select * from sync_change") == []
    other.fuse.clear()
    assert len(other.store.list_effective()) == 5


def _pull(night: Night, phone: Phone) -> wire.PullAnswer:
    request = phone.store.next_pull(100, night.now_ms, NEW_APP)
    answer: wire.PullAnswer = night.office.order(lambda s: queries.pull(s, phone.number, request, night.now_ms))
    return answer


def test_a_café_sign_in_page_is_no_answer(night: Night) -> None:
    from sync.driver import Answer

    phone = night.phone()
    contact = night.say(phone)
    talk = phone.conversation(night.now_ms, Sizes()).run()
    next(talk)
    outcome = None
    try:
        talk.send(Answer(200, b"<html>Welcome to our Wi-Fi</html>"))
        talk.send(None)
    except StopIteration as stop:
        outcome = stop.value
    assert outcome is not None and outcome.trouble is not None
    assert phone.shows(contact) and phone.store.unsent_count == 1


Answering = Callable[[wire.PushRequest], int]


@pytest.mark.parametrize("status", [413, 500])
def test_a_batch_that_is_too_much_is_halved_until_it_passes(night: Night, status: int) -> None:
    from sync.driver import PUSH, Answer

    phone = night.phone()
    for _ in range(10):
        night.say(phone)
    talk = phone.conversation(night.now_ms, Sizes(batch=10)).run()
    ask, sizes = next(talk), []
    while ask.kind == PUSH:
        request = wire.read_push_request(ask.body)
        sizes.append(len(request.events))
        if len(request.events) > 3:
            ask = talk.send(Answer(status, wire.encode(wire.Refusal(refused="too_large"))))
            continue
        last = read_change(request.events[-1])
        answer = wire.PushAnswer(device=phone.number, acked=last.n, acked_id=last.id, server_now=0)
        ask = talk.send(Answer(200, wire.encode(answer), took_ms=4_000))
    assert sizes == [10, 5, 2, 2, 2, 2, 2]
    assert phone.store.unsent_count == 0


def test_a_full_server_is_tried_again_when_it_says_and_nothing_is_lost(night: Night) -> None:
    from sync.driver import Answer

    aisha = night.phone()
    contact = night.say(aisha)
    conversation = aisha.conversation(night.now_ms, Sizes(10, 10))
    talk = conversation.run()
    refusal = wire.encode(wire.Refusal(refused="slow_down", retry_after_s=17))
    assert next(talk).kind == "push"
    assert talk.send(Answer(429, refusal)).kind == "pull", "a push that waits never stops the pull"
    with pytest.raises(StopIteration):
        talk.send(Answer(429, refusal))
    assert (conversation.outcome.trouble, conversation.outcome.retry_after_s) == ("slow_down", 17.0)
    assert aisha.store.unsent_count == 1 and aisha.shows(contact)
    assert retry_delay_s(1, 0.0, conversation.outcome.retry_after_s) == 17.0


def test_words_of_the_server_that_came_back_from_another_past_are_not_taken_for_seen(night: Night) -> None:
    phone = night.phone()
    night.office.back_up()
    early = night.announce(bed="doorway")
    night.office.back_up()
    without, with_early = night.office.backups
    night.office.restore(without, night.now_ms)
    night.announce(bed="stairwell")
    night.sync(phone)
    mine = night.say(phone, bed="hostel")
    night.office.restore(with_early, night.now_ms)
    night.sync(phone)
    assert {head.id for head in phone.store.get_fields("marek")["bed"].heads} == {early, mine}


def test_an_erasure_is_told_to_every_copy_that_ever_sent_the_change(night: Night) -> None:
    """Seed 449."""
    phone = night.phone()
    secret = night.say(phone)
    copy = phone.clone("copy")
    night.sync(phone)
    night.say(copy)
    night.say(phone)
    for one in (phone, copy):
        night.sync(one)
    night.office.place("marek", ["team:b"])
    night.office.order_for_ever(lambda s: queries.erase(s, [secret], night.now_ms))
    for one in (phone, copy):
        night.sync(one)
        for (body,) in one.rows("select body from sync_log where id = ?", secret):
            assert read_change(body).erased, one.name


def test_a_quarantined_change_that_comes_back_after_its_erasure_is_erased_on_its_phone_too(night: Night) -> None:
    """Seed 155."""
    phone = night.phone()
    night.office.back_up()
    new = NewChange(id="bad", type="any", scope=SCOPE, entity="marek", payload=Raw(b'"unsound"'))
    phone.record(new, night.now_ms)
    night.office.order_for_ever(lambda s: queries.erase(s, ["bad"], night.now_ms))
    night.office.restore(night.office.backups[0], night.now_ms)
    for _ in range(2):
        night.sync(phone)
    ((body,),) = phone.rows("select body from sync_log where id = 'bad'")
    assert read_change(body).erased


def test_a_feed_is_read_again_when_its_changes_came_back_by_other_numbers(night: Night) -> None:
    """Seeds 3 and 138: the same ids and stamps, but other dots."""
    phone, reader = night.phone(), night.phone()
    night.office.back_up()
    patch = night.say(phone, bed="doorway")
    night.sync(phone)
    night.sync(reader)
    night.office.restore(night.office.backups[0], night.now_ms)
    phone.store.renew(night.office.enrol([SCOPE], night.now_ms))
    night.sync(phone)
    for _ in range(2):
        night.sync(reader)
    for one in (phone, reader):
        assert one.rows("select dev, n from sync_write where id = ?", patch) == [night.dot(patch)]
    assert night.dot(patch) == (phone.number, 1)
