"""A phone that takes a new number seals what is unsent anew: a box of the old one would be set aside by the server, and keep a
later record's place."""

import gzip
from typing import Any

import httpx
import msgspec

from mobile.field.views import ContactDraft
from mobile.opening.sealing import open_sealed
from shared.model.codes import ContactState
from tests.mobile.rig import Rig


def answer(request: httpx.Request) -> httpx.Response:
    """A copy of this phone has used its number: it gets another, and then the server is busy."""
    if request.url.path == "/sync/v1/renew":
        return httpx.Response(200, json={"device": 8})
    squeezed = request.headers.get("content-encoding") == "gzip"
    body = gzip.decompress(request.content) if squeezed else request.content
    if request.url.path == "/sync/v1/push" and b'"device":7' in body:
        return httpx.Response(409, json={"refused": "fork", "n": 1})
    return httpx.Response(503, json={"refused": "busy", "retry_after_s": 5})


def read_boxes(rig: Rig) -> list[tuple[int, dict[str, Any]]]:
    boxes = rig.field._sealed.boxes()
    return [(n, msgspec.json.decode(open_sealed(box, rig.server.private))) for n, box in boxes]


def test_what_is_unsent_is_sealed_under_the_new_number(rig: Rig) -> None:
    rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    told = [(n, change["id"]) for n, change in read_boxes(rig)]
    assert told and {change["dev"] for _, change in read_boxes(rig)} == {7}
    rig.server.answer = answer
    rig.field.sync_once()
    assert rig.field._open.record.sync.get_state().device == 8
    assert [(n, change["dev"], change["n"], change["id"]) for n, change in read_boxes(rig)] == [
        (n, 8, n, change_id) for n, change_id in told
    ]
    rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    assert {change["dev"] for _, change in read_boxes(rig)} == {8}
    rig.restart()
    assert {change["dev"] for _, change in read_boxes(rig)} == {8}


def test_the_other_copy_says_that_it_must_be_enrolled_again_and_hands_over_what_it_has(rig: Rig) -> None:
    """Its tokens go on with the number that the first one took; it said nothing, and sent nothing for as long as they lived."""
    rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    unsent, handed_over = rig.field.unsent(), 0

    def answer_the_other(request: httpx.Request) -> httpx.Response:
        nonlocal handed_over
        if not request.url.path.endswith("/sealed"):
            return httpx.Response(403, json={"refused": "another_device"})
        squeezed = request.headers.get("content-encoding") == "gzip"
        boxes = msgspec.json.decode(gzip.decompress(request.content) if squeezed else request.content)["boxes"]
        handed_over += len(boxes)
        return httpx.Response(200, json={"acked": len(boxes), "opened": len(boxes), "kept": 0, "status": "ok"})

    rig.server.answer = answer_the_other
    status = rig.field.sync_once()
    assert status.trouble == "must_enrol" and "enrolled again" in status.problem and rig.field.may_enrol
    assert handed_over == unsent > 0 and not rig.field._sealed.numbers
