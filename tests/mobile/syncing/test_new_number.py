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
