"""What the server sent, put into the phone's store as a pulled page would: through sync's own plan, without a network."""

import itertools
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Raw

from shared.model.codes import AlertSource
from shared.model.position import Position
from shared.model.referral import Referral
from sync.wire import Cursor, PullAnswer, Row, encode
from tests.mobile.rig import Rig

_numbers = itertools.count(1)
SCOPE = "team:watford"


def referral(referral_id: str, **fields: Any) -> Referral:
    """A man in a doorway, no coat."""
    values: dict[str, Any] = {
        "id": referral_id,
        "number": f"SL-{referral_id}",
        "alert_id": f"alert-{referral_id}",
        "source": AlertSource.STREETLINK,
        "reported_at": datetime(2026, 11, 13, 21, 40, tzinfo=UTC),
        "due_on": date(2026, 11, 17),
        "position": Position(latitude=51.6640, longitude=-0.3960),
        "description": "man in doorway, no coat",
    }
    return Referral(**(values | fields))


def feed(rig: Rig, change_type: str, *facts: Any, who: str = "server", at: datetime | None = None) -> None:
    """Facts of others, as a page of the team's feed."""
    page(rig, [_change(rig, change_type, fact.id, who, at, p=Raw(msgspec.json.encode(fact))) for fact in facts])


def feed_patch(rig: Rig, change_type: str, entity: str, dev: int = 3, who: str = "dean", **fields: Any) -> None:
    """A patch of a colleague who had seen nothing."""
    sets = {name: (Raw(msgspec.json.encode(value)), {}) for name, value in fields.items()}
    page(rig, [_change(rig, change_type, entity, who, None, dev=dev, set=sets)])


def hold(rig: Rig, change_id: str, n: int, reason: str) -> None:
    """The server quarantined an own change."""
    body = msgspec.json.encode({"n": n, "reason": reason})
    _page(rig, [("dev:7", change_id, "held", 0, body)], acked=n)


def acknowledge(rig: Rig) -> None:
    """The server holds everything that was sent."""
    _page(rig, [], acked=rig.field._open.record.sync.get_state().last_n)


def page(rig: Rig, changes: list[dict[str, Any]]) -> None:
    """A page of the team's feed."""
    _page(rig, [(SCOPE, one["id"], "put", one["hlc"], encode(one)) for one in changes])


def _page(rig: Rig, said: list[tuple[str, str, str, int, bytes]], acked: int | None = None) -> None:
    sync = rig.field._open.record.sync
    with rig.field._open.record.store.writing():
        state = sync.get_state()
        rows = [Row(scope, next(_numbers), i, op, eff, Raw(body)) for scope, i, op, eff, body in said]
        following = dict(state.cursors)
        for row in rows:
            following[row.scope] = Cursor(row.seq, row.seq, "0" * 16)
        known = acked if acked is not None else state.acked
        answer = PullAnswer(
            device=state.device,
            rows=rows,
            next=following,
            more=False,
            rewind=[],
            scopes=[SCOPE, "dev:7"],
            acked=known,
            acked_id="",
            safe=0,
            frm=state.cursors,
            trim=False,
            server_now=0,
        )
        assert sync.apply_pulled(answer, 0)


def _change(rig: Rig, change_type: str, entity: str, who: str, at: datetime | None, **what: Any) -> dict[str, Any]:
    n = next(_numbers)
    moment = at or rig.clocks.now()
    at_ms = int(moment.timestamp() * 1000)
    base = {"id": f"fed-{n}", "dev": 0, "n": n, "hlc": at_ms << 16, "t": change_type, "s": SCOPE, "e": entity}
    return base | {"who": who, "at": at_ms} | what
