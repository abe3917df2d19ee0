"""What a broken or hostile phone may send: it is refused with a plain code, or quarantined alone; never a crash."""

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from server.queries.sync import store as queries
from sync import wire
from sync.driver import PUSH, Ask
from sync.encoding import deflate_gzip, inflate
from sync.reading import DecodedBatch, decode_batch
from sync.wire import LIMITS, Refused
from tests.sync.county import WATFORD, Office, Phone


def change(n: int, **other: object) -> dict[str, object]:
    return {"id": f"c{n}", "dev": 1, "n": n, "hlc": n << 16, "t": "contact.recorded", "s": WATFORD, "p": {}} | other


def push_of(*events: object, **other: object) -> bytes:
    return json.dumps({"device": 1, "now": 0, "events": list(events)} | other).encode()


def fault_of(**other: object) -> str | None:
    (record,) = decode_batch(push_of(change(1, **other))).records
    return record.fault


# ---------------------------------------------------------------------------------------------------------- squeezing


def test_a_bomb_is_refused_before_it_has_swollen() -> None:
    bomb = deflate_gzip(b" " * (64 << 20), level=9)
    assert len(bomb) < LIMITS.compressed_bytes_max
    with pytest.raises(Refused) as refused:
        inflate(bomb, "gzip", LIMITS.inflated_bytes_max)
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("length", [0, 1, 9, 30])
def test_a_body_that_was_cut_off_is_refused_as_malformed(length: int) -> None:
    whole = deflate_gzip(push_of(change(1)))
    with pytest.raises(Refused) as refused:
        inflate(whole[:length], "gzip", LIMITS.inflated_bytes_max)
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("body", [b"not gzip", zlib.compress(b"{}"), deflate_gzip(b"{}") + b"tail"])
def test_what_is_not_one_gzip_body_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="malformed"):
        inflate(body, "gzip", 100)


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(Refused, match="malformed"):
        inflate(b"{}", "br", 100)


# ------------------------------------------------------------------------------------------------------ whole batches


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"device":1}',
        b'{"device":"1","now":0,"events":[]}',
        b'{"device":1,"now":0,"events":{}}',
        b"\xff\xfe",
        b'{"device":1,"now":1e400,"events":[]}',
        b'{"device":1,"now":0,"events":[{"id":"no number"}]}',
        b'{"device":1,"now":0,"events":[{"n":-4}]}',
        b'{"device":1,"now":0,"events":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    ],
)
def test_a_body_that_is_no_push_is_refused_as_malformed(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        decode_batch(body)
    assert (refused.value.code, refused.value.status) == ("malformed", 400)


def test_more_changes_than_a_batch_may_hold_are_refused_so_that_the_phone_sends_fewer() -> None:
    with pytest.raises(Refused) as refused:
        decode_batch(push_of(*(change(n) for n in range(1, LIMITS.changes_max + 2))))
    assert (refused.value.code, refused.value.status) == ("too_many", 413)


def test_records_after_a_break_in_the_numbers_wait_for_a_push_of_their_own() -> None:
    batch = decode_batch(push_of(change(1), change(2), change(4)))
    assert [record.n for record in batch.records] == [1, 2]


# ------------------------------------------------------------------------------------------------------- bad records


def test_an_unreadable_record_is_kept_by_its_number_between_good_ones() -> None:
    batch = decode_batch(push_of(change(1), {"n": 2, "id": 7}, "just words", change(4)))
    assert [(record.n, record.fault is None) for record in batch.records] == [
        (1, True),
        (2, False),
        (3, False),
        (4, True),
    ]


@pytest.mark.parametrize("broken", [b"\xdd", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80"])
@pytest.mark.parametrize("field", ["id", "t", "s", "e", "who", "boot"])
def test_one_broken_byte_in_a_name_holds_up_no_other_record(field: str, broken: bytes) -> None:
    """A bit that flipped on a phone: its push is taken, and that one record kept as it came."""
    spoilt = change(2) | {field: "@@"}
    batch = decode_batch(push_of(change(1), spoilt, change(3)).replace(b"@@", broken))
    assert [(record.n, record.fault is None) for record in batch.records] == [(1, True), (2, False), (3, True)]
    assert broken in batch.records[1].body


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"dev": 2}, "numbered as another device's change"),
        ({"dev": 0}, "numbered as another device's change"),
        ({"p": "x" * 70_000}, "larger than a change may be"),
        ({"p": None}, "a change that says nothing"),
        ({"set": {f"f{i}": [1, {}] for i in range(65)}, "e": "marek"}, "sets more fields than a patch may"),
        ({"set": {"bed": [1, {}]}}, "a patch that names no entity"),
        (
            {"set": {"bed": [1, {str(i): 1 for i in range(1_001)}]}, "e": "marek"},
            "names more devices than a context may",
        ),
    ],
)
def test_a_readable_change_with_a_fault_is_quarantined(other: dict[str, object], fault: str) -> None:
    assert fault_of(**other) == fault


@pytest.mark.parametrize(
    "other",
    [
        {"id": ""},
        {"id": "a\u0000b"},
        {"s": "x" * 81},
        {"hlc": -1},
        {"hlc": 2**64},
        {"hlc": True},
        {"tv": "x"},
        {"t": None},
        {"set": {"bed": ["no context"]}},
        {"set": {"bed": [1, {"seven": 3}]}},
        {"set": {"": [1, {}]}},
        {"at": "yesterday"},
    ],
)
def test_wrong_types_are_unreadable_and_never_more(other: dict[str, object]) -> None:
    fault = fault_of(**other)
    assert fault is not None and fault.startswith("unreadable")


def test_a_vector_of_a_million_devices_is_refused_before_it_is_read_and_harmless_if_it_were() -> None:
    vector = ",".join(f'"{i}":1' for i in range(1_000_000))
    body = push_of(change(1), change(2)).replace(
        b'"p": {}', b'"e":"marek","set":{"bed":[1,{' + vector.encode() + b"}]}", 1
    )
    with pytest.raises(Refused) as refused:
        decode_batch(body)
    assert refused.value.code == "too_large"
    wide = structs.replace(LIMITS, inflated_bytes_max=len(body))
    assert [record.fault for record in decode_batch(body, wide).records] == ["larger than a change may be", None]


def test_what_was_unreadable_is_shown_to_its_author_and_kept_as_it_came(office: Office, aisha: Phone) -> None:
    body = push_of({"n": 1, "oops": "\u0000"}, change(2))
    answer = office.handle(aisha.number, Ask(PUSH, body))
    assert answer.status == 200
    (held,) = office.order(queries.list_quarantined)
    assert json.loads(held.body) == {"n": 1, "oops": "\u0000"}
    assert held.change is None


def test_a_nul_in_any_words_from_outside_stops_neither_database(office: Office, aisha: Phone) -> None:
    def project(session: object, accepted: list[object]) -> None:
        raise ValueError("what was sent: \0")

    office.project = project  # type: ignore[assignment]
    answer = office.handle(aisha.number, Ask(PUSH, push_of(change(1, p={"note": "a\u0000b"}), app="1.0\u0000")))
    assert answer.status == 200
    (held,) = office.order(queries.list_quarantined)
    assert held.reason == "could not be applied: ValueError: what was sent: "


def test_another_phones_push_is_refused_whole(office: Office, aisha: Phone, dean: Phone) -> None:
    answer = office.handle(dean.number, Ask(PUSH, push_of(change(1))))
    assert (answer.status, wire.read_refusal(answer.body).refused) == (403, "another_device")
    assert office.order(queries.find_change, "c1") is None


def test_an_id_that_another_phone_has_used_stores_nothing_twice(office: Office, aisha: Phone, dean: Phone) -> None:
    contact = aisha.say()
    aisha.sync()
    body = push_of(change(1, id=contact.id, dev=dean.number, p={"forged": True}), device=dean.number)
    assert office.handle(dean.number, Ask(PUSH, body)).status == 200
    assert b"forged" not in office.order(queries.find_change, contact.id).body


def test_an_unknown_phone_is_refused(office: Office) -> None:
    answer = office.handle(99, Ask(PUSH, push_of(change(1), device=99)))
    assert (answer.status, wire.read_refusal(answer.body).refused) == (401, "unknown_device")


# --------------------------------------------------------------------------------------------------------- everything

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ["id", "dev", "n", "hlc", "t", "tv", "s", "e", "who", "at", "up", "boot", "p", "set", "hole", "erased", "adopts"]
RECORDS = JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, JSON))


@settings(max_examples=300)
@given(st.lists(RECORDS, max_size=6))
def test_any_json_is_read_or_refused(events: list[object]) -> None:
    try:
        batch = decode_batch(push_of(*events))
    except Refused as refused:
        assert refused.code == "malformed"
        return
    assert isinstance(batch, DecodedBatch)
    assert [record.n for record in batch.records] == list(range(*_span(batch)))


def _span(batch: DecodedBatch) -> tuple[int, int]:
    return (batch.records[0].n, batch.records[-1].n + 1) if batch.records else (0, 0)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for encoding in ("gzip", ""):
        try:
            decode_batch(inflate(body, encoding, 1_000))
        except Refused as refused:
            assert refused.status in {400, 413}
