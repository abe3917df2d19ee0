"""The messages of version 1, kept for ever: every later version must read them as they are and write them the same."""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync import wire
from sync.device import DeviceState, plan_page
from sync.reading import decode_batch

GOLDEN = Path(__file__).parent / "wire" / "v1"

READERS: dict[str, Callable[[bytes], Any]] = {
    "change_": wire.read_change,
    "hole": wire.read_hole,
    "push_request": wire.read_push_request,
    "push_answer": wire.read_push_answer,
    "pull_request": wire.read_pull_request,
    "pull_answer": wire.read_pull_answer,
    "refusal_": wire.read_refusal,
    "receipt": wire.read_receipt,
    "renewed": wire.read_renewed,
}


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.json")))
def test_a_golden_message_is_read_and_written_the_same(name: str) -> None:
    (reader,) = (read for prefix, read in READERS.items() if name.startswith(prefix))
    assert wire.encode(reader(golden(name))) == golden(name)


def test_every_refusal_has_a_golden_message() -> None:
    kept = {path.stem.removeprefix("refusal_") for path in GOLDEN.glob("refusal_*.json")}
    assert kept == set(wire.REFUSALS)


def test_the_golden_push_is_taken_whole() -> None:
    batch = decode_batch(golden("push_request"))
    assert [(r.n, r.fault, r.is_hole) for r in batch.records] == [
        (42, None, False),
        (43, None, False),
        (44, None, True),
    ]
    assert b"from_a_newer_app" in batch.records[0].body


def test_the_golden_page_is_applied_by_the_phone_that_asked() -> None:
    answer = wire.read_pull_answer(golden("pull_answer"))
    state = DeviceState(device=7, last_n=44, acked=44, cursors=answer.frm)
    plan = plan_page(state, answer, {}, None, answer.server_now)
    assert plan is not None
    assert not plan.state.is_whole, "a body was spared that this phone does not hold: it must ask again for all"
    whole = wire.read_pull_answer(golden("pull_answer").replace(b'"trim":true', b'"trim":false'))
    rows = [row for row in whole.rows if not (row.op == wire.PUT and wire.is_null(row.body))]
    page = wire.read_pull_answer(wire.encode({**_fields(whole), "rows": rows}))
    plan = plan_page(state, page, {}, None, page.server_now)
    assert plan is not None
    assert plan.config == b'{"lease_hours":72}'
    assert [fate.known.id for fate in plan.fates if fate.is_put] == ["01932a6e-3c00-7000-8000-000000000003"]
    assert plan.state.safe == 40


def _fields(answer: wire.PullAnswer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in answer.__struct_fields__}


def test_unknown_fields_and_operations_of_a_newer_version_are_passed_over() -> None:
    newer = (
        golden("pull_answer")
        .replace(b'"erase",0,null', b'"from_tomorrow",0,{"x":1}')
        .replace(b'"more":false', b'"more":false,"of_tomorrow":1')
    )
    answer = wire.read_pull_answer(newer)
    assert plan_page(DeviceState(device=7, last_n=44, acked=44, cursors=answer.frm), answer, {}, None, 0) is not None


@pytest.mark.parametrize("field", ["id", "t", "s", "e", "who", "boot", "adopts"])
@pytest.mark.parametrize(
    "name",
    ["a", "Z9", "team:0-1.2_3@x", "x" * 80, "", "-a", ":", "a b", " a", "a\n", "ä", "a\u0000", "\ud7ff", "x" * 81],
)
def test_all_names_of_a_change_are_judged_as_each_would_be(field: str, name: str) -> None:
    told = {"id": "a", "dev": 1, "n": 1, "hlc": 0, "t": "x", "s": "s", "p": 1} | {field: name}
    is_name = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9:._@-]{0,79}", name) is not None
    with contextlib.nullcontext() if is_name else pytest.raises(msgspec.ValidationError):
        assert getattr(wire.read_change(msgspec.json.encode(told)), field) == name
