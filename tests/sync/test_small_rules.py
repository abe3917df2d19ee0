"""The small rules, each alone: clocks, hashes, pacing, safety, attachments, renewal, where a change stands."""

from hashlib import sha256

import pytest
from msgspec import Raw

from shared.model.codes import DeviceStatus
from sync import blobs, clock, digest, pacing
from sync import server as serving
from sync.device import DeviceState, Known, Standing, plan_page, standing
from sync.group_commit import choose_group
from sync.past import KnownNumbers
from sync.reading import DecodedBatch, Record
from sync.renewal import renew, translate
from sync.safety import safe_numbers
from sync.server import next_server_number, store_record, version_key
from sync.skeleton import skeleton_body
from sync.wire import Change, PullAnswer, Row, encode, read_change

NOW_MS = 1_794_519_000_000
MINUTE_MS = 60_000


# -------------------------------------------------------------------------------------------------------------- clocks


def test_a_clock_that_was_far_ahead_once_comes_back_when_both_clocks_agree_again() -> None:
    lost = clock.tick(0, NOW_MS + 9_000 * MINUTE_MS)
    assert clock.come_back(lost, NOW_MS, NOW_MS + MINUTE_MS) == NOW_MS << 16
    assert clock.come_back(lost, NOW_MS + 9_000 * MINUTE_MS, NOW_MS) == lost, "the wall clock is still wrong"
    near = (NOW_MS + 4 * MINUTE_MS) << 16
    assert clock.come_back(near, NOW_MS, NOW_MS) == near, "what the server would believe is not taken back"


def test_the_next_stamp_is_later_than_the_last_even_when_the_clock_went_back() -> None:
    last = clock.tick(0, NOW_MS)
    assert clock.tick(last, NOW_MS - MINUTE_MS) == last + 1


def test_a_stamp_ten_years_ahead_is_clamped_to_five_minutes() -> None:
    future = (NOW_MS + 10 * 365 * 86_400_000) << 16
    assert clock.clamp(future, NOW_MS) == (NOW_MS + 5 * MINUTE_MS) << 16
    assert clock.clamp(NOW_MS << 16, NOW_MS) == NOW_MS << 16


def test_a_phone_follows_a_stamp_that_is_near_and_not_one_that_is_far() -> None:
    near, far = (NOW_MS + MINUTE_MS) << 16, (NOW_MS + 6 * MINUTE_MS) << 16
    assert clock.merge(0, near, NOW_MS) == near
    assert clock.merge(7, far, NOW_MS) == 7


def test_a_record_that_nobody_can_read_is_older_than_every_word() -> None:
    """Whose stamp could not be read either: it wins over nothing, and says of no moment that it was then."""
    record = Record(n=3, body=b"?", change=None, fault="unreadable")
    device = serving.DeviceState(
        number=7, status=DeviceStatus.OK, acked=2, acked_id="", safe=0, scopes=frozenset({"team:a"})
    )
    kept = store_record(device, record, clock.PhoneClock(NOW_MS, 0, "b1"), NOW_MS, KnownNumbers())
    assert (kept.eff, kept.happened_at_ms, kept.received_at_ms) == (0, 0, NOW_MS)


HOUR_MS = 60 * MINUTE_MS


@pytest.mark.parametrize(
    ("said_ms", "up_ms", "boot", "phone_ms", "ago_ms"),
    [
        (-MINUTE_MS, None, None, 0, MINUTE_MS),  # a right clock is believed
        (6 * HOUR_MS - MINUTE_MS, None, None, 6 * HOUR_MS, MINUTE_MS),  # a fast one is mended by how fast it is
        (-2 * HOUR_MS - MINUTE_MS, None, None, -2 * HOUR_MS, MINUTE_MS),  # so is a slow one
        (6 * HOUR_MS, None, None, 0, 0),  # fast, set right before it was sent: never later than it was received
        (-2 * HOUR_MS, 99_000, "b1", 0, 1_000),  # slow, set right meanwhile: within one boot the uptime tells
        (6 * HOUR_MS, 40_000, "b1", 0, 60_000),
        (-MINUTE_MS, 99_000, "b0", 0, MINUTE_MS),  # another boot's uptime says nothing
    ],
)
def test_when_something_happened_is_told_by_the_uptime_else_by_the_mended_clock(
    said_ms: int, up_ms: int | None, boot: str | None, phone_ms: int, ago_ms: int
) -> None:
    phone = clock.PhoneClock(NOW_MS + phone_ms, 100_000, "b1")
    assert NOW_MS - clock.happened_at(clock.MadeAt(NOW_MS + said_ms, up_ms, boot), phone, NOW_MS) == ago_ms


@pytest.mark.parametrize(
    ("said_ms", "up_ms", "boot", "phone_ms", "skew_ms"),
    [
        (6 * HOUR_MS - MINUTE_MS, None, None, 6 * HOUR_MS, -6 * HOUR_MS),  # as it is now
        (6 * HOUR_MS, 40_000, "b1", 0, -6 * HOUR_MS - MINUTE_MS),  # set right meanwhile: as it was then
        (6 * HOUR_MS, 40_000, "b0", 0, 0),  # another boot's uptime says nothing
    ],
)
def test_how_far_a_clock_was_off_is_told_by_the_uptime_else_by_how_far_it_is(
    said_ms: int, up_ms: int | None, boot: str | None, phone_ms: int, skew_ms: int
) -> None:
    phone = clock.PhoneClock(NOW_MS + phone_ms, 100_000, "b1")
    assert clock.skew_of(clock.MadeAt(NOW_MS + said_ms, up_ms, boot), phone, NOW_MS) == skew_ms


def test_what_a_phone_mended_itself_is_mended_once() -> None:
    """It had heard the server, was switched off and on, and its clock is still wrong."""
    made = clock.MadeAt(NOW_MS - HOUR_MS, 99_000, "b0", off_ms=5 * HOUR_MS)
    for phone_ms in (5 * HOUR_MS, -120 * HOUR_MS):
        phone = clock.PhoneClock(NOW_MS + phone_ms, 100_000, "b1")
        assert clock.skew_of(made, phone, NOW_MS) == 0
        assert clock.happened_at(made, phone, NOW_MS) == NOW_MS - HOUR_MS
    same = clock.PhoneClock(NOW_MS + 5 * HOUR_MS, 99_000 + HOUR_MS, "b0")
    assert clock.skew_of(made, same, NOW_MS) == 0, "the uptime says the same"


def test_a_clock_that_went_back_since_says_nothing_of_what_was_made_before() -> None:
    """A battery that ran empty: after that the phone believes that it is years ago."""
    made, phone = clock.MadeAt(NOW_MS - HOUR_MS, 99_000, "b0"), clock.PhoneClock(NOW_MS - 90_000 * HOUR_MS, 5_000, "b1")
    assert clock.skew_of(made, phone, NOW_MS) == 0
    assert clock.happened_at(made, phone, NOW_MS) == NOW_MS - HOUR_MS


def test_the_servers_numbers_never_repeat_not_even_after_a_restore_of_yesterday() -> None:
    number = next_server_number(0, NOW_MS)
    assert next_server_number(number, NOW_MS) == number + 1
    assert next_server_number(0, NOW_MS + 1) > number + 1_000


# -------------------------------------------------------------------------------------------------------------- hashes


def test_a_hash_tells_operation_stamp_and_dot_apart() -> None:
    rows = [("put", digest.mark(5, 7, 1)), ("put", digest.mark(6, 7, 1)), ("put", digest.mark(5, 8, 1)), ("evict", "")]
    assert len({digest.extend(0, op, "c1", marked) for op, marked in rows}) == len(rows)


def test_a_hash_is_written_with_sixteen_digits_and_never_overflows() -> None:
    total = digest.extend(2**64 - 1, "put", "c1", "")
    assert len(digest.write(total)) == 16
    assert int(digest.write(total), 16) == total == digest.extend(0, "put", "c1", "") - 1


# -------------------------------------------------------------------------------------------------------- group commit


def batch(device: int, *numbers: int, ids: tuple[str, ...] = ()) -> DecodedBatch:
    """What a phone sends: unreadable records, or readable ones of these ids."""
    changes = [Change(id=i, dev=device, n=n, hlc=1, t="t", s="s") for n, i in zip(numbers, ids, strict=False)]
    records = [Record(each.n, b"{}", each) for each in changes] or [Record(n, b"?") for n in numbers]
    return DecodedBatch(device, NOW_MS, "", "", 0, tuple(records))


def test_pushes_of_different_phones_go_together() -> None:
    assert choose_group(batch(1, 1), [batch(2, 1), batch(3, 1)], 10) == [0, 1]


def test_a_second_push_of_one_phone_waits_whoever_goes_first() -> None:
    assert choose_group(batch(1, 1), [batch(1, 2), batch(2, 1), batch(2, 2)], 10) == [1]


def test_a_copy_that_brings_the_same_change_under_its_new_number_waits() -> None:
    copied = batch(9, 1, ids=("c1",))
    assert choose_group(batch(1, 4, ids=("c1",)), [copied, batch(2, 1, ids=("c2",))], 10) == [1]


def test_those_who_would_bring_too_much_wait_and_smaller_ones_pass_them() -> None:
    assert choose_group(batch(1, 1, 2), [batch(2, 1, 2, 3), batch(3, 1)], 4) == [1]
    assert choose_group(batch(1, 1, 2), [batch(2, 1)], 1) == []


# -------------------------------------------------------------------------------------------------------------- pacing


@pytest.mark.parametrize(("took_ms", "size"), [(500, 200), (4_000, 100), (20_000, 50)])
def test_sizes_follow_how_long_a_request_took(took_ms: int, size: int) -> None:
    assert pacing.adapt(100, took_ms, 1, 200) == size


def test_sizes_stay_within_their_bounds() -> None:
    assert pacing.adapt(200, 1, 1, 200) == 200
    assert pacing.adapt(1, 60_000, 1, 200) == 1


def test_a_size_stays_where_a_request_took_from_half_to_twice_the_wanted_time() -> None:
    half, twice = pacing.WANTED_MS // 2, 2 * pacing.WANTED_MS
    assert [pacing.adapt(100, took_ms, 1, 200) for took_ms in (half - 1, half, twice, twice + 1)] == [200, 100, 100, 50]


def test_bounds_hold_for_a_page_too() -> None:
    assert pacing.after_pull(pacing.Sizes(page=1_000), 1).page == 1_000
    assert pacing.halve_batch(pacing.Sizes(batch=1)).batch == 1


def test_waiting_doubles_from_five_seconds_to_a_quarter_of_an_hour() -> None:
    assert [pacing.retry_delay_s(n, 1.0) for n in (1, 2, 3, 20)] == [5.0, 10.0, 20.0, 900.0]
    assert pacing.retry_delay_s(3, 0.0) == 10.0
    assert pacing.retry_delay_s(1, 0.0, wanted_s=30.0) == 30.0


# -------------------------------------------------------------------------------------------------------------- safety


def test_nothing_is_safe_before_there_are_as_many_backups_as_are_kept() -> None:
    assert safe_numbers([{7: 40}], retained=2) == {7: 0}


def test_what_is_safe_is_in_every_backup_also_in_one_of_another_timeline() -> None:
    assert safe_numbers([{7: 40, 9: 3}, {7: 31}], retained=2) == {7: 31, 9: 0}


# --------------------------------------------------------------------------------------------------------- attachments


def test_pieces_follow_one_another_to_the_end() -> None:
    assert blobs.next_piece(10, 0, 4) == blobs.Piece(0, 4)
    assert blobs.next_piece(10, 8, 4) == blobs.Piece(8, 2)
    assert blobs.next_piece(10, 10, 4) is None


def test_a_repeated_piece_brings_nothing_new_and_an_overlapping_one_only_its_end() -> None:
    assert blobs.accept_piece(10, 4, 0, b"abcd") == b""
    assert blobs.accept_piece(10, 4, 2, b"cdef") == b"ef"


@pytest.mark.parametrize(("start", "piece"), [(5, b"x"), (4, b"1234567")])
def test_a_piece_after_a_gap_or_beyond_the_end_is_refused_with_where_to_go_on(start: int, piece: bytes) -> None:
    with pytest.raises(blobs.BlobRefused) as refused:
        blobs.accept_piece(10, 4, start, piece)
    assert refused.value.received == 4


def test_bytes_must_be_what_their_name_promises() -> None:
    assert blobs.is_whole(sha256(b"photo").hexdigest(), b"photo")
    assert not blobs.is_whole(sha256(b"photo").hexdigest(), b"other")


@pytest.mark.parametrize("size", [0, blobs.BLOB_BYTES_MAX + 1])
def test_an_attachment_has_a_size_that_can_be_taken(size: int) -> None:
    with pytest.raises(blobs.BlobRefused):
        blobs.check_size(size)


# ----------------------------------------------------------------------------------------------- standing and renewal


@pytest.mark.parametrize(
    ("words", "n", "acked", "is_granted", "expected"),
    [
        ([], 5, 4, False, Standing.WAITING),
        ([], 5, 5, True, Standing.WAITING),
        ([], 5, 5, False, Standing.GONE),
        (["put"], 5, 5, False, Standing.PLACED),
        (["held", "put"], 5, 5, True, Standing.PLACED),
        (["held"], 5, 5, True, Standing.HELD),
        (["elsewhere"], 5, 5, True, Standing.GONE),
        (["evict"], 5, 4, True, Standing.GONE),
        ([], None, 0, True, Standing.GONE),
        (["put"], None, 0, False, Standing.PLACED),
    ],
)
def test_where_a_change_stands_follows_from_what_was_said_of_it(
    words: list[str], n: int | None, acked: int, is_granted: bool, expected: Standing
) -> None:
    assert standing(words, n, acked, is_granted) is expected
    assert expected.is_shown == (expected in {Standing.PLACED, Standing.WAITING})


def test_a_renewed_phone_numbers_its_log_from_one_and_keeps_ids() -> None:
    log = [
        Change(
            id=f"c{n}", dev=7, n=n, hlc=n, t="person.patched", s="team:a", e="p", set_={"bed": (Raw(b"1"), {7: n - 1})}
        )
        for n in (4, 6, 7)
    ]
    renewed = renew(DeviceState(device=7, last_n=7, acked=6, forked_at=6), log, 12)
    assert [(c.id, c.dev, c.n) for c in renewed.log] == [("c4", 12, 1), ("c6", 12, 2), ("c7", 12, 3)]
    assert (renewed.state.device, renewed.state.last_n, renewed.state.acked, renewed.state.forked_at) == (
        12,
        3,
        0,
        None,
    )


def test_what_an_author_saw_is_told_in_new_numbers_and_never_claims_its_copys_words() -> None:
    numbers = {4: 1, 6: 2, 7: 3}
    assert translate({7: 6, 9: 2}, 7, 12, numbers, forked_at=6) == {7: 5, 9: 2, 12: 2}
    assert translate({7: 3}, 7, 12, numbers, forked_at=6) == {7: 3}
    assert translate({9: 1}, 7, 12, numbers, forked_at=1) == {9: 1}


def test_a_skeleton_keeps_its_dot_and_what_it_had_seen_and_nothing_it_said() -> None:
    change = Change(
        id="c1", dev=7, n=3, hlc=9, t="person.patched", s="team:a", e="p", who="aisha", at=5,
        set_={"bed": (Raw(b'"doorway"'), {9: 2})},
    )  # fmt: skip
    bare = read_change(skeleton_body(encode(change)))
    assert (bare.id, bare.dev, bare.n, bare.erased, bare.who, bare.at) == ("c1", 7, 3, True, None, 0)
    assert bare.set_ is not None and bytes(bare.set_["bed"][0]) == b"null" and bare.set_["bed"][1] == {9: 2}
    assert skeleton_body(skeleton_body(encode(change))) == skeleton_body(encode(change))


def test_versions_are_ordered_by_their_numbers() -> None:
    assert version_key("") < version_key("0.9") < version_key("0.10") < version_key("1.0.0")
    assert version_key("0.1.2+debugged.rooted") == version_key("0.1.2")


def test_a_body_that_was_spared_and_is_not_in_our_log_is_asked_for_again() -> None:
    """Seed 89: a copy of this phone wrote under our number, and the change was known here as somebody else's."""
    row = Row("team:a", 4, "c2", "put", 9)
    answer = PullAnswer(
        device=1, rows=[row], next={}, more=False, rewind=[], scopes=["team:a"], acked=0, acked_id="", safe=0, frm={},
        trim=True, server_now=0,
    )  # fmt: skip
    foreign = Known("c2", None, "", 5, is_shown=True, words={"team:a": "put"})
    plan = plan_page(DeviceState(device=1), answer, {"c2": foreign}, None, 0)
    assert plan is not None
    assert (plan.state, plan.fates) == (DeviceState(device=1, is_whole=False), ())
