"""A phone that was withdrawn while it was away, and whose tokens have ended meanwhile, goes all the same: open as it is, it would
show people's records for as long as it is looked at."""

import gzip

import httpx
import msgspec

from mobile.field.views import ContactDraft, LockState, SyncPhase
from mobile.opening.sealing import open_sealed
from mobile.syncing.enrolment import decode64
from shared.model.codes import ContactState
from tests.mobile.rig import Rig


def test_it_hands_over_what_is_sealed_and_erases_itself(rig: Rig) -> None:
    rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    unsent = rig.field.unsent()
    handed_over: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path.rsplit("/", 1)[-1]:
            case "token":
                return httpx.Response(403, json={"refused": "revoked", "after_push": True})
            case "sealed":
                squeezed = request.headers.get("content-encoding") == "gzip"
                told = msgspec.json.decode(gzip.decompress(request.content) if squeezed else request.content)
                boxes = [decode64(box) for _, box in told["boxes"]]
                handed_over.extend(msgspec.json.decode(open_sealed(box, rig.server.private))["t"] for box in boxes)
                return httpx.Response(200, json={"acked": 0, "opened": len(boxes), "kept": 0, "status": "revoked"})
        return httpx.Response(401, json={})

    rig.server.answer = answer
    assert rig.field.sync_once().phase is SyncPhase.REVOKED
    assert rig.field.lock_state is LockState.REVOKED and not list(rig.data.glob("store.db*"))
    assert len(handed_over) == unsent > 0 and rig.field.unsent() == 0
